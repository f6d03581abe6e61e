import GRDB
package import Telephony

extension SQLiteStore {
    static func note(_ change: CallBackChange, _ database: Database) throws {
        switch change {
        case .promised(let callBack):
            try database.execute(
                sql: "INSERT OR REPLACE INTO callback (call, node, joinedAt, json) VALUES (?, ?, ?, ?)",
                arguments: [
                    callBack.call.rawValue, callBack.node, callBack.joinedAt.millisecondsSince1970, callBack.json,
                ])
        case .changed(let callBack):
            try database.execute(
                sql: "UPDATE callback SET json = ? WHERE call = ? AND node = ?",
                arguments: [callBack.json, callBack.call.rawValue, callBack.node])
        case .over(let call):
            try database.execute(sql: "DELETE FROM callback WHERE call = ?", arguments: [call.rawValue])
        }
    }

    package func callBacks() throws(RecordsError) -> [StoredCallBack] { try read(SQLiteStore.callBacks) }

    private static func callBacks(_ database: Database) throws -> [StoredCallBack] {
        try Row.fetchAll(database, sql: "SELECT call, node, joinedAt, json FROM callback ORDER BY joinedAt, rowid")
            .map { row in
                StoredCallBack(
                    call: CallID(row["call"]), node: row["node"],
                    joinedAt: WallTime(millisecondsSince1970: row["joinedAt"]), json: row["json"])
            }
    }

    package func takeCallBacks(node: String) throws(RecordsError) -> [StoredCallBack] {
        try write { database in
            var taken = try SQLiteStore.callBacks(database).filter { $0.node != node }
            try database.execute(sql: "UPDATE callback SET node = ?", arguments: [node])
            for index in taken.indices { taken[index].node = node }
            return taken
        }
    }

    package func holdsCallBack(
        of call: CallID, node: String, claiming json: String?
    ) throws(RecordsError) -> Bool {
        if let json {
            return try write { database in
                try database.execute(
                    sql: "UPDATE callback SET json = ? WHERE call = ? AND node = ?",
                    arguments: [json, call.rawValue, node])
                return database.changesCount > 0
            }
        }
        return try read { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM callback WHERE call = ? AND node = ?)",
                arguments: [call.rawValue, node]) ?? false
        }
    }
}
