import CallControl
import CallFlow
import Distribution
import Formula
import Foundation
import Routing
import Telephony
import Testing

/// Promises to call back that outlive the process which made them.
@Suite("Kept promises")
struct KeptPromiseTests {
    /// Three who are promised it one after the other, the second before all others by priority.
    private func promised() -> Floor {
        var floor = Floor.taken()
        for (call, priority) in [("a", nil), ("b", 5), ("c", nil)] as [(String, Int?)] {
            floor.wait(1)
            floor.seekCallBack(CallID(call), from: "+1555010\(floor.kept.count)", priority: priority)
            floor.callEnded(CallID(call))
        }
        return floor
    }

    /// What another process reads of it.
    private func read(_ kept: [KeptPromise]) throws -> [KeptPromise] {
        try kept.map { try JSONDecoder().decode(KeptPromise.self, from: JSONEncoder().encode($0)) }
    }

    private func all(_ floor: Floor) -> [KeptPromise] { ["a", "b", "c"].compactMap { floor.kept[$0] } }

    @Test("another process calls in the order in which the first would have")
    func order() throws {
        let before = promised()
        let kept = try read(all(before))
        #expect(kept.count == 3)
        var after = Floor.taken()
        // Who comes later stands behind them.
        after.takeOver(kept)
        after.seek("later", from: "+15550109")
        #expect(after.told["later"] == ["wait billing 4 with music"])
        after.wait(6)
        after.callEnded("first")
        #expect(after.placements.map(\.callBack.promisedIn) == ["b"])
        for (next, line) in [("a", "b-callback-1"), ("c", "a-callback-1"), ("", "c-callback-1")] {
            after.seek(CallID(line))
            after.answered(CallID(line))
            after.callEnded(CallID(line))
            if !next.isEmpty { #expect(after.placements.last?.callBack.promisedIn == CallID(next)) }
        }
        #expect(after.told["later"]?.last == "dial +15550101")
        #expect(after.kept.isEmpty)
    }

    @Test("what the dialog handed over is handed over, and no secret is kept")
    func handedOver() throws {
        var before = Floor.taken()
        let secret = DisclosableText("4929", isSensitive: true)
        before.seekCallBack("a", from: "+15550100") { transfer in
            transfer.messageToAgent = .open("a bill")
            transfer.variables = [
                (name: "Global.Reason", value: .init(.text("bill"))),
                (name: "Topic.Pin", value: .init(.text("4929"), isSensitive: true)),
            ]
            transfer.userToUser = .open("k9")
            transfer.headers = [(name: "X-Case", value: .open("17")), (name: "X-Pin", value: secret)]
            transfer.dtmfSequence = "12"
            transfer.whisper = .open("a bill")
            transfer.queue = QueueWish(skills: ["german"], priority: 3)
        }
        let json = try String(decoding: JSONEncoder().encode(#require(before.kept["a"])), as: UTF8.self)
        #expect(!json.contains("4929"))
        var after = Floor.billing { $0.agents[0].skills = [Skill("german", level: 7)] }
        after.takeOver(try read(all(before)))
        after.wait(6)
        let transfer = try #require(after.placements.first?.callBack.transfer)
        #expect(transfer.messageToAgent == .open("a bill"))
        #expect(transfer.variables.map(\.name) == ["Global.Reason", "Topic.Pin"])
        #expect(transfer.variables.map(\.value.isSensitive) == [false, true])
        #expect(transfer.userToUser == .open("k9") && transfer.dtmfSequence == "12")
        #expect(transfer.headers.map(\.value.isSensitive) == [false, true])
        #expect(transfer.whisper == .open("a bill"))
        #expect(transfer.queue == QueueWish(name: "billing", skills: ["german"], priority: 3))
    }

    @Test(
        "attempts that came to nothing count on, and no call has a name twice; one that was cut off counts, because nobody knows whether it reached the caller"
    )
    func attempts() throws {
        var before = Floor.taken()
        before.seekCallBack("a", from: "+15550100")
        before.callEnded("a")
        before.wait(6)
        before.callEnded("first")
        #expect(before.placements.map(\.call) == ["a-callback-1"])
        #expect(before.kept["a"]?.placed == 1 && before.kept["a"]?.attempts == 0)
        before.tried("a-callback-1", .busy)
        #expect(before.kept["a"]?.attempts == 1)
        before.wait(61)
        #expect(before.kept["a"]?.placed == 2 && before.kept["a"]?.attempts == 1)
        // It rings while the process ends.
        var after = next(attempts: 3)
        after.takeOver(try read(all(before)))
        #expect(after.kept["a"]?.attempts == 2 && after.kept["a"]?.isUnderWay == false)
        after.wait(59)
        #expect(after.placements.isEmpty)
        after.wait(2)
        #expect(after.placements.map(\.call) == ["a-callback-3"])
        #expect(after.placements.map(\.callBack.attempt) == [3])
        after.tried("a-callback-3", .noAnswer)
        after.wait(100)
        #expect(after.placements.count == 1)
        #expect(after.kept.isEmpty)
        #expect(after.distributor.isQuiet)
        // It was the last.
        after = next(attempts: 2)
        after.takeOver(try read(all(before)))
        after.wait(100)
        #expect(after.placements.isEmpty)
        #expect(after.distributor.isQuiet)
    }

    /// The process that comes after.
    private func next(attempts: Int) -> Floor {
        Floor.billing { $0.queues[0].callBack = Floor.terms(attempts: attempts) }
    }

    @Test("what ran out while nobody was there is told, and nobody is called")
    func expired() throws {
        let before = promised()
        var after = Floor.taken()
        after.wait(3_000)
        after.takeOver(try read(all(before)))
        after.wait(1)
        // The one first that ran out first.
        #expect(after.placements.map(\.call) == ["a-callback-1", "b-callback-1", "c-callback-1"])
        #expect(after.placements.allSatisfy { $0.plan == nil })
    }

    @Test("a queue that is gone leaves its promises to the usual one; where there is none that is told")
    func queueGone() throws {
        let kept = try read(all(promised()))
        var after = Floor.taken { configuration in
            configuration.queues[0] = QueueProfile(id: "other", name: "Other")
            configuration.agents[0].queues = ["other"]
            configuration.defaultQueue = "other"
        }
        after.takeOver(kept)
        after.callEnded("first")
        after.wait(6)
        #expect(after.placements.map(\.callBack.queue) == ["other"])
        var nowhere = Floor.billing { configuration in
            configuration.queues = []
            configuration.agents = []
            configuration.defaultQueue = nil
        }
        nowhere.takeOver(kept)
        #expect(nowhere.placements.map(\.callBack.promisedIn) == ["a", "b", "c"])
        #expect(nowhere.placements.allSatisfy { $0.plan == nil })
        #expect(nowhere.distributor.isQuiet)
    }

    @Test("a promise that is erased, or another's, is forgotten without a word; the agent is free for the next")
    func forgotten() {
        var floor = promised()
        floor.wait(6)
        floor.callEnded("first")
        #expect(floor.placements.map(\.callBack.promisedIn) == ["b"])
        floor.forget("b")
        #expect(floor.placements.map(\.callBack.promisedIn) == ["b", "a"])
        #expect(floor.told["b-callback-1"] == nil)
        floor.forget("a")
        floor.forget("c")
        #expect(floor.states["ada"]?.isAvailable == true)
        #expect(floor.distributor.isQuiet)
    }

    @Test("a process that ends leaves its promises, and finishes the call that rings")
    func left() {
        var floor = promised()
        floor.wait(6)
        floor.callEnded("first")
        floor.leavePromises()
        #expect(floor.distributor.promisedCalls == 1)
        floor.seek("b-callback-1")
        #expect(floor.told["b-callback-1"] == ["dial +15550101"])
        #expect(Set(floor.kept.keys) == ["a", "c"])
        #expect(floor.distributor.promisedCalls == 0)
    }

    @Test("what a store cannot have written is taken for as far away as a promise can be")
    func absurd() throws {
        var promise = try #require(all(promised()).first)
        promise.joinedAt = .min
        promise.expiresAt = .max
        promise.placed = .max
        promise.attempts = .min
        var after = Floor.billing()
        after.takeOver([promise, promise])
        after.wait(6)
        #expect(after.placements.map(\.callBack.promisedIn) == ["a"])
    }
}
