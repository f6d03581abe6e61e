import Foundation

/// The repository's own folder.
let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// A place to try Parley against real peers: a network of its own with nothing but loopback where the system allows one,
/// so that no port collides, and a folder that is gone afterwards.
final class Bench {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-interop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ text: String) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    func read(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// The facts and contexts that Parley wrote, one a line.
    func facts(_ name: String = "facts.json") -> [[String: Any]] {
        read(name).split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
        }
    }

    /// Whether a peer is installed; says so when it is not.
    static func has(_ program: String, package: String) -> Bool {
        let found = ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
        if !found { print("\(program) is not installed: nothing is tried against it; apt-get install \(package)") }
        return found
    }

    private static let canIsolate =
        (try? run("/usr/bin/unshare", ["-n", "/bin/true"], in: FileManager.default.temporaryDirectory)) == 0

    /// Whether a file system of a size of its own can be had; says so when it cannot.
    static func canMount() -> Bool {
        let temporary = FileManager.default.temporaryDirectory
        let arguments = ["-r", "-m", "-n", "/bin/mount", "-t", "tmpfs", "-o", "size=1m", "none", temporary.path]
        let can = (try? run("/usr/bin/unshare", arguments, in: URL(filePath: "/"))) == 0
        if !can { print("no file system may be mounted here: nothing is tried on a full disk") }
        return can
    }

    /// Runs a script beside a running Parley, which is told to end afterwards.
    ///
    /// What the script prints is the result.
    /// - Parameters:
    ///   - options: of `parley serve`, after its configuration `parley.yaml`.
    ///   - preparation: what is run before Parley begins.
    ///   - mounts: whether the preparation mounts something, which nobody else is to see.
    func run(
        beside options: String, preparation: String = "", mounts: Bool = false, _ script: String
    ) async throws -> String {
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley").path
        try write(
            "run.sh",
            """
            ip link set lo up 2>/dev/null
            # A debug build on a busy machine is late, and is to take the calls all the same.
            export PARLEY_LIMITS_LATENESS_MILLISECONDS=0
            PARLEY='\(program)'
            \(preparation)
            $PARLEY serve --config parley.yaml \(options) > facts.json 2> log & SERVER=$!
            for i in $(seq 150); do grep -q 'listens on' log && break; sleep 0.2; done
            { \(script)
            } > result 2>&1
            kill -TERM $SERVER
            wait $SERVER
            echo "serve ends with $?" >> result
            """)
        let shell = ["/bin/sh", "run.sh"]
        if Bench.canIsolate {
            try await Bench.runApart("/usr/bin/unshare", (mounts ? ["-r", "-m", "-n"] : ["-n"]) + shell, in: folder)
        } else {
            try await Bench.runApart(shell[0], Array(shell.dropFirst()), in: folder)
        }
        return read("result")
    }

    /// Runs a program on a thread of its own: the threads that run tests are few, and others wait for them.
    private static func runApart(_ executable: String, _ arguments: [String], in folder: URL) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(with: Result { _ = try run(executable, arguments, in: folder) })
            }
        }
    }

    /// Runs a script of the folder.
    func shell(_ script: String) throws { try Bench.run("/bin/sh", [script], in: folder) }

    @discardableResult
    private static func run(_ executable: String, _ arguments: [String], in folder: URL) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Parley itself.
    static let parley = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "parley")
        .path

    /// Starts a program in the folder, beside the test and in its network.
    ///
    /// - Parameter output: the file of what it says on both streams.
    func start(
        _ executable: String, _ arguments: [String], output: String, environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram(executable, arguments, output: output, environment, in: self)
    }

    /// Waits until something holds, at most so many seconds.
    ///
    /// - Returns: whether it does.
    func wait(seconds: Int = 90, until holds: () throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try holds() { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try holds()
    }

    static let agent = repository.appending(path: "Audio/Agents/riverbend").path
}
