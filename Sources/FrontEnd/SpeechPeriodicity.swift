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
        let energy = sum.sum() + least
        var (best, bestLag) = (-Float.infinity, 0)
        var past = energyBefore(samples)
        for lag in 0..<lags {
            let begin = 40 - shortest - lag
            var product = Lanes()
            for block in 0..<8 {
                product += recent[block] * bytes.loadUnaligned(fromByteOffset: (begin + block * 8) * 4, as: Lanes.self)
            }
            let value = product.sum() / (energy * (max(past, 0) + least)).squareRoot()
            if value > best { (best, bestLag) = (value, lag) }
            guard lag < lags - 1 else { break }
            let (incoming, outgoing) = (samples[begin - 1], samples[begin + window - 1])
            past += incoming * incoming - outgoing * outgoing
        }
        return (best, Float(bestLag) / Float(lags))
    }

    /// The energy of the window at the shortest lag.
    private static func energyBefore(_ samples: UnsafeBufferPointer<Float>) -> Float {
        var sum: Float = 0
        for index in (40 - shortest)..<(40 - shortest + window) { sum += samples[index] * samples[index] }
        return sum
    }
}
