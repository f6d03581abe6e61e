package import Telephony

// Who gets which call, and what becomes of it.

extension Directory {
    /// How an offer ended at the phone.
    ///
    /// - Returns: whether the offer still stood. With `false` somebody else, or nobody, has the call: a phone that
    ///   answered is to be hung up.
    @discardableResult
    package mutating func offerEnded(_ offer: OfferID, as outcome: OfferOutcome, at time: Instant) -> Bool {
        advance(to: time)
        let agent = agents.firstIndex {
            if case .ringing(offer, _, _, _) = $0.activity { true } else { false }
        }
        guard let agent else { return false }
        if outcome == .answered { connect(agent) } else { offerFailed(agent, outcome) }
        settle()
        return true
    }

    private mutating func connect(_ index: Int) {
        guard case .ringing(let offer, let call, let number, _) = agents[index].activity,
            let entry = remove(number)
        else { return }
        let waited = now - entry.place.joined
        queues[entry.queue].history.left(after: waited, isAbandonment: false)
        if let offered = entry.firstOffered { queues[entry.queue].history.answered(after: now - offered) }
        if let estimate = entry.firstEstimate {
            queues[entry.queue].history.estimateProved(estimate, actual: now - entry.estimatedAt)
        }
        agents[index].activity = .talking(call, queue: entry.queue, since: now)
        emit(.connected(offer, agent: agents[index].profile.id, call: call, waited: waited))
        refresh(index)
    }

    /// The agent did not take the call: it goes to the next, and the agent rests.
    mutating func offerFailed(_ index: Int, _ outcome: OfferOutcome) {
        guard case .ringing(_, _, let number, _) = agents[index].activity else { return }
        let rest = self.index(of: number).map { now + queues[entries[$0].queue].profile.restAfterRefusal }
        agents[index].activity = .idle
        agents[index].pause =
            switch outcome {
            case .answered: nil
            case .noAnswer: AgentRecord.Pause(reason: .noAnswer, until: nil)
            case .refused: AgentRecord.Pause(reason: .refused, until: rest)
            case .busy: AgentRecord.Pause(reason: .busy, until: rest)
            case .failed: AgentRecord.Pause(reason: .unreachable, until: rest)
            }
        refresh(index)
        waitOn(number)
    }

    // MARK: - Choice

    /// Gives every call that can be served to the best agent there is, by the rule of ``Directory``.
    mutating func match() {
        guard availableCount > 0 else { return }
        for index in entries.indices where entries[index].state == .waiting {
            guard let agent = bestAgent(for: entries[index]) else { continue }
            if entries[index].isOnTheLine { offer(index, to: agent) } else { dial(index, for: agent) }
            if availableCount == 0 { return }
        }
    }

    private func bestAgent(for entry: Entry) -> Int? {
        var best: (index: Int, match: Int16, idleSince: Instant)?
        for index in agents.indices where entry.fits[index] >= 0 {
            guard case .available(let since) = agents[index].state else { continue }
            let match = entry.fits[index]
            if let best, (best.match, since) >= (match, best.idleSince) { continue }
            best = (index, match, since)
        }
        return best?.index
    }

    /// How well each agent fits a call, by index; below 0 for one who may not have it.
    func fits(_ queue: Int, _ skills: [SkillRequirement]) -> [Int16] {
        agents.map { agent in
            guard agent.queues.contains(queue), let match = agent.profile.skills.match(skills) else { return -1 }
            return Int16(clamping: match)
        }
    }

    /// Lets a call ring at an agent.
    mutating func offer(_ index: Int, to agent: Int) {
        let entry = entries[index]
        let profile = queues[entry.queue].profile
        let id = OfferID(nextNumber())
        agents[agent].activity = .ringing(
            id, entry.call, entry: entry.place.number, until: now + profile.ringTimeout)
        entries[index].state = .offered(agent)
        entries[index].firstOffered = entry.firstOffered ?? now
        arm(entry.place.number)
        emit(
            .offer(
                Offer(
                    id: id, call: entry.call, queue: profile.id, agent: agents[agent].profile.id,
                    address: agents[agent].profile.address, ringTimeout: profile.ringTimeout,
                    waited: now - entry.place.joined)))
        refresh(agent)
    }
}
