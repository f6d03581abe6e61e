package import Telephony

extension PostgresStore {
    package func claim(_ claim: OutboxClaim) throws(RecordsError) -> [OutboxEntry] {
        guard claim.limit > 0 else { return [] }
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                WITH due AS (
                    SELECT id FROM outbox AS entry
                    WHERE connector = $1 AND state = 'waiting' AND dueat <= $2
                    AND (claimeduntil IS NULL OR claimeduntil <= $2)
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox AS earlier
                        WHERE earlier.connector = entry.connector AND earlier.call = entry.call
                        AND earlier.id < entry.id AND earlier.state <> 'sent')
                    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
                UPDATE outbox SET attempts = attempts + 1, claimedby = $4, claimeduntil = $5
                FROM due WHERE outbox.id = due.id RETURNING \(PostgresStore.columns)
                """,
                [claim.connector, claim.now.text, "\(claim.limit)", claim.node, claim.until.text])
        }
        return rows.map { OutboxEntry($0) }.sorted { $0.id < $1.id }
    }

    package func settle(_ settlements: [OutboxSettlement]) throws(RecordsError) {
        guard !settlements.isEmpty else { return }
        try transaction { (database) throws(RecordsError) in
            for settlement in settlements {
                try database.run(
                    """
                    UPDATE outbox SET state = $1, dueat = $2, ownfailures = $3, sentat = $4, reference = $5,
                    problem = $6, duplicates = $7, claimedby = NULL, claimeduntil = NULL WHERE id = $8
                    """,
                    [
                        settlement.state.rawValue, settlement.dueAt.text, "\(settlement.ownFailures)",
                        settlement.sentAt?.text, settlement.reference, settlement.problem, "\(settlement.duplicates)",
                        "\(settlement.id)",
                    ])
            }
        }
    }

    /// Has a context that replaces one which was sent before sent again, under the same key.
    static func sendAgain(
        _ call: CallID, at now: WallTime, _ database: PostgresConnection
    ) throws(RecordsError) {
        try database.run(
            """
            UPDATE outbox SET state = 'waiting', dueat = $2, createdat = $2, ownfailures = 0, problem = NULL, sentat = NULL
            WHERE call = $1 AND moment = 'ended' AND state = 'sent'
            """,
            [call.rawValue, now.text])
    }

    package func nextDue(connector: String) throws(RecordsError) -> WallTime? {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                SELECT MIN(GREATEST(dueat, claimeduntil)) FROM outbox AS entry
                WHERE connector = $1 AND state = 'waiting' AND NOT EXISTS (
                    SELECT 1 FROM outbox AS earlier
                    WHERE earlier.connector = entry.connector AND earlier.call = entry.call
                    AND earlier.id < entry.id AND earlier.state = 'setAside')
                """,
                [connector]
            ).first?.first.flatMap { $0 }.flatMap { Int64($0) }.map { WallTime(millisecondsSince1970: $0) }
        }
    }

    package func deliveries(_ filter: DeliveryFilter) throws(RecordsError) -> [OutboxEntry] {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                SELECT \(PostgresStore.columns) FROM outbox
                WHERE ($1::text IS NULL OR connector = $1) AND ($2::text IS NULL OR call = $2)
                AND ($3::text IS NULL OR state = $3) ORDER BY id LIMIT $4::bigint
                """,
                [
                    filter.connector, filter.call?.rawValue, filter.state?.rawValue, filter.limit.map { "\($0)" },
                ]
            ).map { OutboxEntry($0) }
        }
    }

    package func resend(
        _ calls: [CallID], connectors: [String], at now: WallTime
    ) throws(RecordsError) -> Int {
        try transaction { (database) throws(RecordsError) in
            var count = 0
            for call in calls {
                for connector in connectors {
                    try PostgresStore.enqueue(call, .ended, connector, now, database)
                    count += try database.run(
                        """
                        UPDATE outbox SET state = 'waiting', dueat = $1, createdat = $1, ownfailures = 0,
                        problem = NULL, sentat = NULL
                        WHERE call = $2 AND connector = $3 AND (moment = 'ended' OR state <> 'sent') RETURNING id
                        """,
                        [now.text, call.rawValue, connector]
                    ).count
                }
            }
            return count
        }
    }

    package func releaseClaims(of node: String?) throws(RecordsError) {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                UPDATE outbox SET claimedby = NULL, claimeduntil = NULL
                WHERE claimeduntil IS NOT NULL AND ($1::text IS NULL OR claimedby = $1)
                """,
                [node])
        }
    }

    private static let columns = [
        "id", "connector", "call", "moment", "key", "state", "attempts", "ownfailures", "createdat", "dueat", "sentat",
        "reference", "problem", "duplicates",
    ].map { "outbox.\($0)" }.joined(separator: ", ")

    /// The tables; each statement does nothing where its object is there.
    static let schema = [
        """
        CREATE TABLE IF NOT EXISTS context (
            call text COLLATE "C" PRIMARY KEY, startedat bigint NOT NULL, caller text NOT NULL, called text NOT NULL,
            agent text NOT NULL, outcome text, json text NOT NULL)
        """,
        "CREATE INDEX IF NOT EXISTS context_started ON context (startedat)",
        "CREATE INDEX IF NOT EXISTS context_caller ON context (caller)",
        """
        CREATE TABLE IF NOT EXISTS fact (position bigserial PRIMARY KEY, call text NOT NULL, json text NOT NULL)
        """,
        "CREATE INDEX IF NOT EXISTS fact_call ON fact (call)",
        """
        CREATE TABLE IF NOT EXISTS outbox (
            id bigserial PRIMARY KEY, connector text NOT NULL, call text NOT NULL, moment text NOT NULL,
            key text NOT NULL, state text NOT NULL, attempts integer NOT NULL DEFAULT 0,
            ownfailures integer NOT NULL DEFAULT 0, createdat bigint NOT NULL, dueat bigint NOT NULL, sentat bigint,
            reference text, problem text, duplicates integer NOT NULL DEFAULT 0, claimedby text, claimeduntil bigint,
            UNIQUE (connector, key))
        """,
        "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (connector, id) WHERE state = 'waiting'",
        "CREATE INDEX IF NOT EXISTS outbox_order ON outbox (connector, call, id) WHERE state <> 'sent'",
        "CREATE TABLE IF NOT EXISTS recording (path text PRIMARY KEY, call text NOT NULL, keptuntil bigint, json text NOT NULL)",
        "CREATE TABLE IF NOT EXISTS subscriber (name text PRIMARY KEY, position bigint NOT NULL)",
        "CREATE TABLE IF NOT EXISTS node (name text PRIMARY KEY, since bigint NOT NULL, heardat bigint NOT NULL)",
        "CREATE TABLE IF NOT EXISTS running (call text PRIMARY KEY, node text NOT NULL)",
        "CREATE INDEX IF NOT EXISTS running_node ON running (node)",
        """
        CREATE TABLE IF NOT EXISTS dialog (
            position bigserial, name text PRIMARY KEY, call text NOT NULL, node text NOT NULL, json text NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS callback (
            position bigserial, call text PRIMARY KEY, node text NOT NULL, joinedat bigint NOT NULL, json text NOT NULL)
        """,
        """
        ALTER TABLE callback ADD COLUMN IF NOT EXISTS expiresat bigint NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS isunderway boolean NOT NULL DEFAULT false
        """,
        "CREATE TABLE IF NOT EXISTS audit (number bigint PRIMARY KEY, json text NOT NULL, hash text NOT NULL)",
        """
        CREATE OR REPLACE FUNCTION parley_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION parley_append_only()
        """,
    ]
}

extension OutboxEntry {
    /// A row in the order of ``PostgresStore/columns``.
    fileprivate init(_ row: [String?]) {
        func number(_ index: Int) -> Int64? { row[index].flatMap { Int64($0) } }
        func time(_ index: Int) -> WallTime? { number(index).map { WallTime(millisecondsSince1970: $0) } }
        let origin = WallTime(millisecondsSince1970: 0)
        self.init(
            id: number(0) ?? 0, connector: row[1] ?? "", call: CallID(row[2] ?? ""),
            moment: row[3].flatMap { CallMoment(rawValue: $0) } ?? .ended, key: row[4] ?? "",
            state: row[5].flatMap { State(rawValue: $0) } ?? .setAside, attempts: Int(number(6) ?? 0),
            ownFailures: Int(number(7) ?? 0), createdAt: time(8) ?? origin, dueAt: time(9) ?? origin, sentAt: time(10),
            reference: row[11], problem: row[12], duplicates: Int(number(13) ?? 0))
    }
}
