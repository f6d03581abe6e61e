import CallFlow
import DSP
import FrontEnd
import Telephony

// Legs that a call grows: dialled, answered, placed, let go.

extension Call {
    func index(of leg: LegID) -> Int? {
        joined.firstIndex { $0.id == leg }
    }

    /// Calls somebody.
    ///
    /// - Parameter listener: who hears that it rings.
    @discardableResult
    mutating func dial(_ plan: DialPlan, ringsFor listener: LegID? = nil, at now: Instant) -> LegID {
        lastLeg += 1
        let leg = LegID(lastLeg)
        joined.append(JoinedLeg(leg, plan, ringsFor: listener, at: now))
        record(.legDialled(LegDialled(leg: leg, role: plan.role, target: .open(plan.target))))
        if let reference = plan.reference { outputs.append(.dialled(id, leg, reference: reference)) }
        outputs.append(.leg(id, .dial(leg, plan)))
        if let listener { ring(for: listener, plan.ringback) }
        return leg
    }

    /// Takes what became of a leg.
    mutating func take(_ event: LegEvent, configuration: SwitchboardConfiguration, at now: Instant) {
        guard !isOver else { return }
        switch event {
        case .ringing(let leg): rings(leg)
        case .early(let leg, let media):
            guard let index = index(of: leg), joined[index].isCalling,
                open(index, media, configuration: configuration, at: now)
            else { return }
            joined[index].beginEarly(at: now)
        case .answered(let leg, let media):
            guard let index = index(of: leg), joined[index].isCalling else { return }
            guard open(index, media, configuration: configuration, at: now) else {
                return give(up: leg, .failed, cause: 65, at: now)
            }
            answered(index, at: now)
        case .mediaChanged(let leg, let media):
            guard let index = index(of: leg) else { return }
            if !open(index, media, configuration: configuration, at: now) { give(up: leg, .failed, cause: 65, at: now) }
        case .refused(let leg, let reason, let cause, let status, let rule):
            lose(leg, reason, cause: cause, status: status, rule: rule, at: now)
        case .hungUp(let leg): lose(leg, .hungUp, cause: 16, at: now)
        case .replaced: break
        case .infoDigit(let leg, let digit, let duration):
            if let index = index(of: leg) { joined[index].leg?.infoDigit(digit, durationInMilliseconds: duration) }
        case .referred(let leg, let id, let target, let replaces, let wishes):
            referred(by: leg, id: id, to: target, replacing: replaces, wishes ?? ReferredCall(by: leg, id: id), at: now)
        case .referProgress(let leg, let status, let isFinal):
            if leg == .caller { referProgressed(status, isFinal: isFinal, at: now) }
        }
    }

    private mutating func rings(_ leg: LegID) {
        guard let index = index(of: leg), case .dialling = joined[index].state else { return }
        joined[index].state = .ringing
        record(.legRinging(LegRinging(leg: leg)))
        tellReferrer(of: leg, status: 180)
    }

    /// Gives a leg its media.
    mutating func open(
        _ index: Int, _ media: MediaDescription, configuration: SwitchboardConfiguration, at now: Instant
    ) -> Bool {
        let isNew = joined[index].leg == nil
        // Every stream has numbers of its own, made of the call's entropy and the leg's place.
        var generator = SeededGenerator(
            seed: UInt64(admission.entropy.ssrc) << 32 ^ admission.entropy.dialogSeed
                ^ UInt64(joined[index].id.rawValue))
        do {
            try joined[index].open(
                media, entropy: CallEntropy(from: &generator), configuration: configuration, at: now)
        } catch {
            return false
        }
        if isNew {
            outputs.append(.opened(media.port))
            if media.rtcpPort != media.port { outputs.append(.opened(media.rtcpPort)) }
            mixer.fit(joined, callerRate: caller.sampleRate)
        } else {
            outputs.append(.moved(media.port))
        }
        return true
    }

