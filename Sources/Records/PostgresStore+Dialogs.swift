import Telephony

extension PostgresStore {
    static func note(_ change: DialogChange, _ database: PostgresConnection) throws(RecordsError) {
        switch change {
        case .open(let dialog):
            try database.run(
                """
                INSERT INTO dialog (name, call, node, json) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO UPDATE SET call = $2, node = $3, json = $4
                """,
                [dialog.name, dialog.call.rawValue, dialog.node, dialog.json])
        case .over(let name): try database.run("DELETE FROM dialog WHERE name = $1", [name])
        }
    }

    package func openDialogs() throws(RecordsError) -> [StoredDialog] {
        try transaction { (database) throws(RecordsError) in
            try database.run("SELECT name, call, node, json FROM dialog ORDER BY position", []).map { row in
                StoredDialog(
                    name: row[0] ?? "", call: CallID(row[1] ?? ""), node: row[2] ?? "", json: row[3] ?? "")
            }
        }
    }
}
