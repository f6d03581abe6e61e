import Telephony

/// An agent as the directory knows it: what it was told, and the state that follows.
struct AgentRecord: Sendable {
    enum Activity: Sendable, Equatable {
        case idle
        case reserved(CallBackID, entry: UInt64, until: Instant)
        case ringing(OfferID, CallID, entry: UInt64, until: Instant)
        /// `queue` is `nil` for a call that came by no queue.
        case talking(CallID, queue: Int?, since: Instant)
        case wrapUp(until: Instant)
    }

    struct Pause: Sendable, Equatable {
        let reason: AwayReason
        let until: Instant?
    }

    var profile: AgentProfile
    /// Indices of the queues whose calls the agent takes.
    var queues: [Int]
    /// The configuration does not name the agent any more.
    var isGone = false
    var activity = Activity.idle
    /// What the agent said last: `nil` is available.
    var chosenAbsence: String?
    var isReachable: Bool
    /// An absence that an unanswered or declined call brought.
    var pause: Pause?
    var idleSince: Instant
    /// What was told last.
    var state: AgentState
    /// What stands in the queue of timers for this agent.
    var timer: Instant?

    init(_ profile: AgentProfile, queues: [Int], at start: Instant) {
        self.profile = profile
        self.queues = queues
        if case .uri = profile.address { isReachable = true } else { isReachable = false }
        idleSince = start
        state = .away(.unregistered, until: nil)
    }

    /// The state that follows from all that is known, the time of idleness aside.
    func derivedState(idleSince: Instant) -> AgentState {
        switch activity {
        case .reserved(let id, _, _): return .reserved(id)
        case .ringing(_, let call, _, _): return .ringing(call)
        case .talking(let call, _, _): return .talking(call)
        case .idle, .wrapUp: break
        }
        if let chosenAbsence { return .away(.chosen(chosenAbsence), until: nil) }
        if !isReachable { return .away(.unregistered, until: nil) }
        if case .wrapUp(let until) = activity { return .wrapUp(until: until) }
        if let pause { return .away(pause.reason, until: pause.until) }
        return .available(since: idleSince)
    }

    /// When something ends by itself.
    var due: Instant? {
        let own: Instant? =
            switch activity {
            case .idle, .talking: nil
            case .reserved(_, _, let until), .ringing(_, _, _, let until), .wrapUp(let until): until
            }
        guard let end = pause?.until else { return own }
        return min(own ?? end, end)
    }
}

/// A queue as the directory knows it.
struct QueueRecord: Sendable {
    var profile: QueueProfile
    /// Those in it, the ones that ring and the ones to be called back included.
    var length = 0
    /// The configuration does not name it any more.
    var isGone = false
    var history: QueueHistory

    init(_ profile: QueueProfile) {
        self.profile = profile
        history = QueueHistory(expectedTalk: profile.expectedTalk)
    }
}
