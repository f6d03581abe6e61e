package import Telephony

/// Hears one party: frames and signalled keys in, what the party did out.
///
/// Everything is judged on audio of 8 kHz, to which other rates are brought down. Allocates nothing a frame.
package struct Listener: Sendable {
    private let profile: FrontEndProfile
    private let clockRate: ClockRate
    private var decimator: Decimator
    private var dtmf: DTMFDetector
    private var tonality = ToneJudge()
    private var speech: SpeechDetector
    private var endPointer: EndPointer
    private var digits: DigitStream
    private var events: [CallerEvent] = []
    private var nextEvent = 0
    /// The frame heard last could have the beginning of a key in it, of which nothing has been said yet.
    package var mayHearTone: Bool { profile.hearsInBandDigits && dtmf.mayBeInTone }
    /// The frame heard last has a key's tones in it.
    package var containsTone: Bool { dtmf.isInTone }

    /// - Parameter sampleRate: of the frames: 8, 16 or 48 kHz, or another multiple of 8 kHz.
    package init(_ profile: FrontEndProfile, sampleRate: Int, clockRate: ClockRate) {
        self.profile = profile
        self.clockRate = clockRate
        decimator = Decimator(factor: max(1, sampleRate / 8_000))
        dtmf = DTMFDetector()
        speech = SpeechDetector()
        endPointer = EndPointer(profile, clockRate: clockRate)
        digits = DigitStream(clockRate: clockRate)
        events.reserveCapacity(32)
    }

    /// Takes a frame of 20 ms.
    ///
    /// - Parameters:
    ///   - frame: 20 ms of audio at the leg's sample rate.
    ///   - position: the time of its first sample.
    ///   - isConcealed: the frame, or most of it, stands in for lost audio: it is evidence of nothing.
    package mutating func hear(_ frame: Span<Int16>, at position: SampleTime, isConcealed: Bool) {
        var narrow = InlineArray<160, Int16>(repeating: 0)
        decimator.decimate(frame, into: &narrow)
        if profile.hearsInBandDigits { hearDigits(narrow.span, at: position) }
        let isTone = tonality.judge(narrow.span) || dtmf.isInTone
        let probability = speech.probability(of: narrow.span, isTone: isTone, isConcealed: isConcealed)
        let end = position + clockRate.ticks(tickDuration)
        switch endPointer.frame(isActive: probability >= profile.audioThreshold, from: position, to: end) {
        case .none: break
        case .started(let onset): events.append(.speechStarted(at: onset))
        case .ended(let onset, let end): events.append(.speechEnded(from: onset, to: end))
        }
        takeDigits()
    }

    private mutating func hearDigits(_ frame: Span<Int16>, at position: SampleTime) {
        dtmf.hear(frame)
        while let detection = dtmf.next() {
            let offset = clockRate.ticksPerSecond * Int64(detection.startInSamples) / 8_000
            digits.inBand(detection.digit, start: position + offset)
        }
    }

    /// A key that RFC 4733 signalled, once, in the order of key-down times.
    package mutating func telephoneEvent(_ digit: Digit, keyDown: SampleTime) {
        digits.telephoneEvent(digit, keyDown: keyDown)
        takeDigits()
    }

    /// A key that SIP INFO signalled.
    package mutating func sipInfo(_ digit: Digit, at position: SampleTime) {
        digits.sipInfo(digit, at: position)
        takeDigits()
    }

    private mutating func takeDigits() {
        while let digit = digits.next() { events.append(.digit(digit)) }
    }

    /// The next thing that the party did.
    package mutating func next() -> CallerEvent? {
        guard nextEvent < events.count else {
            events.removeAll(keepingCapacity: true)
            nextEvent = 0
            return nil
        }
        nextEvent += 1
        return events[nextEvent - 1]
    }
}
