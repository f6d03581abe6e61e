import Foundation

/// The repository's own folder.
let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The command line as its users have it: the built program, run as a process.
struct ParleyProcess {
    /// What a run left.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The program stands beside the tests.
    private static let program = URL(filePath: CommandLine.arguments[0])
        .deletingLastPathComponent().appending(path: "parley").path

    /// Runs `parley` with these arguments, from the repository's folder.
    ///
    /// - Parameters:
    ///   - setup: shell commands in front of it, in the same shell: limits, mounts.
    ///   - isolated: in a mount namespace of its own, so that what `setup` mounts is gone with the process.
    static func run(_ arguments: [String], after setup: String = "", isolated: Bool = false) throws -> Outcome {
        let script = "set -e\n\(setup)\nexec \"$0\" \"$@\""
        return isolated
            ? try start("/usr/bin/unshare", ["-m", "/bin/sh", "-c", script, program] + arguments)
            : try start("/bin/sh", ["-c", script, program] + arguments)
    }

    private static func start(_ executable: String, _ arguments: [String]) throws -> Outcome {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "parley-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let output = scratch.appending(path: "output")
        let errors = scratch.appending(path: "errors")
        for url in [output, errors] { try Data().write(to: url) }
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = repository
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// A folder that is gone with the test.
final class ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var path: String { url.path }

    /// Writes a file, with the folders that it needs.
    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file.path
    }

    @discardableResult
    func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }

    /// The names of the files below a folder in it, sorted; none when there is no such folder.
    func files(in name: String = "") -> [String] {
        let found = FileManager.default.enumerator(atPath: url.appending(path: name).path)?.compactMap { $0 as? String }
        return (found ?? []).sorted()
    }
}
