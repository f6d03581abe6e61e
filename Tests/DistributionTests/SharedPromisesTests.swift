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

    @Test("whoever knows that a machine is lost has another node call again, once; a node that is heard is not lost")
    func declaredLost() throws {
        guard var pair = try SharedPromisesTests.pair("shared_lost") else { return }
        try pair.free()
        #expect(pair.nodes[0].takeDialled().count == 1)
        #expect(throws: RecordsError.self) { try pair.store.voidClaims(of: "n-1") }
        try pair.pass(20, without: 0)
        #expect(pair.nodes[1].dialled.isEmpty)
        #expect(try pair.store.voidClaims(of: "n-1") == ["a"])
        #expect(try pair.store.voidClaims(of: "n-1").isEmpty)
        for _ in 0..<90 where pair.nodes[1].dialled.isEmpty { try pair.pass(1, without: 0) }
        #expect(pair.nodes[1].takeDialled().map(\.callBack.attempt) == [2])
        // It comes back all the same: the promise is not its own any more.
        for _ in 0..<300 where pair.nodes[0].floor.distributor.hasPromised { try pair.pass(1) }
        #expect(pair.nodes[0].dialled.isEmpty && !pair.nodes[0].floor.distributor.hasPromised)
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

    @Test(
        "whatever becomes of the nodes' way to the database, a caller is called by one at a time, and not after the answer",
        arguments: [1, 2, 3])
    func random(seed: UInt64) throws {
        guard let server = PostgresServer.shared else { return }
        var town = Town(try Pair(try server.makeDatabase("shared_random_\(seed)"), ["n-1", "n-2"]), seed)
        try town.pair.pass(10)
        town.pair.nodes[0].floor.callEnded("first")
        for second in 0..<240 { try town.pass(isCalm: second > 180) }
        // Everybody is back: what was promised comes to an end.
        for _ in 0..<600 where try !town.pair.store.callBacks().isEmpty { try town.pass(isCalm: true) }
        let left = try town.pair.store.callBacks()
        #expect(left.isEmpty, "\(left) \(town.pair.nodes.map { Array($0.floor.kept.keys) })")
        #expect(town.mistakes.isEmpty)
        #expect(town.reached.count > 5 && town.attempts > town.reached.count)
        #expect(town.pair.nodes.allSatisfy { !$0.floor.distributor.hasPromised })
    }

    /// Callers who are promised to be called back by either node, and what their phones do.
    private struct Town {
        private struct Phone {
            var node: Int
            var line: CallID
            /// It rings, or the two talk, for so many seconds more.
            var seconds: Int
            var answers: Bool
            var isTalking = false
        }

        var pair: Pair
        /// Numbers of those who have answered.
        private(set) var reached: Set<String> = []
        private(set) var attempts = 0
        private(set) var mistakes: [String] = []
        private var phones: [String: Phone] = [:]
        private var promises = 0
        private var random: SeededGenerator

        init(_ pair: Pair, _ seed: UInt64) {
            self.pair = pair
            random = SeededGenerator(seed: seed)
        }

        private mutating func happens(onceIn number: Int) -> Bool { Int.random(in: 0..<number, using: &random) == 0 }

        /// - Parameter isCalm: no node is cut off any more, and nothing is promised.
        mutating func pass(isCalm: Bool) throws {
            for index in 0..<2 {
                if happens(onceIn: 20) { pair.nodes[index].isCutOff.toggle() }
                pair.nodes[index].losesAnswers = !isCalm && happens(onceIn: 10)
                if isCalm { pair.nodes[index].isCutOff = false }
                if !isCalm, promises < 16, happens(onceIn: 8) {
                    promises += 1
                    let call = CallID("call-\(promises)")
                    pair.nodes[index].floor.seekCallBack(call, from: "+15550\(100 + promises)")
                    pair.nodes[index].floor.callEnded(call)
                }
            }
            try pair.pass(1)
            for index in 0..<2 {
                for placement in pair.nodes[index].takeDialled() { ring(placement, by: index) }
            }
            for number in phones.keys.sorted() { act(number) }
            for index in 0..<2 { try pair.nodes[index].settle() }
        }

        private mutating func ring(_ placement: CallBackPlacement, by node: Int) {
            guard let number = placement.plan?.target else { return }
            attempts += 1
            if let other = phones[number] { mistakes.append("\(placement.call) rings beside \(other.line)") }
            if reached.contains(number) { mistakes.append("\(placement.call) rings after an answer") }
            phones[number] = Phone(
                node: node, line: placement.call, seconds: Int.random(in: 1...15, using: &random),
                answers: happens(onceIn: 2))
        }

        private mutating func act(_ number: String) {
            guard var phone = phones.removeValue(forKey: number) else { return }
            phone.seconds -= 1
            let isGivenUp = pair.nodes[phone.node].floor.told[phone.line]?.contains { $0.hasPrefix("give up") } == true
            if !phone.isTalking, isGivenUp || phone.seconds <= 0, !phone.answers || isGivenUp {
                pair.nodes[phone.node].floor.tried(phone.line, isGivenUp ? .noAnswer : .busy)
            } else if phone.seconds > 0 {
                phones[number] = phone
            } else if phone.isTalking {
                pair.nodes[phone.node].floor.callEnded(phone.line)
            } else {
                reached.insert(number)
                pair.nodes[phone.node].floor.seek(phone.line)
                pair.nodes[phone.node].floor.answered(phone.line)
                phone.isTalking = true
                phone.seconds = Int.random(in: 5...20, using: &random)
                phones[number] = phone
            }
        }
    }
}
