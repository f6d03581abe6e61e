import BasicContainers
import CallFlow
import DSP
import DequeModule
import Telephony

/// A call: the legs around one conversation, the dialog that leads it and the record of it.
///
/// A call stays on the shard on which it arrived, and so does every leg that it grows. All its legs have their turn in
/// the same phase of the tick.
struct Call: ~Copyable {
    let id: CallID
    /// The number of this call on its shard: the upper half of its requests' numbers.
    let serial: UInt32
    /// The slot of the shard that says where this call is.
    var slot = 0
    let admission: Admission
    /// The caller's media, as it is now.
    var callerMedia: MediaDescription
    /// The caller's leg.
    var caller: Leg
    /// The legs that the call grew, in the order in which they were dialled.
    var joined: [JoinedLeg] = []
    var lastLeg = 0
    var mixer = LegMixer()
    var passing = PassingOn()
    var callerPlace = Participation.speaking
    var callerBackground = Background()
    /// Presses the keys that other parties press, for the caller to get.
    var callerPresser: KeyPresser?
    /// Played to who is on hold.
    let holdMusic: PromptSource?
    var handover: Handover?
    var callerReferral: CallerReferral?
    var announcements = 0
    var session: Session
    var player: PromptPlayer
    var utterance: UtteranceTracker
    var recorder: CallRecorder?
    /// None when no recogniser takes audio.
    var recognitionTap: RecognitionTap?
    var context: CallContext
    /// What the session asked for and what the caller's prompts must be finished before.
    var closing: Closing?
    /// A secret is being asked for: keys and words are redacted, recordings are silent.
    var takesSecret = false
    /// Ticks for which the line may still give back something secret that the caller was told.
    var secretEchoTicks = 0
    /// 300 ms: longer than the echo path of any telephone network.
    static let longestEchoInTicks = 15
    /// When the last secret was given: what the caller says until then, and may be heard later, is the secret's still.
    var secretEnd = SampleTime(ticks: .min)
    /// When the news happened that the session was told last.
    var newsTime = SampleTime(ticks: .min)
    /// Something came in since the last `decide()`.
    var hasNews = true
    /// When the session must next be told the time, as it was when its wishes were done last: to ask it is to copy it.
    var sessionDeadline: SampleTime?
    private(set) var isOver = false
    /// Why the call ended.
    private(set) var endCause: HangupCause?
    /// Since when Parley has said and asked nothing.
    var quietSince: Instant?
    var outputs: Deque<SwitchboardOutput> = []
    /// Keeps what enters the call and what it sends; none unless the shard keeps journals.
    var journal: CallJournal?

    /// What happens once the last prompt has been played.
    enum Closing {
        case hangUp(HangupCause)
        case transfer(TransferRequest)
    }

    init(
        _ admission: Admission, serial: UInt32, configuration: SwitchboardConfiguration, at now: Instant
    ) throws(CodecError) {
        id = admission.call
        self.serial = serial
        self.admission = admission
        callerMedia = admission.caller
        holdMusic = configuration.holdMusic
        caller = try Leg(
            admission.caller, entropy: admission.entropy, configuration: configuration, hearsCallProgress: false,
            at: now)
        let diversion = Diversion(admission.headers, called: admission.to)
        let facts = CallFacts(
            id: admission.call, from: admission.from, to: admission.to, startedAt: admission.startedAt,
            timeZone: admission.timeZone, headers: admission.headers, seed: admission.entropy.dialogSeed,
            lookUpLimit: admission.lookUpLimit, diversion: diversion)
        session = Session(agent: admission.agent, call: facts, clockRate: admission.caller.codec.clockRate)
        player = PromptPlayer(sampleRate: admission.caller.codec.sampleRate)
        utterance = UtteranceTracker(clockRate: admission.caller.codec.clockRate)
        recorder =
            admission.recordsAudio
            ? CallRecorder(
                sampleRate: admission.caller.codec.sampleRate, clockRate: admission.caller.codec.clockRate) : nil
        recognitionTap =
            configuration.sendsRecognitionAudio
            ? RecognitionTap(
                configuration.frontEnd, sampleRate: admission.caller.codec.sampleRate,
                clockRate: admission.caller.codec.clockRate) : nil
        context = CallContext(call: admission.call)
        record(
            .callStarted(
                CallStarted(
                    from: admission.from, to: admission.to, agent: admission.agent.name,
                    codec: admission.caller.codec.name, startedAt: admission.startedAt, diversion: diversion)))
        record(.callAnswered(CallAnswered(answeredAt: admission.startedAt + admission.ringing)))
        if let callBack = admission.callBack { begin(callBack) } else { session.start(at: .zero) }
    }

