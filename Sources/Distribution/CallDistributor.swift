package import CallControl
package import CallFlow
import DequeModule
package import Routing
package import Telephony

/// The automatic call distributor: calls ask it for somebody, and it says whom to dial, what the caller hears meanwhile,
/// and when to stop; it learns from the facts of the calls what became of it.
///
///     request ──> Directory ──> offer ──> Route.dial ──> the call
///                    ^                                      │
///                    └── answered, busy, gone ── facts ─────┘
///
/// One value for all shards. Inputs come with the time; after each, drain ``poll()`` to `nil`. ``deadline`` says when
/// ``advance(to:)`` must next run. The same inputs give the same outputs.
package struct CallDistributor: Sendable {
    /// A call that is to get somebody.
    struct Seeker: Sendable {
        let request: RequestID
        var transfer: TransferRequest
        /// What is known of the call, for the outside router.
        let context: CallContext?
        /// The queue where it waits; `nil` for one that is dialled without.
        var queue: QueueID?
        /// The offer that rings for it.
        var offer: OfferID?
        /// It has been told how it waits.
        var isWaiting = false
        /// The outside router is asked, and has until then.
        var routerDue: Instant?
        /// Under which number the outside router was asked: it is asked once a hand-over.
        var inquiry: UInt64?
        /// Where it goes is the outside router's word.
        var isRouted = false
        /// What became of the last who was to take it.
        var lastOutcome: TransferOutcome?
        /// How long it waited until somebody answered.
        var waited = Interval.zero
    }

    /// Somebody of the configuration who is called, or is in a call.
    struct Member: Sendable {
        enum Person: Sendable {
            case agent(AgentID)
            case expert(ExpertID)
        }

        var person: Person
        /// What the directory offered; `nil` for who was called by name.
        var offer: OfferID?
        var hasAnswered = false
    }

    /// A leg of some call.
    struct LegKey: Hashable, Sendable {
        var call: CallID
        var leg: LegID
    }

    var directory: Directory
    var configuration: DistributionConfiguration
    var seekers: [CallID: Seeker] = [:]
    /// Calls that a queue's agent has answered and whose caller is not there yet, because the agent hears the whisper.
    var served: [CallID: Seeker] = [:]
    var experts: ExpertDirectory
    let wall: WallTime?
    let start: Instant
    /// Those who are to be dialled and whose leg is not known yet, by the plan's reference.
    var expected: [UInt64: (call: CallID, member: Member)] = [:]
    var legs: [LegKey: Member] = [:]
    /// Callers who are to be called back.
    var promises: [CallBackID: Promise] = [:]
    /// The call-backs of the calls that were placed for them.
    var lines: [CallID: CallBackID] = [:]
    /// Attempts that the directory has taken back since it was last drained.
    var takenBack: [CallBackID] = []
    var lastInvitation: UInt64 = 0
    var lastInquiry: UInt64 = 0
    /// Where phones are, by address-of-record.
    var phones: [String: [PhoneContact]] = [:]
    var outputs: Deque<DistributionOutput> = []

    /// - Parameter wall: the wall time at `start`, for opening hours; without it every queue is open.
    package init(_ configuration: DistributionConfiguration, at start: Instant, wall: WallTime? = nil) {
        self.configuration = configuration
        self.wall = wall
        self.start = start
        experts = ExpertDirectory(configuration.experts)
        directory = Directory(agents: configuration.agents, queues: configuration.queues, at: start, wall: wall)
    }

    /// When ``advance(to:)`` must next run; `nil` when nothing is due at all.
    package var deadline: Instant? {
        mutating get { [directory.deadline, routerDeadline].compactMap { $0 }.min() }
    }

    /// The next output; `nil` when all are drained.
    package mutating func poll() -> DistributionOutput? { outputs.popFirst() }

    /// Does what is due until then.
    package mutating func advance(to now: Instant) {
        directory.advance(to: now)
        expireRouter(at: now)
        drain(at: now)
    }

    /// Takes other agents, queues and messages while calls go on, as ``Routing/Directory`` does.
    package mutating func reconfigure(_ new: DistributionConfiguration, at now: Instant) {
        configuration = new
        // Who is in a call stays busy until the call says otherwise: the legs know.
        experts = ExpertDirectory(new.experts)
        for (key, member) in legs {
            if case .expert(let expert) = member.person { experts.joined(expert, call: key.call) }
        }
        directory.reconfigure(agents: new.agents, queues: new.queues, at: now)
        for agent in new.agents {
            guard case .registered(let address) = agent.address, phones[address]?.isEmpty == false else { continue }
            directory.registrationChanged(of: address, isRegistered: true, at: now)
        }
        drain(at: now)
    }

    /// The clocks on the wall were changed: hours are by them.
    ///
    /// - Parameter minutes: east of Greenwich.
    package mutating func useTime(minutesEastOfGreenwich minutes: Int, at now: Instant) {
        var new = configuration
        for index in new.queues.indices { new.queues[index].hours?.offsetInMinutes = minutes }
        for index in new.experts.indices { new.experts[index].hours?.offsetInMinutes = minutes }
        reconfigure(new, at: now)
    }

    // MARK: - Agents

    /// A phone has registered, or is gone when there is no contact.
    package mutating func phone(_ address: String, _ contacts: [PhoneContact], at now: Instant) {
        phones[address] = contacts.isEmpty ? nil : contacts
        directory.registrationChanged(of: address, isRegistered: !contacts.isEmpty, at: now)
        drain(at: now)
    }

    /// The agent says: ready, or away for a reason.
    ///
    /// - Returns: whether there is such an agent.
    package mutating func setAway(_ reason: String?, _ agent: AgentID, at now: Instant) -> Bool {
        let isKnown =
            if let reason {
                directory.setAway(agent, reason: reason, at: now)
            } else {
                directory.setAvailable(agent, at: now)
            }
        drain(at: now)
        return isKnown
    }

    /// The agents in the order of the configuration, and what each does.
    package var agents: [(profile: AgentProfile, state: AgentState)] {
        directory.agentIDs.compactMap { id in
            guard let profile = directory.profile(of: id), let state = directory.state(of: id) else { return nil }
            return (profile, state)
        }
    }

    /// The queues in the order of the configuration, how many calls each has, and how many of them are callers who are to
    /// be called back.
    package var queues: [(profile: QueueProfile, length: Int, callBacks: Int)] {
        configuration.queues.map { ($0, directory.length(of: $0.id), directory.callBackCount(of: $0.id)) }
    }

    /// Whether nothing is known of any call: nobody waits, rings or talks.
    package var isQuiet: Bool {
        directory.isQuiet && seekers.isEmpty && served.isEmpty && promises.isEmpty && lines.isEmpty && expected.isEmpty
            && legs.isEmpty
    }

    /// Somebody is still to be called back.
    package var hasPromised: Bool { !promises.isEmpty }

    /// Callers who are still to be called back.
    package var promisedCalls: Int { promises.count }

    // MARK: - Calls

    /// A call asks for somebody.
    ///
    /// - Parameter context: what is known of the call, for the outside router.
    package mutating func seek(
        _ call: CallID, _ request: RequestID, _ transfer: TransferRequest, context: CallContext? = nil, at now: Instant
    ) {
        seekers[call] = Seeker(request: request, transfer: transfer, context: context)
        served[call] = nil
        if let id = lines[call] {
            resume(call, id, at: now)
        } else if transfer.kind == .callBack {
            promiseCallBack(call, transfer, at: now)
        } else if transfer.kind == .expert {
            reply(.routed(.dialAll(plans(for: transfer, in: call, at: now))), to: call)
        } else if transfer.kind == .agent, let terms = configuration.router, terms.isAskedFirst {
            askRouter(call, terms, at: now)
        } else if transfer.kind == .voicemail {
            leaveMessage(call, transfer)
        } else {
            distribute(call, at: now)
        }
        drain(at: now)
    }

    /// Finds somebody among Parley's own.
    mutating func distribute(_ call: CallID, at now: Instant) {
        guard let transfer = seekers[call]?.transfer else { return }
        if let queue = queue(for: transfer) {
            enqueue(call, queue, transfer, at: now)
        } else if let plan = directPlan(for: transfer) {
            reply(.routed(.dial(plan)), to: call)
        } else {
            findNobody(call, .failed, at: now)
        }
    }

    /// Nobody was reached where the call was sent.
    package mutating func routeFailed(_ call: CallID, _ outcome: TransferOutcome, at now: Instant) {
        directory.advance(to: now)
        if let seeker = served.removeValue(forKey: call) {
            takePlaceAgain(call, seeker, at: now)
        } else if directory.position(of: call) == nil, let seeker = seekers[call] {
            // Who stands in a queue is told by the directory what comes next.
            seekers[call]?.isRouted = false
            if seeker.isRouted, configuration.router?.isAskedFirst == true {
                distribute(call, at: now)
            } else {
                findNobody(call, outcome, at: now)
            }
        }
        drain(at: now)
    }

    /// The agent who had answered left before the caller was there: the caller is where the place in the queue was.
    mutating func takePlaceAgain(_ call: CallID, _ seeker: Seeker, at now: Instant) {
        seekers[call] = seeker
        seekers[call]?.offer = nil
        seekers[call]?.isWaiting = false
        guard let queue = seeker.queue else { return distribute(call, at: now) }
        enqueue(call, queue, seeker.transfer, waited: seeker.waited, at: now)
    }

    /// An agent has answered: nobody else is called.
    mutating func found(_ call: CallID, waited: Interval) {
        served[call] = seekers.removeValue(forKey: call)
        served[call]?.waited = waited
    }

    /// Parley's own have come to nothing: the outside router has the last word where it is asked last.
    private mutating func findNobody(_ call: CallID, _ outcome: TransferOutcome, at now: Instant) {
        guard let seeker = seekers[call], let terms = configuration.router, seeker.inquiry == nil,
            seeker.transfer.kind == .agent
        else { return give(up: call, outcome) }
        seekers[call]?.lastOutcome = outcome
        askRouter(call, terms, at: now)
    }

    func queue(for transfer: TransferRequest) -> QueueID? {
        guard transfer.kind == .agent || transfer.kind == .callBack else { return nil }
        return transfer.queue?.name.map { QueueID($0) } ?? configuration.defaultQueue
    }

    private mutating func enqueue(
        _ call: CallID, _ queue: QueueID, _ transfer: TransferRequest, waited: Interval = .zero, at now: Instant
    ) {
        let skills = transfer.queue?.skills.map { SkillRequirement($0) } ?? []
        var request = QueueRequest(call: call, queue: queue, priority: transfer.queue?.priority, skills: skills)
        request.waited = waited
        switch directory.enqueue(request, at: now) {
        case .queued(let queue, _): seekers[call]?.queue = queue
        case .overflow(let target, _): overflow(call, from: queue, to: target)
        case .refused(.full), .refused(.closed): findNobody(call, .refused, at: now)
        case .refused(.unknownQueue), .refused(.callIsKnown): findNobody(call, .failed, at: now)
        }
    }

    /// The call leaves its queue, or never was in it.
    private mutating func overflow(_ call: CallID, from queue: QueueID, to target: OverflowTarget) {
        seekers[call]?.queue = nil
        switch target {
        case .number(let number):
            guard let seeker = seekers[call] else { return }
            var plan = plan(.outsideNumber, number, seeker.transfer)
            plan.ringTimeout = configuration.ringTimeout
            reply(.routed(.dial(plan)), to: call)
        case .voicemail: leaveMessage(call, in: queue)
        case .dialog, .queue, .callBackOffer: give(up: call, .noAnswer)
        }
    }

    /// The caller leaves a message in the place of a queue.
    private mutating func leaveMessage(_ call: CallID, in queue: QueueID) {
        guard configuration.keepsRecordings else { return give(up: call, .failed) }
        let terms = configuration.voicemail[queue] ?? VoicemailTerms()
        var plan = VoicemailPlan(queue: queue.rawValue)
        plan.greeting = (configuration.messages[queue] ?? WaitMessages()).say(terms.greeting)
        plan.longest = terms.longest
        plan.silence = terms.silence
        reply(.routed(.voicemail(plan)), to: call)
    }

    /// The caller leaves a message as the dialog wishes, which has greeted already.
    private mutating func leaveMessage(_ call: CallID, _ transfer: TransferRequest) {
        guard configuration.keepsRecordings else { return give(up: call, .failed) }
        reply(.routed(.voicemail(VoicemailPlan(transfer))), to: call)
    }

    mutating func give(up call: CallID, _ outcome: TransferOutcome) {
        reply(.transferEnded(outcome), to: call)
        seekers[call] = nil
    }

    mutating func reply(_ reply: SwitchboardInput.Reply, to call: CallID) {
        guard let seeker = seekers[call] else { return }
        outputs.append(.reply(call, seeker.request, reply))
    }

    // MARK: - What the directory wants

    mutating func drain(at now: Instant) {
        while true {
            while let output = directory.poll() { take(output, at: now) }
            // Who was not given to somebody at once waits.
            let waiting = seekers.filter { $0.value.queue != nil && !$0.value.isWaiting && !isOffered($0.key) }
            for call in waiting.keys.sorted(by: { $0.rawValue < $1.rawValue }) { wait(call) }
            if waiting.isEmpty { break }
        }
        giveUpTakenBack(at: now)
    }

    private func isOffered(_ call: CallID) -> Bool { seekers[call]?.offer != nil }

    private mutating func take(_ output: DirectoryOutput, at now: Instant) {
        switch output {
        case .offer(let offer): ring(offer, at: now)
        case .withdraw(let offer, _, let call, let reason):
            expected[offer.rawValue] = nil
            seekers[call]?.offer = nil
            guard reason != .callerGone else { return }
            reply(.routed(.withdraw(offer.rawValue, reason == .noAnswer ? .noAnswer : .released)), to: call)
        case .connected(_, _, let call, let waited): found(call, waited: waited)
        case .announce(let call, _, let position, let wait):
            guard let prompt = messages(of: call).announcement(position: position, wait: wait) else { return }
            reply(.routed(.say(prompt)), to: call)
        case .comfort(let call, let text): reply(.routed(.say(messages(of: call).say(text))), to: call)
        case .moved(let call, _, let queue):
            seekers[call]?.queue = queue
            seekers[call]?.isWaiting = false
        case .overflow(let call, let queue, let target, _): overflow(call, from: queue, to: target)
        case .agent(let agent, let state): outputs.append(.agent(agent, state))
        case .offerCallBack(let call, let queue): offerCallBack(call, queue)
        case .callBack(let attempt): place(attempt, at: now)
        case .withdrawCallBack(let id, _): takenBack.append(id)
        case .callBackEnded(let id, _, let outcome): callBackEnded(id, outcome)
        }
    }

    func messages(of call: CallID) -> WaitMessages {
        seekers[call]?.queue.flatMap { configuration.messages[$0] } ?? WaitMessages()
    }

    /// Tells a call how it waits.
    mutating func wait(_ call: CallID) {
        guard let queue = seekers[call]?.queue else { return }
        seekers[call]?.isWaiting = true
        reply(
            .routed(
                .wait(
                    WaitPlan(
                        queue: queue.rawValue, position: directory.position(of: call) ?? 1,
                        estimatedWait: directory.estimatedWait(of: call), music: messages(of: call).music))),
            to: call)
    }
}
