import CallControl
import Glibc
import RTP
import Replay
import SIP
import Telephony
import Transport

/// Places one call and lives through it: SIP by the user agent of the service, what is heard by its front end, what is said
/// by the script of a test call. On a thread of its own, a millisecond a turn.
struct TestPhone<Observer: PhoneObserver>: ~Copyable {
    private enum Phase: Equatable {
        case calling, answered, ending
        case over
    }

    private let plan: PhonePlan
    private let server: SignallingServer
    private let mailbox: Mailbox
    private(set) var observer: Observer
    private var agent: UserAgent
    private let sockets: MediaSockets
    private let ports: MediaPortPair
    private let room: UnsafeMutableRawBufferPointer
    private var ear: PhoneEar?
    private var voice: PhoneVoice?
    private var prompts = HeardPrompts()
    private var phase = Phase.calling
    private var handle: SIPCallHandle?
    private var answeredAt = Instant.zero
    private var endsAt: Instant?
    private var context: CallContext
    private var outcome: PhoneOutcome
    /// What is known of a call that is not answered.
    private var refusal: PhoneOutcome.Refusal
    private var isRinging = false
    private var isHangingUp = false

    init(
        _ plan: PhonePlan, _ configuration: UserAgentConfiguration, _ server: SignallingServer, _ mailbox: Mailbox,
        bindTo address: TransportAddress, _ observer: Observer
    ) throws {
        let sockets = try TestPhone.sockets(at: address)
        ports = sockets.pairs[0]
        self.sockets = sockets
        self.plan = plan
        self.server = server
        self.mailbox = mailbox
        self.observer = observer
        agent = UserAgent(configuration, entropy: Entropy(SystemRandomNumberGenerator()))
        room = .allocate(byteCount: 4_096, alignment: 16)
        context = CallContext(call: plan.call)
        refusal = PhoneOutcome.Refusal(
            cause: .timeout, hop: plan.hops.first, ringing: plan.ringing,
            hasCredentials: plan.peer.credentials != nil)
        outcome = .unanswered(refusal)
    }

    deinit { room.deallocate() }

    /// One pair of ports for media, drawn until there is one that nobody has.
    private static func sockets(at address: TransportAddress) throws(TransportError) -> MediaSockets {
        for _ in 0..<100 {
            let first = 40_000 + UInt16.random(in: 0..<5_000) * 2
            if let sockets = try? MediaSockets(address, ports: first...(first + 1), dscp: 46) { return sockets }
        }
        return try MediaSockets(address, ports: 40_000...49_999, dscp: 46)
    }

    /// Calls, and comes back when the call is over.
    ///
    /// - Throws: when media or the recording cannot be opened.
    mutating func run() throws -> PhoneOutcome {
        let now = MonotonicClock.now
        let local = LocalMedia(address: plan.host, port: ports.number)
        handle = agent.invite(
            OutgoingCall(
                to: plan.target, from: plan.from, hops: plan.hops, peer: plan.peer, routes: plan.routes, local: local,
                headers: plan.headers),
            at: now)
        record(.legDialled(LegDialled(leg: .far, role: .outsideNumber, target: .open(plan.to))), at: .zero)
        do {
            while phase != .over {
                try turn(at: MonotonicClock.now)
                usleep(1_000)
            }
        } catch {
            abandon()
            throw error
        }
        return outcome
    }

    /// Something is wrong at this end: the far end is told that the call is over, and not waited for.
    private mutating func abandon() {
        hangUp(at: MonotonicClock.now)
        while let message = agent.nextMessage() { server.send(message) }
        usleep(200_000)
    }

