import Foundation
import Synchronization
package import Telephony

/// The store in a database of PostgreSQL, which several nodes share: each sends what is in the outbox, and what a dead one
/// had taken goes to another when its claim is over.
///
/// Facts are committed in the order of their positions, so that a subscriber who reads on from one misses none. Unlike
/// SQLite's, an erased row's octets stay in the database's files until it reuses them: `VACUUM FULL` and the archive of
/// its log are its administrator's.
package final class PostgresStore: ContextStore {
    private let connection: PostgresConnection
    private let lock = Mutex<Void>(())
    /// The time in milliseconds by which nodes are judged, as SQL.
    let clock: String

    /// Connects, and makes the tables where there are none.
    ///
    /// - Parameters:
    ///   - address: `postgresql://user@host/database`.
    ///   - clock: the time in milliseconds by which nodes are judged, as SQL.
    /// - Throws: ``RecordsError``.
    package init(_ address: String, clock: String = clockOfDatabase) throws(RecordsError) {
        self.clock = clock
        guard URLComponents(string: address)?.password == nil else {
            throw RecordsError("a password does not belong in an address; put it into PGPASSWORD or ~/.pgpass")
        }
        let connection = try PostgresConnection(address)
        try connection.transaction { () throws(RecordsError) in
            try connection.run("SELECT pg_advisory_xact_lock(\(PostgresStore.schemaLock))")
            for statement in PostgresStore.schema { try connection.run(statement) }
        }
        self.connection = connection
    }

    static let schemaLock = 0x5041_524C
    private static let factLock = 0x5041_524D
    private static let auditLock = 0x5041_524E

    @discardableResult
    func transaction<Result>(
        _ body: (PostgresConnection) throws(RecordsError) -> Result
    ) throws(RecordsError) -> Result {
        // The closure hands nothing over to another thread: it runs here, and holds the connection while it does.
        var outcome: Swift.Result<Result, RecordsError>?
        lock.withLock { _ in
            do throws(RecordsError) {
                outcome = .success(
                    try connection.transaction { () throws(RecordsError) in try body(connection) })
            } catch {
                outcome = .failure(error)
            }
        }
        guard let outcome else { throw RecordsError("the database was not asked") }
        return try outcome.get()
    }

    private func encoded(_ value: some Encodable) throws(RecordsError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw RecordsError("a record cannot be written as JSON: \(error)")
        }
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String?) throws(RecordsError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data((text ?? "").utf8))
        } catch {
            throw RecordsError("a record in the database cannot be read: \(error)")
        }
    }

    package func write(_ batch: RecordBatch) throws(RecordsError) {
        var facts: [String] = []
        for event in batch.facts { facts.append(try encoded(event)) }
        var contexts: [String] = []
        for context in batch.sealed { contexts.append(try encoded(context)) }
        try transaction { (database) throws(RecordsError) in
            if !facts.isEmpty {
                try database.run("SELECT pg_advisory_xact_lock(\(PostgresStore.factLock))")
                try database.run(
                    """
                    INSERT INTO fact (call, json) SELECT call, json
                    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS item (call, json, number) ORDER BY number
                    """,
                    [
                        PostgresConnection.array(batch.facts.map(\.call.rawValue)), PostgresConnection.array(facts),
                    ])
                for event in batch.facts {
                    guard let moment = CallMoment.of(event.body) else { continue }
                    try self.enqueue(event.call, moment, batch, database)
                    if moment == .began, let node = batch.node {
                        try PostgresStore.began(event.call, on: node, database)
                    }
                }
            }
            for (context, json) in zip(batch.sealed, contexts) {
                let rows = try database.run(
                    """
                    INSERT INTO context (call, startedat, caller, called, agent, outcome, json)
                    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call) DO UPDATE SET startedat = $2, caller = $3,
                    called = $4, agent = $5, outcome = $6, json = $7 RETURNING (xmax <> 0)::int
                    """,
                    [
                        context.call.rawValue, context.startedAt.text, context.from, context.to, context.agent,
                        context.outcome?.rawValue, json,
                    ])
                try self.enqueue(context.call, .ended, batch, database)
                try PostgresStore.ended(context.call, database)
                // A node that was taken for dead and was not knows better what became of its call.
                if rows.first?.first == "1" { try PostgresStore.sendAgain(context.call, at: batch.now, database) }
            }
            for change in batch.dialogs { try PostgresStore.note(change, database) }
            for change in batch.callBacks { try PostgresStore.note(change, database) }
        }
    }

    private func enqueue(
        _ call: CallID, _ moment: CallMoment, _ batch: RecordBatch, _ database: PostgresConnection
    ) throws(RecordsError) {
        for subscription in batch.subscriptions where subscription.moments.contains(moment) {
            try PostgresStore.enqueue(call, moment, subscription.connector, batch.now, database)
        }
    }

    static func enqueue(
        _ call: CallID, _ moment: CallMoment, _ connector: String, _ now: WallTime, _ database: PostgresConnection
    ) throws(RecordsError) {
        try database.run(
            """
            INSERT INTO outbox (connector, call, moment, key, state, createdat, dueat)
            VALUES ($1, $2, $3, $4, 'waiting', $5, $5) ON CONFLICT DO NOTHING
            """,
            [connector, call.rawValue, moment.rawValue, OutboxEntry.key(call: call, moment: moment), now.text])
    }

    package func contexts(_ filter: ContextFilter) throws(RecordsError) -> [CallContext] {
        var conditions: [String] = ["true"]
        var values: [String?] = []
        for (condition, value) in [
            ("startedat >=", filter.since?.text), ("startedat <", filter.until?.text), ("caller =", filter.caller),
            ("called =", filter.called), ("agent =", filter.agent), ("outcome =", filter.outcome?.rawValue),
        ] {
            guard let value else { continue }
            values.append(value)
            conditions.append("\(condition) $\(values.count)")
        }
        let limit = filter.limit.map { " LIMIT \($0)" } ?? ""
        return try fetch(
            "WHERE \(conditions.joined(separator: " AND ")) ORDER BY startedat DESC, call\(limit)", values)
    }

    package func contexts(of prefix: String) throws(RecordsError) -> [CallContext] {
        try fetch("WHERE starts_with(call, $1) ORDER BY call LIMIT 10", [prefix])
    }

    private func fetch(_ rest: String, _ values: [String?]) throws(RecordsError) -> [CallContext] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT json FROM context \(rest)", values)
        }
        var contexts: [CallContext] = []
        for row in rows { contexts.append(try decoded(CallContext.self, row[0])) }
        return contexts
    }

    package func events(of call: CallID) throws(RecordsError) -> [CallEvent] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT json FROM fact WHERE call = $1 ORDER BY position", [call.rawValue])
        }
        var events: [CallEvent] = []
        for row in rows { events.append(try decoded(CallEvent.self, row[0])) }
        return events
    }

    package func cursor(_ subscriber: String) throws(RecordsError) -> Int64? {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT position FROM subscriber WHERE name = $1", [subscriber])
        }
        return rows.first.flatMap { $0[0] }.flatMap { Int64($0) }
    }

    package func keepCursor(_ subscriber: String, at position: Int64) throws(RecordsError) {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                "INSERT INTO subscriber (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = $2",
                [subscriber, "\(position)"])
        }
    }

    package func lastPosition() throws(RecordsError) -> Int64 {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT COALESCE(MAX(position), 0) FROM fact", [])
        }
        return rows.first.flatMap { $0[0] }.flatMap { Int64($0) } ?? 0
    }

    package func facts(after position: Int64, limit: Int) throws(RecordsError) -> [StoredFact] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run(
                "SELECT position, json FROM fact WHERE position > $1 ORDER BY position LIMIT $2",
                ["\(position)", "\(limit)"])
        }
        var facts: [StoredFact] = []
        for row in rows {
            facts.append(
                StoredFact(position: row[0].flatMap { Int64($0) } ?? 0, event: try decoded(CallEvent.self, row[1])))
        }
        return facts
    }

    package func unsealedCalls() throws(RecordsError) -> [CallID] {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                SELECT call FROM fact WHERE NOT EXISTS (SELECT 1 FROM context WHERE context.call = fact.call)
                GROUP BY call ORDER BY MIN(position)
                """
            ).map { CallID($0[0] ?? "") }
        }
    }

    package func erase(_ calls: [CallID]) throws(RecordsError) {
        let names = PostgresConnection.array(calls.map(\.rawValue))
        try transaction { (database) throws(RecordsError) in
            for table in ["fact", "context", "outbox", "recording", "running", "dialog", "callback"] {
                try database.run("DELETE FROM \(table) WHERE call = ANY($1::text[])", [names])
            }
        }
    }

    package func audit(_ action: AuditAction) throws(RecordsError) {
        try transaction { (database) throws(RecordsError) in
            try database.run("SELECT pg_advisory_xact_lock(\(PostgresStore.auditLock))")
            let last = try database.run("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").first
            let number = (last?[0]).flatMap { Int64($0) } ?? 0
            let previous = (last?[1]).flatMap { Data(base64Encoded: $0) } ?? AuditEntry.origin
            do {
                let entry = try AuditEntry(number: number + 1, action: action, previous: previous)
                try database.run(
                    "INSERT INTO audit (number, json, hash) VALUES ($1, $2, $3)",
                    [
                        "\(entry.number)", String(decoding: try action.canonicalJSON(), as: UTF8.self),
                        entry.hash.base64EncodedString(),
                    ])
            } catch {
                throw error as? RecordsError ?? RecordsError("the audit log cannot be written: \(error)")
            }
        }
    }

    package func auditTrail() throws(RecordsError) -> [AuditEntry] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT number, json, hash FROM audit ORDER BY number")
        }
        var previous = AuditEntry.origin
        return rows.map { row in
            let json = Data((row[1] ?? "").utf8)
            let entry = AuditEntry(
                number: row[0].flatMap { Int64($0) } ?? 0, json: json,
                action: try? JSONDecoder().decode(AuditAction.self, from: json), previous: previous,
                hash: row[2].flatMap { Data(base64Encoded: $0) } ?? Data())
            previous = entry.hash
            return entry
        }
    }

    package func addRecording(_ recording: RecordingEntry) throws(RecordsError) {
        let json = try encoded(recording)
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                INSERT INTO recording (path, call, keptuntil, json) VALUES ($1, $2, $3, $4)
                ON CONFLICT (path) DO UPDATE SET call = $2, keptuntil = $3, json = $4
                """,
                [recording.path, recording.call.rawValue, recording.keptUntil?.text, json])
        }
    }

    package func recordings(of call: CallID) throws(RecordsError) -> [RecordingEntry] {
        try recordings("call = $1", call.rawValue)
    }

    package func recordings(expiredAt now: WallTime) throws(RecordsError) -> [RecordingEntry] {
        try recordings("keptuntil <= $1", now.text)
    }

    private func recordings(_ condition: String, _ value: String) throws(RecordsError) -> [RecordingEntry] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT json FROM recording WHERE \(condition) ORDER BY path", [value])
        }
        var entries: [RecordingEntry] = []
        for row in rows { entries.append(try decoded(RecordingEntry.self, row[0])) }
        return entries
    }

    package func removeRecording(_ path: String) throws(RecordsError) {
        try transaction { (database) throws(RecordsError) in
            try database.run("DELETE FROM recording WHERE path = $1", [path])
        }
    }
}

extension WallTime {
    /// Milliseconds in digits, as the database takes them.
    var text: String { "\(millisecondsSince1970)" }
}
