import Foundation
import GRDB
package import Telephony

/// The store in a file of SQLite.
///
/// Write-ahead log with full synchronisation: what was written survives a crash of the process and of the machine, and
/// readers do not wait for writers. Deleted content is overwritten. Several processes may use one file.
package final class SQLiteStore: ContextStore {
    let queue: DatabaseQueue
    let path: String

    /// Opens a store, and makes it when it is not there.
    ///
    /// - Parameter creates: whether a file that is not there is made.
    /// - Throws: ``RecordsError``.
    package init(path: String, creates: Bool = true) throws(RecordsError) {
        self.path = path
        let isNew = !FileManager.default.fileExists(atPath: path)
        if !creates, isNew {
            throw RecordsError("\(path): there is no such store; 'parley replay --store \(path)' makes one")
        }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
            }
            // Whoever may read the file may read what was said; its log is made with the same permissions.
            if isNew { close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)) }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try SQLiteStore.migrator.migrate(queue)
        } catch {
            // A store that could not be made whole is not left behind.
            if isNew {
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            }
            throw RecordsError(path, error)
        }
    }

    /// Runs a transaction, with its errors as sentences.
    func write<Result>(_ body: (Database) throws -> Result) throws(RecordsError) -> Result {
        do { return try queue.write(body) } catch { throw RecordsError(path, error) }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(RecordsError) -> Result {
        do { return try queue.read(body) } catch { throw RecordsError(path, error) }
    }

    package func write(_ batch: RecordBatch) throws(RecordsError) {
        try write { database in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let fact = try database.cachedStatement(sql: "INSERT INTO fact (call, json) VALUES (?, ?)")
            for event in batch.facts {
                try fact.execute(arguments: [event.call.rawValue, try encoder.encode(event)])
                if let moment = CallMoment.of(event.body) { try enqueue(event.call, moment, batch, database) }
            }
            for context in batch.sealed {
                try database.execute(
                    sql: """
                        INSERT OR REPLACE INTO context
                        (call, startedAt, caller, called, agent, outcome, duration, json)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        context.call.rawValue, context.startedAt.millisecondsSince1970, context.from, context.to,
                        context.agent, context.outcome?.rawValue, context.duration, try encoder.encode(context),
                    ])
                try enqueue(context.call, .ended, batch, database)
            }
            for change in batch.dialogs { try SQLiteStore.note(change, database) }
            for change in batch.callBacks { try SQLiteStore.note(change, database) }
        }
    }

    private func enqueue(
        _ call: CallID, _ moment: CallMoment, _ batch: RecordBatch, _ database: Database
    ) throws {
        for subscription in batch.subscriptions where subscription.moments.contains(moment) {
            try SQLiteStore.enqueue(call, moment, connector: subscription.connector, at: batch.now, database)
        }
    }

    package func contexts(_ filter: ContextFilter) throws(RecordsError) -> [CallContext] {
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
        add("called = ?", filter.called)
        add("agent = ?", filter.agent)
        add("outcome = ?", filter.outcome?.rawValue)
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments.append(filter.limit ?? -1)
        return try fetch("\(condition) ORDER BY startedAt DESC, call LIMIT ?", arguments)
    }

    package func contexts(of prefix: String) throws(RecordsError) -> [CallContext] {
        // A range of the key, so that its index is used; nothing sorts behind the last code point.
        try fetch("WHERE call >= ? AND call < ? ORDER BY call LIMIT 10", [prefix, prefix + "\u{10FFFF}"])
    }

    private func fetch(
        _ rest: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(RecordsError) -> [CallContext] {
        try read { database in
            let decoder = JSONDecoder()
            return try Data.fetchAll(
                database, sql: "SELECT json FROM context \(rest)", arguments: StatementArguments(arguments)
            ).map { try decoder.decode(CallContext.self, from: $0) }
        }
    }

    package func events(of call: CallID) throws(RecordsError) -> [CallEvent] {
        try read { database in
            let decoder = JSONDecoder()
            return try Data.fetchAll(
                database, sql: "SELECT json FROM fact WHERE call = ? ORDER BY position", arguments: [call.rawValue]
            ).map { try decoder.decode(CallEvent.self, from: $0) }
        }
    }

    package func facts(after position: Int64, limit: Int) throws(RecordsError) -> [StoredFact] {
        try read { database in
            let decoder = JSONDecoder()
            return try Row.fetchAll(
                database, sql: "SELECT position, json FROM fact WHERE position > ? ORDER BY position LIMIT ?",
                arguments: [position, limit]
            ).map { row in
                let json: Data = row["json"]
                return StoredFact(position: row["position"], event: try decoder.decode(CallEvent.self, from: json))
            }
        }
    }

    package func unsealedCalls() throws(RecordsError) -> [CallID] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT call FROM fact WHERE call NOT IN (SELECT call FROM context)
                    GROUP BY call ORDER BY MIN(position)
                    """
            ).map { CallID($0) }
        }
    }

    package func erase(_ calls: [CallID]) throws(RecordsError) {
        try write { database in
            for call in calls {
                for table in ["fact", "context", "outbox", "recording", "dialog", "callback"] {
                    try database.execute(sql: "DELETE FROM \(table) WHERE call = ?", arguments: [call.rawValue])
                }
            }
        }
        // Old versions of the pages are still in the log.
        do {
            try queue.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        } catch {
            throw RecordsError(
                "\(path): the calls are erased from the store, but its log still holds them, because another process "
                    + "reads; stop it and run the same command again")
        }
    }
}

extension SQLiteStore {
    package func cursor(_ subscriber: String) throws(RecordsError) -> Int64? {
        try read {
            try Int64.fetchOne($0, sql: "SELECT position FROM subscriber WHERE name = ?", arguments: [subscriber])
        }
    }

    package func keepCursor(_ subscriber: String, at position: Int64) throws(RecordsError) {
        try write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO subscriber (name, position) VALUES (?, ?)",
                arguments: [subscriber, position])
        }
    }

    /// The position of the last fact; 0 when there is none.
    package func lastPosition() throws(RecordsError) -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT MAX(position) FROM fact") ?? 0 }
    }
}
