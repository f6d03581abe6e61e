package import Telephony

/// How often and for how long the outbox tries.
package struct OutboxPolicy: Sendable {
    /// Before the second attempt; doubles from there.
    package var firstDelay = Interval.seconds(1)
    /// The longest pause between two attempts.
    package var longestDelay = Interval.seconds(900)
    /// An entry that is older than this when an attempt fails is set aside.
    package var lifetime = Interval.seconds(7 * 86_400)
    /// An entry is set aside after so many failures of its own: those between which the connector took others.
    package var longestRunOfOwnFailures = 25
    /// A connector rests after so many failures in a row.
    package var failuresBeforeRest = 5
    /// Attempts at the same time with one connector.
    package var concurrency = 16
    /// How long an attempt may stay unsettled before another node takes it over; longer than any attempt takes.
    package var claim = Interval.seconds(180)

    package init() {}

    /// The pause after so many failures, from 1: twice as long each time, up to the longest, and of that a random part
    /// between half and whole, so that what failed together does not come back together.
    package func delay(afterFailures failures: Int, _ generator: inout some RandomNumberGenerator) -> Interval {
        let doublings = min(max(0, failures - 1), 40)
        let whole = min(longestDelay.nanoseconds, (firstDelay.nanoseconds << min(doublings, 20)))
        let half = max(1, whole / 2)
        return Interval(nanoseconds: half + Int64(generator.next(upperBound: UInt64(half))))
    }
}

/// What the outbox knows of one connector and decides about it: a value, without clock, store or network.
///
/// A connector that fails ``OutboxPolicy/failuresBeforeRest`` times in a row, or says that it is unavailable, rests; then
/// one entry probes it, and only its success opens it again. So a CRM that is down for a day gets one attempt a pause,
/// however much waits.
package struct ConnectorLane: Sendable {
    package let connector: String
    private let policy: OutboxPolicy
    private var generator: SeededGenerator
    private var state = State.open
    private var failuresInARow = 0
    private var inFlight = 0

    private enum State: Sendable, Equatable {
        case open
        case resting(until: WallTime)
        case probing
    }

    package init(connector: String, policy: OutboxPolicy, seed: UInt64) {
        self.connector = connector
        self.policy = policy
        generator = SeededGenerator(seed: seed)
    }

    /// When a connector that rests may be probed; `nil` when it does not rest.
    package var deadline: WallTime? {
        if case .resting(let until) = state { until } else { nil }
    }

    /// How many attempts may begin now.
    package func capacity(at now: WallTime) -> Int {
        switch state {
        case .open: max(0, policy.concurrency - inFlight)
        case .resting(let until): until <= now ? 1 : 0
        case .probing: 0
        }
    }

    /// So many attempts begin.
    package mutating func begin(_ count: Int) {
        inFlight += count
        if case .resting = state, count > 0 { state = .probing }
    }

    /// An attempt came to an end: what is to be noted of the entry.
    package mutating func finish(
        _ entry: OutboxEntry, _ outcome: DeliveryOutcome, at now: WallTime
    ) -> OutboxSettlement {
        inFlight = max(0, inFlight - 1)
        var settlement = OutboxSettlement(
            id: entry.id, state: .waiting, dueAt: now, ownFailures: entry.ownFailures, reference: entry.reference,
            duplicates: entry.duplicates)
        switch outcome {
        case .delivered(let reference, let duplicates):
            succeeded()
            settlement.state = .sent
            settlement.sentAt = now
            settlement.reference = reference
            settlement.duplicates = duplicates
        case .refused(let reason):
            // It answered, so it is there.
            succeeded()
            settlement.state = .setAside
            settlement.problem = reason
        case .postponed(let reason, let retryAfter):
            let isOwn = failuresInARow == 0 && state == .open
            failed(retryAfter: nil, isUnavailable: false, at: now)
            if isOwn { settlement.ownFailures += 1 }
            postpone(&settlement, entry, reason, retryAfter, at: now)
        case .unavailable(let reason, let retryAfter):
            failed(retryAfter: retryAfter, isUnavailable: true, at: now)
            postpone(&settlement, entry, reason, retryAfter, at: now)
        }
        return settlement
    }

    private mutating func succeeded() {
        failuresInARow = 0
        state = .open
    }

    private mutating func failed(retryAfter: Interval?, isUnavailable: Bool, at now: WallTime) {
        failuresInARow += 1
        guard isUnavailable || failuresInARow >= policy.failuresBeforeRest || state == .probing else { return }
        let rests = max(1, failuresInARow - (isUnavailable ? 0 : policy.failuresBeforeRest - 1))
        let pause = max(policy.delay(afterFailures: rests, &generator), retryAfter ?? .zero)
        state = .resting(until: now + min(pause, .seconds(86_400)))
    }

    private mutating func postpone(
        _ settlement: inout OutboxSettlement, _ entry: OutboxEntry, _ reason: String, _ retryAfter: Interval?,
        at now: WallTime
    ) {
        settlement.problem = reason
        let pause = max(policy.delay(afterFailures: max(1, settlement.ownFailures), &generator), retryAfter ?? .zero)
        settlement.dueAt = now + min(pause, .seconds(86_400))
        let age = Interval.milliseconds(now.millisecondsSince1970 &- entry.createdAt.millisecondsSince1970)
        if age > policy.lifetime || settlement.ownFailures >= policy.longestRunOfOwnFailures {
            settlement.state = .setAside
        }
    }
}
