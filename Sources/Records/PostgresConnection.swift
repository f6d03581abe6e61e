import CLibPQ
import Foundation

/// One connection to PostgreSQL, by libpq. Not for several threads at once: the lock of ``PostgresStore`` sees to that.
final class PostgresConnection: @unchecked Sendable {
    private let connection: OpaquePointer?

    /// - Parameter address: `postgresql://user@host/database`; the password comes from `PGPASSWORD` or `~/.pgpass`.
    /// - Throws: ``RecordsError``.
    init(_ address: String) throws(RecordsError) {
        connection = PQconnectdb(address)
        guard PQstatus(connection) == CONNECTION_OK else {
            // The connection is closed by `deinit`, which runs after this too.
            throw RecordsError(
                "the database cannot be reached: \(PostgresConnection.sentence(PQerrorMessage(connection)))")
        }
        // Notices of tables that are there already are no news.
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    /// Runs a statement, its values apart from its text.
    ///
    /// - Returns: the rows, each value as text; `nil` for NULL.
    /// - Throws: ``RecordsError``.
    @discardableResult
    func run(_ sql: String, _ values: [String?] = []) throws(RecordsError) -> [[String?]] {
        var pointers = values.map { $0.map { UnsafePointer(strdup($0)) } ?? nil }
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        let result = PQexecParams(connection, sql, Int32(values.count), nil, &pointers, nil, nil, 0)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK: break
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
            throw RecordsError(
                "the database refuses: \(PostgresConnection.sentence(PQresultErrorMessage(result)))",
                // Class 53: insufficient resources.
                isDiskFull: state.hasPrefix("53"))
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    /// Runs a transaction; begins anew once when the connection was lost before it.
    @discardableResult
    func transaction<Result>(_ body: () throws(RecordsError) -> Result) throws(RecordsError) -> Result {
        do throws(RecordsError) {
            try run("BEGIN")
        } catch {
            PQreset(connection)
            try run("BEGIN")
        }
        do throws(RecordsError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
    }

    /// An array of texts as PostgreSQL writes it.
    static func array(_ texts: [String]) -> String {
        let items = texts.map { text in
            "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
        }
        return "{" + items.joined(separator: ",") + "}"
    }

    /// The first line of a message of libpq.
    private static func sentence(_ message: UnsafePointer<CChar>?) -> String {
        let text = message.map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? "no reason given"
    }
}
