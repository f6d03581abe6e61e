import ArgumentParser
import Foundation
import Records
import Telephony

/// What keeping facts costs: on the thread that has them, and in all.
struct RecordsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "Keep facts at a steady rate, and measure what that costs the thread that has them.",
        discussion: """
            A thread hands facts over in bursts, one each 20 ms, as the media lane does; the writer writes behind it. \
            Printed: time of a hand-over, CPU of the writer, how long facts were in memory, and the rate when there is no \
            pause between bursts. Then a child process that keeps facts is killed (kill -9) at random moments. Fails when one \
            fact is missing or out of order in the store, or one that was older than a second when the child was killed.
            """)

    @Option(help: "Facts a second.") var rate = 2_000
    @Option(help: "Seconds.") var seconds = 20
    @Option(help: "Facts in the burst without pauses.") var burst = 200_000
    @Option(help: "Times that a process is killed while it keeps facts.") var kills = 20

    func run() throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try steady(folder + "/steady.sqlite")
        try flood(folder + "/flood.sqlite")
        if kills > 0 { try killed(folder) }
    }

    /// Kills a child that hands facts over, each with the monotonic time of its hand-over, and looks at what was kept.
    private func killed(_ folder: String) throws {
        var oldestLoss: UInt64 = 0
        var kept = 0
        for number in 0..<kills {
            let path = folder + "/killed-\(number).sqlite"
            let child = Process()
            child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = ["records-writer", "--store", path, "--rate", "\(rate)"]
            try child.run()
            usleep(UInt32.random(in: 1_000_000...2_500_000))
            let end = RecordsCommand.now()
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
            let store = try SQLiteStore(path: path, creates: false)
            var position: Int64 = 0
            var last: UInt64 = 0
            while let facts = try? store.facts(after: position, limit: 10_000), let final = facts.last {
                for (index, fact) in facts.enumerated() where fact.position != position + Int64(index) + 1 {
                    throw ValidationError("the fact before \(fact.position) is missing")
                }
                position = final.position
                last = UInt64(final.event.at.nanoseconds)
            }
            guard position > 0 else { throw ValidationError("nothing was kept in \(path)") }
            kept += Int(position)
            oldestLoss = max(oldestLoss, end - min(end, last))
        }
        print(
            String(
                format: "killed %d times: %d facts kept without a gap; the oldest that was lost was at most %.2f s old",
                kills, kept, Double(oldestLoss) / 1e9))
        guard oldestLoss < 1_000_000_000 else { throw ExitCode.failure }
    }

    private func steady(_ path: String) throws {
        let store = try SQLiteStore(path: path)
        let writer = RecordWriter(store)
        let template = ProofRecords.events("template", startedAt: .current())
        let perTick = max(1, rate / 50)
        let ticks = seconds * 50
        var costs: [UInt64] = []
        costs.reserveCapacity(ticks)
        var longestQueue = 0
        let cpu = RecordsCommand.processCPU()
        var due = RecordsCommand.now()
        for tick in 0..<ticks {
            var burst: [CallEvent] = []
            for index in 0..<perTick {
                var event = template[(tick &* perTick &+ index) % template.count]
                event.call = CallID("call-\((tick &* perTick &+ index) / template.count)")
                burst.append(event)
            }
            let begin = RecordsCommand.now()
            for event in burst { writer.append(event) }
            costs.append((RecordsCommand.now() - begin) / UInt64(perTick))
            longestQueue = max(longestQueue, try tick % 25 == 24 ? backlog(store, (tick + 1) * perTick) : 0)
            due += 20_000_000
            let now = RecordsCommand.now()
            if due > now { usleep(UInt32((due - now) / 1_000)) }
        }
        if let problem = writer.finish() { throw problem }
        costs.sort()
        let share = (RecordsCommand.processCPU() - cpu) / Double(seconds) * 100
        print("steady: \(perTick * 50) facts a second for \(seconds) s, \(writer.droppedFacts) dropped")
        print(
            "  hand-over of a fact: median \(costs[costs.count / 2]) ns, p99 \(costs[costs.count * 99 / 100]) ns, longest \(costs.last ?? 0) ns"
        )
        print(
            String(
                format: "  CPU of the whole process %.1f %% of a core; at most %.2f s of facts not yet on the disk",
                share,
                Double(longestQueue) / Double(perTick * 50)))
        try verify(store, count: ticks * perTick, template)
    }

    /// Facts that were handed over and are not in the store.
    private func backlog(_ store: SQLiteStore, _ handedOver: Int) throws -> Int {
        let last = try store.lastPosition()
        return handedOver - Int(last)
    }

    private func flood(_ path: String) throws {
        let store = try SQLiteStore(path: path)
        let writer = RecordWriter(store, bound: burst)
        let template = ProofRecords.events("template", startedAt: .current())
        let begin = RecordsCommand.now()
        for index in 0..<burst {
            var event = template[index % template.count]
            event.call = CallID("call-\(index / template.count)")
            writer.append(event)
        }
        if let problem = writer.finish() { throw problem }
        let elapsed = Double(RecordsCommand.now() - begin) / 1e9
        print(String(format: "flood: %d facts in %.2f s, %.0f a second", burst, elapsed, Double(burst) / elapsed))
        try verify(store, count: burst, template)
    }

    private func verify(_ store: SQLiteStore, count: Int, _ template: [CallEvent]) throws {
        var position: Int64 = 0
        var index = 0
        while true {
            let facts = try store.facts(after: position, limit: 5_000)
            guard let last = facts.last else { break }
            for fact in facts {
                var expected = template[index % template.count]
                expected.call = CallID("call-\(index / template.count)")
                guard fact.event == expected else {
                    throw ValidationError("fact \(index) is not the one that was handed over")
                }
                index += 1
            }
            position = last.position
        }
        guard index == count else { throw ValidationError("\(index) of \(count) facts are in the store") }
        print("  all \(count) facts are in the store, in order")
    }

    static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Seconds of CPU that this process has used.
    private static func processCPU() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}

/// The process that ``RecordsCommand`` kills: it hands facts over until then.
struct RecordsWriterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records-writer", abstract: "Keep facts until killed.", shouldDisplay: false)

    @Option var store: String
    @Option var rate: Int

    func run() throws {
        let writer = RecordWriter(try SQLiteStore(path: store))
        let template = ProofRecords.events("call", startedAt: .current())
        var due = RecordsCommand.now()
        while true {
            for index in 0..<max(1, rate / 50) {
                var event = template[index % template.count]
                event.at = Interval(nanoseconds: Int64(RecordsCommand.now()))
                writer.append(event)
            }
            due += 20_000_000
            let now = RecordsCommand.now()
            if due > now { usleep(UInt32((due - now) / 1_000)) }
        }
    }
}
