import CallFlow
import FrontEnd
import Telephony

// What one call does in the batches `decide()` and `mix()`: it carries news to the session and the session's wishes to
// the legs and to the outside.

extension Call {
    /// Tells the session what the caller did and which timers have run out, and does what it wants.
    mutating func decide(at now: Instant, _ rules: CallRules) {
        guard !isOver else { return }
        while let event = caller.nextEvent() { hear(event, understands: rules.hasRecogniser, at: now) }
        if let action = utterance.advance(to: caller.position) { tellRecogniser(action) }
        feedRecogniser()
        if let deadline = sessionDue(), deadline <= caller.position, !isJudgingKey(since: deadline) {
            session.advance(to: caller.position)
            hasNews = true
        }
        if hasNews { drainSession() }
        decideLegs(at: now)
        expireReferral(at: now)
        advanceVoicemail()
        closeWhenSaid()
        enforceLimits(rules, at: now)
    }

    /// Gives the recogniser, when it takes audio, what it has not heard of an utterance.
    private mutating func feedRecogniser() {
        let start = caller.position - caller.ticks(samples: caller.heard.count)
        let audio = recognitionTap?.take(caller.heard.span, at: start, utteranceFrom: utterance.openSince)
        guard let audio, let request = utterance.openRecognition else { return }
        outputs.append(.request(requestID(request), .recognitionAudio(audio)))
    }

    /// A key in the audio is known up to 60 ms after it went down: a timer waits so long for what may be one that went
    /// down in time.
    private func isJudgingKey(since deadline: SampleTime) -> Bool {
        caller.position - deadline < clockRate.ticks(milliseconds: 60) && caller.mayHearKey
    }

    /// When the session must next be told the time.
    @inline(__always) private mutating func sessionDue() -> SampleTime? {
        if hasNews { askSession() }
        return sessionDeadline
    }

    /// To ask the session is to copy it, which is worth a call of its own.
    @inline(never) private mutating func askSession() { sessionDeadline = isLed ? session.deadline : nil }

    private mutating func enforceLimits(_ rules: CallRules, at now: Instant) {
        if now - caller.lastReception > rules.mediaTimeout, !caller.isOnHold {
            end(by: .parley, .mediaTimeout)
        } else if mediaTime(caller.position) > rules.longestCall {
            end(by: .parley, .limitReached)
        } else if let limit = rules.deadAirLimit, quietTime(at: now) > limit {
            end(by: .parley, .limitReached)
        }
    }

    /// For how long Parley has said nothing and waited for nothing.
    private mutating func quietTime(at now: Instant) -> Interval {
        guard player.isIdle, sessionDue() == nil, handover == nil else {
            quietSince = nil
            return .zero
        }
        let since = quietSince ?? now
        quietSince = since
        return now - since
    }

    private mutating func hear(_ event: CallerEvent, understands: Bool, at now: Instant) {
        switch event {
        case .digit(let digit):
            recorder?.heard(digit)
            journal?.heard(digit, playing: caller.position, at: now)
            recognitionTap?.heard(digit)
            relay(digit, of: .caller)
            if isLed { session.advance(before: digit.start) }
            if endVoicemail(by: digit.digit) || acceptsCallBack(by: digit.digit) {
                journal?.opened(digit)
            } else {
                tell(.digit(digit.digit, source: digit.source), at: digit.start)
            }
        case .speechStarted(let start):
            handover?.voicemail?.speechStarted()
            record(.speechStarted(SpeechStarted(start: mediaTime(start).roundedSeconds)))
            guard understands else { return }
            if let action = utterance.speechStarted(at: start) { tellRecogniser(action) }
            tell(.speechStarted, at: caller.position)
        case .speechEnded(let start, let end):
            handover?.voicemail?.speechEnded(at: end)
            record(
                .speechEnded(
                    SpeechEnded(start: mediaTime(start).roundedSeconds, end: mediaTime(end).roundedSeconds)))
            guard understands else { return }
            utterance.speechEnded(at: end)
            tell(.speechEnded, at: caller.position)
        case .keySounds(let digit, let start):
            recorder?.tonesBegan(digit, at: start)
            journal?.tonesBegan(digit, from: start, playing: caller.position, at: now)
            recognitionTap?.tonesBegan(digit, at: start)
            return
        case .keyReleased(let tones):
            recorder?.tonesEnded(tones)
            journal?.tonesEnded(tones.digit, at: now)
            recognitionTap?.tonesEnded(tones)
            return
        case .toneStarted, .toneEnded: return
        }
        drainSession()
    }

