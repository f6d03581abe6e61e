import ArgumentParser
import Foundation
import Glibc
import Records
import Telephony
import Transport

/// Nobody is left on a dead line: the running service is killed again and again, and what it leaves is counted.
struct KillsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kills",
        abstract: "Kill `parley serve` with SIGKILL under load, and count contexts and BYEs.",
        discussion: """
            Calls come at a steady rate, a third of them handed over to an agent's phone behind a gateway. At a random moment \
            the process is killed, and another one starts at once. For every SIP dialog that had been up for over a second, \
            the caller's or the agent's, a BYE must come within five seconds of that start; every such call must have one \
            context, which says that it was interrupted when it was. Exit status 1 when one is missing.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof kills
              .build/release/ParleyProof kills --times 10 --rate 10
            """)

    @Option(help: "Times that the service is killed.") var times = 200
    @Option(help: "New calls a second.") var rate = 20
    @Option(help: ArgumentHelp("The program that is killed; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_175
    private static let gatewayPort: UInt16 = 5_176

    func validate() throws {
        guard times > 0, rate > 0 else { throw ValidationError("--times and --rate are 1 or more") }
    }

    func run() throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try KillsCommand.write(to: folder)
        var calls = try KilledCalls(target: KillsCommand.sipPort, gateway: KillsCommand.gatewayPort)
        var service = try start(folder)
        for _ in 0..<times {
            calls.load(until: MonotonicClock.now + .milliseconds(.random(in: 1_500...4_500)), rate: rate)
            kill(service.processIdentifier, SIGKILL)
            let killedAt = MonotonicClock.now
            service.waitUntilExit()
            let startedAt = MonotonicClock.now
            service = try start(folder)
            calls.settle(killedAt: killedAt, startedAt: startedAt, limit: .seconds(8))
        }
        calls.linger(for: .seconds(3))
        service.terminate()
        service.waitUntilExit()
        print(
            "killed \(times) times under \(rate) calls a second: \(calls.answered) calls were answered; \(calls.lost.calls) of callers and \(calls.lost.legs) of agents were cut off after more than a second"
        )
        print(
            String(
                format: "  %d without a BYE; the last came %.2f s after the next start", calls.missing,
                calls.longest.roundedSeconds))
        let isKept = try verify(calls.expectations, folder + "/calls.sqlite")
        guard isKept, calls.missing == 0, calls.longest < .seconds(5) else { throw ExitCode.failure }
    }

    /// Whether each call has the one context that it must have.
    private func verify(_ expectations: [KilledCalls.Expectation], _ path: String) throws -> Bool {
        let store = try SQLiteStore(path: path, creates: false)
        var filter = ContextFilter()
        filter.limit = nil
        let contexts = Dictionary(grouping: try store.contexts(filter)) { $0.call.rawValue }
        var counts = (none: 0, several: 0, unmarked: 0, marked: 0)
        for expectation in expectations {
            let found = contexts[expectation.call] ?? []
            if found.isEmpty { counts.none += 1 }
            if found.count > 1 { counts.several += 1 }
            let isInterrupted = found.first?.failures.contains { $0.code == "interrupted" } ?? false
            guard !found.isEmpty, isInterrupted != expectation.isInterrupted else { continue }
            if expectation.isInterrupted { counts.unmarked += 1 } else { counts.marked += 1 }
        }
        let interrupted = expectations.count { $0.isInterrupted }
        let open = try store.openDialogs().count
        print(
            "  \(interrupted) interrupted and \(expectations.count - interrupted) ended calls: \(counts.none) without a context, \(counts.several) with several, \(counts.unmarked) not said to be interrupted, \(counts.marked) said so that were not; \(open) dialogs are left in the store"
        )
        return counts == (0, 0, 0, 0) && open == 0
    }

    private func start(_ folder: String) throws -> Process {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let process = Process()
        process.executableURL = URL(filePath: parley ?? beside)
        process.arguments = ["serve", "--config", folder + "/parley.yaml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: "/dev/null")
        try process.run()
        return process
    }

    private static func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder + "/desk/topics", withIntermediateDirectories: true)
        let files = [
            "desk/agent.mcs.yml": "kind: GptComponentMetadata\ndisplayName: desk\n",
            "desk/topics/start.mcs.yml": BridgingService.handOver,
            "line/agent.mcs.yml": "kind: GptComponentMetadata\ndisplayName: line\n",
            "line/topics/start.mcs.yml": """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              id: main
              actions:
                - kind: SendActivity
                  id: hello
                  activity: Please stay on the line. Somebody will be with you as soon as they can.
                - kind: Question
                  id: key
                  variable: Topic.Key
                  prompt: Press any key when you are ready to go on.
                  entity: StringPrebuiltEntity

            """,
            "parley.yaml": """
            agents: {line: \(folder)/line, desk: \(folder)/desk}
            media: {address: 127.0.0.1, ports: 21000-22999, shards: 2}
            store: \(folder)/calls.sqlite
            outbound: {allowed: ["+1555*"], agents: "+15550123"}
            trunks:
                proof:
                    listen: ["udp:127.0.0.1:\(sipPort)"]
                    allow: [127.0.0.0/8]
                    media: {networks: [127.0.0.0/8]}
                    gateways: ["udp:127.0.0.1:\(gatewayPort)"]
                    number-shown: "+15550100"
                    numbers: {"100": line, "200": desk}
                    headers: {out: {X-Parley-Call: "{call}"}}

            """,
        ]
        for (name, text) in files {
            let path = folder + "/" + name
            try FileManager.default.createDirectory(
                atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}
