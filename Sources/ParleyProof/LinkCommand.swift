import ArgumentParser
import AudioFiles
import Foundation
import Replay
import Telephony
import Transport

/// Live calls over a bad network, against what left the network.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Call `parley serve` over a lossy link: keys, recordings, set-up.",
        discussion: """
            Starts `parley serve` with an agent that only listens, and calls it through a network made from a seed that \
            loses, delays and doubles signalling and media alike, both ways. Every key of which a packet arrived must be \
            heard, once and in order; the recording must be as long as the call; every call must be set up.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof link
              .build/release/ParleyProof link --media loss=20%,burst=3,jitter=50ms --signalling loss=20% --calls 50
            """)

    @Option(help: "What happens to media.") var media = "loss=5%,burst=3,jitter=50ms,duplicate=1%"
    @Option(help: "What happens to signalling.") var signalling = "loss=10%,jitter=50ms"
    @Option(help: "Calls, all at once.") var calls = 40
    @Option(help: "Seconds of a call.") var seconds = 20
    @Option(help: "The seed of the network.") var seed: UInt64 = 1
    @Option(help: ArgumentHelp("The program that is called; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_172

    func run() throws {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let program = parley ?? beside
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw ValidationError("\(program) is not there; build it with: swift build -c release --product parley")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-link-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let service = try ListeningService(program, folder: folder, sipPort: LinkCommand.sipPort)
        let callers = try placeCalls()
        Thread.sleep(forTimeInterval: 1)
        let log = try service.stop()
        let verdict = LinkVerdict(callers, log, folder: folder)
        print(verdict)
        guard verdict.isGood else { throw ExitCode.failure }
    }

    private func placeCalls() throws -> [LossyCaller] {
        let mediaImpairment = try impairment(media)
        let signallingImpairment = try impairment(signalling)
        var callers: [LossyCaller] = []
        var next = MonotonicClock.now
        while callers.count < calls || callers.contains(where: { !$0.isOver }) {
            let now = MonotonicClock.now
            if callers.count < calls, now >= next {
                next = now + .milliseconds(20)
                callers.append(
                    try LossyCaller(
                        callers.count, target: LinkCommand.sipPort, length: .seconds(Int64(seconds)),
                        signalling: signallingImpairment, media: mediaImpairment,
                        seed: seed &* 1_000 &+ UInt64(callers.count)))
            }
            for index in callers.indices { callers[index].advance(to: now) }
            usleep(2_000)
        }
        return callers
    }

    private func impairment(_ text: String) throws -> NetworkImpairment {
        do { return try NetworkImpairment(text) } catch { throw ValidationError("\(text): \(error)") }
    }
}

/// `parley serve` with an agent that only listens; what it prints goes to a file.
private struct ListeningService {
    private let process = Process()
    private let log: URL

    init(_ program: String, folder: URL, sipPort: UInt16) throws {
        let topics = folder.appending(path: "agent/topics")
        try FileManager.default.createDirectory(at: topics, withIntermediateDirectories: true)
        try Data("displayName: Listener\n".utf8).write(to: folder.appending(path: "agent/agent.mcs.yml"))
        for (name, kind) in [("Start", "OnConversationStart"), ("Keys", "OnUnknownDtmfKey")] {
            let topic = """
                kind: AdaptiveDialog
                beginDialog:
                  kind: \(kind)
                  id: main
                  actions:
                    - kind: SetVariable
                      id: set\(name)
                      variable: Global.\(name)
                      value: =true

                """
            try Data(topic.utf8).write(to: topics.appending(path: "\(name).mcs.yml"))
        }
        log = folder.appending(path: "events")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "serve", "--json", "--sip-port", "\(sipPort)", "--media-ports", "15000-15999", "--agent",
            folder.appending(path: "agent").path, "--record", folder.appending(path: "recordings").path,
            "--drain-seconds", "1",
        ]
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: 2)
        guard process.isRunning else {
            throw ValidationError("`\(program) serve` did not start; run it by hand to see why")
        }
    }

    /// Ends it; gives its events.
    func stop() throws -> [[String: Any]] {
        process.terminate()
        process.waitUntilExit()
        let text = try String(contentsOf: log, encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
        }
    }
}

/// What was heard, against what arrived.
private struct LinkVerdict: CustomStringConvertible {
    private var calls = 0
    private var setUp = 0
    private var slowest = 0.0
    private var pressed = 0
    private var arrived = 0
    private var missed = 0
    private var extra = 0
    /// Seconds, the largest of all calls.
    private var recordingError = 0.0
    private var lengthError = 0.0
    private var recordings = 0

    var isGood: Bool {
        setUp == calls && missed == 0 && extra == 0 && recordings == calls && recordingError < 0.02
            && lengthError < 0.08
    }

    init(_ callers: [LossyCaller], _ log: [[String: Any]], folder: URL) {
        calls = callers.count
        let names = LinkVerdict.names(in: log)
        for caller in callers {
            if caller.isSetUp { setUp += 1 }
            slowest = max(slowest, Double(caller.setup?.milliseconds ?? 0))
            pressed += caller.keys.count
            arrived += caller.delivered.count
            guard let call = names["caller\(caller.number)"] else { continue }
            compareKeys(of: caller, log, call)
            compareLengths(of: caller, log, call, folder)
        }
    }

    /// Which call is whose.
    private static func names(in log: [[String: Any]]) -> [String: String] {
        var names: [String: String] = [:]
        for event in log where event["event"] as? String == "callStarted" {
            if let from = event["from"] as? String, let call = event["call"] as? String { names[from] = call }
        }
        return names
    }

    private mutating func compareKeys(of caller: LossyCaller, _ log: [[String: Any]], _ call: String) {
        let heard = log.filter { $0["event"] as? String == "digit" && $0["call"] as? String == call }
            .compactMap { $0["digit"] as? String }
        let expected = caller.keys.indices.filter { caller.delivered.contains($0) }.map { "\(caller.keys[$0])" }
        guard heard != expected else { return }
        let difference = heard.difference(from: expected)
        missed += difference.removals.count
        extra += difference.insertions.count
    }

    private mutating func compareLengths(of caller: LossyCaller, _ log: [[String: Any]], _ call: String, _ folder: URL)
    {
        let path = folder.appending(path: "recordings/\(call).wav").path
        let end = log.first { $0["event"] as? String == "callEnded" && $0["call"] as? String == call }
        guard let duration = end?["duration"] as? Double, let file = try? AudioFile.read(path) else { return }
        recordings += 1
        let recorded = Double(file.caller.samples.count) / Double(file.caller.sampleRate)
        recordingError = max(recordingError, abs(recorded - duration))
        let talked = Double(caller.servedTime?.milliseconds ?? 0) / 1_000
        lengthError = max(lengthError, abs(recorded - talked))
    }

    var description: String {
        let lines = [
            "calls: \(calls), set up: \(setUp), the slowest in \(Int(slowest)) ms",
            "keys pressed: \(pressed), of which a packet arrived: \(arrived), missed: \(missed), doubled or wrong: \(extra)",
            String(
                format:
                    "recordings: %d, longer or shorter than their call by %.3f s at the most, than from INVITE to BYE by %.3f s",
                recordings, recordingError, lengthError),
        ]
        return lines.joined(separator: "\n")
    }
}
