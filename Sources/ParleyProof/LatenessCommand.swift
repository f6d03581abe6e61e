import ArgumentParser
import Foundation
import Records

/// What keeping records costs media: how late packets are with a store and without.
struct LatenessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lateness",
        abstract: "Measure how late packets of `parley serve` are, with a store and without.",
        discussion: """
            Starts `parley serve` as `ParleyProof media` does, the whole process on one core, and calls it from another \
            one: a window with prompts, detectors and keys, in turn without a store and with one, so that what else the \
            machine does falls on both. Printed of each: what lies between neighbouring packets, as its deviation from \
            20 ms, the CPU, and the facts that were written. Fails when a call failed, or when facts are missing.

            EXAMPLES:
              swift build -c release && .build/release/ParleyProof lateness
              .build/release/ParleyProof lateness --calls 500 --rounds 5 --store postgresql://me@localhost/parley
            """)

    @Option(help: "Calls at a time.") var calls = 1_000
    @Option(help: "Windows without a store, and as many with one.") var rounds = 3
    @Option(help: "Seconds of a window.") var seconds = 20
    @Option(help: "The core of the service.") var core = 0
    @Option(help: "The core of the callers.") var callersCore = 1
    @Option(help: ArgumentHelp("The store; a file of SQLite that is gone afterwards by default.", valueName: "store"))
    var store: String?
    @Option(help: ArgumentHelp("The program that is measured; the one beside this by default.", valueName: "file"))
    var parley: String?

    private static let sipPort: UInt16 = 5_180

    /// One window.
    private struct Window {
        var deviations: [Int32]
        var cpuShare: Double
        var delivered: Double
        var failed: Int
        var factsASecond: Double

        func percentile(_ share: Double) -> Double {
            let sorted = deviations.sorted()
            guard !sorted.isEmpty else { return 0 }
            return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
        }
    }

    func validate() throws {
        guard calls > 0, rounds > 0, seconds > 0 else {
            throw ValidationError("--calls, --rounds and --seconds are 1 or more")
        }
    }

    func run() throws {
        let folder = try ProofRecords.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try MeasuredProcess.pinSelf(to: callersCore)
        MeasuredProcess.becomeRealTime()
        print("store  from 20 ms: p50 ms   p99 ms  p99.9 ms   CPU of a core  delivered  failed  facts a second")
        var all: [Bool: [Window]] = [:]
        for round in 0..<rounds {
            for keeps in [false, true] {
                let address = keeps ? store ?? "\(folder)/\(round).sqlite" : nil
                let window = try measure(address)
                all[keeps, default: []].append(window)
                show(keeps ? "on" : "off", window)
            }
        }
        let (off, on) = (all[false] ?? [], all[true] ?? [])
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            // The quietest window of each: what else the machine does only ever adds.
            let least = [off, on].map { windows in windows.map { $0.percentile(share) }.min() ?? 0 }
            print(
                String(
                    format: "%@: %.3f ms without a store, %.3f with one in the quietest windows", name, least[0],
                    least[1])
            )
        }
        guard (off + on).allSatisfy({ $0.failed == 0 }) else { throw ExitCode.failure }
    }

    private func show(_ name: String, _ window: Window) {
        print(
            String(
                format: "%@ %20.3f %8.3f %9.3f %14.1f%% %9.2f%% %7d %15.0f",
                name.padding(toLength: 5, withPad: " ", startingAt: 0), window.percentile(0.5), window.percentile(0.99),
                window.percentile(0.999), window.cpuShare * 100, window.delivered * 100, window.failed,
                window.factsASecond))
        fflush(nil)
    }

    private func measure(_ address: String?) throws -> Window {
        let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        var arguments = ["serve", "--sip-port", "\(LatenessCommand.sipPort)", "--drain-seconds", "0"]
        arguments += ["--media-ports", "10000-\(10_400 + 2 * calls)", "--max-calls", "\(calls + 100)"]
        arguments += ["--admin-socket", "none"] + (address.map { ["--store", $0] } ?? [])
        let service = try MeasuredProcess(parley ?? beside, arguments, core: core)
        defer { service.stop() }
        usleep(1_500_000)
        guard service.isRunning else {
            throw ValidationError("`parley serve` did not start; run it by hand to see why")
        }
        var warm = try CallGenerator(CallGenerator.Plan(calls: 5, target: LatenessCommand.sipPort, firstPort: 40_000))
        warm.run(milliseconds: 12_000)
        warm.hangUp()
        var generator = try CallGenerator(CallGenerator.Plan(calls: calls, target: LatenessCommand.sipPort))
        var placing = 0
        while !generator.isSettled, placing < 60 {
            generator.run(milliseconds: 1_000)
            placing += 1
        }
        generator.run(milliseconds: 2_000)
        let records = try address.map { try StoreAddress.open($0, creates: false) }
        let before = (cpu: service.cpuSeconds, facts: try records?.lastPosition() ?? 0)
        generator.isMeasuring = true
        generator.run(milliseconds: seconds * 1_000)
        generator.isMeasuring = false
        let written = try (records?.lastPosition() ?? 0) - before.facts
        let figures = generator.figures
        let window = Window(
            deviations: figures.deviations, cpuShare: (service.cpuSeconds - before.cpu) / Double(seconds),
            delivered: Double(figures.received) / Double(max(1, figures.answered) * seconds * 50),
            failed: figures.failed, factsASecond: Double(written) / Double(seconds))
        generator.hangUp()
        guard address == nil || written > 0 else {
            throw ValidationError("no fact was written in a window with a store")
        }
        return window
    }
}
