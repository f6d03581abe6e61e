import Foundation
import Glibc

/// A program that is measured: pinned to one core, with its CPU time and memory as the kernel tells them.
final class MeasuredProcess {
    private let process = Process()
    private var ticksAtBegin = 0

    /// Starts a program on a core.
    ///
    /// - Throws: when it cannot be started.
    init(_ path: String, _ arguments: [String], core: Int) throws {
        process.executableURL = URL(filePath: "/usr/bin/taskset")
        process.arguments = ["-c", "\(core)", path] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    var isRunning: Bool { process.isRunning }

    /// Asks it to end, and waits.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let end = Date(timeIntervalSinceNow: 5)
        while process.isRunning, Date() < end { usleep(50_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    var identifier: Int32 { process.processIdentifier }

    /// CPU seconds of all its threads, the kernel's work for it included.
    var cpuSeconds: Double {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let close = text.lastIndex(of: ")")
        else { return 0 }
        // The state is field 3; user and system time are fields 14 and 15.
        let fields = text[close...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Files and sockets that it has open.
    var descriptors: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count) ?? 0 }

    /// Octets of it in memory.
    var residentOctets: Int {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// Pins this process to a core.
    static func pinSelf(to core: Int) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/taskset")
        process.arguments = ["-a", "-c", "-p", "\(core)", "\(getpid())"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }

    /// Asks for a real-time class, so that callers are as regular as callers are; goes on without where it is not allowed.
    static func becomeRealTime() {
        var parameters = sched_param()
        parameters.sched_priority = 20
        _ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
    }
}
