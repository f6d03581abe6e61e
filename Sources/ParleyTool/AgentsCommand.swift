import Admin
import ArgumentParser
import Foundation

/// The agents and queues of a running service.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Look at the agents and queues of a running 'parley serve', and say who takes calls.",
        discussion: """
            EXAMPLES:
              parley agents list
              parley agents queues
              parley agents away ada --reason lunch
              parley agents ready ada
            """,
        subcommands: [List.self, Queues.self, Ready.self, Away.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List agents and what they do.")
        @OptionGroup var options: CallsCommand.SocketOptions

        func run() async throws {
            let body = try await options.client.get("/v1/agents")
            let agents = try JSONDecoder().decode([String: [CallControls.Agent]].self, from: body)["agents"] ?? []
            let lines = JSONLines()
            if agents.isEmpty, !options.json { Terminal.print("no agents; add them under 'people'") }
            for agent in agents {
                Terminal.print(
                    options.json
                        ? try lines.line(agent)
                        : "\(agent.agent)  \(agent.name)  \(agent.state)  \(agent.queues.joined(separator: ", "))")
            }
        }
    }

    struct Queues: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List queues and how many calls each has.")
        @OptionGroup var options: CallsCommand.SocketOptions

        func run() async throws {
            let body = try await options.client.get("/v1/queues")
            let queues = try JSONDecoder().decode([String: [CallControls.Queue]].self, from: body)["queues"] ?? []
            let lines = JSONLines()
            if queues.isEmpty, !options.json { Terminal.print("no queues; add them under 'queues'") }
            for queue in queues {
                let callBacks = queue.callBacks == 0 ? "" : ", \(queue.callBacks) of them to be called back"
                Terminal.print(
                    options.json
                        ? try lines.line(queue)
                        : "\(queue.queue)  \(queue.name)  \(queue.length) waiting\(callBacks)")
            }
        }
    }

    struct Ready: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "An agent takes calls again.")
        @OptionGroup var options: CallsCommand.SocketOptions
        @Argument(help: "The agent's name in the configuration.") var agent: String

        func run() async throws {
            try await options.client.post("/v1/agents/\(agent.percentEncoded)/ready")
        }
    }

    struct Away: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An agent takes no calls; one that is spoken is finished first.")
        @OptionGroup var options: CallsCommand.SocketOptions
        @Argument(help: "The agent's name in the configuration.") var agent: String
        @Option(help: "Why, for those who look.") var reason = "away"

        func run() async throws {
            try await options.client.post(
                "/v1/agents/\(agent.percentEncoded)/away?reason=\(reason.percentEncoded)")
        }
    }
}
