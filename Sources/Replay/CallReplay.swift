package import CallControl
package import CallFlow
import Distribution
package import Telephony

/// What a replayed call needs of the outside: everything else it brings along.
package protocol ReplayOutside: Sendable {
    /// The audio of a prompt at so many samples a second.
    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio
    /// The answer to a request that no stub of the test call answers; `nil` when requests do not leave a replay.
    func answer(to request: HTTPRequest) async -> HTTPReply?
}

/// What came of a replay.
package struct ReplayResult: Sendable {
    package var events: [CallEvent] = []
    package var context: CallContext
    /// What became of each of the caller's packets of keys, in order; empty unless the trace was asked for.
    package var keyPackets: [KeyPacket] = []
    /// The call's journal; empty unless the switchboard keeps one.
    package var journal: [UInt8] = []
    /// The step that the caller still waited to begin when the call ended.
    package var unreachedStep: CallerStep?
    /// What the caller heard; empty unless asked for.
    package var heard: [Int16] = []
    /// What is known of the calls that called the caller back, in order.
    package var callBacks: [CallContext] = []
    /// What the other parties heard, in their order; empty unless asked for.
    package var heardByParties: [(name: String, audio: PCMAudio)] = []
}

/// A telephone-event packet that the caller sent, and when its copies arrived.
package struct KeyPacket: Sendable {
    package var digit: Digit
    package var arrivals: [Instant]
}

/// What a replay keeps and where it sends what it finds on the way.
package struct ReplayOptions: Sendable {
    package var switchboard = SwitchboardConfiguration()
    /// Gives audio of both sides to ``ReplayObserver/recorded(_:)``.
    package var recordsAudio = false
    /// Each further party has a recording of its own besides.
    package var recordsLegs = false
    package var keepsTrace = false
    package var keepsHeard = false

    package init() {}
}

/// Who looks on while a call is replayed.
package protocol ReplayObserver {
    mutating func happened(_ event: CallEvent) throws
    mutating func recorded(_ audio: RecordedAudio) throws
}

/// Looks on at nothing.
package struct SilentObserver: ReplayObserver {
    package init() {}
    package mutating func happened(_ event: CallEvent) {}
    package mutating func recorded(_ audio: RecordedAudio) {}
}

