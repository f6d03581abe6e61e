package import Telephony

// Callers who keep their place without staying on the line.

extension Directory {
    /// The caller hangs up and is called back when the place comes.
    ///
    /// - Parameter number: where; the outbound policy must allow it before it is dialled.
    /// - Returns: `nil` when the call does not wait any more: an agent's phone rings for it, for instance.
    package mutating func acceptCallBack(_ call: CallID, number: String, at time: Instant) -> CallBackID? {
        advance(to: time)
        guard let entryNumber = numbers[call], let index = index(of: entryNumber), entries[index].state == .waiting
        else { return nil }
        let id = CallBackID(nextNumber())
        numbers[call] = nil
        callBacks[id] = entryNumber
        let expiry = entries[index].place.joined + queues[entries[index].queue].profile.callBack.expiry
        changeEntry(entryNumber) {
            $0.callBack = Entry.CallBack(id: id, number: number, expiry: expiry)
            $0.nextAnnouncement = nil
            $0.nextComfort = []
            $0.firstEstimate = nil
        }
        settle()
        return id
    }

    /// The caller answered: from now on it is a call that waits, offered to the agent who was kept for it.
    ///
    /// Where an attempt was withdrawn and another is under way, the answer to either counts.
    /// - Returns: whether an attempt stood; with `false` the call is to be hung up, with regret.
    @discardableResult
    package mutating func callBackAnswered(_ id: CallBackID, as call: CallID, at time: Instant) -> Bool {
        advance(to: time)
        guard let number = callBacks[id], let index = index(of: number), numbers[call] == nil,
            case .dialling(let agent) = entries[index].state
        else { return false }
        let origin = entries[index].call
        let profile = queues[entries[index].queue].profile
        callBacks[id] = nil
        numbers[call] = number
        entries[index].callBack = nil
        entries[index].call = call
        entries[index].arrived = now
        // It has been promised this queue: it is not sent away from it.
        entries[index].triedRules = .max
        entries[index].armMessages(profile, at: now)
        emit(.callBackEnded(id, origin: origin, .reached))
        offer(index, to: agent)
        settle()
        return true
    }

    /// The caller did not answer, was busy or could not be reached.
    ///
    /// - Returns: whether the attempt still stood.
    @discardableResult
    package mutating func callBackFailed(_ id: CallBackID, at time: Instant) -> Bool {
        advance(to: time)
        guard let number = callBacks[id], let index = index(of: number),
            case .dialling(let agent) = entries[index].state
        else { return false }
        attemptFailed(agent)
        settle()
        return true
    }

    /// The caller does not want to be called back any more.
    ///
    /// - Returns: whether the call-back was still to come.
    @discardableResult
    package mutating func cancelCallBack(_ id: CallBackID, at time: Instant) -> Bool {
        advance(to: time)
        guard let number = callBacks[id] else { return false }
        endCallBack(number, .cancelled)
        settle()
        return true
    }

    /// Dials a caller whose place has come, and keeps the agent free meanwhile.
    mutating func dial(_ index: Int, for agent: Int) {
        guard let callBack = entries[index].callBack else { return }
        let entry = entries[index]
        let profile = queues[entry.queue].profile
        agents[agent].activity = .reserved(
            callBack.id, entry: entry.place.number, until: now + profile.callBack.ringTimeout)
        changeEntry(entry.place.number) {
            $0.state = .dialling(agent)
            $0.callBack?.attempts += 1
        }
        emit(
            .callBack(
                CallBackAttempt(
                    id: callBack.id, queue: profile.id, number: callBack.number, attempt: callBack.attempts + 1,
                    ringTimeout: profile.callBack.ringTimeout, agent: agents[agent].profile.id, origin: entry.call)))
        refresh(agent)
    }

    /// The caller was not reached by the agent who was kept for it.
    mutating func attemptFailed(_ agent: Int) {
        guard case .reserved(_, let number, _) = agents[agent].activity else { return }
        agents[agent].activity = .idle
        refresh(agent)
        guard let index = index(of: number), let callBack = entries[index].callBack else { return }
        let terms = queues[entries[index].queue].profile.callBack
        entries[index].state = .resting(until: now + terms.pause)
        arm(number)
        if callBack.attempts >= terms.attempts {
            endCallBack(number, .notReached)
        } else if callBack.expiry <= now {
            endCallBack(number, .expired)
        }
    }

    mutating func callBackTimerFired(_ number: UInt64) {
        guard let index = index(of: number), let callBack = entries[index].callBack else { return }
        if callBack.expiry <= now { return endCallBack(number, .expired) }
        if case .resting(let until) = entries[index].state, until <= now { entries[index].state = .waiting }
        arm(number)
    }

    private mutating func endCallBack(_ number: UInt64, _ outcome: CallBackOutcome) {
        guard let index = index(of: number), let callBack = entries[index].callBack else { return }
        let origin = entries[index].call
        leave(number, isAbandonment: false)
        emit(.callBackEnded(callBack.id, origin: origin, outcome))
    }
}
