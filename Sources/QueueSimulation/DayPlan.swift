package import Routing
package import Telephony

/// A day at a contact centre: who works when, who calls when, and how people behave. Everything follows from the seed.
package struct DayPlan: Sendable {
    /// Somebody who calls.
    package struct Caller: Sendable {
        package var request: QueueRequest
        package var arrival: Instant
        /// How long the caller waits before hanging up.
        package var patience: Interval
        package var talk: Interval
        /// Wants to be called back when asked.
        package var takesCallBack: Bool
    }

    /// An agent's day.
    package struct Shift: Sendable {
        package var agent: AgentID
        package var start: Instant
        package var end: Instant
        package var breaks: [(start: Instant, length: Interval)]
    }

    package var agents: [AgentProfile]
    package var queues: [QueueProfile]
    package var callers: [Caller]
    package var shifts: [Shift]
    package var seed: UInt64

    /// - Parameters:
    ///   - calls: how many come, most of them in the two peaks of the day.
    ///   - agents: how many work, in two shifts that overlap.
    ///   - load: what the calls ask of the agents, over what the agents have; 1 means that everybody is always busy.
    package init(calls: Int, agents count: Int, load: Double = 0.88, seed: UInt64) {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        queues = DayPlan.makeQueues()
        agents = (0..<count).map { DayPlan.makeAgent($0, &random) }
        shifts = agents.enumerated().map { DayPlan.makeShift($0.offset, $0.element.id, &random) }
        let secondsPerAgent = 8 * 3_600.0 - 75 * 60
        let handling = load * secondsPerAgent * Double(count) / Double(max(1, calls))
        let talk = max(20, handling - 21)
        callers = (0..<calls).map { DayPlan.makeCaller($0, meanTalk: talk, &random) }
        callers.sort { ($0.arrival, $0.request.call.rawValue) < ($1.arrival, $1.request.call.rawValue) }
    }

    private static let skills = ["billing", "technical", "spanish"]

    private static func makeQueues() -> [QueueProfile] {
        func queue(_ id: QueueID, _ skills: [SkillRequirement], _ rules: [OverflowRule] = []) -> QueueProfile {
            var profile = QueueProfile(id: id, name: id.rawValue)
            profile.skills = skills
            profile.wrapUp = .seconds(15)
            profile.announcements = WaitAnnouncements(after: .seconds(5), every: .seconds(60))
            profile.comfort = [ComfortMessage(prompt: "comfort", after: .seconds(30), every: .seconds(45))]
            profile.overflow = rules
            return profile
        }
        return [
            queue("service", [], [OverflowRule(when: .waited(.seconds(150)), goTo: .callBackOffer)]),
            queue(
                "billing", [SkillRequirement("billing", atLeast: 2)],
                [OverflowRule(when: .waited(.seconds(420)), goTo: .queue("service"))]),
            queue("technical", [SkillRequirement("technical", atLeast: 3)]),
        ]
    }

    private static func makeAgent(_ index: Int, _ random: inout SeededGenerator) -> AgentProfile {
        var known: [Skill] = []
        for (place, name) in skills.enumerated() where place == index % 2 || random.happens(0.35) {
            known.append(Skill(name, level: 3 + random.index(below: 8)))
        }
        var queues: [QueueID] = ["service"]
        if known.contains(where: { $0.name == "billing" }) { queues.append("billing") }
        if known.contains(where: { $0.name == "technical" }) { queues.append("technical") }
        let name = "agent-\(index + 1)"
        return AgentProfile(
            id: AgentID(name), name: name, address: .uri("sip:\(name)@example.com"), skills: known, queues: queues)
    }

    /// From 8 to 16 o'clock or from 10 to 18, with two short breaks and a long one.
    private static func makeShift(_ index: Int, _ agent: AgentID, _ random: inout SeededGenerator) -> Shift {
        let start: Int64 = index % 5 < 3 ? 0 : 7_200
        func pause(_ after: Int64, _ minutes: Int64) -> (start: Instant, length: Interval) {
            let shift = Int64(random.nextUnit() * 3_600)
            return (.zero + .seconds(start + after + shift), .seconds(minutes * 60))
        }
        return Shift(
            agent: agent, start: .zero + .seconds(start), end: .zero + .seconds(start + 8 * 3_600),
            breaks: [pause(4_500, 15), pause(11_700, 45), pause(21_000, 15)])
    }

    /// Calls by the half hour: peaks at ten and at two.
    private static let profile: [Double] = [
        3, 4, 6, 8, 11, 11, 10, 8, 6, 6, 7, 10, 11, 10, 8, 6, 5, 4, 3, 2,
    ]

    private static func makeCaller(_ index: Int, meanTalk: Double, _ random: inout SeededGenerator) -> Caller {
        var point = random.nextUnit() * profile.reduce(0, +)
        var halfHour = 0
        while halfHour < profile.count - 1, point > profile[halfHour] {
            point -= profile[halfHour]
            halfHour += 1
        }
        let arrival = (Double(halfHour) + random.nextUnit()) * 1_800
        let choice = random.nextUnit()
        let queue: QueueID = choice < 0.5 ? "service" : choice < 0.75 ? "billing" : "technical"
        let factor = queue == "technical" ? 1.3 : queue == "billing" ? 0.9 : 0.9
        let needs = random.happens(0.06) ? [SkillRequirement("spanish", atLeast: 2)] : []
        return Caller(
            request: QueueRequest(
                call: CallID("call-\(index + 1)"), queue: queue, priority: random.happens(0.08) ? 5 : nil,
                skills: needs),
            arrival: .zero + .milliseconds(Int64(arrival * 1_000)),
            patience: .milliseconds(Int64(random.logNormal(mean: 900, variation: 1) * 1_000)),
            talk: .milliseconds(Int64(max(5, random.logNormal(mean: meanTalk * factor, variation: 0.7)) * 1_000)),
            takesCallBack: random.happens(0.15))
    }
}
