import Admin
import CallControl
import CallFlow
import Connectors
import Distribution
import Foundation
import Logging
import Records
import Routing
import Synchronization
import Telephony
import Transport

/// Agents and queues of the whole service: what calls on all shards ask for, and where the answers go.
final class ContactCentre: Sendable {
    private struct State: Sendable {
        var distributor: CallDistributor
        /// The shard of each call that has asked for somebody.
        var homes: [CallID: MediaLoop] = [:]
        /// Places calls to those who are called back, once there are shards.
        var placer: CallPlacer?
    }

    private let state: Mutex<State>
    private let logger: Logger
    /// Who is asked where callers go, as it is configured at the moment.
    private let router: @Sendable () -> CallRouter?
    private let sharing: ContextSharing
    /// Where promises to call back are kept; `nil` where they are in memory alone.
    private let records: LiveRecords?
    /// Nobody waits longer than this for what is due.
    private static let period = Duration.milliseconds(100)

    init(
        _ configuration: DistributionConfiguration, router: @escaping @Sendable () -> CallRouter?,
        sharing: ContextSharing, records: LiveRecords?, _ logger: Logger
    ) {
        self.records = records
        self.sharing = sharing
        self.logger = logger
        self.router = router
        var configuration = configuration
        configuration.router = RouterTerms(router())
        state = Mutex(
            State(
                distributor: CallDistributor(configuration, at: MonotonicClock.now, wall: MonotonicClock.wallTime)))
    }

    func use(_ placer: CallPlacer) { state.withLock { $0.placer = placer } }

    /// Callers who were promised to be called back and have not been.
    var promisedCalls: Int { state.withLock { $0.distributor.promisedCalls } }

    /// Does what is due, until it is cancelled.
    func run() async {
        var offset = ContactCentre.minutesEastOfGreenwich
        while !Task.isCancelled {
            try? await Task.sleep(for: ContactCentre.period)
            let now = MonotonicClock.now
            if offset != ContactCentre.minutesEastOfGreenwich {
                offset = ContactCentre.minutesEastOfGreenwich
                logger.notice("the time on the wall is \(offset) minutes ahead of UTC from now on; hours follow it")
                change { $0.distributor.useTime(minutesEastOfGreenwich: offset, at: $1) }
            }
            state.withLock { state in
                guard let due = state.distributor.deadline, due <= now else { return }
                state.distributor.advance(to: now)
                pass(&state)
            }
        }
    }

    private static var minutesEastOfGreenwich: Int { TimeZone.current.secondsFromGMT() / 60 }

    /// A call asks for somebody; the answers go to its shard.
    func seek(
        _ call: CallID, _ request: RequestID, _ transfer: TransferRequest, knowing context: CallContext,
        on loop: MediaLoop
    ) {
        sharing.handed.set(context)
        change { state, now in
            state.homes[call] = loop
            state.distributor.seek(call, request, transfer, context: context, at: now)
        }
    }

    func routeFailed(_ call: CallID, _ outcome: TransferOutcome) {
        change { $0.distributor.routeFailed(call, outcome, at: $1) }
    }

    func callBackWanted(_ call: CallID) {
        change { $0.distributor.callBackWanted(call, at: $1) }
    }

    func dialled(_ call: CallID, _ leg: LegID, reference: UInt64) {
        state.withLock { $0.distributor.dialled(call, leg, reference: reference) }
    }

    func happened(_ event: CallEvent) {
        switch event.body {
        case .legAnswered, .legReplaced, .legEnded, .callBackTried, .transferEnded:
            change { $0.distributor.happened(event, at: $1) }
        case .callEnded:
            change { state, now in
                state.distributor.happened(event, at: now)
                state.homes[event.call] = nil
            }
            sharing.ended(event.call)
        default: break
        }
    }

    func phone(_ address: String, _ contacts: [PhoneContact]) {
        logger.info("phone \(address) is \(contacts.isEmpty ? "no longer registered" : "registered")")
        change { state, now in
            state.distributor.phone(address, contacts, at: now)
            state.placer?.tell(.signalling(.phone(address: address, contacts)))
        }
    }

