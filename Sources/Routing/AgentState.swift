package import Telephony

/// Why an agent takes no calls.
package enum AwayReason: Hashable, Sendable {
    /// The agent, or who is in charge, says so: a break, lunch, the end of the shift.
    case chosen(String)
    /// The phone is not registered.
    case unregistered
    /// A call was offered and nobody answered: away until the agent says otherwise.
    case noAnswer
    /// A call was declined: away for the queue's `restAfterRefusal`.
    case refused
    /// The phone was busy with something that the directory does not know: away for the queue's `restAfterRefusal`.
    case busy
    /// The phone could not be reached: away for the queue's `restAfterRefusal`.
    case unreachable
}

/// What an agent does at the moment.
package enum AgentState: Hashable, Sendable {
    /// Takes the next call; idle since then.
    case available(since: Instant)
    /// Is kept for a caller who is being called back.
    case reserved(CallBackID)
    /// A call rings at the agent.
    case ringing(CallID)
    case talking(CallID)
    /// Finishes the work on the last call.
    case wrapUp(until: Instant)
    /// Takes no calls; `until` is there when it ends by itself.
    case away(AwayReason, until: Instant?)

    package var isAvailable: Bool {
        if case .available = self { true } else { false }
    }

    /// On duty: takes calls, or will when the present one is done.
    package var isOnDuty: Bool {
        switch self {
        case .available, .reserved, .ringing, .talking, .wrapUp: true
        case .away(_, let until): until != nil
        }
    }
}
