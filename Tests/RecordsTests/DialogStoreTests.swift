import ConnectorDoubles
import Records
import Telephony
import Testing

@Suite("SIP dialogs at rest", .serialized)
struct DialogStoreTests {
    private static let now = SampleRecords.start

    private static func dialog(_ name: String, call: CallID = "call-1", json: String = "{}") -> StoredDialog {
        StoredDialog(name: name, call: call, node: "here-1", json: json)
    }

    /// What holds for every engine.
    private static func check(_ store: any ContextStore) throws {
        func write(_ changes: [DialogChange]) throws {
            var batch = RecordBatch(now: now)
            batch.dialogs = changes
            try store.write(batch)
        }
        try write([.open(dialog("a")), .open(dialog("b", call: "call-2")), .open(dialog("a", json: "{\"cseq\":2}"))])
        let open = try store.openDialogs()
        #expect(open.sorted { $0.name < $1.name } == [dialog("a", json: "{\"cseq\":2}"), dialog("b", call: "call-2")])
        // It began and ended within one transaction.
        try write([.over(name: "a"), .open(dialog("c")), .over(name: "c"), .over(name: "never there")])
        #expect(try store.openDialogs().map(\.name) == ["b"])
        try store.erase(["call-2"])
        #expect(try store.openDialogs().isEmpty)
    }

    @Test("what is known of a dialog is replaced, goes with it, and is erased with its call")
    func sqlite() throws {
        let folder = try TemporaryFolder()
        try DialogStoreTests.check(try SQLiteStore(path: folder("s.sqlite")))
    }

    @Test("the same in PostgreSQL")
    func postgres() throws {
        guard let server = PostgresServer.shared else { return }
        // A database of its own: other tests count what is in the one they share.
        try DialogStoreTests.check(try PostgresStore(server.makeDatabase("dialogs")))
    }

    @Test("what a process left open, the next finds lost")
    func lost() throws {
        let folder = try TemporaryFolder()
        do {
            let records = try LiveRecords(.init(store: folder("s.sqlite"), node: "here-1"))
            #expect(records.lostDialogs.isEmpty)
            records.appendDialog("a", of: "call-1", json: "{}")
            records.appendDialog("b", of: "call-2", json: "{}")
            records.endDialog("b")
            #expect(records.finish() == nil)
        }
        let records = try LiveRecords(.init(store: folder("s.sqlite"), node: "here-2"))
        #expect(records.lostDialogs == [DialogStoreTests.dialog("a")])
        _ = records.finish()
    }

    @Test("a process of this host that does not run is gone; one that runs, and one elsewhere, is not")
    func nodes() {
        let parts = NodeName.current.split(separator: "-")
        let host = parts.dropLast().joined(separator: "-")
        #expect(NodeName.isGone("\(host)-2147483646"))
        #expect(!NodeName.isGone("\(host)-1"))
        #expect(!NodeName.isGone("elsewhere-2147483646"))
        #expect(!NodeName.isGone("\(host)-x"))
    }
}
