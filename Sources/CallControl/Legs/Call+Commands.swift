import Telephony

// What agents, supervisors and operators want of a running call.

extension Call {
    /// Does what somebody wants, as far as the call is in a state for it.
    mutating func perform(_ command: CallCommand, at now: Instant) {
        guard !isOver else { return }
        switch command {
        case .pullIn(let plan): dial(plan, at: now)
        case .consult(let plan): consult(plan, at: now)
        case .complete: complete(at: now)
        case .swap: swap()
        case .conference: conference()
        case .back: back(at: now)
        case .place(let leg, let participation):
            if leg == .caller || index(of: leg) != nil { place(leg, participation) }
        case .release(let leg):
            guard let index = index(of: leg) else { return }
            let wasCalling = joined[index].isCalling
            release(leg, at: now)
            left(leg, wasCalling ? .noAnswer : .hungUp, at: now)
        case .transfer(let plan): transfer(plan, at: now)
        case .takeOver(let leg): takeOver(leg, at: now)
        }
    }

    private mutating func consult(_ plan: DialPlan, at now: Instant) {
        guard let agent = handover?.leg, handover?.isBridged == true, handover?.consulted == nil else { return }
        place(.caller, .held)
        place(agent, .consulting)
        var plan = plan
        plan.participation = .consulting
        let leg = dial(plan, ringsFor: agent, at: now)
        handover?.consulted = leg
    }

    private mutating func complete(at now: Instant) {
        guard let agent = handover?.leg, let consulted = handover?.consulted else { return }
        release(agent, .transferred, at: now)
        left(agent, .hungUp, at: now)
        refer(toParty: consulted, at: now)
    }

    private mutating func swap() {
        guard let agent = handover?.leg, let consulted = handover?.consulted, let index = index(of: consulted),
            joined[index].isConnected
        else { return }
        let isWithCaller = callerPlace.room == .conversation
        place(.caller, isWithCaller ? .held : .speaking)
        place(consulted, isWithCaller ? .consulting : .held)
        place(agent, isWithCaller ? .consulting : .speaking)
    }

    private mutating func conference() {
        guard let agent = handover?.leg, let consulted = handover?.consulted else { return }
        handover?.consulted = nil
        place(.caller, .speaking)
        place(agent, .speaking)
        place(consulted, .speaking)
    }

    private mutating func back(at now: Instant) {
        guard let agent = handover?.leg, let consulted = handover?.consulted else { return }
        handover?.consulted = nil
        release(consulted, at: now)
        place(.caller, .speaking)
        place(agent, .speaking)
    }

    private mutating func transfer(_ plan: DialPlan, at now: Instant) {
        guard let agent = handover?.leg, handover?.isBridged == true else { return }
        if let consulted = handover?.consulted { release(consulted, at: now) }
        release(agent, .transferred, at: now)
        handover?.consulted = nil
        handover?.isBridged = false
        place(.caller, .speaking)
        let leg = dial(plan, ringsFor: .caller, at: now)
        handover?.leg = leg
    }

    private mutating func takeOver(_ leg: LegID, at now: Instant) {
        guard let agent = handover?.leg, agent != leg, let index = index(of: leg), joined[index].isConnected else {
            return
        }
        handover?.leg = leg
        place(leg, .speaking)
        release(agent, .transferred, at: now)
    }
}
