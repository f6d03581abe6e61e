import Routing
import Telephony

/// Plays a day: callers come, wait, give up, are called back; agents answer or do not, take breaks and go home.
package struct QueueDay {
    enum Event {
        case arrives(Int)
        case hangsUp(CallID)
        case responds(OfferID, OfferOutcome)
        case talkEnds(CallID)
        case comes(AgentID)
        case goes(AgentID, String)
        case recovers(AgentID)
        case acceptsCallBack(CallID)
        case callerAnswers(CallBackID, CallID)
    }

    /// What is known of a caller.
    enum Standing: Equatable {
        case waiting
        case toBeCalledBack
        case talking
        case over
    }

    let plan: DayPlan
    var directory: Directory
    var checker: RuleChecker
    var random: SeededGenerator
    var report = DayReport()
    /// Index of the caller of each call.
    var callers: [CallID: Int] = [:]
    var standings: [Standing]
    var waits: [Double] = []
    /// What was announced to each caller: when, and how long.
    var announced: [[(time: Instant, wait: Interval)]]
    var errors: [Double] = []
    var firstErrors: [Double] = []
    var ratios: [Double] = []
    /// Agents who are at work and not on a break.
    var present: Set<AgentID> = []
    private var digest = Digest()
    private var agenda = Agenda<Event>()

    package init(_ plan: DayPlan) {
        self.plan = plan
        directory = Directory(agents: plan.agents, queues: plan.queues, at: .zero)
        checker = RuleChecker(agents: plan.agents, queues: plan.queues, at: .zero)
        random = SeededGenerator(seed: plan.seed ^ 0x5EED)
        standings = plan.callers.map { _ in .over }
        announced = plan.callers.map { _ in [] }
    }

    /// Plays it to the end.
    package mutating func run() -> DayReport {
        prepare()
        while let time = [agenda.next, directory.deadline].compactMap({ $0 }).min() {
            checker.advance(to: time)
            directory.advance(to: time)
            drain(at: time)
            while let event = agenda.take(until: time) {
                happen(event, at: time)
                drain(at: time)
            }
        }
        return conclude()
    }

    mutating func schedule(_ event: Event, at time: Instant) { agenda.add(event, at: time) }

    private mutating func prepare() {
        for agent in plan.agents {
            checker.saidAway(agent.id, at: .zero)
            directory.setAway(agent.id, reason: "not yet there", at: .zero)
            drain(at: .zero)
        }
        for shift in plan.shifts {
            schedule(.comes(shift.agent), at: shift.start)
            for pause in shift.breaks {
                schedule(.goes(shift.agent, "break"), at: pause.start)
                schedule(.comes(shift.agent), at: pause.start + pause.length)
            }
            schedule(.goes(shift.agent, "home"), at: shift.end)
        }
        for (index, caller) in plan.callers.enumerated() { schedule(.arrives(index), at: caller.arrival) }
    }

    private mutating func drain(at time: Instant) {
        while let output = directory.poll() {
            checker.saw(output, at: time)
            digest.add("\(time.nanoseconds) \(output)")
            follow(output, at: time)
        }
        checker.settled(at: time)
    }

    private mutating func conclude() -> DayReport {
        report.seed = plan.seed
        report.calls = plan.callers.count
        report.agents = plan.agents.count
        report.lost = standings.count { $0 != .over } + (directory.isQuiet ? 0 : 1)
        report.serviceLevel = Double(waits.count { $0 <= 20 }) / Double(max(1, report.calls))
        report.abandonment = Double(report.abandoned) / Double(max(1, report.calls))
        report.meanWait = waits.reduce(0, +) / Double(max(1, waits.count))
        report.p95Wait = DayReport.quantile(waits, 0.95)
        report.choices = checker.choices
        report.violations = checker.violations
        report.announcements = errors.count
        report.medianError = DayReport.median(errors)
        report.medianErrorOfFirst = DayReport.median(firstErrors)
        report.medianRatio = DayReport.median(ratios)
        report.digest = digest.text
        return report
    }
}
