/// ITU-T G.722 at 64 kbit/s: two sub-bands of 8 kHz, each coded by adaptive differential PCM.
///
/// One octet holds two samples of 16 kHz: six bits for the lower band, two for the upper. Names and numbers of blocks
/// follow the recommendation.
enum G722 {
    /// The predictor and quantiser scale of one band (G.722 clauses 3.6, blocks 3 and 4).
    struct Band: Sendable {
        private var partial = InlineArray<3, Int32>(repeating: 0)
        private var reconstructed = InlineArray<3, Int32>(repeating: 0)
        private var poles = InlineArray<3, Int32>(repeating: 0)
        private var zeros = InlineArray<7, Int32>(repeating: 0)
        private var differences = InlineArray<7, Int32>(repeating: 0)
        private var poleEstimate: Int32 = 0
        private var zeroEstimate: Int32 = 0
        /// The prediction of the next sample.
        private(set) var estimate: Int32 = 0
        /// The logarithmic scale factor.
        var logScale: Int32 = 0
        /// The quantiser's step.
        var step: Int32

        init(step: Int32) { self.step = step }

        /// Takes the quantised difference, and predicts the next sample (block 4).
        mutating func update(_ difference: Int32) {
            differences[0] = difference
            reconstructed[0] = saturated(estimate &+ difference)
            partial[0] = saturated(zeroEstimate &+ difference)
            let poles = adaptedPoles()
            adaptZeros(difference)
            shift(poles)
            predict()
        }

        private func adaptedPoles() -> (Int32, Int32) {
            let sameAsFirst = (partial[0] < 0) == (partial[1] < 0)
            let sameAsSecond = (partial[0] < 0) == (partial[2] < 0)
            let fourth = saturated(poles[1] << 2)
            let leaned = min(sameAsFirst ? -fourth : fourth, 32_767)
            var second = sameAsSecond ? Int32(128) : -128
            second &+= leaned >> 7
            second &+= (poles[2] &* 32_512) >> 15
            second = max(-12_288, min(12_288, second))
            var first: Int32 = sameAsFirst ? 192 : -192
            first = saturated(first &+ (poles[1] &* 32_640) >> 15)
            let bound = saturated(15_360 &- second)
            return (max(-bound, min(bound, first)), second)
        }

        private mutating func adaptZeros(_ difference: Int32) {
            let gain: Int32 = difference == 0 ? 0 : 128
            for index in 1...6 {
                let same = (difference < 0) == (differences[index] < 0)
                zeros[index] = saturated((same ? gain : -gain) &+ (zeros[index] &* 32_640) >> 15)
            }
        }

        private mutating func shift(_ adapted: (Int32, Int32)) {
            for index in stride(from: 6, to: 0, by: -1) { differences[index] = differences[index - 1] }
            for index in stride(from: 2, to: 0, by: -1) {
                reconstructed[index] = reconstructed[index - 1]
                partial[index] = partial[index - 1]
            }
            poles[1] = adapted.0
            poles[2] = adapted.1
        }

        private mutating func predict() {
            let first = (poles[1] &* saturated(reconstructed[1] &+ reconstructed[1])) >> 15
            let second = (poles[2] &* saturated(reconstructed[2] &+ reconstructed[2])) >> 15
            poleEstimate = saturated(first &+ second)
            var sum: Int32 = 0
            for index in stride(from: 6, to: 0, by: -1) {
                sum &+= (zeros[index] &* saturated(differences[index] &+ differences[index])) >> 15
            }
            zeroEstimate = saturated(sum)
            estimate = saturated(poleEstimate &+ zeroEstimate)
        }
    }

    /// The lower band's scale follows what four of its six bits say (blocks 3L).
    static func adaptLower(_ band: inout Band, code: Int) {
        let scale = (band.logScale &* 127) >> 7 &+ lowerScale[lowerIndex[code >> 2]]
        band.logScale = max(0, min(18_432, scale))
        band.step = step(band.logScale, shift: 8)
    }

    /// The upper band's scale (blocks 3H).
    static func adaptUpper(_ band: inout Band, code: Int) {
        let scale = (band.logScale &* 127) >> 7 &+ upperScale[upperIndex[code]]
        band.logScale = max(0, min(22_528, scale))
        band.step = step(band.logScale, shift: 10)
    }

    private static func step(_ logScale: Int32, shift: Int32) -> Int32 {
        let fraction = Int(logScale >> 6 & 31)
        let exponent = shift - (logScale >> 11)
        return (exponent < 0 ? inverseLog[fraction] << -exponent : inverseLog[fraction] >> exponent) << 2
    }

    @inline(__always) static func saturated(_ value: Int32) -> Int32 { max(-32_768, min(32_767, value)) }

    // MARK: - Tables of the recommendation

