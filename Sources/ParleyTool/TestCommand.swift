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
            """)

    @Argument(help: "Test calls or folders of them.")
    var paths: [String]

    @OptionGroup var agentOptions: AgentOptions
    @OptionGroup var profileOption: ProfileOption

    @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Print one JSON object a call.")
    var json = false

    func run() async throws {
        let folders = try paths.flatMap { try TestCallFolder.find(at: $0) }
        var runner = try CallRunner(agentOptions)
        let profile = try profileOption.read()
        var jobs: [Job] = []
        for (index, folder) in folders.enumerated() {
            let call = try TestCallFolder.read(folder)
            let (agent, outside) = try runner.agent(for: call)
            jobs.append(Job(index: index, folder: folder, call: call, agent: agent, outside: outside, profile: profile))
        }
        let results = try await TestCommand.run(jobs)
        try report(results)
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
            job.call, job.agent, job.outside, recordings: nil, store: nil, profile: job.profile, &narrator)
        var failure = try ExpectedEvent.firstFailure(of: job.call.expectations, in: result.events)
            .map { "\(job.folder)/call.yaml:\($0.line): \($0.description)" }
        if failure == nil, let step = result.unreachedStep {
            failure = "\(job.folder)/call.yaml:\(step.line): the call ended before the caller could do this"
        }
        let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
        return TestResult(
            index: job.index, name: job.call.name, failure: failure, callSeconds: result.context.duration ?? 0,
            seconds: seconds)
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

    private enum CodingKeys: String, CodingKey { case name, failure, callSeconds }
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
