import Telephony
import Testing

@testable import DSP

@Suite("Time scaler")
struct TimeScalerTests {
    private static let rates = [8_000, 16_000, 48_000]

    /// Changes a signal once each 100 ms and gives what is played, with the number of changes.
    private static func scale(
        _ samples: [Int16], sampleRate: Int, frame: Int, isLonger: Bool, isForced: Bool = false
    ) -> (samples: [Int16], changes: [Int]) {
        let scaler = TimeScaler(sampleRate: sampleRate)
        var result: [Int16] = []
        var changes: [Int] = []
        var start = 0
        var turn = 0
        while start + frame <= samples.count {
            var buffer = Array(samples[start..<start + frame]) + [Int16](repeating: 0, count: scaler.longestChange)
            var count = frame
            if turn % 5 == 2 {
                var target = buffer.mutableSpan
                let change =
                    isLonger
                    ? scaler.lengthened(&target, count: frame, room: target.count, isForced: isForced)
                    : -scaler.shortened(&target, count: frame, isForced: isForced)
                count += change
                changes.append(change)
            }
            result += buffer[0..<count]
            start += frame
            turn += 1
        }
        return (result, changes)
    }

    @Test("a change is 2.5 to 15 ms and is told exactly", arguments: rates, [false, true])
    func lengths(rate: Int, isLonger: Bool) {
        let speech = Signals.speech(sampleRate: rate, count: rate)
        let result = TimeScalerTests.scale(speech, sampleRate: rate, frame: rate / 50, isLonger: isLonger)
        #expect(result.samples.count == speech.count + result.changes.reduce(0, +))
        for change in result.changes where change != 0 {
            #expect((rate / 400...rate * 15 / 1_000).contains(abs(change)))
            #expect((change > 0) == isLonger)
        }
        #expect(result.changes.contains { $0 != 0 })
    }

    @Test("a steady tone comes out without a jump", arguments: rates, [300.0, 425, 1_004, 2_100])
    func steadyTone(rate: Int, frequency: Double) {
        let tone = Signals.sine(frequency, dBm0: -10, sampleRate: rate, count: rate * 3 / 5)
        for isLonger in [false, true] {
            let result = TimeScalerTests.scale(tone, sampleRate: rate, frame: rate / 50, isLonger: isLonger)
            #expect(result.changes.allSatisfy { $0 != 0 }, "\(frequency) Hz at \(rate): \(result.changes)")
            let residual = TimeScalerTests.residual(result.samples, [frequency], sampleRate: rate)
            #expect(residual < -25, "\(frequency) Hz at \(rate), longer \(isLonger): \(residual) dB")
        }
    }

    @Test("the keys come out without a jump where they are changed at all", arguments: rates)
    func keys(rate: Int) throws {
        var changed = 0
        var asked = 0
        for code in UInt8(0)..<16 {
            let digit = try #require(Digit(code: code))
            var tone = [Int16](repeating: 0, count: rate * 2 / 5)
            var generator = ToneGenerator(digit, sampleRate: rate)
            var target = tone.mutableSpan
            generator.generate(into: &target)
            let (low, high) = DTMF.frequencies(of: digit)
            for isLonger in [false, true] {
                let result = TimeScalerTests.scale(
                    Array(tone.dropFirst(rate / 50)), sampleRate: rate, frame: rate / 50, isLonger: isLonger)
                changed += result.changes.count { $0 != 0 }
                asked += result.changes.count
                let step = Signals.greatestStep(result.samples)
                #expect(step <= Signals.greatestStep(tone) * 105 / 100, "key \(digit) at \(rate)")
                let level = Signals.dBm0(result.samples[...]) - Signals.dBm0(tone[(rate / 50)...])
                #expect(abs(level) < 0.5, "key \(digit) at \(rate): \(level) dB")
                for frequency in [low, high] {
                    let part = Signals.dBm0(result.samples[...], at: frequency, sampleRate: rate)
                    #expect(abs(part + 8) < 1.5, "key \(digit) at \(rate), \(frequency) Hz: \(part) dBm0")
                }
            }
        }
        #expect(changed * 10 >= asked * 8, "\(changed) of \(asked) at \(rate)")
    }

    /// What is left of a signal, in dB below it, when each frequency is notched out with two zeros.
    private static func residual(_ samples: [Int16], _ frequencies: [Double], sampleRate: Int) -> Double {
        var signal = samples.map(Double.init)
        var before = 0.0
        var gain = 1.0
        for sample in signal { before += sample * sample }
        for frequency in frequencies {
            let cosine = 2 * Elementary.cosine(turns: frequency / Double(sampleRate))
            signal = (2..<signal.count).map { signal[$0] - cosine * signal[$0 - 1] + signal[$0 - 2] }
            gain *= 2 + abs(cosine)
        }
        var after = 1.0
        for sample in signal { after += sample * sample }
        return 10 * Elementary.log10(after / gain / before)
    }

    @Test("the frames before and after still join", arguments: rates)
    func joins(rate: Int) {
        let speech = Signals.speech(sampleRate: rate, count: rate)
        for isLonger in [false, true] {
            let result = TimeScalerTests.scale(speech, sampleRate: rate, frame: rate / 50, isLonger: isLonger)
            #expect(Signals.greatestStep(result.samples) <= Signals.greatestStep(speech) * 11 / 10)
        }
    }

    @Test("loud noise is left alone unless the caller insists", arguments: rates)
    func noise(rate: Int) {
        let noise = Signals.noise(amplitude: 8_000, count: rate, seed: 11)
        for isLonger in [false, true] {
            let left = TimeScalerTests.scale(noise, sampleRate: rate, frame: rate / 50, isLonger: isLonger)
            #expect(left.changes.allSatisfy { $0 == 0 })
            #expect(left.samples == noise)
            let forced = TimeScalerTests.scale(
                noise, sampleRate: rate, frame: rate / 50, isLonger: isLonger, isForced: true)
            #expect(forced.changes.allSatisfy { $0 != 0 })
        }
    }

    @Test("silence and its noise are always changed, by the most there is", arguments: rates)
    func silence(rate: Int) {
        for amplitude in [0.0, 60] {
            let noise = Signals.noise(amplitude: amplitude, count: rate, seed: 3)
            let result = TimeScalerTests.scale(noise, sampleRate: rate, frame: rate / 50, isLonger: false)
            #expect(result.changes.allSatisfy { $0 == -rate * 15 / 1_000 })
        }
    }

    @Test("audio of any length is safe", arguments: rates)
    func anyLength(rate: Int) {
        let scaler = TimeScaler(sampleRate: rate)
        let tone = Signals.sine(500, dBm0: -10, sampleRate: rate, count: rate / 5)
        for count in stride(from: 0, through: rate / 10, by: max(1, rate / 1_600)) {
            var buffer = tone
            var target = buffer.mutableSpan
            let removed = scaler.shortened(&target, count: count)
            #expect(removed <= max(0, count - rate / 200))
            let added = scaler.lengthened(&target, count: count, room: count + 10)
            #expect(added <= 10)
            #expect(scaler.lengthened(&target, count: count, room: target.count) <= scaler.longestChange)
        }
    }
}
