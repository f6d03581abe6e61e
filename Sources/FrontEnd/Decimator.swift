import Telephony

/// Brings audio down to 8 kHz: a low-pass of 3.6 kHz by a windowed sinc, of which every n-th output is computed, eight
/// outputs at a time.
struct Decimator: Sendable {
    private let factor: Int
    private let taps: [Float]
    /// The end of the last frame in front of the frame in hand, dealt out in turn to as many rows as there are samples to an
    /// output: so neighbouring outputs take neighbouring samples of a row.
    private var window: [Float]

    /// By how many samples of 8 kHz what comes out lags behind.
    var delayInSamples: Int { factor > 1 ? Decimator.tapsPerSample / 2 : 0 }
    private static let tapsPerSample = 16
    /// Samples of a row.
    private static let row = tapsPerSample + 160

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
        window = [Float](repeating: 0, count: factor * Decimator.row)
    }

    /// Takes 20 ms and gives 160 samples.
    mutating func decimate(_ frame: Span<Int16>, into target: inout InlineArray<160, Int16>) {
        guard factor > 1 else {
            var room = target.mutableSpan
            for index in 0..<min(frame.count, 160) { room[index] = frame[index] }
            return
        }
        deal(frame)
        for first in stride(from: 0, to: 160, by: 8) {
            let sums = Decimator.product(taps.span, window.span, factor: factor, at: first)
            for lane in 0..<8 {
                target[first + lane] = Int16(clamping: Int32(max(-40_000, min(40_000, sums[lane])).rounded()))
            }
        }
    }

    /// Puts a frame behind the end of the one before; what it has less than 20 ms is silence.
    private mutating func deal(_ frame: Span<Int16>) {
        let factor = factor
        var rows = window.mutableSpan
        for turn in 0..<factor {
            let base = turn * Decimator.row
            for index in 0..<Decimator.tapsPerSample { rows[base &+ index] = rows[base &+ 160 &+ index] }
            for index in 0..<160 {
                let from = index &* factor &+ turn
                rows[base &+ Decimator.tapsPerSample &+ index] = from < frame.count ? Float(frame[from]) : 0
            }
        }
    }

    /// Eight outputs, each the sum of its products in the order of the taps.
    private static func product(_ taps: Span<Float>, _ rows: Span<Float>, factor: Int, at first: Int) -> Lanes {
        precondition(taps.count == tapsPerSample * factor + 1 && rows.count == factor * row && first + 8 <= 160)
        return rows.withUnsafeBytes { bytes in
            var sums = Lanes()
            for step in 0..<tapsPerSample {
                for turn in 0..<factor {
                    let samples = bytes.loadUnaligned(
                        fromByteOffset: 4 &* (turn &* row &+ first &+ step), as: Lanes.self)
                    sums += taps[step &* factor &+ turn] * samples
                }
            }
            let last = bytes.loadUnaligned(fromByteOffset: 4 &* (first &+ tapsPerSample), as: Lanes.self)
            return sums + taps[tapsPerSample &* factor] * last
        }
    }
}
