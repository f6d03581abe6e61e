import ArgumentParser
import Connectors
import DialogCheck
import Documents
import Foundation

/// Says what is wrong with agents before they take a call.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong with an agent, or with connectors, before it takes a call.",
        discussion: """
            Everything that is wrong is said at once, each finding with file, line, what is wrong and what to do. The exit \
            status is 1 when there is an error. Warnings are silenced where they stand, with a reason:

              # parley: allow unreachable-action — the offer comes back in spring

            EXAMPLES:
              parley check Audio/Agents/riverbend
              parley check crm.yaml                      # a file of connectors: names, addresses, every formula
              parley check agents/* --json | jq 'select(.severity == "error")'
              parley check --list-rules
              parley check --explain late-choice
            """)

    @Argument(help: "Agent folders, and files of connectors.")
    var agents: [String] = []

    @Flag(help: "Print one JSON object a finding.")
    var json = false

    @Flag(help: "List the rules.")
    var listRules = false

    @Option(help: ArgumentHelp("Explain a rule.", valueName: "code"))
    var explain: String?

    func validate() throws {
        if agents.isEmpty, !listRules, explain == nil {
            throw ValidationError("name an agent's folder; 'parley check Audio/Agents/riverbend' shows how")
        }
    }

    func run() throws {
        if listRules { return printRules() }
        if let explain { return try printRule(explain) }
        var (errors, warnings) = (0, 0)
        for agent in agents {
            for finding in CheckCommand.findings(agent) {
                if finding.severity == .error { errors += 1 } else { warnings += 1 }
                try show(finding)
            }
        }
        if !json { Terminal.explain(summary(errors, warnings)) }
        if errors > 0 { throw ExitCode(1) }
    }

    /// What is wrong with an agent's folder, or with a file of connectors; the secrets that it names need not be there.
    private static func findings(_ path: String) -> [Diagnostic] {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard isThere, !isFolder.boolValue else { return DialogCheck.run(path) }
        return ConnectorFile.read(path, readsSecrets: false).diagnostics
    }

    private func show(_ finding: Diagnostic) throws {
        if json { return Terminal.print(try JSONLines().line(FindingLine(finding))) }
        let style = Style.of(STDOUT_FILENO)
        let place = finding.line > 0 ? "\(finding.file):\(finding.line):\(finding.column)" : finding.file
        let severity = finding.severity == .error ? style.alarm("error") : style.caller("warning")
        Terminal.print("\(style.strong(place)): \(severity): \(finding.message) \(style.faint("[\(finding.code)]"))")
    }

    private func summary(_ errors: Int, _ warnings: Int) -> String {
        if errors + warnings == 0 { return "nothing is wrong" }
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        return [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }.map { count($0.0, $0.1) }
            .joined(separator: ", ")
    }

    // MARK: - Rules

    private func printRules() {
        for rule in Rule.all {
            let code = rule.code.padding(toLength: 26, withPad: " ", startingAt: 0)
            Terminal.print(
                "\(code)\(rule.severity.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0))\(rule.title)")
        }
    }

    private func printRule(_ code: String) throws {
        guard let rule = Rule.named(code) else {
            let nearest = nearestName(to: code, among: Rule.all.map(\.code))
            throw CommandError(
                description: "there is no rule \(code)"
                    + (nearest.map { "; did you mean \($0)?" } ?? "; 'parley check --list-rules' has them"))
        }
        Terminal.print("\(rule.code) (\(rule.severity.rawValue)): \(rule.title)\n\n\(rule.explanation)")
        if rule.severity == .warning, !rule.code.hasPrefix("note-") {
            Terminal.print("\nSilence it where it stands: # parley: allow \(rule.code) — the reason")
        }
    }
}

/// A finding in JSON.
private struct FindingLine: Encodable {
    let file: String
    let line: Int
    let column: Int
    let severity: String
    let code: String
    let message: String
    let fix: String?

    init(_ finding: Diagnostic) {
        file = finding.file
        line = finding.line
        column = finding.column
        severity = finding.severity.rawValue
        code = finding.code
        message = finding.message
        fix = finding.fix
    }

    private enum Key: String, CodingKey { case file, line, column, severity, code, message, fix }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(file, forKey: .file)
        try container.encode(line, forKey: .line)
        try container.encode(column, forKey: .column)
        try container.encode(severity, forKey: .severity)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encode(fix, forKey: .fix)
    }
}
