package import Telephony

/// The server side of an INVITE (RFC 3261 section 17.2.1 with RFC 6026 section 7.1).
package struct InviteServerTransaction: Sendable {
    private enum State: Sendable {
        case proceeding
        /// A response of 300 to 699 went out. Timer G resends it (never over a reliable transport), timer H gives up.
        case completed(timerG: Instant?, interval: Interval, timerH: Instant)
        /// The ACK came; timer I absorbs more of them.
        case confirmed(timerI: Instant)
        /// A 2xx went out (RFC 6026); timer L.
        case accepted(timerL: Instant)
        case terminated
    }

    /// What an ACK means.
    package enum Acknowledgement: Sendable, Equatable {
        /// For a response of 300 to 699; it ends here.
        case absorbed
        /// For a 2xx: the core's.
        case core
    }

    /// What a timer brought.
    package enum TimerAction: Sendable, Equatable {
        case none
        case resend([UInt8])
        /// Timer H: no ACK came.
        case timedOut
        case terminated
    }

    private var state = State.proceeding
    private var response: [UInt8]?
    private let isReliable: Bool
    private let timers: TransactionTimers

    package init(isReliable: Bool, timers: TransactionTimers) {
        self.isReliable = isReliable
        self.timers = timers
    }

    package var deadline: Instant? {
        switch state {
        case .proceeding, .terminated: nil
        case .completed(let timerG, _, let timerH): min(timerG ?? timerH, timerH)
        case .confirmed(let timerI): timerI
        case .accepted(let timerL): timerL
        }
    }

    package var isTerminated: Bool { if case .terminated = state { true } else { false } }
    /// Whether no final response went out yet.
    package var isProceeding: Bool { if case .proceeding = state { true } else { false } }

    /// The INVITE came again.
    /// - Returns: the response to resend. In Accepted the core resends its 2xx by itself.
    package func receiveRetransmission() -> [UInt8]? {
        switch state {
        case .proceeding, .completed: response
        case .confirmed, .accepted, .terminated: nil
        }
    }

    /// The core sends a response.
    package mutating func send(status: Int, octets: [UInt8], at now: Instant) {
        guard case .proceeding = state else { return }
        if status < 200 {
            response = octets
        } else if status < 300 {
            response = nil
            state = .accepted(timerL: now + timers.transactionTime)
        } else {
            response = octets
            state = .completed(
                timerG: isReliable ? nil : now + timers.t1, interval: timers.t1, timerH: now + timers.transactionTime)
        }
    }

    package mutating func receiveACK(at now: Instant) -> Acknowledgement {
        switch state {
        case .completed:
            response = nil
            state = isReliable ? .terminated : .confirmed(timerI: now + timers.t4)
            return .absorbed
        case .confirmed: return .absorbed
        case .proceeding, .accepted, .terminated: return .core
        }
    }

    package mutating func advance(to now: Instant) -> TimerAction {
        guard let deadline, deadline <= now else { return .none }
        switch state {
        case .completed(let timerG?, let interval, let timerH) where timerH > now:
            let next = min(interval * 2, timers.t2)
            state = .completed(timerG: timerG + next, interval: next, timerH: timerH)
            return response.map { .resend($0) } ?? .none
        case .completed:
            state = .terminated
            return .timedOut
        case .confirmed, .accepted:
            state = .terminated
            return .terminated
        case .proceeding, .terminated: return .none
        }
    }
}

/// The server side of every other request (RFC 3261 section 17.2.2).
package struct NonInviteServerTransaction: Sendable {
    private enum State: Sendable {
        case trying
        case proceeding
        /// A final response went out; timer J.
        case completed(timerJ: Instant)
        case terminated
    }

    private var state = State.trying
    private var response: [UInt8]?
    private let isReliable: Bool
    private let timers: TransactionTimers

    package init(isReliable: Bool, timers: TransactionTimers) {
        self.isReliable = isReliable
        self.timers = timers
    }

    package var deadline: Instant? { if case .completed(let timerJ) = state { timerJ } else { nil } }
    package var isTerminated: Bool { if case .terminated = state { true } else { false } }

    /// The request came again.
    /// - Returns: the response to resend, if one went out.
    package func receiveRetransmission() -> [UInt8]? { response }

    package mutating func send(status: Int, octets: [UInt8], at now: Instant) {
        switch state {
        case .trying, .proceeding:
            response = octets
            if status < 200 {
                state = .proceeding
            } else {
                state = isReliable ? .terminated : .completed(timerJ: now + timers.transactionTime)
            }
        case .completed, .terminated: break
        }
    }

    /// - Returns: whether it terminated.
    package mutating func advance(to now: Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        response = nil
        state = .terminated
        return true
    }
}
