import CallControl
import ConnectorDoubles
import Distribution
import Foundation
import Records
import Routing
import Telephony
import Testing

/// Two processes that keep their promises in one database, one of which is cut off from it, dies or stands still.
@Suite("Promises that nodes share", .serialized)
struct SharedPromisesTests {
    /// The database's clock is the nodes'.
    private static let clock = "(SELECT position FROM subscriber WHERE name = 'clock')"

    private struct Pair {
        var nodes: [SharingNode]
        let store: PostgresStore
        private var now: Int64 = 0

        /// - Parameter names: the first makes the promise, and its agent is taken until `first` is over.
        init(_ address: String, _ names: [String]) throws {
            let store = try PostgresStore(address, clock: SharedPromisesTests.clock)
            self.store = store
            nodes = names.enumerated().map { index, name in
                SharingNode(name, store, index == 0 ? Floor.taken(attempts: 3) : Self.idle(attempts: 3))
            }
            try store.keepCursor("clock", at: 0)
        }

        static func idle(attempts: Int) -> Floor {
            Floor.billing { configuration in
                configuration.agents.removeLast()
                configuration.queues[0].announcements = nil
                configuration.queues[0].callBack = Floor.terms(attempts: attempts)
            }
        }

        /// - Parameter without: a node that does nothing any more.
        mutating func pass(_ seconds: Int, without dead: Int? = nil) throws {
            for _ in 0..<seconds {
                now += 1_000
                try store.keepCursor("clock", at: now)
                for index in nodes.indices where index != dead { try nodes[index].pass() }
            }
        }

        /// The first node's caller is promised it, and the nodes have heard each other for long enough.
        mutating func promise() throws {
            try pass(10)
            nodes[0].floor.seekCallBack("a", from: "+15550100")
            nodes[0].floor.callEnded("a")
            try pass(8)
        }

        /// The first node's agent is free, and the caller is called.
        mutating func free() throws {
            nodes[0].floor.callEnded("first")
            try nodes[0].settle()
        }
    }

    private static func pair(_ database: String, _ names: [String] = ["n-1", "n-2"]) throws -> Pair? {
        guard let server = PostgresServer.shared else { return nil }
        var pair = try Pair(try server.makeDatabase(database), names)
        try pair.promise()
        return pair
    }

    @Test("whom a node that is cut off has called nobody else calls, for however long it is away")
    func reached() throws {
        guard var pair = try SharedPromisesTests.pair("shared_reached") else { return }
        try pair.free()
        let line = try #require(pair.nodes[0].takeDialled().first).call
        pair.nodes[0].isCutOff = true
        try pair.pass(5)
        pair.nodes[0].floor.seek(line)
        pair.nodes[0].floor.answered(line)
        // Longer than the node may be silent, the pause, and all attempts.
        try pair.pass(400)
        #expect(pair.nodes[1].takeDialled().isEmpty && pair.nodes[1].accounted.isEmpty)
        pair.nodes[0].isCutOff = false
        try pair.pass(2)
        #expect(try pair.store.callBacks().isEmpty)
        try pair.pass(100)
        #expect(pair.nodes.allSatisfy { $0.dialled.isEmpty })
    }

    @Test("an attempt that comes to nothing while its node is cut off is made again by that node, once it is back")
    func retried() throws {
        guard var pair = try SharedPromisesTests.pair("shared_retried") else { return }
        try pair.free()
        let line = try #require(pair.nodes[0].takeDialled().first).call
        pair.nodes[0].isCutOff = true
        pair.nodes[0].floor.tried(line, .busy)
        try pair.pass(200)
        #expect(pair.nodes.allSatisfy { $0.dialled.isEmpty })
        pair.nodes[0].isCutOff = false
        try pair.pass(4)
        #expect(pair.nodes[0].takeDialled().map(\.callBack.attempt) == [2])
        #expect(pair.nodes[1].dialled.isEmpty)
    }

    @Test("a node that was cut off before it called calls nobody: another has the place, and calls")
    func takenOver() throws {
        guard var pair = try SharedPromisesTests.pair("shared_taken") else { return }
        pair.nodes[0].isCutOff = true
        try pair.free()
        try pair.pass(30)
        #expect(pair.nodes[0].dialled.isEmpty)
        #expect(pair.nodes[1].takeDialled().map(\.callBack.promisedIn) == ["a"])
        pair.nodes[0].isCutOff = false
        try pair.pass(30)
        #expect(pair.nodes[0].dialled.isEmpty && !pair.nodes[0].floor.distributor.hasPromised)
        #expect(try pair.store.callBacks().map(\.node) == ["n-2"])
    }

    @Test("a claim whose answer is lost is nobody else's, and its node calls once it knows")
    func answerLost() throws {
        guard var pair = try SharedPromisesTests.pair("shared_answer") else { return }
        pair.nodes[0].losesAnswers = true
        try pair.free()
        #expect(try pair.store.callBacks().map(\.isUnderWay) == [true])
        pair.nodes[0].isCutOff = true
        pair.nodes[0].losesAnswers = false
        try pair.pass(100)
        #expect(pair.nodes.allSatisfy { $0.dialled.isEmpty })
        pair.nodes[0].isCutOff = false
        try pair.pass(4)
        #expect(pair.nodes[0].takeDialled().map(\.callBack.attempt) == [1])
        #expect(pair.nodes[1].dialled.isEmpty)
    }

    @Test("a machine that never comes back has its promise told as one that ran out, once; nobody is called")
    func neverBack() throws {
        guard var pair = try SharedPromisesTests.pair("shared_never") else { return }
        try pair.free()
        #expect(pair.nodes[0].takeDialled().count == 1)
        try pair.pass(580, without: 0)
        #expect(pair.nodes[1].accounted.isEmpty)
        try pair.pass(30, without: 0)
        #expect(pair.nodes[1].accounted == ["a"] && pair.nodes[1].dialled.isEmpty)
        #expect(try pair.store.callBacks().isEmpty)
    }

    @Test("a process of the same machine that is gone for certain has its attempt counted, and another calls again")
    func goneForCertain() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let host = NodeName.current.split(separator: "-").dropLast().joined(separator: "-")
        let name = "\(host)-\(process.processIdentifier)"
        guard var pair = try SharedPromisesTests.pair("shared_gone", [name, "n-2"]) else { return }
        try pair.free()
        #expect(pair.nodes[0].takeDialled().count == 1)
        try pair.pass(40, without: 0)
        #expect(pair.nodes[1].dialled.isEmpty)
        try pair.pass(40, without: 0)
        #expect(pair.nodes[1].takeDialled().map(\.callBack.attempt) == [2])
    }
}