/// Turns the crank of a ``Switchboard`` for one test call: a caller made of audio and keys, a seeded network, a virtual
/// clock that jumps to the next deadline.
///
/// The same call, agent and seed give the same events and the same recording, byte for byte: nothing here reads a clock
/// or draws a number but from the seed.
package struct CallReplay: ~Copyable {
    private let call: TestCall
    private let options: ReplayOptions
    private let outside: any ReplayOutside
    private var switchboard: Switchboard
    private var caller: Caller
    private var network: Network
    private var answers: AnswerQueue
    private var recogniser: ScriptedRecogniser
    private var now = Instant.zero
    private var result: ReplayResult
    private var datagram: [UInt8] = []
    private var isOver = false
    /// The call that came in is over; its caller may be called back.
    private var callerIsGone = false
    /// The call that goes on.
    private var current: CallID
    private let agent: Agent
    private var callsBack = 0
    private var callersReferrals: UInt32 = 0
    private var transfers = 0
    private let actors: [Actor]
    /// Agents who were called for the hand-over in hand.
    private var agentsTried = 0
    private var seeksExperts = false
    private var desk: Desk?
    /// What whoever takes the call is told, by the dialog's wish.
    private var whisper: PromptSource?

    /// - Throws: ``ReplayError`` when the caller's codec cannot be opened.
    package init(
        of call: TestCall, agent: Agent, outside: any ReplayOutside, options: ReplayOptions = ReplayOptions()
    ) throws {
        self.call = call
        self.agent = agent
        self.options = options
        self.outside = outside
        var configuration = options.switchboard
        if let music = call.holdMusic { configuration.holdMusic = .audioFile(path: music) }
        switchboard = Switchboard(configuration)
        var generator = SeededGenerator(seed: call.seed)
        let id = CallID("replay-" + call.name)
        current = id
        caller = try Caller(
            Caller.Line(
                codec: call.codec, keys: call.keys, echo: call.echo, driftInPPM: call.network.driftInPPM,
                script: call.script, number: 0),
            entropy: &generator, keepsHeard: options.keepsHeard)
        network = Network(call.network, seed: generator.next(), keepsTrace: options.keepsTrace)
        answers = AnswerQueue(stubs: call.stubs)
        recogniser = ScriptedRecogniser(delay: call.recognitionDelay)
        let seed = call.seed
        actors = (call.parties + call.callBacks).enumerated().map { index, party in
            Actor(
                party, number: index + 1, network: call.network,
                generator: SeededGenerator(seed: seed &+ UInt64(index + 1)), keepsHeard: options.keepsHeard)
        }
        desk = call.centre.map { Desk($0, call.parties, wall: call.startsAt) }
        result = ReplayResult(context: CallContext(call: id))
        var admission = Admission(
            call: id, from: call.from, to: call.to, startedAt: call.startsAt, timeZone: call.timeZone,
            headers: call.headers, agent: agent, caller: caller.offer, entropy: CallEntropy(from: &generator),
            recordsAudio: options.recordsAudio, lookUpLimit: call.lookUp?.limit)
        admission.recordsLegs = options.recordsLegs
        switchboard.receive(.admit(admission), at: now)
    }

    /// Runs the call to its end.
    package consuming func run(_ observer: inout some ReplayObserver) async throws -> ReplayResult {
        try await drain(&observer)
        while !isOver {
            now = nextMoment()
            try await step(&observer)
        }
        if options.keepsTrace {
            result.keyPackets = caller.keyPackets.map {
                KeyPacket(digit: $0.digit, arrivals: network.trace[$0.packet].arrivals)
            }
        }
        result.heard = caller.takeHeard()
        result.heardByParties = actors.filter { $0.party.role != .caller || $0.wasCalled }.map {
            (name: $0.party.name, audio: $0.takeHeard())
        }
        result.unreachedStep = caller.pendingStep
        return result
    }

    /// The earliest time at which anything is due.
    private mutating func nextMoment() -> Instant {
        var next = now + call.limit
        for due in [switchboard.deadline, answers.nextDue, desk?.deadline] {
            if let due, due < next { next = due }
        }
        if !callerIsGone {
            for due in [caller.deadline, network.nextArrival] {
                if let due, due < next { next = due }
            }
        }
        for actor in actors {
            if let due = actor.deadline, due < next { next = due }
        }
        return max(now, next)
    }

    /// Does what is due now: one mutation after another, each drained before the next.
    private mutating func step(_ observer: inout some ReplayObserver) async throws {
        while !callerIsGone, let packet = network.receive(at: now) {
            let port = packet.isRTCP ? caller.offer.rtcpPort : caller.offer.port
            let source = packet.isRTCP ? caller.offer.remoteRTCP : caller.offer.remote
            switchboard.receive(datagram: packet.bytes.span, on: port, from: source, at: now)
            try await drain(&observer)
        }
        for actor in actors {
            while let (bytes, port, source) = actor.arrival(at: now) {
                switchboard.receive(datagram: bytes.span, on: port, from: source, at: now)
                try await drain(&observer)
            }
        }
        while let (request, reply) = answers.next(at: now) {
            switchboard.receive(.reply(request, reply), at: now)
            try await drain(&observer)
        }
        if let due = switchboard.deadline, due <= now {
            switchboard.advance(to: now)
            try await drain(&observer)
        }
        while let due = caller.deadline, due <= now, !callerIsGone {
            switch caller.act(into: &network, at: now) {
            case nil: break
            case .infoDigit(let digit): switchboard.receive(.infoDigit(result.context.call, digit), at: now)
            case .hangUp: switchboard.receive(.callerHungUp(result.context.call), at: now)
            case .command(.refer(let name)):
                callersReferrals += 1
                switchboard.receive(
                    .leg(
                        result.context.call,
                        .referred(.caller, id: callersReferrals, target: name, replaces: nil)), at: now)
            case .command: break
            }
            try await drain(&observer)
        }
        for actor in actors {
            while let due = actor.deadline, due <= now, !isOver { try await act(actor, &observer) }
        }
        desk?.advance(to: now)
        takeReplies()
        try await drain(&observer)
        if !isOver, now - Instant.zero >= call.limit {
            switchboard.receive(.callerHungUp(current), at: now)
            try await drain(&observer)
            isOver = true
        }
    }

    /// Takes all that the switchboard has to give; a loop, because an answer that is there at once is a mutation too.
    private mutating func drain(_ observer: inout some ReplayObserver) async throws {
        while true {
            while let outgoing = switchboard.nextDatagram(into: &datagram) {
                if !actors.contains(where: { $0.hear(datagram, on: outgoing.port) }) { caller.hear(datagram) }
            }
            guard let output = switchboard.poll() else { return }
            try await take(output, &observer)
        }
    }

    private mutating func take(_ output: SwitchboardOutput, _ observer: inout some ReplayObserver) async throws {
        switch output {
        case .fact(let event):
            result.events.append(event)
            if options.switchboard.journalLimit != nil, event.call == result.context.call {
                result.journal += JournalEntry.octets(fact: try JournaledCall.json(of: event))
            }
            if !callerIsGone { caller.observe(event, at: now) }
            for actor in actors { actor.observe(event, at: now) }
            desk?.happened(event, at: now)
            takeReplies()
            try observer.happened(event)
        case .recorded(let call, let audio): if call == result.context.call { try observer.recorded(audio) }
        case .request(let id, let request): await answer(request, id)
        case .cancel(let id): answers.cancel(id)
        case .sealed(let context):
            if context.call == result.context.call {
                result.context = context
                callerIsGone = true
            } else {
                result.callBacks.append(context)
            }
            isOver = callerIsGone && desk?.hasPromised != true
        case .journal(let call, .entries(let octets)), .journal(let call, .ended(let octets)):
            if call == result.context.call { result.journal += octets }
        case .journal(_, .began): break
        case .refused: throw ReplayError("\(call.name): the call was refused; its codec cannot be opened")
        case .leg(let call, let command): try await perform(command, call, &observer)
        case .dialled(let call, let leg, let reference): desk?.dialled(call, leg, reference: reference, at: now)
        case .closed, .moved, .opened, .signal, .line, .registration, .phone, .dialog, .dialogOver: break
        }
    }

    private mutating func answer(_ request: SwitchboardRequest, _ id: RequestID) async {
        switch request {
        case .prompt(let source, let sampleRate, _):
            do {
                let audio = try await outside.audio(for: source, sampleRate: sampleRate)
                answers.schedule(id, .prompt(audio), at: now)
            } catch {
                answers.schedule(id, .promptFailed(reason: "\(error)"), at: now)
            }
        case .openRecognition, .recognitionAudio: break
        case .finishRecognition(_, let start, let end):
            let (text, confidence) = recogniser.words(from: start, to: end, of: caller.spoken)
            answers.schedule(id, .recognized(text: text, confidence: confidence), at: now + recogniser.delay)
        case .http(_, let http):
            if let stub = answers.takeStub(for: http) {
                answers.schedule(id, .http(stub.reply), at: now + stub.delay)
            } else {
                let reply = await outside.answer(to: http) ?? .failed(.unreachable)
                answers.schedule(id, .http(reply), at: now)
            }
        case .ask(_, let question):
            let stub = call.answers.first { $0.fits(question) }
            answers.schedule(
                id, .questionAnswered(stub.map { .answered($0.text) } ?? .unavailable), at: now + (stub?.delay ?? .zero)
            )
        case .lookUpCaller:
            guard let lookUp = call.lookUp else { return }
            answers.schedule(id, .caller(lookUp.reply), at: now + lookUp.delay)
        case .transfer(let call, let request, let context) where desk != nil:
            desk?.seek(call, id, request, context, at: now)
            takeReplies()
        case .routeFailed(let call, let outcome) where desk != nil:
            desk?.routeFailed(call, outcome, at: now)
            takeReplies()
        case .callBackWanted(let call):
            desk?.callBackWanted(call, at: now)
            takeReplies()
        case .transfer(_, let request, let context) where request.kind == .callBack:
            let queue = request.queue?.name ?? ""
            answers.schedule(
                id, .routed(.promiseCallBack(CallBackPromise(queue: queue, number: context.from))), at: now)
        case .transfer(_, let request, _) where request.kind == .voicemail:
            answers.schedule(id, .routed(.voicemail(VoicemailPlan(request))), at: now)
        case .transfer(_, let request, _) where request.kind == .expert:
            seeksExperts = true
            answers.schedule(id, .routed(.dialAll(plans(for: request))), at: now)
        case .transfer(_, let request, _) where !actors.isEmpty:
            whisper = nil
            if case .open(let text)? = request.whisper {
                whisper = .text(
                    SpokenText(text: text, language: "en-US", voice: "", isPrivate: true, isSensitive: false))
            }
            agentsTried = 0
            seeksExperts = false
            answers.schedule(id, nextRoute(after: nil), at: now)
        case .routeFailed(_, let outcome):
            answers.schedule(id, seeksExperts ? .transferEnded(outcome) : nextRoute(after: outcome), at: now)
        case .transfer:
            let outcomes = call.transferOutcomes
            let outcome = outcomes.isEmpty ? .completed : outcomes[min(transfers, outcomes.count - 1)]
            transfers += 1
            answers.schedule(id, .transferEnded(outcome), at: now + .seconds(1))
        }
    }
}

