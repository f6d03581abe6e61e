import FrontEnd
import Telephony

/// Taps both directions of a call, sample-aligned, in chunks of a second.
///
/// A frame that goes out is recorded beside the caller's frame of the same media time, which is heard one tick later:
/// so a sample's place in the recording is its media time on both sides, however the playout delay changes. While a secret is asked for, the caller's side
/// is silence of equal length; so are the tones of keys that were pressed ahead of the question, or that last beyond its
/// end (``ToneSuppressor``).
struct CallRecorder {
    private let sampleRate: Int
    private let frameSamples: Int
    private var callerSamples: [Int16] = []
    private var parleySamples: [Int16] = []
    private var suppressor: ToneSuppressor
    /// What went out since the frame that the suppressor gives next, in a ring.
    private var said: [Int16]
    private var saidFrames = 0
    /// A frame that left the suppressor.
    private var frame: [Int16]

    init(sampleRate: Int, clockRate: ClockRate) {
        self.sampleRate = sampleRate
        frameSamples = sampleRate / 50
        suppressor = ToneSuppressor(frameSamples: sampleRate / 50, clockRate: clockRate)
        // One frame more than the delay: what is said is heard one tick later.
        said = [Int16](repeating: 0, count: (ToneSuppressor.delayInFrames + 2) * (sampleRate / 50))
        frame = [Int16](repeating: 0, count: sampleRate / 50)
        reserve()
    }

    private mutating func reserve() {
        callerSamples.reserveCapacity(sampleRate + sampleRate / 50)
        parleySamples.reserveCapacity(sampleRate + sampleRate / 50)
    }

    // MARK: - Keys

    /// A key was heard; what else there is in the audio of it is not known yet.
    mutating func heard(_ digit: DigitEvent) {
        suppressor.heard(digit)
    }

    /// A key's tones began.
    mutating func tonesBegan(_ digit: Digit, at start: SampleTime) {
        suppressor.tonesBegan(digit, at: start)
    }

    /// A key's tones have ended.
    mutating func tonesEnded(_ tones: KeyTones) {
        suppressor.tonesEnded(tones)
    }

    /// The dialog took a key as something that may be known.
    mutating func reveal(_ digit: Digit, at start: SampleTime) { suppressor.reveal(digit, at: start) }

    // MARK: - Audio

    /// Takes one frame of each side, of equal length; gives a chunk when one is full.
    ///
    /// - Parameters:
    ///   - position: the time of the caller's first sample.
    ///   - masksParley: whether what goes out is secret.
    mutating func take(
        caller: Span<Int16>, at position: SampleTime, parley: Span<Int16>, masksCaller: Bool, masksParley: Bool
    ) -> RecordedAudio? {
        if suppressor.pass(caller, at: position, isSecret: masksCaller, into: &frame) { append() }
        let slots = ToneSuppressor.delayInFrames + 2
        let base = (saidFrames + 1) % slots * frameSamples
        for index in 0..<min(frameSamples, parley.count) { said[base + index] = masksParley ? 0 : parley[index] }
        saidFrames += 1
        return callerSamples.count >= sampleRate ? chunk() : nil
    }

    /// Records the frame that left the suppressor beside what was said a tick before it was heard.
    private mutating func append() {
        appendPair(age: ToneSuppressor.delayInFrames)
    }

    private mutating func appendPair(age: Int) {
        let slots = ToneSuppressor.delayInFrames + 2
        // The caller's frame in hand has the number of `saidFrames`; what was said with it has the same slot.
        let slot = (saidFrames - age + slots * 2) % slots
        let base = slot * frameSamples
        for index in 0..<frameSamples {
            callerSamples.append(frame[index])
            parleySamples.append(said[base + index])
        }
    }

    /// What has not been given yet.
    mutating func finish() -> RecordedAudio? {
        // The call is over: nothing can be revealed any more.
        var age = min(ToneSuppressor.delayInFrames, saidFrames)
        while suppressor.take(into: &frame) {
            appendPair(age: age)
            age -= 1
        }
        return callerSamples.isEmpty ? nil : chunk()
    }

    private mutating func chunk() -> RecordedAudio {
        let audio = RecordedAudio(
            track: .call, sampleRate: sampleRate, channels: [callerSamples, parleySamples])
        callerSamples = []
        parleySamples = []
        reserve()
        return audio
    }
}
