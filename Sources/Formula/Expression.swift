public import Telephony

/// A formula, parsed once and evaluated as often as needed.
public struct Expression: Sendable {
    /// The source, without the equals sign in front.
    public let source: String
    /// The names it reads, each with its members: `["Topic", "Name"]`, and where they stand.
    public let references: [(path: [String], offset: Int)]
    /// The functions it calls that there are not.
    private let unknownFunctions: [(name: String, offset: Int)]
    let root: Node
    /// Characters that stand before the formula in the source as given.
    private let lead: Int

    /// Parses a formula, with or without an equals sign in front.
    ///
    /// - Throws: ``Diagnostic`` with the column of the first mistake.
    public init(_ text: String) throws(Diagnostic) {
        let spaces = text.prefix { $0.isWhitespace }.count
        let hasSign = text.dropFirst(spaces).first == "="
        lead = hasSign ? spaces + 1 : 0
        source = String(text.dropFirst(lead))
        do throws(Diagnostic) {
            var lexer = Lexer(source)
            var parser = Parser(try lexer.tokens())
            root = try parser.parse()
        } catch {
            throw Diagnostic(offset: error.offset + lead, message: error.message)
        }
        var found = References()
        found.collect(root)
        let shift = lead
        references = found.names.map { ($0.path, $0.offset + shift) }
        unknownFunctions = found.functions.filter { !Functions.names.contains($0.name.lowercased()) }
    }

    /// A formula that is a text as it stands.
    public init(literal text: String) {
        self.init(root: .literal(.text(text)), source: text)
    }

    init(root: Node, source: String) {
        self.source = source
        self.root = root
        references = []
        unknownFunctions = []
        lead = 0
    }

    /// The mistakes that are known without evaluating: functions that there are not, names that `isKnown` refuses.
    public func check(_ isKnown: ([String]) -> String?) -> [Diagnostic] {
        var diagnostics = unknownFunctions.map {
            Diagnostic(offset: $0.offset + lead, message: "there is no function \($0.name)")
        }
        for reference in references {
            if let problem = isKnown(reference.path) {
                diagnostics.append(Diagnostic(offset: reference.offset, message: problem))
            }
        }
        return diagnostics
    }

    /// The formula's value; mistakes are values of the kind `error`.
    public func evaluate(in scope: some FormulaScope) -> Value {
        var evaluator = Evaluator(scope: scope)
        return evaluator.value(of: root)
    }
}

/// What a formula can read while it is evaluated.
public protocol FormulaScope {
    /// The value of a variable by its path; `nil` when there is none of that name.
    func value(of path: [String]) -> Value?
    /// The time on the wall.
    var now: WallTime { get }
    /// The identifier of the time zone in the tz database.
    var timeZone: String { get }
}

/// Collects what a formula refers to.
private struct References {
    var names: [(path: [String], offset: Int)] = []
    var functions: [(name: String, offset: Int)] = []

    mutating func collect(_ node: Node) {
        switch node {
        case .literal: break
        case .name(let path, let offset): names.append((path, offset))
        case .member(let inner, _, _), .unary(_, let inner): collect(inner)
        case .binary(_, let left, let right, _):
            collect(left)
            collect(right)
        case .call(let name, let arguments, let offset):
            functions.append((name, offset))
            for argument in arguments { collect(argument) }
        case .record(let fields): for field in fields { collect(field.value) }
        case .table(let rows): for row in rows { collect(row) }
        }
    }
}
