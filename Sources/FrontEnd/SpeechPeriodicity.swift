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
        let recent = EightLanes(bytes, from: 40)
        let recentEnergy = total(recent.product(recent)) + least
        var (best, bestLag) = (Lanes(repeating: -.infinity), Lanes())
        var energyBefore = energy(bytes, from: 40 - shortest)
        for first in stride(from: 0, to: lags, by: 8) {
            // Lags behind the last are within the samples, and are left out below.
            let from = 40 - shortest - first
            let products = totals(
                EightLanes(
                    recent.product(EightLanes(bytes, from: from)), recent.product(EightLanes(bytes, from: from - 1)),
                    recent.product(EightLanes(bytes, from: from - 2)),
                    recent.product(EightLanes(bytes, from: from - 3)),
                    recent.product(EightLanes(bytes, from: from - 4)),
                    recent.product(EightLanes(bytes, from: from - 5)),
                    recent.product(EightLanes(bytes, from: from - 6)), recent.product(EightLanes(bytes, from: from - 7))
                ))
            var energies = Lanes()
            for lane in 0..<8 {
                energies[lane] = energyBefore
                let (incoming, outgoing) = (samples[from - lane - 1], samples[from - lane + window - 1])
                energyBefore += incoming * incoming - outgoing * outgoing
            }
            let correlations = products / root(recentEnergy * (larger(energies, Lanes()) + least))
            let numbers = Lanes(0, 1, 2, 3, 4, 5, 6, 7) + Float(first)
            let isBetter = (correlations .> best) .& (numbers .< Float(lags))
            best.replace(with: correlations, where: isBetter)
            bestLag.replace(with: numbers, where: isBetter)
        }
        return highest(best, bestLag)
    }

    /// The highest correlation of all, and the shortest lag that has it as a share of the range.
    private static func highest(_ correlations: Lanes, _ lags: Lanes) -> (Float, Float) {
        var (best, lag) = (correlations[0], lags[0])
        for lane in 1..<8
        where correlations[lane] > best || (correlations[lane] == best && lags[lane] < lag) {
            (best, lag) = (correlations[lane], lags[lane])
        }
        return (best, lag / Float(SpeechPeriodicity.lags))
    }

    /// The energy of a window.
    private static func energy(_ samples: UnsafeRawBufferPointer, from first: Int) -> Float {
        let samples = EightLanes(samples, from: first)
        return total(samples.product(samples))
    }
}

extension EightLanes {
    /// 64 samples.
    @inline(__always) fileprivate init(_ samples: UnsafeRawBufferPointer, from first: Int) {
        @inline(__always) func lanes(_ block: Int) -> Lanes {
            samples.loadUnaligned(fromByteOffset: (first &+ block &* 8) &* 4, as: Lanes.self)
        }
        self.init(lanes(0), lanes(1), lanes(2), lanes(3), lanes(4), lanes(5), lanes(6), lanes(7))
    }

    /// The products of numbers in the same place, added up over the rows.
    @inline(__always) fileprivate func product(_ other: EightLanes) -> Lanes {
        let front = ((a * other.a + b * other.b) + c * other.c) + d * other.d
        return (((front + e * other.e) + f * other.f) + g * other.g) + h * other.h
    }
}
