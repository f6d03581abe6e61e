import Foundation
import Records

/// A server of PostgreSQL of Debian's package, started for the tests on a socket of its own and stopped with them.
package final class PostgresServer: Sendable {
    /// One for all tests; `nil`, and said so, where the package is not installed.
    package static let shared: PostgresServer? = {
        do {
            return try PostgresServer()
        } catch {
            print("absent: a PostgreSQL server (\(error)); its engine is not tested")
            return nil
        }
    }()

    private let folder: String
    private let programs: String
    /// As `--store` takes it.
    package let address: String
    /// Where its files are.
    package var dataFolder: String { folder + "/data" }

    private init() throws {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        guard let version = versions.compactMap({ Int($0) }).max() else {
            throw RecordsError("Debian's package postgresql is not installed")
        }
        programs = "/usr/lib/postgresql/\(version)/bin"
        // A socket's path is short.
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-pg-\(getpid())").path
        address = "postgresql://postgres@\(folder.replacingOccurrences(of: "/", with: "%2F"))/postgres"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try PostgresServer.run("chown postgres \(folder) || true")
        try PostgresServer.asPostgres("\(programs)/initdb -D \(folder)/data -A trust -U postgres --no-sync")
        let options = "-k \(folder) -c listen_addresses= -c fsync=off"
        try PostgresServer.asPostgres(
            "\(programs)/pg_ctl -D \(folder)/data -w -o '\(options)' -l \(folder)/log start")
        let stop = "\(programs)/pg_ctl -D \(folder)/data -m immediate stop"
        let command = getuid() == 0 ? "runuser -u postgres -- \(stop)" : stop
        PostgresServer.stopping = strdup("\(command) > /dev/null 2>&1; rm -rf \(folder)")
        atexit { if let command = PostgresServer.stopping { system(command) } }
    }

    /// Makes a database of its own for a test.
    ///
    /// - Returns: its address, as `--store` takes it.
    package func makeDatabase(_ name: String) throws -> String {
        try PostgresServer.run("\(programs)/createdb -h \(folder) -U postgres \(name)")
        return address.dropLast("postgres".count) + name
    }

    /// Lets nobody reach a database that was made here, those who have reached it included; or lets them again.
    package func set(_ name: String, isReachable: Bool) throws {
        let psql = "\(programs)/psql -h \(folder) -U postgres -c"
        try PostgresServer.run("\(psql) 'ALTER DATABASE \(name) ALLOW_CONNECTIONS \(isReachable)'")
        guard !isReachable else { return }
        let sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \\$\\$\(name)\\$\\$"
        try PostgresServer.run("\(psql) \"\(sessions)\"")
    }

    /// What is run at the end; written once, before it is registered.
    private nonisolated(unsafe) static var stopping: UnsafeMutablePointer<CChar>?

    /// The server refuses to run as root.
    private static func asPostgres(_ command: String) throws {
        try run(getuid() == 0 ? "runuser -u postgres -- sh -c \"\(command)\"" : command)
    }

    /// By the C library's own means: Foundation's process waits for every descendant, and the server is one.
    private static func run(_ command: String) throws {
        guard system("(\(command)) < /dev/null > /dev/null 2>&1") == 0 else {
            throw RecordsError("'\(command)' failed")
        }
    }
}
