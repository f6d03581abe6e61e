import ArgumentParser
import Foundation
import Logging
import SIP
import Service
import Telephony

/// Answers calls until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer calls by SIP.",
        discussion: """
            Listens on loopback alone, over UDP and TCP, and takes calls from 127.0.0.0/8 alone: a softphone on this \
            machine reaches the sample agent under any number. SIGTERM takes no new calls, lets running ones finish and \
            exits with 0.

            What callers press and say is neither logged nor printed unless --story or --json asks for it.

            EXAMPLES:
              parley serve
              parley serve --sip-port 5080 --agent Audio/Agents/riverbend --store parley.sqlite
              parley serve --story --record recordings
              parley serve --json | jq 'select(.event == "digit")'
            """)

    @Option(help: ArgumentHelp("The port of SIP, UDP and TCP.", valueName: "number"))
    var sipPort = 5_060

    @Option(
        help: ArgumentHelp("The first and the last UDP port of media; a call takes two.", valueName: "first-last"))
    var mediaPorts = PortRange(10_000...13_999)

    @Option(help: ArgumentHelp("The agent folder that answers; the sample agent when left out.", valueName: "folder"))
    var agent: String?

    @Option(help: ArgumentHelp("Keep the call contexts in this SQLite file.", valueName: "file"))
    var store: String?

    @Option(help: ArgumentHelp("Write a stereo WAV of each call: caller left, Parley right.", valueName: "folder"))
    var record: String?

    @Option(help: ArgumentHelp("Encrypted media: off, offered or required.", valueName: "policy"))
    var srtp = SRTPPolicy.offered

    @Option(help: ArgumentHelp("The most calls at a time; more are answered 503.", valueName: "number"))
    var maxCalls = 2_000

    @Option(
        help: ArgumentHelp(
            "How long running calls may go on after SIGTERM, in seconds; then they are hung up.", valueName: "seconds"))
    var drainSeconds = 60

    @Flag(help: "Tell each call as it happens, with what was pressed and said.")
    var story = false

    @Flag(help: "Print one JSON event a line and, at the end of a call, its context.")
    var json = false

    func validate() throws {
        guard (1...65_535).contains(sipPort) else {
            throw ValidationError("--sip-port \(sipPort) is no port: 1 to 65535")
        }
        guard maxCalls > 0 else { throw ValidationError("--max-calls \(maxCalls) would take no call: 1 or more") }
        guard drainSeconds >= 0 else { throw ValidationError("--drain-seconds \(drainSeconds) is negative") }
    }

    func run() async throws {
        var logger = Logger(label: "parley") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        let observer = story || json ? CallTeller(tellsStory: story, writesJSON: json) : nil
        try await CallService(try serviceConfiguration(), observer: observer, logger: logger).run()
    }

    private func serviceConfiguration() throws -> ServiceConfiguration {
        var configuration = ServiceConfiguration(agent: try ServeCommand.agentFolder(agent))
        configuration.sipPort = sipPort
        configuration.srtp = srtp
        configuration.media.ports = mediaPorts.ports
        configuration.limits.calls = maxCalls
        configuration.limits.drain = .seconds(Int64(drainSeconds))
        configuration.store = store
        configuration.recordings = record
        configuration.promptCache = CallRunner.cacheFolder
        return configuration
    }

    /// The folder that was named, or the sample agent beside the working directory or the program.
    private static func agentFolder(_ named: String?) throws -> String {
        if let named { return named }
        let sample = "Audio/Agents/riverbend"
        var folder = URL(filePath: CommandLine.arguments[0]).standardizedFileURL.deletingLastPathComponent()
        var candidates = [sample]
        while folder.pathComponents.count > 1 {
            candidates.append(folder.appending(path: sample).path)
            folder.deleteLastPathComponent()
        }
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CommandError(description: "\(sample) is not here; name an agent with --agent FOLDER")
        }
        return found
    }
}

/// Ports from one to another.
struct PortRange: ExpressibleByArgument {
    let ports: ClosedRange<UInt16>

    init(_ ports: ClosedRange<UInt16>) { self.ports = ports }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt16(parts[0]), let last = UInt16(parts[1]), first >= 1_024, first < last
        else { return nil }
        ports = first...last
    }

    var defaultValueDescription: String { "\(ports.lowerBound)-\(ports.upperBound)" }
}

extension SRTPPolicy: ExpressibleByArgument {}
