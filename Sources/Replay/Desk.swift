import CallControl
import CallFlow
import Distribution
import Routing
import Telephony

/// The contact centre of a replay: the distributor that a service has, the callers beside the one of the test call, and
/// the outside router.
struct Desk {
    /// What is still to come.
    private enum Coming {
        case joins(Int)
        case answers(CallID, LegID)
        case declines(CallID, LegID, LegEndReason)
        case leaves(CallID)
        case router(RouterInquiry, RouterReply)
        /// An agent goes away, or is back.
        case agent(AgentID, isThere: Bool)
    }

    /// What is to be done for the caller who is called back.
    enum CallBackWish {
        case place(CallBackPlacement)
        case withdraw(CallID, CallBackResult)
    }

    private let centre: TestCentre
    private let parties: [TestParty]
    private var distributor: CallDistributor
    /// In order of time; what is due at once in the order in which it was arranged.
    private var coming: [(due: Instant, what: Coming)] = []
    /// The others who are on the line, by the leg that rings or talks.
    private var legs: [CallID: LegID] = [:]
    private var asked = 0
    private var callBacks: [CallBackWish] = []
    private var replies: [(RequestID, SwitchboardInput.Reply)] = []
    /// How the REFERs fare that the router has brought about and that were not sent yet.
    private var referrals: [TransferOutcome?] = []

    init(_ centre: TestCentre, _ parties: [TestParty], wall: WallTime) {
        self.centre = centre
        self.parties = parties
        distributor = CallDistributor(centre.configuration(parties), at: .zero, wall: wall)
        for (index, other) in centre.others.enumerated() { arrange(.joins(index), at: .zero + other.joins) }
        for party in parties {
            if let time = party.leaves { arrange(.agent(AgentID(party.name), isThere: false), at: .zero + time) }
            if let time = party.returns { arrange(.agent(AgentID(party.name), isThere: true), at: .zero + time) }
        }
    }

    var deadline: Instant? {
        mutating get { [distributor.deadline, coming.first?.due].compactMap { $0 }.min() }
    }

    /// Does what is due.
    mutating func advance(to now: Instant) {
        while let first = coming.first, first.due <= now {
            coming.removeFirst()
            perform(first.what, at: now)
        }
        distributor.advance(to: now)
        drain(at: now)
    }

    /// What the test call's own requests are answered with.
    mutating func nextReply() -> (RequestID, SwitchboardInput.Reply)? {
        replies.isEmpty ? nil : replies.removeFirst()
    }

    /// A call to the caller that is to be placed, or given up.
    mutating func nextCallBack() -> CallBackWish? { callBacks.isEmpty ? nil : callBacks.removeFirst() }

    /// Somebody is still to be called back.
    var hasPromised: Bool { distributor.hasPromised || !callBacks.isEmpty }

    /// How the next REFER fares; the outer `nil` where the router has brought about none.
    mutating func takeReferral() -> TransferOutcome?? { referrals.isEmpty ? nil : .some(referrals.removeFirst()) }

    // MARK: - The call of the test

    mutating func seek(
        _ call: CallID, _ request: RequestID, _ transfer: TransferRequest, _ context: CallContext, at now: Instant
    ) {
        distributor.seek(call, request, transfer, context: context, at: now)
        drain(at: now)
    }

    mutating func callBackWanted(_ call: CallID, at now: Instant) {
        distributor.callBackWanted(call, at: now)
        drain(at: now)
    }

    mutating func routeFailed(_ call: CallID, _ outcome: TransferOutcome, at now: Instant) {
        distributor.routeFailed(call, outcome, at: now)
        drain(at: now)
    }

    mutating func dialled(_ call: CallID, _ leg: LegID, reference: UInt64, at now: Instant) {
        distributor.dialled(call, leg, reference: reference)
    }

    mutating func happened(_ event: CallEvent, at now: Instant) {
        distributor.happened(event, at: now)
        drain(at: now)
    }

    // MARK: - Others

    private mutating func arrange(_ what: Coming, at due: Instant) {
        let index = coming.firstIndex { $0.due > due } ?? coming.endIndex
        coming.insert((due, what), at: index)
    }

    private static func name(_ index: Int) -> CallID { CallID("other-\(index + 1)") }

    private func other(_ call: CallID) -> TestCentre.OtherCaller? {
        centre.others.indices.first { Desk.name($0) == call }.map { centre.others[$0] }
    }