    var clockRate: ClockRate { caller.clockRate }

    /// Media time of a position of the caller's leg, which is its place in a recording.
    @inline(__always) func mediaTime(_ position: SampleTime) -> Interval { clockRate.interval(ticks: position.ticks) }

    /// Puts an event into the account and the record.
    mutating func record(_ body: CallEventBody, at position: SampleTime? = nil) {
        let event = CallEvent(at: mediaTime(position ?? caller.position), call: id, body: body)
        context.record(event)
        outputs.append(.fact(event))
    }

    /// Ends the call: says so, seals the record and lets the ports go.
    mutating func end(by party: Party, _ cause: HangupCause) {
        guard !isOver else { return }
        player.stop(.callEnded)
        reportPrompts()
        let hasLeftMessage = closeVoicemail(.hungUp)
        if let request = utterance.abandon() { outputs.append(.cancel(requestID(request))) }
        releaseAll(cause)
        if handover?.isBridged == false {
            outputs.append(.cancel(requestID(.transfer, 0)))
            if party == .caller {
                record(.transferEnded(TransferEnded(outcome: hasLeftMessage ? .voicemail : .callerGone)))
            }
        }
        if let audio = recorder?.finish() { outputs.append(.recorded(id, audio)) }
        record(.mediaQuality(caller.quality))
        let duration = caller.time.roundedSeconds
        record(.callEnded(CallEnded(by: party, cause: cause, outcome: outcome(by: party, cause), duration: duration)))
        isOver = true
        endCause = cause
        outputs.append(.sealed(context))
        outputs.append(.closed(callerMedia.port))
        if callerMedia.rtcpPort != callerMedia.port { outputs.append(.closed(callerMedia.rtcpPort)) }
    }

    /// The caller was to be handed over and has been with nobody, nor left a message.
    private var waitsInVain: Bool {
        guard let handover, !handover.isBridged, !handover.wasBridged else { return false }
        return context.voicemail == nil
    }

    private func outcome(by party: Party, _ cause: HangupCause) -> CallOutcome {
        if let outcome = session.outcome, outcome != .escalated || !waitsInVain { return outcome }
        if wasServedByCallBack { return .escalated }
        switch (party, cause) {
        case (_, .temporaryFailure), (_, .limitReached), (_, .mediaTimeout): return .failed
        case (_, .transferred): return .escalated
        case (.caller, _): return .abandoned
        case (.agent, _): return .escalated
        case (.parley, _): return waitsInVain ? .failed : .resolvedImplied
        }
    }
}

// MARK: - Numbers of requests

extension Call {
    /// The kinds of request that count for themselves within a call.
    enum RequestKind: UInt64 {
        /// Numbered by the session.
        case session = 0
        /// Numbered by the prompt.
        case prompt = 1
        case transfer = 2
        /// Numbered by the leg that is told something.
        case whisper = 3
        /// Numbered by the leg and by what it heard before.
        case music = 4
    }

    /// The number on the shard of one of this call's requests.
    func requestID(_ kind: RequestKind, _ number: UInt64) -> RequestID {
        RequestID(UInt64(serial) << 32 | kind.rawValue << 28 | (number & 0x0FFF_FFFF))
    }

    func requestID(_ local: RequestID) -> RequestID { requestID(.session, local.rawValue) }

    /// The call and the number within it that a request's number stands for.
    static func split(_ id: RequestID) -> (serial: UInt32, kind: RequestKind, number: UInt64)? {
        guard let kind = RequestKind(rawValue: id.rawValue >> 28 & 0xF) else { return nil }
        return (UInt32(truncatingIfNeeded: id.rawValue >> 32), kind, id.rawValue & 0x0FFF_FFFF)
    }
}
