import CallControl
import CallFlow
import Routing
import SIP
import Telephony
import Testing

/// Calls that Parley places to callers who were promised to be called back; the caller's phone is played by hand.
@Suite("Calls that call a caller back")
struct OriginationTests {
    private static let agent = Agent(
        name: "desk", settings: VoiceSettings(),
        topics: [
            Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: []),
            Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: []),
        ], environment: [:])

    private static func origination(_ change: (inout Origination) -> Void = { _ in }) -> Origination {
        var transfer = TransferRequest(
            kind: .agent, target: .open(""), messageToAgent: .open("a bill"),
            variables: [], userToUser: nil, headers: [], dtmfSequence: "")
        transfer.queue = QueueWish(name: "billing")
        let callBack = CallBackCall(
            promisedIn: "first", queue: "billing", attempt: 2, attemptsLeft: 1, transfer: transfer)
        var generator = SeededGenerator(seed: 4)
        var origination = Origination(
            call: "first-callback-2", from: "+15550100", to: "100", startedAt: WallTime(millisecondsSince1970: 5_000),
            agent: agent, plan: DialPlan(.caller, target: "+15550100"), entropy: CallEntropy(from: &generator),
            callBack: callBack)
        change(&origination)
        return origination
    }

    /// A desk whose first call is over.
    private static func desk(
        allowed: [String] = ["+1555*"], _ rules: TransferRules = TransferRules(), concurrent: Int? = nil
    ) throws -> Desk {
        var desk = try Desk(rules, allowed: allowed, concurrent: concurrent)
        desk.service.receive(desk.callerDialog().request("BYE", cseq: 2), from: Exchange.phone)
        desk.service.run(for: .milliseconds(100))
        desk.service.forget()
        return desk
    }

    private static func context(_ desk: borrowing Desk) throws -> CallContext {
        let last = desk.service.sealed.last
        return try #require(last)
    }

    @Test("the caller is called by the trunk with its number shown, and asks for the agent without a dialog")
    func answered() throws {
        var desk = try OriginationTests.desk()
        let before = desk.service.handovers.count
        desk.service.give(.originate(OriginationTests.origination()))
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.user == "+15550100")
        #expect(invite.from?.uri.user == "+15550199")
        try desk.answerAgent(180, tag: "caller")
        desk.service.run(for: .seconds(3))
        #expect(desk.service.handovers.count == before)
        try desk.answerAgent(200, tag: "caller")
        #expect(desk.service.handovers.count == before + 1)
        desk.service.run(for: .milliseconds(100))
        #expect(desk.service.switchboard.callCount == 1)
        let destinations = desk.service.takeDestinations()
        #expect(destinations.contains(Desk.agentMedia))
        try desk.bridge()
        #expect(desk.outcomes.last == .completed)
        // The agent hangs up: the caller is let go as well.
        let agent = try desk.agentDialog()
        desk.service.receive(agent.request("BYE", cseq: 7), from: Desk.gateway)
        desk.service.run(for: .seconds(1))
        #expect(desk.service.messages.contains { $0.method == .bye && $0.callID == invite.callID })
        let context = try OriginationTests.context(desk)
        #expect(context.callBack?.outcome == .reached)
        #expect(context.callBack?.promisedIn == "first")
        #expect(context.startedAt == WallTime(millisecondsSince1970: 5_000))
        #expect(context.answeredAt == WallTime(millisecondsSince1970: 8_000))
        #expect(context.transfer?.message == .open("a bill"))
        #expect(context.outcome == .escalated)
        #expect(desk.service.switchboard.callCount == 0)
    }

    @Test("a caller who hangs up ends the call, and whom it calls")
    func callerGone() throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination()))
        try desk.answerAgent(200, tag: "caller")
        let caller = try desk.agentDialog()
        try desk.dial()
        try desk.answerAgent(180)
        desk.service.receive(caller.request("BYE", cseq: 7), from: Desk.gateway)
        desk.service.run(for: .seconds(1))
        let context = try OriginationTests.context(desk)
        #expect(context.endedBy == .caller)
        #expect(context.outcome == .abandoned)
        #expect(desk.service.switchboard.callCount == 0)
        #expect(desk.service.messages.contains { $0.method == .cancel })
    }

    @Test("a caller who was called back picks up elsewhere: the agent stays, and the first phone gets a BYE")
    func replaced() throws {
        var rules = TransferRules()
        rules.takesReplaces = true
        var desk = try OriginationTests.desk(rules)
        desk.service.give(.originate(OriginationTests.origination()))
        try desk.answerAgent(200, tag: "caller")
        let first = try desk.agentDialog()
        try desk.bridge()
        desk.service.forget()
        desk.service.receive(
            Exchange.invite(
                "new", to: "bob", body: Exchange.offer(port: 6_200), headers: ["Replaces: \(first.replaces)"]))
        #expect(!desk.service.messages.contains { $0.method == .bye })
        desk.service.receive(Exchange.invite("new", to: "bob", body: "", method: "ACK", toTag: desk.service.tag))
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == first.callID)
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        let destinations = desk.service.takeDestinations()
        #expect(destinations.contains(TransportAddress(ipv4: 0x7F00_0001, port: 6_200)))
        #expect(destinations.contains(Desk.agentMedia))
        let replaced = desk.service.facts.compactMap {
            if case .legReplaced(let body) = $0.body { body.leg } else { nil }
        }
        #expect(replaced == [.caller])
        // Who is there now is the caller: that one's BYE ends the call.
        desk.service.receive(
            Exchange.invite("new", to: "bob", body: "", method: "BYE", cseq: 2, toTag: try desk.tag(of: "new")))
        desk.service.run(for: .seconds(1))
        let context = try OriginationTests.context(desk)
        #expect(context.endedBy == .caller && context.outcome == .escalated)
        #expect(desk.service.switchboard.callCount == 0)
        let (opened, closed) = (desk.service.opened.count, desk.service.closed.count)
        #expect(opened == closed)
    }

    @Test("the Call-IDs of the calls that Parley places are told, so that they are found in a trace")
    func lines() throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination()))
        let caller = try #require(desk.service.messages.last { $0.method == .invite }?.callID)
        try desk.answerAgent(200, tag: "caller")
        try desk.dial()
        let agent = try #require(desk.service.messages.last { $0.method == .invite }?.callID)
        let lines = desk.service.lines["first-callback-2"]
        #expect(lines == [caller, agent])
    }

    @Test(
        "a caller who is not reached leaves a context that says why",
        arguments: [
            (486, CallBackResult.busy), (480, .noAnswer), (603, .refused), (404, .failed),
        ])
    func refused(status: Int, result: CallBackResult) throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination()))
        try desk.answerAgent(status, tag: "caller")
        let context = try OriginationTests.context(desk)
        #expect(context.call == "first-callback-2")
        #expect(context.callBack?.outcome == result)
        #expect(context.callBack?.attemptsLeft == 1)
        #expect(context.outcome == .failed)
        #expect(context.answeredAt == nil)
        #expect(desk.service.switchboard.callCount == 0)
    }

    @Test("a number that may not be called is not called, and not tried again")
    func notAllowed() throws {
        var desk = try OriginationTests.desk(allowed: ["+1444*"])
        desk.service.give(.originate(OriginationTests.origination()))
        #expect(!desk.service.messages.contains { $0.method == .invite })
        let context = try OriginationTests.context(desk)
        #expect(context.callBack?.outcome == .notAllowed)
        #expect(context.callBack?.rule == .notListed)
        #expect(context.callBack?.attemptsLeft == 0)
    }

    @Test("where only too many calls are up at once there are attempts left, and the account says why")
    func tooManyAtOnce() throws {
        var desk = try OriginationTests.desk(concurrent: 0)
        desk.service.give(.originate(OriginationTests.origination()))
        #expect(!desk.service.messages.contains { $0.method == .invite })
        let context = try OriginationTests.context(desk)
        #expect(context.callBack?.outcome == .notAllowed)
        #expect(context.callBack?.rule == .concurrentLimit)
        #expect(context.callBack?.attemptsLeft == 1)
    }

    @Test("who is given up while it rings is told so by CANCEL; who has answered stays")
    func withdrawn() throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination()))
        try desk.answerAgent(180, tag: "caller")
        desk.service.give(.withdraw("first-callback-2", .withdrawn))
        #expect(desk.service.messages.contains { $0.method == .cancel })
        let context = try OriginationTests.context(desk)
        #expect(context.callBack?.outcome == .withdrawn)
        let sealed = desk.service.sealed.count
        // The answer was on its way.
        try desk.answerAgent(200, tag: "caller")
        desk.service.run(for: .seconds(1))
        #expect(desk.service.messages.contains { $0.method == .bye })
        #expect(desk.service.sealed.count == sealed)
        #expect(desk.service.switchboard.callCount == 0)

        desk.service.give(.originate(OriginationTests.origination { $0.call = "first-callback-3" }))
        try desk.answerAgent(200, tag: "again")
        desk.service.give(.withdraw("first-callback-3", .withdrawn))
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("a promise that ran out is told, and nobody is called")
    func expired() throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination { $0.plan = nil }))
        #expect(desk.service.messages.isEmpty)
        let context = try OriginationTests.context(desk)
        #expect(context.callBack?.outcome == .expired)
    }

    @Test("where nobody is there all the same the caller is told, and let go")
    func nobody() throws {
        var desk = try OriginationTests.desk()
        desk.service.give(.originate(OriginationTests.origination()))
        try desk.answerAgent(200, tag: "caller")
        desk.service.run(for: .milliseconds(100))
        desk.service.give(.reply(try #require(desk.service.handovers.last), .transferEnded(.failed)))
        desk.service.run(for: .seconds(1))
        #expect(desk.service.messages.contains { $0.method == .bye })
        let context = try OriginationTests.context(desk)
        #expect(context.cause == .temporaryFailure)
    }
}
