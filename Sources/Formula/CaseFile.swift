public import Telephony

/// A file of formulas with the values that they should have, in the format of Microsoft's suite for Power Fx.
///
/// `>> formula`, which may go on over several lines, then its value, then an empty line. Lines that begin with `//`
/// between cases are comments; `#SETUP:` names switches of the language, `#SKIP:` names reasons to leave a file out.
public struct CaseFile: Sendable {
    /// A formula with the value that it should have.
    public struct Case: Sendable, Hashable {
        /// The formula, without `>>`.
        public var source: String
        /// The value as Power Fx writes it, or `Errors:` with what Microsoft says.
        public var expected: String
        /// From 1.
        public var line: Int
    }

    /// What became of a case.
    public enum Outcome: Sendable, Hashable {
        /// The formula has the value.
        case passed
        /// The value that the formula has.
        case failed(String)
        /// A function that there is in Power Fx, and not here.
        case unsupported(function: String)
    }

    /// The cases, in the order of the file.
    public private(set) var cases: [Case] = []
    /// How the file wants its formulas read.
    public private(set) var options = Expression.Options()

    /// Reads a file's text.
    public init(_ text: String) {
        var source: [String] = []
        var expected: [String] = []
        var line = 0
        var start = 0
        var isInResult = false
        func trimmed(_ text: some StringProtocol) -> String {
            String(text.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
        func finish() -> Case? {
            defer {
                source = []
                expected = []
                isInResult = false
            }
            guard start > 0, !source.isEmpty, !expected.isEmpty else { return nil }
            return Case(
                source: source.joined(separator: "\n"), expected: trimmed(expected.joined(separator: "\n")), line: start
            )
        }
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            line += 1
            var current = raw.hasPrefix("\u{FEFF}") ? raw.dropFirst() : raw
            if current.last == "\r" { current = current.dropLast() }
            if current.hasPrefix(">>") {
                if let done = finish() { cases.append(done) }
                start = line
                source = [String(current.dropFirst(2).drop { $0 == " " })]
            } else if current.allSatisfy(\.isWhitespace) {
                if isInResult, let done = finish() { cases.append(done) }
            } else if source.isEmpty {
                if current.hasPrefix("#") { read(directive: String(current)) }
            } else if !isInResult,
                current.first == " " || current.first == "\t" || (expected.isEmpty && continues(source, current))
            {
                source.append(String(current))
            } else if !isInResult, current.hasPrefix("//") {
                continue
            } else {
                isInResult = true
                expected.append(String(current))
            }
        }
        if let done = finish() { cases.append(done) }
    }

    /// Whether a line still belongs to the formula: its brackets are open before it.
    private func continues(_ source: [String], _ line: Substring) -> Bool {
        if options.isTextFirst { return false }
        if line.hasPrefix("Errors:") || line.hasPrefix("Error(") && !line.hasSuffix(",") { return false }
        var depth = 0
        var isQuoted = false
        for character in source.joined(separator: "\n") {
            switch character {
            case "\"": isQuoted.toggle()
            case "(", "[", "{": if !isQuoted { depth += 1 }
            case ")", "]", "}": if !isQuoted { depth -= 1 }
            default: break
            }
        }
        return depth > 0 && !isQuoted
    }

    private mutating func read(directive: String) {
        guard directive.hasPrefix("#SETUP:") else { return }
        let switches = directive.dropFirst(7).split(separator: "/", maxSplits: 1)[0].split(separator: ",")
        for name in switches {
            switch name.filter({ !$0.isWhitespace }) {
            case "NumberIsFloat": options.numberIsFloat = true
            case "disable:NumberIsFloat": options.numberIsFloat = false
            case "TextFirst": options.isTextFirst = true
            default: break
            }
        }
    }

    /// What formulas of cases read: no variables, the time given, UTC, American English.
    private struct NoVariables: FormulaScope, FormulaTypes {
        let now: WallTime
        let timeZone = "UTC"
        func value(of path: [String]) -> Value? { nil }
        func type(of path: [String]) -> FormulaType? { nil }
        func problem(with path: [String]) -> String? { "Name isn't valid. '\(path.last ?? "")' isn't recognized" }
    }

    /// Evaluates a case.
    ///
    /// A case whose expected result begins with `Errors:` passes when the formula is refused before it is evaluated,
    /// whatever the words. Texts, tables, records and errors must be written the same. Numbers are compared as numbers:
    /// decimals exactly, floating-point numbers to nine digits.
    public func run(_ test: Case, now: WallTime) -> Outcome {
        let scope = NoVariables(now: now)
        let wantsMistakes = test.expected.hasPrefix("Errors:")
        let expression: Expression
        do throws(Diagnostic) {
            expression = try Expression(test.source, options: options)
        } catch {
            return wantsMistakes ? .passed : .failed("Errors: \(error.description)")
        }
        let checked = expression.checked(types: scope)
        if let function = checked.unsupported.first { return .unsupported(function: function) }
        if !checked.diagnostics.isEmpty {
            if wantsMistakes { return .passed }
            return .failed("Errors: " + checked.diagnostics.map(\.description).joined(separator: " | "))
        }
        let value = expression.evaluate(in: scope, budget: .command)
        if wantsMistakes { return .failed(value.powerFx) }
        return CaseFile.matches(value, test.expected) ? .passed : .failed(value.powerFx)
    }

    private static func matches(_ value: Value, _ expected: String) -> Bool {
        if value.powerFx == expected { return true }
        switch value.kind {
        case .decimal(let decimal): return Decimal96(expected) == decimal
        case .number(let number):
            guard let wanted = Double(expected) else { return false }
            return abs(wanted - number) <= 1e-9 * max(1, abs(wanted))
        default: return false
        }
    }
}
