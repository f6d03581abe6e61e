import Routing
import Telephony
import Testing

/// Operations in any order, sensible or not, and what must hold after each.
@Suite("Directory under random operations")
struct RandomOperationsTests {
    private struct World {
        var directory: Directory
        var random: SeededGenerator
        var now = Instant.zero
        let agents: [AgentID]
        let profiles: [AgentProfile]
        let queues: [QueueProfile]
        /// What stands by the outputs: each agent's offer, and each call's.
        var ringing: [AgentID: OfferID] = [:]
        var offered: [CallID: AgentID] = [:]
        var offers: [OfferID] = []
        var callBacks: [CallBackID] = []
        var calls = 0
        var problems: [String] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            agents = (0..<6).map { AgentID("agent-\($0)") }
            var queue = QueueProfile(id: "q", name: "Q")
            queue.wrapUp = .seconds(3)
            queue.maximumLength = 12
            queue.announcements = WaitAnnouncements(after: .seconds(1), every: .seconds(4))
            queue.overflow = [
                OverflowRule(when: .waited(.seconds(30)), goTo: .queue("r")),
                OverflowRule(when: .waited(.zero), goTo: .callBackOffer),
            ]
            queue.callBack = CallBackTerms(
                attempts: 2, pause: .seconds(5), ringTimeout: .seconds(4), expiry: .seconds(40))
            var other = queue
            other.id = "r"
            other.priority = 1
            other.overflow = [OverflowRule(when: .waited(.seconds(20)), goTo: .voicemail)]
            profiles = agents.enumerated().map {
                AgentProfile(
                    id: $0.element, name: "", address: $0.offset < 2 ? .registered("phone") : .uri("sip:x"),
                    skills: [Skill("x", level: $0.offset + 1)], queues: $0.offset % 2 == 0 ? ["q", "r"] : ["q"])
            }
            queues = [queue, other]
            directory = Directory(agents: profiles, queues: queues, at: .zero)
        }

        mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

        mutating func call() -> CallID { CallID("call-\(max(0, calls - pick(12)))") }

        mutating func step() {
            now += .milliseconds(Int64(pick(700)))
            directory.advance(to: now)
            let agent = agents[pick(agents.count)]
            if pick(500) == 0 { reconfigure() }
            switch pick(13) {
            case 0...2:
                calls += 1
                let skills = pick(4) == 0 ? [SkillRequirement("x", atLeast: pick(7) + 1)] : []
                _ = directory.enqueue(
                    QueueRequest(
                        call: call(), queue: pick(3) == 0 ? "r" : "q", priority: pick(3) == 0 ? pick(3) : nil,
                        skills: skills),
                    at: now)
            case 3: directory.callEnded(call(), at: now)
            case 4, 5:
                guard let offer = offers.last(where: { _ in pick(3) == 0 }) ?? offers.last else { return }
                directory.offerEnded(offer, as: OfferOutcome.allCases[pick(5)], at: now)
            case 6: directory.setAvailable(agent, at: now)
            case 7: directory.setAway(agent, reason: "x", at: now)
            case 8: directory.registrationChanged(of: "phone", isRegistered: pick(3) > 0, at: now)
            case 9: directory.released(agent, at: now)
            case 10: directory.occupy(agent, with: call(), at: now)
            case 11: if let id = directory.acceptCallBack(call(), number: "1", at: now) { callBacks.append(id) }
            default: callBackStep()
            }
        }

        /// Leaves one agent out, and one queue at times.
        mutating func reconfigure() {
            let gone = pick(agents.count)
            let left = profiles.enumerated().filter { $0.offset != gone }.map(\.element)
            directory.reconfigure(agents: left, queues: pick(2) == 0 ? queues : [queues[0]], at: now)
            drain()
            directory.reconfigure(agents: profiles, queues: queues, at: now)
        }

        mutating func callBackStep() {
            guard !callBacks.isEmpty else { return }
            let id = callBacks[max(0, callBacks.count - 1 - pick(4))]
            switch pick(4) {
            case 0: directory.callBackFailed(id, at: now)
            case 1: directory.cancelCallBack(id, at: now)
            default:
                calls += 1
                directory.callBackAnswered(id, as: CallID("call-\(calls)"), at: now)
            }
        }

        mutating func drain() {
            while let output = directory.poll() {
                switch output {
                case .offer(let offer):
                    if ringing.updateValue(offer.id, forKey: offer.agent) != nil { problems.append("two at an agent") }
                    if offered.updateValue(offer.agent, forKey: offer.call) != nil { problems.append("offered twice") }
                    offers.append(offer.id)
                case .withdraw(let id, let agent, let call, _), .connected(let id, let agent, let call, _):
                    if ringing.removeValue(forKey: agent) != id { problems.append("what ends was not there") }
                    if offered.removeValue(forKey: call) != agent { problems.append("the call was elsewhere") }
                case .agent(let agent, let state):
                    // An offer that the phone itself ended is told by the agent's state alone.
                    if case .ringing = state { break }
                    ringing[agent] = nil
                    offered = offered.filter { $0.value != agent }
                default: break
                }
            }
            check()
        }

        mutating func check() {
            var busy: Set<CallID> = []
            for agent in agents {
                guard case .ringing(let call)? = directory.state(of: agent) else { continue }
                if !busy.insert(call).inserted { problems.append("\(call) rings twice") }
                if directory.position(of: call) == nil { problems.append("\(call) rings and does not wait") }
                if ringing[agent] == nil { problems.append("\(agent) rings unasked") }
            }
            if directory.length(of: "q") > 12 || directory.length(of: "r") > 12 { problems.append("too long") }
            if let deadline = directory.deadline, deadline < now { problems.append("something was left undone") }
        }
    }

    @Test("a hundred thousand operations break nothing", arguments: [11, 12] as [UInt64])
    func operations(seed: UInt64) {
        var world = World(seed: seed)
        for step in 0..<50_000 {
            world.step()
            world.drain()
            guard world.problems.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(world.problems)")
                return
            }
        }
        #expect(world.offers.count > 1_000)
        #expect(world.callBacks.count > 100)
    }
}
