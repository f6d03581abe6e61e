import Documents
import Yams

/// Says everything that is wrong with a document by the ``Grammar``: unknown kinds and properties, what is missing, values
/// of the wrong type, and what a call cannot do.
struct GrammarCheck {
    let file: String
    let collector: DiagnosticCollector
    let grammar = Grammar.standard
    /// What is wrong is a warning: nothing of it can happen on a call.
    var isHarmless = false
    /// Properties and kinds that a call cannot do, named since the check began.
    private(set) var errors = 0

    init(file: String, collector: DiagnosticCollector) {
        self.file = file
        self.collector = collector
    }

    mutating func complain(_ message: String, at node: Node?, code: String, isError: Bool = true) {
        if isError { errors += 1 }
        collector.add(
            Diagnostic(
                isError && !isHarmless ? .error : .warning, file: file, line: node?.mark?.line ?? 0,
                column: node?.mark?.column ?? 0, code: code, message: message))
    }

    // MARK: - Values

    mutating func check(_ node: Node, _ form: Grammar.Form, _ what: String) {
        switch form {
        case .any, .value: return
        case .list(let inner): checkList(node, inner, what)
        case .map(let inner): checkMap(node, inner, what)
        case .group(let name): checkGroup(node, name, what)
        default: checkScalar(node, form, what)
        }
    }

    private mutating func checkList(_ node: Node, _ inner: Grammar.Form, _ what: String) {
        if case .sequence(let items) = node {
            for item in items { check(item, inner, "an item of \(what)") }
        } else if case .string = inner {
            check(node, inner, what)
        } else if case .text = inner {
            check(node, inner, what)
        } else {
            complain(
                "\(what) is a list, each item on a line that begins with '-', not \(node.kindName)", at: node,
                code: "wrong-type")
        }
    }

    private mutating func checkMap(_ node: Node, _ inner: Grammar.Form, _ what: String) {
        guard case .mapping(let members) = node else {
            return complain(
                "\(what) is written as 'name: value' lines, not as \(node.kindName)", at: node, code: "wrong-type")
        }
        for (key, value) in members { check(value, inner, "'\(key.string ?? "?")' of \(what)") }
    }

    private mutating func checkScalar(_ node: Node, _ form: Grammar.Form, _ what: String) {
        guard case .scalar(let scalar) = node else {
            return complain("\(what) is \(form.description), not \(node.kindName)", at: node, code: "wrong-type")
        }
        let text = scalar.string
        let isFormula = text.hasPrefix("=")
        let isRight =
            switch form {
            case .bool(let orFormula): ["true", "false"].contains(text.lowercased()) || (isFormula && orFormula)
            case .int(let orFormula): GrammarCheck.isInt(text) || (isFormula && orFormula)
            case .number(let orFormula): Double(text)?.isFinite == true || (isFormula && orFormula)
            case .word(let words, let orFormula): words.contains(text) || (isFormula && orFormula)
            case .formula: isFormula
            default: true
            }
        guard !isRight else { return }
        var message = "\(what) is \(form.description), not '\(text.prefix(40))'"
        if case .word(let words, _) = form, let nearest = nearestName(to: text, among: words) {
            message += "; did you mean \(nearest)?"
        }
        complain(message, at: node, code: "wrong-type")
    }

    private static func isInt(_ text: String) -> Bool {
        guard let number = Double(text) else { return false }
        return number == number.rounded() && abs(number) <= 2_147_483_647
    }

    // MARK: - Objects

    private mutating func checkGroup(_ node: Node, _ name: String, _ what: String) {
        guard let group = grammar.groups[name] else { return }
        switch node {
        case .mapping(let mapping):
            let kindNode = mapping[Node("kind")]
            guard let kindName = kindNode?.string ?? group.standard else {
                return complain("\(what) needs 'kind', one of \(group.kinds.shown)", at: node, code: "missing-property")
            }
            checkKind(kindName, at: kindNode ?? node, of: node, group, what)
        case .scalar(let scalar) where group.takesScalar:
            guard group.namesKinds else { return }
            checkKind(scalar.string, at: node, of: nil, group, what)
        default:
            complain("\(what) is written as 'name: value' lines, not as \(node.kindName)", at: node, code: "wrong-type")
        }
    }

    private mutating func checkKind(
        _ name: String, at place: Node, of node: Node?, _ group: Grammar.Group, _ what: String
    ) {
        guard let kind = grammar.kinds[name], group.kinds.contains(name) else {
            let isKnown = grammar.kinds[name] != nil
            let isTelephony = name.hasPrefix(Grammar.telephonyPrefix)
            return complain(
                unknown(name, group, what), at: place,
                code: isKnown ? "wrong-type" : isTelephony ? "unsupported" : "unknown-kind")
        }
        if case .named(let isError, _, let reason) = kind.use {
            return complain(
                isError
                    ? "\(name) is not supported on a call: it \(reason)"
                    : "\(name) does nothing on a call: it \(reason)",
                at: place, code: isError ? "unsupported" : "no-effect", isError: isError)
        }
        guard let node, case .mapping(let mapping) = node else { return }
        let isDisabled = mapping[Node("disabled")]?.string == "true"
        let before = isHarmless
        if isDisabled { isHarmless = true }
        checkMembers(of: mapping, node, kind)
        isHarmless = before
    }