    func reconfigure(_ configuration: DistributionConfiguration) {
        var configuration = configuration
        configuration.router = RouterTerms(router())
        change { $0.distributor.reconfigure(configuration, at: $1) }
    }

    /// - Parameter reason: why the agent is away; `nil` for one who is ready.
    /// - Returns: whether there is such an agent.
    func setAway(_ reason: String?, _ agent: AgentID) -> Bool {
        var isKnown = false
        change { isKnown = $0.distributor.setAway(reason, agent, at: $1) }
        return isKnown
    }

    /// How somebody is called into a call.
    func invite(_ wanted: String, as role: LegRole, to call: CallID) throws(InvitationRefusal) -> DialPlan {
        let now = MonotonicClock.now
        let plan = try state.withLock { state throws(InvitationRefusal) in
            try state.distributor.invite(wanted, as: role, to: call, at: now)
        }
        return sharing.prepare(plan, for: call) ?? plan
    }

    /// Somebody who was invited is not called after all.
    func uninvite(_ plan: DialPlan) {
        guard let reference = plan.reference else { return }
        change { state, _ in state.distributor.uninvite(reference) }
    }

    var agents: [(profile: AgentProfile, state: AgentState)] { state.withLock { $0.distributor.agents } }
    var queues: [(profile: QueueProfile, length: Int, callBacks: Int)] { state.withLock { $0.distributor.queues } }

    private func change(_ change: (inout State, Instant) -> Void) {
        let now = MonotonicClock.now
        state.withLock { state in
            change(&state, now)
            pass(&state)
        }
    }

    /// Whoever is dialled is told where the context is.
    private func post(_ reply: SwitchboardInput.Reply, to request: RequestID, of call: CallID, _ loop: MediaLoop?) {
        switch reply {
        case .routed(.dial(let plan)):
            guard let prepared = sharing.prepare(plan, for: call) else {
                logger.warning("call \(call) is handed over without a number of the pool: none is free")
                loop?.post(.reply(request, .transferEnded(.failed)))
                return
            }
            loop?.post(.reply(request, .routed(.dial(prepared))))
        case .routed(.dialAll(let plans)):
            loop?.post(.reply(request, .routed(.dialAll(plans.compactMap { sharing.prepare($0, for: call) }))))
        default: loop?.post(.reply(request, reply))
        }
    }

    /// Where promises are kept in the store, that has it first that the caller is being called, and says whether this one is
    /// still this process's to keep.
    private func place(_ placement: CallBackPlacement, _ state: inout State) {
        guard let records else { return placeNow(placement, &state) }
        let promisedIn = placement.callBack.promisedIn
        Task {
            let claim = self.state.withLock { $0.distributor.promise(toPlace: placement.call) }.flatMap {
                ContactCentre.stored($0)
            }
            // It was taken back meanwhile.
            if claim == nil, placement.plan != nil { return }
            let holder = records.holder(ofCallBack: promisedIn, claiming: claim)
            change { state, now in
                if case .another = holder {
                    logger.notice("call \(promisedIn) is not called back from here: it is erased, or another node's")
                } else if case .unknown = holder, placement.plan != nil {
                    logger.warning("call \(promisedIn) is to be called back and waits until the store can be reached")
                }
                guard state.distributor.claimed(placement, PromiseClaim(holder), at: now) else { return }
                placeNow(placement, &state)
            }
            if placement.plan == nil { records.endCallBack(of: promisedIn) }
        }
    }

    private func placeNow(_ placement: CallBackPlacement, _ state: inout State) {
        guard let loop = state.placer?.place(placement) else {
            logger.error("call \(placement.callBack.promisedIn) cannot be called back: its agent is gone")
            return state.distributor.cannotPlace(placement.call, at: MonotonicClock.now)
        }
        logger.info("call \(placement.call) calls back who called in \(placement.callBack.promisedIn)")
        state.homes[placement.call] = loop
    }

    // MARK: - Promises

    /// Whether another process keeps what this one promised, should it end.
    var keepsPromises: Bool { records != nil }

