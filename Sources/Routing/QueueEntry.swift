package import Telephony

/// A call that asks for an agent.
package struct QueueRequest: Hashable, Sendable {
    package var call: CallID
    package var queue: QueueID
    /// `nil`: the queue's. The higher goes first.
    package var priority: Int?
    /// What the agent must know beside what the queue asks.
    package var skills: [SkillRequirement]
    /// How long it has waited already, for one that comes back: its place is as if it had never left.
    package var waited = Interval.zero

    package init(call: CallID, queue: QueueID, priority: Int? = nil, skills: [SkillRequirement] = []) {
        self.call = call
        self.queue = queue
        self.priority = priority
        self.skills = skills
    }
}

/// What became of a request at once.
package enum QueueAdmission: Hashable, Sendable {
    /// It waits, or rings already at an agent: the outputs tell. The queue is the one it came into, by overflow perhaps.
    case queued(QueueID, position: Int)
    /// The queue does not take it; it goes there.
    case overflow(OverflowTarget, OverflowCondition)
    case refused(QueueRefusal)
}

/// Why a queue does not take a call and has no place to send it to.
package enum QueueRefusal: Hashable, Sendable {
    case unknownQueue(QueueID)
    /// The call waits or talks already.
    case callIsKnown
    case full
    case closed
}

/// What came of a wish to be called back.
package enum CallBackAdmission: Hashable, Sendable {
    case promised(CallBackID, QueueID)
    case refused(QueueRefusal)
}
