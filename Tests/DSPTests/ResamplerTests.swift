import Telephony
import Testing

@testable import DSP

@Suite("Resampler")
struct ResamplerTests {
    static let rates = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

    @Test("audio keeps length, pitch, level and place from every rate to every other", arguments: rates, rates)
    func audio(from: Int, to: Int) throws {
        let count = from / 2 + 7
        let tone = Signals.sine(1_000, dBm0: -10, sampleRate: from, count: count)
        let result = try PCMAudio(sampleRate: from, samples: tone).resampled(to: to)
        #expect(result.sampleRate == to)
        #expect(result.samples.count == Int((Double(count) * Double(to) / Double(from)).rounded()))
        let part = to / 10..<to * 4 / 10
        let level = Signals.dBm0(result.samples[part], at: 1_000, sampleRate: to)
        #expect(abs(level + 10) < 0.1, "\(level) dBm0")
        // The same sine, made at the new rate, is the same sample by sample.
        let expected = Signals.sine(1_000, dBm0: -10, sampleRate: to, count: result.samples.count)
        let ratio = Signals.ratio(of: expected[part], toErrorOf: result.samples[part])
        #expect(ratio > 50, "\(ratio) dB")
    }

    @Test(
        "what a lower rate cannot hold is 60 dB down",
        arguments: [
            (48_000, 8_000, 5_000.0), (48_000, 16_000, 9_500), (16_000, 8_000, 5_000), (44_100, 8_000, 6_000),
        ])
    func aliases(from: Int, to: Int, frequency: Double) throws {
        let tone = Signals.sine(frequency, dBm0: 0, sampleRate: from, count: from / 2)
        for quality in [Resampler.liveQuality, Resampler.fileQuality] {
            let result = try PCMAudio(sampleRate: from, samples: tone).resampled(to: to, quality: quality)
            let level = Signals.dBm0(result.samples[(to / 10)..<(to * 4 / 10)])
            #expect(level < -60, "quality \(quality): \(level) dBm0")
        }
    }

    @Test("images are 60 dB down", arguments: [(8_000, 48_000), (8_000, 16_000), (16_000, 48_000)])
    func images(from: Int, to: Int) throws {
        let tone = Signals.sine(3_000, dBm0: 0, sampleRate: from, count: from / 2)
        let result = try PCMAudio(sampleRate: from, samples: tone).resampled(to: to, quality: Resampler.liveQuality)
        let level = Signals.dBm0(result.samples[(to / 10)..<(to * 4 / 10)], at: Double(from) - 3_000, sampleRate: to)
        #expect(level < -60, "\(level) dBm0")
    }

    @Test(
        "a stream gives a frame for a frame, as late as it says",
        arguments: [
            (8_000, 48_000), (48_000, 8_000), (16_000, 8_000), (8_000, 16_000), (16_000, 48_000), (8_000, 8_000),
        ])
    func stream(from: Int, to: Int) throws {
        let tone = Signals.sine(700, dBm0: -10, sampleRate: from, count: from / 2)
        var resampler = try Resampler(from: from, to: to)
        var result: [Int16] = []
        for start in stride(from: 0, to: tone.count, by: from / 50) {
            var frame = [Int16](repeating: 0, count: to / 50)
            var target = frame.mutableSpan
            let step = resampler.resample(tone.span.extracting(start..<start + from / 50), into: &target)
            #expect(step.taken == from / 50 && step.written == to / 50)
            result += frame
        }
        let expected = Signals.sine(700, dBm0: -10, sampleRate: to, count: to)
        let latency = resampler.outputLatency
        let part = to / 10..<to * 4 / 10
        let ratio = Signals.ratio(
            of: expected[part], toErrorOf: result[(part.lowerBound + latency)..<(part.upperBound + latency)])
        #expect(ratio > 20, "\(ratio) dB at a latency of \(latency)")
    }

    @Test(
        "a rate that makes no sense is refused", arguments: [(0, 8_000), (8_000, -1), (8_000, 1_000_000), (999, 8_000)])
    func refused(from: Int, to: Int) {
        #expect(throws: CodecError.self) { _ = try Resampler(from: from, to: to).inputLatency }
    }

    @Test("no audio stays none, and one sample stays one")
    func tiny() throws {
        #expect(try PCMAudio(sampleRate: 8_000, samples: []).resampled(to: 48_000).samples.isEmpty)
        #expect(try PCMAudio(sampleRate: 8_000, samples: [1_000]).resampled(to: 16_000).samples.count == 2)
        #expect(try PCMAudio(sampleRate: 48_000, samples: [1_000]).resampled(to: 48_000).samples == [1_000])
    }
}
