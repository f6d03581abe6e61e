import ArgumentParser
import CAllocationCounter
import CLinux
import CallControl
import CallFlow
import DSP
import Foundation
import FrontEnd
import Records
import Replay
import Telephony
import Transport

/// How fast a key-driven call runs, what it allocates and what it weighs.
struct SpeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measure calls per core, allocations per tick and memory per call.")

    @Option(help: "Seconds of call to run.") var seconds = 600
    @Option(help: "The codec.") var codec = "pcmu"
    @Option(help: "Numbers of calls on one switchboard, with commas between.") var calls = "200,1750"

    @Flag(help: "Measure the same with journals of all calls, written and encrypted.") var journal = false

    private var numbers: [Int] { calls.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 } }

    func validate() throws {
        guard !numbers.isEmpty else { throw ValidationError("--calls \(calls): numbers with commas between") }
    }

    func run() async throws {
        try await measureReplay()
        for count in numbers { try measureSteadyState(count) }
    }

    /// A whole replay: caller, network, switchboard, on one core.
    private func measureReplay() async throws {
        let agent = try LineAgent.speaking("tone")
        var call = TestCall(name: "speed")
        call.codec = CodecChoice(rawValue: codec) ?? .pcmu
        call.limit = .seconds(Int64(seconds))
        call.script = (0..<(seconds / 12)).map { _ in
            CallerStep(
                trigger: .after(.seconds(10)),
                action: .press(
                    "1234".compactMap { Digit($0) }, nil, duration: .milliseconds(100), gap: .milliseconds(100)))
        }
        var observer = SilentObserver()
        let replay = try CallReplay(of: call, agent: agent, outside: ToneOutside(), options: ReplayOptions())
        let begin = ContinuousClock.now
        let result = try await replay.run(&observer)
        let elapsed = Double((ContinuousClock.now - begin) / .microseconds(1)) / 1_000_000
        let duration = result.context.duration ?? 0
        let keys = result.context.digits.count
        print(
            String(
                format: "replay: %.0f s of call in %.3f s, %.0f seconds of call a second of one core, %d keys heard",
                duration, elapsed, duration / elapsed, keys))
    }

    /// Many calls on one switchboard, fed with packets made beforehand.
    private func measureSteadyState(_ calls: Int) throws {
        var shard = Shard(
            codec: (CodecChoice(rawValue: codec) ?? .pcmu), calls: calls, agent: try LineAgent.speaking("tone"))
        shard.admitAll()
        shard.run(ticks: 100)
        let perTick = shard.run(ticks: 100_000 / calls)
        let allocations = shard.allocationsPerTick
        print(
            String(
                format: "steady state: %d calls, %.2f us a call and tick, %.3f heap allocations a tick of all calls",
                calls, perTick, allocations))
        print(String(format: "memory: %.1f KiB of heap a call", shard.octetsPerCall / 1_024))
        for (stage, share) in shard.stages { print(String(format: "  %.2f us  %@", share, stage)) }
        if journal { try measureJournal(calls, without: perTick) }
    }

    /// The same with a journal of each call.
    private func measureJournal(_ calls: Int, without: Double) throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let key = try RecordingKey(octets: Data((0..<32).map { _ in UInt8.random(in: 0...255) }), of: .journal)
        let journals = try LiveJournals(.init(folder: folder, key: key))
        var shard = Shard(
            codec: (CodecChoice(rawValue: codec) ?? .pcmu), calls: calls, agent: try LineAgent.speaking("tone"),
            journals: journals)
        shard.admitAll()
        shard.run(ticks: 100)
        let ticks = 100_000 / calls
        let perTick = shard.run(ticks: ticks)
        if let problem = journals.stop() { throw problem }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        let octets = try names.reduce(0) { sum, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return sum + (attributes[.size] as? Int ?? 0)
        }
        // The other threads of this program only write journals.
        let writing = MonotonicClock.processTime - MonotonicClock.threadTime - shard.otherCPU
        let turns = Double((ticks + 100) * calls)
        print(
            String(
                format:
                    "with journals: %.2f us a call and tick, %.2f more, and %.2f on the thread that encrypts and writes; %.0f octets a second and call on disk",
                perTick, perTick - without, Double(writing.nanoseconds) / 1_000 / turns,
                Double(octets) / turns * 50))
    }
}

/// Calls on one switchboard in steady state: a prompt plays, audio comes in, nobody presses a key.
private struct Shard: ~Copyable {
    private var switchboard: Switchboard
    private let codec: CodecChoice
    private let calls: Int
    private let agent: Agent
    private let journals: LiveJournals?
    /// CPU that other threads of this program had used before.
    let otherCPU = MonotonicClock.processTime - MonotonicClock.threadTime
    /// Milliseconds of a tick, over which the calls are spread as they are live.
    private static let phases = 20
    private var packets: [[UInt8]] = []
    private var now = Instant.zero
    private var sequence: UInt16 = 0
    private var bytes: [UInt8] = []
    private(set) var allocationsPerTick = 0.0
    private(set) var octetsPerCall = 0.0
    private(set) var stages: [(String, Double)] = []

