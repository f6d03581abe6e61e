import ArgumentParser
import AudioFiles
import DialogCheck
import Documents
import Foundation
import SIP
import Service
import Telephony

/// Answers calls until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer calls by SIP.",
        discussion: """
            Without --config it listens on loopback alone, over UDP and TCP, and takes calls from 127.0.0.0/8 alone: a \
            softphone on this machine reaches the sample agent under any number. With --config FILE it has the trunks, \
            numbers and agents of that file; an environment variable, PARLEY_LIMITS_CALLS for limits.calls, goes before \
            the file, and an option of the command line before both. SIGTERM takes no new calls, lets running ones \
            finish and exits with 0; SIGHUP reads agents, trunks and certificates again.

            What callers press and say is neither logged nor printed unless --story or --json asks for it.

            EXAMPLES:
              parley serve
              parley serve --print-config-reference > parley.yaml
              parley serve --config parley.yaml --check
              parley serve --config parley.yaml
              parley serve --sip-port 5080 --agent Audio/Agents/riverbend --store parley.sqlite
              parley serve --story --record recordings
              parley serve --store parley.sqlite --connectors crm.yaml --record recordings --record-key env:KEY
              parley serve --journal journals --journal-key file:journal.key
              parley serve --json | jq 'select(.event == "digit")'
            """)

    @Option(help: ArgumentHelp("Trunks, numbers, agents and limits: a YAML file.", valueName: "file"))
    var config: String?

    @Flag(help: "Say all that is wrong with --config FILE and its agents, and answer no call.")
    var check = false

    @Flag(help: "Print every key of the configuration file with its meaning, as a file to begin with.")
    var printConfigReference = false

    @Option(help: ArgumentHelp("The port of SIP on loopback, UDP and TCP (default: 5060).", valueName: "number"))
    var sipPort: Int?

    @Option(
        help: ArgumentHelp(
            "The agent folder that answers on loopback (default: the sample agent).", valueName: "folder"))
    var agent: String?

    @Option(
        help: ArgumentHelp(
            "Encrypted media on loopback: off, offered or required (default: offered).", valueName: "policy"))
    var srtp: SRTPPolicy?

    @Option(
        help: ArgumentHelp(
            "media.ports: the first and the last UDP port of media; a call takes two (default: 10000-13999).",
            valueName: "first-last"))
    var mediaPorts: String?

    @OptionGroup var records: RecordOptions

    @OptionGroup var journal: JournalOptions

    @OptionGroup var admin: AdminOptions

    @Option(
        help: ArgumentHelp(
            "limits.calls: the most calls at a time; more are answered 503 (default: 2000).", valueName: "number"))
    var maxCalls: Int?

    @Option(
        help: ArgumentHelp(
            "limits.drain-seconds: how long running calls may go on after SIGTERM (default: 60).", valueName: "seconds")
    )
    var drainSeconds: Int?

    @Flag(help: "Tell each call as it happens, with what was pressed and said.")
    var story = false

    @Flag(help: "Print one JSON event a line and, at the end of a call, its context.")
    var json = false

    func validate() throws {
        if let sipPort, !(1...65_535).contains(sipPort) {
            throw ValidationError("--sip-port \(sipPort) is no port: 1 to 65535")
        }
        if let mediaPorts, PortRange(mediaPorts) == nil {
            throw ValidationError("--media-ports \(mediaPorts) is no range of ports; write it as 10000-13999")
        }
        if let maxCalls, maxCalls < 1 {
            throw ValidationError("--max-calls \(maxCalls) would take no call: 1 or more")
        }
        if let drainSeconds, drainSeconds < 0 { throw ValidationError("--drain-seconds \(drainSeconds) is negative") }
        if check, config == nil { throw ValidationError("--check checks a configuration; name it with --config FILE") }
        if config != nil, sipPort != nil || agent != nil || srtp != nil {
            throw ValidationError(
                "--sip-port, --agent and --srtp are for loopback; with --config FILE they stand in the file, under its trunks"
            )
        }
    }

    func run() async throws {
        if printConfigReference { return Terminal.print(ConfigurationReference.text) }
        if check { return try await checkConfiguration() }
        CoreDumps.switchOff()
        HeapTunables.use()
        let configuration: ServiceConfiguration
        if let config {
            configuration = try ServeCommand.accepted(await ServiceConfiguration.read(config, flags: flags))
        } else {
            configuration = try loopback()
        }
        let observer = story || json ? CallTeller(tellsStory: story, writesJSON: json) : nil
        let reread = config.map { ServeCommand.reading($0, flags) }
        try await CallService(
            configuration, observer: observer, logger: ServiceLog.logger(configuration.log), reread: reread
        ).run()
    }

    /// The options that stand for keys of the file.
    private var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["media.ports"] = mediaPorts
        flags["store"] = records.store.map { $0.contains("://") ? $0 : URL(filePath: $0).path }
        flags["recordings.folder"] = records.record.map { URL(filePath: $0).path }
        flags["recordings.format"] = records.recordFormat == .wav ? nil : records.recordFormat.rawValue
        flags["recordings.channels"] = records.recordChannels == .separate ? nil : records.recordChannels.rawValue
        flags["recordings.key"] = records.recordKey
        flags["recordings.days"] = records.recordDays.map { "\($0)" }
        flags["journal.folder"] = journal.journal.map { URL(filePath: $0).path }
        flags["journal.key"] = journal.journalKey
        flags["connectors"] = records.connectors.map { URL(filePath: $0).path }
        flags["admin.address"] = admin.metrics.map { "\($0)" }
        flags["admin.socket"] = admin.adminSocket.map { URL(filePath: $0).path }
        flags["limits.calls"] = maxCalls.map { "\($0)" }
        flags["limits.drain-seconds"] = drainSeconds.map { "\($0)" }
        return flags
    }

    private static func reading(_ config: String, _ flags: [String: String])
        -> @Sendable () async ->
        ServiceConfiguration.Reading
    {
        { await ServiceConfiguration.read(config, flags: flags) }
    }

    private static func accepted(_ reading: ServiceConfiguration.Reading) throws -> ServiceConfiguration {
        guard var configuration = reading.configuration else {
            throw CommandError(description: reading.diagnostics.map(\.description).joined(separator: "\n"))
        }
        configuration.promptCache = CallRunner.cacheFolder
        return configuration
    }

    /// All that is wrong with the configuration and with every agent that it names.
    private func checkConfiguration() async throws {
        let reading = await ServiceConfiguration.read(config ?? "", flags: flags)
        var findings = reading.diagnostics + (reading.configuration?.problemsOfFiles(namedIn: config ?? "") ?? [])
        for folder in reading.agents { findings += DialogCheck.run(folder.path) }
        for finding in findings { Terminal.print("\(finding)") }
        let errors = findings.count { $0.severity == .error }
        Terminal.explain(
            findings.isEmpty
                ? "nothing is wrong"
                : "\(errors) error\(errors == 1 ? "" : "s"), \(findings.count - errors) warnings")
        if errors > 0 { throw ExitCode(1) }
    }

    private func loopback() throws -> ServiceConfiguration {
        var configuration = ServiceConfiguration.loopback(
            agent: try ServeCommand.agentFolder(agent), port: UInt16(clamping: sipPort ?? 5_060),
            srtp: srtp ?? .offered)
        if let ports = mediaPorts.flatMap({ PortRange($0) }) { configuration.media.ports = ports.ports }
        configuration.limits.calls = maxCalls ?? configuration.limits.calls
        if let drainSeconds { configuration.limits.drain = .seconds(Int64(drainSeconds)) }
        configuration.records = records.configuration
        configuration.journal = try journal.configuration
        configuration.admin = admin.configuration
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

extension SRTPPolicy: ExpressibleByArgument {}
