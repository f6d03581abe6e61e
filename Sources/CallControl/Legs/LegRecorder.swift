import Telephony

/// Taps what the party of one further leg says, in chunks of a second, on the call's own time: a frame of every tick, of
/// silence while the party is silent or on hold.
struct LegRecorder {
    private let leg: LegID
    private let sampleRate: Int
    /// When the next chunk begins.
    private var start: Interval
    private var samples: [Int16] = []

    /// - Parameter start: when the first frame begins.
    init(_ leg: LegID, sampleRate: Int, from start: Interval) {
        self.leg = leg
        self.sampleRate = sampleRate
        self.start = start
        samples.reserveCapacity(sampleRate)
    }

    /// Takes a frame; gives a chunk when one is full.
    ///
    /// - Parameter isSecret: the frame is silenced: the line of a party gives back what it is told.
    mutating func take(_ frame: Span<Int16>, isSecret: Bool) -> RecordedAudio? {
        for index in 0..<frame.count { samples.append(isSecret ? 0 : frame[index]) }
        return samples.count >= sampleRate ? finish() : nil
    }

    /// What has not been given yet.
    mutating func finish() -> RecordedAudio? {
        guard !samples.isEmpty else { return nil }
        let audio = RecordedAudio(
            track: RecordingTrack(leg: leg, startsAt: start), sampleRate: sampleRate, channels: [samples])
        start = start + .nanoseconds(Int64(samples.count) * 1_000_000_000 / Int64(sampleRate))
        samples = []
        samples.reserveCapacity(sampleRate)
        return audio
    }
}
