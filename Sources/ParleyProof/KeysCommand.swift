import ArgumentParser
import Foundation
import Replay
import Telephony

/// Keys by RFC 4733 over a bad network: each of which a packet came in time is heard once, in order.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Send 16 keys through a bad network for many seeds, and count what was heard.")

    @Option(help: "How many seeds.") var seeds = 1_000
    @Option(help: "The network.") var network = "loss=10%,burst=3,jitter=60ms,reorder=2%,duplicate=2%"
    @Option(help: "The codec.") var codec = "pcmu"

    func run() async throws {
        let keys = "123456789*0#ABCD".compactMap { Digit($0) }
        let agent = try LineAgent.silent()
        var tally = Tally()
        for seed in 1...UInt64(seeds) {
            var call = TestCall(name: "keys-\(seed)")
            call.codec = CodecChoice(rawValue: codec) ?? .pcmu
            call.seed = seed
            call.network = try NetworkImpairment(network)
            call.script = [
                CallerStep(
                    trigger: .at(.seconds(1)),
                    action: .press(keys, nil, duration: .milliseconds(100), gap: .milliseconds(100))),
                CallerStep(trigger: .after(.seconds(1)), action: .hangUp),
            ]
            var options = ReplayOptions()
            options.keepsTrace = true
            var observer = SilentObserver()
            let replay = try CallReplay(of: call, agent: agent, outside: ToneOutside(), options: options)
            tally.add(keys, try await replay.run(&observer), seed: seed)
        }
        tally.print()
        if tally.isWrong { throw ExitCode.failure }
    }
}

/// What was heard of what was sent.
private struct Tally {
    private var sent = 0
    private var heard = 0
    private var lostWhole = 0
    private var missed = 0
    private var doubled = 0
    private var disordered = 0
    private var firstWrongSeed: UInt64?

    var isWrong: Bool { missed + doubled + disordered > 0 }

    mutating func add(_ keys: [Digit], _ result: ReplayResult, seed: UInt64) {
        var arrived: Set<Digit> = []
        for packet in result.keyPackets where !packet.arrivals.isEmpty { arrived.insert(packet.digit) }
        let digits = result.events.compactMap { event -> Digit? in
            guard case .digit(let body) = event.body else { return nil }
            return Digit(body.digit.redacted)
        }
        sent += keys.count
        heard += digits.count
        let expected = keys.filter { arrived.contains($0) }
        lostWhole += keys.count - expected.count
        let counts = Dictionary(digits.map { ($0, 1) }, uniquingKeysWith: +)
        let missedNow = expected.count { counts[$0] == nil }
        let doubledNow = counts.values.reduce(0) { $0 + max(0, $1 - 1) }
        missed += missedNow
        doubled += doubledNow
        let order = digits.compactMap { keys.firstIndex(of: $0) }
        let isDisordered = order != order.sorted()
        if isDisordered { disordered += 1 }
        if missedNow + doubledNow > 0 || isDisordered { firstWrongSeed = firstWrongSeed ?? seed }
    }

    func print() {
        Swift.print("keys sent \(sent), heard \(heard), lost whole by the network \(lostWhole)")
        Swift.print("arrived but not heard \(missed), doubled \(doubled), calls out of order \(disordered)")
        if let firstWrongSeed { Swift.print("first seed that went wrong: \(firstWrongSeed)") }
    }
}
