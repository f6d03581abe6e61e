package import Telephony

// Calls come in, wait and leave.

extension Directory {
    /// Puts a call into a queue, or where the queue's rules send it.
    ///
    /// Of the rules of overflow those on joining count, in their order: closed, too long, nobody on duty. A queue that
    /// is full or closed and has no rule for it refuses.
    package mutating func enqueue(_ request: QueueRequest, at time: Instant) -> QueueAdmission {
        advance(to: time)
        guard let first = openIndex(of: request.queue) else { return .refused(.unknownQueue(request.queue)) }
        guard numbers[request.call] == nil else { return .refused(.callIsKnown) }
        var queue = first
        var visited = [first]
        while true {
            let skills = queues[queue].profile.skills + request.skills
            guard let rule = joiningRule(of: queue, skills: skills, visited: visited) else {
                if let refusal = refusal(of: queue) { return .refused(refusal) }
                return join(request, queue, visited: visited, asksForCallBack: false)
            }
            switch rule.target {
            case .queue(let id):
                guard let next = openIndex(of: id) else { return .refused(.unknownQueue(id)) }
                queue = next
                visited.append(next)
            case .callBackOffer:
                if queues[queue].length >= queues[queue].profile.maximumLength { return .refused(.full) }
                return join(request, queue, visited: visited, asksForCallBack: true)
            case .voicemail, .number, .dialog: return .overflow(rule.target, rule.condition)
            }
        }
    }

    /// The call is over, or its caller has left for something else: whatever waits, rings or talks for it ends.
    ///
    /// - Returns: whether anything was known of it.
    @discardableResult
    package mutating func callEnded(_ call: CallID, at time: Instant) -> Bool {
        advance(to: time)
        var isKnown = false
        if let number = numbers[call] {
            isKnown = true
            leave(number, isAbandonment: true)
        }
        if keepPromise(to: call) { isKnown = true }
        for index in agents.indices {
            guard case .talking(call, _, _) = agents[index].activity else { continue }
            isKnown = true
            endTalk(index)
        }
        settle()
        return isKnown
    }

    /// Calls that wait in a queue or ring out of it, those to be called back included.
    package func length(of queue: QueueID) -> Int { queueIndices[queue].map { queues[$0].length } ?? 0 }

    /// A queue's name for people.
    package func queueName(_ queue: QueueID) -> String? { queueIndices[queue].map { queues[$0].profile.name } }

    /// The place in its queue, from 1; `nil` when the call does not wait.
    package func position(of call: CallID) -> Int? {
        guard let index = numbers[call].flatMap({ places[$0] }).flatMap({ position(of: $0) }) else { return nil }
        return entries[...index].count { $0.queue == entries[index].queue }
    }

    /// Those who wait on the line, in the order in which they are served.
    package var waitingCalls: [CallID] { entries.filter(\.isOnTheLine).map(\.call) }

    /// Whether nothing is known of any call: nobody waits, rings, talks or is to be called back.
    package var isQuiet: Bool {
        entries.isEmpty && numbers.isEmpty && callBacks.isEmpty && promised.isEmpty && places.isEmpty
            && agents.allSatisfy {
                switch $0.activity {
                case .idle, .wrapUp: true
                case .reserved, .ringing, .talking: false
                }
            }
    }

    /// A queue that the configuration names.
    func openIndex(of id: QueueID) -> Int? { queueIndices[id].flatMap { queues[$0].isGone ? nil : $0 } }

    // MARK: - Joining

    private func joiningRule(of queue: Int, skills: [SkillRequirement], visited: [Int]) -> OverflowRule? {
        queues[queue].profile.overflow.first { rule in
            if case .queue(let id) = rule.target, let next = queueIndices[id], visited.contains(next) { return false }
            return switch rule.condition {
            case .waited: false
            case .length(let limit): queues[queue].length >= limit
            case .closed: !isOpen(queue)
            case .nobodyOnDuty: !zip(agents, fits(queue, skills)).contains { $0.state.isOnDuty && $1 >= 0 }
            }
        }
    }

