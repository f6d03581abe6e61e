import ArgumentParser
import Foundation
import RTP
import Telephony
import Transport

/// What calls cost the running service, beside a loop that only echoes over the same sockets.
struct MediaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media",
        abstract: "Measure `parley serve` under load, beside a bare echo over the same sockets.",
        discussion: """
            Starts `parley serve` with the sample agent, the whole process pinned to one core, and calls it from another \
            one: calls at 200 a second up to the number of each row, then a window in which prompts play, both detectors \
            listen and each caller presses two keys every 12 s. CPU is of the whole process with what the kernel does for \
            it, over calls and ticks. The floor is a program that echoes as many streams. The ratio of the two is what \
            must not get worse; absolute figures belong to the machine and to what else it does.

            Bridged rows: a dialog hands each caller over to a phone behind a gateway. Where both speak the same codec \
            packets are passed on as they came, and how long they took from one to the other is printed, the jitter buffer \
            included; otherwise they are transcoded. Their figures are of a leg and tick, and the floor's are of as many streams \
            as there are legs. A row of conferences brings two phones to each caller, so that three parties hear each other mixed.

            With --loadgen the callers are those of that program instead, and its own figures are printed.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof media
              .build/release/ParleyProof media --calls 1000,1750 --seconds 20
              .build/release/ParleyProof media --calls 350 --loadgen ../shared/tools/loadgen/loadgen
            """)

    @Option(help: "Numbers of PCMU calls, one row each.") var calls = "100,500,1000,1750"
    @Option(help: "Number of calls of each SRTP row; 0 leaves them out.") var secureCalls = 500
    @Option(help: "Number of calls of the Opus row; 0 leaves it out.") var opusCalls = 60
    @Option(help: "Numbers of bridged PCMU calls, one row each; 0 leaves them out.") var bridgedCalls = "100,375,750"
    @Option(help: "Number of calls of the row that bridges PCMU to Opus; 0 leaves it out.") var transcodedCalls = 40
    @Option(help: "Number of conferences of the row of three parties; 0 leaves it out.") var conferences = 100
    @Option(help: "Seconds that are measured.") var seconds = 10
    @Option(help: "The core of the service.") var core = 0
    @Option(help: "The core of the callers.") var callersCore = 1
    @Option(help: ArgumentHelp("The program that is measured; the one beside this by default.", valueName: "file"))
    var parley: String?
    @Option(help: ArgumentHelp("A built load generator that calls instead.", valueName: "file")) var loadgen: String?

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("--seconds \(seconds) measures nothing: 1 or more") }
        guard calls == "0" || !numbers.isEmpty else {
            throw ValidationError("--calls \(calls): numbers with commas between, or 0 for none")
        }
    }

    private var numbers: [Int] { MediaCommand.numbers(calls) }

    private static func numbers(_ text: String) -> [Int] {
        text.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 }
    }

    func run() throws {
        let program = try self.program()
        try MeasuredProcess.pinSelf(to: callersCore)
        if let loadgen {
            for count in numbers { try runLoadgen(loadgen, program, calls: count) }
            return
        }
        MeasuredProcess.becomeRealTime()
        print(MediaRow.heading)
        fflush(nil)
        for count in numbers { try measure(program, .pcmu, count) }
        if secureCalls > 0 { for suite in SRTPSuite.allCases { try measure(program, .secure(suite), secureCalls) } }
        if opusCalls > 0 { try measure(program, .opus, opusCalls) }
        for count in MediaCommand.numbers(bridgedCalls) { try measure(program, .pcmu, count, handedTo: .pcmu) }
        if transcodedCalls > 0 { try measure(program, .pcmu, transcodedCalls, handedTo: .opus) }
        if conferences > 0 { try measure(program, .pcmu, conferences, handedTo: .pcmu, phones: 2) }
    }

    private func program() throws -> String {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let path = parley ?? beside
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ValidationError("\(path) is not there; build it with: swift build -c release --product parley")
        }
        return path
    }

    private func measure(
        _ program: String, _ media: GeneratedMedia, _ count: Int, handedTo other: GeneratedMedia? = nil, phones: Int = 1
    ) throws {
        let legs = other == nil ? 1 : 1 + phones
        let floor = try measureFloor(legs * count)
        let kind = phones == 1 ? "bridged" : "three parties,"
        var row = MediaRow(
            media: other.map { "\(kind) \(media.name) to \($0.name)" } ?? media.name, calls: count, legsPerCall: legs)
        row.floorMicroseconds = floor
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let service =
            try other == nil ? start(program, calls: count) : startBridging(program, folder, calls: count, phones)
        defer { service.stop() }
        let before = service.residentOctets
        var plan = CallGenerator.Plan(calls: count, media: media, target: MediaCommand.sipPort)
        plan.handedTo = other
        plan.phones = phones
        var generator = try CallGenerator(plan)
        guard generator.hasPorts else {
            throw ValidationError("there are not two UDP ports for each of \(count) calls; is something else running?")
        }
        var placing = 0
        while !generator.isSettled, placing < 60 {
            generator.run(milliseconds: 1_000)
            placing += 1
        }
        generator.run(milliseconds: 2_000)
        let cpu = service.cpuSeconds
        generator.isMeasuring = true
        generator.run(milliseconds: seconds * 1_000)
        generator.isMeasuring = false
        row.take(
            generator.figures, generator.takeLegFigures(), cpuSeconds: service.cpuSeconds - cpu, seconds: seconds,
            octets: service.residentOctets - before)
        generator.hangUp()
        print(row)
        fflush(nil)
    }

    private static let sipPort: UInt16 = 5_170

    private func startBridging(_ program: String, _ folder: String, calls: Int, _ phones: Int) throws -> MeasuredProcess
    {
        let file = try BridgingService.write(
            to: folder, sipPort: MediaCommand.sipPort, gateway: CallGenerator.gatewayPort, calls: calls,
            phones: phones)
        return try started(try MeasuredProcess(program, ["serve", "--config", file], core: core), program)
    }

    private func started(_ service: MeasuredProcess, _ program: String) throws -> MeasuredProcess {
        usleep(1_500_000)
        guard service.isRunning else {
            throw ValidationError("`\(program) serve` did not start; run it by hand to see why")
        }
        return service
    }

    private func start(_ program: String, calls: Int) throws -> MeasuredProcess {
        let ports = "10000-\(10_000 + 2 * calls + 400)"
        let process = try MeasuredProcess(
            program,
            [
                "serve", "--sip-port", "\(MediaCommand.sipPort)", "--media-ports", ports, "--max-calls",
                "\(calls + 100)",
                "--drain-seconds", "0",
            ], core: core)
        let service = try started(process, program)
        // The prompts are made, and the code is warm, before anything is measured.
        var first = try CallGenerator(CallGenerator.Plan(calls: 5, target: MediaCommand.sipPort, firstPort: 40_000))
        first.run(milliseconds: 20_000)
        first.hangUp()
        return service
    }

    /// Microseconds of CPU for a packet in and one out.
    private func measureFloor(_ count: Int) throws -> Double {
        let echo = try MeasuredProcess(
            CommandLine.arguments[0], ["media-echo", "--pairs", "\(count)", "--first-port", "20000"], core: core)
        defer { echo.stop() }
        usleep(1_000_000)
        var streams = try EchoedStreams(count: count, firstPort: 30_000, targets: 20_000)
        streams.run(milliseconds: 2_000)
        let before = (cpu: echo.cpuSeconds, sent: streams.sent)
        streams.run(milliseconds: seconds * 1_000)
        return (echo.cpuSeconds - before.cpu) * 1_000_000 / Double(max(1, streams.sent - before.sent))
    }

    private func runLoadgen(_ loadgen: String, _ program: String, calls: Int) throws {
        let service = try start(program, calls: calls)
        defer { service.stop() }
        let process = Process()
        process.executableURL = URL(filePath: loadgen)
        process.arguments = [
            "-n", "\(calls)", "-r", "200", "-t", "\(seconds)", "-u", "100", "-d", "51", "--digit-start", "5000",
            "--cpu",
            "\(callersCore)", "--pid", "\(service.identifier)", "127.0.0.1:\(MediaCommand.sipPort)",
        ]
        try process.run()
        process.waitUntilExit()
    }
}

