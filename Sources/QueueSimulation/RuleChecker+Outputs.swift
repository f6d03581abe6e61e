package import Routing
package import Telephony

// What the directory answers, and whether it may.

extension RuleChecker {
    package mutating func saw(_ output: DirectoryOutput, at now: Instant) {
        switch output {
        case .offer(let offer): sawOffer(offer, at: now)
        case .withdraw(let offer, let agent, let call, let reason): sawWithdrawal(offer, agent, call, reason, at: now)
        case .moved(let call, _, let queue):
            guard let index = waiters.firstIndex(where: { $0.call == call }) else { return }
            checkOverdue(waiters[index], at: now)
            waiters[index].queue = queue
            waiters[index].arrived = now
        case .overflow(let call, _, _, _):
            guard let index = waiters.firstIndex(where: { $0.call == call }) else { return }
            checkOverdue(waiters[index], at: now)
            waiters.remove(at: index)
        case .callBack(let attempt): sawAttempt(attempt, at: now)
        case .withdrawCallBack(let id, let agent): sawReservationEnd(id, agent, at: now)
        case .callBackEnded(let id, let origin, let outcome):
            guard outcome != .reached else { return }
            callBacks[id] = nil
            waiters.removeAll { $0.call == origin }
        case .agent(let agent, let state): sawState(agent, state, at: now)
        case .connected, .announce, .comfort, .offerCallBack: break
        }
    }

    /// Everything is drained: nobody may be left waiting who could be served.
    package mutating func settled(at now: Instant) {
        let free = desks.filter(\.isFree)
        guard !free.isEmpty else { return }
        for waiter in waiters where !waiter.isTaken && waiter.restsUntil == nil {
            if let desk = free.first(where: { fit($0, waiter) != nil }) {
                violate("\(waiter.call) waits although \(desk.profile.id) is free", at: now)
            }
        }
    }

    private mutating func sawOffer(_ offer: Offer, at now: Instant) {
        guard let rank = ranks[offer.agent], let index = waiters.firstIndex(where: { $0.call == offer.call })
        else { return violate("\(offer.call) is offered to \(offer.agent), but one of them is unknown", at: now) }
        if case .reserved = desks[rank].engagement {
            // The pair was chosen when the caller was dialled.
            if !waiters[index].isTaken { violate("\(offer.call) is offered by a reservation of another", at: now) }
        } else {
            checkChoice(index, rank, at: now)
        }
        waiters[index].isTaken = true
        desks[rank].engagement = .ringing(offer.id)
        offers[offer.id] = offer.call
    }

    private mutating func sawAttempt(_ attempt: CallBackAttempt, at now: Instant) {
        guard let rank = ranks[attempt.agent], callBacks[attempt.id] == attempt.origin,
            let index = waiters.firstIndex(where: { $0.call == attempt.origin })
        else { return violate("a call-back is dialled that nobody asked for", at: now) }
        checkChoice(index, rank, at: now)
        waiters[index].isTaken = true
        desks[rank].engagement = .reserved(attempt.id)
    }

    /// The caller did not answer in time; or the agent went away, and the caller keeps the turn.
    private mutating func sawReservationEnd(_ id: CallBackID, _ agent: AgentID, at now: Instant) {
        guard let rank = ranks[agent], desks[rank].isAway else { return callBackFailed(id, at: now) }
        desks[rank].engagement = .none
        for index in waiters.indices where waiters[index].call == callBacks[id] { waiters[index].isTaken = false }
    }

    private mutating func sawWithdrawal(
        _ offer: OfferID, _ agent: AgentID, _ call: CallID, _ reason: WithdrawalReason, at now: Instant
    ) {
        switch reason {
        case .callerGone: break
        case .noAnswer: offerEnded(offer, as: .noAnswer, at: now)
        case .agentAway, .unregistered:
            guard let rank = ranks[agent], let index = waiters.firstIndex(where: { $0.call == call }) else { return }
            offers[offer] = nil
            if desks[rank].engagement == .ringing(offer) { desks[rank].engagement = .none }
            waiters[index].isTaken = false
        }
    }

    /// The heart: is this the pair that the rule names?
    private mutating func checkChoice(_ index: Int, _ rank: Int, at now: Instant) {
        choices += 1
        let chosen = waiters[index]
        let agent = desks[rank]
        guard !chosen.isTaken, agent.isFree, let match = fit(agent, chosen) else {
            return violate("\(chosen.call) and \(agent.profile.id) cannot be a pair", at: now)
        }
        for other in desks where other.rank != rank && other.isFree {
            guard let otherMatch = fit(other, chosen) else { continue }
            let isBetter =
                otherMatch != match
                ? otherMatch > match
                : other.idleSince != agent.idleSince ? other.idleSince < agent.idleSince : other.rank < rank
            if isBetter {
                violate(
                    "\(chosen.call) went to \(agent.profile.id) although \(other.profile.id) fits better or idles longer",
                    at: now)
            }
        }
        let free = desks.filter(\.isFree)
        for other in waiters where !other.isTaken && other.restsUntil == nil && goes(other, before: chosen) {
            if free.contains(where: { fit($0, other) != nil }) {
                violate("\(chosen.call) was served before \(other.call), whose turn it was", at: now)
            }
        }
    }

    private mutating func sawState(_ agent: AgentID, _ state: AgentState, at now: Instant) {
        guard let rank = ranks[agent] else { return violate("\(agent) is unknown", at: now) }
        let desk = desks[rank]
        if state.isAvailable != desk.isFree {
            violate("\(agent) is told to be \(state), but the books say \(desk.engagement)", at: now)
        }
        if case .available(let since) = state, since != desk.idleSince {
            violate("\(agent) is idle since another time than is told", at: now)
        }
    }

    private mutating func checkOverdue(_ waiter: Waiter, at now: Instant) {
        let isDue =
            queues[waiter.queue]?.overflow.contains {
                if case .waited(let time) = $0.condition { waiter.arrived + time <= now } else { false }
            } ?? false
        if waiter.isTaken || !isDue { violate("\(waiter.call) was sent away before its time", at: now) }
    }

    private func fit(_ desk: Desk, _ waiter: Waiter) -> Int? {
        guard desk.profile.queues.contains(waiter.queue) else { return nil }
        var levels: [Int] = []
        for need in (queues[waiter.queue]?.skills ?? []) + waiter.ownSkills {
            let known = desk.profile.skills.filter { $0.name == need.name && $0.level >= need.minimumLevel }
            guard let skill = known.first else { return nil }
            levels.append(skill.level)
        }
        return levels.reduce(0, +)
    }

    private func goes(_ a: Waiter, before b: Waiter) -> Bool {
        let (first, second) = (priority(a), priority(b))
        if first != second { return first > second }
        return a.joined != b.joined ? a.joined < b.joined : a.number < b.number
    }

    private func priority(_ waiter: Waiter) -> Int { waiter.ownPriority ?? queues[waiter.queue]?.priority ?? 0 }

    private mutating func violate(_ text: String, at now: Instant) {
        guard violations.count < 100 else { return }
        violations.append("at \(now.nanoseconds / 1_000_000) ms: \(text)")
    }
}
