package import Telephony

// Callers who keep their place without staying on the line.

extension Directory {
    /// The caller hangs up and is called back when the place comes.
    ///
    /// - Parameters:
    ///   - number: where; the outbound policy must allow it before it is dialled.
    ///   - isOnTheLine: the caller is still to hang up: nobody is dialled before ``callEnded(_:at:)``.
    /// - Returns: `nil` when the call does not wait any more: an agent's phone rings for it, for instance.
    package mutating func acceptCallBack(
        _ call: CallID, number: String, isOnTheLine: Bool = false, at time: Instant
    ) -> CallBackID? {
        advance(to: time)
        guard let entryNumber = numbers[call], let index = index(of: entryNumber), entries[index].state == .waiting
        else { return nil }
        let id = CallBackID(nextNumber())
        numbers[call] = nil
        callBacks[id] = entryNumber
        let expiry = entries[index].place.joined + queues[entries[index].queue].profile.callBack.expiry
        if isOnTheLine { promised[call] = entryNumber }
        changeEntry(entryNumber) {
            $0.callBack = Entry.CallBack(id: id, number: number, expiry: expiry)
            if isOnTheLine { $0.state = .promised }
            $0.nextAnnouncement = nil
            $0.nextComfort = []
            $0.firstEstimate = nil
        }
        settle()
        return id
    }

    /// Puts a caller into a queue who will be called back when the place comes, and never waits on the line. Nobody is
    /// dialled before ``callEnded(_:at:)``. Rules of overflow do not count: a queue that is full or closed refuses.
    package mutating func enqueueCallBack(
        _ request: QueueRequest, number: String, at time: Instant
    ) -> CallBackAdmission {
        advance(to: time)
        guard let queue = openIndex(of: request.queue) else { return .refused(.unknownQueue(request.queue)) }
        guard numbers[request.call] == nil, promised[request.call] == nil else { return .refused(.callIsKnown) }
        if let refusal = refusal(of: queue) { return .refused(refusal) }
        let profile = queues[queue].profile
        var entry = newEntry(request, queue, visited: [queue])
        let id = CallBackID(nextNumber())
        entry.state = .promised
        entry.callBack = Entry.CallBack(id: id, number: number, expiry: now + profile.callBack.expiry)
        callBacks[id] = entry.place.number
        promised[request.call] = entry.place.number
        queues[queue].history.callJoined(priority: entry.place.priority, at: now)
        insert(entry)
        return .promised(id, profile.id)
    }

    /// The call is over in which a call-back was promised: from now on the place counts.
    ///
    /// - Returns: whether one was.
    mutating func keepPromise(to call: CallID) -> Bool {
        guard let number = promised.removeValue(forKey: call), let index = index(of: number) else { return false }
        let settling = queues[entries[index].queue].profile.callBack.settling
        let state = settling > .zero ? Entry.State.resting(until: now + settling) : .waiting
        changeEntry(number) { $0.state = state }
        return true
    }

    /// The caller answered although nobody is dialled for the call-back any more: from now on the call waits on the line,
    /// at the place that was kept.
    ///
    /// - Returns: whether there is such a call-back, and nobody is being dialled for it.
    package mutating func callBackResumed(_ id: CallBackID, as call: CallID, at time: Instant) -> Bool {
        advance(to: time)
        guard let number = callBacks[id], let index = index(of: number), numbers[call] == nil else { return false }
        switch entries[index].state {
        case .waiting, .resting: break
        case .promised, .offered, .dialling: return false
        }
        let origin = takeCallBack(index, id, as: call)
        entries[index].state = .waiting
        emit(.callBackEnded(id, origin: origin, .reached))
        arm(number)
        settle()
        return true
    }

    /// A call-back becomes a call on the line.
    ///
    /// - Returns: the call in which it was promised.
    private mutating func takeCallBack(_ index: Int, _ id: CallBackID, as call: CallID) -> CallID {
        let origin = entries[index].call
        let profile = queues[entries[index].queue].profile
        callBacks[id] = nil
        numbers[call] = entries[index].place.number
        entries[index].callBack = nil
        entries[index].call = call
        entries[index].arrived = now
        // It has been promised this queue: it is not sent away from it.
        entries[index].triedRules = .max
        entries[index].armMessages(profile, at: now)
        return origin
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
        let origin = takeCallBack(index, id, as: call)
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

    /// Nobody can be dialled for now: the attempt does not count, the agent who was kept is there for others, and the next
    /// attempt comes after the pause.
    ///
    /// - Returns: whether the attempt still stood.
    @discardableResult
    package mutating func postponeCallBack(_ id: CallBackID, by pause: Interval, at time: Instant) -> Bool {
        advance(to: time)
        guard let number = callBacks[id], let index = index(of: number),
            case .dialling(let agent) = entries[index].state
        else { return false }
        agents[agent].activity = .idle
        refresh(agent)
        let next = now + pause
        changeEntry(number) {
            $0.callBack?.attempts -= 1
            $0.state = .resting(until: next)
        }
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
                    attemptsLeft: max(0, profile.callBack.attempts - callBack.attempts - 1),
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
