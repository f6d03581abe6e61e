import Telephony

/// Brings audio down to 8 kHz: a low-pass of 3.6 kHz by a windowed sinc, of which every n-th output is computed.
struct Decimator: Sendable {
    private let factor: Int
    private let taps: [Float]
    /// The end of the last frame in front of the frame in hand.
    private var window: [Float]

    /// By how many samples of 8 kHz what comes out lags behind.
    var delayInSamples: Int { factor > 1 ? Decimator.tapsPerSample / 2 : 0 }
    private static let tapsPerSample = 16

    /// - Parameter factor: 1 for 8 kHz, 2 for 16 kHz, 6 for 48 kHz.
    init(factor: Int) {
        self.factor = factor
        guard factor > 1 else {
            taps = []
            window = []
            return
        }
        let count = Decimator.tapsPerSample * factor + 1
        let cutoff = 3_600 / (8_000 * Double(factor))
        var taps = (0..<count).map { index -> Double in
            let offset = Double(index) - Double(count - 1) / 2
            let sinc = offset == 0 ? 2 * cutoff : sine(2 * .pi * cutoff * offset) / (.pi * offset)
            let phase = 2 * Double.pi * Double(index) / Double(count - 1)
            return sinc * (0.42 - 0.5 * cosine(phase) + 0.08 * cosine(2 * phase))
        }
        let sum = taps.reduce(0, +)
        taps = taps.map { $0 / sum }
        self.taps = taps.map { Float($0) }
        window = [Float](repeating: 0, count: count - 1 + 160 * factor)
    }

    /// Takes 20 ms and gives 160 samples.
    mutating func decimate(_ frame: Span<Int16>, into target: inout InlineArray<160, Int16>) {
        guard factor > 1 else {
            for index in 0..<min(frame.count, 160) { target[index] = frame[index] }
            return
        }
        let kept = taps.count - 1
        let length = min(frame.count, window.count - kept)
        for index in 0..<length { window[kept + index] = Float(frame[index]) }
        for output in 0..<min(160, length / factor) {
            let sum = Decimator.product(taps.span, window.span, at: output * factor)
            target[output] = Int16(clamping: Int32(max(-40_000, min(40_000, sum)).rounded()))
        }
        for index in 0..<kept { window[index] = window[length + index] }
    }

    private static func product(_ taps: Span<Float>, _ samples: Span<Float>, at base: Int) -> Float {
        var sum: Float = 0
        for tap in 0..<taps.count { sum += taps[tap] * samples[base + tap] }
        return sum
    }
}