    private mutating func turn(at now: Instant) throws {
        for arrival in mailbox.take() {
            switch arrival {
            case .datagram(let octets, let hop):
                if let message = try? SIPMessage(parsing: octets) { note(message, from: hop) }
                agent.receive(octets, from: hop, at: now)
            case .message(let message, let hop):
                note(message, from: hop)
                agent.receive(message, from: hop, at: now)
            case .failed(let hop, let problem):
                // What is said second of one way is that it is closed.
                if refusal.problem == nil || refusal.hop != hop { (refusal.hop, refusal.problem) = (hop, problem) }
                agent.transportFailed(hop, at: now)
            case .unsecured: break
            }
        }
        if mailbox.isHungUp { hangUp(at: now) }
        agent.advance(to: now)
        while let event = agent.poll() { try take(event, at: now) }
        listen(at: now)
        try hear(at: now)
        speak(at: now)
        while let message = agent.nextMessage() { server.send(message) }
        if phase == .ending, agent.callCount == 0 || endsAt.map({ $0 <= now }) ?? true { phase = .over }
    }

    // MARK: - Signalling

    private mutating func note(_ message: SIPMessage, from hop: Hop) {
        guard let status = message.status, status >= 300 else { return }
        refusal.hop = hop
        refusal.warning = message.headers["Warning"].flatMap { text in
            let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
            return parts.count >= 3 ? String(parts[1]) : nil
        }
    }

    private mutating func take(_ event: UserAgentEvent, at now: Instant) throws {
        switch event {
        case .progress(_, let status, let media, _):
            if status == 180, !isRinging {
                isRinging = true
                record(.legRinging(LegRinging(leg: .far)), at: .zero)
            }
            if let media, ear == nil {
                observer.progressed("\(status) with early media")
                try begin(media, at: now)
            }
        case .answered(_, let media, _): try answered(media, at: now)
        case .mediaChanged(_, let media): if phase == .answered { try renew(media, at: now) }
        case .digit(_, let digit, _):
            record(.telemetry(Telemetry(name: "digitHeard", properties: ["digit": .open("\(digit)")])), at: time(now))
        case .ended(_, let ending): try ended(ending, at: now)
        default: break
        }
    }

    private mutating func answered(_ media: NegotiatedMedia, at now: Instant) throws {
        phase = .answered
        answeredAt = now
        record(
            .callStarted(
                CallStarted(
                    from: plan.from.uri.user ?? "", to: plan.to, agent: "", codec: media.format.name,
                    startedAt: MonotonicClock.wallTime)), at: .zero)
        record(.callAnswered(CallAnswered(answeredAt: MonotonicClock.wallTime)), at: .zero)
        record(.legAnswered(LegAnswered(leg: .far, codec: media.format.name)), at: .zero)
        try renew(media, at: now)
        guard let description = ear?.media else {
            outcome = .noMedia
            return hangUp(at: now)
        }
        voice = try PhoneVoice(plan, description, at: now)
    }

    private func description(_ media: NegotiatedMedia) -> MediaDescription? {
        let trunk = Trunk(name: "far end", signalling: [], media: [])
        return MediaDescription(media, ports: ports, trunk: trunk)
    }

    private mutating func begin(_ media: NegotiatedMedia, at now: Instant) throws {
        guard let description = description(media) else { return }
        ear = PhoneEar(plan, description, at: now)
    }

    /// Other media than were settled before: what was heard by then is told, and listening begins anew.
    private mutating func renew(_ media: NegotiatedMedia, at now: Instant) throws {
        guard let description = description(media) else { return }
        if let known = ear?.media, known.isLike(description) { return }
        if ear != nil { try closeEar(at: now) }
        ear = PhoneEar(plan, description, at: now)
    }

    private mutating func hangUp(at now: Instant) {
        guard let handle, phase != .ending, phase != .over, !isHangingUp else { return }
        isHangingUp = true
        agent.hangUp(handle, at: now)
    }

