import AgentFiles
import ArgumentParser
import DialogCheck
import Documents
import Foundation
import Records
import Telephony

/// Draws a dialog.
struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draw an agent's dialog as an SVG page.",
        discussion: """
            The page has a map of the topics and the flow of each, with dead ends, parts that are not supported and \
            what 'parley check' finds. With a store, every arrow shows the share of calls that took it.

            EXAMPLES:
              parley graph Audio/Agents/riverbend --output riverbend.svg
              parley graph Audio/Agents/riverbend --store parley.sqlite > calls.svg
            """)

    @Argument(help: "The agent's folder.")
    var agent: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The file to write; standard output without it.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("The SQLite file with the contexts of calls.", valueName: "file"))
    var store: String?

    @Option(help: ArgumentHelp("Only calls from this time on, as 2026-01-31T00:00:00Z.", valueName: "time"))
    var since: String?

    @Option(help: "At most so many calls, the newest first.")
    var limit = 100_000

    func validate() throws {
        guard limit > 0 else { throw ValidationError("the limit is at least 1") }
        guard let since else { return }
        if WallTime(since) == nil { throw ValidationError("'\(since)' is no time; write 2026-01-31T00:00:00Z") }
    }

    func run() throws {
        let reading = AgentFolder.read(agent)
        let outline = AgentOutline(folder: agent, sources: reading.sources)
        guard !outline.topics.isEmpty else {
            throw CommandError(
                description: reading.diagnostics.first?.description ?? "\(agent): there is no topic to draw")
        }
        let name = URL(filePath: agent).standardizedFileURL.lastPathComponent
        let drawing = DialogDrawing(
            outline, name: name, findings: DialogCheck.findings(outline, reading.diagnostics),
            contexts: try contexts(name))
        let svg = drawing.svg()
        guard let output else { return Terminal.print(svg) }
        do {
            try Data(svg.utf8).write(to: URL(filePath: output), options: .atomic)
        } catch {
            throw CommandError(description: "\(output): cannot be written: \(error.localizedDescription)")
        }
    }

    private func contexts(_ name: String) throws -> [CallContext]? {
        guard let store else { return nil }
        var filter = ContextFilter()
        filter.agent = name
        filter.since = since.flatMap { WallTime($0) }
        filter.limit = limit
        let contexts = try StoreAddress.open(store, creates: false).contexts(filter)
        if contexts.isEmpty { Terminal.explain("\(store) has no call of the agent \(name)") }
        return contexts
    }
}
