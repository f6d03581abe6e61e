import Testing

@testable import DSP

@Suite("Concealment")
struct ConcealmentTests {
    static let rates = [8_000, 16_000, 48_000]

    /// Plays a signal in frames of 20 ms, of which some are lost.
    private static func play(_ samples: [Int16], sampleRate: Int, lost: Set<Int>) -> [Int16] {
        var concealment = Concealment(sampleRate: sampleRate)
        let length = sampleRate / 50
        var result: [Int16] = []
        for frame in 0..<samples.count / length {
            var played = Array(samples[frame * length..<(frame + 1) * length])
            var target = played.mutableSpan
            if lost.contains(frame) {
                target.silence()
                concealment.conceal(&target, count: length)
            } else {
                concealment.heard(&target, count: length)
            }
            result += played
        }
        return result
    }

    @Test("what was not lost is not touched", arguments: rates)
    func transparent(rate: Int) {
        let speech = Signals.speech(sampleRate: rate, count: rate)
        #expect(ConcealmentTests.play(speech, sampleRate: rate, lost: []) == speech)
    }

    @Test("neither the beginning nor the end of a gap clicks", arguments: rates, [200.0, 437, 1_000])
    func noClicks(rate: Int, frequency: Double) {
        let tone = Signals.sine(frequency, dBm0: -6, sampleRate: rate, count: rate)
        for lost: Set<Int> in [[10], [10, 11], [10, 11, 12, 13, 14], [10, 12, 20]] {
            let played = ConcealmentTests.play(tone, sampleRate: rate, lost: lost)
            let step = Signals.greatestStep(played)
            #expect(step <= Signals.greatestStep(tone) * 13 / 10 + 2, "\(lost.sorted()): \(step)")
        }
    }

    @Test("a lost frame of a steady tone is made up nearly as it was", arguments: rates)
    func steadyTone(rate: Int) {
        let tone = Signals.sine(300, dBm0: -6, sampleRate: rate, count: rate / 2)
        let played = ConcealmentTests.play(tone, sampleRate: rate, lost: [10])
        let gap = rate / 5..<rate / 5 + rate / 100
        #expect(Signals.ratio(of: tone[gap], toErrorOf: played[gap]) > 20)
    }

    @Test("speech goes on in a gap at its own level and pitch", arguments: rates)
    func speech(rate: Int) {
        let speech = Signals.speech(sampleRate: rate, count: rate)
        let frame = 32
        let played = ConcealmentTests.play(speech, sampleRate: rate, lost: [frame])
        let gap = frame * rate / 50..<frame * rate / 50 + rate / 100
        let difference = Signals.dBm0(played[gap]) - Signals.dBm0(speech[gap])
        #expect(abs(difference) < 3, "\(difference) dB")
        #expect(Signals.ratio(of: speech[gap], toErrorOf: played[gap]) > 0)
    }

    @Test("the level falls by a fifth each 10 ms from 10 ms on, and after 60 ms there is silence", arguments: rates)
    func attenuation(rate: Int) {
        let tone = Signals.sine(400, dBm0: -6, sampleRate: rate, count: rate)
        let played = ConcealmentTests.play(tone, sampleRate: rate, lost: Set(20..<26))
        let start = rate * 20 / 50
        let ten = rate / 100
        let before = Signals.dBm0(played[(start - ten)..<start])
        for (index, (first, last)) in [(1.0, 1.0), (1, 0.8), (0.8, 0.6), (0.6, 0.4), (0.4, 0.2), (0.2, 0)].enumerated()
        {
            let gain = ((first * first + first * last + last * last) / 3).squareRoot()
            let level = Signals.dBm0(played[(start + index * ten)..<(start + (index + 1) * ten)])
            let expected = before + 20 * Elementary.log10(gain)
            #expect(abs(level - expected) < 1, "\(index * 10) ms: \(level) dBm0, not \(expected)")
        }
        #expect(played[(start + 6 * ten)..<(start + 12 * ten)].allSatisfy { $0 == 0 })
        #expect(played[(start + 13 * ten)...].elementsEqual(tone[(start + 13 * ten)...]))
    }

    @Test("a gap before anything was heard is silence", arguments: rates)
    func nothingHeard(rate: Int) {
        let silence = [Int16](repeating: 0, count: rate / 10)
        #expect(ConcealmentTests.play(silence, sampleRate: rate, lost: [0, 1, 2, 3, 4]) == silence)
    }

    @Test("a gap is made up of the last 50 ms, whatever came before and in whatever pieces", arguments: rates)
    func history(rate: Int) {
        let speech = Signals.speech(sampleRate: rate, count: rate)
        let frame = rate / 50
        var expected: [Int16] = []
        for (pieces, piece) in [(0, 1), (1, frame), (2, frame / 2), (3, frame), (7, frame / 5), (1, 5 * frame)] {
            var concealment = Concealment(sampleRate: rate)
            for index in 0..<pieces {
                var earlier = Array(speech[(index * piece)..<((index + 1) * piece)])
                var room = earlier.mutableSpan
                concealment.heard(&room, count: piece)
            }
            var last = Array(speech[(6 * frame)..<(9 * frame)])
            var heard = last.mutableSpan
            for begin in 0..<3 { concealment.heard(&heard, at: begin * frame, count: frame) }
            var made = [Int16](repeating: 0, count: 2 * frame)
            var room = made.mutableSpan
            concealment.conceal(&room, count: 2 * frame)
            if expected.isEmpty { expected = made }
            #expect(made == expected && made.contains { $0 != 0 }, "\(pieces) pieces of \(piece)")
        }
    }
}