    private static let lowerIndex: InlineArray<16, Int> = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0]
    private static let lowerScale: InlineArray<8, Int32> = [-60, -30, 58, 172, 334, 538, 1_198, 3_042]
    private static let upperIndex: InlineArray<4, Int> = [2, 1, 2, 1]
    private static let upperScale: InlineArray<3, Int32> = [0, -214, 798]
    private static let inverseLog: InlineArray<32, Int32> = [
        2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774, 2_834,
        2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838, 3_922, 4_008,
    ]
    /// Output of the lower band's quantiser of four bits, for the predictor.
    static let lowerQuantiser4: InlineArray<16, Int32> = [
        0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200,
        0,
    ]
    /// Output of the lower band's quantiser of six bits, for the decoder.
    static let lowerQuantiser6: InlineArray<64, Int32> = [
        -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232, -9_360,
        -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776, -2_400, -2_032,
        -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9_360,
        8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032, 1_688, 1_360,
        1_040, 728, 432, 136, -432, -136,
    ]
    /// Output of the upper band's quantiser.
    static let upperQuantiser: InlineArray<4, Int32> = [-7_408, -1_616, 7_408, 1_616]
    /// Decision levels of the lower band's quantiser.
    static let lowerLevels: InlineArray<30, Int32> = [
        0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121, 1_219,
        1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
    ]
    static let lowerNegativeCodes: InlineArray<31, UInt8> = [
        0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6,
        5,
        4,
    ]
    static let lowerPositiveCodes: InlineArray<31, UInt8> = [
        0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35,
        34, 33, 32,
    ]
    /// One half of the quadrature mirror filter of 24 taps; the other half is its mirror image.
    static let mirrorFilter: InlineArray<12, Int32> = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11]
}

/// Encodes 16 kHz audio as G.722.
struct G722Encoder: Sendable {
    private var lower = G722.Band(step: 32)
    private var upper = G722.Band(step: 8)
    /// The last 24 samples, the newest last.
    private var history = InlineArray<24, Int32>(repeating: 0)

    /// Encodes an even number of samples into half as many octets.
    mutating func encode(_ samples: Span<Int16>, into payload: inout MutableSpan<UInt8>) {
        for pair in 0..<samples.count / 2 {
            payload[pair] = encode(Int32(samples[2 * pair]), Int32(samples[2 * pair + 1]))
        }
    }

    private mutating func encode(_ first: Int32, _ second: Int32) -> UInt8 {
        for index in 0..<22 { history[index] = history[index + 2] }
        history[22] = first
        history[23] = second
        var odd: Int32 = 0
        var even: Int32 = 0
        for index in 0..<12 {
            odd &+= history[2 * index] &* G722.mirrorFilter[index]
            even &+= history[2 * index + 1] &* G722.mirrorFilter[11 - index]
        }
        let low = encodeLower((even &+ odd) >> 14)
        let high = encodeUpper((even &- odd) >> 14)
        return UInt8(high << 6 | low)
    }

    private mutating func encodeLower(_ sample: Int32) -> Int {
        let error = G722.saturated(sample &- lower.estimate)
        let magnitude = error >= 0 ? error : -(error &+ 1)
        var level = 1
        while level < 30, magnitude >= (G722.lowerLevels[level] &* lower.step) >> 12 { level += 1 }
        let code = Int(error < 0 ? G722.lowerNegativeCodes[level] : G722.lowerPositiveCodes[level])
        let difference = (lower.step &* G722.lowerQuantiser4[code >> 2]) >> 15
        G722.adaptLower(&lower, code: code)
        lower.update(difference)
        return code
    }

    private mutating func encodeUpper(_ sample: Int32) -> Int {
        let error = G722.saturated(sample &- upper.estimate)
        let magnitude = error >= 0 ? error : -(error &+ 1)
        let isLarge = magnitude >= (564 &* upper.step) >> 12
        let code = error < 0 ? (isLarge ? 0 : 1) : (isLarge ? 2 : 3)
        let difference = (upper.step &* G722.upperQuantiser[code]) >> 15
        G722.adaptUpper(&upper, code: code)
        upper.update(difference)
        return code
    }
}

/// Decodes G.722 to 16 kHz audio.
struct G722Decoder: Sendable {
    private var lower = G722.Band(step: 32)
    private var upper = G722.Band(step: 8)
    private var history = InlineArray<24, Int32>(repeating: 0)

    /// Decodes octets into twice as many samples.
    mutating func decode(_ payload: Span<UInt8>, into samples: inout MutableSpan<Int16>) {
        for index in 0..<payload.count {
            let (first, second) = decode(payload[index])
            samples[2 * index] = first
            samples[2 * index + 1] = second
        }
    }

    private mutating func decode(_ octet: UInt8) -> (Int16, Int16) {
        let lowCode = Int(octet & 0x3F)
        let highCode = Int(octet >> 6)
        let low = decodeLower(lowCode)
        let high = decodeUpper(highCode)
        for index in 0..<22 { history[index] = history[index + 2] }
        history[22] = low &+ high
        history[23] = low &- high
        var first: Int32 = 0
        var second: Int32 = 0
        for index in 0..<12 {
            second &+= history[2 * index] &* G722.mirrorFilter[index]
            first &+= history[2 * index + 1] &* G722.mirrorFilter[11 - index]
        }
        return (
            Int16(truncatingIfNeeded: G722.saturated(first >> 11)),
            Int16(truncatingIfNeeded: G722.saturated(second >> 11))
        )
    }

    private mutating func decodeLower(_ code: Int) -> Int32 {
        let output = lower.estimate &+ (lower.step &* G722.lowerQuantiser6[code]) >> 15
        let difference = (lower.step &* G722.lowerQuantiser4[code >> 2]) >> 15
        G722.adaptLower(&lower, code: code)
        lower.update(difference)
        return max(-16_384, min(16_383, output))
    }

    private mutating func decodeUpper(_ code: Int) -> Int32 {
        let difference = (upper.step &* G722.upperQuantiser[code]) >> 15
        let output = upper.estimate &+ difference
        G722.adaptUpper(&upper, code: code)
        upper.update(difference)
        return max(-16_384, min(16_383, output))
    }
}