// MARK: - Other parties

extension CallReplay {
    /// What the contact centre answers is on its way at once.
    private mutating func takeReplies() {
        while let (request, reply) = desk?.nextReply() { answers.schedule(request, reply, at: now) }
        while let wish = desk?.nextCallBack() {
            switch wish {
            case .place(let placement): originate(placement)
            case .withdraw(let call, let result): switchboard.receive(.withdraw(call, result), at: now)
            }
        }
    }

    /// Calls the caller back.
    private mutating func originate(_ placement: CallBackPlacement) {
        callsBack += 1
        var generator = SeededGenerator(seed: call.seed &+ UInt64(1_000 + callsBack))
        var origination = Origination(
            call: placement.call, from: placement.from, to: placement.to,
            startedAt: call.startsAt + (now - Instant.zero), agent: agent, plan: placement.plan,
            entropy: CallEntropy(from: &generator), callBack: placement.callBack)
        origination.timeZone = call.timeZone
        current = placement.call
        switchboard.receive(.originate(origination), at: now)
    }

    /// The caller's phone rings: as often as the test call says what the caller does then.
    private func ringCaller() -> [LegEvent] {
        guard let actor = actors.first(where: { $0.party.role == .caller && !$0.wasCalled }) else {
            return [.refused(.caller, .noAnswer, cause: 19)]
        }
        return actor.ring(.caller, at: now)
    }

