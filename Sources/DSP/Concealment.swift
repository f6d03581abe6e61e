/// Stands in for lost audio of a waveform codec, in the manner of ITU-T G.711 appendix I.
///
/// The last pitch period is repeated, with its seam blended; after 10 ms it falls by a fifth each 10 ms, to silence
/// after 60 ms. The first good samples afterwards are blended in.
struct Concealment: Sendable {
    private let sampleRate: Int
    /// What was played last, oldest first: 50 ms, enough for two of the longest periods and the blend.
    private var history: [Int16]
    /// One period with its seam blended.
    private var period: [Int16]
    private var periodLength = 0
    private var periodPosition = 0
    /// Samples concealed since the last good one.
    private var concealed = 0
    private let blend: Int

    init(sampleRate: Int) {
        self.sampleRate = sampleRate
        history = [Int16](repeating: 0, count: sampleRate * 50 / 1_000)
        period = [Int16](repeating: 0, count: sampleRate * 15 / 1_000)
        blend = sampleRate * 4 / 1_000
    }

    /// Takes good samples, and blends the first of them with what was concealed before.
    mutating func heard(_ samples: inout MutableSpan<Int16>, count: Int) {
        if concealed > 0 {
            let length = min(blend, count)
            for index in 0..<length {
                let old = Int32(nextConcealed())
                let new = Int32(samples[index])
                let weight = Int32(index + 1)
                samples[index] = Int16(clamping: (old &* (Int32(length) - weight) &+ new &* weight) / Int32(length))
            }
            concealed = 0
        }
        remember(samples.span, count: count)
    }

    /// Writes `count` samples in place of lost ones.
    mutating func conceal(_ samples: inout MutableSpan<Int16>, count: Int) {
        if concealed == 0 { findPeriod() }
        for index in 0..<count { samples[index] = nextConcealed() }
        remember(samples.span, count: count)
    }

    private mutating func nextConcealed() -> Int16 {
        guard periodLength > 0 else { return 0 }
        let sample = Int32(period[periodPosition])
        periodPosition += 1
        if periodPosition == periodLength { periodPosition = 0 }
        let plateau = sampleRate / 100
        let fall = sampleRate * 5 / 100
        let beyond = max(0, concealed - plateau)
        concealed += 1
        guard beyond < fall else { return 0 }
        return Int16(truncatingIfNeeded: sample &* Int32(fall - beyond) / Int32(fall))
    }

    private mutating func remember(_ samples: Span<Int16>, count: Int) {
        let size = history.count
        let kept = min(count, size)
        for index in 0..<(size - kept) { history[index] = history[index + kept] }
        for index in 0..<kept { history[size - kept + index] = samples[count - kept + index] }
    }

    /// The lag of the best correlation of the last 20 ms, from 2.5 to 15 ms; every second sample at 16 kHz, every sixth
    /// at 48 kHz, refined afterwards.
    private mutating func findPeriod() {
        let decimation = max(1, sampleRate / 8_000)
        let longest = period.count
        let shortest = sampleRate * 25 / 10_000
        let window = sampleRate / 50
        var best = longest
        var bestScore = -1.0
        var lag = shortest
        while lag <= longest {
            let score = correlation(lag: lag, window: window, step: decimation)
            if score > bestScore {
                bestScore = score
                best = lag
            }
            lag += decimation
        }
        if decimation > 1 {
            for lag in max(shortest, best - decimation)...min(longest, best + decimation) {
                let score = correlation(lag: lag, window: window, step: 1)
                if score > bestScore {
                    bestScore = score
                    best = lag
                }
            }
        }
        keepPeriod(best)
    }

    private func correlation(lag: Int, window: Int, step: Int) -> Double {
        let samples = history.span
        let end = samples.count
        var cross: Int64 = 0
        var energy: Int64 = 1
        var index = end - window
        while index < end {
            let delayed = Int64(samples[index - lag])
            cross &+= Int64(samples[index]) &* delayed
            energy &+= delayed &* delayed
            index += step
        }
        guard cross > 0 else { return 0 }
        return Double(cross) / Double(energy).squareRoot()
    }

    /// Keeps the last period, its end blended into what came before its beginning, so that repeats join.
    private mutating func keepPeriod(_ length: Int) {
        let end = history.count
        let overlap = length / 4
        for index in 0..<length {
            var sample = Int32(history[end - length + index])
            let intoOverlap = index - (length - overlap)
            if intoOverlap >= 0 {
                let earlier = Int32(history[end - 2 * length + index])
                let weight = Int32(intoOverlap + 1)
                sample = (sample &* (Int32(overlap) - weight) &+ earlier &* weight) / Int32(max(1, overlap))
            }
            period[index] = Int16(clamping: sample)
        }
        periodLength = length
        periodPosition = 0
    }
}
