import Foundation
import GRDB
package import Telephony

extension SQLiteStore {
    package func audit(_ action: AuditAction) throws(RecordsError) {
        try write { database in
            let last = try Row.fetchOne(database, sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
            let entry = try AuditEntry(
                number: (last?["number"] as Int64? ?? 0) + 1, action: action,
                previous: last?["hash"] as Data? ?? AuditEntry.origin)
            try database.execute(
                sql: "INSERT INTO audit (number, json, hash) VALUES (?, ?, ?)",
                arguments: [entry.number, try action.canonicalJSON(), entry.hash])
        }
    }

    package func auditTrail() throws(RecordsError) -> [AuditEntry] {
        try read { database in
            var previous = AuditEntry.origin
            let decoder = JSONDecoder()
            return try Row.fetchAll(database, sql: "SELECT number, json, hash FROM audit ORDER BY number").map { row in
                let json: Data = row["json"]
                let entry = AuditEntry(
                    number: row["number"], json: json, action: try? decoder.decode(AuditAction.self, from: json),
                    previous: previous, hash: row["hash"])
                previous = entry.hash
                return entry
            }
        }
    }

    package func addRecording(_ recording: RecordingEntry) throws(RecordsError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO recording (path, call, keptUntil, json) VALUES (?, ?, ?, ?)",
                arguments: [
                    recording.path, recording.call.rawValue, recording.keptUntil?.millisecondsSince1970,
                    try JSONEncoder().encode(recording),
                ])
        }
    }

    package func recordings(of call: CallID) throws(RecordsError) -> [RecordingEntry] {
        try recordings("call = ?", [call.rawValue])
    }

    package func recordings(expiredAt now: WallTime) throws(RecordsError) -> [RecordingEntry] {
        try recordings("keptUntil <= ?", [now.millisecondsSince1970])
    }

    private func recordings(
        _ condition: String, _ arguments: StatementArguments
    ) throws(RecordsError) -> [RecordingEntry] {
        try read { database in
            try Data.fetchAll(
                database, sql: "SELECT json FROM recording WHERE \(condition) ORDER BY path", arguments: arguments
            ).map { try JSONDecoder().decode(RecordingEntry.self, from: $0) }
        }
    }

    package func removeRecording(_ path: String) throws(RecordsError) {
        try write { database in
            try database.execute(sql: "DELETE FROM recording WHERE path = ?", arguments: [path])
        }
    }
}
