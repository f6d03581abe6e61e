import ArgumentParser
import Foundation
import Telephony
import Transport

/// Calls that are up while others attack the service: what they hear of it.
struct AttacksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacks",
        abstract: "Attack `parley serve` while it has calls: idle connections, a flood of INVITEs.",
        discussion: """
            Starts `parley serve` on one core and calls it from another one. While the calls are up thousands of TCP \
            connections are opened that say nothing, from many hosts; then a host sends more INVITEs than can be answered and \
            acknowledges none. Printed: how far packets to the running calls are from 20 ms apart, how fast new calls are \
            set up, and what the service says of what it dropped. Exit status 1 when a running call ended, when somebody new \
            was kept out by the connections, when descriptors were left, or when more than a fiftieth of what was sent got no answer and was not counted either.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof attacks
              .build/release/ParleyProof attacks --calls 20 --connections 2000 --rate 5000 --seconds 3
            """)

    @Option(help: "Calls that are up.") var calls = 200
    @Option(help: "TCP connections that say nothing.") var connections = 5_000
    @Option(help: "INVITEs a second of the flood.") var rate = 20_000
    @Option(help: "Seconds of each part.") var seconds = 5
    @Option(help: "The core of the service.") var core = 0
    @Option(help: "The core of the callers.") var callersCore = 1
    @Option(help: ArgumentHelp("The program that is attacked; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_178
    private static let metricsPort: UInt16 = 5_179
    /// New calls that are placed while connections idle.
    private static let newCalls = 100

    func validate() throws {
        guard calls > 0, connections > 0, rate > 0, seconds > 0 else {
            throw ValidationError("--calls, --connections, --rate and --seconds are 1 or more")
        }
    }

    func run() throws {
        try MeasuredProcess.pinSelf(to: callersCore)
        let service = try start()
        defer { service.stop() }
        var callers = try CallGenerator(CallGenerator.Plan(calls: calls, target: AttacksCommand.sipPort))
        var placing = 0
        while !callers.isSettled, placing < 60 {
            callers.run(milliseconds: 1_000)
            placing += 1
        }
        guard callers.figures.answered == calls else {
            throw ValidationError("\(callers.figures.answered) of \(calls) calls were answered before anything began")
        }
        report("nothing else", &callers)
        let isOpen = try idle(service, &callers)
        let isCounted = try flood(service, &callers)
        let failed = callers.figures.failed
        callers.hangUp()
        print("\(failed) of the \(calls) calls that were up came to harm")
        guard isOpen, isCounted, failed == 0, service.isRunning else { throw ExitCode.failure }
    }

    private func start() throws -> MeasuredProcess {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let service = try MeasuredProcess(
            parley ?? beside,
            [
                "serve", "--sip-port", "\(AttacksCommand.sipPort)", "--media-ports", "10000-\(10_799 + 2 * calls)",
                "--max-calls", "\(calls + AttacksCommand.newCalls + 100)", "--drain-seconds", "0", "--admin-socket",
                "none", "--metrics", "\(AttacksCommand.metricsPort)",
            ], core: core)
        var tries = 0
        while metrics().isEmpty {
            guard service.isRunning, tries < 100 else {
                throw ValidationError("`parley serve` did not start; run it by hand to see why")
            }
            usleep(100_000)
            tries += 1
        }
        return service
    }

    /// Media for some seconds, and how it came.
    private func report(_ what: String, _ callers: inout CallGenerator) {
        // What has waited since the last time is not of these seconds.
        callers.run(milliseconds: 200)
        let before = callers.figures
        callers.isMeasuring = true
        callers.run(milliseconds: seconds * 1_000)
        callers.isMeasuring = false
        let figures = callers.figures
        let deviations = figures.deviations.dropFirst(before.deviations.count).sorted()
        let p99 = deviations.isEmpty ? 0 : Double(deviations[deviations.count * 99 / 100]) / 1_000
        let share = Double(figures.received - before.received) / Double(calls * seconds * 50) * 100
        print(String(format: "%@: %.1f ms from 20 ms at p99, %.2f %% of packets came", what, p99, share))
        fflush(nil)
    }

    // MARK: - Idle connections

    private func idle(_ service: MeasuredProcess, _ callers: inout CallGenerator) throws -> Bool {
        let before = service.descriptors
        var idle = IdleConnections(connections, to: AttacksCommand.sipPort)
        report("\(idle.count) connections that say nothing", &callers)
        let most = service.descriptors - before
        // From a host that has none of them.
        let began = MonotonicClock.now
        let answer = LoopbackStream(to: AttacksCommand.sipPort, from: 0x7F63_6363)?.ask(
            AttacksCommand.options, until: "\r\n\r\n")
        let asked = Double((MonotonicClock.now - began).nanoseconds) / 1_000_000
        let isAnswered = answer?.hasPrefix("SIP/2.0 200") == true
        var new = try CallGenerator(
            CallGenerator.Plan(calls: AttacksCommand.newCalls, target: AttacksCommand.sipPort, firstPort: 45_000))
        new.run(milliseconds: 2_000)
        let setup = new.figures.setup.sorted()
        new.hangUp()
        let open = idle.open
        idle.close()
        var tries = 0
        while service.descriptors > before + 4, tries < 100 {
            usleep(100_000)
            tries += 1
        }
        let left = max(0, service.descriptors - before)
        print(
            String(
                format:
                    "  %d stayed open, %d descriptors more, %d afterwards; somebody new over TCP %@ in %.1f ms; %d of %d new calls set up, in %.1f ms at p99",
                open, most, left, isAnswered ? "was answered" : "was not answered", asked, setup.count,
                AttacksCommand.newCalls, setup.isEmpty ? 0 : Double(setup[setup.count * 99 / 100]) / 1_000))
        return isAnswered && left <= 4 && setup.count == AttacksCommand.newCalls && open <= 1_024
    }

    private static let options = """
        OPTIONS sip:127.0.0.1 SIP/2.0\r
        Via: SIP/2.0/TCP 127.99.99.99;branch=z9hG4bK-attacks\r
        Max-Forwards: 70\r
        From: <sip:new@127.99.99.99>;tag=1\r
        To: <sip:127.0.0.1>\r
        Call-ID: attacks\r
        CSeq: 1 OPTIONS\r
        Content-Length: 0\r
        \r

        """

    // MARK: - A flood

    private func flood(_ service: MeasuredProcess, _ callers: inout CallGenerator) throws -> Bool {
        let octets = service.residentOctets
        let flood = try InviteFlood(at: AttacksCommand.sipPort)
        flood.begin(seconds: seconds, rate: rate)
        report("\(rate) INVITEs a second that nobody acknowledges", &callers)
        let figures = flood.end()
        // The counts are looked at every five seconds.
        callers.run(milliseconds: 7_000)
        let dropped = dropped()
        let ended = service.residentOctets
        let uncounted = max(0, figures.sent - figures.taken - dropped - figures.unheard)
        print(
            "  \(figures.sent) sent: \(figures.taken) taken, \(figures.answered) of them answered, \(figures.refused) refused with 503 and Retry-After, \(figures.refusedForGood) without; "
                + "\(dropped) dropped by what the service counts, \(figures.unheard) answers not heard here, \(uncounted) not accounted for; \((ended - octets) / 1_048_576) MB more in memory"
        )
        // What the kernel drops before it is at a socket is nobody's to count.
        return figures.refusedForGood == 0 && uncounted * 50 <= figures.sent
    }

    /// SIP messages that the service says it dropped.
    private func dropped() -> Int {
        metrics().split(whereSeparator: \.isNewline).filter { $0.hasPrefix("parley_sip_dropped_total{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    private func metrics() -> String {
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return LoopbackStream(to: AttacksCommand.metricsPort)?.ask(request, until: "\u{0}") ?? ""
    }
}
