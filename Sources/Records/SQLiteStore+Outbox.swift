import GRDB
package import Telephony

extension SQLiteStore {
    /// Adds an entry; one that is there already stays as it is, whatever became of it.
    static func enqueue(
        _ call: CallID, _ moment: CallMoment, connector: String, at now: WallTime, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO outbox (connector, call, moment, key, state, createdAt, dueAt)
                VALUES (?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [
                connector, call.rawValue, moment.rawValue, OutboxEntry.key(call: call, moment: moment),
                now.millisecondsSince1970, now.millisecondsSince1970,
            ])
    }

    package func claim(_ claim: OutboxClaim) throws(RecordsError) -> [OutboxEntry] {
        guard claim.limit > 0 else { return [] }
        let now = claim.now.millisecondsSince1970
        return try write { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM outbox AS entry
                    WHERE connector = ? AND state = 'waiting' AND dueAt <= ?
                    AND (claimedUntil IS NULL OR claimedUntil <= ?)
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox AS earlier
                        WHERE earlier.connector = entry.connector AND earlier.call = entry.call
                        AND earlier.id < entry.id AND earlier.state <> 'sent')
                    ORDER BY id LIMIT ?
                    """,
                arguments: [claim.connector, now, now, claim.limit])
            let update = try database.cachedStatement(
                sql: "UPDATE outbox SET attempts = attempts + 1, claimedBy = ?, claimedUntil = ? WHERE id = ?")
            return try rows.map { row in
                var entry = OutboxEntry(row)
                try update.execute(arguments: [claim.node, claim.until.millisecondsSince1970, entry.id])
                entry.attempts += 1
                return entry
            }
        }
    }

    package func settle(_ settlements: [OutboxSettlement]) throws(RecordsError) {
        guard !settlements.isEmpty else { return }
        try write { database in
            let update = try database.cachedStatement(
                sql: """
                    UPDATE outbox SET state = ?, dueAt = ?, ownFailures = ?, sentAt = ?, reference = ?, problem = ?,
                    duplicates = ?, claimedBy = NULL, claimedUntil = NULL WHERE id = ?
                    """)
            for settlement in settlements {
                try update.execute(arguments: [
                    settlement.state.rawValue, settlement.dueAt.millisecondsSince1970, settlement.ownFailures,
                    settlement.sentAt?.millisecondsSince1970, settlement.reference, settlement.problem,
                    settlement.duplicates, settlement.id,
                ])
            }
        }
    }

    package func nextDue(connector: String) throws(RecordsError) -> WallTime? {
        try read { database in
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT MIN(MAX(dueAt, IFNULL(claimedUntil, dueAt))) FROM outbox AS entry
                    WHERE connector = ? AND state = 'waiting'
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox AS earlier
                        WHERE earlier.connector = entry.connector AND earlier.call = entry.call
                        AND earlier.id < entry.id AND earlier.state = 'setAside')
                    """,
                arguments: [connector])
        }.map { WallTime(millisecondsSince1970: $0) }
    }

    package func deliveries(_ filter: DeliveryFilter) throws(RecordsError) -> [OutboxEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM outbox WHERE (?1 IS NULL OR connector = ?1) AND (?2 IS NULL OR call = ?2)
                    AND (?3 IS NULL OR state = ?3) ORDER BY id LIMIT ?4
                    """,
                arguments: [
                    filter.connector, filter.call?.rawValue, filter.state?.rawValue, filter.limit ?? -1,
                ]
            ).map { OutboxEntry($0) }
        }
    }

    package func resend(
        _ calls: [CallID], connectors: [String], at now: WallTime
    ) throws(RecordsError) -> Int {
        let time = now.millisecondsSince1970
        return try write { database in
            var count = 0
            for call in calls {
                for connector in connectors {
                    try SQLiteStore.enqueue(call, .ended, connector: connector, at: now, database)
                    // The time at which it was made begins anew, or it would be set aside again for its age.
                    try database.execute(
                        sql: """
                            UPDATE outbox SET state = 'waiting', dueAt = ?, createdAt = ?, ownFailures = 0,
                            problem = NULL, sentAt = NULL
                            WHERE call = ? AND connector = ? AND (moment = 'ended' OR state <> 'sent')
                            """,
                        arguments: [time, time, call.rawValue, connector])
                    count += database.changesCount
                }
            }
            return count
        }
    }

    package func releaseClaims(of node: String?) throws(RecordsError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE outbox SET claimedBy = NULL, claimedUntil = NULL
                    WHERE claimedUntil IS NOT NULL AND (?1 IS NULL OR claimedBy = ?1)
                    """,
                arguments: [node])
        }
    }
}

extension OutboxEntry {
    fileprivate init(_ row: Row) {
        func time(_ column: String) -> WallTime? {
            (row[column] as Int64?).map { WallTime(millisecondsSince1970: $0) }
        }
        self.init(
            id: row["id"], connector: row["connector"], call: CallID(row["call"]),
            moment: CallMoment(rawValue: row["moment"]) ?? .ended, key: row["key"],
            state: State(rawValue: row["state"]) ?? .setAside, attempts: row["attempts"],
            ownFailures: row["ownFailures"], createdAt: time("createdAt") ?? WallTime(millisecondsSince1970: 0),
            dueAt: time("dueAt") ?? WallTime(millisecondsSince1970: 0), sentAt: time("sentAt"),
            reference: row["reference"], problem: row["problem"], duplicates: row["duplicates"])
    }
}
