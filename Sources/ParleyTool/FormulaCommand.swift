import ArgumentParser
import Formula
import Foundation
import Telephony

/// Evaluates a formula, or files of formulas with the values that they should have.
struct FormulaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formula",
        abstract: "Evaluate a Power Fx formula, or run files of test cases.",
        discussion: """
            The value is printed as Power Fx writes it. A mistake in the formula is explained with its place, and the exit \
            status is 1; so it is when the value is an error.

            A file of cases has a line '>> formula', which may go on over several lines, then the value that it should \
            have, then an empty line. Texts, records, tables and errors must be written the same; numbers are compared \
            as numbers, decimals exactly and floating-point numbers to nine digits. A case that expects 'Errors:' passes \
            when the formula is refused before it is evaluated, whatever the words. A case that calls a function of \
            Power Fx that Parley has not is unsupported. Exit status 1 when a case fails.

            EXAMPLES:
              parley formula '=If(2>1,"a")'
              parley formula 'Text(Now(), "dddd hh:mm")' --time-zone America/Chicago
              parley formula --cases powerfx/Abs.txt powerfx/If.txt
              parley formula --cases powerfx/*.txt --json
            """)

    @Argument(help: "The formula, with or without an equals sign in front; with --cases, the files.")
    var words: [String] = []

    @Flag(help: "Run files of cases.")
    var cases = false

    @Flag(help: "Print JSON: the value, or one object a file and one for all.")
    var json = false

    @Option(help: ArgumentHelp("The caller's time zone.", valueName: "zone"))
    var timeZone = TimeZone.current.identifier

    @Option(help: ArgumentHelp("The caller's language.", valueName: "code"))
    var language = "en-US"

    func validate() throws {
        guard cases ? !words.isEmpty : words.count == 1 else {
            throw ValidationError(
                cases ? "name a file of cases behind --cases" : "give one formula, in quotes: parley formula '=1+2'")
        }
        guard TimeZone(identifier: timeZone) != nil else {
            throw ValidationError("there is no time zone '\(timeZone)'; write one such as Europe/Berlin")
        }
    }

    func run() throws {
        if cases { try runCases() } else { try evaluate(words[0]) }
    }

    // MARK: - One formula

    /// What a formula at a command line reads: the time, and no variables.
    private struct CommandScope: FormulaScope, FormulaTypes {
        let now: WallTime
        let timeZone: String
        let language: String
        let seed: UInt64
        func value(of path: [String]) -> Value? { nil }
        func type(of path: [String]) -> FormulaType? { nil }
        func problem(with path: [String]) -> String? {
            "there is no variable \(path.joined(separator: ".")) at a command line; put text in quotes"
        }
    }

    private static var now: WallTime {
        WallTime(millisecondsSince1970: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    private func evaluate(_ source: String) throws {
        let scope = CommandScope(
            now: FormulaCommand.now, timeZone: timeZone, language: language, seed: UInt64.random(in: 0...UInt64.max))
        let expression: Formula.Expression
        do throws(Formula.Diagnostic) {
            expression = try Formula.Expression(source)
        } catch {
            try refuse(source, [error])
            return
        }
        let diagnostics = expression.check(types: scope).diagnostics
        guard diagnostics.isEmpty else {
            try refuse(source, diagnostics)
            return
        }
        let value = expression.evaluate(in: scope, budget: .command)
        if json {
            Terminal.print(
                try JSONLines().line(
                    Answer(
                        value: value.powerFx, error: value.error?.message,
                        kind: value.error.map { $0.kind.powerFx }, diagnostics: nil)))
        } else {
            Terminal.print(value.powerFx)
            if let error = value.error { Terminal.explain(error.message) }
        }
        if value.error != nil { throw ExitCode.failure }
    }

    /// The answer about one formula as JSON.
    private struct Answer: Encodable {
        struct Mistake: Encodable {
            var column: Int
            var length: Int
            var message: String
        }
        var value: String?
        var error: String?
        var kind: String?
        var diagnostics: [Mistake]?
    }

    private func refuse(_ source: String, _ diagnostics: [Formula.Diagnostic]) throws {
        if json {
            let mistakes = diagnostics.map {
                Answer.Mistake(column: $0.column, length: $0.length, message: $0.message)
            }
            Terminal.print(
                try JSONLines().line(Answer(value: nil, error: nil, kind: nil, diagnostics: mistakes)))
        } else {
            for diagnostic in diagnostics { Terminal.explain(FormulaCommand.explanation(of: diagnostic, in: source)) }
        }
        throw ExitCode.failure
    }

    /// The line of the formula with a mark under the mistake, and the sentence.
    private static func explanation(of diagnostic: Formula.Diagnostic, in source: String) -> String {
        let scalars = Array(source.unicodeScalars)
        let place = min(diagnostic.offset, scalars.count)
        let start = scalars[..<place].lastIndex { $0 == "\n" }.map { $0 + 1 } ?? 0
        let end = scalars[place...].firstIndex { $0 == "\n" } ?? scalars.count
        // A window, so that a long line does not hide its mistake.
        let from = max(start, place - 60)
        let to = min(end, place + 60)
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars[from..<to].map { $0 == "\t" ? " " : $0 })
        let marks = max(1, min(diagnostic.length, to - place))
        return String(line) + "\n" + String(repeating: " ", count: place - from) + String(repeating: "^", count: marks)
            + "\ncolumn \(diagnostic.column): \(diagnostic.message)"
    }

    // MARK: - Cases

    /// What came of the cases of a file, or of all.
    private struct Tally: Encodable {
        struct Failure: Encodable {
            var line: Int
            var formula: String
            var expected: String
            var actual: String
        }
        var file: String
        var passed = 0
        var failed = 0
        var unsupported = 0
        var failures: [Failure] = []
        var unsupportedFunctions: [String: Int] = [:]

        var total: Int { passed + failed + unsupported }

        mutating func add(_ other: Tally) {
            passed += other.passed
            failed += other.failed
            unsupported += other.unsupported
            for (name, count) in other.unsupportedFunctions { unsupportedFunctions[name, default: 0] += count }
        }

        /// The functions that are missing, the most wanted first.
        var missing: String {
            unsupportedFunctions.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
    }

    private func runCases() throws {
        let files = try words.map { path -> (String, CaseFile) in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ValidationError("\(path) cannot be read; name a file of cases")
            }
            return ((path as NSString).lastPathComponent, CaseFile(String(decoding: data, as: UTF8.self)))
        }
        let now = FormulaCommand.now
        var all = Tally(file: "all")
        for (name, file) in files {
            var tally = Tally(file: name)
            for test in file.cases {
                switch file.run(test, now: now) {
                case .passed: tally.passed += 1
                case .failed(let actual):
                    tally.failed += 1
                    tally.failures.append(
                        Tally.Failure(
                            line: test.line, formula: test.source, expected: test.expected, actual: actual))
                case .unsupported(let function):
                    tally.unsupported += 1
                    tally.unsupportedFunctions[function, default: 0] += 1
                }
            }
            try report(tally)
            all.add(tally)
        }
        try report(all)
        if all.failed > 0 { throw ExitCode.failure }
    }

    private func report(_ tally: Tally) throws {
        if json {
            Terminal.print(try JSONLines().line(tally))
            return
        }
        for failure in tally.failures {
            Terminal.print("\(tally.file):\(failure.line): \(failure.formula)")
            Terminal.print("    expected \(failure.expected)")
            Terminal.print("    actual   \(failure.actual)")
        }
        let share = tally.total > 0 ? Double(tally.passed) * 100 / Double(tally.total) : 0
        var line =
            "\(tally.file): \(tally.passed) passed, \(tally.failed) failed, \(tally.unsupported) unsupported"
            + String(format: " of %d (%.1f %%)", tally.total, share)
        if !tally.unsupportedFunctions.isEmpty { line += "; unsupported by function: \(tally.missing)" }
        Terminal.print(line)
    }
}
