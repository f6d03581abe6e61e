import Testing

@testable import DSP

@Suite("G.722")
struct G722Tests {
    // The vectors agree with what another implementation, spandsp 0.0.6, makes of the same input.

    @Test("known samples give known codes")
    func encodes() {
        let input = (0..<96).map { Int16(($0 * 7_919) % 20_011 - 10_005) }
        let expected: [UInt8] = [
            0x2C, 0x84, 0x20, 0x84, 0x20, 0x84, 0x1B, 0x3E, 0xA3, 0x99, 0x32, 0x38, 0x1A, 0xAE, 0x97, 0x35, 0x3B, 0x18,
            0xB1, 0x94, 0x39, 0x3E, 0x14, 0xB4, 0x91, 0x3F, 0x1A, 0x13, 0x9C, 0x2D, 0x31, 0x5E, 0xAB, 0x9D, 0x73, 0x74,
            0x5C, 0xAF, 0x9C, 0x76, 0x78, 0x58, 0xB2, 0x96, 0x7D, 0x5F, 0x52, 0xBA,
        ]
        var codes = [UInt8](repeating: 0, count: 48)
        var target = codes.mutableSpan
        var encoder = G722Encoder()
        encoder.encode(input.span, into: &target)
        #expect(codes == expected)
    }

    @Test("known codes give known samples")
    func decodes() {
        let codes = (0..<40).map { UInt8(($0 * 37 + 11) & 255) }
        let expected: [Int16] = [
            -1, 0, 0, -1, -1, 1, -1, -3, 0, 6, -6, -28, -13, 4, 14, -13, -18, -17, 14, 7, -33, -105, -40, 76, 61, -103,
            -92, -3, 73, 2, -86, -169, 118, 452, 19, -784, -394, 813, 684, -674, -865, 116, 612, 71, -569, -676, 604,
            2_113, 684, -2_352, -1_866, 1_585, 1_877, -1_286, -2_079, 44, 1_345, 418, -887, -1_287, 670, 3_290, 1_445,
            -2_936, -2_846, 1_244, 2_523, 135, -2_708, -3_322, 3_796, 11_013, 573, -18_497, -12_383, 13_277, 14_099,
            -9_407, -15_446, 1_680,
        ]
        var samples = [Int16](repeating: 0, count: 80)
        var target = samples.mutableSpan
        var decoder = G722Decoder()
        decoder.decode(codes.span, into: &target)
        #expect(samples == expected)
    }

    @Test("frames of any length give what one block gives")
    func blocks() {
        let speech = Signals.speech(sampleRate: 16_000, count: 3_200)
        var whole = [UInt8](repeating: 0, count: 1_600)
        var wholeTarget = whole.mutableSpan
        var encoder = G722Encoder()
        encoder.encode(speech.span, into: &wholeTarget)
        var parts: [UInt8] = []
        encoder = G722Encoder()
        var start = 0
        for length in [2, 320, 34, 640, 1_000, 1_204] {
            var part = [UInt8](repeating: 0, count: length / 2)
            var target = part.mutableSpan
            encoder.encode(speech.span.extracting(start..<start + length), into: &target)
            parts += part
            start += length
        }
        #expect(parts == whole)
    }

    @Test("the error is 25 dB below two tones and 14 dB below pulses, and a tone of the upper band comes through")
    func quality() throws {
        let low = Signals.sine(310, dBm0: -12, sampleRate: 16_000, count: 16_000)
        let high = Signals.sine(1_730, dBm0: -15, sampleRate: 16_000, count: 16_000)
        let speech = Signals.speech(sampleRate: 16_000, count: 16_000)
        for (signal, least) in [(zip(low, high).map(+), 25.0), (speech, 14)] {
            let heard = try Coding.decode(Coding.encode(signal, with: .g722), with: .g722)
            let ratio = Signals.ratio(of: signal[1_600..<14_400], toErrorOf: heard[1_622..<14_422])
            #expect(ratio > least, "\(ratio) dB")
        }
        let tone = Signals.sine(5_500, dBm0: -12, sampleRate: 16_000, count: 16_000)
        let heardTone = try Coding.decode(Coding.encode(tone, with: .g722), with: .g722)
        let level = Signals.dBm0(heardTone[3_200..<12_800], at: 5_500, sampleRate: 16_000)
        #expect(abs(level + 12) < 0.5, "\(level) dBm0")
    }
}
