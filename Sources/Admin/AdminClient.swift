import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
package import Records

/// Asks a running Parley on this machine over its Unix socket.
package struct AdminClient: Sendable {
    private let socket: String

    package init(socket: String) { self.socket = socket }

    /// Where a service listens and a command asks when nothing else is said: in the user's own runtime folder.
    ///
    /// - Returns: `nil` where the environment names neither.
    package static func standardSocket(_ environment: [String: String]) -> String? {
        if let folder = environment["XDG_RUNTIME_DIR"], !folder.isEmpty { return folder + "/parley.sock" }
        return environment["HOME"].map { $0 + "/.parley.sock" }
    }

    /// The body of an answer.
    ///
    /// - Parameter path: with its query, percent-encoded.
    /// - Throws: `RecordsError`, a sentence: nobody listens, or what the service says against it.
    package func get(_ path: String) async throws(RecordsError) -> Data { try await ask(.GET, path) }

    /// Has something done.
    ///
    /// - Throws: as ``get(_:)``.
    @discardableResult
    package func post(_ path: String) async throws(RecordsError) -> Data { try await ask(.POST, path) }

    private func ask(_ method: HTTPMethod, _ path: String) async throws(RecordsError) -> Data {
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw RecordsError("\(socket) is no path of a socket")
        }
        let response: HTTPClientResponse
        let body: Data
        do {
            var request = HTTPClientRequest(url: url.absoluteString)
            request.method = method
            response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            body = Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        } catch {
            throw RecordsError("no Parley answers at \(socket); start 'parley serve', or give its --socket")
        }
        guard (200..<300).contains(response.status.code) else {
            let problem = (try? JSONDecoder().decode([String: String].self, from: body))?["error"]
            throw RecordsError(problem ?? "the service answered \(response.status.code)")
        }
        return body
    }
}
