package import Telephony

/// The moments of a call of which a connector can be told.
package enum CallMoment: String, Sendable, Codable, CaseIterable, Comparable {
    /// The call has begun: who calls whom, and when.
    case began
    /// The first of those whom the caller is handed over to has answered.
    case transferred
    /// The context is sealed.
    case ended

    package static func < (a: CallMoment, b: CallMoment) -> Bool { a.place < b.place }

    private var place: Int {
        switch self {
        case .began: 0
        case .transferred: 1
        case .ended: 2
        }
    }

    /// The moment that a fact makes; `nil` for most.
    static func of(_ fact: CallEventBody) -> CallMoment? {
        switch fact {
        case .callStarted: .began
        case .legAnswered: .transferred
        default: nil
        }
    }
}

/// That a connector is told of some moments of every call.
package struct OutboxSubscription: Sendable, Equatable {
    package var connector: String
    package var moments: [CallMoment]

    package init(connector: String, moments: [CallMoment]) {
        self.connector = connector
        self.moments = moments
    }
}

/// Something to be sent to a connector, at least once.
package struct OutboxEntry: Sendable, Equatable, Codable, Identifiable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// To be sent when it is due.
        case waiting
        case sent
        /// Refused for good, or tried for too long; somebody has to look.
        case setAside
    }

    package var id: Int64
    package var connector: String
    package var call: CallID
    package var moment: CallMoment
    /// The idempotency key: the same for every attempt, another for every entry.
    package var key: String
    package var state: State
    /// Attempts that were begun, this one included.
    package var attempts: Int
    /// Attempts that failed although the connector answered others.
    package var ownFailures: Int
    package var createdAt: WallTime
    package var dueAt: WallTime
    package var sentAt: WallTime?
    /// What the other side calls what was made of it.
    package var reference: String?
    /// Why the last attempt failed.
    package var problem: String?
    /// Records that the other side had more than one of; found by look-up.
    package var duplicates: Int

    package init(
        id: Int64, connector: String, call: CallID, moment: CallMoment, key: String, state: State = .waiting,
        attempts: Int = 0, ownFailures: Int = 0, createdAt: WallTime, dueAt: WallTime, sentAt: WallTime? = nil,
        reference: String? = nil, problem: String? = nil, duplicates: Int = 0
    ) {
        self.id = id
        self.connector = connector
        self.call = call
        self.moment = moment
        self.key = key
        self.state = state
        self.attempts = attempts
        self.ownFailures = ownFailures
        self.createdAt = createdAt
        self.dueAt = dueAt
        self.sentAt = sentAt
        self.reference = reference
        self.problem = problem
        self.duplicates = duplicates
    }

    /// The key of a call's moment.
    package static func key(call: CallID, moment: CallMoment) -> String { "\(call.rawValue):\(moment.rawValue)" }
}

/// Which entries somebody takes to send them.
package struct OutboxClaim: Sendable {
    package var connector: String
    package var limit: Int
    package var now: WallTime
    /// Who takes them.
    package var node: String
    /// When somebody else may take them, should this one never settle them.
    package var until: WallTime

    package init(connector: String, limit: Int, now: WallTime, node: String, until: WallTime) {
        self.connector = connector
        self.limit = limit
        self.now = now
        self.node = node
        self.until = until
    }
}

/// What came of an attempt, as it is to be noted.
package struct OutboxSettlement: Sendable, Equatable {
    package var id: Int64
    package var state: OutboxEntry.State
    package var dueAt: WallTime
    package var ownFailures: Int
    package var sentAt: WallTime?
    package var reference: String?
    package var problem: String?
    package var duplicates: Int

    package init(
        id: Int64, state: OutboxEntry.State, dueAt: WallTime, ownFailures: Int, sentAt: WallTime? = nil,
        reference: String? = nil, problem: String? = nil, duplicates: Int = 0
    ) {
        self.id = id
        self.state = state
        self.dueAt = dueAt
        self.ownFailures = ownFailures
        self.sentAt = sentAt
        self.reference = reference
        self.problem = problem
        self.duplicates = duplicates
    }
}

/// What a connector says of an attempt.
package enum DeliveryOutcome: Sendable, Equatable {
    /// The other side has it: now, or since an attempt whose answer was lost.
    case delivered(reference: String?, duplicates: Int)
    /// Not now: the other side is away, busy or at fault.
    case postponed(reason: String, retryAfter: Interval?)
    /// Not now, and nothing else of this connector either: it cannot be reached, wants less, or refuses the credentials.
    case unavailable(reason: String, retryAfter: Interval?)
    /// Never: the other side does not take this.
    case refused(reason: String)
}