    /// The next agent, or what became of the last one when there is none left.
    private mutating func nextRoute(after outcome: TransferOutcome?) -> SwitchboardInput.Reply {
        let agents = actors.filter { $0.party.role == .agent }
        while agentsTried < agents.count {
            agentsTried += 1
            let agent = agents[agentsTried - 1]
            guard agent.isFree else { continue }
            var plan = plan(for: agent.party)
            plan.whisper = plan.whisper ?? whisper
            return .routed(.dial(plan))
        }
        return .transferEnded(outcome ?? .failed)
    }

    /// The experts that the dialog wants, as far as the test call has them: by name, or by what they know.
    private func plans(for request: TransferRequest) -> [DialPlan] {
        var taken: [String] = []
        for wanted in request.experts {
            let actor = actors.first { actor in
                actor.isFree && !taken.contains(actor.party.name)
                    && (actor.party.name == wanted
                        || wanted.hasPrefix("skill:") && actor.party.skills.contains(String(wanted.dropFirst(6))))
            }
            if let actor { taken.append(actor.party.name) }
        }
        return taken.compactMap { name in
            actors.first { $0.party.name == name }.map { actor in
                var plan = plan(for: actor.party)
                if plan.whisper == nil, case .open(let message) = request.messageToAgent, !message.isEmpty {
                    plan.whisper = .text(
                        SpokenText(
                            text: message, language: "en-US", voice: "", isPrivate: true, isSensitive: false))
                }
                return plan
            }
        }
    }

