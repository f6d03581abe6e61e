package import Routing
package import Telephony

/// Checks every choice of a directory against its rule, from the inputs and outputs alone.
///
/// It keeps books of its own, plainly: who is free since when, who waits since when. For each offer it looks at every
/// pair that could have been instead.
package struct RuleChecker: Sendable {
    struct Desk: Sendable {
        let profile: AgentProfile
        let rank: Int
        var idleSince: Instant
        /// What keeps the agent from calls, beside absence.
        var engagement = Engagement.none
        var isAway = false
        /// An absence after a call that was not taken; `.some(nil)` has no end.
        var rest: Instant??

        var isFree: Bool { engagement == .none && !isAway && rest == nil }
    }

    enum Engagement: Sendable, Equatable {
        case none
        case reserved(CallBackID)
        case ringing(OfferID)
        case talking(CallID)
        case wrapUp(until: Instant)
    }

    struct Waiter: Sendable {
        var call: CallID
        var queue: QueueID
        let ownPriority: Int?
        let ownSkills: [SkillRequirement]
        let joined: Instant
        var arrived: Instant
        let number: Int
        /// Rings or is dialled.
        var isTaken = false
        /// Not before then, after a call-back that did not reach the caller.
        var restsUntil: Instant?
    }

    var desks: [Desk]
    var ranks: [AgentID: Int] = [:]
    let queues: [QueueID: QueueProfile]
    /// By the number of joining.
    var waiters: [Waiter] = []
    var callBacks: [CallBackID: CallID] = [:]
    var offers: [OfferID: CallID] = [:]
    private var joins = 0
    /// What broke the rule, in words; empty when nothing did.
    package internal(set) var violations: [String] = []
    package internal(set) var choices = 0

    package init(agents: [AgentProfile], queues: [QueueProfile], at start: Instant) {
        desks = agents.enumerated().map { Desk(profile: $0.element, rank: $0.offset, idleSince: start) }
        for desk in desks { ranks[desk.profile.id] = desk.rank }
        self.queues = Dictionary(queues.map { ($0.id, $0) }) { first, _ in first }
    }

    // MARK: - What the directory is told

    /// Time has come this far: wrap-ups and rests end when they end.
    package mutating func advance(to now: Instant) {
        for rank in desks.indices {
            let wasFree = desks[rank].isFree
            var end: Instant?
            if case .wrapUp(let until) = desks[rank].engagement, until <= now {
                desks[rank].engagement = .none
                end = until
            }
            if case .some(.some(let until)) = desks[rank].rest, until <= now {
                desks[rank].rest = nil
                end = max(end ?? until, until)
            }
            if let end, !wasFree, desks[rank].isFree { desks[rank].idleSince = end }
        }
        for index in waiters.indices where waiters[index].restsUntil.map({ $0 <= now }) ?? false {
            waiters[index].restsUntil = nil
        }
    }

    package mutating func joined(_ request: QueueRequest, at now: Instant) {
        joins += 1
        waiters.append(
            Waiter(
                call: request.call, queue: request.queue, ownPriority: request.priority, ownSkills: request.skills,
                joined: now, arrived: now, number: joins))
    }

    package mutating func callEnded(_ call: CallID, at now: Instant) {
        if let offer = offers.first(where: { $0.value == call })?.key { offers[offer] = nil }
        for rank in desks.indices {
            switch desks[rank].engagement {
            case .ringing(let offer) where offers[offer] == nil: desks[rank].engagement = .none
            case .talking(call): endTalk(rank, at: now)
            default: break
            }
        }
        if !callBacks.values.contains(call) { waiters.removeAll { $0.call == call } }
    }

    private var lengthOfWrapUp: [CallID: Interval] = [:]

    private mutating func endTalk(_ rank: Int, at now: Instant) {
        guard case .talking(let call) = desks[rank].engagement else { return }
        desks[rank].engagement = .none
        if let length = lengthOfWrapUp.removeValue(forKey: call), length > .zero, !desks[rank].isAway {
            desks[rank].engagement = .wrapUp(until: now + length)
        } else if desks[rank].isFree {
            desks[rank].idleSince = now
        }
    }

    package mutating func saidAvailable(_ agent: AgentID, at now: Instant) {
        change(agent, at: now) {
            $0.isAway = false
            $0.rest = nil
            if case .wrapUp = $0.engagement { $0.engagement = .none }
        }
    }

    package mutating func saidAway(_ agent: AgentID, at now: Instant) {
        change(agent, at: now) {
            $0.isAway = true
            $0.rest = nil
            if case .wrapUp = $0.engagement { $0.engagement = .none }
        }
    }

    package mutating func offerEnded(_ offer: OfferID, as outcome: OfferOutcome, at now: Instant) {
        guard let call = offers[offer],
            let rank = desks.firstIndex(where: { $0.engagement == .ringing(offer) }),
            let index = waiters.firstIndex(where: { $0.call == call })
        else { return }
        offers[offer] = nil
        if outcome == .answered {
            desks[rank].engagement = .talking(call)
            lengthOfWrapUp[call] = queues[waiters[index].queue]?.wrapUp
            waiters.remove(at: index)
        } else {
            desks[rank].engagement = .none
            let rest = queues[waiters[index].queue]?.restAfterRefusal ?? .zero
            desks[rank].rest = outcome == .noAnswer ? .some(nil) : .some(now + rest)
            waiters[index].isTaken = false
        }
    }

    package mutating func accepted(_ id: CallBackID, by call: CallID) { callBacks[id] = call }

    package mutating func callBackAnswered(_ id: CallBackID, as call: CallID) {
        guard desks.contains(where: { $0.engagement == .reserved(id) }),
            let origin = callBacks.removeValue(forKey: id), let index = waiters.firstIndex(where: { $0.call == origin })
        else { return }
        waiters[index].call = call
    }

    package mutating func callBackFailed(_ id: CallBackID, at now: Instant) {
        guard let origin = callBacks[id], let index = waiters.firstIndex(where: { $0.call == origin }) else { return }
        for rank in desks.indices where desks[rank].engagement == .reserved(id) { desks[rank].engagement = .none }
        waiters[index].isTaken = false
        waiters[index].restsUntil = now + (queues[waiters[index].queue]?.callBack.pause ?? .zero)
    }

    private mutating func change(_ agent: AgentID, at now: Instant, _ change: (inout Desk) -> Void) {
        guard let rank = ranks[agent] else { return }
        let wasFree = desks[rank].isFree
        change(&desks[rank])
        if !wasFree, desks[rank].isFree { desks[rank].idleSince = now }
    }
}