    private mutating func ended(_ ending: CallEnding, at now: Instant) throws {
        let wasAnswered = phase == .answered
        phase = .ending
        endsAt = now + .seconds(4)
        let isFarEnd = ending.cause == .farEnd
        record(
            .legEnded(
                LegEnded(leg: .far, reason: isFarEnd ? .hungUp : LegEndReason(ending), cause: ending.q850)),
            at: wasAnswered ? time(now) : .zero)
        guard wasAnswered else {
            refusal.cause = ending.cause
            outcome = .unanswered(refusal)
            if ear != nil { try closeEar(at: now) }
            return
        }
        try closeEar(at: now)
        record(
            .callEnded(
                CallEnded(
                    by: isFarEnd ? .parley : .caller, cause: .normalClearing,
                    outcome: isFarEnd ? .resolvedImplied : .abandoned, duration: time(now).roundedSeconds)),
            at: time(now))
        if case .noMedia = outcome { return }
        outcome = .completed(context)
    }

    private mutating func closeEar(at now: Instant) throws {
        ear?.end(at: now)
        try take(ear?.heard() ?? [], at: now)
        try ear?.finish()
    }

    // MARK: - Media

    private mutating func listen(at now: Instant) {
        for isRTCP in [false, true] {
            let port = Int(isRTCP ? ports.rtcp.rawValue : ports.rtp.rawValue)
            while let (count, source) = sockets.receive(port, into: room) {
                let octets = UnsafeRawBufferPointer(rebasing: room[0..<min(count, room.count)])
                ear?.receive(Span(_unsafeBytes: octets), isRTCP: isRTCP, from: source, at: now)
            }
        }
        ear?.advance(to: now)
    }

    private mutating func hear(at now: Instant) throws {
        guard phase == .answered || phase == .calling else { return }
        try take(ear?.heard() ?? [], at: now)
        for event in prompts.advance(to: time(now), call: plan.call) { voice?.observe(event, at: now) }
    }

    /// What the far end did, in the words of a call: to its front end it is a caller.
    private mutating func take(_ facts: [CallEvent], at now: Instant) throws {
        for fact in facts {
            switch fact.body {
            case .speechStarted: prompts.began(at: time(now))
            case .speechEnded(let body):
                prompts.paused(at: time(now))
                record(.legSpoke(LegSpoke(leg: .far, start: body.start, end: body.end)), at: fact.at)
            case .digit(let body):
                let properties = ["digit": body.digit, "source": .open(body.source.rawValue)]
                record(.telemetry(Telemetry(name: "digitHeard", properties: properties)), at: fact.at)
            case .mediaQuality: record(fact.body, at: fact.at)
            default: break
            }
        }
    }

    private mutating func speak(at now: Instant) {
        guard phase == .answered, let handle else { return }
        for signal in voice?.act(at: now) ?? [] {
            switch signal {
            case .infoDigit(let digit): agent.sendKey(handle, digit, at: now)
            case .hangUp: hangUp(at: now)
            case .command: break
            }
        }
        voice?.send(on: sockets, at: now)
        for body in voice?.deeds(since: answeredAt, at: now) ?? [] { record(body, at: time(now)) }
        if now - answeredAt >= plan.limit { hangUp(at: now) }
    }

    // MARK: - The account

    private func time(_ now: Instant) -> Interval { answeredAt == .zero ? .zero : now - answeredAt }

    private mutating func record(_ body: CallEventBody, at time: Interval) {
        let event = CallEvent(at: time, call: plan.call, body: body)
        context.record(event)
        observer.happened(event)
    }
}

extension LegID {
    /// The one who is called.
    fileprivate static let far = LegID(1)
}

extension LegEndReason {
    fileprivate init(_ ending: CallEnding) {
        switch ending.cause {
        case .local, .farEnd: self = .released
        case .timeout, .canceled: self = .noAnswer
        case .refused(let status): self = status == 486 || status == 600 ? .busy : .refused
        case .sessionExpired, .transport, .media: self = .failed
        }
    }
}

extension MediaDescription {
    /// Whether what was heard so far goes on as it is.
    fileprivate func isLike(_ other: MediaDescription) -> Bool {
        codec == other.codec && payloadType == other.payloadType && remote == other.remote && keys == other.keys
            && telephoneEventPayloadType == other.telephoneEventPayloadType
    }
}
