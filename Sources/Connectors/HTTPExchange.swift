import AsyncHTTPClient
import NIOCore
import Telephony

/// One request and its whole answer.
enum HTTPExchange {
    /// Follows no redirection: what a request carries goes where its author sent it and nowhere else.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Sends a request and waits for the answer to its last octet.
    ///
    /// The client's own deadline ends with the answer's head; a server that never finishes its body would hold the call.
    ///
    /// - Throws: `HTTPClientError`, `.deadlineExceeded` after `timeout`; `NIOTooManyBytesError` for a longer body.
    static func answer(
        to request: HTTPClientRequest, within timeout: Interval, longestBody: Int
    ) async throws -> (head: HTTPClientResponse, body: ByteBuffer) {
        try await withThrowingTaskGroup(of: (HTTPClientResponse, ByteBuffer).self) { group in
            group.addTask {
                let response = try await client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
                return (response, try await response.body.collect(upTo: longestBody))
            }
            group.addTask {
                try await Task.sleep(for: .nanoseconds(timeout.nanoseconds))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw HTTPClientError.deadlineExceeded }
            return first
        }
    }
}
