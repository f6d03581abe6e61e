import Telephony

/// Taps both directions of a call, sample-aligned, in chunks of a second.
///
/// A frame that goes out is recorded beside the caller's frame of the same media time, which is heard one tick later:
/// so a sample's place in the recording is its media time on both sides. While a secret is asked for, the caller's side
/// is silence of equal length.
struct CallRecorder {
    private let sampleRate: Int
    private var callerSamples: [Int16] = []
    private var parleySamples: [Int16] = []
    /// What went out in the last tick.
    private var lastSaid: [Int16]

    init(sampleRate: Int) {
        self.sampleRate = sampleRate
        lastSaid = [Int16](repeating: 0, count: sampleRate / 50)
        reserve()
    }

    private mutating func reserve() {
        callerSamples.reserveCapacity(sampleRate + sampleRate / 50)
        parleySamples.reserveCapacity(sampleRate + sampleRate / 50)
    }

    /// Takes one frame of each side, of equal length; gives a chunk when one is full.
    mutating func take(caller: Span<Int16>, parley: Span<Int16>, masksCaller: Bool) -> RecordedAudio? {
        for index in 0..<caller.count {
            callerSamples.append(masksCaller ? 0 : caller[index])
        }
        for index in 0..<parley.count {
            parleySamples.append(lastSaid[index])
            lastSaid[index] = parley[index]
        }
        return callerSamples.count >= sampleRate ? finish() : nil
    }

    /// What has not been given yet.
    mutating func finish() -> RecordedAudio? {
        guard !callerSamples.isEmpty else { return nil }
        let audio = RecordedAudio(sampleRate: sampleRate, caller: callerSamples, parley: parleySamples)
        callerSamples = []
        parleySamples = []
        reserve()
        return audio
    }
}
