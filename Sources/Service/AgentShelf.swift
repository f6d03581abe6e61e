import AgentFiles
import CallControl
import CallFlow
import Documents
import Records
import Speech
import Synchronization
import Telephony

/// The agents that answer, and the prompts of each: those of calls that run stay when new versions come.
final class AgentShelf: Sendable {
    private struct Entry {
        var name: String
        /// The higher is the newer.
        var version: Int
        /// Held by the trunks that it answers on and by its calls.
        weak var agent: Agent?
        var prompts: PromptLibrary
        var folder: String
        /// Of the folder's files, as they were read; asked for by journals alone.
        var digest: String?
    }

    private let promptCache: String?
    private let keepsDigests: Bool
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private let versions = Mutex(0)

    /// - Parameter keepsDigests: calls keep journals, which say what answered them.
    init(promptCache: String?, keepsDigests: Bool = false) {
        self.promptCache = promptCache
        self.keepsDigests = keepsDigests
    }

    /// Reads agent folders.
    ///
    /// - Returns: the agents by name, and what is wrong with them; with an error among it nothing has changed.
    func read(_ folders: [NamedFolder]) -> (agents: [String: Agent], diagnostics: [Diagnostic]) {
        var agents: [String: Agent] = [:]
        var diagnostics: [Diagnostic] = []
        for folder in folders {
            let reading = AgentFolder.read(folder.path)
            diagnostics += reading.diagnostics
            if let agent = reading.agent { agents[folder.name] = agent }
        }
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return (agents, diagnostics) }
        let version = versions.withLock { version in
            version += 1
            return version
        }
        entries.withLock { entries in
            entries = entries.filter { $0.value.agent != nil }
            for folder in folders {
                guard let agent = agents[folder.name] else { continue }
                entries[ObjectIdentifier(agent)] = Entry(
                    name: agent.name, version: version, agent: agent,
                    prompts: PromptLibrary(agentFolder: folder.path, cacheFolder: promptCache),
                    folder: folder.path, digest: keepsDigests ? FolderDigest.of(folder.path) : nil)
            }
        }
        return (agents, diagnostics)
    }

    /// The newest agent that calls itself so.
    func agent(named name: String) -> Agent? {
        entries.withLock { entries in
            entries.values.filter { $0.name == name && $0.agent != nil }.max { $0.version < $1.version }?.agent
        }
    }

    /// What a call's journal says of the agent and the program.
    func about(_ agent: Agent) -> JournalAbout {
        let entry = entries.withLock { $0[ObjectIdentifier(agent)] }
        return JournalAbout(
            version: Program.version, agentFolder: entry?.folder ?? "", agentDigest: entry?.digest ?? "")
    }

    /// The prompts of an agent; `nil` for one that is not from here.
    func prompts(of agent: Agent) -> PromptLibrary? { entries.withLock { $0[ObjectIdentifier(agent)]?.prompts } }
}
