import Foundation
import GRDB
package import Telephony

/// Call contexts at rest, in SQLite.
///
/// A context is written whole or not at all, and is on the disk when ``save(_:)`` returns. Several processes may use one
/// file.
package final class ContextStore: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// Which contexts are wanted.
    package struct Filter: Sendable {
        package var since: WallTime?
        package var until: WallTime?
        package var caller: String?
        package var agent: String?
        package var outcome: CallOutcome?
        package var limit = 50
        package init() {}
    }

    /// Opens a store, and makes it when it is not there.
    ///
    /// - Parameter creates: whether a file that is not there is made.
    /// - Throws: ``RecordsError``.
    package init(path: String, creates: Bool = true) throws(RecordsError) {
        self.path = path
        if !creates, !FileManager.default.fileExists(atPath: path) {
            throw RecordsError("\(path): there is no such store; 'parley replay --store \(path)' makes one")
        }
        let isNew = !FileManager.default.fileExists(atPath: path)
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try ContextStore.migrator.migrate(queue)
        } catch {
            // A store that could not be made whole is not left behind.
            if isNew { try? FileManager.default.removeItem(atPath: path) }
            throw RecordsError(path, error)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 contexts") { database in
            try database.create(table: "context") { table in
                table.primaryKey("call", .text)
                table.column("startedAt", .integer).notNull()
                table.column("caller", .text).notNull()
                table.column("called", .text).notNull()
                table.column("agent", .text).notNull()
                table.column("outcome", .text)
                table.column("duration", .double)
                table.column("json", .blob).notNull()
            }
            try database.create(indexOn: "context", columns: ["startedAt"])
        }
        return migrator
    }

    /// Keeps a context; one of the same call is replaced.
    ///
    /// - Throws: ``RecordsError``; the store is as it was then.
    package func save(_ context: CallContext) throws(RecordsError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let json = try encoder.encode(context)
            try queue.write { database in
                try database.execute(
                    sql: """
                        INSERT OR REPLACE INTO context
                        (call, startedAt, caller, called, agent, outcome, duration, json)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        context.call.rawValue, context.startedAt.millisecondsSince1970, context.from, context.to,
                        context.agent, context.outcome?.rawValue, context.duration, json,
                    ])
            }
        } catch {
            throw RecordsError(path, error)
        }
    }

    /// The contexts that a filter lets through, the newest first.
    ///
    /// - Throws: ``RecordsError``.
    package func list(_ filter: Filter = Filter()) throws(RecordsError) -> [CallContext] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments.append(value)
        }
        add("startedAt >= ?", filter.since?.millisecondsSince1970)
        add("startedAt < ?", filter.until?.millisecondsSince1970)
        add("caller = ?", filter.caller)
        add("agent = ?", filter.agent)
        add("outcome = ?", filter.outcome?.rawValue)
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments.append(filter.limit)
        return try fetch("\(condition) ORDER BY startedAt DESC, call LIMIT ?", arguments)
    }

    /// The contexts whose call's identifier begins with a text.
    ///
    /// - Throws: ``RecordsError``.
    package func contexts(of prefix: String) throws(RecordsError) -> [CallContext] {
        try fetch("WHERE substr(call, 1, ?) = ? ORDER BY call LIMIT 10", [prefix.count, prefix])
    }

    private func fetch(
        _ rest: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(RecordsError) -> [CallContext] {
        do {
            return try queue.read { database in
                try Data.fetchAll(
                    database, sql: "SELECT json FROM context \(rest)", arguments: StatementArguments(arguments)
                ).map { try JSONDecoder().decode(CallContext.self, from: $0) }
            }
        } catch {
            throw RecordsError(path, error)
        }
    }
}

/// Why contexts cannot be kept or read.
package struct RecordsError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }

    init(_ path: String, _ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init("\(path): \(error)")
            return
        }
        let advice =
            switch error.resultCode {
            case .SQLITE_FULL: "the disk is full; make room and run it again"
            case .SQLITE_READONLY: "it is read-only; give a file that may be written"
            case .SQLITE_CANTOPEN: "it cannot be opened; check that its folder is there and may be written"
            case .SQLITE_NOTADB: "it is a file, but no store; give another name"
            case .SQLITE_CORRUPT: "it is damaged; restore it from a copy"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "another process holds it; try again"
            case .SQLITE_IOERR: "the disk cannot be read or written; check it and its free space"
            default: error.message ?? "error \(error.resultCode.rawValue)"
            }
        self.init("\(path): nothing was stored: \(advice)")
    }
}
