import Telephony
import Testing

@testable import DSP

@Suite("Tone generator")
struct ToneGeneratorTests {
    private static func play(_ generator: inout ToneGenerator, frames: Int, of length: Int) -> [Int16] {
        (0..<frames).flatMap { _ in
            var frame = [Int16](repeating: 1_234, count: length)
            var target = frame.mutableSpan
            generator.generate(into: &target)
            return frame
        }
    }

    @Test("each key has its two frequencies at the level asked for", arguments: UInt8(0)..<16, [8_000, 16_000, 48_000])
    func keys(code: UInt8, rate: Int) throws {
        let digit = try #require(Digit(code: code))
        var generator = ToneGenerator(digit, sampleRate: rate, levelInDBm0: -10, twistInDB: 4)
        let samples = ToneGeneratorTests.play(&generator, frames: 52, of: rate / 50)[(rate / 50)..<(rate / 50 + rate)]
        let (low, high) = DTMF.frequencies(of: digit)
        #expect(abs(Signals.dBm0(samples, at: low, sampleRate: rate) + 12) < 0.02)
        #expect(abs(Signals.dBm0(samples, at: high, sampleRate: rate) + 8) < 0.02)
        let total = 10 * Elementary.log10(Elementary.exp10(-1.2) + Elementary.exp10(-0.8))
        #expect(abs(Signals.dBm0(samples) - total) < 0.02)
    }

    @Test("the sixteen keys have sixteen different pairs")
    func pairs() {
        let pairs = (UInt8(0)..<16).compactMap { Digit(code: $0) }.map { DTMF.frequencies(of: $0) }
        #expect(Set(pairs.map { $0.low * 10_000 + $0.high }).count == 16)
        #expect(pairs[5] == (770, 1_336))
        #expect(pairs[11] == (941, 1_477))
    }

    @Test("frames of any length join without a step")
    func phase() {
        var whole = ToneGenerator(440, -6, 1_000, -9, sampleRate: 8_000)
        var parts = whole
        let one = ToneGeneratorTests.play(&whole, frames: 1, of: 2_100)
        let many = ToneGeneratorTests.play(&parts, frames: 300, of: 7)
        #expect(one == many)
        var adding = ToneGenerator(440, -6, 1_000, -9, sampleRate: 8_000)
        var frame = [Int16](repeating: 100, count: 2_100)
        var target = frame.mutableSpan
        adding.add(to: &target)
        #expect(frame == one.map { $0 + 100 })
    }

    @Test("a sine is pure: what is left beside it is 70 dB down")
    func purity() {
        var generator = ToneGenerator(1_004, 0, sampleRate: 8_000)
        let samples = ToneGeneratorTests.play(&generator, frames: 51, of: 160)[160..<8_160]
        // The generator's phase does not begin where the reference's does, so the power beside the line is compared.
        let line = Signals.dBm0(samples, at: 1_004, sampleRate: 8_000)
        #expect(abs(line) < 0.001)
        #expect(abs(Signals.dBm0(samples) - line) < 0.001)
        for frequency in [502.0, 2_008, 3_012, 2_500] {
            #expect(Signals.dBm0(samples, at: frequency, sampleRate: 8_000) < -70)
        }
    }

    @Test("a cadence sounds and pauses to the sample, as often as it says")
    func cadence() {
        let tone = Tone(.init(frequency: 425, levelInDBm0: -13))
        let cadence = Cadence([.milliseconds(100), .milliseconds(50)], repetitions: 2)
        var generator = ToneGenerator(tone, sampleRate: 8_000, cadence: cadence)
        let samples = ToneGeneratorTests.play(&generator, frames: 20, of: 160)
        #expect(!generator.isActive)
        for (range, sounds) in [(0..<800, true), (800..<1_200, false), (1_200..<2_000, true), (2_000..<3_200, false)] {
            if sounds {
                #expect(Signals.dBm0(samples[range]) > -14)
            } else {
                #expect(samples[range].allSatisfy { $0 == 0 })
            }
        }
        #expect(Signals.greatestStep(samples) < 2_600)
    }

    @Test("a tone that is stopped falls without a click and is over")
    func stop() {
        var generator = ToneGenerator(Tone(.init(frequency: 425, levelInDBm0: -6)), sampleRate: 8_000)
        var samples = ToneGeneratorTests.play(&generator, frames: 3, of: 160)
        let loudest = Signals.greatestStep(samples)
        generator.stop()
        samples += ToneGeneratorTests.play(&generator, frames: 1, of: 160)
        #expect(!generator.isActive)
        #expect(samples[(480 + 16)...].allSatisfy { $0 == 0 })
        #expect(Signals.greatestStep(samples) < loudest * 2)
    }

    @Test("what no rate can carry is silence, and the loudest is full scale")
    func limits() {
        var high = ToneGenerator(5_000, 0, sampleRate: 8_000)
        #expect(ToneGeneratorTests.play(&high, frames: 2, of: 160).allSatisfy { $0 == 0 })
        var loud = ToneGenerator(1_000, 60, 1_500, 60, sampleRate: 8_000)
        #expect(ToneGeneratorTests.play(&loud, frames: 5, of: 160).max() == .max)
    }
}

@Suite("Level")
struct LevelTests {
    @Test("a sine of 0 dBm0 is 3.14 dB below full scale", arguments: [0.0, -10, -40])
    func sine(level: Double) {
        let samples = Signals.sine(1_000, dBm0: level, sampleRate: 8_000, count: 8_000)
        #expect(abs(Level.dBm0(of: samples.span) - level) < 0.05)
        #expect(abs(Level.dBOV(of: samples.span) - (level - 3.14 - 3.0103)) < 0.05)
        #expect(abs(Level.dBm0(of: samples.span, atFrequency: 1_000, sampleRate: 8_000) - level) < 0.05)
        #expect(Level.dBm0(of: samples.span, atFrequency: 1_500, sampleRate: 8_000) < level - 40)
    }

    @Test("a square wave of full scale has 0 dBov, silence the least there is")
    func extremes() {
        let square = (0..<160).map { Int16($0 % 2 == 0 ? Int16.min : .max) }
        #expect(abs(Level.dBOV(of: square.span)) < 0.001)
        #expect(Level.dBOV(of: [Int16](repeating: 0, count: 160).span) == Level.silenceInDBOV)
        #expect(Level.dBOV(of: [Int16]().span) == Level.silenceInDBOV)
        #expect(Level.meanSquare(of: [Int16](repeating: .min, count: 3).span) == 1 << 30)
    }

    @Test("the elementary functions agree with known values")
    func elementary() {
        let cases: [(Double, Double)] = [
            (Elementary.sine(turns: 1.0 / 12), 0.5), (Elementary.sine(turns: 0.25), 1),
            (Elementary.sine(turns: -0.75), 1),
            (Elementary.sine(turns: 1_000_000.125), 0.5.squareRoot()), (Elementary.cosine(turns: 1.0 / 6), 0.5),
            (Elementary.log10(1_000), 3), (Elementary.log10(2), 0.301_029_995_663_981_2),
            (Elementary.log10(1e-9), -9), (Elementary.exp10(0.301_029_995_663_981_2), 2), (Elementary.exp10(-3), 0.001),
            (Elementary.exp10(6), 1_000_000), (Elementary.sine(turns: .infinity), 0),
        ]
        for (value, expected) in cases {
            #expect(abs(value - expected) <= 4e-15 * max(1, abs(expected)), "\(expected)")
        }
        #expect(Elementary.log10(0) == -.infinity)
    }
}