    private func unknown(_ name: String, _ group: Grammar.Group, _ what: String) -> String {
        if name.hasPrefix(Grammar.telephonyPrefix) {
            return "\(name) is not supported: this version has no such kind of telephony"
        }
        if grammar.kinds[name] != nil { return "\(what) is one of \(group.kinds.shown), not \(name)" }
        let nearest = nearestName(to: name, among: group.kinds)
        return "there is no kind \(name)"
            + (nearest.map { "; did you mean \($0)?" } ?? "; here is \(group.kinds.shown)")
    }

    private mutating func checkMembers(of mapping: Node.Mapping, _ node: Node, _ kind: Grammar.Kind) {
        for (key, value) in mapping {
            guard let name = key.string, name != "kind" else { continue }
            guard let property = kind.properties.first(where: { $0.name == name }) else {
                let names = kind.properties.map(\.name)
                let nearest = nearestName(to: name, among: names)
                complain(
                    "\(kind.title) has no '\(name)'"
                        + (nearest.map { "; did you mean '\($0)'?" }
                            ?? (names.isEmpty ? "" : "; it has \(names.shown)")),
                    at: key, code: "unknown-property")
                continue
            }
            check(property, key, value, kind)
        }
        for property in kind.properties where property.isRequired {
            guard mapping[Node(property.name)].map(\.isNull) ?? true else { continue }
            complain("\(kind.title) needs '\(property.name)'", at: node, code: "missing-property")
        }
    }

    private mutating func check(_ property: Grammar.Property, _ key: Node, _ value: Node, _ kind: Grammar.Kind) {
        guard !value.isNull else { return }
        check(value, property.form, "'\(property.name)' of \(kind.title)")
        guard case .named(let isError, let unless, let reason) = property.use else { return }
        guard unless == nil || value.string != unless else { return }
        complain(
            isError
                ? "'\(property.name)' of \(kind.title) is not supported on a call: \(reason)"
                : "'\(property.name)' of \(kind.title) does nothing on a call: \(reason)", at: key,
            code: isError ? "unsupported" : "no-effect", isError: isError)
    }
}

extension Grammar.Group {
    /// A single value is the name of one of the kinds; otherwise it is text.
    var namesKinds: Bool { ["Entity", "EmbeddedDefinition", "DataType", "PropertyInfo"].contains(name) }
}

extension Grammar.Form {
    /// What a value of this form is, for messages.
    fileprivate var description: String {
        switch self {
        case .string, .text, .expression: "a text"
        case .bool(let orFormula): "true or false" + (orFormula ? ", or a formula that begins with '='" : "")
        case .int(let orFormula): "a whole number" + (orFormula ? ", or a formula that begins with '='" : "")
        case .number(let orFormula): "a number" + (orFormula ? ", or a formula that begins with '='" : "")
        case .word(let words, _): "one of \(words.joined(separator: ", "))"
        case .formula: "a formula that begins with '='"
        case .variable: "a variable such as Topic.Name"
        default: "a value"
        }
    }
}

extension [String] {
    /// The first dozen of some names, for messages.
    fileprivate var shown: String {
        count <= 12 ? joined(separator: ", ") : prefix(12).joined(separator: ", ") + " and \(count - 12) more"
    }
}

extension Node {
    /// There is no value, as YAML writes it.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    /// The member of a mapping; `nil` when it has none or no value.
    func member(_ name: String) -> Node? {
        guard case .mapping(let mapping) = self, let value = mapping[Node(name)], !value.isNull else { return nil }
        return value
    }

    func text(_ name: String) -> String? { member(name)?.string }

    /// The items of a list; one value stands for a list of one.
    func items(_ name: String) -> [Node] {
        guard let value = member(name) else { return [] }
        if case .sequence(let items) = value { return Array(items) }
        return [value]
    }

    /// The members of a member, in their order.
    func pairs(_ name: String) -> [(name: String, value: Node)] {
        guard case .mapping(let mapping)? = member(name) else { return [] }
        return mapping.compactMap { key, value in key.string.map { ($0, value) } }
    }

    /// The lines from the first to the last value.
    var lines: ClosedRange<Int> {
        let first = mark?.line ?? 0
        return first...max(first, lastLine)
    }

    private var lastLine: Int {
        switch self {
        case .mapping(let mapping): mapping.reduce(mark?.line ?? 0) { max($0, $1.key.lastLine, $1.value.lastLine) }
        case .sequence(let items): items.reduce(mark?.line ?? 0) { max($0, $1.lastLine) }
        default: mark?.line ?? 0
        }
    }
}
