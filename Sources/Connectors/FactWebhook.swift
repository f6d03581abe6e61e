import Foundation
package import Records
package import Telephony

/// Posts facts to an address as they happen, redacted, one request a fact, in their order.
///
/// Each request carries `Idempotency-Key: fact-` and the fact's place, the same for every attempt, and, with a secret, the
/// signature that ``WebhookConnector`` has.
package struct FactWebhook: FactSubscriber {
    package let name: String
    private let url: String
    /// The events that are told; `nil` for all.
    private let events: Set<String>?
    private let secret: Redacted<String>?
    private let transport: any ConnectorTransport
    private let clock: @Sendable () -> WallTime

    package init(
        name: String, url: String, events: Set<String>?, secret: Redacted<String>?,
        transport: any ConnectorTransport = HTTPTransport(),
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) {
        self.name = name
        self.url = url
        self.events = events
        self.secret = secret
        self.transport = transport
        self.clock = clock
    }

    package func wants(_ event: CallEvent) -> Bool { events?.contains(event.body.name) ?? true }

    package func tell(_ fact: StoredFact) async -> DeliveryOutcome {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let body = try? encoder.encode(fact.event) else { return .refused(reason: "the fact cannot be written") }
        let key = "fact-\(fact.position)"
        var request = ConnectorRequest(
            "POST", url, headers: [("Content-Type", "application/json"), ("Idempotency-Key", key)], body: body)
        let now = clock()
        if let secret {
            let timestamp = String(now.millisecondsSince1970 / 1_000)
            let signature = WebhookConnector.signature(
                secret: secret.reveal(for: .declaredRequest), timestamp: timestamp, key: key, body: body)
            request.headers += [("Parley-Timestamp", timestamp), ("Parley-Signature", "v1=" + signature)]
        }
        switch await transport.send(request) {
        case .failed(let reason): return .postponed(reason: reason, retryAfter: nil)
        case .answered(let answer):
            return (200..<300).contains(answer.status)
                ? .delivered(reference: nil, duplicates: 0) : answer.failure("", at: now)
        }
    }
}