    private mutating func perform(_ what: Coming, at now: Instant) {
        switch what {
        case .joins(let index): join(index, at: now)
        case .answers(let call, let leg):
            guard legs[call] == leg, let other = other(call) else { return }
            happened(call, .legAnswered(LegAnswered(leg: leg, codec: "PCMU")), at: now)
            arrange(.leaves(call), at: now + other.talks)
        case .declines(let call, let leg, let reason):
            guard legs[call] == leg else { return }
            legs[call] = nil
            happened(call, .legEnded(LegEnded(leg: leg, reason: reason, cause: 0)), at: now)
            distributor.routeFailed(call, reason.outcome, at: now)
        case .leaves(let call): leave(call, at: now)
        case .agent(let agent, let isThere): _ = distributor.setAway(isThere ? nil : "elsewhere", agent, at: now)
        case .router(let inquiry, let reply): distributor.routerAnswered(inquiry, reply, at: now)
        }
        drain(at: now)
    }

    private mutating func join(_ index: Int, at now: Instant) {
        let (call, other) = (Desk.name(index), centre.others[index])
        var transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: .open(""), variables: [], userToUser: nil, headers: [],
            dtmfSequence: "")
        transfer.queue = QueueWish(name: other.queue.rawValue, priority: other.priority)
        if let patience = other.patience { arrange(.leaves(call), at: now + patience) }
        distributor.seek(call, RequestID(UInt64(index)), transfer, at: now)
    }

    private mutating func leave(_ call: CallID, at now: Instant) {
        coming.removeAll { entry in
            if case .leaves(call) = entry.what { true } else { false }
        }
        if let leg = legs.removeValue(forKey: call) {
            happened(call, .legEnded(LegEnded(leg: leg, reason: .released, cause: 16)), at: now)
        }
        happened(
            call,
            .callEnded(CallEnded(by: .caller, cause: .normalClearing, outcome: .escalated, duration: 0)), at: now)
    }

    private mutating func happened(_ call: CallID, _ body: CallEventBody, at now: Instant) {
        distributor.happened(CallEvent(at: .zero, call: call, body: body), at: now)
    }

    // MARK: - What the distributor wants

    private mutating func drain(at now: Instant) {
        while let output = distributor.poll() {
            switch output {
            case .reply(let call, let request, let reply):
                if other(call) == nil { replies.append((request, reply)) } else { take(reply, of: call, at: now) }
            case .askRouter(let inquiry): askRouter(inquiry, at: now)
            case .place(let placement): callBacks.append(.place(placement))
            case .withdraw(let call, let result): callBacks.append(.withdraw(call, result))
            case .agent, .routerFailed, .promised, .promiseChanged, .promiseOver: break
            }
        }
    }

    private mutating func take(_ reply: SwitchboardInput.Reply, of call: CallID, at now: Instant) {
        switch reply {
        case .routed(.dial(let plan)): ring(plan, for: call, at: now)
        case .routed(.withdraw):
            guard let leg = legs.removeValue(forKey: call) else { return }
            happened(call, .legEnded(LegEnded(leg: leg, reason: .released, cause: 16)), at: now)
        case .transferEnded, .routed(.voicemail): leave(call, at: now)
        default: break
        }
    }

    private mutating func ring(_ plan: DialPlan, for call: CallID, at now: Instant) {
        let leg = LegID(Int(truncatingIfNeeded: plan.reference ?? 0))
        legs[call] = leg
        if let reference = plan.reference { distributor.dialled(call, leg, reference: reference) }
        guard let party = parties.first(where: { $0.name == plan.target }) else {
            return arrange(.declines(call, leg, .failed), at: now)
        }
        switch party.answer {
        case .answers: arrange(.answers(call, leg), at: now + party.after)
        case .declines(let reason, _): arrange(.declines(call, leg, reason), at: now + party.after)
        case .ignores: break
        }
    }

    private mutating func askRouter(_ inquiry: RouterInquiry, at now: Instant) {
        guard other(inquiry.call) == nil else { return arrange(.router(inquiry, .answered(.nobody)), at: now) }
        guard let answers = centre.router?.answers, !answers.isEmpty else { return }
        let answer = answers[min(asked, answers.count - 1)]
        asked += 1
        if case .answered(.refer) = answer.reply { referrals.append(answer.referral) }
        arrange(.router(inquiry, answer.reply), at: now + answer.delay)
    }
}
