import GRDB
import Telephony

extension SQLiteStore {
    static func note(_ change: DialogChange, _ database: Database) throws {
        switch change {
        case .open(let dialog):
            try database.execute(
                sql: "INSERT OR REPLACE INTO dialog (name, call, node, json) VALUES (?, ?, ?, ?)",
                arguments: [dialog.name, dialog.call.rawValue, dialog.node, dialog.json])
        case .over(let name): try database.execute(sql: "DELETE FROM dialog WHERE name = ?", arguments: [name])
        }
    }

    package func openDialogs() throws(RecordsError) -> [StoredDialog] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT name, call, node, json FROM dialog ORDER BY rowid").map { row in
                StoredDialog(name: row["name"], call: CallID(row["call"]), node: row["node"], json: row["json"])
            }
        }
    }
}
