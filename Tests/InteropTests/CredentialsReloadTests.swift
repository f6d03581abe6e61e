import ConnectorDoubles
import Foundation
import Testing

/// A running service reads again what an operator has changed.
@Suite("Reload of certificates, tokens and connectors", .serialized, .takesTurns)
struct CredentialsReloadTests {
    private static let port = 26_110

    private static func configuration(token: String) -> String {
        """
        agents: {main: \(Bench.agent)}
        media: {address: 127.0.0.1, ports: 22300-22319}
        store: s.sqlite
        connectors: connectors.yaml
        admin:
            api: {address: "127.0.0.1:\(port + 1)", certificate: api.pem, key: api.key, tokens: {crm: "file:\(token)"}}
        trunks:
            line:
                listen: ["udp:127.0.0.1:\(port)"]
                allow: [127.0.0.1]
                otherwise: main

        """
    }

    private static func connectors(_ url: String) -> String {
        "connectors:\n  - { name: hook, kind: webhook, url: \"\(url)/calls\", format: json }\n"
    }

    private static func run(_ bench: Bench, _ program: String, _ arguments: [String]) async throws -> String {
        let process = try bench.start(program, arguments, output: "asked")
        _ = try await process.end()
        return bench.read("asked")
    }

    private static func makeCertificate(_ bench: Bench, name: String) async throws {
        _ = try await run(
            bench, "/usr/bin/openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                + ["-subj", "/CN=\(name)", "-keyout", "api.key", "-out", "api.pem"])
    }

    /// What the interface answers to a token, with the certificate that it shows.
    private static func ask(_ bench: Bench, token: String) async throws -> String {
        try await run(
            bench, "/usr/bin/curl",
            [
                "-skv", "-o", "/dev/null", "-w", "status %{http_code}", "-H", "Authorization: Bearer \(token)",
                "https://127.0.0.1:\(port + 1)/v1/contexts",
            ])
    }

    private static func call(_ bench: Bench) async throws {
        let caller = try LineCaller(.info, target: UInt16(port))
        caller.begin([.pause(milliseconds: 300)])
        await caller.end()
    }

    @Test("SIGHUP exchanges the certificate and the tokens of the interface and the connectors, all or nothing")
    func reload() async throws {
        guard Bench.has("openssl", package: "openssl"), Bench.has("curl", package: "curl") else { return }
        let bench = try Bench()
        let (before, after) = (WebhookDouble(secret: nil), WebhookDouble(secret: nil))
        let servers = try await [DoubleServer(before), DoubleServer(after)]
        for name in ["first", "second"] {
            try bench.write(name, "a-long-token-that-is-the-\(name)\n")
            chmod(bench.folder.appending(path: name).path, 0o600)
        }
        try await CredentialsReloadTests.makeCertificate(bench, name: "before.example")
        try bench.write("connectors.yaml", CredentialsReloadTests.connectors(servers[0].url))
        try bench.write("parley.yaml", CredentialsReloadTests.configuration(token: "first"))
        let service = try bench.start(Bench.parley, ["serve", "--config", "parley.yaml"], output: "log")
        let isUp = try await bench.wait { bench.read("log").contains("https://") }
        try #require(isUp, "\(bench.read("log"))")
        var answer = try await CredentialsReloadTests.ask(bench, token: "a-long-token-that-is-the-first")
        #expect(answer.contains("status 200") && answer.contains("before.example"), "\(answer)")
        try await CredentialsReloadTests.call(bench)
        #expect(try await bench.wait { before.bodies.count == 1 })

        try await CredentialsReloadTests.makeCertificate(bench, name: "after.example")
        try bench.write("parley.yaml", CredentialsReloadTests.configuration(token: "second"))
        try bench.write("connectors.yaml", "connectors:\n  - { name: hook, kind: nothing }\n")
        service.signal(SIGHUP)
        #expect(try await bench.wait { bench.read("log").contains("nothing was reloaded") })
        answer = try await CredentialsReloadTests.ask(bench, token: "a-long-token-that-is-the-first")
        #expect(answer.contains("status 200") && answer.contains("before.example"), "\(answer)")

        try bench.write("connectors.yaml", CredentialsReloadTests.connectors(servers[1].url))
        service.signal(SIGHUP)
        #expect(try await bench.wait { bench.read("log").contains("reloaded; calls that run") }, "\(bench.read("log"))")
        answer = try await CredentialsReloadTests.ask(bench, token: "a-long-token-that-is-the-second")
        #expect(answer.contains("status 200") && answer.contains("after.example"), "\(answer)")
        #expect(
            try await CredentialsReloadTests.ask(bench, token: "a-long-token-that-is-the-first").contains("status 401"))
        try await CredentialsReloadTests.call(bench)
        #expect(try await bench.wait { after.bodies.count == 1 } && before.bodies.count == 1)
        for server in servers { try await server.stop() }
    }
}
