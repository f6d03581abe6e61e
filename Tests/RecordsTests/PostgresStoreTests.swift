import Foundation
import Records
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
    private static func claimAll(_ node: PostgresStore, _ name: String) -> [Int64] {
        var ids: [Int64] = []
        while let entries = try? node.claim(
            OutboxClaim(connector: "crm", limit: 7, now: now, node: name, until: now + .seconds(180))),
            !entries.isEmpty
        {
            ids += entries.map(\.id)
        }
        return ids
    }

    @Test("two nodes that claim at the same time take each entry once; a dead node's entries go to the other")
    func claims() async throws {
        guard let (one, other) = try PostgresStoreTests.nodes() else { return }
        let calls = (0..<300).map { CallID("call-\($0)") }
        try one.write(
            RecordBatch(
                sealed: calls.map { SampleRecords.context(SampleRecords.events($0)) },
                subscriptions: [.init(connector: "crm", moments: [.ended])], now: PostgresStoreTests.now))
        let byNode = await withTaskGroup(of: (String, [Int64]).self) { group in
            group.addTask { ("one", PostgresStoreTests.claimAll(one, "one")) }
            group.addTask { ("other", PostgresStoreTests.claimAll(other, "other")) }
            var taken: [String: [Int64]] = [:]
            for await (name, ids) in group { taken[name] = ids }
            return taken
        }
        let all = byNode.values.flatMap { $0 }
        #expect(all.count == 300 && Set(all).count == 300)
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
