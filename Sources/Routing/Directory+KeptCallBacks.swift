package import Telephony

/// How a call-back stands, so that another directory can take it over.
package struct CallBackStanding: Hashable, Sendable {
    /// When the caller joined the queue: what decides the place.
    package var joined: Instant
    /// When the promise runs out.
    package var expiry: Instant
    /// What the caller's own request said; `nil`: the queue's.
    package var priority: Int?
    package var skills: [SkillRequirement]
    /// Those that came to nothing; one that is under way does not count.
    package var attempts: Int
    /// The last of them has come to nothing just now: the next comes after the queue's pause.
    package var hasJustFailed = false

    package init(
        joined: Instant, expiry: Instant, priority: Int? = nil, skills: [SkillRequirement] = [], attempts: Int = 0
    ) {
        self.joined = joined
        self.expiry = expiry
        self.priority = priority
        self.skills = skills
        self.attempts = attempts
    }
}

// Call-backs that outlive the directory in which they were promised.

extension Directory {
    /// How a call-back stands; `nil` for one that is over.
    package func standing(of id: CallBackID) -> CallBackStanding? {
        guard let index = callBacks[id].flatMap({ index(of: $0) }), let callBack = entries[index].callBack else {
            return nil
        }
        let entry = entries[index]
        var attempts = callBack.attempts
        if case .dialling = entry.state { attempts -= 1 }
        return CallBackStanding(
            joined: entry.place.joined, expiry: callBack.expiry, priority: entry.ownPriority, skills: entry.ownSkills,
            attempts: max(0, attempts))
    }

    /// Takes over a call-back that was promised elsewhere, at the place that it had there. A queue that is full or closed
    /// takes it all the same. Its caller is called once the queue's time of settling is over.
    ///
    /// - Parameter call: the one in which it was promised, which is over.
    /// - Returns: `nil` where there is no such queue, or the call is known.
    package mutating func takeOverCallBack(
        _ call: CallID, in queue: QueueID, number: String, _ standing: CallBackStanding, at time: Instant
    ) -> CallBackID? {
        advance(to: time)
        guard let queue = openIndex(of: queue), numbers[call] == nil, promised[call] == nil else { return nil }
        let request = QueueRequest(
            call: call, queue: queues[queue].profile.id, priority: standing.priority, skills: standing.skills)
        var entry = newEntry(request, queue, visited: [queue])
        entry.place.joined = min(now, standing.joined)
        let id = CallBackID(nextNumber())
        entry.callBack = Entry.CallBack(
            id: id, number: number, attempts: max(0, standing.attempts), expiry: standing.expiry)
        let terms = queues[queue].profile.callBack
        let settling = standing.hasJustFailed ? max(terms.pause, terms.settling) : terms.settling
        entry.state = settling > .zero ? .resting(until: now + settling) : .waiting
        callBacks[id] = entry.place.number
        insert(entry)
        settle()
        return id
    }

    /// Callers of a queue who are to be called back.
    package func callBackCount(of queue: QueueID) -> Int {
        guard let queue = queueIndices[queue] else { return 0 }
        return entries.count { $0.queue == queue && !$0.isOnTheLine }
    }
}
