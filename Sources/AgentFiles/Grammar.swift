/// What documents may hold: the kinds of the dialog language with their properties, and what a call makes of each.
///
/// Written in a small notation, one line a property, that ``Grammar/dialogs`` shows at work:
///
///     action SendActivity
///       activity* <ActivityTemplate>
///
/// | notation | meaning |
/// |---|---|
/// | `name*` | it must be there |
/// | `string`, `bool`, `int`, `number`, `any` | a literal |
/// | `bool=`, `int=`, `number=`, `A\|B=` | a literal, or a formula that begins with `=` |
/// | `text`, `expr`, `value`, `formula`, `variable` | a line with formulas in braces; text or formula; any value; a formula; a variable |
/// | `[T]`, `{T}` | a list, or one of it; a mapping from names |
/// | `<Group>` | an object of one of a group's kinds |
/// | `. ` behind it | describes, and does nothing |
/// | `~ reason`, `! reason` | does nothing on a call: a warning; a call would be another without it: an error |
/// | `~unless V reason`, `!unless V reason` | the same, but for this value |
struct Grammar: Sendable {
    indirect enum Form: Sendable {
        case string
        case bool(orFormula: Bool)
        case int(orFormula: Bool)
        case number(orFormula: Bool)
        case word([String], orFormula: Bool)
        case text, expression, value, formula, variable, any
        case list(Form)
        case map(Form)
        case group(String)
    }

    /// What a call makes of a property or kind.
    enum Use: Sendable {
        case runs
        /// Describes: nothing would have to happen.
        case describes
        /// Named when it is there, unless its value is `unless`.
        case named(isError: Bool, unless: String?, reason: String)
    }

    struct Property: Sendable {
        var name: String
        var isRequired: Bool
        var form: Form
        var use: Use
    }

    struct Kind: Sendable {
        var name: String
        var properties: [Property]
        var use = Use.runs
        /// What it is, with its article, for messages.
        var title: String { "\(["a", "e", "i", "o", "u"].contains(name.prefix(1).lowercased()) ? "an" : "a") \(name)" }
    }

    /// Kinds that can stand in one place.
    struct Group: Sendable {
        var name: String
        var kinds: [String]
        /// The kind of an object that names none.
        var standard: String?
        /// A single value can stand for it: a kind's name, or text.
        var takesScalar: Bool
    }

    private(set) var kinds: [String: Kind] = [:]
    private(set) var groups: [String: Group] = [:]

    /// The language, read once.
    static let standard = Grammar(dialogs + actions + entities)

    /// Kinds of telephony that the schema lacks begin with this.
    static let telephonyPrefix = "Parley."

    /// - Parameter notation: as above; it is this source's own, so that a mistake in it traps at the first use.
    init(_ notation: String) {
        var current: Kind?
        for line in notation.split(separator: "\n") {
            guard line.hasPrefix("  ") else {
                if let kind = current { kinds[kind.name] = kind }
                current = begin(line)
                continue
            }
            current?.properties.append(Grammar.property(line))
        }
        if let kind = current { kinds[kind.name] = kind }
    }

    private mutating func begin(_ line: Substring) -> Kind? {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        precondition(words.count >= 2, "a line of the grammar names something")
        let name = String(words[1])
        switch words[0] {
        case "group":
            let kinds = words.dropFirst(2).filter { !$0.hasPrefix("(") }.map { $0.filter { $0 != "?" } }
            let standard = words.dropFirst(2).first { $0.hasSuffix("?") }.map { String($0.dropLast()) }
            groups[name] = Group(
                name: name, kinds: kinds, standard: standard, takesScalar: words.contains("(scalar)"))
            return nil
        case "unsupported", "idle":
            let reason = words.dropFirst(2).joined(separator: " ")
            return Kind(
                name: name, properties: [],
                use: .named(isError: words[0] == "unsupported", unless: nil, reason: reason))
        default: return Kind(name: name, properties: Grammar.common[String(words[0])] ?? [])
        }
    }

    /// Properties that every kind of a sort has.
    private static let common: [String: [Property]] = [
        "action": [
            "id string", "disabled bool", "displayName string .",
            "conversationOutcome ResolvedConfirmed|ResolvedImplied|Escalated",
        ].map { property(Substring($0)) },
        "trigger": [
            "id string", "displayName string .", "actions [<Action>]", "condition bool=", "priority number",
            "runOnce bool",
        ].map { property(Substring($0)) },
        "entity": [
            "sensitivityLevel None|Sensitive", "allowMultipleValues bool",
            "includeMetadata bool !unless false a value comes without what was said around it",
        ].map { property(Substring($0)) },
    ]

    private static func property(_ line: Substring) -> Property {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        precondition(words.count >= 2, "a property of the grammar has a form")
        var name = String(words[0])
        let isRequired = name.hasSuffix("*")
        if isRequired { name.removeLast() }
        return Property(name: name, isRequired: isRequired, form: form(words[1]), use: use(words.dropFirst(2)))
    }

    private static func use(_ words: ArraySlice<Substring>) -> Use {
        guard let mark = words.first else { return .runs }
        if mark == "." { return .describes }
        let isConditional = mark.hasSuffix("unless")
        let rest = words.dropFirst(isConditional ? 2 : 1)
        return .named(
            isError: mark.hasPrefix("!"), unless: isConditional ? words.dropFirst().first.map(String.init) : nil,
            reason: rest.joined(separator: " "))
    }

    private static func form(_ text: Substring) -> Form {
        let orFormula = text.hasSuffix("=")
        let bare = orFormula ? text.dropLast() : text
        switch bare {
        case "string": return .string
        case "bool": return .bool(orFormula: orFormula)
        case "int": return .int(orFormula: orFormula)
        case "number": return .number(orFormula: orFormula)
        case "text": return .text
        case "expr": return .expression
        case "value": return .value
        case "formula": return .formula
        case "variable": return .variable
        case "any": return .any
        default: break
        }
        if bare.hasPrefix("[") { return .list(form(bare.dropFirst().dropLast())) }
        if bare.hasPrefix("{") { return .map(form(bare.dropFirst().dropLast())) }
        if bare.hasPrefix("<") { return .group(String(bare.dropFirst().dropLast())) }
        return .word(bare.split(separator: "|").map(String.init), orFormula: orFormula)
    }
}
