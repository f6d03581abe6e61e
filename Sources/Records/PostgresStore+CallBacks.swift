package import Telephony

extension PostgresStore {
    private static let columns = "call, node, joinedat, expiresat, version, isunderway, json"

    static func note(_ change: CallBackChange, _ database: PostgresConnection) throws(RecordsError) {
        switch change {
        case .promised(let callBack):
            try database.run(
                """
                INSERT INTO callback (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (call) DO UPDATE SET node = $2, joinedat = $3, expiresat = $4, version = $5, isunderway = $6,
                json = $7
                """,
                [
                    callBack.call.rawValue, callBack.node, callBack.joinedAt.text, callBack.expiresAt.text,
                    "\(callBack.version)", "\(callBack.isUnderWay)", callBack.json,
                ])
        case .changed(let callBack): _ = try update(callBack, "<", database)
        case .over(let call): try database.run("DELETE FROM callback WHERE call = $1", [call.rawValue])
        }
    }

    /// - Parameter order: how the version that is there must be to the one that comes.
    /// - Returns: whether it was.
    private static func update(
        _ callBack: StoredCallBack, _ order: String, _ database: PostgresConnection
    ) throws(RecordsError) -> Bool {
        try !database.run(
            """
            UPDATE callback SET json = $1, isunderway = $2, version = $3
            WHERE call = $4 AND node = $5 AND version \(order) $3 RETURNING 1
            """,
            [
                callBack.json, "\(callBack.isUnderWay)", "\(callBack.version)", callBack.call.rawValue, callBack.node,
            ]
        ).isEmpty
    }

    package func callBacks() throws(RecordsError) -> [StoredCallBack] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT \(PostgresStore.columns) FROM callback ORDER BY joinedat, position")
        }
        return rows.map { StoredCallBack($0) }
    }

    /// Those of nodes that are silent, and of nodes that nobody knows any more, once this one has been heard for long
    /// enough to judge them. A row that another node is taking at the same moment is passed over.
    package func takeCallBacks(node: String, isStarting: Bool) throws(RecordsError) -> [StoredCallBack] {
        let silence = PostgresStore.longestSilence.milliseconds
        let rows = try transaction { (database) throws(RecordsError) in
            if isStarting { return try PostgresStore.inherit(node, database) }
            try PostgresStore.voidClaims(database)
            return try database.run(
                """
                WITH left_behind AS (
                    SELECT position FROM callback AS promise
                    WHERE node <> $1 AND (NOT isunderway OR expiresat < \(clock)) AND NOT EXISTS (
                        SELECT 1 FROM node AS known WHERE name = promise.node AND heardat >= \(clock) - \(silence))
                    AND EXISTS (SELECT 1 FROM node AS own WHERE name = $1 AND heardat - since >= \(silence))
                    FOR UPDATE SKIP LOCKED),
                taken AS (
                    UPDATE callback SET node = $1 FROM left_behind WHERE callback.position = left_behind.position
                    RETURNING callback.position, \(PostgresStore.columns))
                SELECT \(PostgresStore.columns) FROM taken ORDER BY joinedat, position
                """,
                [node])
        }
        return rows.map { StoredCallBack($0) }
    }

    /// What a process of the same name left behind.
    private static func inherit(_ node: String, _ database: PostgresConnection) throws(RecordsError) -> [[String?]] {
        try database.run("UPDATE callback SET isunderway = false WHERE node = $1", [node])
        return try database.run(
            "SELECT \(columns) FROM callback WHERE node = $1 ORDER BY joinedat, position", [node])
    }

    /// What processes of this machine had under way that are gone for certain is over: another node calls again.
    private static func voidClaims(_ database: PostgresConnection) throws(RecordsError) {
        let nodes = try database.run("SELECT DISTINCT node FROM callback WHERE isunderway").compactMap { $0[0] }
        let gone = nodes.filter { $0 != NodeName.current && NodeName.isGone($0) }
        guard !gone.isEmpty else { return }
        try database.run(
            "UPDATE callback SET isunderway = false WHERE isunderway AND node = ANY($1::text[])",
            [PostgresConnection.array(gone)])
    }

    package func voidClaims(of node: String) throws(RecordsError) -> [CallID] {
        let silence = PostgresStore.longestSilence.milliseconds
        return try transaction { (database) throws(RecordsError) in
            let heard = try database.run(
                "SELECT 1 FROM node WHERE name = $1 AND heardat >= \(clock) - \(silence)", [node])
            guard heard.isEmpty else { throw RecordsError("node '\(node)' was heard a moment ago: it is not lost") }
            return try database.run(
                "UPDATE callback SET isunderway = false WHERE isunderway AND node = $1 RETURNING call", [node]
            ).map { CallID($0[0] ?? "") }
        }
    }

    package func holdsCallBack(of call: CallID, node: String) throws(RecordsError) -> Bool {
        try transaction { (database) throws(RecordsError) in try PostgresStore.holds(call, node, database) }
    }

    private static func holds(
        _ call: CallID, _ node: String, _ database: PostgresConnection
    ) throws(RecordsError) -> Bool {
        try !database.run("SELECT 1 FROM callback WHERE call = $1 AND node = $2", [call.rawValue, node]).isEmpty
    }

    package func claimCallBack(_ callBack: StoredCallBack) throws(RecordsError) -> CallBackClaim {
        try transaction { (database) throws(RecordsError) in
            if try PostgresStore.update(callBack, "<=", database) { return .held }
            return try PostgresStore.holds(callBack.call, callBack.node, database) ? .superseded : .lost
        }
    }
}

extension StoredCallBack {
    /// A row in the order of the columns.
    fileprivate init(_ row: [String?]) {
        func number(_ index: Int) -> Int64 { row[index].flatMap { Int64($0) } ?? 0 }
        self.init(
            call: CallID(row[0] ?? ""), node: row[1] ?? "", joinedAt: WallTime(millisecondsSince1970: number(2)),
            expiresAt: WallTime(millisecondsSince1970: number(3)), version: number(4), isUnderWay: row[5] == "t",
            json: row[6] ?? "")
    }
}
