package import Connectors
import CryptoExtras
import Foundation
package import Records
import Synchronization
package import Telephony

/// Salesforce's token service, REST API and telephony integration API as far as the connector uses them.
///
/// Refuses: an assertion with a wrong signature, audience, issuer or user, or one that is good for longer than five minutes;
/// a session that is over (`INVALID_SESSION_ID`); fields that there are not; texts that are too long; a task without
/// status; a voice call without one of its required members, or whose parent there is not.
package final class SalesforceDouble: SystemDouble {
    package struct Row: Sendable {
        package var id: String
        package var fields: [String: JSONDocument]
    }

    private struct State {
        var tasks: [String: Row] = [:]
        var voiceCalls: [String: Row] = [:]
        var sessions: [String: WallTime] = [:]
        var count = 0
    }

    private let publicKey: _RSA.Signing.PublicKey
    private let contacts: [(id: String, name: String, number: String)]
    private let sessionLifetime: Int64
    private let state = Mutex(State())
    /// Where tokens are made for.
    private let audience: String
    private let instance: String

    /// - Throws: when the key is none.
    package init(
        publicKey pem: String, audience: String = "https://login.salesforce.com",
        instance: String = "https://org.my.salesforce.com", sessionLifetime: Int64 = 7_200,
        contacts: [(id: String, name: String, number: String)] = []
    ) throws {
        publicKey = try _RSA.Signing.PublicKey(pemRepresentation: pem)
        self.audience = audience
        self.instance = instance
        self.sessionLifetime = sessionLifetime
        self.contacts = contacts
    }

    /// Tasks by their external identifier.
    package var tasks: [String: Row] { state.withLock { $0.tasks } }
    /// Voice calls by their vendor call key.
    package var voiceCalls: [String: Row] { state.withLock { $0.voiceCalls } }

    package func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
        state.withLock { state in
            let path = request.path
            if path == "/services/oauth2/token" { return token(request, &state, now) }
            if path == "/telephony/v1/voiceCalls" { return createVoiceCall(request, &state, now) }
            let bearer = request.header("Authorization")?.dropFirst("Bearer ".count)
            guard let bearer, let expiry = state.sessions[String(bearer)], now < expiry else {
                return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
            }
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count >= 4, parts[0] == "services", parts[1] == "data" else {
                return refusal(404, "NOT_FOUND", "The requested resource does not exist")
            }
            switch (request.method, parts[3], parts.count) {
            case ("GET", "query", 4): return query(request.query("q") ?? "", state)
            case ("PATCH", "sobjects", 7) where parts[4] == "Task": return upsertTask(parts[6], request, &state)
            case ("PATCH", "sobjects", 6) where parts[4] == "VoiceCall":
                return updateVoiceCall(parts[5], request, &state)
            default: return refusal(404, "NOT_FOUND", "The requested resource does not exist")
            }
        }
    }

    private func refusal(_ status: Int, _ code: String, _ message: String) -> ConnectorAnswer {
        problem(status, [["errorCode": .string(code), "message": .string(message)]])
    }

    /// The claims of a token that the key has signed; `nil` when it has not.
    private func claims(_ token: String) -> JSONDocument? {
        let parts = token.split(separator: ".").map(String.init)
        guard parts.count == 3, let header = Data(base64URL: parts[0]), let body = Data(base64URL: parts[1]),
            let signature = Data(base64URL: parts[2]),
            (try? JSONDocument(parsing: header))?["alg"]?.string == "RS256",
            publicKey.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: Data("\(parts[0]).\(parts[1])".utf8),
                padding: .insecurePKCS1v1_5)
        else { return nil }
        return try? JSONDocument(parsing: body)
    }

    private func token(_ request: ConnectorRequest, _ state: inout State, _ now: WallTime) -> ConnectorAnswer {
        let form = request.form
        guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            return problem(400, ["error": "unsupported_grant_type"])
        }
        let seconds = Double(now.millisecondsSince1970) / 1_000
        guard let claims = claims(form["assertion"] ?? ""), claims["aud"]?.string == audience,
            claims["iss"]?.string == "consumer-key", claims["sub"]?.string == "parley@example.com",
            let expiry = claims["exp"]?.number, expiry > seconds, expiry <= seconds + 300
        else { return problem(400, ["error": "invalid_grant", "error_description": "invalid assertion"]) }
        state.count += 1
        let session = "session-\(state.count)"
        state.sessions[session] = now + .seconds(sessionLifetime)
        return problem(
            200, ["access_token": .string(session), "instance_url": .string(instance), "token_type": "Bearer"])
    }

    private func query(_ query: String, _ state: State) -> ConnectorAnswer {
        var records: [JSONDocument] = []
        if query.contains(" FROM Contact ") {
            records = contacts.filter { query.contains("Phone = '\($0.number)'") }.prefix(2).map {
                ["Id": .string($0.id), "Name": .string($0.name)]
            }
        } else if let range = query.range(of: "VendorCallKey = '") {
            let key = query[range.upperBound...].prefix { $0 != "'" }
            if let row = state.voiceCalls[String(key)] { records = [["Id": .string(row.id)]] }
        } else {
            return refusal(400, "MALFORMED_QUERY", "unexpected token")
        }
        return problem(200, ["totalSize": .number(Double(records.count)), "done": true, "records": .array(records)])
    }

    private func upsertTask(_ key: String, _ request: ConnectorRequest, _ state: inout State) -> ConnectorAnswer {
        guard case .object(let fields) = request.json else { return refusal(400, "JSON_PARSER_ERROR", "no object") }
        if let refusal = refused(fields, known: SalesforceDouble.taskFields) { return refusal }
        if let old = state.tasks[key] {
            state.tasks[key]?.fields.merge(fields) { $1 }
            return problem(200, ["id": .string(old.id), "success": true, "created": false, "errors": []])
        }
        guard fields["Status"] != nil else {
            return refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Status]")
        }
        state.count += 1
        let id = String(format: "00T%015d", state.count)
        state.tasks[key] = Row(id: id, fields: fields)
        return problem(201, ["id": .string(id), "success": true, "created": true, "errors": []])
    }

    private func refused(_ fields: [String: JSONDocument], known: [String: Int]) -> ConnectorAnswer? {
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard let longest = known[name] else {
                return refusal(400, "INVALID_FIELD", "No such column '\(name)'")
            }
            if let text = value.string, text.count > longest {
                return refusal(400, "STRING_TOO_LONG", "\(name): data value too large")
            }
        }
        return nil
    }

    private func createVoiceCall(
        _ request: ConnectorRequest, _ state: inout State, _ now: WallTime
    ) -> ConnectorAnswer {
        let seconds = Double(now.millisecondsSince1970) / 1_000
        guard let claims = claims(String(request.header("Authorization")?.dropFirst("Bearer ".count) ?? "")),
            claims["iss"]?.string == "00D000000000000AAA", claims["sub"]?.string == "Contact_Center",
            let expiry = claims["exp"]?.number, expiry > seconds
        else { return ConnectorAnswer(status: 401) }
        guard request.header("Telephony-Provider-Name") != nil else {
            return problem(400, ["message": "Telephony-Provider-Name is missing"])
        }
        let body = request.json
        for member in ["callCenterApiName", "vendorCallKey", "to", "from", "initiationMethod", "startTime"] {
            guard body[member]?.string?.isEmpty == false else {
                return problem(400, ["message": .string("\(member) is missing")])
            }
        }
        guard let participants = body["participants"]?.array, !participants.isEmpty,
            participants.allSatisfy({ $0["participantKey"] != nil && $0["type"] != nil })
        else { return problem(400, ["message": "participants are missing"]) }
        let methods = ["Inbound", "Outbound", "Transfer", "Callback", "InternalCall"]
        guard methods.contains(body["initiationMethod"]?.string ?? "") else {
            return problem(400, ["message": "initiationMethod is not one of its values"])
        }
        let parent = body["parentVoiceCallId"]?.string
        guard parent == nil || state.voiceCalls.values.contains(where: { $0.id == parent }) else {
            return problem(400, ["message": "parentVoiceCallId is not found"])
        }
        let key = body["vendorCallKey"]?.string ?? ""
        if let old = state.voiceCalls[key] { return problem(200, ["voiceCallId": .string(old.id)]) }
        state.count += 1
        let id = String(format: "0LQ%015d", state.count)
        state.voiceCalls[key] = Row(
            id: id,
            fields: ["FromPhoneNumber": body["from"] ?? .null, "PreviousCallId": body["parentVoiceCallId"] ?? .null])
        return problem(201, ["voiceCallId": .string(id)])
    }

    private func updateVoiceCall(
        _ id: String, _ request: ConnectorRequest, _ state: inout State
    ) -> ConnectorAnswer {
        guard case .object(let fields) = request.json else { return refusal(400, "JSON_PARSER_ERROR", "no object") }
        guard let key = state.voiceCalls.first(where: { $0.value.id == id })?.key else {
            return refusal(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
        }
        if let refusal = refused(fields, known: SalesforceDouble.voiceCallFields) { return refusal }
        state.voiceCalls[key]?.fields.merge(fields) { $1 }
        return ConnectorAnswer(status: 204)
    }

    /// Fields and how long their text may be.
    private static let taskFields: [String: Int] = [
        "Subject": 255, "Status": 255, "TaskSubtype": 255, "CallType": 40, "CallObject": 255, "ActivityDate": 10,
        "CallDurationInSeconds": 0, "CallDisposition": 255, "WhoId": 18, "Description": 32_000, "Priority": 40,
    ]
    private static let voiceCallFields: [String: Int] = [
        "CallDisposition": 255, "CallEndDateTime": 40, "CallConnectDateTime": 40, "CallDurationInSeconds": 0,
        "Outcome__c": 255,
    ]
}
