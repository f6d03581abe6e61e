import GRDB
package import Telephony

extension SQLiteStore {
    private static let columns = "call, node, joinedAt, expiresAt, version, isUnderWay, json"

    static func note(_ change: CallBackChange, _ database: Database) throws {
        switch change {
        case .promised(let callBack):
            try database.execute(
                sql: "INSERT OR REPLACE INTO callback (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    callBack.call.rawValue, callBack.node, callBack.joinedAt.millisecondsSince1970,
                    callBack.expiresAt.millisecondsSince1970, callBack.version, callBack.isUnderWay, callBack.json,
                ])
        case .changed(let callBack): try update(callBack, "<", database)
        case .over(let call):
            try database.execute(sql: "DELETE FROM callback WHERE call = ?", arguments: [call.rawValue])
        }
    }

    /// - Parameter order: how the version that is there must be to the one that comes.
    private static func update(_ callBack: StoredCallBack, _ order: String, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE callback SET json = ?, isUnderWay = ?, version = ?
                WHERE call = ? AND node = ? AND version \(order) ?
                """,
            arguments: [
                callBack.json, callBack.isUnderWay, callBack.version, callBack.call.rawValue, callBack.node,
                callBack.version,
            ])
    }

    package func callBacks() throws(RecordsError) -> [StoredCallBack] { try read(SQLiteStore.callBacks) }

    private static func callBacks(_ database: Database) throws -> [StoredCallBack] {
        try Row.fetchAll(database, sql: "SELECT \(columns) FROM callback ORDER BY joinedAt, rowid").map { row in
            StoredCallBack(
                call: CallID(row["call"]), node: row["node"],
                joinedAt: WallTime(millisecondsSince1970: row["joinedAt"]),
                expiresAt: WallTime(millisecondsSince1970: row["expiresAt"]), version: row["version"],
                isUnderWay: row["isUnderWay"], json: row["json"])
        }
    }

    /// Whoever had the file before is gone for certain: what it had under way is over.
    package func takeCallBacks(node: String, isStarting: Bool) throws(RecordsError) -> [StoredCallBack] {
        try write { database in
            var taken = try SQLiteStore.callBacks(database).filter { isStarting || $0.node != node }
            try database.execute(
                sql: "UPDATE callback SET node = ?, isUnderWay = 0 WHERE ? OR node <> ?",
                arguments: [node, isStarting, node])
            for index in taken.indices {
                taken[index].node = node
                taken[index].isUnderWay = false
            }
            return taken
        }
    }

    package func holdsCallBack(of call: CallID, node: String) throws(RecordsError) -> Bool {
        try read { try SQLiteStore.holds(call, node, $0) }
    }

    private static func holds(_ call: CallID, _ node: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM callback WHERE call = ? AND node = ?)",
            arguments: [call.rawValue, node]) ?? false
    }

    package func claimCallBack(_ callBack: StoredCallBack) throws(RecordsError) -> CallBackClaim {
        try write { database in
            try SQLiteStore.update(callBack, "<=", database)
            if database.changesCount > 0 { return .held }
            return try SQLiteStore.holds(callBack.call, callBack.node, database) ? .superseded : .lost
        }
    }
}
