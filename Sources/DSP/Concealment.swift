/// Makes up what is missing of a waveform, in the spirit of ITU-T G.711 Appendix I but without its delay.
///
/// Repeats the last pitch period, later the last two and three, joined by overlap-add; from 10 ms on the level falls by
/// 20 % each 10 ms, so that after 60 ms there is silence. The first frame that is heard again is cross-faded in.
/// Integer arithmetic; allocates in `init` and for the first gap, which many calls never have.
package struct Concealment: Sendable {
    private let samplesPerMillisecond: Int
    /// The last 50 ms that were played, in a ring: the oldest sample is where the next will be put.
    private var history: [Int16]
    private var place = 0
    /// The history at the beginning of the gap, the oldest sample first; empty before the first gap.
    private var base: [Int16] = []
    private var isConcealing = false
    /// Samples made up since the beginning of the gap.
    private var elapsed = 0
    private var pitch = 1
    /// Samples over which two repetitions are joined: a quarter of a pitch period.
    private var overlap = 1
    private var loop = Loop()
    /// The loop that is being left, and for how many samples more.
    private var previousLoop = Loop()
    private var joinRest = 0
    /// The step between the last sample heard and the one before the repetition's first, faded out.
    private var offset: Int32 = 0

    /// So many pitch periods repeated, and the position therein.
    private struct Loop: Sendable {
        var periods = 1
        var position = 0
    }

    /// - Parameter sampleRate: samples a second, a multiple of 1,000, 8,000 to 48,000.
    package init(sampleRate: Int) {
        precondition((8_000...48_000).contains(sampleRate) && sampleRate % 1_000 == 0, "concealment from 8 to 48 kHz")
        samplesPerMillisecond = sampleRate / 1_000
        let length = 50 * samplesPerMillisecond
        history = [Int16](repeating: 0, count: length)
    }

    /// Notes the `count` samples of a frame from `offset` on, which were received, and fades them in when they end a gap.
    package mutating func heard(_ frame: inout MutableSpan<Int16>, at offset: Int = 0, count: Int) {
        let first = min(max(0, offset), frame.count)
        let count = min(max(0, count), frame.count - first)
        if isConcealing {
            let gap = elapsed / (10 * samplesPerMillisecond)
            let wanted = min(overlap + 4 * gap * samplesPerMillisecond, 10 * samplesPerMillisecond)
            let length = min(wanted, count)
            for index in 0..<length {
                let weight = Int32(truncatingIfNeeded: index + 1)
                let total = Int32(truncatingIfNeeded: length + 1)
                let mixed = (Int32(frame[first + index]) &* weight &+ nextSample() &* (total &- weight)) / total
                frame[first + index] = Int16(clamping: mixed)
            }
            isConcealing = false
        }
        remember(frame.span.extracting(first..<first + count))
    }

    /// Makes up `count` samples of a frame from `offset` on.
    package mutating func conceal(_ frame: inout MutableSpan<Int16>, at offset: Int = 0, count: Int) {
        let first = min(max(0, offset), frame.count)
        let count = min(max(0, count), frame.count - first)
        if !isConcealing { begin() }
        for index in 0..<count { frame[first + index] = Int16(clamping: nextSample()) }
        remember(frame.span.extracting(first..<first + count))
    }

    /// Tells where that lies of the history which the next frame touches.
    mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) {
        history.withUnsafeBytes { octets in
            let octetsOfFrame = 20 * samplesPerMillisecond * 2
            if let base = octets.baseAddress { body(base + place * 2, min(octets.count - place * 2, octetsOfFrame)) }
        }
    }

    /// Forgets what was heard.
    package mutating func reset() {
        for index in 0..<history.count { history[index] = 0 }
        isConcealing = false
    }

    private mutating func remember(_ frame: Span<Int16>) {
        let (length, begin) = (history.count, place)
        let newest = frame.extracting(last: length)
        let first = min(newest.count, length &- begin)
        var target = history.mutableSpan
        target.copy(newest.extracting(first: first), at: begin)
        target.copy(newest.extracting(first...))
        place &+= newest.count
        if place >= length { place &-= length }
    }

    private mutating func begin() {
        if base.isEmpty { base = history }
        let oldest = history.count - place
        for index in 0..<oldest { base[index] = history[place + index] }
        for index in 0..<place { base[oldest + index] = history[index] }
        // 66 to 200 Hz; of higher voices a multiple of the period is found.
        let lags = (5 * samplesPerMillisecond)...(15 * samplesPerMillisecond)
        pitch =
            PitchSearch.fromEnd(
                base.span, window: 20 * samplesPerMillisecond, lags: lags, step: samplesPerMillisecond / 8
            ).lag
        overlap = pitch / 4
        loop = Loop()
        joinRest = 0
        elapsed = 0
        isConcealing = true
        let end = base.count
        offset = Int32(base[end - 1]) - Int32(base[end - pitch - 1])
    }

    /// The next made-up sample, before saturation.
    private mutating func nextSample() -> Int32 {
        let millisecond = samplesPerMillisecond
        guard elapsed < 60 * millisecond else { return 0 }
        if elapsed == 10 * millisecond || elapsed == 20 * millisecond { lengthenLoop() }
        var sample = take(&loop)
        if joinRest > 0 {
            let rest = Int32(truncatingIfNeeded: joinRest)
            let total = Int32(truncatingIfNeeded: overlap + 1)
            sample = (take(&previousLoop) &* rest &+ sample &* (total &- rest)) / total
            joinRest -= 1
        }
        let settling = max(overlap, 3 * millisecond)
        if elapsed < settling {
            sample &+= offset &* Int32(truncatingIfNeeded: settling - elapsed) / Int32(truncatingIfNeeded: settling + 1)
        }
        if elapsed > 10 * millisecond {
            let rest = Int32(truncatingIfNeeded: 60 * millisecond - elapsed)
            sample = min(max(sample, -32_768), 32_767) &* rest / Int32(truncatingIfNeeded: 50 * millisecond)
        }
        elapsed += 1
        return sample
    }

    private mutating func lengthenLoop() {
        previousLoop = loop
        joinRest = overlap
        loop.periods += 1
    }

    /// A sample of the repetition. Its end runs into what came before its beginning, so that it closes without a step.
    private func take(_ loop: inout Loop) -> Int32 {
        let length = loop.periods * pitch
        let samples = base.span
        let index = samples.count - length + loop.position
        var sample = Int32(samples[index])
        let closing = loop.position - (length - overlap)
        if closing >= 0 {
            let weight = Int32(truncatingIfNeeded: closing + 1)
            let total = Int32(truncatingIfNeeded: overlap + 1)
            sample = (sample &* (total &- weight) &+ Int32(samples[index - length]) &* weight) / total
        }
        loop.position += 1
        if loop.position == length { loop.position = 0 }
        return sample
    }
}
