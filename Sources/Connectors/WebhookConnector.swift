import Crypto
package import Foundation
package import Records
package import Telephony

/// Posts contexts to an address, as a vCon or as JSON that formulas make.
///
/// Each request carries `Idempotency-Key`, the same for every attempt at one moment of one call, and, with a secret,
/// `Parley-Timestamp` and `Parley-Signature: v1=` HMAC-SHA-256 over `timestamp.key.body`, in hexadecimal: who receives it
/// checks the signature, the age of the time, and whether the key was there before.
package struct WebhookConnector: DeliveryDestination {
    package enum Body: Sendable {
        case vCon
        /// The context, or what a mapping makes of it.
        case json(FieldMapping?)
    }

    package let name: String
    package let moments: [CallMoment]
    private let url: String
    private let body: Body
    private let secret: Redacted<String>?
    private let headers: [(name: String, value: Redacted<String>)]
    private let transport: any ConnectorTransport
    private let clock: @Sendable () -> WallTime

    package init(
        name: String, url: String, body: Body, moments: [CallMoment] = [.ended], secret: Redacted<String>? = nil,
        headers: [(name: String, value: Redacted<String>)] = [], transport: any ConnectorTransport = HTTPTransport(),
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) {
        self.name = name
        self.url = url
        self.body = body
        self.moments = moments
        self.secret = secret
        self.headers = headers
        self.transport = transport
        self.clock = clock
    }

    package func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome {
        var request = ConnectorRequest("POST", url)
        do {
            let (type, octets) = try content(record, entry)
            request.body = octets
            request.headers = [("Content-Type", type), ("Idempotency-Key", entry.key)]
        } catch {
            return .refused(reason: "\(error)")
        }
        for header in headers { request.headers.append((header.name, header.value.reveal(for: .declaredRequest))) }
        let now = clock()
        if let secret {
            let timestamp = String(now.millisecondsSince1970 / 1_000)
            let signature = WebhookConnector.signature(
                secret: secret.reveal(for: .declaredRequest), timestamp: timestamp, key: entry.key, body: request.body)
            request.headers += [("Parley-Timestamp", timestamp), ("Parley-Signature", "v1=" + signature)]
        }
        switch await transport.send(request) {
        case .failed(let reason): return .postponed(reason: reason, retryAfter: nil)
        case .answered(let answer):
            return (200..<300).contains(answer.status)
                ? .delivered(reference: nil, duplicates: 0) : answer.failure("", at: now)
        }
    }

    private func content(_ record: CallRecord, _ entry: OutboxEntry) throws -> (type: String, octets: Data) {
        switch body {
        case .vCon: return (VCon.mediaType, try VCon(of: record).data())
        case .json(nil):
            let context = try JSONDocument(encoding: record.context)
            let body: JSONDocument = ["moment": .string(entry.moment.rawValue), "context": context]
            return ("application/json", body.data)
        case .json(let mapping?):
            let values = try mapping.values(of: record)
            return ("application/json", JSONDocument.object(Dictionary(values.map { ($0.name, $0.value) }) { $1 }).data)
        }
    }

    /// The signature of a request, for those who receive it.
    package static func signature(secret: String, timestamp: String, key: String, body: Data) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.utf8)))
        code.update(data: Data("\(timestamp).\(key).".utf8))
        code.update(data: body)
        return code.finalize().map { String(format: "%02x", $0) }.joined()
    }
}
