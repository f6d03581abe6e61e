package import Telephony

/// Somebody who is told of facts as they happen: a system that pops up who is calling, a dashboard.
package protocol FactSubscriber: Sendable {
    /// As the configuration names it.
    var name: String { get }
    func wants(_ event: CallEvent) -> Bool
    /// Tells of one fact. Never throws: what went wrong is an outcome. Ends within a minute.
    func tell(_ fact: StoredFact) async -> DeliveryOutcome
}

/// Tells a subscriber of facts in their order, each at least once: the next one only when the one before has arrived or
/// was refused. It reads the store and keeps its place there, so that nothing waits in memory, however slow the other
/// side is, and nothing is lost when the process dies.
package struct FactFeed: Sendable {
    /// Facts that a subscriber may lie behind; older ones are passed over and counted.
    package static let mostBehind: Int64 = 100_000
    private static let batch = 100
    private static let longestPause = Interval.seconds(300)

    private let store: any ContextStore
    private let subscriber: any FactSubscriber
    private var position: Int64?
    private var failures = 0
    private var pausesUntil = WallTime(millisecondsSince1970: 0)
    /// Facts that were passed over, because the subscriber was too far behind or refused them.
    package private(set) var skipped: Int64 = 0
    package private(set) var delivered: Int64 = 0
    /// Why the last attempt failed; `nil` when it did not.
    package private(set) var problem: String?

    package init(_ store: any ContextStore, to subscriber: any FactSubscriber) {
        self.store = store
        self.subscriber = subscriber
    }

    /// Tells what there is to tell.
    ///
    /// - Returns: when the next step is due at the latest; earlier when there are new facts.
    package mutating func step(at now: WallTime) async throws(RecordsError) -> WallTime {
        guard now >= pausesUntil else { return pausesUntil }
        guard try store.leads(subscriber.name) else {
            // Another node tells it; where it is by then stands in the store.
            position = nil
            return now + .seconds(1)
        }
        var place = try start()
        let facts = try store.facts(after: place, limit: FactFeed.batch)
        guard let last = facts.last else { return now + .milliseconds(200) }
        var isPausing = false
        for fact in facts {
            if subscriber.wants(fact.event), await !tell(fact, at: now) {
                isPausing = true
                break
            }
            place = fact.position
        }
        try store.keepCursor(subscriber.name, at: place)
        position = place
        if isPausing { return pausesUntil }
        return last.position == place && facts.count < FactFeed.batch ? now + .milliseconds(200) : now
    }

    /// Where the subscriber is; at the end when it is new, nearer to it when it is too far behind.
    private mutating func start() throws(RecordsError) -> Int64 {
        let end = try store.lastPosition()
        let known: Int64
        if let position { known = position } else { known = try store.cursor(subscriber.name) ?? end }
        let place = max(known, end - FactFeed.mostBehind)
        skipped += place - known
        position = place
        return place
    }

    /// Whether the subscriber is done with a fact.
    private mutating func tell(_ fact: StoredFact, at now: WallTime) async -> Bool {
        let outcome = await subscriber.tell(fact)
        problem = outcome.reason
        switch outcome {
        case .delivered: delivered += 1
        case .refused: skipped += 1
        case .postponed(_, let wait), .unavailable(_, let wait):
            failures += 1
            let backOff = Interval.milliseconds(500 << Int64(min(failures, 10)))
            pausesUntil = now + min(max(wait ?? .zero, backOff), FactFeed.longestPause)
            return false
        }
        failures = 0
        return true
    }
}

extension DeliveryOutcome {
    /// Why it is no success; `nil` when it is one.
    package var reason: String? {
        switch self {
        case .delivered: nil
        case .postponed(let reason, _), .unavailable(let reason, _), .refused(let reason): reason
        }
    }
}