    mutating func answered(_ index: Int, at now: Instant) {
        let leg = joined[index].id
        record(.legAnswered(LegAnswered(leg: leg, codec: joined[index].media?.codec.name ?? "")))
        tellReferrer(of: leg, status: 200)
        joined[index].pressKeys()
        guard let whisper = joined[index].plan.whisper else { return connect(leg, at: now) }
        joined[index].state = .whispering
        let playback = Playback(
            id: PlaybackID(leg.rawValue), source: whisper, topic: "", action: "whisper", bargeIn: .nothing)
        joined[index].player.enqueue(playback)
        let rate = joined[index].leg?.sampleRate ?? 8_000
        outputs.append(
            .request(requestID(.whisper, UInt64(leg.rawValue)), .prompt(whisper, sampleRate: rate, of: admission.agent))
        )
    }

    /// The whisper's audio is there, or cannot be had: then the party goes without.
    mutating func provideWhisper(_ audio: PCMAudio?, to leg: LegID) {
        guard let index = index(of: leg), case .whispering = joined[index].state else { return }
        if let audio {
            joined[index].player.provide(audio, for: PlaybackID(leg.rawValue))
        } else {
            _ = joined[index].player.drop(PlaybackID(leg.rawValue))
        }
    }

    /// A leg's party speaks with the others from now on.
    mutating func connect(_ leg: LegID, at now: Instant) {
        guard let index = index(of: leg) else { return }
        joined[index].state = .connected
        if let listener = joined[index].ringsFor { stopRinging(for: listener) }
        place(leg, joined[index].participation)
        connected(leg, at: now)
    }

    /// Changes how a leg takes part.
    mutating func place(_ leg: LegID, _ participation: Participation) {
        let wasHeld: Bool
        if leg == .caller {
            wasHeld = callerPlace.room == .hold
            callerPlace = participation
        } else {
            guard let index = index(of: leg) else { return }
            wasHeld = joined[index].participation.room == .hold
            joined[index].participation = participation
        }
        record(.legPlaced(LegPlaced(leg: leg, participation)))
        let isHeld = participation.room == .hold
        isHeld ? playMusic(for: leg) : stopRinging(for: leg)
        if isHeld != wasHeld { outputs.append(.leg(id, .hold(leg, isHeld: isHeld))) }
    }

    /// Ends a leg on the call's own account.
    ///
    /// - Parameter reason: another than that it is let go where its party did not answer.
    mutating func release(
        _ leg: LegID, _ cause: HangupCause = .normalClearing, as reason: LegEndReason = .released, at now: Instant
    ) {
        guard index(of: leg) != nil else { return }
        outputs.append(.leg(id, .release(leg, cause)))
        remove(leg, reason, cause: reason == .released ? cause.q850 : reason.q850)
    }

    /// Gives up a leg that did not come, and tells who waits for it.
    mutating func give(up leg: LegID, _ reason: LegEndReason, cause: Int, at now: Instant) {
        outputs.append(.leg(id, .release(leg, .normalClearing)))
        lose(leg, reason, cause: cause, at: now)
    }

    /// A leg is gone that the call did not let go.
    private mutating func lose(
        _ leg: LegID, _ reason: LegEndReason, cause: Int, status: Int? = nil, rule: OutboundRefusal? = nil,
        at now: Instant
    ) {
        guard let index = index(of: leg) else { return }
        let (listener, wasCalling) = (joined[index].ringsFor, joined[index].isCalling)
        if let listener, !joined[index].isConnected { stopRinging(for: listener) }
        if wasCalling { tellReferrer(of: leg, status: status ?? reason.sipStatus) }
        remove(leg, reason, cause: cause, rule: rule)
        if callersSuccessorLost(leg) { return }
        left(leg, reason, at: now)
    }

