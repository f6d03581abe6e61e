import Routing
import Telephony
import Testing

@Suite("Directory")
struct DirectoryTests {
    private static let second = Interval.seconds(1)

    private static func agent(_ id: AgentID, _ skills: [Skill] = [], queues: [QueueID] = ["sales"]) -> AgentProfile {
        AgentProfile(
            id: id, name: id.rawValue, address: .uri("sip:\(id)@example.com"), skills: skills, queues: queues)
    }

    private static func queue(_ id: QueueID, _ change: (inout QueueProfile) -> Void = { _ in }) -> QueueProfile {
        var profile = QueueProfile(id: id, name: id.rawValue)
        change(&profile)
        return profile
    }

    private static func desk(_ agents: [AgentProfile], _ queues: [QueueProfile] = [queue("sales")]) -> Desk {
        Desk(Directory(agents: agents, queues: queues, at: .zero))
    }

    // MARK: - Choice

    @Test("a call goes to the agent who has been idle longest")
    func longestIdleFirst() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben"), Self.agent("cy")])
        desk.join("1", at: 0)
        desk.answer("1", at: 1)
        desk.join("2", at: 2)
        desk.answer("2", at: 3)
        desk.end("1", at: 10)
        desk.end("2", at: 20)
        desk.join("3", at: 30)
        desk.join("4", at: 31)
        desk.join("5", at: 32)
        #expect(desk.offered("3") == "cy")
        #expect(desk.offered("4") == "ada")
        #expect(desk.offered("5") == "ben")
    }

    @Test("the best skill match comes before the longest idle")
    func bestMatchFirst() {
        var desk = Self.desk(
            [
                Self.agent("ada", [Skill("french", level: 3)]), Self.agent("ben"),
                Self.agent("cy", [Skill("french", level: 9)]),
            ])
        let needs = [SkillRequirement("french", atLeast: 2)]
        for (index, expected) in (["cy", "ada", nil] as [AgentID?]).enumerated() {
            let call = CallID("\(index)")
            desk.join(call, skills: needs, at: Double(index))
            #expect(desk.offered(call) == expected)
        }
    }

    @Test("an agent who becomes free gets the higher priority, then the longest waiting")
    func priorityThenAge() {
        var desk = Self.desk([Self.agent("ada")])
        desk.join("first", at: 0)
        desk.answer("first", at: 1)
        desk.join("early", at: 2)
        desk.join("late", at: 3)
        desk.join("urgent", priority: 5, at: 4)
        #expect(desk.directory.waitingCalls == ["urgent", "early", "late"])
        #expect(desk.directory.position(of: "late") == 3)
        for expected in ["urgent", "early", "late"] as [CallID] {
            desk.end(desk.talking("ada") ?? "", at: 10)
            #expect(desk.ringing("ada") == expected)
            desk.answer(expected, at: 11)
        }
    }

    @Test("an agent passes over calls that need what the agent does not know")
    func agentsTakeWhatTheyCan() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben", [Skill("german")])])
        desk.join("1", at: 0)
        desk.join("2", at: 0)
        desk.answer("1", at: 1)
        desk.answer("2", at: 1)
        desk.join("german", skills: [SkillRequirement("german")], at: 2)
        desk.join("any", at: 3)
        desk.end("1", at: 4)
        #expect(desk.ringing("ada") == "any")
        desk.end("2", at: 5)
        #expect(desk.ringing("ben") == "german")
    }

    @Test("two wrap-ups that end together are both there before anybody is chosen")
    func simultaneousTimers() {
        let queue = Self.queue("sales") { $0.wrapUp = .seconds(10) }
        var desk = Self.desk(
            [Self.agent("ada", [Skill("x", level: 1)]), Self.agent("ben", [Skill("x", level: 5)])], [queue])
        for call in ["1", "2"] as [CallID] { desk.join(call, at: 0) }
        for call in ["1", "2"] as [CallID] { desk.answer(call, at: 1) }
        for call in ["1", "2"] as [CallID] { desk.end(call, at: 5) }
        desk.join("3", skills: [SkillRequirement("x")], at: 6)
        desk.crank(to: 15)
        #expect(desk.ringing("ben") == "3")
        #expect(desk.ringing("ada") == nil)
    }

    // MARK: - Offers

    @Test("after no answer the next agent rings, and the first is away until told otherwise")
    func noAnswer() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben")])
        desk.join("1", at: 0)
        desk.crank(to: 20)
        #expect(desk.directory.state(of: "ada") == .away(.noAnswer, until: nil))
        #expect(desk.offered("1") == "ben")
        #expect(desk.outputs.contains { if case .withdraw(_, "ada", "1", .noAnswer) = $0 { true } else { false } })
        desk.crank(to: 1_000)
        #expect(desk.offered("1") == nil)
        desk.directory.setAvailable("ada", at: desk.time(1_001))
        desk.drain()
        #expect(desk.offered("1") == "ada")
    }

    @Test(
        "an agent who declines, is busy or cannot be reached rests",
        arguments: [(OfferOutcome.refused, AwayReason.refused), (.busy, .busy), (.failed, .unreachable)])
    func rest(outcome: OfferOutcome, reason: AwayReason) {
        var desk = Self.desk([Self.agent("ada")])
        desk.join("1", at: 0)
        desk.finish("1", as: outcome, at: 3)
        #expect(desk.directory.state(of: "ada") == .away(reason, until: desk.time(33)))
        desk.crank(to: 33)
        #expect(desk.offered("1") == "ada")
    }

    @Test("a caller who hangs up while it rings is withdrawn, and the agent stays longest idle")
    func callerGone() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben")])
        desk.join("1", at: 5)
        desk.end("1", at: 6)
        #expect(desk.outputs.contains { if case .withdraw(_, "ada", "1", .callerGone) = $0 { true } else { false } })
        desk.join("2", at: 7)
        #expect(desk.offered("2") == "ada")
        let stood = desk.answer("1", at: 8)
        #expect(!stood)
    }

    @Test("going away while it rings gives the call to the next")
    func awayWhileRinging() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben")])
        desk.join("1", at: 0)
        desk.directory.setAway("ada", reason: "lunch", at: desk.time(1))
        desk.drain()
        #expect(desk.directory.state(of: "ada") == .away(.chosen("lunch"), until: nil))
        #expect(desk.offered("1") == "ben")
    }

    @Test("going away in a call counts from its end, without wrap-up")
    func awayWhileTalking() {
        var desk = Self.desk([Self.agent("ada")], [Self.queue("sales") { $0.wrapUp = .seconds(30) }])
        desk.join("1", at: 0)
        desk.answer("1", at: 1)
        desk.directory.setAway("ada", reason: "end", at: desk.time(2))
        #expect(desk.directory.state(of: "ada") == .talking("1"))
        desk.end("1", at: 3)
        #expect(desk.directory.state(of: "ada") == .away(.chosen("end"), until: nil))
    }

    @Test("a phone takes calls only while it is registered")
    func registration() {
        let profile = AgentProfile(
            id: "ada", name: "Ada", address: .registered("sip:ada@parley.test"), queues: ["sales"])
        var desk = Self.desk([profile])
        desk.join("1", at: 0)
        #expect(desk.directory.state(of: "ada") == .away(.unregistered, until: nil))
        desk.directory.registrationChanged(of: "sip:ada@parley.test", isRegistered: true, at: desk.time(1))
        desk.drain()
        #expect(desk.offered("1") == "ada")
        desk.directory.registrationChanged(of: "sip:ada@parley.test", isRegistered: false, at: desk.time(2))
        desk.drain()
        #expect(desk.offered("1") == nil)
        #expect(desk.directory.state(of: "ada") == .away(.unregistered, until: nil))
    }

    @Test("an agent with a call of another kind gets none from a queue")
    func occupied() {
        var desk = Self.desk([Self.agent("ada")])
        desk.join("1", at: 0)
        let isFirst = desk.directory.occupy("ada", with: "own", at: desk.time(1))
        desk.drain()
        #expect(isFirst)
        #expect(desk.offered("1") == nil)
        let isSecond = desk.directory.occupy("ada", with: "other", at: desk.time(2))
        #expect(!isSecond)
        desk.directory.released("ada", at: desk.time(3))
        desk.drain()
        #expect(desk.offered("1") == "ada")
    }

    @Test("two agents and two calls at the same instant: the first call gets the best agent, the second the other")
    func twoAndTwo() {
        let queue = Self.queue("sales") { $0.wrapUp = .seconds(10) }
        var desk = Self.desk(
            [Self.agent("ada", [Skill("x", level: 1)]), Self.agent("ben", [Skill("x", level: 5)])], [queue])
        for call in ["1", "2"] as [CallID] { desk.join(call, at: 0) }
        for call in ["1", "2"] as [CallID] { desk.answer(call, at: 1) }
        for call in ["1", "2"] as [CallID] { desk.end(call, at: 5) }
        for call in ["plain", "other"] as [CallID] { desk.join(call, at: 6) }
        desk.join("needs", priority: 1, skills: [SkillRequirement("x")], at: 6)
        desk.crank(to: 15)
        #expect(desk.ringing("ben") == "needs")
        #expect(desk.ringing("ada") == "plain")
        #expect(desk.offered("other") == nil)
    }

    // MARK: - Another configuration

    @Test("another configuration keeps calls and states, and adds and removes agents and queues")
    func reconfiguration() {
        var desk = Self.desk([Self.agent("ada"), Self.agent("ben")])
        desk.join("1", at: 0)
        desk.answer("1", at: 1)
        desk.join("2", at: 2)
        desk.join("3", at: 3)
        #expect(desk.ringing("ben") == "2")
        desk.directory.reconfigure(
            agents: [Self.agent("ada", [Skill("x")], queues: ["sales", "new"]), Self.agent("cy")],
            queues: [Self.queue("sales") { $0.skills = [SkillRequirement("x")] }, Self.queue("new")], at: desk.time(4))
        desk.drain()
        #expect(desk.directory.agentIDs == ["ada", "cy"])
        #expect(desk.directory.state(of: "ada") == .talking("1"))
        #expect(desk.offered("2") == nil)
        #expect(desk.directory.state(of: "cy")?.isAvailable == true)
        let isBack = desk.directory.setAvailable("ben", at: desk.time(5))
        #expect(!isBack)
        desk.end("1", at: 6)
        #expect(desk.ringing("ada") == "2")
        let admission = desk.join("4", "new", at: 7)
        #expect(admission == .queued("new", position: 1))
        desk.directory.reconfigure(
            agents: [Self.agent("ada", [Skill("x")])], queues: [Self.queue("sales")], at: desk.time(8))
        desk.drain()
        let refused = desk.join("5", "new", at: 9)
        #expect(refused == .refused(.unknownQueue("new")))
        desk.answer("2", at: 10)
        for call in ["2", "3", "4"] as [CallID] { desk.end(call, at: 11) }
        #expect(desk.directory.waitingCalls == [])
    }
}
