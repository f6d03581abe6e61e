import FrontEnd
import Telephony

/// What a recogniser hears of a caller: the audio from some time before the onset of an utterance, without the tones of
/// keys.
///
/// The last second and more is kept, because an onset is known late and its soft beginning later still. The audio is
/// 200 ms late, in which a key's tone is found (``ToneSuppressor``): it is silence of equal length unless the dialog has
/// taken the key for one that is no secret. The silence that ends an utterance is longer, so nothing of it is lost.
/// Allocates only what is handed out.
struct RecognitionTap {
    private let sampleRate: Int
    private let clockRate: ClockRate
    private let frameSamples: Int
    private let prefix: Int64
    private var suppressor: ToneSuppressor
    /// A frame that left the suppressor.
    private var frame: [Int16]
    /// The frames that left last, in a ring, and the times of their first samples.
    private var samples: [Int16]
    private var positions: [SampleTime]
    private var count = 0
    /// Frames that an open utterance has not been given yet.
    private var waiting = 0
    /// Where the utterance begins that is being given, the prefix included.
    private var begin: SampleTime?

    /// - Parameter profile: how much audio before the onset belongs to an utterance.
    init(_ profile: FrontEndProfile, sampleRate: Int, clockRate: ClockRate) {
        self.sampleRate = sampleRate
        self.clockRate = clockRate
        frameSamples = sampleRate / 50
        prefix = clockRate.ticks(milliseconds: Int64(profile.prefixPaddingInMilliseconds))
        suppressor = ToneSuppressor(frameSamples: sampleRate / 50, clockRate: clockRate)
        frame = [Int16](repeating: 0, count: sampleRate / 50)
        let kept = profile.prefixPaddingInMilliseconds + profile.minimumSpeechInMilliseconds + 1_000
        samples = [Int16](repeating: 0, count: kept / 20 * (sampleRate / 50))
        positions = [SampleTime](repeating: .zero, count: kept / 20)
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

    /// Takes what was heard in a tick.
    ///
    /// - Parameters:
    ///   - position: the time of its first sample.
    ///   - onset: of the utterance that the recogniser hears; `nil` while it hears none.
    /// - Returns: what it has not been given of the utterance, from the prefix before the onset.
    mutating func take(_ heard: Span<Int16>, at position: SampleTime, utteranceFrom onset: SampleTime?) -> PCMAudio? {
        if suppressor.pass(heard, at: position, isSecret: false, into: &frame) {
            keep(at: position - Int64(ToneSuppressor.delayInFrames) * clockRate.ticks(tickDuration))
        }
        guard let onset else {
            begin = nil
            return nil
        }
        if begin != onset - prefix {
            begin = onset - prefix
            waiting = kept(since: onset - prefix)
        }
        guard waiting > 0 else { return nil }
        defer { waiting = 0 }
        return newest(waiting)
    }

    private mutating func keep(at position: SampleTime) {
        let slot = count % positions.count
        for index in 0..<frameSamples { samples[slot * frameSamples + index] = frame[index] }
        positions[slot] = position
        count += 1
        if let begin, position + clockRate.ticks(tickDuration) > begin { waiting = min(waiting + 1, positions.count) }
    }

    /// How many of the frames end after a time.
    private func kept(since start: SampleTime) -> Int {
        var frames = 0
        while frames < min(count, positions.count) {
            let slot = (count - 1 - frames) % positions.count
            guard positions[slot] + clockRate.ticks(tickDuration) > start else { break }
            frames += 1
        }
        return frames
    }

    private func newest(_ frames: Int) -> PCMAudio {
        var audio: [Int16] = []
        audio.reserveCapacity(frames * frameSamples)
        for frame in (count - frames)..<count {
            let slot = frame % positions.count
            audio += samples[(slot * frameSamples)..<((slot + 1) * frameSamples)]
        }
        return PCMAudio(sampleRate: sampleRate, samples: audio)
    }
}
