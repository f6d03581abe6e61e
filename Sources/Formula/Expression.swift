public import Telephony

/// A formula, parsed once and evaluated as often as needed.
public struct Expression: Sendable {
    /// How a formula is read.
    public struct Options: Sendable, Hashable {
        /// Numbers are binary floating-point, not decimal.
        public var numberIsFloat = false
        /// The source is text with formulas in `${…}`, or a formula after an equals sign.
        public var isTextFirst = false
        /// Decimal numbers, and a formula from the first character on.
        public init() {}
    }

    /// The source, without the equals sign in front.
    public let source: String
    /// The names it reads, each with its members: `["Topic", "Name"]`, and where they stand.
    public let references: [(path: [String], offset: Int)]
    /// The type of its value so far as it is known without the types of variables.
    public let type: FormulaType
    let syntax: Syntax
    let root: Node
    let options: Options
    /// Unicode scalars that stand before the formula in the source as given.
    private let lead: Int

    /// The names of all functions that formulas can call, in alphabetical order.
    public static var functionNames: [String] { Function.names }

    /// Parses a formula, with or without an equals sign in front.
    ///
    /// - Throws: ``Diagnostic`` with the column of the first mistake.
    public init(_ text: String, options: Options = Options()) throws(Diagnostic) {
        self.options = options
        if options.isTextFirst {
            lead = 0
            source = text
            syntax = try Parser.textFirst(text)
        } else {
            let spaces = text.unicodeScalars.prefix { $0.properties.isWhitespace || $0 == "\u{FEFF}" }.count
            let hasSign = text.unicodeScalars.dropFirst(spaces).first == "="
            lead = hasSign ? spaces + 1 : 0
            source = String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(lead)))
            do throws(Diagnostic) {
                syntax = try Parser.formula(source)
            } catch {
                throw error.moved(by: lead)
            }
        }
        var binder = Binder(options: options) { _ in .type(.unknown) }
        let bound = binder.bind(syntax)
        root = bound.node
        type = bound.type
        let shift = lead
        references = binder.references.map { ($0.path, $0.offset + shift) }
    }

    /// A formula that is a text as it stands.
    public init(literal text: String) {
        self.init(
            syntax: Syntax(kind: .text(text), span: 0..<text.unicodeScalars.count, height: 1), source: text)
    }

    init(syntax: Syntax, source: String) {
        self.source = source
        self.syntax = syntax
        options = Options()
        lead = 0
        var binder = Binder(options: options) { _ in .type(.unknown) }
        let bound = binder.bind(syntax)
        root = bound.node
        type = bound.type
        references = binder.references.map { ($0.path, $0.offset) }
    }

    /// The mistakes that are known without evaluating: functions and columns that there are not, wrong types, names that
    /// `isKnown` refuses with a sentence. All variables are taken for values of unknown type.
    public func check(_ isKnown: ([String]) -> String?) -> [Diagnostic] {
        withoutActuallyEscaping(isKnown) { isKnown in
            diagnostics { path in isKnown(path).map { .problem($0) } ?? .type(.unknown) }.diagnostics
        }
    }

    /// The mistakes that are known without evaluating, with the types of variables, and the formula's own type.
    public func check(types: some FormulaTypes) -> (type: FormulaType, diagnostics: [Diagnostic]) {
        diagnostics { path in
            if let type = types.type(of: path) { return .type(type) }
            return .problem(types.problem(with: path) ?? "there is no variable \(path.joined(separator: "."))")
        }
    }

    /// The mistakes with the types of variables, and the functions that there are in Power Fx and not here.
    func checked(types: some FormulaTypes) -> (diagnostics: [Diagnostic], unsupported: [String]) {
        var binder = Binder(options: options) { path in
            types.type(of: path).map { .type($0) } ?? .problem(types.problem(with: path) ?? "there is no such variable")
        }
        _ = binder.bind(syntax)
        return (binder.diagnostics.map { $0.moved(by: lead) }, binder.unsupportedFunctions)
    }

    private func diagnostics(
        _ resolve: @escaping ([String]) -> Binder.Resolution
    ) -> (type: FormulaType, diagnostics: [Diagnostic]) {
        var binder = Binder(options: options, resolve: resolve)
        let bound = binder.bind(syntax)
        return (bound.type, binder.diagnostics.sorted { $0.offset < $1.offset }.map { $0.moved(by: lead) })
    }

    /// The formula's value; mistakes are values of the kind `error`.
    ///
    /// The value is sensitive when anything that was read on the way is.
    public func evaluate(in scope: some FormulaScope, budget: EvaluationBudget = .call) -> Value {
        var evaluator = Evaluator(scope: scope, options: options, budget: budget)
        return evaluator.finish(root)
    }
}

extension Diagnostic {
    func moved(by scalars: Int) -> Diagnostic {
        Diagnostic(offset: offset + scalars, length: length, message: message)
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
    /// The caller's language, such as `en-US`: for dates and numbers as text, month names, `Language()`.
    var language: String { get }
    /// Where `Rand`, `RandBetween`, `Shuffle` and `GUID` begin: the same seed gives the same values.
    var seed: UInt64 { get }
}

extension FormulaScope {
    /// American English, unless the scope has a language.
    public var language: String { "en-US" }
    /// The time, unless the scope has a seed.
    public var seed: UInt64 { UInt64(bitPattern: now.millisecondsSince1970) }
}
