import Telephony

/// Correlates audio of 8 kHz with the eight key frequencies, a lane each: rows in lanes 0 to 3, columns in 4 to 7.
///
/// Audio goes in by blocks of 5 ms. A block's correlations keep the phase of a common origin, so that windows of any
/// shape are sums of blocks: one tapered window of 30 ms, whose side lobes let neither the other group nor dial tone in,
/// and a short one of 10 ms, which shows breaks.
struct KeyToneBank: Sendable {
    /// Samples of a block.
    static let block = 40
    /// Blocks of the tapered window.
    static let blocks = 6
    /// Samples of the tapered window.
    static let window = block * blocks

    /// The key that a window holds, by row and column, and the power of its two tones.
    struct Candidate: Sendable {
        var row: Int
        var column: Int
        /// Squared peak amplitudes.
        var lowPower: Float
        var highPower: Float
    }

    /// Cosines and sines of the frequencies at 0.5, 1.5, ... 19.5 samples from the middle of a block.
    private let cosines: [SIMD8<Float>]
    private let sines: [SIMD8<Float>]
    /// By how much the phases turn in a block.
    private let turnReal: SIMD8<Float>
    private let turnImaginary: SIMD8<Float>
    /// The phases at the middle of the next block.
    private var phaseReal = SIMD8<Float>(repeating: 1)
    private var phaseImaginary = SIMD8<Float>()
    /// The last blocks, oldest first.
    private var real = Blocks()
    private var imaginary = Blocks()

    private struct Blocks: Sendable {
        var b0 = SIMD8<Float>()
        var b1 = SIMD8<Float>()
        var b2 = SIMD8<Float>()
        var b3 = SIMD8<Float>()
        var b4 = SIMD8<Float>()
        var b5 = SIMD8<Float>()

        @inline(__always) mutating func push(_ value: SIMD8<Float>) {
            b0 = b1
            b1 = b2
            b2 = b3
            b3 = b4
            b4 = b5
            b5 = value
        }

        /// The Hann window at the middles of six blocks.
        @inline(__always) var tapered: SIMD8<Float> {
            (b0 + b5) * 0.066_987_3 + (b1 + b4) * 0.5 + (b2 + b3) * 0.933_012_7
        }
    }

    /// Turns a tapered window's correlation into a peak amplitude: 2 over the sum of its weights.
    private static let taperedScale = 2 / Float(3 * block)
    private static let shortScale = 2 / Float(2 * block)

    /// A group's tone is 6 dB above the other frequencies of its group.
    private static let dominance: Float = 0.25
    /// High over low group in power, 9 dB, and low over high, 13 dB: wide, for the fit decides.
    private static let widestTwist: Float = 8
    private static let widestReverseTwist: Float = 20

    init() {
        let half = KeyToneBank.block / 2
        func table(_ wave: (Double) -> Double) -> [SIMD8<Float>] {
            (0..<half).map { index in
                KeyToneBank.lanes { wave(2 * .pi * $0 * (Double(index) + 0.5) / 8_000) }
            }
        }
        cosines = table(cosine)
        sines = table(sine)
        turnReal = KeyToneBank.lanes { cosine(2 * .pi * $0 * Double(KeyToneBank.block) / 8_000) }
        turnImaginary = KeyToneBank.lanes { -sine(2 * .pi * $0 * Double(KeyToneBank.block) / 8_000) }
    }

    private static func lanes(_ value: (Double) -> Double) -> SIMD8<Float> {
        let frequencies: [Double] = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633]
        var lanes = SIMD8<Float>()
        for lane in 0..<8 { lanes[lane] = Float(value(frequencies[lane])) }
        return lanes
    }

    /// Takes a block that begins at an index of the samples.
    mutating func take(_ samples: Span<Float>, at start: Int) {
        let (even, odd) = KeyToneBank.correlate(
            samples, around: start + KeyToneBank.block / 2, cosines.span, sines.span)
        real.push(even * phaseReal + odd * phaseImaginary)
        imaginary.push(even * phaseImaginary - odd * phaseReal)
        turn()
    }

    /// Cosines are even and sines odd about the middle of the block: a sum or a difference of two samples takes one factor.
    private static func correlate(
        _ samples: Span<Float>, around middle: Int, _ cosines: Span<SIMD8<Float>>, _ sines: Span<SIMD8<Float>>
    ) -> (even: SIMD8<Float>, odd: SIMD8<Float>) {
        let half = block / 2
        precondition(cosines.count == half && sines.count == half, "a table is half a block")
        var even = SIMD8<Float>()
        var odd = SIMD8<Float>()
        for index in 0..<half {
            let after = samples[middle &+ index]
            let before = samples[middle &- 1 &- index]
            even += cosines[index] * (after + before)
            odd += sines[index] * (after - before)
        }
        return (even, odd)
    }

    private mutating func turn() {
        let nextReal = phaseReal * turnReal - phaseImaginary * turnImaginary
        let nextImaginary = phaseReal * turnImaginary + phaseImaginary * turnReal
        // One step of Newton's iteration keeps the length at one.
        let correction = 1.5 - 0.5 * (nextReal * nextReal + nextImaginary * nextImaginary)
        phaseReal = nextReal * correction
        phaseImaginary = nextImaginary * correction
    }

    /// The squared peak amplitudes over the last 10 ms.
    var shortPowers: SIMD8<Float> {
        let a = (real.b4 + real.b5) * KeyToneBank.shortScale
        let b = (imaginary.b4 + imaginary.b5) * KeyToneBank.shortScale
        return a * a + b * b
    }

    /// The key that the tapered window of the last 30 ms may hold.
    ///
    /// - Parameter least: the squared peak amplitude that either tone has at least.
    func candidate(least: Float) -> Candidate? {
        let a = real.tapered * KeyToneBank.taperedScale
        let b = imaginary.tapered * KeyToneBank.taperedScale
        let powers = a * a + b * b
        let low = powers.lowHalf
        let high = powers.highHalf
        let lowest = low.max()
        let highest = high.max()
        guard lowest >= least, highest >= least, highest <= KeyToneBank.widestTwist * lowest,
            lowest <= KeyToneBank.widestReverseTwist * highest
        else { return nil }
        guard let row = KeyToneBank.only(low, above: lowest), let column = KeyToneBank.only(high, above: highest)
        else { return nil }
        return Candidate(row: row, column: column, lowPower: lowest, highPower: highest)
    }

    /// The lane of the largest value when no other comes near it.
    @inline(__always)
    private static func only(_ group: SIMD4<Float>, above largest: Float) -> Int? {
        var found = 0
        var count = 0
        for lane in 0..<4 where group[lane] > largest * dominance {
            found = lane
            count &+= 1
        }
        return count == 1 ? found : nil
    }
}