    private mutating func remove(_ leg: LegID, _ reason: LegEndReason, cause: Int, rule: OutboundRefusal? = nil) {
        guard let index = index(of: leg) else { return }
        if let speech = joined[index].leg?.finishListening() { spoke(leg, speech, index) }
        record(.legEnded(LegEnded(leg: leg, reason: reason, cause: cause, rule: rule)))
        if let audio = joined[index].recorder?.finish() { outputs.append(.recorded(id, audio)) }
        let gone = joined.remove(at: index)
        if let media = gone.media {
            outputs.append(.closed(media.port))
            if media.rtcpPort != media.port { outputs.append(.closed(media.rtcpPort)) }
        }
        mixer.fit(joined, callerRate: caller.sampleRate)
    }

    /// Lets all legs go at the end of the call.
    mutating func releaseAll(_ cause: HangupCause) {
        while let leg = joined.last?.id {
            outputs.append(.leg(id, .release(leg, cause)))
            remove(leg, .released, cause: cause.q850)
        }
    }

    // MARK: - Every tick

    /// Records what the parties say, beside the caller's next frame as what the caller hears is.
    mutating func recordLegs(isSecret: Bool) {
        guard admission.recordsLegs else { return }
        for party in joined where party.isConnected {
            guard let heard = party.heard else { continue }
            if party.recorder == nil {
                party.recorder = LegRecorder(
                    party.id, sampleRate: heard.sampleRate, from: mediaTime(caller.position))
            }
            let chunk = party.recorder?.take(heard.frame.span, isSecret: isSecret)
            if let chunk { outputs.append(.recorded(id, chunk)) }
        }
    }

    mutating func receive(
        datagram: Span<UInt8>, of leg: LegID, isRTCPPort: Bool, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        let refusal = pass(datagram, to: leg, isRTCPPort: isRTCPPort, from: source, at: now)
        if journal != nil { journal(datagram, of: leg, isRTCPPort: isRTCPPort, from: source, refusal, at: now) }
        return refusal
    }

    private mutating func pass(
        _ datagram: Span<UInt8>, to leg: LegID, isRTCPPort: Bool, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        if leg == .caller { return caller.receive(datagram: datagram, isRTCPPort: isRTCPPort, from: source, at: now) }
        guard let index = index(of: leg), joined[index].leg != nil else { return .unknownPort }
        return joined[index].leg?.receive(datagram: datagram, isRTCPPort: isRTCPPort, from: source, at: now) ?? nil
    }

    mutating func playOut(at tick: Instant) {
        caller.playOut(at: tick)
        for leg in joined { leg.leg?.playOut(at: tick) }
    }

    mutating func listen() {
        let byLevel = passing.isMutual && joined.first?.isOnlyTimed == true
        caller.listen(byLevel: byLevel)
        for leg in joined { leg.listen(byLevel: byLevel) }
    }

    /// Gives up what has rung for too long, hears what the parties do, and connects who has heard the whisper.
    mutating func decideLegs(at now: Instant) {
        guard !joined.isEmpty else { return }
        var index = 0
        while index < joined.count {
            let leg = joined[index].id
            if joined[index].isCalling, joined[index].ringEnds <= now {
                give(up: leg, .noAnswer, cause: 19, at: now)
                continue
            }
            if case .whispering = joined[index].state, joined[index].player.isIdle { connect(leg, at: now) }
            if joined[index].takesOverRinging(), joined[index].ringsFor == .caller { callerBackground.stop() }
            hear(leg, at: now)
            index += 1
        }
    }

    private mutating func hear(_ leg: LegID, at now: Instant) {
        guard let index = index(of: leg) else { return }
        while joined[index].player.nextEvent() != nil {}
        while let event = joined[index].leg?.nextEvent() {
            switch event {
            case .speechEnded(let start, let end): spoke(leg, start..<max(start, end), index)
            case .digit(let event): relay(event, of: leg)
            case .toneStarted(let tone, _):
                guard let reason = joined[index].end(by: tone) else { continue }
                // Nothing more is heard of a leg that is gone.
                return give(up: leg, reason, cause: reason.q850, at: now)
            default: break
            }
        }
    }

