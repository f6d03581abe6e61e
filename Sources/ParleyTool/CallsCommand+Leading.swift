import Admin
import ArgumentParser
import Foundation
import Records
import Telephony

// What is done with a running call by hand, and with agents.

extension CallsCommand {
    /// The call that a command is about.
    struct CallArgument: ParsableArguments {
        @Argument(help: "The call's identifier, or its beginning; 'parley calls list' shows them.")
        var call: String
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put the caller or another on hold, with music.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg; 0 is the caller.") var leg = 0
        func run() async throws { try await options.want("hold", of: argument.call, ["leg": "\(leg)"]) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring somebody back from hold, or unmute.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg; 0 is the caller.") var leg = 0
        func run() async throws { try await options.want("resume", of: argument.call, ["leg": "\(leg)"]) }
    }

    struct Mute: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let somebody hear and not be heard.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg.") var leg: Int
        func run() async throws { try await options.want("mute", of: argument.call, ["leg": "\(leg)"]) }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a caller who is with an agent to somebody else.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Argument(help: "A name, skill:NAME, phone:USER@HOST, a number or a SIP URI.") var to: String
        func run() async throws { try await options.want("transfer", of: argument.call, ["to": to]) }
    }

    struct Consult: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the agent ask somebody while the caller waits.",
            discussion: "End it with 'parley calls end-consult ID complete', 'swap', 'conference' or 'back'.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Argument(help: "A name, skill:NAME, phone:USER@HOST, a number or a SIP URI.") var to: String
        func run() async throws { try await options.want("consult", of: argument.call, ["to": to]) }
    }

    struct EndConsult: AsyncParsableCommand {
        enum How: String, ExpressibleByArgument, CaseIterable {
            case complete, swap, conference, back
        }

        static let configuration = CommandConfiguration(
            commandName: "end-consult", abstract: "Go on from a consultation.",
            discussion: """
                complete: the caller goes on with the one who was asked, and the agent leaves. swap: the caller and the \
                one who was asked change places. conference: all speak together. back: the agent and the caller go on.
                """)
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Argument(help: "complete, swap, conference or back.") var how: How
        func run() async throws { try await options.want(how.rawValue, of: argument.call) }
    }

    struct PullIn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull-in", abstract: "Call somebody into the conversation; again for a swarm, up to eight.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Argument(help: "A name, skill:NAME, phone:USER@HOST, a number or a SIP URI.") var to: String
        func run() async throws { try await options.want("pull-in", of: argument.call, ["to": to]) }
    }

    struct Listen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ring a supervisor's phone, who then hears the call and is not heard. It is in the audit log.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Argument(help: "The supervisor: a name, phone:USER@HOST, a number or a SIP URI.") var to: String
        func run() async throws { try await options.want("listen", of: argument.call, ["to": to]) }
    }

    struct Whisper: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let one leg be heard by one other alone. It is in the audit log.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg that speaks.") var leg: Int
        @Option(help: "The leg that hears it.") var to: Int
        func run() async throws {
            try await options.want("whisper", of: argument.call, ["leg": "\(leg)", "to": "\(to)"])
        }
    }

    struct BargeIn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "barge-in", abstract: "Let one who listens be heard by all. It is in the audit log.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg.") var leg: Int
        func run() async throws { try await options.want("barge-in", of: argument.call, ["leg": "\(leg)"]) }
    }

    struct TakeOver: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "take-over",
            abstract: "Give one leg the agent's place; the agent leaves. It is in the audit log."
        )
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg that takes over.") var leg: Int
        func run() async throws { try await options.want("take-over", of: argument.call, ["leg": "\(leg)"]) }
    }

    struct HangUp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hang-up", abstract: "End a call, or let one of its legs go.")
        @OptionGroup var options: SocketOptions
        @OptionGroup var argument: CallArgument
        @Option(help: "The leg that is let go; without it the whole call ends.") var leg: Int?
        func run() async throws {
            guard let leg else { return try await options.want("hang-up", of: argument.call) }
            try await options.want("release", of: argument.call, ["leg": "\(leg)"])
        }
    }
}

extension CallsCommand.SocketOptions {
    /// The whole identifier of a call of which the beginning is given; what is given when none begins so.
    func identifier(_ beginning: String) async throws -> String {
        let names = try await calls().map(\.call.rawValue).filter { $0.hasPrefix(beginning) }
        guard names.count <= 1 else {
            throw CommandError(
                description: "\(names.count) calls begin with \(beginning); write more of the identifier")
        }
        return names.first ?? beginning
    }

    /// Has something done with a call.
    fileprivate func want(_ wish: String, of call: String, _ parameters: KeyValuePairs<String, String> = [:])
        async throws
    {
        let id = try await identifier(call).percentEncoded
        let query = parameters.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&")
        let answer = try await client.post("/v1/calls/\(id)/\(wish)" + (query.isEmpty ? "" : "?" + query))
        if json { Terminal.print(String(decoding: answer, as: UTF8.self)) }
    }
}

extension String {
    /// As a part of a path or a query.
    var percentEncoded: String { addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
}
