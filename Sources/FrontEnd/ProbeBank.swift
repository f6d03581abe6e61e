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

    /// 80 to 360 Hz, of which the first six are below dial tone.
    static let low = ProbeBank(first: 80)
    /// 400 to 680 Hz; the key tones are taken out of what is measured.
    static let dial = ProbeBank(first: 400)
    /// 720 to 3,240 Hz.
    static let band = (0..<8).map { ProbeBank(first: 720 + 320 * Double($0)) }

    /// The energies around each frequency, so that all of them add up to the sum of the squares (Goertzel's algorithm;
    /// Parseval: each probe stands for its spacing on both sides of zero).
    func energies(_ samples: Span<Float>, count: Int) -> SIMD8<Float> {
        var last = SIMD8<Float>()
        var second = SIMD8<Float>()
        for index in 0..<count {
            let next = twice * last - second + samples[index]
            second = last
            last = next
        }
        return (last * last + second * second - twice * last * second) * Float(2 * ProbeBank.spacing / 8_000)
    }
}
