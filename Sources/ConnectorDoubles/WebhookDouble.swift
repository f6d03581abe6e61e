package import Connectors
package import Foundation
import Records
import Synchronization
package import Telephony

/// A receiver of webhooks that checks the signature and the age, and takes each key once.
package final class WebhookDouble: SystemDouble {
    private struct State {
        var bodies: [String: Data] = [:]
        var arrivals: [String] = []
        var octets: [Data] = []
        var refused = 0
    }

    private let secret: String?
    private let state = Mutex(State())

    package init(secret: String?) { self.secret = secret }

    /// What was taken, by key.
    package var bodies: [String: Data] { state.withLock { $0.bodies } }
    /// The keys of all requests that were accepted, repeats included, in order.
    package var arrivals: [String] { state.withLock { $0.arrivals } }
    package var refused: Int { state.withLock { $0.refused } }
    /// Everything that came, headers and bodies.
    package var octets: [Data] { state.withLock { $0.octets } }

    package func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer {
        state.withLock { state in
            let headers = request.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            state.octets.append(Data("\(request.method) \(request.url)\r\n\(headers)".utf8) + request.body)
            guard let key = request.header("Idempotency-Key"), isSigned(request, key, now) else {
                state.refused += 1
                return ConnectorAnswer(status: 400)
            }
            state.arrivals.append(key)
            if state.bodies[key] == nil { state.bodies[key] = request.body }
            return ConnectorAnswer(status: 200)
        }
    }

    private func isSigned(_ request: ConnectorRequest, _ key: String, _ now: WallTime) -> Bool {
        guard let secret else { return true }
        guard let timestamp = request.header("Parley-Timestamp"), let seconds = Int64(timestamp),
            abs(seconds - now.millisecondsSince1970 / 1_000) <= 300,
            let signature = request.header("Parley-Signature")
        else { return false }
        return signature
            == "v1="
            + WebhookConnector.signature(secret: secret, timestamp: timestamp, key: key, body: request.body)
    }
}
