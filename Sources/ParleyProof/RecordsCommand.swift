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
            pause between bursts. Fails when one fact is missing or out of order in the store.
            """)

    @Option(help: "Facts a second.") var rate = 2_000
    @Option(help: "Seconds.") var seconds = 20
    @Option(help: "Facts in the burst without pauses.") var burst = 200_000

    func run() throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try steady(folder + "/steady.sqlite")
        try flood(folder + "/flood.sqlite")
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

    private static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Seconds of CPU that this process has used.
    private static func processCPU() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
