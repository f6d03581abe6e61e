import ConnectorDoubles
import Foundation
import Records
import Telephony
import Testing

@Suite("Promised call-backs at rest", .serialized)
struct CallBackStoreTests {
    private static let now = SampleRecords.start

    private static func callBack(
        _ call: CallID, after seconds: Int64 = 0, node: String = "here-1", version: Int64 = 1,
        isUnderWay: Bool = false, json: String = "{}"
    ) -> StoredCallBack {
        StoredCallBack(
            call: call, node: node, joinedAt: now + .seconds(seconds), expiresAt: now + .seconds(600),
            version: version, isUnderWay: isUnderWay, json: json)
    }

    private static func write(_ changes: [CallBackChange], to store: any ContextStore) throws {
        var batch = RecordBatch(now: now)
        batch.callBacks = changes
        try store.write(batch)
    }

    /// What holds for every engine.
    private static func check(_ store: any ContextStore) throws {
        try write([.promised(callBack("c", after: 3)), .promised(callBack("a", after: 1))], to: store)
        try write(
            [
                .promised(callBack("b", after: 2)), .changed(callBack("b", after: 2, version: 2, json: "{\"n\":1}")),
                .changed(callBack("erased", version: 9)),
            ], to: store)
        // Another process's word on it is not taken, nor one on what is not there, nor one that comes too late.
        try write(
            [
                .changed(callBack("a", node: "there-1", version: 9, json: "{\"n\":9}")),
                .changed(callBack("b", after: 2, version: 2, isUnderWay: true, json: "{\"n\":2}")),
            ], to: store)
        #expect(
            try store.callBacks() == [
                callBack("a", after: 1), callBack("b", after: 2, version: 2, json: "{\"n\":1}"),
                callBack("c", after: 3),
            ])
        #expect(try store.holdsCallBack(of: "a", node: "here-1"))
        #expect(try !store.holdsCallBack(of: "a", node: "there-1"))
        // A claim is in the store once it is made, twice where its answer was lost, and only its holder can make one.
        let claim = callBack("a", after: 1, version: 3, isUnderWay: true, json: "{\"n\":7}")
        #expect(try store.claimCallBack(claim) == .held)
        #expect(try store.claimCallBack(claim) == .held)
        #expect(try store.claimCallBack(callBack("a", node: "there-1", version: 4, isUnderWay: true)) == .lost)
        #expect(try store.claimCallBack(callBack("a", version: 2, isUnderWay: true)) == .superseded)
        #expect(try store.callBacks().first == claim)
        // Kept within one transaction, and one that was never there.
        try write([.promised(callBack("d")), .over("d"), .over("never there"), .over("b")], to: store)
        try store.erase(["c"])
        #expect(try store.callBacks().map(\.call) == ["a"])
        #expect(try !store.holdsCallBack(of: "c", node: "here-1"))
        #expect(try store.claimCallBack(callBack("c", version: 2, isUnderWay: true)) == .lost)
    }

    @Test("a promise changes, is kept, and is erased with its call; they stand in the order of the queue")
    func sqlite() throws {
        let folder = try TemporaryFolder()
        try CallBackStoreTests.check(try SQLiteStore(path: folder("s.sqlite")))
    }

    @Test("the same in PostgreSQL")
    func postgres() throws {
        guard let server = PostgresServer.shared else { return }
        try CallBackStoreTests.check(try PostgresStore(server.makeDatabase("callbacks")))
    }

    @Test("what a process promised and did not keep the next one finds, in order, and is told of it once")
    func nextProcess() throws {
        let folder = try TemporaryFolder()
        do {
            let records = try LiveRecords(.init(store: folder("s.sqlite"), node: "here-1"))
            for (seconds, call) in [(2, "b"), (1, "a"), (3, "c")] as [(Int64, CallID)] {
                records.appendCallBack(CallBackStoreTests.callBack(call, after: seconds))
            }
            records.endCallBack(of: "c")
            #expect(records.finish() == nil)
            #expect(records.holder(ofCallBack: "a", claiming: nil) == .thisProcess)
            #expect(records.holder(ofCallBack: "c", claiming: nil) == .another)
        }
        let store = try SQLiteStore(path: folder("s.sqlite"))
        #expect(try store.takeCallBacks(node: "here-2", isStarting: true).map(\.call) == ["a", "b"])
        #expect(try store.takeCallBacks(node: "here-2", isStarting: false).isEmpty)
        #expect(try store.callBacks().map(\.node) == ["here-2", "here-2"])
    }

    @Test("what was under way when a process of the same name ended is its successor's, as after a container's restart")
    func sameName() throws {
        let folder = try TemporaryFolder()
        var stores: [any ContextStore] = [try SQLiteStore(path: folder("s.sqlite"))]
        if let server = PostgresServer.shared { stores.append(try PostgresStore(server.makeDatabase("same_name"))) }
        for store in stores {
            try CallBackStoreTests.write([.promised(CallBackStoreTests.callBack("a"))], to: store)
            let claim = CallBackStoreTests.callBack("a", version: 2, isUnderWay: true)
            #expect(try store.claimCallBack(claim) == .held)
            let taken = try store.takeCallBacks(node: "here-1", isStarting: true)
            #expect(taken == [CallBackStoreTests.callBack("a", version: 2)])
            #expect(try store.callBacks() == taken)
        }
    }

    @Test("of a store in a file no process is lost: its successor takes what it had under way")
    func lostNode() throws {
        let folder = try TemporaryFolder()
        let store: any ContextStore = try SQLiteStore(path: folder("s.sqlite"))
        #expect(throws: RecordsError.self) { try store.voidClaims(of: "here-1") }
    }

    @Test("a service is told at its start, and what was erased meanwhile is not its to keep")
    func told() async throws {
        let folder = try TemporaryFolder()
        try CallBackStoreTests.write(
            [.promised(CallBackStoreTests.callBack("a")), .promised(CallBackStoreTests.callBack("b", after: 1))],
            to: try SQLiteStore(path: folder("s.sqlite")))
        let records = try LiveRecords(.init(store: folder("s.sqlite"), node: "here-2"))
        let told = AsyncStream<[CallID]>.makeStream()
        let running = Task {
            await records.run { notice in
                if case .promisesTaken(let promises) = notice { told.continuation.yield(promises.map(\.call)) }
            }
        }
        var taken = told.stream.makeAsyncIterator()
        #expect(await taken.next() == ["a", "b"])
        running.cancel()
        await running.value
        try SQLiteStore(path: folder("s.sqlite")).erase(["a"])
        for (call, holder) in [("a", .another), ("b", .thisProcess)]
            as [(CallID, LiveRecords.CallBackHolder)]
        {
            let claim = CallBackStoreTests.callBack(call, version: 2, isUnderWay: true)
            #expect(records.holder(ofCallBack: call, claiming: claim) == holder)
        }
        _ = records.finish()
    }

    @Test("nodes take what a dead one promised, each promise one of them, and leave what a living one did")
    func deadNode() throws {
        guard let server = PostgresServer.shared else { return }
        let address = try server.makeDatabase("promises")
        try PostgresStore(address).write(
            RecordBatch(now: CallBackStoreTests.now),
            callBacks: (1...40).map { number in
                .promised(
                    CallBackStoreTests.callBack(
                        CallID("call-\(number)"), after: Int64(100 - number), node: number > 30 ? "n-2" : "n-dead"))
            })
        // The database's clock, as far as nodes are judged by it: 20 s later they have been heard all the time.
        var told: [[CallID]] = []
        for second in 0...20 {
            for node in ["n-1", "n-2"] {
                let store = try PostgresStore(address, clock: "\(1_000_000 + second * 1_000)::bigint")
                _ = try store.keepAlive(node: node, subscriptions: [], at: CallBackStoreTests.now)
                let taken = try store.takeCallBacks(node: node, isStarting: false).map(\.call)
                if !taken.isEmpty { told.append(taken) }
            }
        }
        // In the order in which the callers joined, once.
        #expect(told == [(1...30).reversed().map { CallID("call-\($0)") }])
        let store = try PostgresStore(address)
        #expect(try store.callBacks().count { $0.node == "n-2" } == 10)
        #expect(try store.callBacks().count { $0.node == "n-1" } == 30)
    }
}

extension ContextStore {
    fileprivate func write(_ batch: RecordBatch, callBacks: [CallBackChange]) throws(RecordsError) {
        var batch = batch
        batch.callBacks = callBacks
        try write(batch)
    }
}
