package import Telephony

extension PostgresStore {
    static func note(_ change: CallBackChange, _ database: PostgresConnection) throws(RecordsError) {
        switch change {
        case .promised(let callBack):
            try database.run(
                """
                INSERT INTO callback (call, node, joinedat, json) VALUES ($1, $2, $3, $4)
                ON CONFLICT (call) DO UPDATE SET node = $2, joinedat = $3, json = $4
                """,
                [callBack.call.rawValue, callBack.node, callBack.joinedAt.text, callBack.json])
        case .changed(let callBack):
            try database.run(
                "UPDATE callback SET json = $1 WHERE call = $2 AND node = $3",
                [callBack.json, callBack.call.rawValue, callBack.node])
        case .over(let call): try database.run("DELETE FROM callback WHERE call = $1", [call.rawValue])
        }
    }

    package func callBacks() throws(RecordsError) -> [StoredCallBack] {
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run("SELECT call, node, joinedat, json FROM callback ORDER BY joinedat, position")
        }
        return rows.map { StoredCallBack($0) }
    }

    /// Those of nodes that are silent, and of nodes that nobody knows any more, once this one has been heard for long
    /// enough to judge them. A row that another node is taking at the same moment is passed over.
    package func takeCallBacks(node: String) throws(RecordsError) -> [StoredCallBack] {
        let silence = PostgresStore.longestSilence.milliseconds
        let rows = try transaction { (database) throws(RecordsError) in
            try database.run(
                """
                WITH left_behind AS (
                    SELECT position FROM callback AS promise
                    WHERE node <> $1 AND NOT EXISTS (
                        SELECT 1 FROM node AS known WHERE name = promise.node AND heardat >= \(clock) - \(silence))
                    AND EXISTS (SELECT 1 FROM node AS own WHERE name = $1 AND heardat - since >= \(silence))
                    FOR UPDATE SKIP LOCKED),
                taken AS (
                    UPDATE callback SET node = $1 FROM left_behind WHERE callback.position = left_behind.position
                    RETURNING callback.position, call, node, joinedat, json)
                SELECT call, node, joinedat, json FROM taken ORDER BY joinedat, position
                """,
                [node])
        }
        return rows.map { StoredCallBack($0) }
    }

    package func holdsCallBack(
        of call: CallID, node: String, claiming json: String?
    ) throws(RecordsError) -> Bool {
        let rows = try transaction { (database) throws(RecordsError) in
            guard let json else {
                return try database.run("SELECT 1 FROM callback WHERE call = $1 AND node = $2", [call.rawValue, node])
            }
            return try database.run(
                "UPDATE callback SET json = $3 WHERE call = $1 AND node = $2 RETURNING 1", [call.rawValue, node, json])
        }
        return !rows.isEmpty
    }
}

extension StoredCallBack {
    fileprivate init(_ row: [String?]) {
        self.init(
            call: CallID(row[0] ?? ""), node: row[1] ?? "",
            joinedAt: WallTime(millisecondsSince1970: row[2].flatMap { Int64($0) } ?? 0), json: row[3] ?? "")
    }
}
