import ArgumentParser
import Telephony

/// Nobody is lost: calls to agents and experts in which everybody fails at any moment, in virtual time.
struct HandoversCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handovers",
        abstract: "Lead calls to agents and experts while every leg fails at random, and count what is left behind.",
        discussion: """
            Agents decline, are busy, do not answer, hang up, consult, confer, transfer and take over; callers hang up at \
            any moment, take call-backs, and refer to others. In the end no leg, port, timer or agent may be left, and each context has the true outcome.

            EXAMPLES:
              ParleyProof handovers --calls 10000
              ParleyProof handovers --calls 500 --seed 7
            """)

    @Option(help: "How many calls.") var calls = 10_000
    @Option(help: "Agents of the queue.") var agents = 30
    @Option(help: "Of the random numbers.") var seed: UInt64 = 1

    func run() async throws {
        var floor = HandoverFloor(agents: agents, seed: seed)
        let problems = floor.run(calls: calls)
        let books = floor.books
        Swift.print("calls                  \(books.sealed) of \(calls)")
        Swift.print("legs                   \(books.dialled), of which \(books.answered) answered")
        Swift.print("things done by hand    \(books.commands)")
        Swift.print(
            "outcomes               "
                + TransferOutcome.allCases.map { "\($0.rawValue) \(books.outcomes[$0] ?? 0)" }.joined(separator: ", "))
        Swift.print(
            "ended by               caller \(books.endedByCaller), others \(books.sealed - books.endedByCaller)")
        Swift.print(
            "called back            \(books.promised) promised; attempts: "
                + CallBackResult.allCases.map { "\($0.rawValue) \(books.attempts[$0] ?? 0)" }.joined(separator: ", "))
        Swift.print("callers who referred   \(books.succeeded) with somebody in their place")
        Swift.print("virtual time           \(Int(floor.now.nanoseconds / 1_000_000_000)) s")
        Swift.print("left behind or untrue  \(problems.count)")
        for problem in problems.prefix(20) { Swift.print("  \(problem)") }
        if !problems.isEmpty { throw ExitCode.failure }
    }
}
