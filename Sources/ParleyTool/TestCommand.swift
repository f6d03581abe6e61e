import ArgumentParser
import CallFlow
import Foundation
import FrontEnd
import Replay
import Telephony

/// Runs test calls and says which came out as expected.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run test calls and compare what happens with what their call.yaml expects.",
        discussion: """
            Calls run in parallel. Exit status 1 when one fails.

            EXAMPLES:
              parley test Audio/Calls
              parley test Audio/Calls/gas-leak --agent my-agent
              parley test Audio/Calls --junit results.xml
              parley test Audio/Calls --coverage
            """)

    @Argument(help: "Test calls or folders of them.")
    var paths: [String]

    @OptionGroup var agentOptions: AgentOptions
    @OptionGroup var profileOption: ProfileOption

    @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Print one JSON object a call.")
    var json = false

    @Flag(help: "Also say which actions and edges of the dialog the calls took.")
    var coverage = false

    func run() async throws {
        let folders = try paths.flatMap { try TestCallFolder.find(at: $0) }
        var runner = try CallRunner(agentOptions)
        let profile = try profileOption.read()
        let keeper = try RecordKeeper()
        var jobs: [Job] = []
        for (index, folder) in folders.enumerated() {
            let call = try TestCallFolder.read(folder)
            let (agent, outside) = try runner.agent(for: call)
            jobs.append(
                Job(
                    index: index, folder: folder, call: call, agent: agent, outside: outside, profile: profile,
                    keeper: keeper))
        }
        let results = try await TestCommand.run(jobs)
        try report(results)
        if coverage { try report(coverage: jobs, results) }
        if let junit { try JUnitReport(results).write(to: junit) }
        if results.contains(where: { $0.failure != nil }) { throw ExitCode.failure }
    }

    /// One call to be run.
    private struct Job: Sendable {
        var index: Int
        var folder: String
        var call: TestCall
        var agent: Agent
        var outside: Outside
        var profile: FrontEndProfile
        var keeper: RecordKeeper
    }

    /// Runs calls side by side, as many as there are cores.
    private static func run(_ jobs: [Job]) async throws -> [TestResult] {
        var bar = ProgressBar(total: jobs.count)
        defer { bar.finish() }
        return try await withThrowingTaskGroup(of: TestResult.self) { group in
            var waiting = jobs.makeIterator()
            for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
                guard let job = waiting.next() else { break }
                group.addTask { try await TestCommand.run(job) }
            }
            var results: [TestResult] = []
            while let result = try await group.next() {
                results.append(result)
                bar.advance(result.name)
                if let job = waiting.next() { group.addTask { try await TestCommand.run(job) } }
            }
            return results.sorted { $0.index < $1.index }
        }
    }

    private static func run(_ job: Job) async throws -> TestResult {
        var narrator = SilentNarrator()
        let begin = ContinuousClock.now
        let result = try await CallRunner.run(
            job.call, job.agent, job.outside, job.keeper, profile: job.profile, &narrator)
        var failure = try ExpectedEvent.firstFailure(of: job.call.expectations, in: result.events)
            .map { "\(job.folder)/call.yaml:\($0.line): \($0.description)" }
        if failure == nil, let step = result.unreachedStep {
            failure = "\(job.folder)/call.yaml:\(step.line): the call ended before the caller could do this"
        }
        let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
        return TestResult(
            index: job.index, name: job.call.name, failure: failure, callSeconds: result.context.duration ?? 0,
            seconds: seconds, events: result.events)
    }

    /// What the calls took of each agent's dialog, in the order in which the agents came.
    private func report(coverage jobs: [Job], _ results: [TestResult]) throws {
        var agents: [(name: String, coverage: DialogCoverage)] = []
        for (job, result) in zip(jobs, results) {
            var index = agents.firstIndex { $0.name == job.agent.name }
            if index == nil {
                agents.append((job.agent.name, DialogCoverage(of: job.agent)))
                index = agents.count - 1
            }
            if let index { agents[index].coverage.add(result.events) }
        }
        let lines = JSONLines()
        for (name, coverage) in agents {
            let summary = CoverageSummary(name, coverage)
            if json {
                Terminal.print(try lines.line(summary))
                continue
            }
            Terminal.print(
                "\(name): actions covered \(summary.shown(summary.coveredActions, summary.actions)), "
                    + "edges covered \(summary.shown(summary.coveredEdges, summary.edges))")
            for item in summary.missing { Terminal.print("  not taken: \(item)") }
        }
    }

    private func report(_ results: [TestResult]) throws {
        let style = Style.of(STDOUT_FILENO)
        let lines = JSONLines()
        for result in results {
            if json {
                Terminal.print(try lines.line(result))
            } else if let failure = result.failure {
                Terminal.print("\(style.alarm("fail"))  \(result.name)\n      \(failure)")
            } else {
                Terminal.print(
                    "\(style.good("pass"))  \(result.name)  \(style.faint(String(format: "%.1f s of call", result.callSeconds)))"
                )
            }
        }
        guard !json else { return }
        let failed = results.count { $0.failure != nil }
        Terminal.print("\(results.count - failed) passed, \(failed) failed")
    }
}

/// How a test call came out.
struct TestResult: Sendable, Encodable {
    var index: Int
    var name: String
    /// The first difference, with its place; `nil` when all was as expected.
    var failure: String?
    /// Length of the call in media time.
    var callSeconds: Double
    /// Time that running it took.
    var seconds: Double
    var events: [CallEvent]

    private enum CodingKeys: String, CodingKey { case name, failure, callSeconds }
}

/// How much of a dialog some calls took.
private struct CoverageSummary: Encodable {
    var agent: String
    var actions: Int
    var coveredActions: Int
    var edges: Int
    var coveredEdges: Int
    /// Actions and edges that no call took.
    var missing: [String]

    init(_ agent: String, _ coverage: DialogCoverage) {
        self.agent = agent
        actions = coverage.actions.count
        coveredActions = coverage.coveredActions
        edges = coverage.edges.count
        coveredEdges = coverage.coveredEdges
        missing = coverage.missing.map(\.description)
    }

    func shown(_ covered: Int, _ all: Int) -> String {
        "\(covered) of \(all) (\(String(format: "%.1f", all == 0 ? 100 : Double(covered) * 100 / Double(all))) %)"
    }
}

/// Results in the form that CI systems read.
private struct JUnitReport {
    private let xml: String

    init(_ results: [TestResult]) {
        let failed = results.count { $0.failure != nil }
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            #"<testsuite name="parley" tests="\#(results.count)" failures="\#(failed)">"#,
        ]
        for result in results {
            let head = #"  <testcase name="\#(JUnitReport.escaped(result.name))" time="\#(result.seconds)""#
            if let failure = result.failure {
                lines += [head + ">", #"    <failure message="\#(JUnitReport.escaped(failure))"/>"#, "  </testcase>"]
            } else {
                lines.append(head + "/>")
            }
        }
        lines.append("</testsuite>\n")
        xml = lines.joined(separator: "\n")
    }

    func write(to path: String) throws {
        do {
            try Data(xml.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandError(description: "\(path): the results cannot be written: \(error.localizedDescription)")
        }
    }

    private static func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
            .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
