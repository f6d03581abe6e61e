import CVector
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

        func isSameKey(_ other: Candidate) -> Bool { row == other.row && column == other.column }
    }

    /// What is the same for all banks.
    private struct Tables: Sendable {
        /// Cosines and sines of the frequencies at 0.5, 1.5, ... 19.5 samples from the middle of a block.
        let cosines: [Lanes]
        let sines: [Lanes]
        /// By how much the phases turn in a block.
        let turnReal: Lanes
        let turnImaginary: Lanes
    }

    private static let tables = KeyToneBank.makeTables()
    /// The phases at the middle of the next block.
    private var phaseReal = Lanes(repeating: 1)
    private var phaseImaginary = Lanes()
    /// The last blocks, in rings.
    private(set) var real = InlineArray<16, Lanes>(repeating: Lanes())
    private(set) var imaginary = InlineArray<16, Lanes>(repeating: Lanes())
    /// Where in the rings the last block is.
    private var newest = 0
    /// Blocks in a row that were passed over.
    private var silent = KeyToneBank.blocks

    /// Blocks that are kept.
    private static let ring = 16

    /// Turns a tapered window's correlation into a peak amplitude: 2 over the sum of its weights.
    private static let taperedScale = 2 / Float(3 * block)
    private static let shortScale = 2 / Float(2 * block)

    /// A group's tone is 6 dB above the other frequencies of its group.
    private static let dominance: Float = 0.25
    /// High over low group in power, 9 dB, and low over high, 13 dB: wide, for the fit decides.
    private static let widestTwist: Float = 8
    private static let widestReverseTwist: Float = 20

    private static func makeTables() -> Tables {
        let half = KeyToneBank.block / 2
        func table(_ wave: (Double) -> Double) -> [Lanes] {
            (0..<half).map { index in
                KeyToneBank.lanes { wave(2 * .pi * $0 * (Double(index) + 0.5) / 8_000) }
            }
        }
        return Tables(
            cosines: table(cosine), sines: table(sine),
            turnReal: KeyToneBank.lanes { cosine(2 * .pi * $0 * Double(KeyToneBank.block) / 8_000) },
            turnImaginary: KeyToneBank.lanes { -sine(2 * .pi * $0 * Double(KeyToneBank.block) / 8_000) })
    }

    private static func lanes(_ value: (Double) -> Double) -> Lanes {
        let frequencies: [Double] = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633]
        var lanes = Lanes()
        for lane in 0..<8 { lanes[lane] = Float(value(frequencies[lane])) }
        return lanes
    }

    /// Takes a block that begins at an index of the samples.
    mutating func take(_ samples: Span<Int16>, at start: Int) {
        let tables = KeyToneBank.tables
        let (even, odd) = KeyToneBank.correlate(
            samples, around: start + KeyToneBank.block / 2, tables.cosines.span, tables.sines.span)
        push(even * phaseReal + odd * phaseImaginary, even * phaseImaginary - odd * phaseReal)
        silent = 0
    }

    /// Takes a block in which no key can be, as silence.
    mutating func skip() {
        push(Lanes(), Lanes())
        silent = min(silent + 1, KeyToneBank.blocks)
    }

    private mutating func push(_ nextReal: Lanes, _ nextImaginary: Lanes) {
        let next = (newest &+ 1) & (KeyToneBank.ring &- 1)
        var reals = real.mutableSpan
        reals[next] = nextReal
        var imaginaries = imaginary.mutableSpan
        imaginaries[next] = nextImaginary
        newest = next
        turn()
    }

    /// Cosines are even and sines odd about the middle of the block: a sum or a difference of two samples takes one factor.
    private static func correlate(
        _ samples: Span<Int16>, around middle: Int, _ cosines: Span<Lanes>, _ sines: Span<Lanes>
    ) -> (even: Lanes, odd: Lanes) {
        let half = block / 2
        precondition(cosines.count == half && sines.count == half, "a table is half a block")
        var sums = InlineArray<20, Float>(repeating: 0)
        var differences = InlineArray<20, Float>(repeating: 0)
        pair(samples.extracting(middle - half..<middle + half), &sums, &differences)
        var even = Lanes()
        var odd = Lanes()
        let (evens, odds) = (sums.span, differences.span)
        for index in 0..<half {
            even = parley_with(even, cosines[index], evens[index])
            odd = parley_with(odd, sines[index], odds[index])
        }
        return (even, odd)
    }

    /// The sums and the differences of the samples as far behind the middle of a block as before it.
    @inline(__always)
    private static func pair(
        _ block: Span<Int16>, _ sums: inout InlineArray<20, Float>, _ differences: inout InlineArray<20, Float>
    ) {
        let half = block.count / 2
        var sums = sums.mutableSpan
        var differences = differences.mutableSpan
        block.withUnsafeBytes { samples in
            // Twenty are two times eight, and four: some are taken twice.
            for index in [0, 8, half - 8] {
                func eight(from first: Int) -> Lanes {
                    parley_floating_16(samples.loadUnaligned(fromByteOffset: first * 2, as: SIMD8<Int16>.self))
                }
                let after = eight(from: half + index)
                let before = parley_backwards(eight(from: half - 8 - index))
                sums.withUnsafeMutableBytes {
                    $0.storeBytes(of: after + before, toByteOffset: index * 4, as: Lanes.self)
                }
                differences.withUnsafeMutableBytes {
                    $0.storeBytes(of: after - before, toByteOffset: index * 4, as: Lanes.self)
                }
            }
        }
    }

    private mutating func turn() {
        let tables = KeyToneBank.tables
        let nextReal = phaseReal * tables.turnReal - phaseImaginary * tables.turnImaginary
        let nextImaginary = phaseReal * tables.turnImaginary + phaseImaginary * tables.turnReal
        // One step of Newton's iteration keeps the length at one.
        let correction = 1.5 - 0.5 * (nextReal * nextReal + nextImaginary * nextImaginary)
        phaseReal = nextReal * correction
        phaseImaginary = nextImaginary * correction
    }

    /// The block so many before the last one.
    @inline(__always) func place(_ age: Int) -> Int { (newest &- age) & (KeyToneBank.ring &- 1) }

    /// The Hann window at the middles of six blocks, the last of which is at a place of the ring.
    @inline(__always) private static func tapered(_ ring: Span<Lanes>, _ last: Int) -> Lanes {
        func block(_ age: Int) -> Lanes { ring[(last &- age) & (KeyToneBank.ring &- 1)] }
        let outer: Lanes = (block(0) + block(5)) * 0.066_987_3
        let between: Lanes = (block(1) + block(4)) * 0.5
        let inner: Lanes = (block(2) + block(3)) * 0.933_012_7
        return outer + between + inner
    }

    /// The squared peak amplitudes over the last 10 ms.
    @inline(__always) var shortPowers: Lanes {
        let (real, imaginary) = (real.span, imaginary.span)
        let a = (real[newest] + real[place(1)]) * KeyToneBank.shortScale
        let b = (imaginary[newest] + imaginary[place(1)]) * KeyToneBank.shortScale
        return a * a + b * b
    }

    /// The key that the tapered window of the last 30 ms may hold. Changes nothing: what borrows the bank may be given a copy of
    /// all of it.
    ///
    /// - Parameters:
    ///   - least: the squared peak amplitude that either tone has at least.
    ///   - age: blocks between the window and the last block.
    mutating func candidate(least: Float, age: Int = 0) -> Candidate? {
        guard silent < KeyToneBank.blocks else { return nil }
        let place = place(age)
        let a = KeyToneBank.tapered(real.span, place) * KeyToneBank.taperedScale
        let b = KeyToneBank.tapered(imaginary.span, place) * KeyToneBank.taperedScale
        let powers = a * a + b * b
        let low = Group(powers.lowHalf)
        let high = Group(powers.highHalf)
        guard low.largest >= least, high.largest >= least,
            high.largest <= KeyToneBank.widestTwist * low.largest,
            low.largest <= KeyToneBank.widestReverseTwist * high.largest,
            low.above == 1, high.above == 1
        else { return nil }
        return Candidate(row: low.place, column: high.place, lowPower: low.largest, highPower: high.largest)
    }

    /// The largest of a group of four powers, how many come near it, itself among them, and where those are.
    private struct Group {
        var largest: Float
        var above: Int
        var place: Int

        @inline(__always) init(_ powers: SIMD4<Float>) {
            largest = max(max(powers[0], powers[1]), max(powers[2], powers[3]))
            let least = largest * KeyToneBank.dominance
            let second = powers[1] > least ? 1 : 0
            let third = powers[2] > least ? 1 : 0
            let fourth = powers[3] > least ? 1 : 0
            above = (powers[0] > least ? 1 : 0) &+ second &+ third &+ fourth
            place = second &+ 2 &* third &+ 3 &* fourth
        }
    }
}
