/// What audio of 8 kHz has below 700 Hz, at a quarter of its rate, and how much of it around sixteen frequencies from 80 to
/// 680 Hz.
struct LowBand: Sendable {
    /// The most samples of 2 kHz that are held: 80 ms.
    static let capacity = 160
    static let factor = 4
    private static let spacing = 40.0

    private(set) var samples = InlineArray<160, Float>(repeating: 0)
    private(set) var count = 0
    /// The last eight samples, four by four.
    private var first = SIMD4<Float>()
    private var second = SIMD4<Float>()

    /// Takes eight samples of 8 kHz.
    @inline(__always) mutating func take(_ eight: Lanes) {
        guard count <= LowBand.capacity - 2 else { return }
        var target = samples.mutableSpan
        target[count] = LowBand.filtered(first, second, eight.lowHalf)
        target[count &+ 1] = LowBand.filtered(second, eight.lowHalf, eight.highHalf)
        count &+= 2
        first = eight.lowHalf
        second = eight.highHalf
    }

    /// Three averages of four samples in a row: what would fold onto 680 Hz is lowered by 16 dB, what would fold onto 400 Hz
    /// by 31 dB.
    @inline(__always)
    private static func filtered(_ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>) -> Float {
        let taps = (
            SIMD4<Float>(0, 1, 3, 6), SIMD4<Float>(10, 12, 12, 10), SIMD4<Float>(6, 3, 1, 0)
        )
        return (a * taps.0 + b * taps.1 + c * taps.2).sum() * 0.015_625
    }

    // MARK: - Energies

    /// Energies around 80 to 360 Hz and around 400 to 680 Hz, 40 Hz apart.
    struct Energies: Sendable {
        var low = Lanes()
        var dial = Lanes()

        /// From 80 to 680 Hz.
        var below: Float { low.sum() + dial.sum() }
        /// From 80 to 320 Hz: below dial tone.
        var pitch: Float { low.lowHalf.sum() + low[4] + low[5] }
        /// From 80 to 560 Hz: with dial tone.
        var aroundDialTone: Float { low.sum() + dial.lowHalf.sum() }
    }

    /// The energies of all that was taken, in squares of samples of 8 kHz.
    var energies: Energies { LowBand.energies(samples.span, from: 0, count: count) }

    /// Goertzel's algorithm; by Parseval each frequency stands for its spacing on both sides of zero.
    static func energies(_ samples: Span<Float>, from first: Int, count: Int) -> Energies {
        let probes = probes
        guard first >= 0, count >= 0, first + count <= samples.count else { return Energies() }
        return Energies(
            low: energies(samples, from: first, count: count, probes.low),
            dial: energies(samples, from: first, count: count, probes.dial))
    }

    private static func energies(_ samples: Span<Float>, from first: Int, count: Int, _ probes: Probes) -> Lanes {
        let twice = probes.twice
        var last = Lanes()
        var second = Lanes()
        for index in first..<(first + count) {
            let next = (samples[index] - second) + twice * last
            (second, last) = (last, next)
        }
        return probes.energy(last, second)
    }

    private static let probes = (low: Probes(first: 80), dial: Probes(first: 400))

    private struct Probes {
        /// Twice the cosines of the frequencies.
        var twice = Lanes()
        /// What the filter took, and the spacing.
        var scale = Lanes()

        init(first: Double) {
            for lane in 0..<8 {
                let frequency = first + LowBand.spacing * Double(lane)
                let angle = Double.pi * frequency / 8_000
                twice[lane] = Float(2 * cosine(8 * angle))
                let average = sine(4 * angle) / (4 * sine(angle))
                let gain = average * average * average / 4
                scale[lane] = Float(2 * LowBand.spacing / 8_000 / (gain * gain))
            }
        }

        func energy(_ last: Lanes, _ second: Lanes) -> Lanes {
            (last * last + second * second - twice * last * second) * scale
        }
    }
}