    private static func stored(_ promise: KeptPromise) -> StoredCallBack? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(promise) else { return nil }
        return StoredCallBack(
            call: promise.call, joinedAt: WallTime(millisecondsSince1970: promise.joinedAt),
            expiresAt: WallTime(millisecondsSince1970: promise.expiresAt), version: promise.version ?? 0,
            isUnderWay: promise.isUnderWay ?? false, json: String(decoding: json, as: UTF8.self))
    }

    private func keep(_ promise: KeptPromise, isNew: Bool) {
        guard let records, let stored = ContactCentre.stored(promise) else { return }
        if isNew { records.appendCallBack(stored) } else { records.changeCallBack(stored) }
    }

    /// Takes over what a process that is gone promised. What one had under way that nobody can ask is only told of.
    func takeOver(_ stored: [StoredCallBack]) {
        let promises = read(stored.filter { !$0.isUnderWay })
        let lost = read(stored.filter(\.isUnderWay))
        if !promises.isEmpty {
            logger.notice(
                "\(promises.count) callers were promised to be called back before; they keep their places")
        }
        for promise in lost {
            logger.warning(
                "call \(promise.call) is not called back: the node that was calling never said what came of it")
        }
        change { state, now in
            state.distributor.takeOver(promises, at: now)
            state.distributor.accountForLost(lost, at: now)
        }
    }

    private func read(_ stored: [StoredCallBack]) -> [KeptPromise] {
        stored.compactMap { stored in
            do {
                return try JSONDecoder().decode(KeptPromise.self, from: Data(stored.json.utf8))
            } catch {
                logger.error("call \(stored.call) cannot be called back: its promise cannot be read: \(error)")
                return nil
            }
        }
    }

    /// Leaves what is promised to the next process.
    func leavePromises() { change { $0.distributor.leavePromises(at: $1) } }

    private func ask(_ inquiry: RouterInquiry) {
        guard let router = router() else { return }
        Task {
            let reply = await router.answer(to: inquiry)
            change { $0.distributor.routerAnswered(inquiry, reply, at: $1) }
        }
    }

    /// Posts while it holds the lock, so that no answer overtakes another.
    private func pass(_ state: inout State) {
        while let output = state.distributor.poll() {
            switch output {
            case .reply(let call, let request, let reply):
                if case .transferEnded(.failed) = reply {
                    logger.warning("call \(call) was to be handed over, and there is nobody to hand it to")
                }
                post(reply, to: request, of: call, state.homes[call])
            case .agent(let agent, let state): logger.info("agent \(agent) is \(state.word)")
            case .askRouter(let inquiry): ask(inquiry)
            case .place(let placement): place(placement, &state)
            case .withdraw(let call, let result): state.homes[call]?.post(.withdraw(call, result))
            case .promised(let promise): keep(promise, isNew: true)
            case .promiseChanged(let promise): keep(promise, isNew: false)
            case .promiseOver(let call): records?.endCallBack(of: call)
            case .routerFailed(let call, let reason):
                logger.warning("call \(call) goes on without the outside router, which \(reason)")
            }
        }
    }
}

extension PromiseClaim {
    fileprivate init(_ holder: LiveRecords.CallBackHolder) {
        self =
            switch holder {
            case .thisProcess: .held
            case .another: .lost
            case .unknown: .unknown
            }
    }
}

extension RouterTerms {
    /// `nil` where nobody is asked.
    fileprivate init?(_ router: CallRouter?) {
        guard let router else { return nil }
        self.init()
        isAskedFirst = router.isAskedFirst
        timeout = router.timeout
    }
}

extension AgentState {
    /// For logs and operators.
    var word: String {
        switch self {
        case .available: "available"
        case .reserved: "kept for a call-back"
        case .ringing: "ringing"
        case .talking: "talking"
        case .wrapUp: "in wrap-up"
        case .away(let reason, _): "away: \(reason.word)"
        }
    }
}

extension AwayReason {
    var word: String {
        switch self {
        case .chosen(let reason): reason
        case .unregistered: "the phone is not registered"
        case .noAnswer: "did not answer"
        case .refused: "declined"
        case .busy: "busy"
        case .unreachable: "cannot be reached"
        }
    }
}
