import ArgumentParser
import Foundation
import Glibc
import SIP
import Telephony
import Transport

/// What is left of messages that are made to hurt: time to the next answer, CPU and memory some time later.
struct BombsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bombs",
        abstract: "Send `parley serve` messages that are made to hurt, and see what is left of them.",
        discussion: """
            Starts `parley serve`, sends it messages with thousands of routes, hops, formats, attributes and parts in parts, \
            behind each an OPTIONS whose answer is waited for, and hangs up what became a call. Then it waits: some services \
            answer at once and are busy half a minute later. Exit status 1 when an answer took longer than 50 ms at p99, when \
            the idle service then uses more than a hundredth of a core more than before, 4 MB more memory, or descriptors.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof bombs
              .build/release/ParleyProof bombs --warm-up 1 --rounds 3 --tail-seconds 5
            """)

    @Option(help: "Times that every message is sent before anything is measured.") var warmUp = 400
    @Option(help: "Times that every message is sent.") var rounds = 100
    @Option(help: "Seconds from the last message to what is measured.") var tailSeconds = 75
    @Option(help: "The core of the service.") var core = 0
    @Option(help: ArgumentHelp("The program that is attacked; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_184
    /// How long idleness is looked at.
    private static let idleSeconds = 3

    func validate() throws {
        guard warmUp > 0, rounds > 0, tailSeconds > 0 else {
            throw ValidationError("--warm-up, --rounds and --tail-seconds are 1 or more")
        }
    }

    private struct State {
        var cpuShare: Double
        var octets: Int
        var descriptors: Int
    }

    func run() throws {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        let service = try MeasuredProcess(
            parley ?? beside,
            [
                "serve", "--sip-port", "\(BombsCommand.sipPort)", "--media-ports", "23000-23399", "--drain-seconds",
                "0",
                "--admin-socket", "none",
            ], core: core)
        defer { service.stop() }
        var bomber = try Bomber(at: BombsCommand.sipPort)
        guard bomber.waitForService(seconds: 30) else {
            throw ValidationError("`parley serve` did not start; run it by hand to see why")
        }
        // What is made once, at the first call, is none of theirs, nor is what the flight recorder remembers, up to its bound.
        for round in 0..<warmUp { bomber.send(round: round, isMeasured: false) }
        let before = measure(service)
        for round in 0..<rounds { bomber.send(round: warmUp + round, isMeasured: true) }
        sleep(UInt32(tailSeconds))
        let after = measure(service)
        let times = bomber.waits.sorted()
        let p99 = times.isEmpty ? 0 : times[times.count * 99 / 100]
        let megabytes = Double(after.octets - before.octets) / 1_048_576
        print(
            String(
                format:
                    "%d messages: %d without an answer behind them, others %.1f ms at p99 and %.1f ms at most; %d calls",
                times.count + bomber.unanswered, bomber.unanswered, p99, times.last ?? 0, bomber.calls))
        print(
            String(
                format: "  %d s later %.2f %% of a core (%.2f %% before), %+.1f MB, %+d descriptors", tailSeconds,
                after.cpuShare * 100, before.cpuShare * 100, megabytes, after.descriptors - before.descriptors))
        guard service.isRunning, bomber.unanswered == 0, p99 < 50, after.cpuShare < before.cpuShare + 0.01,
            megabytes < 4, after.descriptors <= before.descriptors
        else { throw ExitCode.failure }
    }

    private func measure(_ service: MeasuredProcess) -> State {
        let before = service.cpuSeconds
        sleep(UInt32(BombsCommand.idleSeconds))
        return State(
            cpuShare: (service.cpuSeconds - before) / Double(BombsCommand.idleSeconds), octets: service.residentOctets,
            descriptors: service.descriptors)
    }
}

/// Who sends them, and hangs up what comes of it.
private struct Bomber: ~Copyable {
    private let socket: DatagramSocket
    private let target: TransportAddress
    private let room: UnsafeMutableRawBufferPointer
    private var probes = 0
    /// Milliseconds from a message to the answer to the request behind it.
    private(set) var waits: [Double] = []
    private(set) var unanswered = 0
    private(set) var calls = 0

    init(at port: UInt16) throws {
        socket = try DatagramSocket(TransportAddress(ipv4: FarEnd.loopback, port: 0))
        target = TransportAddress(ipv4: FarEnd.loopback, port: port)
        room = .allocate(byteCount: 65_536, alignment: 16)
    }

    deinit { room.deallocate() }

    private var own: String { "127.0.0.1:\(socket.local.port)" }

    private func send(_ octets: [UInt8]) { _ = octets.withUnsafeBytes { socket.send($0, to: target) } }

    mutating func waitForService(seconds: Int) -> Bool {
        for _ in 0..<seconds * 2 {
            if probe(milliseconds: 500) { return true }
        }
        return false
    }

    mutating func send(round: Int, isMeasured: Bool) {
        for bomb in Bomb.all(own: own, number: round) {
            let began = MonotonicClock.now
            send(bomb.octets)
            let isAnswered = probe(milliseconds: 5_000)
            guard isMeasured else { continue }
            if isAnswered {
                waits.append(Double((MonotonicClock.now - began).nanoseconds) / 1_000_000)
            } else {
                unanswered += 1
            }
        }
    }

    /// Asks what is always answered, again as timer E would (RFC 3261 section 17.1.2), and takes what comes before that answer.
    private mutating func probe(milliseconds: Int64) -> Bool {
        probes += 1
        let name = "probe-\(probes)"
        let options = request("OPTIONS", branch: name, to: "<sip:100@127.0.0.1>", callID: name, cseq: 1)
        send(options)
        var next = MonotonicClock.now + .milliseconds(500)
        let end = MonotonicClock.now + .milliseconds(milliseconds)
        while MonotonicClock.now < end {
            if MonotonicClock.now >= next {
                send(options)
                next = next + .milliseconds(500)
            }
            guard let arrival = socket.receive(into: room) else {
                usleep(50)
                continue
            }
            let octets = Array(UnsafeRawBufferPointer(rebasing: room[0..<arrival.count]))
            guard let message = try? SIPMessage(parsing: octets) else { continue }
            if message.callID == name { return true }
            if message.status == 200, message.cseq?.method == .invite { hangUp(message) }
        }
        return false
    }

    private mutating func hangUp(_ answer: SIPMessage) {
        guard let to = answer.headers[.to], let callID = answer.callID else { return }
        calls += 1
        send(request("ACK", branch: callID + "a", to: to, callID: callID, cseq: 1))
        send(request("BYE", branch: callID + "b", to: to, callID: callID, cseq: 2))
    }

    private func request(_ method: String, branch: String, to: String, callID: String, cseq: Int) -> [UInt8] {
        Array(
            """
            \(method) sip:100@127.0.0.1 SIP/2.0\r
            Via: SIP/2.0/UDP \(own);branch=z9hG4bK\(branch)\r
            Max-Forwards: 70\r
            From: <sip:bomb@\(own)>;tag=1\r
            To: \(to)\r
            Call-ID: \(callID)\r
            CSeq: \(cseq) \(method)\r
            Content-Length: 0\r
            \r

            """.utf8)
    }
}
