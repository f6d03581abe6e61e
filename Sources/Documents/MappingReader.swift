package import Yams

/// Collects what is wrong with the documents of one folder, so that all of it is said at once.
package final class DiagnosticCollector {
    package private(set) var diagnostics: [Diagnostic] = []

    package init() {}

    package func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads the members of one YAML mapping by name, and says what is missing, of the wrong type, or unknown.
package struct MappingReader {
    private let mapping: Node.Mapping
    package let node: Node
    /// What the mapping is, for messages: "a caller's step".
    private let what: String
    private let file: String
    private let collector: DiagnosticCollector
    private var asked: Set<String> = []

    /// - Parameter what: what the mapping is, with its article, for messages.
    package init?(_ node: Node, _ what: String, file: String, collector: DiagnosticCollector) {
        guard case .mapping(let mapping) = node else {
            collector.add(
                Diagnostic(
                    file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, code: "wrong-type",
                    message: "\(what) is written as 'name: value' lines, not as \(node.kindName)"))
            return nil
        }
        self.mapping = mapping
        self.node = node
        self.what = what
        self.file = file
        self.collector = collector
    }

    package var line: Int { node.mark?.line ?? 0 }

    package func complain(_ message: String, at node: Node? = nil, code: String = "invalid") {
        let mark = (node ?? self.node).mark
        collector.add(
            Diagnostic(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, code: code, message: message))
    }

    /// The value of a member as it stands.
    package mutating func value(_ name: String) -> Node? {
        asked.insert(name)
        guard let value = mapping[Node(name)] else { return nil }
        if case .scalar(let scalar) = value, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return value
    }

    package mutating func string(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .scalar(let scalar) = value else {
            complain("'\(name)' is a text, not \(value.kindName)", at: value, code: "wrong-type")
            return nil
        }
        return scalar.string
    }

    package mutating func requiredString(_ name: String) -> String? {
        if mapping[Node(name)] == nil { complain("\(what) needs '\(name)'", code: "missing-property") }
        return string(name)
    }

    /// A number within a range; says so when it is none.
    package mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        guard case .scalar(let scalar) = value, let number = Double(scalar.string), range.contains(number) else {
            complain(
                "'\(name)' is a number from \(range.lowerBound.short) to \(range.upperBound.short)", at: value,
                code: "wrong-type")
            return nil
        }
        return number
    }

    package mutating func boolean(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .scalar(let scalar) = value, let boolean = Bool(scalar.string.lowercased()) else {
            complain("'\(name)' is true or false", at: value, code: "wrong-type")
            return nil
        }
        return boolean
    }

    /// One of some words; names them when it is none of them.
    package mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, of type: Word.Type) -> Word?
    where Word.RawValue == String {
        guard let value = value(name) else { return nil }
        guard case .scalar(let scalar) = value, let word = Word(rawValue: scalar.string) else {
            let names = Word.allCases.map(\.rawValue)
            let nearest = value.string.flatMap { nearestName(to: $0, among: names) }
            complain(
                "'\(name)' is one of \(names.joined(separator: ", "))"
                    + (nearest.map { "; did you mean \($0)?" } ?? ""), at: value, code: "wrong-type")
            return nil
        }
        return word
    }

    package mutating func list(_ name: String) -> [Node] {
        guard let value = value(name) else { return [] }
        guard case .sequence(let sequence) = value else {
            complain("'\(name)' is a list, each item on a line that begins with '-'", at: value, code: "wrong-type")
            return []
        }
        return Array(sequence)
    }

    /// The members of a nested mapping in their order.
    package mutating func members(_ name: String) -> [(name: String, value: Node)] {
        guard let value = value(name) else { return [] }
        guard case .mapping(let mapping) = value else {
            complain(
                "'\(name)' is written as 'name: value' lines, not as \(value.kindName)", at: value, code: "wrong-type")
            return []
        }
        return mapping.map { ($0.key.string ?? "", $0.value) }
    }

    /// The members that nobody has asked for yet, in their order; they count as asked for.
    package mutating func rest() -> [(name: String, value: Node)] {
        mapping.compactMap { pair in
            guard let name = pair.key.string, asked.insert(name).inserted else { return nil }
            return (name, pair.value)
        }
    }

    /// Names every member that nobody asked for.
    package func refuseOthers() {
        for (key, _) in mapping {
            let name = key.string ?? "?"
            guard !asked.contains(name) else { continue }
            let nearest = nearestName(to: name, among: asked.sorted())
            complain(
                "\(what) has no '\(name)'"
                    + (nearest.map { "; did you mean '\($0)'?" } ?? "; it has \(asked.sorted().joined(separator: ", "))"),
                at: key, code: "unknown-property")
        }
    }
}

extension Node {
    /// What a value is, for messages.
    package var kindName: String {
        switch self {
        case .scalar: "a single value"
        case .mapping: "'name: value' lines"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

extension Double {
    fileprivate var short: String { self == rounded() && abs(self) < 1e15 ? String(Int64(self)) : String(self) }
}
