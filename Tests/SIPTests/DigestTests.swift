import SIP
import Synchronization
import Telephony
import Testing

@Suite("Digest authentication")
struct DigestTests {
    private static let source = TransportAddress(ipv4: 0xC000_0201, port: 5_060)
    private static let key = [UInt8](repeating: 7, count: 32)
    private static let start = Instant(nanoseconds: 5_000_000_000)

    private static func request(_ extra: [String] = [], body: String? = nil) -> SIPMessage? {
        try? SIPMessage(parsing: Bench.octets(Bench.request("INVITE", headers: extra, body: body)))
    }

    /// What a server says to what a client answers.
    private static func exchange(
        algorithms: [DigestAlgorithm], qualities: [String] = ["auth"], password: String = "secret",
        allowsMD5: Bool = true, source other: TransportAddress = DigestTests.source, delay: Interval = .zero
    ) -> DigestServer.Verdict? {
        var server = DigestServer(
            realm: "example.com", key: key, algorithms: algorithms, qualities: qualities, passwords: ["ann": "secret"])
        var client = DigestClient(DigestCredentials(username: "ann", password: password, allowsMD5: allowsMD5))
        var entropy = Entropy(SeededGenerator(seed: 1))
        guard var request = request(body: Bench.offer),
            case .challenge(let challenges) = server.verdict(on: request, from: source, at: start)
        else { return nil }
        var response = request.response(401, tag: "x")
        for challenge in challenges { response.headers.append(.wwwAuthenticate, challenge) }
        guard case .retry(let name, let value) = client.answer(response, to: request, entropy: &entropy) else {
            return nil
        }
        request.headers.append(name, value)
        return server.verdict(on: request, from: other, at: start + delay)
    }

    @Test(
        "client and server agree", arguments: DigestAlgorithm.allCases, [["auth"], ["auth-int"], ["auth-int", "auth"]])
    func agreement(algorithm: DigestAlgorithm, qualities: [String]) {
        #expect(DigestTests.exchange(algorithms: [algorithm], qualities: qualities) == .authenticated(username: "ann"))
    }

    private static func isChallenge(_ verdict: DigestServer.Verdict?) -> Bool {
        if case .challenge? = verdict { true } else { false }
    }

