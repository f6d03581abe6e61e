import Foundation
import GRDB
import Records
import Telephony
import Testing

@Suite("Store")
struct StoreTests {
    private static let now = SampleRecords.start + .seconds(100)

    @Test("facts, contexts and what they put into the outbox are there after the file is opened again")
    func survivesReopening() throws {
        let folder = try TemporaryFolder()
        let events = SampleRecords.events()
        do {
            let store = try SQLiteStore(path: folder("s.sqlite"))
            try store.write(
                RecordBatch(
                    facts: events, sealed: [SampleRecords.context(events)],
                    subscriptions: [.init(connector: "crm", moments: [.began, .ended])], now: StoreTests.now))
        }
        let store = try SQLiteStore(path: folder("s.sqlite"), creates: false)
        #expect(try store.events(of: "call-1").map(\.body.name) == events.map(\.body.name))
        #expect(try store.contexts(ContextFilter()) == [SampleRecords.context(events)])
        #expect(try store.deliveries(DeliveryFilter()).map(\.key) == ["call-1:began", "call-1:ended"])
    }

    @Test("a store of the first version is read and brought up to date")
    func migratesFirstVersion() throws {
        let folder = try TemporaryFolder()
        let context = SampleRecords.context(SampleRecords.events())
        let json = try JSONEncoder().encode(context)
        do {
            let queue = try DatabaseQueue(path: folder("s.sqlite"))
            try queue.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                        INSERT INTO grdb_migrations VALUES ('1 contexts');
                        CREATE TABLE context (call TEXT NOT NULL PRIMARY KEY, startedAt INTEGER NOT NULL,
                        caller TEXT NOT NULL, called TEXT NOT NULL, agent TEXT NOT NULL, outcome TEXT,
                        duration DOUBLE, json BLOB NOT NULL)
                        """)
                try database.execute(
                    sql: "INSERT INTO context VALUES ('call-1', 1, '+15550100', '', '', NULL, NULL, ?)",
                    arguments: [json])
            }
        }
        let store = try SQLiteStore(path: folder("s.sqlite"))
        #expect(try store.contexts(of: "call").map(\.call) == ["call-1" as CallID])
        #expect(try store.deliveries(DeliveryFilter()) == [])
    }

    @Test("a call that a crash cut off is sealed as failed, with all facts that were kept, and sent")
    func sealsInterruptedCalls() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let whole = SampleRecords.events("whole")
        let cut = Array(SampleRecords.events("cut").dropLast())
        try store.write(
            RecordBatch(facts: whole + cut, sealed: [SampleRecords.context(whole)], now: StoreTests.now))
        let sealed = try store.sealInterruptedCalls(
            [.init(connector: "crm", moments: [.ended])], at: StoreTests.now)
        #expect(sealed.map(\.call) == ["cut"])
        #expect(sealed.first?.outcome == .failed)
        #expect(sealed.first?.failures.map(\.code) == ["interrupted"])
        #expect(sealed.first?.variables["Global.Reason"] == .open("\"billing\""))
        #expect(try store.deliveries(DeliveryFilter()).map(\.key) == ["cut:ended"])
        #expect(try store.sealInterruptedCalls(at: StoreTests.now).isEmpty)
    }

    @Test("a subscriber who comes back reads on from where it was")
    func resumesFacts() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        try store.write(RecordBatch(facts: SampleRecords.events(), now: StoreTests.now))
        let first = try store.facts(after: 0, limit: 3)
        let rest = try store.facts(after: first.last?.position ?? 0, limit: 100)
        #expect((first + rest).map(\.event) == SampleRecords.events())
    }

    @Test("what is erased is in no file any more, and the rest is")
    func erases() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let gone = (0..<40).map { SampleRecords.events(CallID("gone-\($0)"), from: "+15557770042") }
        let kept = SampleRecords.events("kept", from: "+15558880001")
        for events in gone + [kept] {
            try store.write(
                RecordBatch(
                    facts: events, sealed: [SampleRecords.context(events)],
                    subscriptions: [.init(connector: "crm", moments: [.ended])], now: StoreTests.now))
        }
        try store.erase((0..<40).map { CallID("gone-\($0)") })
        var found = false
        for (name, data) in folder.contents {
            #expect(data.range(of: Data("+15557770042".utf8)) == nil, "\(name)")
            #expect(data.range(of: Data("gone-".utf8)) == nil, "\(name)")
            found = found || data.range(of: Data("+15558880001".utf8)) != nil
        }
        #expect(found)
        #expect(try store.contexts(ContextFilter()).map(\.call) == ["kept" as CallID])
    }

    @Test("what cannot be a store is refused with a sentence")
    func refusesGarbage() throws {
        let folder = try TemporaryFolder()
        try Data(repeating: 65, count: 5_000).write(to: URL(filePath: folder("s.sqlite")))
        #expect(throws: RecordsError.self) { try SQLiteStore(path: folder("s.sqlite")) }
        #expect(throws: RecordsError.self) { try SQLiteStore(path: folder("none.sqlite"), creates: false) }
        #expect(throws: RecordsError.self) { try SQLiteStore(path: folder("no/folder.sqlite")) }
    }
}

@Suite("Record writer")
struct RecordWriterTests {
    @Test("facts from several threads are all written, each call's in order")
    func writesAll() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        let writer = RecordWriter(store)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let events = SampleRecords.events(CallID("call-\(number)"))
                    for event in events { writer.append(event) }
                    writer.append(SampleRecords.context(events))
                }
            }
        }
        #expect(writer.finish() == nil)
        #expect(try store.contexts(ContextFilter()).count == 8)
        for number in 0..<8 {
            let call = CallID("call-\(number)")
            #expect(try store.events(of: call) == SampleRecords.events(call))
        }
    }

    @Test("a store that cannot write loses nothing: it is written when it can")
    func waitsForRoom() throws {
        let folder = try TemporaryFolder()
        let store = FullDiskStore(try SQLiteStore(path: folder("s.sqlite")), refusals: 3)
        let writer = RecordWriter(store, bound: 5)
        for event in SampleRecords.events() { writer.append(event) }
        #expect(writer.isNearlyFull)
        store.waitForRoom()
        #expect(writer.finish() == nil)
        #expect(writer.droppedFacts == 0)
        #expect(try store.inner.events(of: "call-1") == SampleRecords.events())
    }
}
