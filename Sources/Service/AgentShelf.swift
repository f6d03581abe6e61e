import AgentFiles
import CallFlow
import Documents
import Speech
import Synchronization

/// The agents that answer, and the prompts of each: those of calls that run stay when new versions come.
final class AgentShelf: Sendable {
    private struct Entry {
        var name: String
        /// The higher is the newer.
        var version: Int
        /// Held by the trunks that it answers on and by its calls.
        weak var agent: Agent?
        var prompts: PromptLibrary
    }

    private let promptCache: String?
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private let versions = Mutex(0)

    init(promptCache: String?) { self.promptCache = promptCache }

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
                    prompts: PromptLibrary(agentFolder: folder.path, cacheFolder: promptCache))
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

    /// The prompts of an agent; `nil` for one that is not from here.
    func prompts(of agent: Agent) -> PromptLibrary? { entries.withLock { $0[ObjectIdentifier(agent)]?.prompts } }
}
