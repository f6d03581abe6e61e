import QueueSimulation
import Routing
import Telephony
import Testing

@Suite("A simulated day")
struct DayTests {
    @Test("every choice keeps the rule and nobody is lost", arguments: [1, 2] as [UInt64])
    func rule(seed: UInt64) {
        var day = QueueDay(DayPlan(calls: 600, agents: 6, seed: seed))
        let report = day.run()
        #expect(report.violations == [], "seed \(seed)")
        #expect(report.lost == 0)
        #expect(report.choices > 450)
        #expect(report.answered + report.abandoned + report.overflowed + report.callBacksEnded == report.calls)
    }

    @Test("the announced wait is near the true one")
    func estimates() {
        var day = QueueDay(DayPlan(calls: 2_500, agents: 20, seed: 1))
        let report = day.run()
        #expect(report.announcements > 500)
        #expect(report.medianError <= 0.25)
    }

    @Test("the same seed gives the same day, another seed another")
    func determinism() {
        func digest(_ seed: UInt64) -> String {
            var day = QueueDay(DayPlan(calls: 150, agents: 4, seed: seed))
            return day.run().digest
        }
        #expect(digest(3) == digest(3))
        #expect(digest(3) != digest(4))
    }

    @Test("calls that fail at every moment leave nothing behind", arguments: [1, 2] as [UInt64])
    func nothingIsLeft(seed: UInt64) {
        var run = LossRun(calls: 1_000, agents: 12, seed: seed)
        let report = run.run()
        #expect(report.leftBehind == 0, "seed \(seed): \(report)")
        for ending in [LossRun.Ending.served, .abandoned, .overflowed, .callBackFailed] {
            #expect(report.endings[ending.rawValue] ?? 0 > 0, "no call was \(ending)")
        }
    }

    @Test("the checker sees a wrong agent, a wrong call and a call left waiting")
    func checkerSees() {
        let agents = ["ada", "ben"].map {
            AgentProfile(
                id: AgentID($0), name: $0, address: .uri("sip:x@example.com"),
                skills: [Skill("x", level: $0 == "ben" ? 5 : 1)], queues: ["q"])
        }
        func checker() -> RuleChecker {
            RuleChecker(agents: agents, queues: [QueueProfile(id: "q", name: "Q")], at: .zero)
        }
        func offer(_ call: CallID, _ agent: AgentID) -> DirectoryOutput {
            .offer(
                Offer(
                    id: OfferID(1), call: call, queue: "q", agent: agent, address: .uri("sip:x@example.com"),
                    ringTimeout: .seconds(20), waited: .zero))
        }
        let needy = QueueRequest(call: "1", queue: "q", skills: [SkillRequirement("x")])
        var wrongAgent = checker()
        wrongAgent.joined(needy, at: .zero)
        wrongAgent.saw(offer("1", "ada"), at: .zero)
        #expect(wrongAgent.violations.count == 1)
        var wrongCall = checker()
        wrongCall.joined(QueueRequest(call: "1", queue: "q"), at: .zero)
        wrongCall.joined(QueueRequest(call: "2", queue: "q"), at: .zero)
        wrongCall.saw(offer("2", "ada"), at: .zero)
        #expect(wrongCall.violations.count == 1)
        var idle = checker()
        idle.joined(needy, at: .zero)
        idle.settled(at: .zero)
        #expect(idle.violations.count == 1)
        var right = checker()
        right.joined(needy, at: .zero)
        right.saw(offer("1", "ben"), at: .zero)
        right.settled(at: .zero)
        #expect(right.violations == [])
    }
}
