package import AgentFiles
package import Documents

/// Says what is wrong with an agent before it takes a call.
package enum DialogCheck {
    /// Inspects a folder.
    ///
    /// - Returns: everything that is wrong, by file and line, silenced warnings left out.
    package static func run(_ folder: String) -> [Diagnostic] {
        let reading = AgentFolder.read(folder)
        return findings(AgentOutline(folder: folder, sources: reading.sources), reading.diagnostics)
    }

    /// Inspects an agent that was read.
    ///
    /// - Parameter read: what was wrong when it was read.
    package static func findings(_ agent: AgentOutline, _ read: [Diagnostic]) -> [Diagnostic] {
        let inspection = Inspection(agent)
        FlowRules(inspection).run()
        LoopRules(inspection).run()
        NameRules(inspection).run()
        QuestionRules(inspection).run()
        KeyRules(inspection).run()
        TimeRules(inspection).run()
        OutsideRules(inspection).run()
        SensitivityRules(inspection).run()
        let found = distinct(read + inspection.findings)
        return Silences(agent).applied(to: found).sorted()
    }

    /// Leaves out what was found twice: the same rule in the same line and column.
    private static func distinct(_ findings: [Diagnostic]) -> [Diagnostic] {
        struct Key: Hashable {
            let file: String
            let line: Int
            let column: Int
            let code: String
            let message: String
        }
        var seen: Set<Key> = []
        return findings.filter { finding in
            let isPlaced = finding.line > 0 && finding.column > 0 && finding.code != "invalid"
            return seen.insert(
                Key(
                    file: finding.file, line: finding.line, column: finding.column, code: finding.code,
                    message: isPlaced ? "" : finding.message)
            ).inserted
        }
    }
}
