package import Telephony

extension PostgresStore {
    /// A node that has been silent for so long is taken for dead; several of its signs of life are missing by then.
    package static let longestSilence = Interval.seconds(8)
    /// Who seals what dead nodes left: one at a time, and nobody whose connection is gone.
    private static let sealingLock = 0x5041_524F
    /// Milliseconds on the clock of the database, as SQL: the nodes' own clocks may differ.
    package static let clockOfDatabase = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

    package func keepAlive(
        node: String, subscriptions: [OutboxSubscription], at now: WallTime
    ) throws(RecordsError) -> [CallContext] {
        guard try mayJudge(node) else { return [] }
        let dead = try deadNodes()
        guard !dead.isEmpty, try lockSealing() else { return [] }
        defer { try? unlockSealing() }
        let contexts = try seal(try calls(of: dead), subscriptions, at: now)
        try forget(dead)
        return contexts
    }

    /// The class of locks that belong to subscribers of facts.
    private static let subscriberLocks = 0x5041

    package func leads(_ subscriber: String) throws(RecordsError) -> Bool {
        let lock = "\(PostgresStore.subscriberLocks), hashtext($1)"
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                SELECT (CASE WHEN EXISTS (
                    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                    AND classid = \(PostgresStore.subscriberLocks) AND objid::bigint = hashtext($1)::bigint & 4294967295)
                THEN true ELSE pg_try_advisory_lock(\(lock)) END)::int
                """,
                [subscriber])
        }
        return rows.first?.first == "1"
    }

    /// Notes that the node lives.
    ///
    /// - Returns: whether it has been heard without a pause for long enough to judge others: after the database was away
    ///   every node has been silent, and none is dead for it.
    private func mayJudge(_ node: String) throws(RecordsError) -> Bool {
        let silence = PostgresStore.longestSilence.milliseconds
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                INSERT INTO node (name, since, heardat) VALUES ($1, \(clock), \(clock))
                ON CONFLICT (name) DO UPDATE SET heardat = EXCLUDED.heardat,
                since = CASE WHEN node.heardat < EXCLUDED.heardat - \(silence / 2) THEN EXCLUDED.heardat ELSE node.since END
                RETURNING (heardat - since >= \(silence))::int
                """,
                [node])
        }
        return rows.first?.first == "1"
    }

    /// Nodes that are silent, and those that calls name and that are not there at all.
    private func deadNodes() throws(RecordsError) -> [String] {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                SELECT name FROM node WHERE heardat < \(clock) - \(PostgresStore.longestSilence.milliseconds)
                UNION SELECT node FROM running WHERE NOT EXISTS (SELECT 1 FROM node AS known WHERE name = running.node)
                ORDER BY 1
                """
            ).compactMap { $0[0] }
        }
    }

    private func calls(of nodes: [String]) throws(RecordsError) -> [CallID] {
        try transaction { (database) throws(RecordsError) in
            try database.run(
                "SELECT call FROM running WHERE node = ANY($1::text[]) ORDER BY call", [PostgresConnection.array(nodes)]
            ).map { CallID($0[0] ?? "") }
        }
    }

    /// Takes dead nodes off the list, and gives back what they had claimed.
    private func forget(_ nodes: [String]) throws(RecordsError) {
        let names = PostgresConnection.array(nodes)
        try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                UPDATE outbox SET claimedby = NULL, claimeduntil = NULL
                WHERE claimeduntil IS NOT NULL AND claimedby = ANY($1::text[])
                """,
                [names])
            try database.run(
                """
                DELETE FROM node WHERE name = ANY($1::text[])
                AND heardat < \(clock) - \(PostgresStore.longestSilence.milliseconds)
                """,
                [names])
        }
    }

    /// The lock belongs to the connection, so that it is gone with a process that dies while it seals.
    private func lockSealing() throws(RecordsError) -> Bool {
        try transaction { (database) throws(RecordsError) in
            try database.run("SELECT pg_try_advisory_lock(\(PostgresStore.sealingLock))::int").first?.first == "1"
        }
    }

    private func unlockSealing() throws(RecordsError) {
        try transaction { (database) throws(RecordsError) in
            try database.run("SELECT pg_advisory_unlock(\(PostgresStore.sealingLock))")
        }
    }

    // MARK: - Whose calls run

    /// Notes that a node has begun a call.
    static func began(_ call: CallID, on node: String, _ database: PostgresConnection) throws(RecordsError) {
        try database.run(
            "INSERT INTO running (call, node) VALUES ($1, $2) ON CONFLICT (call) DO UPDATE SET node = $2",
            [call.rawValue, node])
    }

    static func ended(_ call: CallID, _ database: PostgresConnection) throws(RecordsError) {
        try database.run("DELETE FROM running WHERE call = $1", [call.rawValue])
    }
}
