import Foundation

/// A program that runs beside a test. A shell waits for it and notes how it ended: Foundation's own process notices an end
/// only when every process that was started meanwhile has ended too.
final class RunningProgram {
    private let shell = Process()
    private let bench: Bench
    private let name = ".run/\(UUID().uuidString)"

    /// - Parameter output: the file of what it says on both streams.
    init(
        _ executable: String, _ arguments: [String], output: String, _ environment: [String: String], in bench: Bench
    ) throws {
        self.bench = bench
        try bench.write(output, "")
        try bench.write(name + ".pid", "")
        let script = """
            out=$1; name=$2; shift 2
            "$@" > "$out" 2>&1 & echo $! > "$name.pid"; wait $!; echo $? > "$name.status"
            """
        // The threads that run tests block signals, and who is started by them would too.
        shell.executableURL = URL(filePath: "/usr/bin/env")
        shell.arguments = ["--default-signal", "/bin/sh", "-c", script, "sh", output, name, executable] + arguments
        shell.currentDirectoryURL = bench.folder
        shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
    }

    /// Asks it to end, so that it can end those that it started, and ends it when it does not.
    deinit {
        signal(SIGTERM)
        for _ in 0..<100 where status == nil { usleep(20_000) }
        signal(SIGKILL)
    }

    /// How it ended; `nil` while it runs.
    var status: Int32? { number(".status") }

    private func number(_ suffix: String) -> Int32? {
        Int32(bench.read(name + suffix).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Sends it a signal, when it still runs.
    func signal(_ number: Int32) {
        guard status == nil, let identifier = self.number(".pid") else { return }
        kill(identifier, number)
    }

    /// Waits for its end, a minute at most.
    ///
    /// - Returns: how it ended; `nil` when it still runs.
    func end() async throws -> Int32? {
        _ = try await bench.wait(seconds: 60) { status != nil }
        return status
    }
}
