/// Shortens or lengthens audio by one pitch period where two stretches of it are alike, so that it is heard as neither
/// a click nor a change of pitch.
package struct TimeScaler: Sendable {
    private let sampleRate: Int
    private let shortest: Int
    private let longest: Int
    private let overlap: Int
    /// Alike enough: the normalised correlation that a splice needs.
    private static let likeness = 0.92
    /// Below this mean square nobody hears a splice: about -50 dBm0.
    private static let quiet: Int64 = 5_000

    package init(sampleRate: Int) {
        self.sampleRate = sampleRate
        shortest = sampleRate * 25 / 10_000
        longest = sampleRate * 15 / 1_000
        overlap = sampleRate * 5 / 1_000
    }

    /// Samples that ``shortened(_:count:)`` and ``lengthened(_:count:room:)`` must be given at least.
    package var needed: Int { longest + overlap }

    /// Takes one period out of the first samples.
    ///
    /// - Parameters:
    ///   - samples: the audio, changed in place.
    ///   - count: how many of them are audio.
    /// - Returns: the samples that went, 0 when no two stretches are alike.
    package func shortened(_ samples: inout MutableSpan<Int16>, count: Int) -> Int {
        guard count >= needed, let lag = bestLag(samples.span, overlap: overlap) else { return 0 }
        for index in 0..<overlap {
            let weight = Int32(index + 1)
            let first = Int32(samples[index]) &* (Int32(overlap) &- weight)
            samples[index] = Int16(clamping: (first &+ Int32(samples[index + lag]) &* weight) / Int32(overlap))
        }
        for index in overlap..<(count - lag) { samples[index] = samples[index + lag] }
        return lag
    }

    /// Repeats one period of the first samples.
    ///
    /// - Parameter room: the samples that there is place for; the result is never longer.
    /// - Returns: the samples that came, 0 when no two stretches are alike.
    package func lengthened(_ samples: inout MutableSpan<Int16>, count: Int, room: Int) -> Int {
        guard count >= needed, let lag = bestLag(samples.span, overlap: overlap), count + lag <= room else { return 0 }
        var index = count - 1
        while index >= 0 {
            samples[index + lag] = samples[index]
            index -= 1
        }
        // What stood at `lag` continues what stands before it; blend back to the beginning from there.
        for index in 0..<overlap {
            let weight = Int32(index + 1)
            let onward = Int32(samples[lag + lag + index]) &* (Int32(overlap) &- weight)
            let again = Int32(samples[lag + index]) &* weight
            samples[lag + index] = Int16(clamping: (onward &+ again) / Int32(overlap))
        }
        return lag
    }

    /// The lag at which the audio is most like itself; `nil` when it is not alike enough and not quiet.
    private func bestLag(_ samples: Span<Int16>, overlap: Int) -> Int? {
        let step = max(1, sampleRate / 8_000)
        var best = longest
        var bestScore = -2.0
        var lag = shortest
        while lag <= longest {
            let score = likeness(samples, lag: lag, overlap: overlap, step: step)
            if score > bestScore {
                bestScore = score
                best = lag
            }
            lag += step
        }
        if step > 1 {
            for lag in max(shortest, best - step)...min(longest, best + step) {
                let score = likeness(samples, lag: lag, overlap: overlap, step: 1)
                if score > bestScore {
                    bestScore = score
                    best = lag
                }
            }
        }
        var energy: Int64 = 0
        for index in 0..<(longest + overlap) { energy &+= Int64(samples[index]) &* Int64(samples[index]) }
        if energy / Int64(longest + overlap) < TimeScaler.quiet { return best }
        return bestScore >= TimeScaler.likeness ? best : nil
    }

    private func likeness(_ samples: Span<Int16>, lag: Int, overlap: Int, step: Int) -> Double {
        var cross: Int64 = 0
        var first: Int64 = 1
        var second: Int64 = 1
        var index = 0
        while index < overlap {
            let a = Int64(samples[index])
            let b = Int64(samples[index + lag])
            cross &+= a &* b
            first &+= a &* a
            second &+= b &* b
            index += step
        }
        return Double(cross) / (Double(first) * Double(second)).squareRoot()
    }
}