    private mutating func tellRecogniser(_ action: UtteranceTracker.Action) {
        switch action {
        case .open(let request, let hints, let start):
            let open = SwitchboardRequest.openRecognition(call: id, hints, startsAt: mediaTime(start))
            outputs.append(.request(requestID(request), open))
        case .finish(let request, let start, let end):
            let finish = SwitchboardRequest.finishRecognition(call: id, from: mediaTime(start), to: mediaTime(end))
            outputs.append(.request(requestID(request), finish))
        }
    }

    /// Gives the session a piece of news; its wishes wait for ``drainSession()``.
    mutating func tell(_ input: SessionInput, at position: SampleTime) {
        guard isLed else { return }
        session.receive(input, at: position)
        newsTime = max(newsTime, position)
        hasNews = true
    }

    /// Does what the session wants, until it wants nothing more.
    mutating func drainSession() {
        hasNews = false
        while let output = session.poll() { perform(output) }
        askSession()
    }

    private mutating func perform(_ output: SessionOutput) {
        switch output {
        case .play(let playback): play(playback)
        case .stopPlaying(let reason, let cause):
            let stopped = player.stop(reason)
            if let stopped, let cause {
                record(.bargeIn(BargeIn(prompt: stopped.id.rawValue, by: cause)))
            }
            reportPrompts()
        case .listen(let request, let hints):
            if let action = utterance.listen(request, hints) { tellRecogniser(action) }
        case .stopListening(let request):
            if utterance.stopListening(request) { outputs.append(.cancel(requestID(request))) }
        case .http(let request, let http):
            outputs.append(.request(requestID(request), .http(call: id, http)))
        case .ask(let request, let question):
            outputs.append(.request(requestID(request), .ask(call: id, question)))
        case .lookUpCaller(let request):
            let inquiry = CallerInquiry(from: admission.from, to: admission.to, headers: admission.headers)
            outputs.append(.request(requestID(request), .lookUpCaller(call: id, inquiry)))
        case .cancel(let request): outputs.append(.cancel(requestID(request)))
        case .transfer(let request): closing = .transfer(request)
        case .sensitiveInput(let isSensitive): takeSecrets(isSensitive)
        case .fact(let body):
            if case .digit(let heard) = body {
                journal?.settled(heard)
                reveal(heard)
            }
            record(body)
        case .hangUp(let cause): closing = .hangUp(cause)
        }
    }

    /// A secret is asked for, or was given. A key that was signalled is known before the audio of its time is played out,
    /// and what was heard in the tick in which the answer was complete is still the answer's.
    private mutating func takeSecrets(_ isSensitive: Bool) {
        if takesSecret, !isSensitive {
            secretEnd = max(secretEnd, newsTime, caller.position + clockRate.ticks(tickDuration))
        }
        takesSecret = isSensitive
    }

    /// A key that is no secret may be heard in the recording, and by a recogniser.
    private mutating func reveal(_ heard: DigitHeard) {
        guard !heard.digit.isSensitive, let digit = Digit(heard.digit.redacted) else { return }
        let start = SampleTime(ticks: Int64((heard.start * Double(clockRate.ticksPerSecond)).rounded()))
        recorder?.reveal(digit, at: start)
        recognitionTap?.reveal(digit, at: start)
    }

    mutating func play(_ playback: Playback) {
        player.enqueue(playback)
        if case .silence = playback.source { return }
        let request = requestID(.prompt, UInt64(playback.id.rawValue))
        outputs.append(.request(request, .prompt(playback.source, sampleRate: caller.sampleRate, of: admission.agent)))
    }

    /// Hangs up or hands over once the caller has heard what there was to say.
    private mutating func closeWhenSaid() {
        guard let closing, player.isIdle else { return }
        self.closing = nil
        switch closing {
        case .hangUp(let cause): end(by: .parley, cause)
        case .transfer(let request): beginHandover(request)
        }
    }

