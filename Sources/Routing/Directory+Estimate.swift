package import Telephony

// How long a caller will wait.
//
// The queue is played forward a few times: every agent on duty becomes free when the present call is over, as recent
// talks of that queue lead to expect after the time it has lasted already; those ahead take the agents in the order of
// service, or have given up by then. The middle of the outcomes counts. Calls that will come and overtake slow everybody
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

    /// Remembers what was expected when a caller joined who has to wait, to learn from.
    mutating func learnEstimate(_ number: UInt64) {
        guard let index = index(of: number), let estimate = estimatedWait(at: index) else { return }
        entries[index].firstEstimate = estimate
        entries[index].estimatedAt = now
    }

    /// Seconds until the entry is answered, without the correction: the middle of several days that could come.
    private func rawEstimate(at target: Int) -> Double? {
        let ahead = (0...target).filter { $0 == target || entries[$0].state == .waiting }
        let runs = Directory.runs(steps: ahead.count * agents.count)
        var outcomes: [Double] = []
        for run in 0..<runs {
            var luck = Luck(run: run, of: runs)
            var free = agents.map { secondsUntilFree($0, &luck) }
            for index in ahead.dropLast() { serve(entries[index], &free, &luck) }
            guard let agent = firstFree(for: entries[target], free) else { return nil }
            outcomes.append(max(0, free[agent]) + queues[entries[target].queue].history.meanAnswer)
        }
        outcomes.sort()
        return outcomes[runs / 2] / (1 - overtakingShare(entries[target]))
    }

    /// How often the queue is played forward: 9 times, and the longer it is the less often, to once. A long queue's
    /// chances even out by themselves, and an estimate takes a millisecond or two at most. Odd, to have a middle.
    private static func runs(steps: Int) -> Int { min(9, 400_000 / max(1, steps)) | 1 }

    /// One who is ahead takes an agent's time, or gives up before.
    private func serve(_ entry: Entry, _ free: inout [Double], _ luck: inout Luck) {
        guard let agent = firstFree(for: entry, free) else { return }
        let queue = queues[entry.queue]
        let start = max(0, free[agent])
        guard luck.next() < 1 / (1 + queue.history.abandonmentRate * start) else { return }
        free[agent] = start + handling(queue, luck.next())
    }

    private func handling(_ queue: QueueRecord, _ part: Double) -> Double {
        queue.history.meanAnswer + queue.history.remainingTalk(after: 0, part) + queue.profile.wrapUp.inSeconds
    }

    /// The agent who can take an entry first.
    private func firstFree(for entry: Entry, _ free: [Double]) -> Int? {
        var best: Int?
        var least = Double.infinity
        for index in free.indices where free[index] < least && entry.fits[index] >= 0 {
            best = index
            least = free[index]
        }
        return best
    }

    /// Seconds until an agent can take the next call; infinite for one who is not on duty, or will not be after it.
    private func secondsUntilFree(_ agent: AgentRecord, _ luck: inout Luck) -> Double {
        guard agent.chosenAbsence == nil, agent.isReachable else { return .infinity }
        switch agent.activity {
        case .talking(_, let queue, let since):
            guard let queue else { return 120 }
            let left = queues[queue].history.remainingTalk(after: (now - since).inSeconds, luck.next())
            return left + queues[queue].profile.wrapUp.inSeconds
        case .ringing(_, _, let number, _), .reserved(_, let number, _):
            guard let index = index(of: number) else { return 0 }
            return handling(queues[entries[index].queue], luck.next())
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
        for (index, agent) in agents.enumerated() where agent.state.isOnDuty && entry.fits[index] >= 0 {
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

/// Numbers in 0..<1 that fill the range evenly, however many are taken: multiples of the golden ratio.
///
/// The expectation of when the first of many agents is free is far below the least of their expectations, so talks
/// are drawn from those seen, and evenly, so that a few draws are enough and the same question has the same answer.
private struct Luck {
    private var position: Double

    init(run: Int, of runs: Int) { position = (Double(run) + 0.5) / Double(runs) }

    mutating func next() -> Double {
        position += 0.618_033_988_749_894_9
        if position >= 1 { position -= 1 }
        return position
    }
}
