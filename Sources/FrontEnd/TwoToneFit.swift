import CVector

import Telephony

/// Two sines fitted to a stretch of samples: their frequencies, amplitudes and phases, where they begin and end, and
/// what of the band they leave unexplained.
///
/// The frequency is found by the turning of the phase across a tapered window, the edges as the most likely ones in white
/// noise: the sample at which the sum of `2xs - s²`, with `x` the signal and `s` the tones, is largest. All of it goes by
/// eight samples at a time, a lane each.
struct TwoToneFit: Sendable {
    /// One of the two sines.
    struct Sine: Sendable {
        /// Radians a sample.
        var frequency: Float
        /// The amplitudes of the cosine and of the sine, at the middle of the fit.
        var real: Float = 0
        var imaginary: Float = 0

        /// Squared peak amplitude.
        var power: Float { real * real + imaginary * imaginary }

        /// Takes the correlations with its cosine and sine, and the moments of them about the middle.
        fileprivate mutating func take(_ sums: Sums, _ weights: Float, _ spread: Float) {
            let a = sums.cosine.sum()
            let b = sums.sine.sum()
            real = 2 * a / weights
            imaginary = 2 * b / weights
            let power = a * a + b * b
            guard power > 0 else { return }
            // The imaginary part of moment over correlation, the correlation being `a - ib`.
            let correction = (b * sums.cosineMoment.sum() - a * sums.sineMoment.sum()) / power * weights / spread
            let most = 0.05 * frequency
            frequency += max(-most, min(most, correction))
        }

        mutating func silence() {
            real = 0
            imaginary = 0
        }
    }

    /// Sums over a window `(1 - u²)²`: correlations with cosine and sine, and the same with the offset from the middle.
    fileprivate struct Sums {
        var cosine = Lanes()
        var sine = Lanes()
        var cosineMoment = Lanes()
        var sineMoment = Lanes()

        /// Takes the sums and differences of samples so far on either side of the middle.
        @inline(__always) mutating func add(_ wave: Wave, _ even: Lanes, _ odd: Lanes, _ offset: Lanes) {
            let (a, b) = (wave.cosine * offset, wave.sine * offset)
            cosine += wave.cosine * even
            sine += wave.sine * odd
            cosineMoment += a * odd
            sineMoment += b * even
        }
    }

    var low: Sine
    var high: Sine
    /// The sample at which both phases are counted from.
    var origin: Float = 0
    /// The first sample of the tones and the first after them.
    var start = 0
    var end = 0

    /// - Parameters:
    ///   - lowFrequency: the nominal frequency in Hz; so the high one.
    init(lowFrequency: Float, highFrequency: Float) {
        low = Sine(frequency: lowFrequency * TwoToneFit.radiansPerHertz)
        high = Sine(frequency: highFrequency * TwoToneFit.radiansPerHertz)
    }

    static let radiansPerHertz = Float(2 * Double.pi / 8_000)

    /// Fits frequencies, amplitudes and phases to samples from one index to another.
    mutating func fit<Sample: FittedSample>(
        _ samples: Span<Sample>, from first: Int, to last: Int, rounds: Int
    ) {
        for _ in 0..<rounds { step(samples, from: first, to: last) }
    }

    /// One step of the fit of both sines.
    mutating func step<Sample: FittedSample>(_ samples: Span<Sample>, from first: Int, to last: Int) {
        // What is left over lies at the edge of the window, where it weighs nothing.
        let groups = (last - first) / 16
        guard first >= 0, last <= samples.count, groups > 0 else { return }
        let half = Float(16 * groups + 1) / 2
        let scale = 1 / half
        // Cosines are even and sines odd about the middle: a sum or a difference of two samples takes one factor.
        var lowWave = Wave(low.frequency, at: 0.5)
        var highWave = Wave(high.frequency, at: 0.5)
        var offset = Wave.steps + 0.5
        var lowSums = Sums()
        var highSums = Sums()
        for group in 0..<groups {
            let u = offset * scale
            let weight = 1 - u * u
            let after = eight(samples, first &+ 8 &* (groups &+ group))
            let before = reversed(eight(samples, first &+ 8 &* (groups &- 1 &- group)))
            let even = (after + before) * (weight * weight)
            let odd = (after - before) * (weight * weight)
            lowSums.add(lowWave, even, odd, offset)
            highSums.add(highWave, even, odd, offset)
            lowWave.turn()
            highWave.turn()
            offset += 8
        }
        // The integrals of `(1 - u²)²` and `u²(1 - u²)²`, whose ends are so flat that they are the sums too.
        let weights = half * (16.0 / 15)
        let spread = half * half * half * (16.0 / 105)
        low.take(lowSums, weights, spread)
        high.take(highSums, weights, spread)
        origin = Float(first) + Float(16 * groups - 1) / 2
    }
}

/// The cosine and the sine of a frequency at eight samples in a row.
struct Wave {
    private(set) var cosine: Lanes
    private(set) var sine: Lanes
    /// What turns them on by eight samples.
    private let turnCosine: Float
    private let turnSine: Float

    /// The numbers of eight samples in a row.
    static let steps = Lanes(0, 1, 2, 3, 4, 5, 6, 7)
    private static let turnsPerRadian = Float(0.5 / Double.pi)

    /// - Parameters:
    ///   - frequency: radians a sample.
    ///   - offset: of the first of the eight samples from where the phase is zero.
    ///   - direction: 1 to turn forwards, -1 to turn backwards.
    @inline(__always) init(_ frequency: Float, at offset: Float, direction: Float = 1) {
        let turns = frequency * Wave.turnsPerRadian
        (cosine, sine) = cosineAndSine(turns: (Wave.steps + offset) * turns)
        let turn = cosineAndSine(turns: Lanes(repeating: 8 * turns * direction))
        turnCosine = turn.cosine[0]
        turnSine = turn.sine[0]
    }

    @inline(__always) mutating func turn() {
        let next = cosine * turnCosine - sine * turnSine
        sine = sine * turnCosine + cosine * turnSine
        cosine = next
    }
}

/// What tones are fitted to: samples as they came, or filtered ones.
protocol FittedSample: BitwiseCopyable {
    /// Eight samples from an index on.
    static func eight(_ samples: Span<Self>, _ index: Int) -> Lanes
}

extension Float: FittedSample {
    @inline(__always) static func eight(_ samples: Span<Float>, _ index: Int) -> Lanes {
        samples.bytes.unsafeLoadUnaligned(fromByteOffset: 4 &* index, as: Lanes.self)
    }
}

extension Int16: FittedSample {
    @inline(__always) static func eight(_ samples: Span<Int16>, _ index: Int) -> Lanes {
        parley_floating_16(samples.bytes.unsafeLoadUnaligned(fromByteOffset: 2 &* index, as: SIMD8<Int16>.self))
    }
}

/// Eight samples from an index on.
@inline(__always) func eight<Sample: FittedSample>(_ samples: Span<Sample>, _ index: Int) -> Lanes {
    Sample.eight(samples, index)
}

/// Eight numbers, the last first.
@inline(__always) func reversed(_ x: Lanes) -> Lanes { Lanes(x[7], x[6], x[5], x[4], x[3], x[2], x[1], x[0]) }