    /// Puts what a party said into the account, on the call's own time.
    private mutating func spoke(_ leg: LegID, _ span: Range<SampleTime>, _ index: Int) {
        joined[index].spoke()
        guard joined[index].isConnected, let rate = joined[index].leg?.clockRate,
            let position = joined[index].leg?.position
        else { return }
        let now = mediaTime(caller.position)
        let start = now - rate.interval(ticks: position - span.lowerBound)
        let end = now - rate.interval(ticks: position - span.upperBound)
        record(
            .legSpoke(
                LegSpoke(leg: leg, start: max(.zero, start).roundedSeconds, end: max(.zero, end).roundedSeconds)))
    }

    /// Mixes what the parties say to each other.
    mutating func mixLegs() {
        guard !joined.isEmpty else {
            if passing.partner != nil { _ = passesAll() }
            return
        }
        guard !passesAll() else { return }
        mixer.mix(
            joined, LegMixer.CallerSide(frame: caller.heard, sampleRate: caller.sampleRate, place: callerPlace))
        caller.add(mixer.toCaller)
    }

    // MARK: - Ringing and music

    mutating func ring(for listener: LegID, _ ringback: Ringback) {
        switch ringback {
        case .tone, .farEnd:
            if listener == .caller {
                callerBackground.ring(sampleRate: caller.sampleRate)
            } else if let index = index(of: listener), let rate = joined[index].leg?.sampleRate {
                joined[index].background.ring(sampleRate: rate)
            }
        case .music(let prompt): play(prompt, underneath: listener)
        }
    }

    /// Plays music again and again.
    mutating func play(_ music: PromptSource, underneath listener: LegID) {
        if listener == .caller {
            guard callerBackground.play(music) else { return }
            askForMusic(music, listener, callerBackground.generation, caller.sampleRate)
        } else if let index = index(of: listener), let rate = joined[index].leg?.sampleRate {
            guard joined[index].background.play(music) else { return }
            askForMusic(music, listener, joined[index].background.generation, rate)
        }
    }

    private mutating func askForMusic(_ music: PromptSource, _ leg: LegID, _ generation: UInt64, _ sampleRate: Int) {
        let number = UInt64(leg.rawValue & 0xFFF) << 16 | generation & 0xFFFF
        outputs.append(.request(requestID(.music, number), .prompt(music, sampleRate: sampleRate, of: admission.agent)))
    }

    /// The music that was asked for is there.
    mutating func provideMusic(_ audio: PCMAudio, _ number: UInt64) {
        let (leg, generation) = (LegID(Int(number >> 16)), number & 0xFFFF)
        if leg == .caller {
            callerBackground.provide(audio, generation: generation)
        } else if let index = index(of: leg) {
            joined[index].background.provide(audio, generation: generation)
        }
    }

    private mutating func playMusic(for leg: LegID) {
        if let music = holdMusic { play(music, underneath: leg) } else { stopRinging(for: leg) }
    }

    /// It rings no longer: a caller who waits hears the music of the wait again, or still.
    mutating func stopRinging(for listener: LegID) {
        if listener == .caller {
            if handover?.isBridged == false, let music = handover?.wait?.music {
                return play(music, underneath: .caller)
            }
            callerBackground.stop()
        } else if let index = index(of: listener) {
            joined[index].background.stop()
        }
    }
}

extension LegEndReason {
    /// ITU-T Q.850.
    fileprivate var q850: Int {
        switch self {
        case .hungUp, .released: 16
        case .busy: 17
        case .noAnswer: 19
        case .refused, .notAllowed: 21
        case .failed: 34
        }
    }

    /// What a party that referred is told of it where no far end gave a status of its own (RFC 3515 section 2.4.5).
    var sipStatus: Int {
        switch self {
        case .hungUp, .released: 487
        case .busy: 486
        case .noAnswer: 480
        case .refused: 603
        case .notAllowed: 403
        case .failed: 503
        }
    }
}
