import CallFlow
import Formula
import Telephony
import Testing

@testable import Connectors

/// Requests of a dialog over real connections on loopback.
@Suite("HTTP connector")
struct HTTPConnectorTests {
    private func answer(
        _ path: String, method: String = "GET", body: String? = nil, token: String? = nil,
        timeout: Interval = .seconds(20)
    ) async throws -> HTTPReply {
        let server = try await LoopbackServer.start()
        let url = path.hasPrefix("/") ? "http://127.0.0.1:\(server.port)\(path)" : path
        let reply = await HTTPConnector.answer(
            to: HTTPRequest(
                method: method, url: Redacted(url), shownURL: .open(url),
                headers: token.map { [(name: "X-Token", value: Redacted($0))] } ?? [], body: body.map { Redacted($0) },
                contentType: body == nil ? nil : "application/json", timeout: timeout, topic: "t", action: "a"))
        try await server.stop()
        return reply
    }

    @Test("method, headers, body and its type arrive, and the answer comes parsed")
    func request() async throws {
        guard
            case .answered(200, let body, _) = try await answer(
                "/echo", method: "POST", body: "{\"pin\":1}", token: "secret")
        else {
            Issue.record("no answer")
            return
        }
        #expect(body.member("method")?.kind == .text("POST"))
        #expect(body.member("type")?.kind == .text("application/json"))
        #expect(body.member("token")?.kind == .text("secret"))
        #expect(body.member("length")?.powerFx == "9")
    }

    @Test(
        "a status is an answer, whatever it is; a redirection is not followed",
        arguments: [("/missing", 404), ("/nothing", 204), ("/elsewhere", 307), ("/words", 200)])
    func status(path: String, expected: Int) async throws {
        guard case .answered(let status, _, _) = try await answer(path) else {
            Issue.record("no answer")
            return
        }
        #expect(status == expected)
    }

    @Test(
        "no answer has its reason",
        arguments: [
            ("/large", "tooLarge"), ("/silence", "timeout"), ("/endless", "timeout"), ("/abrupt", "unreachable"),
            ("http://127.0.0.1:1/", "unreachable"), ("ftp://127.0.0.1/", "invalidURL"), ("http://", "invalidURL"),
            ("nonsense", "invalidURL"),
        ])
    func failure(path: String, expected: String) async throws {
        let isSlow = expected == "timeout"
        guard case .failed(let reason) = try await answer(path, timeout: isSlow ? .milliseconds(200) : .seconds(20))
        else {
            Issue.record("an answer")
            return
        }
        #expect(reason.rawValue == expected)
    }
}
