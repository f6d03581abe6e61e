import CallControl
import CallFlow
import Distribution
import Routing
import Telephony

/// A contact centre in virtual time: a distributor, and calls that do what it says as `Call` does.
struct Floor {
    private(set) var distributor: CallDistributor
    private(set) var now = Instant.zero
    /// What each call was told, in order.
    private(set) var told: [CallID: [String]] = [:]
    private(set) var plans: [CallID: [DialPlan]] = [:]
    private var lastLeg: [CallID: Int] = [:]
    private(set) var states: [AgentID: AgentState] = [:]
    private(set) var placements: [CallBackPlacement] = []
    private(set) var inquiries: [RouterInquiry] = []
    /// What another process would find of callers who are to be called back.
    private(set) var kept: [CallID: KeptPromise] = [:]
    /// What was said of them, in order.
    private(set) var words: [Word] = []

    enum Word {
        case promised(KeptPromise)
        case changed(KeptPromise)
        case over(CallID)
    }

    init(_ configuration: DistributionConfiguration) {
        distributor = CallDistributor(configuration, at: .zero)
        drain()
    }

    /// Two agents of the queue `billing`, which rings for 20 s.
    static func billing(_ change: (inout DistributionConfiguration) -> Void = { _ in }) -> Floor {
        var configuration = DistributionConfiguration()
        var queue = QueueProfile(id: "billing", name: "Billing")
        queue.announcements = WaitAnnouncements(after: .seconds(10), every: .seconds(30))
        configuration.queues = [queue]
        configuration.agents = [
            AgentProfile(id: "ada", name: "Ada", address: .uri("+15550101"), queues: ["billing"]),
            AgentProfile(id: "ben", name: "Ben", address: .uri("sip:ben@example.com"), queues: ["billing"]),
        ]
        var messages = WaitMessages()
        messages.music = .serviceFile(path: "music.wav")
        messages.whisper = "{queue}. {message}"
        configuration.messages = ["billing": messages]
        configuration.defaultQueue = "billing"
        change(&configuration)
        return Floor(configuration)
    }

    /// One agent, Ada, who is taken until `first` is over. Who is to be called back is called twice at most, again after a
    /// minute.
    static func taken(attempts: Int = 2, _ change: (inout DistributionConfiguration) -> Void = { _ in }) -> Floor {
        var floor = Floor.billing { configuration in
            configuration.agents.removeLast()
            configuration.queues[0].announcements = nil
            configuration.queues[0].callBack = terms(attempts: attempts)
            change(&configuration)
        }
        floor.seek("first")
        floor.answered("first")
        return floor
    }

    static func terms(attempts: Int) -> CallBackTerms {
        CallBackTerms(attempts: attempts, pause: .seconds(60), ringTimeout: .seconds(20), expiry: .seconds(600))
    }

    mutating func wait(_ seconds: Double) {
        let end = now + .milliseconds(Int64(seconds * 1_000))
        while let due = distributor.deadline, due <= end {
            now = max(now, due)
            distributor.advance(to: now)
            drain()
        }
        now = end
        distributor.advance(to: now)
        drain()
    }

