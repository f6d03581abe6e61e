package import Telephony

// How long a caller will wait.
//
// The queue is played forward: every agent on duty becomes free when the present call is over, as recent talks of
// that queue lead to expect after the time it has lasted already; those ahead take the agents in the order of service,
// each weighed by how likely it is that the caller still waits then. Calls that will come and overtake slow everybody
// down by the share of the agents' time that they take. What is left of a bias is taken out by how estimates of late
// compare with what they became.

extension Directory {
    /// How long a call that waits will wait from now on; `nil` when it does not wait, or nobody on duty can take it.
    package func estimatedWait(of call: CallID) -> Interval? {
        numbers[call].flatMap { index(of: $0) }.flatMap { estimatedWait(at: $0) }
    }

    func estimatedWait(at index: Int) -> Interval? {
        let entry = entries[index]
        guard entry.state == .waiting, let raw = rawEstimate(at: index) else { return nil }
        return .milliseconds(Int64(min(86_400, raw * queues[entry.queue].history.correction) * 1_000))
    }

    /// Remembers what was expected when a caller joined who has to wait, without the correction, to learn from.
    mutating func learnEstimate(_ number: UInt64) {
        guard let index = index(of: number), entries[index].state == .waiting, let raw = rawEstimate(at: index)
        else { return }
        entries[index].firstEstimate = .milliseconds(Int64(min(86_400, raw) * 1_000))
        entries[index].estimatedAt = now
    }

    /// Seconds until the entry is answered, without the correction.
    private func rawEstimate(at target: Int) -> Double? {
        var free = agents.map { secondsUntilFree($0) }
        var answer = 0.0
        for index in 0...target {
            let entry = entries[index]
            let isTarget = index == target
            guard isTarget || entry.state == .waiting else { continue }
            guard let agent = firstFree(for: entry, free) else {
                if isTarget { return nil }
                continue
            }
            let history = queues[entry.queue].history
            let start = max(0, free[agent])
            if isTarget {
                answer = start + history.meanAnswer
            } else {
                let stays = 1 / (1 + history.abandonmentRate * start)
                let service =
                    history.meanAnswer + history.meanTalk + queues[entry.queue].profile.wrapUp.inSeconds
                free[agent] = start + stays * service
            }
        }
        return answer / (1 - overtakingShare(entries[target]))
    }

    /// The agent who can take an entry first.
    private func firstFree(for entry: Entry, _ free: [Double]) -> Int? {
        var best: Int?
        for index in agents.indices where free[index] < best.map({ free[$0] }) ?? .infinity {
            if canTake(agents[index], entry.queue, entry.skills) != nil { best = index }
        }
        return best
    }

    /// Seconds until an agent can take the next call; infinite for one who is not on duty, or will not be after it.
    private func secondsUntilFree(_ agent: AgentRecord) -> Double {
        guard agent.chosenAbsence == nil, agent.isReachable else { return .infinity }
        switch agent.activity {
        case .talking(_, let queue, let since):
            guard let queue else { return 120 }
            let left = queues[queue].history.remainingTalk(after: (now - since).inSeconds)
            return left + queues[queue].profile.wrapUp.inSeconds
        case .ringing(_, _, let number, _), .reserved(_, let number, _):
            guard let index = index(of: number) else { return 0 }
            let queue = queues[entries[index].queue]
            return queue.history.meanAnswer + queue.history.meanTalk + queue.profile.wrapUp.inSeconds
        case .wrapUp(let until): return (until - now).inSeconds
        case .idle:
            guard let pause = agent.pause else { return 0 }
            return pause.until.map { ($0 - now).inSeconds } ?? .infinity
        }
    }

    /// The share of its agents' time that calls will take which come later and go first.
    private func overtakingShare(_ entry: Entry) -> Double {
        var seconds = 0.0
        var people = 0
        var isShared = [Bool](repeating: false, count: queues.count)
        for agent in agents where agent.state.isOnDuty && canTake(agent, entry.queue, entry.skills) != nil {
            people += 1
            for queue in agent.queues { isShared[queue] = true }
        }
        for (index, queue) in queues.enumerated() where isShared[index] {
            let rate = queue.history.arrivalRate(above: entry.place.priority, at: now)
            seconds += rate * (queue.history.meanTalk + queue.history.meanAnswer + queue.profile.wrapUp.inSeconds)
        }
        return people == 0 ? 0 : min(0.7, seconds / Double(people))
    }
}
