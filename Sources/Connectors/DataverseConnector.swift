package import Formula
import Foundation
package import Records
package import Telephony

/// Dataverse and Dynamics 365: a phone call row for each call, with its parties and, on request, a case.
///
/// Rows are upserted by an alternate key that holds the idempotency key, so that an attempt whose answer was lost makes
/// nothing twice. A phone call that is completed cannot be changed any more; so before a second attempt the row is looked
/// up, and what is there already is left as it is.
package struct DataverseConnector: DeliveryDestination {
    package struct Configuration: Sendable {
        /// `https://org.crm.dynamics.com`, without a slash at its end.
        package var url: String
        /// The token service's address: `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`.
        package var tokenURL: String
        package var clientID: String
        package var clientSecret: Redacted<String>
        /// The columns of the phone call that are set beside what Parley sets.
        package var mapping = FieldMapping([])
        /// The column of the alternate key, on phone calls and on cases.
        package var key = "parley_callkey"
        /// The row that is a caller: `contacts` or `accounts`; `nil` looks nobody up.
        package var callerTable: CallerTable? = .contact
        /// Makes a case when this is true of the context.
        package var incident: Formula.Expression?

        package init(url: String, tokenURL: String, clientID: String, clientSecret: Redacted<String>) {
            self.url = url
            self.tokenURL = tokenURL
            self.clientID = clientID
            self.clientSecret = clientSecret
        }
    }

    package enum CallerTable: String, Sendable, CaseIterable {
        case contact, account

        var setName: String { rawValue + "s" }
        var idColumn: String { rawValue + "id" }
        var nameColumn: String { self == .contact ? "fullname" : "name" }
        var numberColumns: [String] {
            self == .contact ? ["telephone1", "mobilephone", "telephone2"] : ["telephone1", "telephone2"]
        }
    }

    package let name: String
    package let moments: [CallMoment] = [.ended]
    private let configuration: Configuration
    private let transport: any ConnectorTransport
    private let clock: @Sendable () -> WallTime
    private let tokens: AccessTokens

    package init(
        name: String, _ configuration: Configuration, transport: any ConnectorTransport = HTTPTransport(),
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) {
        self.name = name
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        tokens = AccessTokens { now in
            await OAuth.clientCredentials(
                url: configuration.tokenURL, clientID: configuration.clientID,
                clientSecret: configuration.clientSecret, scope: configuration.url + "/.default", transport, at: now)
        }
    }

    package func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome {
        let context = record.context
        do throws(Stop) {
            if isRetry, let reference = try await completedPhoneCall(entry.key) {
                return .delivered(reference: reference, duplicates: 0)
            }
            let caller = try await caller(context.from)
            var incident: String?
            if let wanted = configuration.incident, let caller, isTrue(wanted, of: context) {
                incident = try await upsertIncident(entry.key, caller, context)
            }
            let row = try phoneCall(record, caller: caller, incident: incident)
            let reference = try await upsert("phonecalls", entry.key, row)
            return .delivered(reference: reference, duplicates: caller?.others ?? 0)
        } catch {
            return error.outcome
        }
    }

    /// Why an attempt ends early.
    private struct Stop: Error {
        var outcome: DeliveryOutcome
    }

    /// A row that is a caller.
    private struct Caller {
        var table: CallerTable
        var id: String
        /// Further rows with the same number.
        var others: Int
    }

    private func isTrue(_ formula: Formula.Expression, of context: CallContext) -> Bool {
        formula.evaluate(in: ContextScope(context)).kind == .boolean(true)
    }

    private func phoneCall(_ record: CallRecord, caller: Caller?, incident: String?) throws(Stop) -> JSONDocument {
        let context = record.context
        var row: [String: JSONDocument] = [
            "subject": .string("Call from \(context.from)"), "phonenumber": .string(context.from),
            "directioncode": false, "actualstart": .string(context.startedAt.description),
        ]
        if let endedAt = context.endedAt { row["actualend"] = .string(endedAt.description) }
        if let duration = context.duration {
            row["actualdurationminutes"] = .number((duration / 60).rounded(.up))
        }
        do throws(MappingError) {
            for (name, value) in try configuration.mapping.values(of: record) { row[name] = value }
        } catch {
            throw Stop(outcome: .refused(reason: error.description))
        }
        if let caller {
            // Participation type 1 is the sender of the activity.
            row["phonecall_activity_parties"] = [
                [
                    "partyid_\(caller.table.rawValue)@odata.bind": .string("/\(caller.table.setName)(\(caller.id))"),
                    "participationtypemask": 1,
                ]
            ]
        }
        if let incident { row["regardingobjectid_incident@odata.bind"] = .string("/incidents(\(incident))") }
        return .object(row)
    }

    /// The caller's row by number; `nil` when there is none.
    private func caller(_ number: String) async throws(Stop) -> Caller? {
        guard let table = configuration.callerTable, !number.isEmpty else { return nil }
        guard let (id, others, _) = try await rows(table, number, columns: [table.idColumn]) else { return nil }
        return Caller(table: table, id: id, others: others)
    }

    private func rows(
        _ table: CallerTable, _ number: String, columns: [String]
    ) async throws(Stop) -> (id: String, others: Int, row: JSONDocument)? {
        let literal = number.replacingOccurrences(of: "'", with: "''")
        let filter = table.numberColumns.map { "\($0) eq '\(literal)'" }.joined(separator: " or ")
        let query = "$select=\(columns.joined(separator: ","))&$filter=\(filter.percentEncoded)&$top=2"
        let answer = try await send(ConnectorRequest("GET", path("\(table.setName)?\(query)")))
        guard let found = answer.json["value"]?.array, let first = found.first,
            let id = first[table.idColumn]?.string
        else { return nil }
        return (id, found.count - 1, first)
    }

    private func upsertIncident(_ key: String, _ caller: Caller, _ context: CallContext) async throws(Stop) -> String {
        let row: JSONDocument = [
            "title": .string("Call from \(context.from)"),
            "customerid_\(caller.table.rawValue)@odata.bind": .string("/\(caller.table.setName)(\(caller.id))"),
        ]
        return try await upsert("incidents", key, row)
    }

    /// Makes or changes the row with a key; its identifier.
    private func upsert(_ set: String, _ key: String, _ row: JSONDocument) async throws(Stop) -> String {
        let answer = try await send(.json("PATCH", path(keyed(set, key)), row))
        guard let entity = answer.header("OData-EntityId"), let open = entity.lastIndex(of: "("),
            let close = entity.lastIndex(of: ")"), open < close
        else { return key }
        return String(entity[entity.index(after: open)..<close])
    }

    private func completedPhoneCall(_ key: String) async throws(Stop) -> String? {
        let request = ConnectorRequest("GET", path(keyed("phonecalls", key) + "?$select=activityid,statecode"))
        let answer = try await send(request, accepts: [404])
        guard answer.status == 200, (answer.json["statecode"]?.number ?? 0) != 0 else { return nil }
        return answer.json["activityid"]?.string
    }

    private func keyed(_ set: String, _ key: String) -> String {
        "\(set)(\(configuration.key)='\(key.replacingOccurrences(of: "'", with: "''").percentEncoded)')"
    }

    private func path(_ rest: String) -> String { configuration.url + "/api/data/v9.2/" + rest }

    private func send(
        _ request: ConnectorRequest, accepts: Set<Int> = []
    ) async throws(Stop) -> ConnectorAnswer {
        var request = request
        request.headers += [("Accept", "application/json"), ("OData-Version", "4.0"), ("OData-MaxVersion", "4.0")]
        let now = clock()
        let reply: ConnectorReply
        do throws(AccessTokens.Failure) {
            reply = try await transport.send(request, with: tokens, at: now)
        } catch {
            switch error {
            case .outcome(let outcome): throw Stop(outcome: outcome)
            }
        }
        switch reply {
        case .failed(let reason): throw Stop(outcome: .postponed(reason: reason, retryAfter: nil))
        case .answered(let answer):
            if (200..<300).contains(answer.status) || accepts.contains(answer.status) { return answer }
            let error = answer.json["error"]
            let detail = error?["code"]?.string ?? ""
            throw Stop(outcome: answer.failure(detail, at: now))
        }
    }
}

extension DataverseConnector: CallerDirectory {
    package func caller(for number: String) async -> CallerLookup {
        guard let table = configuration.callerTable else { return .unknown }
        do throws(Stop) {
            guard let (id, _, row) = try await rows(table, number, columns: [table.idColumn, table.nameColumn]) else {
                return .unknown
            }
            return .found(
                .record([
                    .init("Id", .text(id)), .init("Name", .text(row[table.nameColumn]?.string ?? "")),
                    .init("Number", .text(number)), .init("Table", .text(table.rawValue)),
                ]))
        } catch {
            return .failed(reason: error.outcome.reason ?? "no answer")
        }
    }
}
