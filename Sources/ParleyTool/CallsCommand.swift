import Admin
import ArgumentParser
import Foundation
import Telephony

/// The calls of a running service.
struct CallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls",
        abstract: "Look at the calls of a running 'parley serve', and lead them by hand.",
        discussion: """
            Asks over the service's Unix socket, which only its own user may open. Numbers are masked, and nothing that \
            was pressed or said is shown.

            EXAMPLES:
              parley calls list
              parley calls trace 7k2m9q
              parley calls trace 7k2m9q --pcap call.pcap && wireshark call.pcap
              parley calls consult 7k2m9q skill:meters && parley calls end-consult 7k2m9q complete
              parley calls listen 7k2m9q sip:supervisor@example.com
              parley calls whisper 7k2m9q --leg 3 --to 1 && parley calls barge-in 7k2m9q --leg 3
            """,
        subcommands: [
            List.self, Trace.self, Hold.self, Resume.self, Mute.self, Transfer.self, Consult.self, EndConsult.self,
            PullIn.self, Listen.self, Whisper.self, BargeIn.self, TakeOver.self, HangUp.self,
        ])

    struct SocketOptions: ParsableArguments {
        @Option(help: ArgumentHelp("The service's Unix socket, when it has another than usual.", valueName: "path"))
        var socket: String?

        @Flag(help: "Print JSON.")
        var json = false

        var client: AdminClient {
            get throws {
                guard let path = socket ?? AdminClient.standardSocket(ProcessInfo.processInfo.environment) else {
                    throw CommandError(description: "there is no home folder to look for the socket in; give --socket")
                }
                return AdminClient(socket: path)
            }
        }

        func calls() async throws -> [LiveCalls.Summary] {
            let body = try await client.get("/v1/calls")
            return try JSONDecoder().decode([String: [LiveCalls.Summary]].self, from: body)["calls"] ?? []
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the calls that run at the moment.")
        @OptionGroup var options: SocketOptions

        func run() async throws {
            let calls = try await options.calls()
            if options.json {
                let lines = JSONLines()
                for call in calls { Terminal.print(try lines.line(call)) }
                return
            }
            if calls.isEmpty { return Terminal.print("no calls") }
            for call in calls {
                let place = call.topic.isEmpty ? "" : "\(call.topic)/\(call.action)"
                Terminal.print(
                    "\(call.call)  \(call.startedAt)  \(call.from) to \(call.to)  \(call.agent)  \(call.codec)  \(place)"
                        .withoutControls)
                if let place = call.callerPlace, !call.legs.isEmpty || place != "conversation" {
                    Terminal.print("  leg 0  caller  \(call.from)  \(place)".withoutControls)
                }
                for leg in call.legs {
                    let state = leg.hasAnswered ? leg.place : "called"
                    Terminal.print("  leg \(leg.leg.rawValue)  \(leg.role.rawValue)  \(leg.target)  \(state)")
                }
            }
        }
    }

    struct Trace: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the signalling of a call with its dialog's steps, while it is remembered.",
            discussion: """
                The flight recorder keeps the last signalling of all calls in memory; the oldest goes first. What came \
                points right, what went points left; the steps of the dialog stand beside it.
                """)
        @OptionGroup var options: SocketOptions

        @Argument(
            help:
                "The call's identifier, the beginning of that of a running call, or the Call-ID of one of its SIP calls."
        )
        var call: String

        @Option(help: ArgumentHelp("Write its signalling to this file, for Wireshark.", valueName: "file"))
        var pcap: String?

        func run() async throws {
            let name = try await options.identifier(call).percentEncoded
            if let pcap {
                let capture = try await options.client.get("/v1/calls/\(name)/pcap")
                do {
                    try capture.write(to: URL(filePath: pcap), options: .atomic)
                } catch {
                    throw CommandError(description: "\(pcap): cannot be written: \(error.localizedDescription)")
                }
                return Terminal.explain("\(pcap): \(capture.count) octets")
            }
            let trace = try await options.client.get("/v1/calls/\(name)/trace")
            if options.json { return Terminal.print(String(decoding: trace, as: UTF8.self)) }
            for line in try CallTrace.ladder(json: trace) { Terminal.print(line.withoutControls) }
        }
    }
}
