import Replay
import Telephony
import Testing

@Suite("Network")
struct NetworkTests {
    @Test("a description is read with its units, and a perfect network is an empty one")
    func parse() throws {
        let network = try NetworkImpairment("loss=2%,burst=3,jitter=30ms,reorder=1%,duplicate=1%,drift=100ppm")
        #expect(network.loss == 0.02)
        #expect(network.meanBurst == 3)
        #expect(network.jitter == .milliseconds(30))
        #expect(network.reorder == 0.01)
        #expect(network.duplicate == 0.01)
        #expect(network.driftInPPM == 100)
        #expect(try NetworkImpairment("") == .perfect)
    }

    @Test(
        "a mistake in a description is named",
        arguments: [
            ("loss", "name=value"), ("loss=200%", "from 0.0 to 100.0%"), ("los=2%", "no 'los'"),
            ("jitter=fast", "jitter=fast"), ("burst=0", "burst=0"),
        ])
    func mistakes(text: String, part: String) throws {
        let error = try #require(throws: NetworkImpairment.ParseError.self) { try NetworkImpairment(text) }
        #expect(error.description.contains(part))
    }

    @Test("loss and the length of its runs come out as asked for", arguments: [(0.05, 1.0), (0.1, 3.0), (0.3, 8.0)])
    func loss(share: Double, burst: Double) {
        var impairment = NetworkImpairment.perfect
        impairment.loss = share
        impairment.meanBurst = burst
        var network = Network(impairment, seed: 7, keepsTrace: true)
        let count = 100_000
        for index in 0..<count { network.send([0], at: Instant(nanoseconds: Int64(index) * 20_000_000)) }
        let lost = network.trace.map(\.arrivals.isEmpty)
        let runs = zip(lost, [false] + lost).count { $0 && !$1 }
        let total = lost.count { $0 }
        #expect(abs(Double(total) / Double(count) - share) < 0.1 * share)
        #expect(abs(Double(total) / Double(runs) - burst) < 0.1 * burst)
    }

    @Test("the same seed does the same to every packet, another seed something else")
    func determinism() throws {
        func trace(_ seed: UInt64) throws -> [Network.Fate] {
            let impairment = try NetworkImpairment("loss=5%,burst=2,jitter=40ms,reorder=2%,duplicate=2%")
            var network = Network(impairment, seed: seed, keepsTrace: true)
            for index in 0..<1_000 { network.send([1, 2], at: Instant(nanoseconds: Int64(index) * 20_000_000)) }
            return network.trace
        }
        #expect(try trace(1) == trace(1))
        #expect(try trace(1) != trace(2))
    }

    @Test("packets arrive in the order of their times, each as often as the trace says")
    func delivery() throws {
        var network = Network(
            try NetworkImpairment("loss=5%,jitter=60ms,reorder=5%,duplicate=5%"), seed: 3, keepsTrace: true)
        var arrived: [Int: Int] = [:]
        var last = Instant.zero
        for index in 0..<5_000 {
            let now = Instant(nanoseconds: Int64(index) * 20_000_000)
            while let packet = network.receive(at: now) {
                #expect(packet.arrivesAt >= last)
                last = packet.arrivesAt
                arrived[packet.number, default: 0] += 1
            }
            network.send([0], at: now)
        }
        while let packet = network.receive(at: Instant(nanoseconds: .max)) { arrived[packet.number, default: 0] += 1 }
        for (number, fate) in network.trace.enumerated() { #expect(arrived[number, default: 0] == fate.arrivals.count) }
    }
}