    @Test("a wrong password, another source and an old nonce are challenged again")
    func refusals() {
        #expect(DigestTests.isChallenge(DigestTests.exchange(algorithms: [.sha256], password: "wrong")))
        let other = TransportAddress(ipv4: 0xC000_0209, port: 5_060)
        #expect(DigestTests.isChallenge(DigestTests.exchange(algorithms: [.sha256], source: other)))
        let late = DigestTests.exchange(algorithms: [.sha256], delay: .seconds(31))
        guard case .challenge(let challenges)? = late else { return #expect(Bool(false)) }
        #expect(challenges.allSatisfy { $0.contains("stale=true") })
    }

    @Test(
        "the example of RFC 7616 section 3.9.1 comes out",
        arguments: [
            (DigestAlgorithm.md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ])
    func example(algorithm: DigestAlgorithm, expected: String) throws {
        let text =
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
            + "algorithm=\(algorithm.rawValue), nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
            + "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"\(expected)\", "
            + "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        let given = try #require(DigestResponse(text))
        let hash = { (text: String) in algorithm.hash(text) }
        let first = hash("Mufasa:http-auth@example.org:Circle of Life")
        let value = hash(
            "\(first):\(given.nonce):00000001:\(given.clientNonce ?? ""):auth:" + hash("GET:/dir/index.html"))
        #expect(value == expected)
        #expect(DigestResponse(given.description) == given)
    }

    @Test("the better algorithm is answered, and MD5 alone is refused where it is not allowed")
    func downgrade() {
        #expect(DigestTests.exchange(algorithms: [.md5, .sha256]) == .authenticated(username: "ann"))
        #expect(DigestTests.exchange(algorithms: [.md5], allowsMD5: false) == nil)
    }

    @Test("a nonce count is taken once")
    func replay() throws {
        var server = DigestServer(realm: "example.com", key: DigestTests.key, passwords: ["ann": "secret"])
        var client = DigestClient(DigestCredentials(username: "ann", password: "secret"))
        var entropy = Entropy(SeededGenerator(seed: 1))
        var request = try #require(DigestTests.request())
        guard
            case .challenge(let challenges) = server.verdict(
                on: request, from: DigestTests.source, at: DigestTests.start)
        else { return #expect(Bool(false)) }
        var response = request.response(401, tag: "x")
        for challenge in challenges { response.headers.append(.wwwAuthenticate, challenge) }
        guard case .retry(let name, let value) = client.answer(response, to: request, entropy: &entropy) else {
            return #expect(Bool(false))
        }
        request.headers.append(name, value)
        let verdicts = (0..<2).map { _ in server.verdict(on: request, from: DigestTests.source, at: DigestTests.start) }
        #expect(verdicts[0] == .authenticated(username: "ann"))
        #expect(DigestTests.isChallenge(verdicts[1]))
    }

    /// What was hashed: with which algorithm, and how many octets.
    private final class HashedTexts: Sendable {
        let work = Mutex<[String]>([])

        func hash(_ algorithm: DigestAlgorithm, _ text: String) -> String {
            work.withLock { $0.append("\(algorithm) \(text.utf8.count)") }
            return algorithm.hash(text)
        }

        func take() -> [String] {
            work.withLock { work in
                defer { work = [] }
                return work
            }
        }
    }

    @Test(
        "an unknown user and a wrong password are the same work", arguments: DigestAlgorithm.allCases,
        [nil, "auth", "auth-int"])
    func equalWork(algorithm: DigestAlgorithm, quality: String?) throws {
        let texts = HashedTexts()
        var server = DigestServer(
            realm: "example.com", key: DigestTests.key, algorithms: [algorithm], qualities: ["auth", "auth-int"],
            passwords: ["ann": "sixteen-letters!"], hash: texts.hash)
        var works: [[String]] = []
        for user in ["ann", "bob"] {
            let given = DigestResponse(
                username: user, realm: "example.com", nonce: "0.0", uri: "sip:1000@192.0.2.2", response: "00",
                algorithm: algorithm, quality: quality, clientNonce: "c", nonceCount: "00000001")
            let request = try #require(DigestTests.request(["Authorization: \(given)"]))
            let verdict = server.verdict(on: request, from: DigestTests.source, at: DigestTests.start)
            #expect(DigestTests.isChallenge(verdict))
            works.append(texts.take())
        }
        #expect(works[0] == works[1])
        #expect(works[0].count >= 3)
    }

    @Test("an unknown user and a wrong password get the same answer")
    func enumeration() throws {
        var server = DigestServer(realm: "example.com", key: DigestTests.key, passwords: ["ann": "secret"])
        let answers = ["ann", "bob"].map { user -> DigestServer.Verdict? in
            let given = DigestResponse(
                username: user, realm: "example.com", nonce: "0.0", uri: "sip:1000@192.0.2.2", response: "00",
                algorithm: .sha256, quality: "auth", clientNonce: "c", nonceCount: "00000001")
            return DigestTests.request(["Authorization: \(given)"]).map {
                server.verdict(on: $0, from: DigestTests.source, at: DigestTests.start)
            }
        }
        #expect(answers[0] == answers[1])
        #expect(DigestTests.isChallenge(answers[0]))
    }

    @Test(
        "malformed credentials are no credentials",
        arguments: [
            "", "Digest", "Basic abc", "Digest username=\"a\"",
            "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\"",
            "Digest username=\"a\",username=\"b\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
            "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",algorithm=ROT13",
            "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth,nc=1,cnonce=\"c\"",
            "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth",
            "Digest username=\"a,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        ])
    func malformed(text: String) {
        #expect(DigestResponse(text) == nil)
    }

    @Test("credentials do not show in text")
    func redaction() {
        let credentials = DigestCredentials(username: "ann", password: "hunter2")
        #expect(!"\(credentials)\(String(reflecting: credentials))".contains("hunter2"))
    }
}
