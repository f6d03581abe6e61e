/// Eight frequencies, 40 Hz apart, at which the energy of tapered samples of 8 kHz is measured.
struct ProbeBank: Sendable {
    private static let spacing = 40.0
    /// Twice the cosines of the frequencies.
    private let twice: SIMD8<Float>

    /// - Parameter first: the lowest frequency in Hz.
    init(first: Double) {
        var lanes = SIMD8<Float>()
        for lane in 0..<8 {
            lanes[lane] = Float(2 * cosine(2 * .pi * (first + ProbeBank.spacing * Double(lane)) / 8_000))
        }
        twice = lanes
    }

    private static let low = ProbeBank(first: 80)
    private static let dial = ProbeBank(first: 400)

    /// The energies around 80 to 360 Hz, of which the first six are below dial tone, and around 400 to 680 Hz, so that all
    /// of them add up to the sum of the squares (Goertzel's algorithm; Parseval: each probe stands for its spacing on both
    /// sides of zero).
    static func lowEnergies(_ samples: Span<Float>, count: Int) -> (low: SIMD8<Float>, dial: SIMD8<Float>) {
        let twiceLow = low.twice
        let twiceDial = dial.twice
        var lowLast = SIMD8<Float>()
        var lowSecond = SIMD8<Float>()
        var dialLast = SIMD8<Float>()
        var dialSecond = SIMD8<Float>()
        for index in 0..<count {
            let sample = samples[index]
            let nextLow = twiceLow * lowLast - lowSecond + sample
            let nextDial = twiceDial * dialLast - dialSecond + sample
            (lowSecond, lowLast) = (lowLast, nextLow)
            (dialSecond, dialLast) = (dialLast, nextDial)
        }
        let scale = Float(2 * spacing / 8_000)
        return (
            (lowLast * lowLast + lowSecond * lowSecond - twiceLow * lowLast * lowSecond) * scale,
            (dialLast * dialLast + dialSecond * dialSecond - twiceDial * dialLast * dialSecond) * scale
        )
    }
}
