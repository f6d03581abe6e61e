package import Telephony

// What agents, their phones and who is in charge of them say.

extension Directory {
    /// The agents' names, in the order of the configuration.
    package var agentIDs: [AgentID] { agents.filter { !$0.isGone }.map(\.profile.id) }

    package func profile(of agent: AgentID) -> AgentProfile? { agentIndices[agent].map { agents[$0].profile } }

    package func state(of agent: AgentID) -> AgentState? { agentIndices[agent].map { agents[$0].state } }

    /// The agent says: ready. It ends an absence and a wrap-up; in a call it counts for afterwards.
    ///
    /// - Returns: whether there is such an agent.
    @discardableResult
    package mutating func setAvailable(_ agent: AgentID, at time: Instant) -> Bool {
        advance(to: time)
        guard let index = agentIndices[agent], !agents[index].isGone else { return false }
        agents[index].chosenAbsence = nil
        agents[index].pause = nil
        if case .wrapUp = agents[index].activity { agents[index].activity = .idle }
        refresh(index)
        settle()
        return true
    }

    /// The agent says: away. A call that rings there goes to the next; one that is spoken is finished first.
    ///
    /// - Returns: whether there is such an agent.
    @discardableResult
    package mutating func setAway(_ agent: AgentID, reason: String, at time: Instant) -> Bool {
        advance(to: time)
        guard let index = agentIndices[agent], !agents[index].isGone else { return false }
        agents[index].chosenAbsence = reason
        agents[index].pause = nil
        if case .wrapUp = agents[index].activity { agents[index].activity = .idle }
        giveBack(index, .agentAway)
        settle()
        return true
    }

    /// A phone has registered, or its registration is gone. Tells it of every agent with that address-of-record.
    package mutating func registrationChanged(of address: String, isRegistered: Bool, at time: Instant) {
        advance(to: time)
        for index in agents.indices where agents[index].profile.address == .registered(address) {
            agents[index].isReachable = isRegistered
            if isRegistered { refresh(index) } else { giveBack(index, .unregistered) }
        }
        settle()
    }

    /// The agent has a call that no queue gave: one that the agent placed, or one put through directly.
    ///
    /// A call that rings there is given back to its queue: the agent cannot have two.
    /// - Returns: whether the agent had none; with `false` nothing has changed but that.
    @discardableResult
    package mutating func occupy(_ agent: AgentID, with call: CallID, at time: Instant) -> Bool {
        advance(to: time)
        guard let index = agentIndices[agent] else { return false }
        if case .talking = agents[index].activity { return false }
        giveBack(index, .agentAway)
        agents[index].activity = .talking(call, queue: nil, since: now)
        refresh(index)
        settle()
        return true
    }

    /// The agent has left the call, which may go on without: wrap-up begins.
    ///
    /// - Returns: whether the agent was in a call.
    @discardableResult
    package mutating func released(_ agent: AgentID, at time: Instant) -> Bool {
        advance(to: time)
        guard let index = agentIndices[agent], case .talking = agents[index].activity else { return false }
        endTalk(index)
        settle()
        return true
    }

    /// A talk is over: what it was is learnt, and the wrap-up begins.
    mutating func endTalk(_ index: Int) {
        guard case .talking(_, let queue, let since) = agents[index].activity else { return }
        agents[index].activity = .idle
        if let queue {
            queues[queue].history.talkEnded(after: now - since)
            let wrapUp = queues[queue].profile.wrapUp
            if wrapUp > .zero { agents[index].activity = .wrapUp(until: now + wrapUp) }
        }
        refresh(index)
    }

    /// Takes an offer or a reservation from an agent: the caller waits on.
    mutating func giveBack(_ index: Int, _ reason: WithdrawalReason) {
        switch agents[index].activity {
        case .ringing(let offer, let call, let number, _):
            emit(.withdraw(offer, agent: agents[index].profile.id, call: call, reason))
            agents[index].activity = .idle
            refresh(index)
            waitOn(number)
        case .reserved(let id, let number, _):
            emit(.withdrawCallBack(id, agent: agents[index].profile.id))
            agents[index].activity = .idle
            refresh(index)
            // The caller was not asked long enough for it to count.
            changeEntry(number) {
                $0.state = .waiting
                $0.callBack?.attempts -= 1
            }
        case .idle, .talking, .wrapUp: refresh(index)
        }
    }

    mutating func agentTimerFired(_ index: Int) {
        agents[index].timer = nil
        if let until = agents[index].pause?.until, until <= now { agents[index].pause = nil }
        switch agents[index].activity {
        case .wrapUp(let until) where until <= now:
            agents[index].activity = .idle
            refresh(index)
        case .ringing(let offer, let call, _, let until) where until <= now:
            emit(.withdraw(offer, agent: agents[index].profile.id, call: call, .noAnswer))
            offerFailed(index, .noAnswer)
        case .reserved(let id, _, let until) where until <= now:
            emit(.withdrawCallBack(id, agent: agents[index].profile.id))
            attemptFailed(index)
        default: refresh(index)
        }
    }

    /// Derives the state anew, tells it when it is another, and sets the timer.
    mutating func refresh(_ index: Int) {
        let before = agents[index].state
        var after = agents[index].derivedState(idleSince: agents[index].idleSince)
        if after.isAvailable, !before.isAvailable {
            switch before {
            // A call that rang and went away does not interrupt idleness.
            case .ringing, .reserved: break
            default: agents[index].idleSince = now
            }
            after = .available(since: agents[index].idleSince)
        }
        if after != before {
            availableCount += (after.isAvailable ? 1 : 0) - (before.isAvailable ? 1 : 0)
            agents[index].state = after
            emit(.agent(agents[index].profile.id, after))
        }
        let due = agents[index].due
        guard due != agents[index].timer else { return }
        agents[index].timer = due
        if let due { timers.add(.agent(index), at: due) }
    }

    mutating func emit(_ output: DirectoryOutput) { outputs.append(output) }
}
