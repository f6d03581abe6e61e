package import Telephony

/// What the timers of a client transaction brought.
package enum ClientTimerAction: Sendable, Equatable {
    case none
    case resend
    /// Timer B or F: no final response came.
    case timedOut
    case terminated
}

/// The client side of an INVITE (RFC 3261 section 17.1.1 with RFC 6026 section 7.2).
package struct InviteClientTransaction: Sendable {
    private enum State: Sendable {
        /// Timer A resends the INVITE, timer B gives up.
        case calling(timerA: Instant?, interval: Interval, timerB: Instant)
        /// A provisional response came. Nothing limits how long, unless nobody waits for the final one any more.
        case proceeding(until: Instant?)
        /// A response of 300 to 699 came and was acknowledged; timer D absorbs more of them.
        case completed(timerD: Instant)
        /// A 2xx came (RFC 6026); timer M lets others through.
        case accepted(timerM: Instant)
        case terminated
    }

    /// What a response means.
    package enum ResponseAction: Sendable, Equatable {
        /// For the core.
        case pass
        /// For the core, and the transaction acknowledges it.
        case passAndAcknowledge
        /// It came again: acknowledge it again.
        case acknowledge
        case ignore
    }

    private var state: State
    private let isReliable: Bool
    private let timers: TransactionTimers

    /// The INVITE goes out now.
    package init(isReliable: Bool, timers: TransactionTimers, at now: Instant) {
        self.isReliable = isReliable
        self.timers = timers
        state = .calling(
            timerA: isReliable ? nil : now + timers.t1, interval: timers.t1, timerB: now + timers.transactionTime)
    }

    package var deadline: Instant? {
        switch state {
        case .calling(let timerA, _, let timerB): min(timerA ?? timerB, timerB)
        case .completed(let timerD): timerD
        case .accepted(let timerM): timerM
        case .proceeding(let end): end
        case .terminated: nil
        }
    }
    package var isTerminated: Bool { if case .terminated = state { true } else { false } }
    /// Whether a provisional response came and no final one, so that a CANCEL may go out (RFC 3261 section 9.1).
    package var isProceeding: Bool { if case .proceeding = state { true } else { false } }
    /// Whether nothing came yet.
    package var isCalling: Bool { if case .calling = state { true } else { false } }

    package mutating func receive(status: Int, at now: Instant) -> ResponseAction {
        switch (state, status) {
        case (.calling, ..<200):
            state = .proceeding(until: nil)
            return .pass
        case (.proceeding, ..<200): return .pass
        case (.calling, 200...299), (.proceeding, 200...299):
            state = .accepted(timerM: now + timers.transactionTime)
            return .pass
        case (.calling, _), (.proceeding, _):
            state = isReliable ? .terminated : .completed(timerD: now + timers.completedTime)
            return .passAndAcknowledge
        case (.accepted, 200...299): return .pass
        case (.completed, 300...): return .acknowledge
        case (.completed, _), (.accepted, _), (.terminated, _): return .ignore
        }
    }

    package mutating func advance(to now: Instant) -> ClientTimerAction {
        guard let deadline, deadline <= now else { return .none }
        switch state {
        case .calling(let timerA?, let interval, let timerB) where timerB > now:
            state = .calling(timerA: timerA + interval * 2, interval: interval * 2, timerB: timerB)
            return .resend
        case .calling:
            state = .terminated
            return .timedOut
        case .completed, .accepted, .proceeding:
            state = .terminated
            return .terminated
        case .terminated: return .none
        }
    }

    /// Nobody waits for the final response any more: one that comes within 64 T1 is acknowledged, and then it is given up.
    package mutating func limit(at now: Instant) {
        if case .proceeding(nil) = state { state = .proceeding(until: now + timers.transactionTime) }
    }

    /// The transport failed, or the core gives up.
    package mutating func abandon() { state = .terminated }
}

/// The client side of every other request (RFC 3261 section 17.1.2).
package struct NonInviteClientTransaction: Sendable {
    private enum State: Sendable {
        /// Timer E resends the request, timer F gives up.
        case trying(timerE: Instant?, interval: Interval, timerF: Instant)
        case proceeding(timerE: Instant?, timerF: Instant)
        /// A final response came; timer K absorbs more of them.
        case completed(timerK: Instant)
        case terminated
    }

    private var state: State
    private let isReliable: Bool
    private let timers: TransactionTimers

    package init(isReliable: Bool, timers: TransactionTimers, at now: Instant) {
        self.isReliable = isReliable
        self.timers = timers
        state = .trying(
            timerE: isReliable ? nil : now + timers.t1, interval: timers.t1, timerF: now + timers.transactionTime)
    }

    package var deadline: Instant? {
        switch state {
        case .trying(let timerE, _, let timerF), .proceeding(let timerE, let timerF): min(timerE ?? timerF, timerF)
        case .completed(let timerK): timerK
        case .terminated: nil
        }
    }
    package var isTerminated: Bool { if case .terminated = state { true } else { false } }

    /// - Returns: whether the response is the core's.
    package mutating func receive(status: Int, at now: Instant) -> Bool {
        switch state {
        case .trying(_, _, let timerF) where status < 200:
            state = .proceeding(timerE: isReliable ? nil : now + timers.t2, timerF: timerF)
            return true
        case .proceeding where status < 200: return true
        case .trying, .proceeding:
            state = isReliable ? .terminated : .completed(timerK: now + timers.t4)
            return true
        case .completed, .terminated: return false
        }
    }

    package mutating func advance(to now: Instant) -> ClientTimerAction {
        guard let deadline, deadline <= now else { return .none }
        switch state {
        case .trying(let timerE?, let interval, let timerF) where timerF > now:
            let next = min(interval * 2, timers.t2)
            state = .trying(timerE: timerE + next, interval: next, timerF: timerF)
            return .resend
        case .proceeding(let timerE?, let timerF) where timerF > now:
            state = .proceeding(timerE: timerE + timers.t2, timerF: timerF)
            return .resend
        case .trying, .proceeding:
            state = .terminated
            return .timedOut
        case .completed:
            state = .terminated
            return .terminated
        case .terminated: return .none
        }
    }
}