    /// Takes an answer from the outside.
    mutating func take(_ reply: SwitchboardInput.Reply, to kind: RequestKind, _ number: UInt64, at now: Instant) {
        guard !isOver else { return }
        let local = RequestID(number)
        switch (reply, kind) {
        case (.prompt(let audio), .prompt): player.provide(audio, for: PlaybackID(Int(number)))
        case (.promptFailed(let reason), .prompt):
            guard player.drop(PlaybackID(Int(number))) else { return }
            tell(.promptFailed(PlaybackID(Int(number)), reason: reason), at: caller.position)
        case (.recognized(let text, let confidence), .session):
            guard let span = utterance.complete(local) else { return }
            let words = DisclosableText(text, isSensitive: takesSecret)
            record(
                .recognized(
                    Recognized(
                        text: words, confidence: confidence, start: mediaTime(span.lowerBound).roundedSeconds,
                        end: mediaTime(span.upperBound).roundedSeconds)))
            tell(.recognized(local, text: text, confidence: confidence), at: caller.position)
        case (.recognitionFailed, .session):
            guard utterance.complete(local) != nil else { return }
            tell(.recognitionFailed(local), at: caller.position)
        case (.http(let reply), .session): tell(.httpAnswered(local, reply), at: caller.position)
        case (.questionAnswered(let reply), .session): tell(.questionAnswered(local, reply), at: caller.position)
        case (.caller(let reply), .session): tell(.callerLookedUp(local, reply), at: caller.position)
        case (.transferEnded(let outcome), .transfer): finishHandover(outcome)
        case (.routed(let route), .transfer): take(route, at: now)
        case (.prompt(let audio), .whisper): provideWhisper(audio, to: LegID(Int(number)))
        case (.promptFailed, .whisper): provideWhisper(nil, to: LegID(Int(number)))
        case (.prompt(let audio), .music): provideMusic(audio, number)
        default: break
        }
        drainSession()
    }

    /// What the caller hears in this tick, and the recording of both sides.
    mutating func mix(at now: Instant) {
        guard !isOver else { return }
        caller.say(&player, over: &callerBackground)
        mixLegs()
        if player.hasEvents { reportPrompts() }
        if hasNews { drainSession() }
        guard recorder != nil || journal != nil else { return }
        let start = caller.position - caller.ticks(samples: caller.heard.count)
        let isSaid = player.saysSecret
        // The line gives back what it was told.
        secretEchoTicks = isSaid ? Call.longestEchoInTicks : max(0, secretEchoTicks - 1)
        let isGiven = takesSecret || start < secretEnd || secretEchoTicks > 0
        journal?.isGiven(isGiven, at: now)
        guard recorder != nil else { return }
        let chunk = recorder?.take(
            caller: caller.heard.span, at: start, parley: caller.said.span, masksCaller: isGiven, masksParley: isSaid)
        if let chunk { outputs.append(.recorded(id, chunk)) }
        recordLegs(isSecret: isGiven)
    }

    /// Sends what was mixed; at the end of the call a last report with a goodbye.
    mutating func send(into datagrams: inout DatagramQueue, at now: Instant) {
        if journal != nil { datagrams.beginNotes() }
        if isOver {
            caller.report(goodbye: true, into: &datagrams, at: now)
        } else {
            sendToAll(into: &datagrams, at: now)
        }
        if journal != nil { journalTurn(datagrams.takeNotes(), at: now) }
    }

    /// Puts the beginnings and ends of prompts into the account and tells the session.
    mutating func reportPrompts() {
        let rate = Double(caller.sampleRate)
        while let event = player.nextEvent() {
            let playback = event.playback
            let position = caller.position + caller.ticks(samples: event.offset)
            switch event.kind {
            case .started: recordStart(of: playback, at: position)
            case .dropped: tell(.promptEnded(playback.id), at: position)
            case .ended(let heard, let length, let reason):
                record(
                    .promptEnded(
                        PromptEnded(
                            prompt: playback.id.rawValue, heard: (Double(heard) / rate).inMicroseconds,
                            length: (Double(length) / rate).inMicroseconds, reason: reason)), at: position)
                tell(.promptEnded(playback.id), at: position)
            }
        }
    }

    private mutating func recordStart(of playback: Playback, at position: SampleTime) {
        let text: DisclosableText
        var isAudioFile = false
        switch playback.source {
        case .audioFile(let path), .serviceFile(let path):
            text = .open(path)
            isAudioFile = true
        case .text(let spoken): text = DisclosableText(spoken.text, isSensitive: spoken.isSensitive)
        case .silence: text = .open("")
        }
        record(
            .promptStarted(
                PromptStarted(
                    prompt: playback.id.rawValue, topic: playback.topic, action: playback.action, text: text,
                    isAudioFile: isAudioFile)), at: position)
    }
}

extension Double {
    /// Rounded to the microsecond, as every time in events is.
    fileprivate var inMicroseconds: Double { (self * 1_000_000).rounded() / 1_000_000 }
}
