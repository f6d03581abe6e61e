import ArgumentParser
import CallControl
import CallFlow
import DSP
import Foundation
import Telephony
import Transport

/// What a call costs in the media loop, beside a loop that only echoes over the same sockets.
struct MediaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media",
        abstract: "Measure the media loop on loopback, beside a bare echo over the same sockets.",
        discussion: """
            CPU times are of the loop's thread. The ratio to the echo is what must not get worse; absolute figures belong \
            to the machine and to what else it does. Pin the process to see one core carry both sides, or leave it to \
            let the generator have another one.

            EXAMPLES:
              ParleyProof media
              ParleyProof media --calls 100,1000,1750 --seconds 20
              taskset -c 0 ParleyProof media --ordinary
            """)

    @Option(help: "Numbers of calls, one run each.") var calls = "100,500,1000,1750"
    @Option(help: "Seconds that are measured.") var seconds = 10
    @Flag(help: "Leave SCHED_FIFO alone.") var ordinary = false

    func run() async throws {
        print("calls  floor us  Parley us  ratio  delivered  p99 deviation ms  KiB a call")
        for count in calls.split(separator: ",").compactMap({ Int($0) }) {
            let floor = try measureFloor(count)
            let parley = try await measureParley(count)
            print(
                String(
                    format: "%5d  %8.2f  %9.2f  %5.2f  %8.1f%%  %16.2f  %10.1f", count, floor.cpu, parley.cpu,
                    parley.cpu / floor.cpu, parley.delivered * 100, parley.deviation, parley.memory))
        }
    }

    private struct Result {
        /// Microseconds a packet in and one out.
        var cpu = 0.0
        var delivered = 0.0
        var deviation = 0.0
        /// KiB of resident memory a call.
        var memory = 0.0
    }

    private static let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    private func sockets(_ count: Int, from first: UInt16) throws -> MediaSockets {
        let sockets = try MediaSockets(
            MediaCommand.loopback, ports: first...first + UInt16(2 * count + 200), dscp: 0)
        guard sockets.pairs.count >= count else {
            throw ValidationError("\(count) pairs of ports from \(first) on cannot be bound")
        }
        return sockets
    }

    private func targets(_ pairs: [MediaPortPair], _ count: Int) -> [TransportAddress] {
        pairs.prefix(count).map { TransportAddress(ipv4: 0x7F00_0001, port: $0.number) }
    }

    private func measure(
        _ generator: inout StreamGenerator, cpuTime: () -> Interval
    ) -> Result {
        generator.run(ticks: 100)
        let begin = (MonotonicClock.now, cpuTime())
        generator.isMeasuring = true
        generator.run(ticks: seconds * 50)
        generator.isMeasuring = false
        let cpu = cpuTime() - begin.1
        var result = Result()
        result.cpu = Double(cpu.nanoseconds) / 1_000 / Double(max(1, generator.sent))
        result.delivered = Double(generator.received) / Double(max(1, generator.sent))
        result.deviation = generator.deviationAtP99()
        return result
    }

    private func measureFloor(_ count: Int) throws -> Result {
        let server = try sockets(count, from: 20_000)
        let targets = targets(server.pairs, count)
        let echo = EchoLoop(server, isRealTime: !ordinary)
        let thread = Thread { echo.run() }
        thread.start()
        var generator = StreamGenerator(try sockets(count, from: 30_000), targets: targets)
        let result = measure(&generator) { echo.cpuTime }
        echo.stop()
        Thread.sleep(forTimeInterval: 0.3)
        return result
    }

    private func measureParley(_ count: Int) async throws -> Result {
        let before = MediaCommand.residentMemory
        let server = try sockets(count, from: 20_000)
        let client = try sockets(count, from: 30_000)
        let pairs = server.pairs
        let clients = targets(client.pairs, count)
        var configuration = MediaLoop.Configuration()
        configuration.priority = ordinary ? nil : 10
        let loop = try MediaLoop(SwitchboardConfiguration(), sockets: server, configuration: configuration) { _ in }
        try loop.run()
        let audio = PCMAudio(
            sampleRate: 8_000, samples: (0..<8_000 * 120).map { Int16(6_000 * sin(Double($0) * 0.3)) })
        let reader = Task {
            for await output in loop.outputs {
                loop.taken()
                if case .request(let id, .prompt) = output { loop.post(.reply(id, .prompt(audio))) }
            }
        }
        var random = SystemRandomNumberGenerator()
        let agent = try LineAgent.speaking("tone")
        for index in 0..<count {
            loop.post(.admit(admission(index, pairs[index], clients[index], agent, &random)))
            if index % 20 == 0 { try await Task.sleep(for: .milliseconds(2)) }
        }
        var generator = StreamGenerator(client, targets: targets(pairs, count))
        var result = measure(&generator) { loop.statistics.cpuTime }
        result.memory = Double(MediaCommand.residentMemory - before) / 1_024 / Double(count)
        loop.stop()
        await reader.value
        return result
    }

    private func admission(
        _ index: Int, _ ports: MediaPortPair, _ remote: TransportAddress, _ agent: Agent,
        _ random: inout SystemRandomNumberGenerator
    ) -> Admission {
        var control = remote
        control.port += 1
        let media = MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: ports.rtp, rtcpPort: ports.rtcp,
            remote: remote, remoteRTCP: control)
        return Admission(
            call: CallID("media-\(index)"), from: "a", to: "b", startedAt: MonotonicClock.wallTime, timeZone: "UTC",
            agent: agent, caller: media, tickPhase: index, entropy: CallEntropy(from: &random))
    }

    /// Octets of the process in memory.
    private static var residentMemory: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
    }
}
