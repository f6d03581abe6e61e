import AgentFiles
import Documents
import Foundation

@testable import DialogCheck

/// The agents that the tests check.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let riverbend = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Audio/Agents/riverbend")

    /// An agent without a folder, of topics by name.
    static func agent(_ topics: [String: String], settings: String = "language: en") -> AgentOutline {
        var sources = [source(.settings, "settings", settings)]
        for (name, text) in topics.sorted(by: { $0.key < $1.key }) { sources.append(source(.topic, name, text)) }
        return AgentOutline(folder: "nowhere", sources: sources)
    }

    static func source(_ role: AgentSource.Role, _ name: String, _ text: String) -> AgentSource {
        let document = try? YAMLDocument(text, file: name)
        return AgentSource(role: role, name: name, file: name, text: text, root: document?.root)
    }

    /// The findings of an agent of one topic, as `line code`.
    static func findings(_ actions: String, settings: String = "language: en") -> [String] {
        let head = "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  actions:\n"
        let text = head + actions.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return DialogCheck.findings(agent(["Start": text], settings: settings), []).map { "\($0.line) \($0.code)" }
    }
}
