import Admin
import Foundation
import Logging
import Records
import Telephony
import Testing

/// The servers themselves, over real sockets.
@Suite("Admin servers")
struct AdminServerTests {
    private static func server(_ configuration: AdminServer.Configuration) throws -> AdminServer {
        let sources = AdminAPI.Sources(store: nil, archive: nil, calls: LiveCalls(), recorder: FlightRecorder())
        let health = AdminServer.Health {
            var text = PrometheusText()
            text.gauge("parley_test", "A test.", 1)
            return text
        } problems: {
            ["the service is about to end"]
        }
        return try AdminServer(configuration, sources: sources, health: health, logger: Logger(label: "test"))
    }

    /// Runs a server until the work is done; the work gets the first place that it serves.
    private static func serve(
        _ configuration: AdminServer.Configuration, _ work: @Sendable (String) async throws -> Void
    ) async throws {
        let server = try server(configuration)
        let (places, continuation) = AsyncStream.makeStream(of: String.self)
        let serving = Task {
            await server.run {
                continuation.yield($0)
            } failed: {
                continuation.yield("failed: " + $0)
            }
            continuation.finish()
        }
        for await place in places {
            try await work(place)
            break
        }
        serving.cancel()
        await serving.value
    }

    private static func socketPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "p\(UInt32.random(in: 0 ... .max)).sock").path
    }

    @Test("the Unix socket is its user's alone, answers without a token, and is gone afterwards")
    func unixSocket() async throws {
        var configuration = AdminServer.Configuration()
        let path = AdminServerTests.socketPath()
        configuration.socket = path
        try await AdminServerTests.serve(configuration) { place in
            #expect(place == "unix:" + path)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let client = AdminClient(socket: path)
            #expect(String(decoding: try await client.get("/v1/calls"), as: UTF8.self) == "{\"calls\":[]}")
            await #expect(throws: RecordsError.self) { try await client.get("/v1/calls/nobody/trace") }
            // A second one does not take its place.
            var other = AdminServer.Configuration()
            other.socket = path
            try await AdminServerTests.serve(other) { #expect($0.hasPrefix("failed: \(path): another Parley")) }
            #expect(String(decoding: try await client.get("/v1/calls"), as: UTF8.self) == "{\"calls\":[]}")
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        await #expect(throws: RecordsError.self) { try await AdminClient(socket: path).get("/v1/calls") }
    }

    @Test("the interface is not served in the clear, nor without a token")
    func refuses() {
        var configuration = AdminServer.Configuration()
        configuration.api = AdminServer.Endpoint("127.0.0.1:0")
        #expect(throws: RecordsError.self) { try AdminServerTests.server(configuration) }
        configuration.certificate = "/nowhere.pem"
        configuration.privateKey = "/nowhere.pem"
        #expect(throws: RecordsError.self) { try AdminServerTests.server(configuration) }
    }

    @Test("a place is a host and a port, or a port on loopback")
    func endpoints() {
        #expect(AdminServer.Endpoint("9090") == AdminServer.Endpoint(host: "127.0.0.1", port: 9_090))
        #expect(AdminServer.Endpoint("[::1]:80") == AdminServer.Endpoint(host: "::1", port: 80))
        #expect(AdminServer.Endpoint("[::1]:80").map { "\($0)" } == "[::1]:80")
        for text in ["", ":80", "host:", "host:65536", "host"] { #expect(AdminServer.Endpoint(text) == nil, "\(text)") }
    }
}
