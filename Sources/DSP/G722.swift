/// ITU-T G.722 at 64 kbit/s: 16 kHz speech in two sub-bands, 6 bits for the lower and 2 for the upper, an octet for
/// every two samples.
///
/// Names of the steps are those of the Recommendation's clause 6 (`INVQAL`, `LOGSCL`, `UPPOL2`, ...). Samples are 16
/// bits, the Recommendation's 14 bits at the upper end.
enum G722 {
    /// What the encoder and the decoder of one sub-band have in common: its predictor and its quantiser's scale.
    struct Band: Sendable {
        /// The predicted sample.
        private(set) var prediction: Int32 = 0
        /// The quantiser's scale factor.
        private(set) var scale: Int32
        private var zeroPrediction: Int32 = 0
        private var logScale: Int32 = 0
        private var reconstructed1: Int32 = 0
        private var reconstructed2: Int32 = 0
        private var pole1: Int32 = 0
        private var pole2: Int32 = 0
        private var partial1: Int32 = 0
        private var partial2: Int32 = 0
        /// The last six differences, newest first, and the coefficients of the zero section. Two lanes are not used.
        private var differences = SIMD8<Int32>()
        private var zeros = SIMD8<Int32>()

        static let lower = Band(scale: 32)
        static let upper = Band(scale: 8)

        private init(scale: Int32) { self.scale = scale }

        /// Adapts the scale to the last code (`LOGSCL`, `SCALEL`; `LOGSCH`, `SCALEH`).
        @inline(__always)
        mutating func adaptScale(by change: Int32, limit: Int32, shift: Int32) {
            logScale = min(max((logScale &* 127) >> 7 &+ change, 0), limit)
            let base = G722.logTable[Int(logScale >> 6 & 31)]
            let places = shift &- logScale >> 11
            scale = (places < 0 ? base << -places : base >> places) << 2
        }

        /// Updates the predictor with the quantised difference (block 4L, block 4H).
        @inline(__always)
        mutating func predict(after difference: Int32) {
            let reconstructed = saturated(prediction &+ difference)
            let partial = saturated(zeroPrediction &+ difference)
            updatePoles(partial)
            updateZeros(difference)
            partial2 = partial1
            partial1 = partial
            reconstructed2 = reconstructed1
            reconstructed1 = reconstructed

            let poleSum =
                (pole1 &* saturated(reconstructed1 &* 2)) >> 15 &+ (pole2 &* saturated(reconstructed2 &* 2)) >> 15
            let doubled = (differences &* 2).clamped(
                lowerBound: .init(repeating: -32_768), upperBound: .init(repeating: 32_767))
            zeroPrediction = saturated(((zeros &* doubled) &>> 15).wrappedSum())
            prediction = saturated(saturated(poleSum) &+ zeroPrediction)
        }

        /// `UPPOL2`, `UPPOL1`.
        @inline(__always)
        private mutating func updatePoles(_ partial: Int32) {
            let sameAsLast = (partial ^ partial1) >= 0
            let sameAsSecond = (partial ^ partial2) >= 0
            let weighted = saturated(pole1 &* 4)
            let turned = min(sameAsLast ? -weighted : weighted, 32_767)
            let second = turned >> 7 &+ (sameAsSecond ? 128 : -128) &+ (pole2 &* 32_512) >> 15
            pole2 = min(max(second, -12_288), 12_288)
            let first = saturated((sameAsLast ? 192 : -192) &+ (pole1 &* 32_640) >> 15)
            let limit = saturated(15_360 &- pole2)
            pole1 = min(max(first, -limit), limit)
        }

        /// `UPZERO`, `DELAYA`.
        @inline(__always)
        private mutating func updateZeros(_ difference: Int32) {
            let step = SIMD8<Int32>(repeating: difference == 0 ? 0 : 128)
            let differs = (differences ^ SIMD8(repeating: difference)) &>> 31
            zeros = ((step ^ differs) &- differs &+ (zeros &* 32_640) &>> 15)
                .clamped(lowerBound: .init(repeating: -32_768), upperBound: .init(repeating: 32_767))
            let d = differences
            differences = SIMD8(difference, d[0], d[1], d[2], d[3], d[4], 0, 0)
        }

