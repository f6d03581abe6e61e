/// How periodic the last 32 ms are: the highest normalised autocorrelation at 2 kHz between 60 and 400 Hz.
struct SpeechPeriodicity: Sendable {
    private static let shortest = 5
    private static let lags = 29
    private static let window = 64
    private static let least: Float = 1e-4

    /// 52 ms at 2 kHz, each the sum of four samples.
    private var samples = InlineArray<104, Float>(repeating: 0)

    /// Takes a frame of 160 samples at 8 kHz.
    ///
    /// - Returns: the correlation, up to 1, and its lag as a share of the range.
    mutating func judge(_ frame: Span<Float>) -> (correlation: Float, lag: Float) {
        precondition(frame.count == 160, "a frame has 160 samples")
        var room = samples.mutableSpan
        for index in 0..<64 { room[index] = room[index &+ 40] }
        for index in 0..<40 {
            let from = index &* 4
            room[64 &+ index] = (frame[from] + frame[from &+ 1]) + (frame[from &+ 2] + frame[from &+ 3])
        }
        return samples.span.withUnsafeBufferPointer { SpeechPeriodicity.best($0) }
    }

    private static func best(_ samples: UnsafeBufferPointer<Float>) -> (Float, Float) {
        let bytes = UnsafeRawBufferPointer(samples)
        var recent = InlineArray<8, Lanes>(repeating: Lanes())
        var sum = Lanes()
        for block in 0..<8 {
            recent[block] = bytes.loadUnaligned(fromByteOffset: (40 + block * 8) * 4, as: Lanes.self)
            sum += recent[block] * recent[block]
        }
        let recentEnergy = total(sum) + least
        var products = InlineArray<32, Float>(repeating: 0)
        var pasts = InlineArray<32, Float>(repeating: 0)
        var product = products.mutableSpan
        var past = pasts.mutableSpan
        var energyBefore = energy(bytes, from: 40 - shortest)
        for lag in 0..<lags {
            let begin = 40 - shortest - lag
            var sum = Lanes()
            for block in 0..<8 {
                sum += recent[block] * bytes.loadUnaligned(fromByteOffset: (begin + block * 8) * 4, as: Lanes.self)
            }
            product[lag] = total(sum)
            past[lag] = energyBefore
            guard lag < lags - 1 else { break }
            let (incoming, outgoing) = (samples[begin - 1], samples[begin + window - 1])
            energyBefore += incoming * incoming - outgoing * outgoing
        }
        return highest(products.span, pasts.span, recentEnergy)
    }

    /// The highest correlation of all lags; those behind the last have none.
    private static func highest(_ products: Span<Float>, _ pasts: Span<Float>, _ energy: Float) -> (Float, Float) {
        var (best, bestLag) = (-Float.infinity, 0)
        for block in 0..<4 {
            let (product, past) = (eight(of: products, from: block * 8), eight(of: pasts, from: block * 8))
            let correlations = product / (energy * (larger(past, Lanes()) + least)).squareRoot()
            for lane in 0..<min(8, lags - block * 8) where correlations[lane] > best {
                (best, bestLag) = (correlations[lane], block * 8 + lane)
            }
        }
        return (best, Float(bestLag) / Float(lags))
    }

    /// The energy of a window.
    private static func energy(_ samples: UnsafeRawBufferPointer, from first: Int) -> Float {
        var sum = Lanes()
        for block in 0..<8 {
            let samples = samples.loadUnaligned(fromByteOffset: (first + block * 8) * 4, as: Lanes.self)
            sum += samples * samples
        }
        return total(sum)
    }
}
