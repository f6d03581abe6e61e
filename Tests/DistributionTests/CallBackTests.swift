import CallControl
import CallFlow
import Distribution
import Routing
import Telephony
import Testing

/// Callers who keep their place and hang up.
@Suite("Call-backs")
struct CallBackTests {
    /// A queue that asks after 10 s, and one agent, Ada, who is taken.
    private func floor(_ change: (inout DistributionConfiguration) -> Void = { _ in }) -> Floor {
        Floor.taken { configuration in
            configuration.queues[0].overflow = [OverflowRule(when: .waited(.seconds(10)), goTo: .callBackOffer)]
            change(&configuration)
        }
    }

    /// One who has waited, and has said yes.
    private func promised() -> Floor {
        var floor = floor()
        floor.seek("call", from: "+15550100")
        floor.wait(11)
        floor.wantCallBack("call")
        return floor
    }

    private func isFree(_ floor: Floor) -> Bool { floor.states["ada"]?.isAvailable == true }

    private func isKept(_ floor: Floor) -> Bool {
        if case .reserved? = floor.states["ada"] { true } else { false }
    }

    @Test("one who waits is asked, and what is promised is told")
    func offered() {
        let floor = promised()
        #expect(
            floor.told["call"] == [
                "wait billing 1 with music", "offer a call-back by 1", "promise to call +15550100",
            ])
    }

    @Test(
        "a number that may not be called is not promised anything",
        arguments: ["", "anonymous", "+15559999", "+447911123456"])
    func unreachable(number: String) {
        var floor = floor { configuration in
            var rules = OutboundRules()
            rules.allowed = [TargetPattern("+1555*")].compactMap { $0 }
            rules.denied = [TargetPattern("+15559999")].compactMap { $0 }
            configuration.outbound = rules
        }
        floor.seek("call", from: number)
        floor.wait(30)
        #expect(floor.told["call"] == ["wait billing 1 with music"])
        floor.seekCallBack("other", from: number)
        #expect(floor.told["other"] == ["over: refused"])
    }

    @Test("nobody is called before the first call is over, and nobody else gets the place")
    func keepsPlace() {
        var floor = promised()
        floor.seek("later", from: "+15550101")
        floor.callEnded("first")
        // Still on the line: the agent serves the next meanwhile.
        #expect(floor.told["later"]?.last == "dial +15550101")
        floor.answered("later")
        floor.callEnded("call")
        floor.wait(6)
        floor.seek("last", from: "+15550102")
        floor.callEnded("later")
        #expect(floor.told["call"]?.last == "place +15550100")
        #expect(floor.told["last"] == ["wait billing 2 with music"])
        #expect(floor.placements.map(\.call) == ["call-callback-1"])
        #expect(floor.placements.first?.callBack.promisedIn == "call")
    }

    /// The caller is being called.
    private func placed() -> Floor {
        var floor = promised()
        floor.callEnded("call")
        floor.wait(6)
        floor.callEnded("first")
        return floor
    }

    @Test("the caller who answers gets the agent who was kept")
    func reached() {
        var floor = placed()
        #expect(isKept(floor))
        floor.wait(3)
        floor.seek("call-callback-1", from: "+15550100")
        #expect(floor.told["call-callback-1"] == ["dial +15550101"])
        floor.answered("call-callback-1")
        floor.callEnded("call-callback-1")
        #expect(isFree(floor))
        #expect(floor.distributor.isQuiet)
    }

    @Test(
        "one who is not reached is tried again after the pause, and then given up",
        arguments: [CallBackResult.busy, .noAnswer, .refused, .failed])
    func again(result: CallBackResult) {
        var floor = placed()
        floor.tried("call-callback-1", result)
        #expect(isFree(floor))
        floor.wait(59)
        #expect(floor.placements.count == 1)
        floor.wait(2)
        #expect(floor.placements.map(\.call) == ["call-callback-1", "call-callback-2"])
        #expect(floor.placements.map(\.callBack.attempt) == [1, 2])
        #expect(floor.placements.map(\.callBack.attemptsLeft) == [1, 0])
        floor.tried("call-callback-2", result)
        floor.wait(700)
        #expect(floor.placements.count == 2)
        #expect(isFree(floor))
        #expect(floor.distributor.isQuiet)
    }

    @Test("a phone that rings for too long is given up, and so counts")
    func ringsTooLong() {
        var floor = placed()
        floor.wait(21)
        #expect(floor.told["call-callback-1"] == ["give up: noAnswer"])
        floor.tried("call-callback-1", .noAnswer)
        #expect(isFree(floor))
        floor.wait(61)
        #expect(floor.placements.map(\.callBack.attempt) == [1, 2])
    }

    @Test("while the store is away nobody is called: the agent is there for others, and the attempt does not count")
    func postponed() {
        var floor = placed()
        for _ in 1...3 {
            floor.postpone()
            #expect(isFree(floor))
            #expect(floor.kept["call"]?.placed == 0 && floor.kept["call"]?.isUnderWay == false)
            floor.wait(2)
        }
        #expect(floor.placements.count == 4 && Set(floor.placements.map(\.call)) == ["call-callback-1"])
        #expect(floor.placements.allSatisfy { $0.callBack.attempt == 1 })
        #expect(floor.distributor.promise(toPlace: "call-callback-1")?.isUnderWay == true)
        floor.seek("call-callback-1", from: "+15550100")
        floor.answered("call-callback-1")
        floor.callEnded("call-callback-1")
        #expect(floor.distributor.isQuiet)
    }

    @Test("where too many calls are up at once the caller is tried again, as one who is busy")
    func tooManyAtOnce() {
        var floor = placed()
        floor.tried("call-callback-1", .notAllowed, .concurrentLimit)
        floor.wait(700)
        #expect(floor.placements.count == 2)
    }

    @Test(
        "a number that may not be called after all is not tried again",
        arguments: [OutboundRefusal.notListed, .denied, .callerLimit, .dayLimit, nil])
    func notAllowed(rule: OutboundRefusal?) {
        var floor = placed()
        floor.tried("call-callback-1", .notAllowed, rule)
        floor.wait(700)
        #expect(floor.placements.count == 1)
        #expect(isFree(floor))
        #expect(floor.distributor.isQuiet)
    }

    @Test("an agent who leaves while it rings is no fault of the caller's: the attempt does not count")
    func agentGone() {
        var floor = placed()
        _ = floor.setAway("ada", "lunch")
        #expect(floor.told["call-callback-1"] == ["give up: withdrawn"])
        floor.tried("call-callback-1", .withdrawn)
        _ = floor.setAway("ada", nil)
        #expect(floor.placements.map(\.callBack.attempt) == [1, 1])
    }

    @Test("where another agent is free the phone goes on ringing for that one")
    func anotherAgent() {
        var floor = floor { configuration in
            configuration.agents.append(
                AgentProfile(id: "ben", name: "Ben", address: .uri("+15550102"), queues: ["billing"]))
        }
        floor.seek("second")
        floor.answered("second")
        floor.seek("call", from: "+15550100")
        floor.wait(11)
        floor.wantCallBack("call")
        floor.callEnded("call")
        floor.wait(6)
        floor.callEnded("first")
        floor.callEnded("second")
        #expect(isKept(floor))
        _ = floor.setAway("ada", "lunch")
        #expect(floor.placements.count == 1)
        #expect(floor.told["call-callback-1"] == nil)
        floor.seek("call-callback-1", from: "+15550100")
        #expect(floor.told["call-callback-1"] == ["dial +15550102"])
    }

    @Test("one who answers while the agent leaves waits at the place that was kept")
    func answeredTooLate() {
        var floor = placed()
        _ = floor.setAway("ada", "lunch")
        floor.seek("call-callback-1", from: "+15550100")
        #expect(floor.told["call-callback-1"] == ["give up: withdrawn", "wait billing 1 with music"])
        _ = floor.setAway("ada", nil)
        #expect(floor.told["call-callback-1"]?.last == "dial +15550101")
        #expect(floor.placements.count == 1)
    }

    @Test("what was promised and cannot be kept is told")
    func expired() {
        var floor = promised()
        floor.callEnded("call")
        floor.wait(700)
        #expect(floor.told["call"]?.last == "nothing is placed")
        #expect(floor.placements.map(\.call) == ["call-callback-1"])
        floor.callEnded("first")
        #expect(floor.distributor.isQuiet)
    }

    @Test("a dialog's wish is promised at once, and kept when the dialog has hung up")
    func byDialog() {
        var floor = floor()
        floor.callEnded("first")
        floor.seekCallBack("call", to: "+15550177", from: "+15550100")
        #expect(floor.told["call"] == ["promise to call +15550177"])
        floor.wait(30)
        #expect(floor.placements.isEmpty)
        floor.callEnded("call")
        floor.wait(6)
        #expect(floor.told["call"]?.last == "place +15550177")
    }

    @Test("whose phone the agent's rings for already needs no call-back")
    func ringing() {
        var floor = floor()
        floor.seek("call", from: "+15550100")
        floor.wait(11)
        floor.callEnded("first")
        floor.wantCallBack("call")
        #expect(floor.told["call"]?.last == "dial +15550101")
        floor.answered("call")
        floor.callEnded("call")
        #expect(floor.distributor.isQuiet)
    }
}
