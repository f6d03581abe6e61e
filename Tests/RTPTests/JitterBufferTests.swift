import RTP
import Telephony
import Testing

@Suite("Jitter buffer")
struct JitterBufferTests {
    private static let rate = ClockRate(8_000)

    /// Plays a simulated stream of 20 ms packets and gives the delay over time and the counters.
    private struct Player {
        var buffer = JitterBuffer(clockRate: rate, slotLength: 160)
        var position = SampleTime.zero
        /// The next sample to be decoded.
        var decoded = SampleTime.zero
        var corrections = 0
        var missing = 0

        mutating func insert(_ number: Int64, at now: Instant) {
            let payload = [UInt8](repeating: 1, count: 160)
            _ = buffer.insert(
                timestamp: SampleTime(ticks: number * 160 + 480), duration: 160, payload: payload.span,
                position: decoded,
                at: now)
        }

        /// Plays 20 ms, a pitch period of 8 ms less or more where the buffer asks for it.
        mutating func play(at now: Instant) {
            let correction = buffer.correction(position: decoded, at: now)
            if correction != .zero { corrections += 1 }
            let end = position + (correction > .zero ? 160 + 64 : correction < .zero ? 160 - 64 : 160)
            while decoded < end {
                switch buffer.next(at: decoded) {
                case .packet(let slot):
                    buffer.release(slot)
                    decoded = slot.timestamp + slot.duration
                case .missing(let until, _):
                    missing += 1
                    decoded = min(until, decoded + 160)
                case .empty:
                    missing += 1
                    decoded = decoded + 160
                }
            }
            position = end
        }
    }

    private func simulate(packets: Int64, jitter: Double, drift: Double, seed: UInt64) -> (
        player: Player, delays: [Double]
    ) {
        var generator = SeededGenerator(seed: seed)
        var arrivals = (0..<packets).map { number in
            (number, Double(number) * 20 / (1 + drift / 1e6) + 5 + jitter * generator.nextUnit())
        }
        arrivals.sort { $0.1 < $1.1 }
        var player = Player()
        var next = 0
        var delays: [Double] = []
        for tick in 1...packets {
            let now = Instant(nanoseconds: tick * 20_000_000)
            while next < arrivals.count, arrivals[next].1 <= Double(tick) * 20 {
                player.insert(arrivals[next].0, at: Instant(nanoseconds: Int64(arrivals[next].1 * 1e6)))
                next += 1
            }
            player.play(at: now)
            if tick > 500 {
                delays.append(Double(player.buffer.delay(position: player.decoded, at: now).nanoseconds) / 1e6)
            }
        }
        return (player, delays)
    }

    @Test("60 ms of jitter costs less than a hundredth of the packets", arguments: [1, 2, 3] as [UInt64])
    func jitter(seed: UInt64) {
        let (player, _) = simulate(packets: 6_000, jitter: 60, drift: 0, seed: seed)
        #expect(player.buffer.counters.late < 60, "seed \(seed)")
    }

    @Test("clocks that differ neither grow nor drain the delay in an hour", arguments: [200.0, -200])
    func drift(ppm: Double) throws {
        let (player, delays) = simulate(packets: 180_000, jitter: 4, drift: ppm, seed: 9)
        let least = try #require(delays.min())
        let most = try #require(delays.max())
        #expect(most - least < 60)
        #expect(player.corrections < 400)
        #expect(player.buffer.counters.late < 10)
    }

    @Test("a packet that comes twice is played once, one after its time not at all")
    func duplicatesAndLate() {
        var player = Player()
        player.insert(0, at: .zero)
        player.insert(0, at: .zero)
        #expect(player.buffer.counters.duplicates == 1)
        player.decoded = SampleTime(ticks: 10_000)
        player.insert(1, at: .zero)
        #expect(player.buffer.counters.late == 1)
    }

    @Test("a gap says how far it reaches")
    func gap() throws {
        var player = Player()
        player.insert(0, at: .zero)
        player.insert(3, at: .zero)
        player.position = SampleTime(ticks: 480)
        guard case .packet(let first) = player.buffer.next(at: player.position) else {
            Issue.record("the packet at the position is there")
            return
        }
        player.buffer.release(first)
        guard case .missing(let until, _) = player.buffer.next(at: SampleTime(ticks: 640)) else {
            Issue.record("two packets are missing")
            return
        }
        #expect(until == SampleTime(ticks: 960))
    }

    @Test("more packets than there are slots are refused")
    func overflow() {
        var player = Player()
        for number in 0..<40 { player.insert(Int64(number), at: .zero) }
        #expect(player.buffer.counters.buffered == 32)
        #expect(player.buffer.counters.overflows == 8)
    }
}
