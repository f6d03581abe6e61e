import DSP
package import Telephony

/// Hears one party: frames and signalled keys in, what the party did out.
///
/// Everything is judged on audio of 8 kHz, to which other rates are brought down. Allocates nothing a frame.
///
/// The echo of what the party is told is known from what was said, see ``EchoPredictor``, and cancelled before where
/// ``FrontEndProfile/cancelsEcho`` asks for it.
package struct Listener: ~Copyable {
    private let profile: FrontEndProfile
    private let clockRate: ClockRate
    private var decimator: Decimator
    private var dtmf: DTMFDetector
    /// None unless the profile asks for it.
    private var progress: CallProgressDetector?
    private var greeting: GreetingJudge
    /// What was decided about the last frame.
    package private(set) var lastDecision = FrameDecision()
    private var speech: SpeechDetector
    /// How long a party speaks who is not asked anything; `nil` while ``speech`` judges.
    private var activity: LevelActivity?
    private var echo = EchoPredictor()
    private var onsetJudge: OnsetJudge
    private var saidDecimator: Decimator
    /// What the party was told last, where that was a part of audio that many calls play.
    private var lastPrompt: PromptPlace?
    /// None unless the profile asks for it.
    private var canceller: EchoCanceller?
    /// The 20 ms that the party was told last, at 8 kHz; kept for ``canceller``.
    private var lastSaid = InlineArray<160, Int16>(repeating: 0)
    private var endPointer: EndPointer
    private var digits: DigitStream
    private var events: [CallerEvent] = []
    private var nextEvent = 0
    /// How much weaker what the party is told comes back, in dB, as far as it was seen.
    package var returnLossInDB: Double { echo.returnLossInDB }
    /// The frame heard last could have the beginning of a key in it, of which nothing has been said yet.
    package var mayHearTone: Bool { profile.hearsInBandDigits && dtmf.mayBeInTone }
    /// The frame heard last has a key's tones in it.
    package var containsTone: Bool { dtmf.isInTone }

    /// - Parameter sampleRate: of the frames: 8, 16 or 48 kHz, or another multiple of 8 kHz.
    package init(_ profile: FrontEndProfile, sampleRate: Int, clockRate: ClockRate) {
        self.profile = profile
        self.clockRate = clockRate
        decimator = Decimator(factor: max(1, sampleRate / 8_000))
        saidDecimator = Decimator(factor: max(1, sampleRate / 8_000))
        dtmf = DTMFDetector()
        progress = profile.hearsCallProgress ? CallProgressDetector() : nil
        speech = SpeechDetector(threshold: profile.audioThreshold)
        onsetJudge = OnsetJudge(threshold: profile.audioThreshold)
        endPointer = EndPointer(profile, clockRate: clockRate)
        digits = DigitStream(clockRate: clockRate)
        greeting = GreetingJudge(profile)
        canceller =
            profile.cancelsEcho
            ? try? EchoCanceller(sampleRate: 8_000, tailInMilliseconds: profile.echoTailInMilliseconds) : nil
        events.reserveCapacity(8)
    }

    /// Tells where that lies which a frame touches and the listener does not contain: pointers, which are not to be read, and
    /// octets.
    package mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) { dtmf.forEachPart(body) }

    /// Takes a frame of 20 ms.
    ///
    /// - Parameters:
    ///   - frame: 20 ms of audio at the leg's sample rate.
    ///   - position: the time of its first sample.
    ///   - isConcealed: the frame, or most of it, stands in for lost audio: what it sounds like begins no speech.
    package mutating func hear(_ frame: Span<Int16>, at position: SampleTime, isConcealed: Bool) {
        var narrow = InlineArray<160, Int16>(repeating: 0)
        decimator.decimate(frame, into: &narrow)
        cancelEcho(&narrow)
        dtmf.hear(narrow.span)
        takeKeys(at: position)
        if profile.hearsCallProgress { hearProgress(at: position) }
        let (decision, standing) = judge(narrow.span)
        let verdict = onsetJudge.judge(decision, standing, isConcealed: isConcealed && !endPointer.isInSpeech)
        let end = position + clockRate.ticks(tickDuration)
        lastDecision = FrameDecision(speech: Double(decision.probability), isActive: decision.isActive)
        if let onset = greeting.hear(isSpeech: lastDecision.isActive, at: position) {
            events.append(.toneStarted(.answeringMachine, at: onset))
            events.append(.toneEnded(ToneSpan(tone: .answeringMachine, start: onset, end: end)))
        }
        switch endPointer.frame(
            isActive: verdict.isActive, isPossible: verdict.isPossible, isCertain: verdict.isCertain, from: position,
            to: end)
        {
        case .none: break
        case .started(let onset): events.append(.speechStarted(at: onset))
        case .ended(let onset, let end): events.append(.speechEnded(from: onset, to: end))
        }
        digits.advance(to: end)
        takeDigits()
    }

    private mutating func judge(_ frame: Span<Int16>) -> (SpeechDetector.Decision, EchoPredictor.Standing) {
        if activity != nil, let decision = activity?.hear(frame) { return (decision, .alone) }
        let decision = speech.hear(frame)
        return (decision, echo.judge(speech.regionEnergies, decision))
    }

    /// Says that nobody waits for the party to speak: it is judged by its level alone, and ``say(_:)`` need not be called;
    /// or that somebody does again.
    package mutating func hearSpeech(byLevel: Bool) {
        guard byLevel != (activity != nil) else { return }
        activity = byLevel ? LevelActivity() : nil
        guard !byLevel else { return }
        // What they remember is not what came last.
        speech = SpeechDetector(threshold: profile.audioThreshold)
        echo.forgetPrompts()
        lastPrompt = nil
    }

    private mutating func cancelEcho(_ frame: inout InlineArray<160, Int16>) {
        guard canceller != nil else { return }
        let heard = frame
        var output = frame.mutableSpan
        _ = canceller?.process(near: heard.span, far: lastSaid.span, into: &output)
    }

    /// Takes the 20 ms that the party is told after the frame heard last: its echo is no speech of the party's.
    package mutating func say(_ frame: Span<Int16>) {
        guard activity == nil else { return }
        var narrow = InlineArray<160, Int16>(repeating: 0)
        saidDecimator.decimate(frame, into: &narrow)
        echo.say(narrow.span, after: lastPrompt)
        lastPrompt = nil
        if canceller != nil { lastSaid = narrow }
    }

    /// The same of a frame that is a part of audio that many calls play.
    package mutating func say(_ prompt: PromptPlace) {
        guard activity == nil else { return }
        guard canceller == nil, prompt.measured != nil else { return prompt.withFrame { say($0) } }
        echo.say(prompt, after: lastPrompt)
        lastPrompt = prompt
    }

    /// Ends what has begun, at the end of the audio.
    ///
    /// - Parameter position: the time of the first sample after the last frame.
    package mutating func finish(at position: SampleTime) {
        let frame = position - clockRate.ticks(tickDuration)
        dtmf.finish()
        takeKeys(at: frame)
        progress?.finish()
        takeTones(at: frame)
        if case .ended(let onset, let end) = endPointer.finish() { events.append(.speechEnded(from: onset, to: end)) }
        digits.advance(to: position + clockRate.ticksPerSecond)
        takeDigits()
    }

    private mutating func hearProgress(at position: SampleTime) {
        let recent = dtmf.recentSamples
        progress?.hear(recent.span, to: dtmf.sampleCount)
        takeTones(at: position)
    }

    private mutating func takeTones(at position: SampleTime) {
        // The detector counts from its first frame and stands at the end of the one in hand.
        guard let heard = progress?.position else { return }
        let origin = heard - 160 + Int64(decimator.delayInSamples)
        while let detection = progress?.next() {
            let start = position + ticks(Int(detection.start - origin))
            if let end = detection.end {
                let span = ToneSpan(tone: detection.tone, start: start, end: position + ticks(Int(end - origin)))
                events.append(.toneEnded(span))
            } else {
                events.append(.toneStarted(detection.tone, at: start))
            }
        }
    }

    private mutating func takeKeys(at position: SampleTime) {
        while let detection = dtmf.next() {
            let start = position + ticks(detection.startInSamples - decimator.delayInSamples)
            guard profile.hearsInBandDigits else { continue }
            if let end = detection.endInSamples {
                let tones = KeyTones(
                    digit: detection.digit, start: start, end: position + ticks(end - decimator.delayInSamples),
                    levelInDBOV: detection.levelInDBOV)
                digits.inBandEnded(detection.digit, end: tones.end)
                events.append(.keyReleased(tones))
            } else {
                events.append(.keySounds(detection.digit, from: start))
                digits.inBand(detection.digit, start: start)
            }
        }
    }

    /// Ticks of the clock in samples of 8 kHz.
    private func ticks(_ samples: Int) -> Int64 { clockRate.ticksPerSecond * Int64(samples) / 8_000 }

    /// A key that RFC 4733 signalled, once, in the order of key-down times.
    ///
    /// - Parameter until: the time until which it is known to be down.
    package mutating func telephoneEvent(_ digit: Digit, keyDown: SampleTime, until: SampleTime? = nil) {
        digits.telephoneEvent(digit, keyDown: keyDown, until: until ?? keyDown)
        takeDigits()
    }

    /// The key that RFC 4733 says to be down at a time.
    package mutating func telephoneEventHolds(_ digit: Digit, at time: SampleTime) {
        digits.telephoneEventHolds(digit, at: time)
    }

    /// A key that SIP INFO signalled.
    ///
    /// - Parameter duration: for how long it was down, as far as the request says.
    package mutating func sipInfo(_ digit: Digit, at position: SampleTime, duration: Interval = .zero) {
        digits.sipInfo(digit, at: position, duration: duration)
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

/// What was decided about one frame.
package struct FrameDecision: Sendable, Equatable {
    /// The probability that it is speech, 0 to 1.
    package var speech = 0.0
    /// Whether it counts as speech.
    package var isActive = false
}
