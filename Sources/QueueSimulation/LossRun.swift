import Routing
import Telephony

/// Calls whose every part fails at random moments, to see that nothing is left behind.
///
/// Beside the directory it runs what a service has: permits of the outbound policy for each agent's leg, leased
/// numbers, experts. Messages come late, twice, for what is over, or not at all.
package struct LossRun {
    enum Event {
        case arrives(Int)
        case callerGone(CallID)
        case legEnds(OfferID, OfferOutcome)
        case agentLegDrops(AgentID, CallID)
        case callBackAccepted(CallID)
        case callBackCancelled(CallBackID)
        case callBackAnswered(CallBackID, Int, CallID)
        case callBackFailed(CallBackID)
        case agentWhim(Int)
    }

    /// How a caller's matter ended.
    package enum Ending: String, Codable, Sendable, CaseIterable {
        case served
        case abandoned
        case overflowed
        case refused
        case callBackFailed
    }

    /// What holds while an agent's leg is up.
    struct Leg {
        let call: CallID
        let permit: UInt64?
        let number: PhoneNumber?
    }

    let seed: UInt64
    let calls: Int
    let agents: [AgentProfile]
    var directory: Directory
    var policy: OutboundPolicy
    var pool: NumberPool
    var experts: ExpertDirectory
    var random: SeededGenerator
    var agenda = Agenda<Event>()
    var callers: [CallID: Int] = [:]
    var endings: [[Ending]]
    var legs: [OfferID: Leg] = [:]
    /// The leg of each call that talks.
    var talks: [CallID: OfferID] = [:]
    /// Callers whose call-back is pending.
    var pending: [CallBackID: Int] = [:]
    var attempts = 0
    var whims = 0
    var events = 0
    var leasesWithoutNumber = 0

    package init(calls: Int, agents count: Int, seed: UInt64) {
        self.seed = seed
        self.calls = calls
        random = SeededGenerator(seed: seed)
        agents = (0..<count).map { index in
            let name = "agent-\(index + 1)"
            let address = "sip:\(name)@example.com"
            return AgentProfile(
                id: AgentID(name), name: name, address: index % 3 == 0 ? .registered(address) : .uri(address),
                skills: [Skill("a", level: 1 + index % 10)], queues: index % 4 == 0 ? ["first", "second"] : ["first"])
        }
        directory = Directory(agents: agents, queues: LossRun.queues(), at: .zero)
        var rules = OutboundRules()
        rules.allowed = [.host("example.com", port: nil)]
        rules.trunks = [OutboundTrunk(name: "pbx", numberShown: "+442079460000", concurrent: max(1, count - 2))]
        policy = OutboundPolicy(rules)
        pool = NumberPool(
            numbers: (0..<max(1, count / 2)).map { "+44207946\(1_000 + $0)" }, rest: .seconds(5), at: .zero)
        experts = ExpertDirectory([ExpertProfile(id: "expert", name: "Expert", address: .uri("sip:x@example.com"))])
        endings = [[Ending]](repeating: [], count: calls)
    }

    private static func queues() -> [QueueProfile] {
        var first = QueueProfile(id: "first", name: "First")
        first.wrapUp = .seconds(5)
        first.ringTimeout = .seconds(15)
        first.maximumLength = 60
        first.announcements = WaitAnnouncements(after: .seconds(2), every: .seconds(20))
        first.comfort = [ComfortMessage(prompt: "comfort", after: .seconds(10), every: .seconds(15))]
        first.overflow = [
            OverflowRule(when: .length(50), goTo: .queue("second")),
            OverflowRule(when: .waited(.seconds(20)), goTo: .callBackOffer),
            OverflowRule(when: .waited(.seconds(60)), goTo: .queue("second")),
        ]
        first.callBack = CallBackTerms(
            attempts: 2, pause: .seconds(40), ringTimeout: .seconds(15), expiry: .seconds(900))
        var second = QueueProfile(id: "second", name: "Second")
        second.skills = [SkillRequirement("a", atLeast: 2)]
        second.maximumLength = 30
        second.overflow = [
            OverflowRule(when: .nobodyOnDuty, goTo: .voicemail),
            OverflowRule(when: .waited(.seconds(45)), goTo: .queue("first")),
            OverflowRule(when: .waited(.seconds(90)), goTo: .dialog),
        ]
        return [first, second]
    }

    /// Plays until nothing is left to happen.
    package mutating func run() -> LossReport {
        // As many calls as agents can take, more or less.
        let mean = 110.0 / Double(max(1, agents.count))
        var time = 0.0
        for index in 0..<calls {
            time += random.exponential(mean: mean)
            agenda.add(.arrives(index), at: .zero + .milliseconds(Int64(time * 1_000)))
        }
        for index in agents.indices { agenda.add(.agentWhim(index), at: .zero + .seconds(1)) }
        let close = Instant.zero + .milliseconds(Int64(time * 1_000))
        while let next = [agenda.next, directory.deadline].compactMap({ $0 }).min() {
            // A crank that is late at times.
            let now = random.happens(0.1) ? next + .milliseconds(Int64(random.nextUnit() * 300)) : next
            directory.advance(to: now)
            drain(at: now)
            while let event = agenda.take(until: now) {
                events += 1
                happen(event, at: now, isOpen: now < close)
                drain(at: now)
            }
        }
        return report()
    }

    private mutating func report() -> LossReport {
        var report = LossReport()
        report.seed = seed
        report.calls = calls
        report.events = events
        report.whims = whims
        report.callBackAttempts = attempts
        report.transfersWithoutNumber = leasesWithoutNumber
        for ending in Ending.allCases { report.endings[ending.rawValue] = endings.count { $0 == [ending] } }
        report.callsWithoutEnding = endings.count { $0.isEmpty }
        report.callsWithSeveralEndings = endings.count { $0.count > 1 }
        report.callsKnown = directory.isQuiet ? 0 : max(1, directory.waitingCalls.count)
        report.agentsBusy = agents.count {
            switch directory.state(of: $0.id) {
            case .available, .away: false
            default: true
            }
        }
        report.legsUp = legs.count + policy.count
        pool.advance(to: pool.deadline ?? .zero)
        report.numbersLeased = pool.count
        report.expertsBusy = experts.availability(of: "expert", at: WallTime(millisecondsSince1970: 0)) == .free ? 0 : 1
        report.timersLeft = directory.deadline == nil ? 0 : 1
        return report
    }
}

/// What is left after ``LossRun``: everything but the first figures must be 0.
package struct LossReport: Sendable, Codable {
    package var seed: UInt64 = 0
    package var calls = 0
    package var events = 0
    /// Times an agent came, went, lost the phone or took a call of another kind.
    package var whims = 0
    package var callBackAttempts = 0
    package var transfersWithoutNumber = 0
    /// Calls by how they ended.
    package var endings: [String: Int] = [:]
    package var callsWithoutEnding = 0
    package var callsWithSeveralEndings = 0
    package var callsKnown = 0
    package var agentsBusy = 0
    package var legsUp = 0
    package var numbersLeased = 0
    package var expertsBusy = 0
    package var timersLeft = 0

    package init() {}

    /// Whatever is left that should not be.
    package var leftBehind: Int {
        callsWithoutEnding + callsWithSeveralEndings + callsKnown + agentsBusy + legsUp + numbersLeased + expertsBusy
            + timersLeft
    }
}
