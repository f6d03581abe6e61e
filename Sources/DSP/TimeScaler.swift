/// Shortens or lengthens decoded audio by one pitch period, so that a playout delay can change without a click.
///
/// The period is the lag, 2.5 to 15 ms, at which the beginning of the audio resembles what follows best; the two are
/// cross-faded. What resembles nothing is left alone unless it is as good as silent or the caller insists. The first and
/// the last sample keep their neighbours, so the frames before and after still join. Integer arithmetic on the caller's
/// samples; no storage of its own.
package struct TimeScaler: Sendable {
    /// Samples that are needed for the whole range of lags: 20 ms. Less than 7.5 ms is never changed.
    package let needed: Int
    /// The most samples that one call removes or adds: 15 ms.
    package let longestChange: Int
    private let shortestChange: Int
    private let shortestOverlap: Int
    private let longestOverlap: Int
    private let step: Int

    /// Below this normalised correlation a cut would be heard.
    private static let leastCorrelation: Float = 0.9
    /// Below this mean square (-54 dBov) nothing would.
    private static let silence: Int64 = 64 * 64

    /// - Parameter sampleRate: 8,000 to 48,000.
    package init(sampleRate: Int) {
        shortestChange = max(1, sampleRate / 400)
        longestChange = sampleRate * 15 / 1_000
        shortestOverlap = max(1, sampleRate / 200)
        longestOverlap = sampleRate / 100
        needed = longestChange + shortestOverlap
        step = max(1, sampleRate / 8_000)
    }

    /// Takes one period out of the first `count` samples.
    ///
    /// - Returns: the samples that went, 0 when no two stretches are alike; `count` less that many remain.
    package func shortened(_ samples: inout MutableSpan<Int16>, count: Int, isForced: Bool = false) -> Int {
        let count = min(max(0, count), samples.count)
        guard let cut = place(in: samples.span.extracting(first: count), isForced: isForced) else { return 0 }
        let total = Int32(truncatingIfNeeded: cut.overlap + 1)
        for index in 0..<cut.overlap {
            let weight = Int32(truncatingIfNeeded: index + 1)
            let mixed = Int32(samples[index]) &* (total &- weight) &+ Int32(samples[index + cut.lag]) &* weight
            samples[index] = Int16(truncatingIfNeeded: mixed / total)
        }
        for index in cut.overlap..<count - cut.lag { samples[index] = samples[index + cut.lag] }
        return cut.lag
    }

    /// Repeats one period of the first `count` samples.
    ///
    /// - Parameter room: the samples that there is place for; the result is never longer.
    /// - Returns: the samples that came, 0 when no two stretches are alike.
    package func lengthened(
        _ samples: inout MutableSpan<Int16>, count: Int, room: Int, isForced: Bool = false
    ) -> Int {
        let count = min(max(0, count), samples.count)
        guard let cut = place(in: samples.span.extracting(first: count), isForced: isForced),
            count + cut.lag <= min(room, samples.count)
        else { return 0 }
        let total = Int32(truncatingIfNeeded: cut.overlap + 1)
        // From the end, because the tail moves into its own source.
        var index = count - 1
        while index >= cut.overlap {
            samples[index + cut.lag] = samples[index]
            index -= 1
        }
        while index >= 0 {
            let weight = Int32(truncatingIfNeeded: index + 1)
            // What went on from the period's end; it may have moved by a period already.
            let onward = index + cut.lag < cut.overlap ? index + cut.lag : index + 2 * cut.lag
            let mixed = Int32(samples[onward]) &* (total &- weight) &+ Int32(samples[index]) &* weight
            samples[index + cut.lag] = Int16(truncatingIfNeeded: mixed / total)
            index -= 1
        }
        return cut.lag
    }

    private struct Cut {
        var lag: Int
        var overlap: Int
    }

    private func place(in samples: Span<Int16>, isForced: Bool) -> Cut? {
        let length = min(samples.count, longestChange + longestOverlap)
        guard length >= shortestChange + shortestOverlap else { return nil }
        let longestLag = min(longestChange, length - shortestOverlap)
        let overlap = min(length - longestLag, longestOverlap)
        let stretch = samples.extracting(first: length)
        if Level.meanSquare(of: stretch) < TimeScaler.silence { return Cut(lag: longestLag, overlap: overlap) }
        let match = PitchSearch.fromStart(stretch, window: overlap, lags: shortestChange...longestLag, step: step)
        guard isForced || match.correlation >= TimeScaler.leastCorrelation else { return nil }
        return Cut(lag: match.lag, overlap: overlap)
    }
}
