import AsyncHTTPClient
package import CallFlow
import Formula
import Foundation
import NIOCore
import NIOHTTP1
import Telephony

/// Sends the dialog's HTTP requests and reads their answers, within limits.
package enum HTTPConnector {
    /// Octets of an answer's body.
    package static let longestBody = 1 << 20

    /// The answer to a request, or why there is none.
    package static func answer(to request: HTTPRequest) async -> HTTPReply {
        let url = request.url.reveal(for: .declaredRequest)
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else { return .failed(.invalidURL) }
        var outgoing = HTTPClientRequest(url: url)
        outgoing.method = NIOHTTP1.HTTPMethod(rawValue: request.method)
        for header in request.headers {
            outgoing.headers.add(name: header.name, value: header.value.reveal(for: .declaredRequest))
        }
        if let body = request.body {
            if let type = request.contentType { outgoing.headers.replaceOrAdd(name: "Content-Type", value: type) }
            outgoing.body = .bytes(ByteBuffer(string: body.reveal(for: .declaredRequest)))
        }
        do {
            let (response, body) = try await HTTPExchange.answer(
                to: outgoing, within: request.timeout, longestBody: longestBody)
            let headers = response.headers.map { (name: $0.name, value: $0.value) }
            return .answered(
                status: Int(response.status.code), body: Value.parsed(json: String(buffer: body)), headers: headers)
        } catch is NIOTooManyBytesError {
            return .failed(.tooLarge)
        } catch let error as HTTPClientError {
            switch error {
            case .deadlineExceeded, .readTimeout, .connectTimeout: return .failed(.timeout)
            case .invalidURL, .emptyHost, .emptyScheme: return .failed(.invalidURL)
            default: return .failed(.unreachable)
            }
        } catch {
            return .failed(.unreachable)
        }
    }
}