/// One line of the table.
struct MediaRow: CustomStringConvertible {
    let media: String
    let calls: Int
    private let legsPerCall: Int
    var floorMicroseconds = 0.0
    private var answered = 0
    private var failed = 0
    private var setup = 0.0
    private var delivered = 0.0
    private var deviation = 0.0
    private var microseconds = 0.0
    private var kibibytes = 0.0
    private var lateness = 0.0
    /// From one party to the other at the median and at p99, where packets are passed on as they came.
    private var delay: (median: Double, p99: Double)?

    static let heading = """
        media                             calls answered failed  setup p99 ms  delivered  p99 from 20 ms  us a call and tick  floor us  ratio  KiB a call  (callers late p99 ms)
        """

    init(media: String, calls: Int, legsPerCall: Int = 1) {
        self.legsPerCall = legsPerCall
        self.media = media
        self.calls = calls
    }

    mutating func take(
        _ figures: CallGenerator.Figures, _ legs: AnsweredLegs.Figures?, cpuSeconds: Double, seconds: Int, octets: Int
    ) {
        answered = figures.answered
        failed = figures.failed
        setup = MediaRow.p99(figures.setup)
        let ticks = Double(max(1, figures.answered * legsPerCall)) * Double(seconds) * 50
        delivered = Double(figures.received + (legs?.received ?? 0)) / ticks
        deviation = MediaRow.p99(figures.deviations + (legs?.deviations ?? []))
        if !figures.delays.isEmpty {
            let sorted = figures.delays.sorted()
            delay = (Double(sorted[sorted.count / 2]) / 1_000, MediaRow.p99(figures.delays))
        }
        microseconds = cpuSeconds * 1_000_000 / ticks
        kibibytes = Double(octets) / 1_024 / Double(max(1, figures.answered))
        lateness = MediaRow.p99(figures.lateness)
    }

    /// What all but a hundredth keep, in milliseconds.
    private static func p99(_ microseconds: [Int32]) -> Double {
        let sorted = microseconds.sorted()
        return sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * 99 / 100)]) / 1_000
    }

    var description: String {
        let name = media.padding(toLength: 33, withPad: " ", startingAt: 0)
        let counts = String(format: "%5d %8d %6d  %12.2f  %8.2f%%", calls, answered, failed, setup, delivered * 100)
        let costs = String(
            format: "%14.2f  %18.2f  %8.2f  %5.2f  %10.1f  (%.2f)", deviation, microseconds, floorMicroseconds,
            microseconds / max(0.01, floorMicroseconds), kibibytes, lateness)
        let passed = delay.map { String(format: "  passed on in %.1f ms, p99 %.1f ms", $0.median, $0.p99) } ?? ""
        return "\(name) \(counts)  \(costs)\(passed)"
    }
}
