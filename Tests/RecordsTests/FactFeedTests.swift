import Foundation
import Records
import Synchronization
import Telephony
import Testing

/// Facts on their way to a subscriber: in order, at least once, never more than the store holds.
@Suite("Feed of facts")
struct FactFeedTests {
    /// Answers as it is told to.
    private final class Subscriber: FactSubscriber {
        let name = "pop"
        private let state = Mutex<(told: [Int64], outcomes: [DeliveryOutcome])>(([], []))

        var told: [Int64] { state.withLock { $0.told } }
        func answer(_ outcomes: [DeliveryOutcome]) { state.withLock { $0.outcomes = outcomes } }
        func wants(_ event: CallEvent) -> Bool { event.body.name != "digit" }
        func tell(_ fact: StoredFact) async -> DeliveryOutcome {
            state.withLock { state in
                state.told.append(fact.position)
                return state.outcomes.isEmpty
                    ? .delivered(reference: nil, duplicates: 0) : state.outcomes.removeFirst()
            }
        }
    }

    private static let start = WallTime(millisecondsSince1970: 1_772_443_800_000)

    private static func store() throws -> SQLiteStore {
        let path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString).sqlite").path
        return try SQLiteStore(path: path, creates: true)
    }

    private static func add(_ call: CallID, to store: SQLiteStore) throws {
        try store.write(RecordBatch(facts: SampleRecords.events(call), sealed: [], now: start))
    }

    @Test("a new subscriber is told of what happens from now on, in order, and of what it wants")
    func order() async throws {
        let store = try FactFeedTests.store()
        try FactFeedTests.add("before", to: store)
        let first = try store.lastPosition()
        let subscriber = Subscriber()
        var feed = FactFeed(store, to: subscriber)
        _ = try await feed.step(at: FactFeedTests.start)
        #expect(subscriber.told.isEmpty)
        try FactFeedTests.add("after", to: store)
        _ = try await feed.step(at: FactFeedTests.start)
        let wanted = try store.facts(after: first, limit: 100).filter { $0.event.body.name != "digit" }.map(\.position)
        #expect(subscriber.told == wanted)
        #expect(!wanted.isEmpty)
    }

    @Test("a fact that did not arrive is told again later, before those behind it, and after a restart too")
    func retries() async throws {
        let store = try FactFeedTests.store()
        let subscriber = Subscriber()
        var feed = FactFeed(store, to: subscriber)
        _ = try await feed.step(at: FactFeedTests.start)
        try FactFeedTests.add("call", to: store)
        subscriber.answer([
            .delivered(reference: nil, duplicates: 0), .postponed(reason: "no answer", retryAfter: nil),
        ])
        let due = try await feed.step(at: FactFeedTests.start)
        #expect(subscriber.told == [1, 2])
        #expect(feed.problem == "no answer")
        #expect(due > FactFeedTests.start)
        _ = try await feed.step(at: FactFeedTests.start)
        #expect(subscriber.told == [1, 2])
        var next = FactFeed(store, to: subscriber)
        _ = try await next.step(at: due)
        #expect(subscriber.told.prefix(4) == [1, 2, 2, 3])
        #expect(subscriber.told.last == 8)
        #expect(next.problem == nil)
    }

    @Test("what is refused is passed over, and waiting grows to five minutes and no further")
    func backsOff() async throws {
        let store = try FactFeedTests.store()
        let subscriber = Subscriber()
        var feed = FactFeed(store, to: subscriber)
        var now = FactFeedTests.start
        _ = try await feed.step(at: now)
        try FactFeedTests.add("call", to: store)
        subscriber.answer([.refused(reason: "no")])
        _ = try await feed.step(at: now)
        #expect(feed.skipped == 1)
        try FactFeedTests.add("again", to: store)
        subscriber.answer([DeliveryOutcome](repeating: .postponed(reason: "down", retryAfter: nil), count: 30))
        var pauses: [Int64] = []
        for _ in 0..<12 {
            let due = try await feed.step(at: now)
            pauses.append(due.millisecondsSince1970 - now.millisecondsSince1970)
            now = due
        }
        #expect(pauses.prefix(4) == [1_000, 2_000, 4_000, 8_000])
        #expect(pauses.last == 300_000)
    }
}