    private func plan(for party: TestParty) -> DialPlan {
        var plan = DialPlan(party.role, target: party.name)
        if let timeout = party.ringTimeout { plan.ringTimeout = timeout }
        plan.whisper = party.whisper.map {
            .text(SpokenText(text: $0, language: "en-US", voice: "", isPrivate: false, isSensitive: false))
        }
        return plan
    }

    private mutating func perform(
        _ command: LegCommand, _ call: CallID, _ observer: inout some ReplayObserver
    ) async throws {
        switch command {
        case .dial(.caller, _):
            for event in ringCaller() { switchboard.receive(.leg(call, event), at: now) }
        case .dial(let leg, let plan):
            let actor = actors.first { $0.party.name == plan.target && $0.isFree }
            let events = actor?.ring(leg, at: now) ?? [.refused(leg, .failed, cause: 1)]
            for event in events { switchboard.receive(.leg(call, event), at: now) }
        case .release(let leg, _): actors.first { $0.leg == leg }?.release(at: now)
        case .refer(let leg, _):
            if let referral = desk?.takeReferral() {
                guard let outcome = referral else { return }
                switchboard.receive(.leg(call, .referProgress(leg, status: outcome.sipStatus, isFinal: true)), at: now)
                return
            }
            let outcomes = self.call.transferOutcomes
            let outcome = outcomes.isEmpty ? .completed : outcomes[min(transfers, outcomes.count - 1)]
            transfers += 1
            switchboard.receive(.leg(call, .referProgress(leg, status: outcome.sipStatus, isFinal: true)), at: now)
        // Somebody else is in the caller's place.
        case .referProgress(.caller, _, 200): callerIsGone = true
        case .hold, .referProgress: break
        }
    }

    private mutating func act(_ actor: Actor, _ observer: inout some ReplayObserver) async throws {
        let call = current
        for action in try actor.act(at: now) {
            switch action {
            case .event(let event): switchboard.receive(.leg(call, event), at: now)
            case .command(let leg, let command):
                guard let command = self.command(command, of: leg) else { continue }
                switchboard.receive(.command(call, command), at: now)
            }
            try await drain(&observer)
        }
    }

    /// A party's command as the switchboard takes it.
    private func command(_ command: PartyCommand, of leg: LegID) -> CallCommand? {
        func dialled(_ name: String, _ participation: Participation = .speaking) -> DialPlan? {
            guard let party = actors.first(where: { $0.party.name == name })?.party else { return nil }
            var plan = plan(for: party)
            plan.participation = participation
            return plan
        }
        func legOf(_ name: String) -> LegID? { actors.first { $0.party.name == name }?.leg }
        switch command {
        case .consult(let name): return dialled(name).map { .consult($0) }
        case .complete: return .complete
        case .swap: return .swap
        case .conference: return .conference
        case .back: return .back
        case .transfer(let name): return dialled(name).map { .transfer($0) }
        case .refer: return nil
        case .pullIn(let name): return dialled(name).map { .pullIn($0) }
        case .holdCaller: return .place(.caller, .held)
        case .resumeCaller: return .place(.caller, .speaking)
        case .mute: return .place(leg, .listening)
        case .unmute: return .place(leg, .speaking)
        case .monitor(let name): return dialled(name, .listening).map { .pullIn($0) }
        case .whisper(let name): return legOf(name).map { .place($0, .whispering(to: leg)) }
        case .bargeIn(let name): return legOf(name).map { .place($0, .speaking) }
        case .takeOver(let name): return legOf(name).map { .takeOver($0) }
        }
    }
}

extension TransferOutcome {
    /// The status of a call that ends so.
    fileprivate var sipStatus: Int {
        switch self {
        case .completed: 200
        case .busy: 486
        case .noAnswer, .callerGone: 480
        case .refused: 603
        case .failed, .voicemail, .callBack: 503
        }
    }
}

/// Why a call cannot be replayed.
package struct ReplayError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
