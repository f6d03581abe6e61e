import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
package import Records
package import Telephony

/// A request of a connector. Its headers and body may hold secrets: it has no description.
package struct ConnectorRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: Data
    package var timeout = Interval.seconds(20)

    package init(_ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: Data = Data()) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// A request with a JSON body.
    static func json(_ method: String, _ url: String, _ body: JSONDocument) -> ConnectorRequest {
        ConnectorRequest(method, url, headers: [("Content-Type", "application/json")], body: body.data)
    }

    /// A request with a form as its body.
    static func form(_ url: String, _ fields: [(name: String, value: String)]) -> ConnectorRequest {
        let body = fields.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&")
        return ConnectorRequest(
            "POST", url, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Data(body.utf8))
    }
}

/// What came of a request.
package enum ConnectorReply: Sendable {
    case answered(ConnectorAnswer)
    /// No answer; whether the request had its effect is not known.
    case failed(reason: String)
}

/// An answer to a connector's request.
package struct ConnectorAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Data

    package init(status: Int, headers: [(name: String, value: String)] = [], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as JSON; `null` when it is none.
    package var json: JSONDocument { (try? JSONDocument(parsing: body)) ?? .null }

    /// How long the other side asks to be left alone (RFC 9110 section 10.2.3, in seconds or as a date).
    package func retryAfter(at now: WallTime) -> Interval? {
        guard let text = header("Retry-After")?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date = formatter.date(from: text) else { return nil }
        let milliseconds = date.timeIntervalSince1970 * 1_000 - Double(now.millisecondsSince1970)
        return .milliseconds(Int64(min(max(0, milliseconds), 86_400_000)))
    }
}

/// Carries requests: to the network, or to a double in the same process.
package protocol ConnectorTransport: Sendable {
    func send(_ request: ConnectorRequest) async -> ConnectorReply
}

/// Requests over HTTP, without following redirections.
package struct HTTPTransport: ConnectorTransport {
    /// Octets of an answer that are read.
    package static let longestBody = 4 << 20

    package init() {}

    package func send(_ request: ConnectorRequest) async -> ConnectorReply {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let (response, body) = try await HTTPExchange.answer(
                to: outgoing, within: request.timeout, longestBody: HTTPTransport.longestBody)
            return .answered(
                ConnectorAnswer(
                    status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                    body: Data(body.readableBytesView)))
        } catch let error as HTTPClientError {
            return .failed(reason: error.shortDescription.lowercased())
        } catch is NIOTooManyBytesError {
            return .failed(reason: "its answer is longer than \(HTTPTransport.longestBody / 1_024) KiB")
        } catch {
            // Errors of the network name addresses and nothing that was sent.
            return .failed(reason: "no answer (\(type(of: error)))")
        }
    }
}

extension ConnectorAnswer {
    /// What an answer that is no success means where the vendor says nothing more particular.
    ///
    /// - Parameter detail: what the other side gave as its reason; shown to people, so nothing secret.
    func failure(_ detail: String, at now: WallTime) -> DeliveryOutcome {
        let reason = detail.isEmpty ? "answered \(status)" : "answered \(status): \(detail.prefix(200))"
        switch status {
        case 429: return .unavailable(reason: reason, retryAfter: retryAfter(at: now))
        case 503: return .unavailable(reason: reason, retryAfter: retryAfter(at: now))
        case 401, 403, 407: return .unavailable(reason: reason + "; check the credentials", retryAfter: .seconds(60))
        case 408, 409, 412, 423, 425, 500...: return .postponed(reason: reason, retryAfter: retryAfter(at: now))
        default: return .refused(reason: reason)
        }
    }
}

extension String {
    /// All but the unreserved characters of RFC 3986 as percent signs and digits.
    var percentEncoded: String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