    func isOpen(_ queue: Int) -> Bool {
        guard let hours = queues[queue].profile.hours, let wall else { return true }
        return hours.contains(wall.wallTime(at: now))
    }

    private mutating func join(
        _ request: QueueRequest, _ queue: Int, visited: [Int], asksForCallBack: Bool
    ) -> QueueAdmission {
        let profile = queues[queue].profile
        var entry = newEntry(request, queue, visited: visited)
        let place = entry.place
        entry.armMessages(profile, at: now)
        numbers[request.call] = place.number
        queues[queue].history.callJoined(priority: place.priority, at: now)
        insert(entry)
        let position = position(of: request.call) ?? 1
        if asksForCallBack { emit(.offerCallBack(request.call, queue: profile.id)) }
        settle()
        learnEstimate(place.number)
        return .queued(profile.id, position: position)
    }

    func refusal(of queue: Int) -> QueueRefusal? {
        if !isOpen(queue) { return .closed }
        return queues[queue].length >= queues[queue].profile.maximumLength ? .full : nil
    }

    mutating func newEntry(_ request: QueueRequest, _ queue: Int, visited: [Int]) -> Entry {
        let profile = queues[queue].profile
        return Entry(
            place: Place(
                priority: request.priority ?? profile.priority, joined: now - request.waited, number: nextNumber()),
            call: request.call, queue: queue, ownPriority: request.priority, ownSkills: request.skills,
            fits: fits(queue, profile.skills + request.skills), arrived: now, visited: visited, estimatedAt: now)
    }

    // MARK: - The order

    /// Where an entry is in the order.
    func position(of place: Place) -> Int? {
        let index = lowerBound(place)
        return index < entries.count && entries[index].place.number == place.number ? index : nil
    }

    private func lowerBound(_ place: Place) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func index(of number: UInt64) -> Int? { places[number].flatMap { position(of: $0) } }

    mutating func insert(_ entry: Entry) {
        entries.insert(entry, at: lowerBound(entry.place))
        places[entry.place.number] = entry.place
        queues[entry.queue].length += 1
        arm(entry.place.number)
    }

    /// Takes an entry out of the order and of every index.
    @discardableResult
    mutating func remove(_ number: UInt64) -> Entry? {
        guard let index = index(of: number) else { return nil }
        let entry = entries.remove(at: index)
        places[number] = nil
        if numbers[entry.call] == number { numbers[entry.call] = nil }
        if let callBack = entry.callBack { callBacks[callBack.id] = nil }
        if promised[entry.call] == number { promised[entry.call] = nil }
        queues[entry.queue].length -= 1
        return entry
    }

    /// Changes an entry in place and sets its timer.
    mutating func changeEntry(_ number: UInt64, _ change: (inout Entry) -> Void) {
        guard let index = index(of: number) else { return }
        change(&entries[index])
        arm(number)
    }

    /// Sets the timer of an entry that has changed.
    mutating func arm(_ number: UInt64) {
        guard let index = index(of: number) else { return }
        let due = entries[index].due(queues[entries[index].queue].profile)
        guard due != entries[index].timer else { return }
        entries[index].timer = due
        if let due { timers.add(.entry(number), at: due) }
    }

    /// An entry leaves unserved; what rings for it stops.
    mutating func leave(_ number: UInt64, isAbandonment: Bool) {
        guard let entry = remove(number) else { return }
        if isAbandonment { queues[entry.queue].history.left(after: now - entry.place.joined, isAbandonment: true) }
        switch entry.state {
        case .offered(let agent):
            guard case .ringing(let offer, let call, _, _) = agents[agent].activity else { return }
            agents[agent].activity = .idle
            emit(.withdraw(offer, agent: agents[agent].profile.id, call: call, .callerGone))
            refresh(agent)
        case .dialling(let agent):
            guard case .reserved(let id, _, _) = agents[agent].activity else { return }
            agents[agent].activity = .idle
            emit(.withdrawCallBack(id, agent: agents[agent].profile.id))
            refresh(agent)
        case .waiting, .promised, .resting: break
        }
    }
}