    init(codec: CodecChoice, calls: Int, agent: Agent, journals: LiveJournals? = nil) {
        var configuration = SwitchboardConfiguration()
        if journals != nil { configuration.journalLimit = 64 << 20 }
        switchboard = Switchboard(configuration)
        self.journals = journals
        self.codec = codec
        self.calls = calls
        self.agent = agent
        bytes.reserveCapacity(2_000)
    }

    mutating func admitAll() {
        var generator = SeededGenerator(seed: 1)
        let samples = (0..<8_000 * 60).map { Int16(6_000 * sin(Double($0) * 0.3)) }
        // As every prompt is that comes from the library.
        let audio = PCMAudio(sampleRate: 8_000, samples: samples).measuredForEcho().encodedInBothLaws()
        let before = parley_heap_octets()
        for index in 0..<calls {
            let media = MediaDescription(
                codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: Port(Int32(2 * index)),
                rtcpPort: Port(Int32(2 * index + 1)), remote: TransportAddress(ipv4: 0x7F00_0001, port: 4_000),
                remoteRTCP: TransportAddress(ipv4: 0x7F00_0001, port: 4_001))
            let admission = Admission(
                call: CallID("call-\(index)"), from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0),
                timeZone: "UTC", agent: agent, caller: media, tickPhase: index % Shard.phases,
                entropy: CallEntropy(from: &generator))
            switchboard.receive(.admit(admission), at: now)
            while let output = switchboard.poll() {
                if case .request(let id, .prompt) = output { switchboard.receive(.reply(id, .prompt(audio)), at: now) }
            }
        }
        octetsPerCall = Double(parley_heap_octets() - before) / Double(calls)
        now = Instant(
            nanoseconds: (1 + now.nanoseconds / tickDuration.nanoseconds) * tickDuration.nanoseconds - 1_000_000)
        packets = (0..<calls).map { _ in
            var packet = [UInt8](repeating: 0, count: 172)
            packet[0] = 0x80
            for index in 12..<172 { packet[index] = UInt8(truncatingIfNeeded: 0xFF - (index * 7) % 40) }
            return packet
        }
    }

    /// Runs ticks; returns microseconds a call and tick.
    @discardableResult
    mutating func run(ticks: Int) -> Double {
        var watch = StageWatch()
        let allocations = parley_allocation_count()
        for _ in 0..<ticks {
            sequence &+= 1
            for phase in 0..<Shard.phases {
                watch.restart()
                receivePackets(of: phase)
                watch.lap(StageWatch.receive)
                now += .milliseconds(1)
                switchboard.advance(to: now) { batch in watch.lap(batch.rawValue) }
                while switchboard.nextDatagram(into: &bytes) != nil {}
                while let output = switchboard.poll() {
                    if case .journal(let call, .entries(let octets)) = output {
                        journals?.append(octets, of: call, orElse: [])
                    }
                }
                watch.lap(StageWatch.drain)
            }
        }
        allocationsPerTick = Double(parley_allocation_count() - allocations) / Double(ticks)
        stages = watch.microseconds.map { ($0.stage, $0.microseconds / Double(ticks * calls)) }
        return stages.map(\.1).reduce(0, +)
    }

    /// Has the state of the calls that come next fetched, as the media loop does.
    private mutating func fetch(_ index: Int) {
        let (call, leg) = (Port(Int32(2 * (index + 4 * Shard.phases))), Port(Int32(2 * (index + 2 * Shard.phases))))
        switchboard.forEachPart(ofCallAt: call) { parley_fetch($0, $1) }
        switchboard.forEachPart(ofLegAt: leg) { parley_fetch($0, $1) }
    }

    /// A packet of 20 ms for every call of a phase.
    private mutating func receivePackets(of phase: Int) {
        for index in stride(from: phase, to: calls, by: Shard.phases) {
            fetch(index)
            packets[index][2] = UInt8(sequence >> 8)
            packets[index][3] = UInt8(truncatingIfNeeded: sequence)
            let timestamp = UInt32(sequence) &* 160
            for octet in 0..<4 {
                packets[index][4 + octet] = UInt8(truncatingIfNeeded: timestamp >> UInt32(24 - 8 * octet))
            }
            let packet = packets[index]
            switchboard.receive(
                datagram: packet.span, on: Port(Int32(2 * index)),
                from: TransportAddress(ipv4: 0x7F00_0001, port: 4_000), at: now)
        }
    }
}

/// Where the time of ticks goes, stage by stage. Allocates nothing.
private struct StageWatch {
    static let receive = "receive"
    static let drain = "drain"

    private var last = ContinuousClock.now
    private var totals: [(stage: String, duration: Duration)] =
        ([receive] + TickBatch.allCases.map(\.rawValue) + [drain]).map { ($0, .zero) }

    mutating func restart() { last = .now }

    /// Books the time since the last lap.
    mutating func lap(_ stage: String) {
        let now = ContinuousClock.now
        if let index = totals.firstIndex(where: { $0.stage == stage }) { totals[index].duration += now - last }
        last = now
    }

    var microseconds: [(stage: String, microseconds: Double)] {
        totals.map { ($0.stage, Double($0.duration / .nanoseconds(1)) / 1_000) }
    }
}
