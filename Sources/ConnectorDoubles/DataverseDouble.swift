package import Connectors
import Foundation
package import Records
import Synchronization
package import Telephony

/// Dataverse's Web API as far as the connector uses it, and its token service.
///
/// Refuses: wrong credentials (`invalid_client`), a token that is over (401), a missing `subject`, a column that there is
/// not, the alternate key in the body, a change to a completed activity, a case without a customer, a binding to a row
/// that is not there.
package final class DataverseDouble: SystemDouble {
    package struct Row: Sendable {
        package var id: String
        package var columns: [String: JSONDocument]
        /// How often it was made: 1, unless the double is at fault.
        package var creations: Int
    }

    private struct State {
        var tables: [String: [String: Row]] = ["phonecalls": [:], "incidents": [:]]
        var tokens: [String: WallTime] = [:]
        var count = 0
        /// Requests until the next 429; 0 for never.
        var limit = 0
    }

    /// Seconds that a token is good for.
    private let tokenLifetime: Int64
    private let contacts: [(id: String, name: String, number: String)]
    private let state = Mutex(State())

    package init(tokenLifetime: Int64 = 3_599, contacts: [(id: String, name: String, number: String)] = []) {
        self.tokenLifetime = tokenLifetime
        self.contacts = contacts
    }

    /// The rows of a table by their alternate key.
    package func rows(_ table: String) -> [String: Row] { state.withLock { $0.tables[table] ?? [:] } }

    /// Answers so many requests with 429 from now on.
    package func limitNext(_ count: Int) { state.withLock { $0.limit = count } }

    /// Sets a column, as somebody in the office does.
    package func set(_ column: String, to value: JSONDocument, in table: String, key: String) {
        state.withLock { $0.tables[table]?[key]?.columns[column] = value }
    }

    package func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
        state.withLock { state in
            if request.path.hasSuffix("/oauth2/v2.0/token") { return token(request, &state, now) }
            if state.limit > 0 {
                state.limit -= 1
                return ConnectorAnswer(
                    status: 429, headers: [("Retry-After", "7")],
                    body: error("0x80072322", "Number of requests exceeded the limit of 6000").data)
            }
            let bearer = request.header("Authorization")?.dropFirst("Bearer ".count)
            guard let bearer, let expiry = state.tokens[String(bearer)], now < expiry else {
                return ConnectorAnswer(status: 401, headers: [("WWW-Authenticate", "Bearer error=invalid_token")])
            }
            guard request.header("OData-Version") == "4.0" else {
                return problem(400, error("0x80060888", "OData-Version is missing"))
            }
            let path = request.path.replacingOccurrences(of: "/api/data/v9.2/", with: "")
            if request.method == "GET", path == "contacts" { return find(request) }
            guard let (table, key) = DataverseDouble.keyed(path) else {
                return problem(404, error("0x8006088a", "Resource not found for the segment"))
            }
            switch request.method {
            case "GET": return get(table, key, state)
            case "PATCH": return upsert(table, key, request, &state)
            default: return ConnectorAnswer(status: 405)
            }
        }
    }

    private func error(_ code: String, _ message: String) -> JSONDocument {
        ["error": ["code": .string(code), "message": .string(message)]]
    }

    private func token(_ request: ConnectorRequest, _ state: inout State, _ now: WallTime) -> ConnectorAnswer {
        let form = request.form
        guard form["grant_type"] == "client_credentials", form["scope"]?.hasSuffix("/.default") == true else {
            return problem(400, ["error": "invalid_request"])
        }
        guard form["client_id"] == "parley", form["client_secret"] == "correct horse" else {
            return problem(401, ["error": "invalid_client"])
        }
        state.count += 1
        let token = "token-\(state.count)"
        state.tokens[token] = now + .seconds(tokenLifetime)
        return problem(
            200, ["token_type": "Bearer", "expires_in": .number(Double(tokenLifetime)), "access_token": .string(token)])
    }

    private func find(_ request: ConnectorRequest) -> ConnectorAnswer {
        let filter = request.query("$filter") ?? ""
        let found = contacts.filter { filter.contains("telephone1 eq '\($0.number)'") }.prefix(2)
        let rows = found.map { ["contactid": .string($0.id), "fullname": .string($0.name)] as JSONDocument }
        return problem(200, ["value": .array(rows)])
    }

    /// `phonecalls(parley_callkey='…')`.
    private static func keyed(_ path: String) -> (table: String, key: String)? {
        guard let open = path.firstIndex(of: "("), path.hasSuffix("')"),
            let quote = path[open...].range(of: "parley_callkey='")
        else { return nil }
        // OData doubles an apostrophe inside a text.
        let key = path[quote.upperBound...].dropLast(2).replacingOccurrences(of: "''", with: "'")
        return (String(path[..<open]), key)
    }

    private func get(_ table: String, _ key: String, _ state: State) -> ConnectorAnswer {
        guard let row = state.tables[table]?[key] else { return problem(404, error("0x80040217", "Does not exist")) }
        return problem(
            200, ["activityid": .string(row.id), "statecode": row.columns["statecode"] ?? 0])
    }

    private func upsert(
        _ table: String, _ key: String, _ request: ConnectorRequest, _ state: inout State
    ) -> ConnectorAnswer {
        guard case .object(let columns) = request.json else {
            return problem(400, error("0x80048d19", "The body is no object"))
        }
        if let refusal = refusal(table, columns, state) { return refusal }
        if let old = state.tables[table]?[key] {
            guard (old.columns["statecode"]?.number ?? 0) == 0 else {
                return problem(400, error("0x80045f08", "A completed activity cannot be updated"))
            }
            state.tables[table]?[key]?.columns.merge(columns) { $1 }
            return created(table, old.id)
        }
        state.count += 1
        let id = String(format: "00000000-0000-4000-8000-%012d", state.count)
        state.tables[table]?[key] = Row(id: id, columns: columns, creations: 1)
        return created(table, id)
    }

    private func created(_ table: String, _ id: String) -> ConnectorAnswer {
        ConnectorAnswer(
            status: 204, headers: [("OData-EntityId", "https://org.crm.dynamics.com/api/data/v9.2/\(table)(\(id))")])
    }

    private func refusal(_ table: String, _ columns: [String: JSONDocument], _ state: State) -> ConnectorAnswer? {
        if columns["parley_callkey"] != nil {
            return problem(400, error("0x80060891", "The alternate key is in the address and in the body"))
        }
        let known = DataverseDouble.columns[table] ?? []
        if let stranger = columns.keys.sorted().first(where: { !known.contains($0) }) {
            return problem(400, error("0x80048d19", "Invalid property '\(stranger)' was found"))
        }
        if table == "phonecalls", columns["subject"]?.string == nil {
            return problem(400, error("0x80040203", "subject is required"))
        }
        if table == "incidents", columns["customerid_contact@odata.bind"] == nil {
            return problem(400, error("0x80040203", "You should specify a parent contact or account"))
        }
        for (name, value) in columns where name == "customerid_contact@odata.bind" {
            guard contacts.contains(where: { value.string == "/contacts(\($0.id))" }) else {
                return problem(404, error("0x80040217", "contact does not exist"))
            }
        }
        for party in columns["phonecall_activity_parties"]?.array ?? [] {
            guard party["participationtypemask"]?.number != nil, party["partyid_contact@odata.bind"] != nil else {
                return problem(400, error("0x80040203", "A party needs a participation type and a row"))
            }
        }
        return nil
    }

    private static let columns: [String: Set<String>] = [
        "phonecalls": [
            "subject", "description", "phonenumber", "directioncode", "actualstart", "actualend",
            "actualdurationminutes", "phonecall_activity_parties", "regardingobjectid_incident@odata.bind",
            "statecode", "statuscode", "prioritycode", "category", "parley_outcome",
        ],
        "incidents": ["title", "description", "customerid_contact@odata.bind"],
    ]
}
