import Formula
import Foundation
package import Records
package import Telephony

/// Salesforce: a `VoiceCall` that is made when the call begins and completed at its end, or a `Task` at its end.
///
/// A task is upserted by an external identifier. A voice call is made under its vendor call key, of which Salesforce
/// makes no second; its update writes the same values however often it comes. Each hand-over is a voice call of its own,
/// whose parent is the one before it.
package struct SalesforceConnector: DeliveryDestination {
    package struct Configuration: Sendable {
        /// Where tokens come from and what they are made for: `https://login.salesforce.com`, or the sandbox's.
        package var loginURL: String
        /// The connected app's consumer key.
        package var clientID: String
        /// The user in whose name Parley writes.
        package var user: String
        /// The private key whose certificate the connected app holds, in PEM.
        package var privateKey: Redacted<String>
        package var object = Object.task(externalID: "Parley_Call_Key__c")
        package var mapping = FieldMapping([])
        package var version = "v62.0"

        package init(loginURL: String, clientID: String, user: String, privateKey: Redacted<String>) {
            self.loginURL = loginURL
            self.clientID = clientID
            self.user = user
            self.privateKey = privateKey
        }
    }

    package enum Object: Sendable {
        /// - Parameter externalID: the field of the external identifier.
        case task(externalID: String)
        case voiceCall(VoiceCall)
    }

    /// What the telephony integration API takes besides.
    package struct VoiceCall: Sendable {
        /// `https://MyDomain.my.salesforce-scrt.com`.
        package var url: String
        package var callCenter: String
        package var providerName: String
        /// The organisation's identifier, 18 characters: the token's issuer.
        package var organization: String

        package init(url: String, callCenter: String, providerName: String, organization: String) {
            self.url = url
            self.callCenter = callCenter
            self.providerName = providerName
            self.organization = organization
        }
    }

    package let name: String
    let configuration: Configuration
    let transport: any ConnectorTransport
    let clock: @Sendable () -> WallTime
    private let tokens: AccessTokens
    let signer: JSONWebTokenSigner

    package var moments: [CallMoment] {
        if case .voiceCall = configuration.object { [.began, .transferred, .ended] } else { [.ended] }
    }

    /// - Throws: ``RecordsError`` when the private key is none.
    package init(
        name: String, _ configuration: Configuration, transport: any ConnectorTransport = HTTPTransport(),
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) throws(RecordsError) {
        self.name = name
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        let signer = try JSONWebTokenSigner(pem: configuration.privateKey.reveal(for: .declaredRequest))
        self.signer = signer
        tokens = AccessTokens { now in
            let expiry = Double(now.millisecondsSince1970 / 1_000 + 180)
            let claims: JSONDocument = [
                "iss": .string(configuration.clientID), "sub": .string(configuration.user),
                "aud": .string(configuration.loginURL), "exp": .number(expiry),
            ]
            guard let assertion = try? signer.sign(claims) else {
                return .failure(.outcome(.unavailable(reason: "the assertion cannot be signed", retryAfter: nil)))
            }
            return await OAuth.assertion(
                url: configuration.loginURL + "/services/oauth2/token", assertion, transport, at: now)
        }
    }

    package func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome {
        do throws(Stop) {
            switch (configuration.object, entry.moment) {
            case (.task(let externalID), _): return try await upsertTask(record, entry.key, externalID)
            case (.voiceCall(let voiceCall), .began):
                return .delivered(reference: try await create(voiceCall, .init(record.context)), duplicates: 0)
            case (.voiceCall(let voiceCall), .transferred):
                return .delivered(reference: try await createTransfers(voiceCall, record.context), duplicates: 0)
            case (.voiceCall(let voiceCall), .ended): return try await complete(voiceCall, record)
            }
        } catch {
            return error.outcome
        }
    }

    /// Why an attempt ends early.
    struct Stop: Error {
        var outcome: DeliveryOutcome
    }

    private func upsertTask(
        _ record: CallRecord, _ key: String, _ externalID: String
    ) async throws(Stop) -> DeliveryOutcome {
        let context = record.context
        var fields: [String: JSONDocument] = [
            "Subject": .string("Call from \(context.from)"), "Status": "Completed", "TaskSubtype": "Call",
            "CallType": "Inbound", "CallObject": .string(String(context.call.rawValue.prefix(255))),
            "ActivityDate": .string(String(context.startedAt.description.prefix(10))),
        ]
        if let duration = context.duration { fields["CallDurationInSeconds"] = .number(duration.rounded()) }
        if let outcome = context.outcome { fields["CallDisposition"] = .string(outcome.rawValue) }
        let contacts = try await identifiers(
            "SELECT Id FROM Contact WHERE Phone = \(quoted(context.from)) OR MobilePhone = \(quoted(context.from)) LIMIT 2"
        )
        // Two contacts of one number are one too many to choose from.
        if contacts.count == 1 { fields["WhoId"] = .string(contacts[0]) }
        try merge(record, into: &fields)
        let path = "/services/data/\(configuration.version)/sobjects/Task/\(externalID)/\(key.percentEncoded)"
        let answer = try await send(.json("PATCH", path, .object(fields)), accepts: [300])
        if answer.status == 300 {
            let others = (answer.json.array?.count ?? 2) - 1
            return .delivered(reference: nil, duplicates: max(1, others))
        }
        return .delivered(reference: answer.json["id"]?.string, duplicates: 0)
    }

    func merge(_ record: CallRecord, into fields: inout [String: JSONDocument]) throws(Stop) {
        do throws(MappingError) {
            for (name, value) in try configuration.mapping.values(of: record) { fields[name] = value }
        } catch {
            throw Stop(outcome: .refused(reason: error.description))
        }
    }

    /// A string literal of SOQL.
    func quoted(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'") + "'"
    }

    func identifiers(_ query: String) async throws(Stop) -> [String] {
        let path = "/services/data/\(configuration.version)/query?q=\(query.percentEncoded)"
        return (try await send(ConnectorRequest("GET", path)).json["records"]?.array ?? []).compactMap {
            $0["Id"]?.string
        }
    }

    /// Sends a request to the organisation's instance.
    func send(_ request: ConnectorRequest, accepts: Set<Int> = []) async throws(Stop) -> ConnectorAnswer {
        let now = clock()
        let reply: ConnectorReply
        do throws(AccessTokens.Failure) {
            reply = try await transport.send(request, with: tokens, at: now)
        } catch {
            switch error {
            case .outcome(let outcome): throw Stop(outcome: outcome)
            }
        }
        if case .answered(let answer) = reply, accepts.contains(answer.status) { return answer }
        _ = try check(reply, at: now)
        guard case .answered(let answer) = reply else { throw Stop(outcome: .postponed(reason: "", retryAfter: nil)) }
        return answer
    }

    /// The body of an answer that is a success.
    func check(_ reply: ConnectorReply, at now: WallTime) throws(Stop) -> JSONDocument {
        switch reply {
        case .failed(let reason): throw Stop(outcome: .postponed(reason: reason, retryAfter: nil))
        case .answered(let answer):
            if (200..<300).contains(answer.status) { return answer.json }
            let code = answer.json.array?.first?["errorCode"]?.string ?? ""
            switch code {
            case "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE":
                throw Stop(outcome: .unavailable(reason: code, retryAfter: answer.retryAfter(at: now) ?? .seconds(300)))
            case "UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE":
                // Two attempts met; the next one finds the row.
                throw Stop(outcome: .postponed(reason: code, retryAfter: nil))
            default: throw Stop(outcome: answer.failure(code, at: now))
            }
        }
    }
}

extension SalesforceConnector: CallerDirectory {
    package func caller(for number: String) async -> CallerLookup {
        let query =
            "SELECT Id, Name FROM Contact WHERE Phone = \(quoted(number)) OR MobilePhone = \(quoted(number)) LIMIT 2"
        let path = "/services/data/\(configuration.version)/query?q=\(query.percentEncoded)"
        do throws(Stop) {
            guard let row = try await send(ConnectorRequest("GET", path)).json["records"]?.array?.first,
                let id = row["Id"]?.string
            else { return .unknown }
            return .found(
                .record([
                    .init("Id", .text(id)), .init("Name", .text(row["Name"]?.string ?? "")),
                    .init("Number", .text(number)), .init("Table", .text("Contact")),
                ]))
        } catch {
            return .failed(reason: error.outcome.reason ?? "no answer")
        }
    }
}
