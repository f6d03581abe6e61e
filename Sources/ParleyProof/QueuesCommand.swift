import ArgumentParser
import Foundation
import QueueSimulation

/// A day of queues, every choice checked, and calls that fail at every moment.
struct QueuesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract:
            "Play a simulated day of queues and check every choice; then fail at every moment and look for traces.",
        discussion: """
            Examples:
              ParleyProof queues
              ParleyProof queues --calls 5000 --agents 40 --seed 7 --days 3 --json

            It fails when a choice breaks the rule, a caller is lost, or the median error of the announced wait is over
            a quarter.
            """)

    @Option(help: "Calls a day.") var calls = 5_000
    @Option(help: "Agents.") var agents = 40
    @Option(help: "What the calls ask of the agents, over what the agents have.") var load = 0.88
    @Option(help: "The seed of the first day; each further day has the next.") var seed: UInt64 = 1
    @Option(help: "Days, each with a seed of its own.") var days = 1
    @Option(help: "Calls of the run in which everything fails; 0 leaves it out.") var failing = 10_000
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1_000_000).contains(calls), (1...10_000).contains(agents), days >= 1, failing >= 0, load > 0 else {
            throw ValidationError(
                "give 1 to 1,000,000 calls, 1 to 10,000 agents, a day at least, and a load above 0")
        }
    }

    private struct Result: Codable {
        var days: [DayReport] = []
        var failures: LossReport?
        var seconds = 0.0
    }

    func run() throws {
        var result = Result()
        let start = ContinuousClock.now
        for index in 0..<UInt64(days) {
            let plan = DayPlan(calls: calls, agents: agents, load: load, seed: seed &+ index)
            var day = QueueDay(plan)
            result.days.append(day.run())
        }
        if failing > 0 {
            var loss = LossRun(calls: failing, agents: agents, seed: seed)
            result.failures = loss.run()
        }
        let took = ContinuousClock.now - start
        result.seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        try report(result)
        let isWrong =
            result.days.contains { !$0.violations.isEmpty || $0.lost > 0 || $0.medianError > 0.25 }
            || (result.failures?.leftBehind ?? 0) > 0
        if isWrong { throw ExitCode.failure }
    }

    private func report(_ result: Result) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(result), as: UTF8.self))
            return
        }
        for day in result.days { describe(day) }
        if let failures = result.failures { describe(failures) }
        print(String(format: "took %.1f s", result.seconds))
    }

    private func describe(_ day: DayReport) {
        print("day with seed \(day.seed): \(day.calls) calls, \(day.agents) agents, longest queue \(day.longestQueue)")
        print(
            "  answered \(day.answered), gave up \(day.abandoned), asked to be called back \(day.calledBack) "
                + "(not reached \(day.callBacksEnded)), offers that failed \(day.failedOffers), lost \(day.lost)")
        print(
            String(
                format: "  service level (20 s) %.1f %%, abandonment %.1f %%, wait %.0f s on average, %.0f s at p95",
                100 * day.serviceLevel, 100 * day.abandonment, day.meanWait, day.p95Wait))
        print("  choices checked \(day.choices), against the rule \(day.violations.count)")
        for violation in day.violations.prefix(10) { print("    \(violation)") }
        print(
            String(
                format: "  announced waits %d: median error %.1f %% (first of each caller %.1f %%), "
                    + "announced over true %.2f, digest %@",
                day.announcements, 100 * day.medianError, 100 * day.medianErrorOfFirst, day.medianRatio, day.digest))
    }

    private func describe(_ run: LossReport) {
        print("failures with seed \(run.seed): \(run.calls) calls, \(run.events) events, \(run.whims) whims of agents")
        let endings = run.endings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("  ended: \(endings.joined(separator: ", "))")
        print(
            "  left behind: calls without an ending \(run.callsWithoutEnding), with several "
                + "\(run.callsWithSeveralEndings), calls known \(run.callsKnown), agents busy \(run.agentsBusy), legs "
                + "\(run.legsUp), numbers \(run.numbersLeased), experts \(run.expertsBusy), timers \(run.timersLeft)")
    }
}