    /// - Parameter number: the caller's; `nil` where nothing is known of the call.
    mutating func seek(_ call: CallID, queue: QueueWish? = nil, message: String = "", from number: String? = nil) {
        var transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: .open(message), variables: [], userToUser: nil,
            headers: [], dtmfSequence: "")
        transfer.queue = queue
        distributor.seek(call, RequestID(1), transfer, context: number.map { context(of: call, from: $0) }, at: now)
        drain()
    }

    private func context(of call: CallID, from number: String) -> CallContext {
        var context = CallContext(call: call)
        context.from = number
        return context
    }

    /// A dialog wants its caller to be called back.
    mutating func seekCallBack(
        _ call: CallID, to target: String = "", from number: String, priority: Int? = nil,
        _ change: (inout TransferRequest) -> Void = { _ in }
    ) {
        var transfer = TransferRequest(
            kind: .callBack, target: .open(target), messageToAgent: .open(""), variables: [], userToUser: nil,
            headers: [], dtmfSequence: "")
        transfer.queue = QueueWish(priority: priority)
        change(&transfer)
        distributor.seek(call, RequestID(1), transfer, context: context(of: call, from: number), at: now)
        drain()
    }

    /// One who waits says yes to a call-back.
    mutating func wantCallBack(_ call: CallID) {
        distributor.callBackWanted(call, at: now)
        drain()
    }

    /// What another process promised is this one's to keep.
    mutating func takeOver(_ promises: [KeptPromise]) {
        distributor.takeOver(promises, at: now)
        drain()
    }

    mutating func forget(_ call: CallID) {
        distributor.forgetPromise(of: call, at: now)
        drain()
    }

    /// The store is away as the call is to be placed that was asked for last.
    mutating func postpone() {
        guard let placement = placements.last else { return }
        _ = claimed(placement, .unknown)
    }

    /// - Returns: whether the call is to be placed.
    mutating func claimed(_ placement: CallBackPlacement, _ answer: PromiseClaim) -> Bool {
        defer { drain() }
        return distributor.claimed(placement, answer, at: now)
    }

    mutating func accountForLost(_ promises: [KeptPromise]) {
        distributor.accountForLost(promises, at: now)
        drain()
    }

    mutating func leavePromises() {
        distributor.leavePromises(at: now)
        drain()
    }

    /// A call to a caller came to something; one that did not reach the caller is over.
    mutating func tried(_ call: CallID, _ result: CallBackResult, _ rule: OutboundRefusal? = nil) {
        fact(
            call,
            .callBackTried(
                CallBackTried(
                    promisedIn: "call", queue: "billing", attempt: 1, attemptsLeft: 1, outcome: result, rule: rule)))
        if result != .reached { callEnded(call) }
    }

    /// What becomes of the call's leg that was dialled last.
    mutating func leg(of call: CallID, _ body: (LegID) -> CallEventBody) {
        fact(call, body(LegID(lastLeg[call] ?? 0)))
    }

    /// - Parameter isWhispered: whoever has answered is told something first, and the caller is not there yet.
    mutating func answered(_ call: CallID, isWhispered: Bool = false) {
        leg(of: call) { .legAnswered(LegAnswered(leg: $0, codec: "PCMU")) }
        if !isWhispered { fact(call, .transferEnded(TransferEnded(outcome: .completed))) }
    }

    mutating func ended(_ call: CallID, _ reason: LegEndReason) {
        leg(of: call) { .legEnded(LegEnded(leg: $0, reason: reason, cause: 16)) }
        if reason != .released, reason != .hungUp { distributor.routeFailed(call, reason.outcome, at: now) }
        drain()
    }

    /// Whoever has answered hangs up before the caller is there.
    mutating func leavesInWhisper(_ call: CallID) {
        leg(of: call) { .legEnded(LegEnded(leg: $0, reason: .hungUp, cause: 16)) }
        distributor.routeFailed(call, .failed, at: now)
        drain()
    }

    mutating func callEnded(_ call: CallID) {
        fact(call, .callEnded(CallEnded(by: .caller, cause: .normalClearing, outcome: .abandoned, duration: 1)))
    }

    mutating func phone(_ address: String, _ contacts: [PhoneContact]) {
        distributor.phone(address, contacts, at: now)
        drain()
    }

    mutating func invite(_ wanted: String, to call: CallID) -> String {
        do throws(InvitationRefusal) {
            let plan = try distributor.invite(wanted, as: .expert, to: call, at: now)
            expect(plan, call)
            return plan.target
        } catch {
            return error.description
        }
    }

    /// Somebody is invited and not called after all.
    mutating func inviteInVain(_ wanted: String, to call: CallID) throws {
        let plan = try distributor.invite(wanted, as: .expert, to: call, at: now)
        distributor.uninvite(plan.reference ?? 0)
    }

    /// A dialog wants experts.
    mutating func seekExperts(_ call: CallID, _ experts: [String]) {
        var transfer = TransferRequest(
            kind: .expert, target: .open(""), messageToAgent: .open("a meter"), variables: [], userToUser: nil,
            headers: [], dtmfSequence: "")
        transfer.experts = experts
        distributor.seek(call, RequestID(1), transfer, at: now)
        drain()
    }

    /// The outside router answers what it was asked last.
    mutating func route(_ reply: RouterReply, to inquiry: Int? = nil) {
        guard let inquiry = inquiry.map({ inquiries[$0] }) ?? inquiries.last else { return }
        distributor.routerAnswered(inquiry, reply, at: now)
        drain()
    }

    mutating func setAway(_ agent: AgentID, _ reason: String?) -> Bool {
        let isKnown = distributor.setAway(reason, agent, at: now)
        drain()
        return isKnown
    }

    private mutating func fact(_ call: CallID, _ body: CallEventBody) {
        distributor.happened(CallEvent(at: .zero, call: call, body: body), at: now)
        drain()
    }

    private mutating func drain() {
        while let output = distributor.poll() {
            switch output {
            case .agent(let agent, let state): states[agent] = state
            case .reply(let call, _, .routed(let route)): take(route, call)
            case .reply(let call, _, .transferEnded(let outcome)): tell(call, "over: \(outcome.rawValue)")
            case .reply(let call, _, _): tell(call, "?")
            case .askRouter(let inquiry):
                tell(inquiry.call, "ask")
                inquiries.append(inquiry)
            case .place(let placement):
                placements.append(placement)
                if placement.plan == nil { kept[placement.callBack.promisedIn] = nil }
                tell(placement.callBack.promisedIn, placement.plan.map { "place \($0.target)" } ?? "nothing is placed")
            case .withdraw(let call, let result): tell(call, "give up: \(result.rawValue)")
            case .promised(let promise):
                kept[promise.call] = promise
                words.append(.promised(promise))
            case .promiseChanged(let promise):
                kept[promise.call] = promise
                words.append(.changed(promise))
            case .promiseOver(let call):
                kept[call] = nil
                words.append(.over(call))
            case .routerFailed(let call, let reason): tell(call, "router \(reason)")
            }
        }
    }

    private mutating func take(_ route: Route, _ call: CallID) {
        switch route {
        case .dial(let plan):
            tell(call, "dial \(plan.target)")
            expect(plan, call)
        case .dialAll(let plans):
            tell(call, "dial " + plans.map(\.target).joined(separator: " and "))
            for plan in plans { expect(plan, call) }
        case .refer(let referral): tell(call, "refer \(referral.target)")
        case .wait(let plan):
            tell(call, "wait \(plan.queue) \(plan.position)\(plan.music == nil ? "" : " with music")")
        case .say(.text(let spoken)): tell(call, "say \(spoken.text)")
        case .say: tell(call, "say")
        case .withdraw(_, .released): tell(call, "withdraw")
        case .withdraw(_, let reason): tell(call, "withdraw: \(reason.rawValue)")
        case .voicemail(let plan): tell(call, "voicemail \(plan.queue)")
        case .offerCallBack(let offer): tell(call, "offer a call-back by \(offer.key)")
        case .promiseCallBack(let promise): tell(call, "promise to call \(promise.number)")
        }
    }

    private mutating func expect(_ plan: DialPlan, _ call: CallID) {
        plans[call, default: []].append(plan)
        let leg = (lastLeg[call] ?? 0) + 1
        lastLeg[call] = leg
        if let reference = plan.reference { distributor.dialled(call, LegID(leg), reference: reference) }
    }

    private mutating func tell(_ call: CallID, _ what: String) { told[call, default: []].append(what) }
}
