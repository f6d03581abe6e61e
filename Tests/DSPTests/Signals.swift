import Telephony

@testable import DSP

/// Audio for the tests, made of the seed alone.
enum Signals {
    static func sine(_ frequency: Double, dBm0 level: Double, sampleRate: Int, count: Int) -> [Int16] {
        let peak = Level.peak(dBm0: level)
        return (0..<count).map { index in
            Int16((peak * Elementary.sine(turns: frequency * Double(index) / Double(sampleRate))).rounded())
        }
    }

    static func noise(amplitude: Double, count: Int, seed: UInt64) -> [Int16] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Int16((generator.nextUnit() * 2 - 1) * amplitude) }
    }

    /// Pulses of 100 to 140 Hz through two resonances, in syllables, with a little noise.
    static func speech(sampleRate: Int, count: Int, seed: UInt64 = 1) -> [Int16] {
        var generator = SeededGenerator(seed: seed)
        let rate = Double(sampleRate)
        var phase = 0.0
        var first = Resonance(frequency: 600, bandwidth: 120, sampleRate: rate)
        var second = Resonance(frequency: 1_700, bandwidth: 200, sampleRate: rate)
        return (0..<count).map { index in
            let time = Double(index) / rate
            phase += (120 + 20 * Elementary.sine(turns: time * 0.8)) / rate
            let syllable = max(0, Elementary.sine(turns: time * 2) + 0.3)
            var pulse = (generator.nextUnit() - 0.5) * 0.002
            if phase >= 1 {
                phase -= 1
                pulse += syllable
            }
            let sample = first.filter(pulse) * 0.7 + second.filter(pulse) * 0.3
            return Int16(min(max(sample * 12_000 * (rate / 8_000), -30_000), 30_000))
        }
    }

    private struct Resonance {
        private let a: Double
        private let b: Double
        private let gain: Double
        private var last = 0.0
        private var second = 0.0

        init(frequency: Double, bandwidth: Double, sampleRate: Double) {
            let radius = 1 - Double.pi * bandwidth / sampleRate
            a = 2 * radius * Elementary.cosine(turns: frequency / sampleRate)
            b = -radius * radius
            gain = 8_000 / sampleRate
        }

        mutating func filter(_ x: Double) -> Double {
            let y = x * gain + a * last + b * second
            second = last
            last = y
            return y
        }
    }

    /// The level of a reference over that of its difference to the signal, in dB.
    static func ratio(of reference: ArraySlice<Int16>, toErrorOf signal: ArraySlice<Int16>) -> Double {
        var power = 0.0
        var error = 1.0
        for (a, b) in zip(reference, signal) {
            power += Double(a) * Double(a)
            error += (Double(a) - Double(b)) * (Double(a) - Double(b))
        }
        return 10 * Elementary.log10(power / error)
    }

    /// The greatest step between neighbouring samples.
    static func greatestStep(_ samples: some Collection<Int16>) -> Int {
        zip(samples, samples.dropFirst()).reduce(0) { max($0, abs(Int($1.1) - Int($1.0))) }
    }

    /// The level of some samples.
    static func dBm0(_ samples: ArraySlice<Int16>) -> Double { Level.dBm0(of: Array(samples).span) }

    static func dBm0(_ samples: ArraySlice<Int16>, at frequency: Double, sampleRate: Int) -> Double {
        Level.dBm0(of: Array(samples).span, atFrequency: frequency, sampleRate: sampleRate)
    }
}

/// Encodes and decodes whole signals in frames of 20 ms.
enum Coding {
    static func encode(_ samples: [Int16], with codec: Codec, opus: OpusSettings = OpusSettings()) throws -> [[UInt8]] {
        var encoder = try AudioEncoder(codec, opus: opus)
        var payloads: [[UInt8]] = []
        var start = 0
        while start + codec.samplesPerTick <= samples.count {
            var payload = [UInt8](repeating: 0, count: codec.longestTickPayload)
            var target = payload.mutableSpan
            let octets = encoder.encode(samples.span.extracting(start..<start + codec.samplesPerTick), into: &target)
            payloads.append(Array(payload[0..<octets]))
            start += codec.samplesPerTick
        }
        return payloads
    }

    static func decode(_ payloads: [[UInt8]], with codec: Codec) throws -> [Int16] {
        var decoder = try AudioDecoder(codec)
        return payloads.flatMap { decode($0, by: &decoder) }
    }

    static func decode(_ payload: [UInt8], by decoder: inout AudioDecoder) -> [Int16] {
        var frame = [Int16](repeating: 0, count: decoder.longestOutput)
        var target = frame.mutableSpan
        let count = decoder.decode(payload.span, into: &target)
        return Array(frame[0..<(count ?? 0)])
    }

    static func conceal(_ count: Int, by decoder: inout AudioDecoder) -> [Int16] {
        var frame = [Int16](repeating: 0, count: count)
        var target = frame.mutableSpan
        decoder.conceal(count, into: &target)
        return frame
    }

    static func recover(_ count: Int, before payload: [UInt8], by decoder: inout AudioDecoder) -> [Int16]? {
        var frame = [Int16](repeating: 0, count: count)
        var target = frame.mutableSpan
        return decoder.recover(count, before: payload.span, into: &target) == nil ? nil : frame
    }
}
