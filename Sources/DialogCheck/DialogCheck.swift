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
        let found = joined(read, inspection.findings)
        return Silences(agent).applied(to: found).sorted()
    }

    /// Two lists of findings without what both have: the same rule in the same line and column.
    private static func joined(_ read: [Diagnostic], _ inspected: [Diagnostic]) -> [Diagnostic] {
        struct Place: Hashable {
            let file: String
            let line: Int
            let column: Int
            let code: String

            init(_ finding: Diagnostic) {
                file = finding.file
                line = finding.line
                column = finding.column
                code = finding.code
            }
        }
        let known = Set(read.map { Place($0) })
        var seen: Set<Diagnostic> = []
        return (read + inspected.filter { !known.contains(Place($0)) }).filter { seen.insert($0).inserted }
    }
}