        @inline(__always)
        func lowerDifference(_ code: Int32) -> Int32 { (scale &* G722.lowerLevels4[Int(code & 15)]) >> 15 }
        @inline(__always)
        func upperDifference(_ code: Int32) -> Int32 { (scale &* G722.upperLevels[Int(code & 3)]) >> 15 }
        @inline(__always)
        mutating func adaptLower(to code: Int32) {
            adaptScale(by: G722.lowerScaleSteps[Int(code & 15)], limit: 18_432, shift: 8)
        }
        @inline(__always)
        mutating func adaptUpper(to code: Int32) {
            adaptScale(by: G722.upperScaleSteps[Int(code & 3)], limit: 22_528, shift: 10)
        }
    }

    /// The quadrature mirror filter: 24 taps, held as two phases of 12, each with the 11 samples before the block.
    struct MirrorFilter: Sendable {
        /// Pairs of samples that are filtered at a time.
        static let blockLength = 160
        private var even = [Int32](repeating: 0, count: 11 + blockLength)
        private var odd = [Int32](repeating: 0, count: 11 + blockLength)

        @inline(__always)
        mutating func set(_ evenSample: Int32, _ oddSample: Int32, at pair: Int) {
            even[11 &+ pair] = evenSample
            odd[11 &+ pair] = oddSample
        }

        /// The outputs of both phases for a pair of the block.
        @inline(__always)
        func sums(at pair: Int) -> (even: Int32, odd: Int32) {
            let e = even.span.extracting(pair..<pair &+ 12)
            let o = odd.span.extracting(pair..<pair &+ 12)
            var evenSum: Int32 = 0
            var oddSum: Int32 = 0
            for tap in 0..<12 {
                evenSum &+= e[tap] &* G722.taps[tap]
                oddSum &+= o[tap] &* G722.taps[11 &- tap]
            }
            return (evenSum, oddSum)
        }

        mutating func reset() {
            for index in 0..<even.count {
                even[index] = 0
                odd[index] = 0
            }
        }

        /// Keeps what the next block needs of a block of so many pairs.
        mutating func advance(_ pairs: Int) {
            for index in 0..<11 {
                even[index] = even[index &+ pairs]
                odd[index] = odd[index &+ pairs]
            }
        }
    }

    @inline(__always)
    static func saturated(_ value: Int32) -> Int32 { min(max(value, -32_768), 32_767) }

    // The tables of the Recommendation.

    /// Table 11: coefficients of the QMF, first half; the second is its mirror image.
    static let taps: InlineArray<12, Int32> = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11]
    /// Table 17 (`ILB`): antilogarithm.
    static let logTable: InlineArray<32, Int32> = [
        2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774, 2_834,
        2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838, 3_922, 4_008,
    ]
    /// Table 14 (`Q6`): decision levels of the lower band's quantiser.
    static let decisionLevels: InlineArray<30, Int32> = [
        0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121, 1_219,
        1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
    ]
    /// Table 16 (`QQ4`): the lower band's levels by the upper 4 bits of its code.
    static let lowerLevels4: InlineArray<16, Int32> = [
        0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200,
        0,
    ]
    /// Table 16 (`QQ6`): the lower band's levels by its whole code.
    static let lowerLevels6: InlineArray<64, Int32> = [
        -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232, -9_360,
        -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776, -2_400, -2_032,
        -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9_360,
        8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032, 1_688, 1_360,
        1_040, 728, 432, 136, -432, -136,
    ]
    /// Table 16 (`QQ2`): the upper band's levels.
    static let upperLevels: InlineArray<4, Int32> = [-7_408, -1_616, 7_408, 1_616]
    /// `WL` by the upper 4 bits of the lower band's code.
    static let lowerScaleSteps: InlineArray<16, Int32> = [
        -60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60,
    ]
    /// `WH` by the upper band's code.
    static let upperScaleSteps: InlineArray<4, Int32> = [798, -214, 798, -214]
}
