import ConnectorDoubles
import Foundation
import Records
import Synchronization
import Telephony
import Testing

@Suite("Store in PostgreSQL", .serialized)
struct PostgresStoreTests {
    private static let now = SampleRecords.start + .seconds(100)

    /// Two nodes on one database that holds nothing; `nil` where there is no server.
    private static func nodes() throws -> (PostgresStore, PostgresStore)? {
        guard let server = PostgresServer.shared else { return nil }
        let nodes = (try PostgresStore(server.address), try PostgresStore(server.address))
        let all = try nodes.0.contexts(filter()).map(\.call)
        try nodes.0.erase(all + nodes.0.unsealedCalls())
        return nodes
    }

    private static func filter() -> ContextFilter {
        var filter = ContextFilter()
        filter.limit = nil
        return filter
    }

    @Test("facts, contexts and the outbox that one node writes another reads as they were")
    func shared() throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        let events = SampleRecords.events("it's \"quoted\" \\ {x}", secret: "4929")
        try one.write(
            RecordBatch(
                facts: events, sealed: [SampleRecords.context(events)],
                subscriptions: [.init(connector: "crm", moments: [.began, .ended])], now: PostgresStoreTests.now))
        let call = try #require(events.first?.call)
        #expect(try other.events(of: call).map(\.body.name) == events.map(\.body.name))
        #expect(try other.contexts(PostgresStoreTests.filter()).map(\.call) == [call])
        #expect(try other.contexts(of: "it's").map(\.from) == ["+15550100"])
        #expect(try other.deliveries(DeliveryFilter()).map(\.moment) == [.began, .ended])
        var filter = PostgresStoreTests.filter()
        filter.caller = "+15550100"
        filter.since = SampleRecords.start
        filter.until = SampleRecords.start + .seconds(1)
        filter.outcome = .abandoned
        #expect(try other.contexts(filter).count == 1)
        filter.caller = "nobody' OR true --"
        #expect(try other.contexts(filter).isEmpty)
        let first = try other.facts(after: 0, limit: 4)
        let rest = try other.facts(after: first.last?.position ?? 0, limit: 100)
        #expect((first + rest).map(\.event.body.name) == events.map(\.body.name))
    }

    /// Claims in small bites until nothing is left.
    private static func claimAll(_ node: PostgresStore, _ name: String) throws -> [Int64] {
        var ids: [Int64] = []
        while true {
            let entries = try node.claim(
                OutboxClaim(connector: "crm", limit: 7, now: now, node: name, until: now + .seconds(180)))
            guard !entries.isEmpty else { return ids }
            ids += entries.map(\.id)
        }
    }

    @Test("two nodes that claim at the same time take each entry once; a dead node's entries go to the other")
    func claims() async throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        let calls = (0..<300).map { CallID("call-\($0)") }
        try one.write(
            RecordBatch(
                sealed: calls.map { SampleRecords.context(SampleRecords.events($0)) },
                subscriptions: [.init(connector: "crm", moments: [.ended])], now: PostgresStoreTests.now))
        let byNode = try await withThrowingTaskGroup(of: (String, [Int64]).self) { group in
            group.addTask { ("one", try PostgresStoreTests.claimAll(one, "one")) }
            group.addTask { ("other", try PostgresStoreTests.claimAll(other, "other")) }
            var taken: [String: [Int64]] = [:]
            for try await (name, ids) in group { taken[name] = ids }
            return taken
        }
        let all = byNode.values.flatMap { $0 }
        #expect(all.count == 300)
        #expect(Set(all).count == 300)
        // The node "one" dies; the other settles its own and, when the claims are over, takes the rest.
        let own = Set(byNode["other"] ?? [])
        try other.settle(
            try other.deliveries(DeliveryFilter()).filter { own.contains($0.id) }.map {
                OutboxSettlement.sent($0, at: PostgresStoreTests.now)
            })
        let later = PostgresStoreTests.now + .seconds(180)
        let due = try other.nextDue(connector: "crm")
        #expect(due == (own.count == 300 ? nil : later))
        let rest = try other.claim(
            OutboxClaim(connector: "crm", limit: 1_000, now: later, node: "other", until: later + .seconds(180)))
        #expect(Set(rest.map(\.id)) == Set(byNode["one"] ?? []))
        #expect(rest.allSatisfy { $0.attempts == 2 })
    }

    @Test("a call's second entry waits for its first")
    func order() throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        let events = SampleRecords.events("a")
        try one.write(
            RecordBatch(
                facts: events, sealed: [SampleRecords.context(events)],
                subscriptions: [.init(connector: "crm", moments: [.began, .ended])], now: PostgresStoreTests.now))
        func claim(_ store: PostgresStore) throws -> [OutboxEntry] {
            try store.claim(
                OutboxClaim(
                    connector: "crm", limit: 10, now: PostgresStoreTests.now, node: "n",
                    until: PostgresStoreTests.now + .seconds(9)))
        }
        let first = try claim(one)
        #expect(first.map(\.moment) == [.began])
        #expect(try claim(other).isEmpty)
        try one.settle(first.map { OutboxSettlement.sent($0, at: PostgresStoreTests.now) })
        #expect(try claim(other).map(\.moment) == [.ended])
        #expect(try one.resend(["a"], connectors: ["crm"], at: PostgresStoreTests.now) == 1)
    }

    @Test("an interrupted call is sealed, recordings and erasure work, and the audit log holds")
    func rest() throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        try one.write(
            RecordBatch(facts: Array(SampleRecords.events("cut").dropLast()), now: PostgresStoreTests.now))
        #expect(try other.sealInterruptedCalls(at: PostgresStoreTests.now).map(\.outcome) == [.failed])
        let entry = RecordingEntry(
            call: "cut", path: "/r/1", mediaType: "audio/x-wav", isEncrypted: false, checksum: "0", byteCount: 1,
            duration: 1, createdAt: PostgresStoreTests.now, keptUntil: PostgresStoreTests.now)
        try one.addRecording(entry)
        #expect(try other.recordings(of: "cut") == [entry])
        #expect(try other.recordings(expiredAt: PostgresStoreTests.now) == [entry])
        try other.removeRecording("/r/1")
        try one.erase(["cut"])
        #expect(try other.record(of: "cut") == nil)
        for store in [one, other] {
            try store.audit(
                AuditAction(at: PostgresStoreTests.now, who: "t", kind: .erase, calls: ["cut"], detail: "d"))
        }
        let trail = try one.auditTrail()
        #expect(trail.count >= 2 && AuditEntry.firstBroken(in: trail) == nil)
    }

    /// A node as it is at a time, in milliseconds.
    private static func node(at time: Int) throws -> PostgresStore? {
        guard let server = PostgresServer.shared else { return nil }
        return try PostgresStore(server.address, clock: "\(time)::bigint")
    }

    private static let crm = [OutboxSubscription(connector: "crm", moments: [.ended])]

    /// What nodes have sealed that said at each of some times, one after the other, that they live.
    private static func sealed(by names: [String], at times: [Int]) throws -> [CallContext] {
        try times.flatMap { time in
            try names.flatMap { name in
                try node(at: time)?.keepAlive(node: name, subscriptions: crm, at: now) ?? []
            }
        }
    }

    /// The calls "a" and "b", the first on node one and the second on node two, cut off before their end.
    private static func beginCalls() throws -> Bool {
        guard try nodes() != nil, let one = try node(at: 0) else { return false }
        for (call, name) in [("a", "one"), ("b", "two")] as [(CallID, String)] {
            let facts = Array(SampleRecords.events(call).dropLast())
            try one.write(RecordBatch(facts: facts, subscriptions: crm, now: now, node: name))
        }
        return true
    }

    /// A stretch of time, long after every other test's, in signs of life.
    private static func life(_ number: Int, from: Int, until: Int) -> [Int] {
        stride(from: from, through: until, by: 1_000).map { number * 1_000_000 + $0 }
    }

    @Test("the calls of a node that is silent are sealed by another, once, and what it had claimed is free")
    func deadNode() throws {
        guard try PostgresStoreTests.beginCalls(), let one = try PostgresStoreTests.node(at: 0) else { return }
        let both = PostgresStoreTests.life(1, from: 0, until: 9_000)
        #expect(try PostgresStoreTests.sealed(by: ["one", "two"], at: both).isEmpty)
        try one.write(
            RecordBatch(
                sealed: [SampleRecords.context(SampleRecords.events("c"))], subscriptions: PostgresStoreTests.crm,
                now: PostgresStoreTests.now))
        let claim = OutboxClaim(
            connector: "crm", limit: 9, now: PostgresStoreTests.now, node: "two",
            until: PostgresStoreTests.now + .seconds(180))
        #expect(try one.claim(claim).map(\.call) == ["c"])
        // Node two is not heard any more.
        let alone = PostgresStoreTests.life(1, from: 10_000, until: 30_000)
        let contexts = try PostgresStoreTests.sealed(by: ["one"], at: alone)
        #expect(contexts.map(\.call) == ["b"] && contexts.first?.failures.map(\.code) == ["interrupted"])
        #expect(try one.unsealedCalls() == ["a"])
        #expect(try one.claim(claim).map(\.call) == ["c", "b"])
    }

    @Test("after the database was away nobody is judged until everybody could be heard")
    func silenceOfAll() throws {
        guard try PostgresStoreTests.beginCalls() else { return }
        let before = PostgresStoreTests.life(2, from: 0, until: 9_000)
        #expect(try PostgresStoreTests.sealed(by: ["one", "two"], at: before).isEmpty)
        // A minute without a database; node one is the first to be heard again.
        let alone = PostgresStoreTests.life(2, from: 70_000, until: 76_000)
        #expect(try PostgresStoreTests.sealed(by: ["one"], at: alone).isEmpty)
        let both = PostgresStoreTests.life(2, from: 77_000, until: 90_000)
        #expect(try PostgresStoreTests.sealed(by: ["two", "one"], at: both).isEmpty)
    }

    @Test("a node that was only silent has the last word on its call, which is sent again under its key")
    func notDead() throws {
        guard try PostgresStoreTests.beginCalls(), let one = try PostgresStoreTests.node(at: 0) else { return }
        let contexts = try PostgresStoreTests.sealed(
            by: ["one"], at: PostgresStoreTests.life(3, from: 0, until: 9_000))
        #expect(contexts.map(\.call) == ["b"])
        let sent = try one.deliveries(DeliveryFilter())
        try one.settle(sent.map { .sent($0, at: PostgresStoreTests.now) })
        try one.write(
            RecordBatch(
                sealed: [SampleRecords.context(SampleRecords.events("b"))], subscriptions: PostgresStoreTests.crm,
                now: PostgresStoreTests.now))
        #expect(try one.contexts(of: "b").map(\.outcome) == [.abandoned])
        let again = try one.deliveries(DeliveryFilter())
        #expect(again.map(\.state) == [.waiting] && again.map(\.key) == sent.map(\.key))
    }

    @Test("a subscriber's place is kept, moves on, and is each subscriber's own")
    func cursors() throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        let name = "it's \(UUID().uuidString)"
        #expect(try one.cursor(name) == nil)
        try one.keepCursor(name, at: 41)
        #expect(try other.cursor(name) == 41)
        try other.keepCursor(name, at: .max)
        #expect(try one.cursor(name) == .max && one.cursor(name + "?") == nil)
        let before = try one.lastPosition()
        let events = SampleRecords.events("cursor")
        try one.write(RecordBatch(facts: events, now: PostgresStoreTests.now))
        let last = try other.lastPosition()
        #expect(last >= before + Int64(events.count))
        #expect(try other.facts(after: last, limit: 10).isEmpty)
        #expect(try other.facts(after: last - 1, limit: 10).map(\.position) == [last])
        #expect(try other.facts(after: 0, limit: 2).count == 2)
        try one.erase(["cursor"])
        #expect(try other.facts(after: before, limit: 10).isEmpty)
    }

    @Test("one node tells a subscriber of facts, and another goes on when it is gone")
    func oneFeed() async throws {
        guard let server = PostgresServer.shared, let (one, _) = try PostgresStoreTests.nodes() else { return }
        let name = "feed \(UUID().uuidString)"
        let events = SampleRecords.events("fed")
        #expect(try one.leads(name) && one.leads(name))
        do {
            let gone = try PostgresStore(server.address)
            #expect(try !gone.leads(name) && gone.leads(name + "?"))
        }
        let heard = Listener(name)
        var feed = FactFeed(one, to: heard)
        _ = try await feed.step(at: PostgresStoreTests.now)
        try one.write(RecordBatch(facts: events, now: PostgresStoreTests.now))
        _ = try await feed.step(at: PostgresStoreTests.now)
        #expect(heard.names == events.map(\.body.name))
    }

    @Test("a database that is not there, and a password in the address, are refused with a sentence")
    func refusals() {
        #expect(throws: RecordsError.self) { try PostgresStore("postgresql://nobody@%2Fnowhere/none") }
        #expect(throws: RecordsError.self) { try PostgresStore("postgresql://me:secret@localhost/none") }
    }
}

extension OutboxSettlement {
    fileprivate static func sent(_ entry: OutboxEntry, at now: WallTime) -> OutboxSettlement {
        OutboxSettlement(
            id: entry.id, state: .sent, dueAt: now, ownFailures: 0, sentAt: now, reference: nil, problem: nil,
            duplicates: 0)
    }
}

/// A subscriber that takes everything.
private final class Listener: FactSubscriber {
    let name: String
    private let facts = Mutex<[String]>([])

    init(_ name: String) { self.name = name }

    var names: [String] { facts.withLock { $0 } }

    func wants(_ event: CallEvent) -> Bool { true }

    func tell(_ fact: StoredFact) async -> DeliveryOutcome {
        facts.withLock { $0.append(fact.event.body.name) }
        return .delivered(reference: nil, duplicates: 0)
    }
}
