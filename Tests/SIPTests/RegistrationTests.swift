import SIP
import Telephony
import Testing

@Suite("Registrations")
struct RegistrationTests {
    private static func register(_ bench: inout Bench, peer: PeerProfile = PeerProfile(name: "trunk")) throws -> (
        RegistrationID, SIPMessage
    ) {
        let request = RegistrationRequest(
            registrar: SIPURI(host: .name("example.com")),
            address: NameAddress(uri: .sip(SIPURI(user: "parley", host: .name("example.com")))),
            hops: [Hop(.udp, Bench.far)], peer: peer)
        let id = bench.agent.register(request, at: bench.now)
        guard let message = bench.drain().first else { throw Bench.NoCall() }
        return (id, message)
    }

    private static func ok(_ request: SIPMessage, expires: Int) -> [UInt8] {
        var response = request.response(200, tag: "r")
        response.headers.append(.contact, (request.headers[.contact] ?? "") + ";expires=\(expires)")
        return response.octets
    }

    @Test("a registration is kept up before it ends, with one Call-ID and rising CSeq")
    func refresh() throws {
        var bench = Bench()
        let (_, first) = try RegistrationTests.register(&bench)
        bench.receive(RegistrationTests.ok(first, expires: 300))
        #expect(bench.story == ["registration registered(seconds: 300)"])
        #expect(bench.run(for: .seconds(239)).isEmpty)
        let second = try #require(bench.run(for: .seconds(2)).first)
        #expect(second.callID == first.callID)
        #expect(second.cseq?.number == 2)
    }

    @Test("a 423 is answered with the least interval")
    func tooBrief() throws {
        var bench = Bench()
        let (_, first) = try RegistrationTests.register(&bench)
        var response = first.response(423, tag: "r")
        response.headers.append(.minExpires, "1800")
        #expect(bench.receive(response.octets).first?.expires == 1_800)
    }

    @Test("a challenge is answered, and a refusal tried again later")
    func challenge() throws {
        var bench = Bench()
        let peer = PeerProfile(name: "trunk", credentials: DigestCredentials(username: "u", password: "p"))
        let (_, first) = try RegistrationTests.register(&bench, peer: peer)
        var response = first.response(401, tag: "r")
        response.headers.append(.wwwAuthenticate, DigestChallenge(realm: "r", nonce: "n", algorithm: .md5).description)
        let second = try #require(bench.receive(response.octets).first)
        #expect(second.headers.contains(.authorization))
        bench.receive(second.response(403, tag: "r").octets)
        guard case .registration(_, .failed(status: 403, let seconds))? = bench.events.last else {
            return #expect(Bool(false))
        }
        #expect((30...60).contains(seconds))
        #expect(bench.run(for: .seconds(Int64(seconds))).first?.method == .register)
    }

    @Test("a registration is taken back")
    func unregister() throws {
        var bench = Bench()
        let (id, first) = try RegistrationTests.register(&bench)
        bench.receive(RegistrationTests.ok(first, expires: 300))
        bench.agent.unregister(id, at: bench.now)
        let last = try #require(bench.drain().first)
        #expect(last.expires == 0)
        bench.receive(last.response(200, tag: "r").octets)
        #expect(bench.story.last == "registration unregistered")
        #expect(bench.run(for: .seconds(2_000)).isEmpty)
    }

    private static func registrar() -> Bench {
        Bench(configure: {
            $0 = UserAgentConfiguration(
                advertised: $0.advertised, registrar: Registrar(maximumAddresses: 300), policy: $0.policy)
        })
    }

    private static func binding(
        _ user: String, contact: String, expires: Int = 300, cseq: Int = 1, callID: String = "reg"
    ) -> String {
        "REGISTER sip:192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\(user)\(cseq)\(callID)\r\nFrom: <sip:\(user)@192.0.2.2>;tag=1\r\n"
            + "To: <sip:\(user)@192.0.2.2>\r\nCall-ID: \(callID)\r\nCSeq: \(cseq) REGISTER\r\nMax-Forwards: 70\r\n"
            + "Contact: \(contact)\r\nExpires: \(expires)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("the registrar keeps, lists, renews, takes back and forgets bindings")
    func registrarLife() {
        var bench = RegistrationTests.registrar()
        #expect(
            bench.receive(RegistrationTests.binding("ann", contact: "<sip:ann@192.0.2.1:5062>")).first?.status == 200)
        let two = bench.receive(RegistrationTests.binding("ann", contact: "<sip:ann@192.0.2.7>", cseq: 2)).first
        #expect(two?.headers.values(.contact).count == 2)
        #expect(bench.agent.bindings(of: "ann@192.0.2.2", at: bench.now).count == 2)
        bench.receive(RegistrationTests.binding("ann", contact: "<sip:ann@192.0.2.7>", expires: 0, cseq: 3))
        #expect(bench.agent.bindings(of: "ann@192.0.2.2", at: bench.now).count == 1)
        bench.run(for: .seconds(301))
        #expect(bench.agent.bindings(of: "ann@192.0.2.2", at: bench.now).isEmpty)
        bench.receive(RegistrationTests.binding("bob", contact: "<sip:bob@192.0.2.7>"))
        bench.receive(RegistrationTests.binding("bob", contact: "*", expires: 0, cseq: 2))
        #expect(bench.agent.bindings(of: "bob@192.0.2.2", at: bench.now).isEmpty)
    }

    @Test(
        "what the registrar refuses",
        arguments: [
            ("<sip:a@192.0.2.1>", 30, 1, 423), ("*", 300, 1, 400), ("<tel:1>", 300, 1, 400),
            ("<sip:a@192.0.2.1>", 300, 1, 200),
        ])
    func registrarRefusals(contact: String, expires: Int, cseq: Int, status: Int) {
        var bench = RegistrationTests.registrar()
        #expect(
            bench.receive(RegistrationTests.binding("a", contact: contact, expires: expires, cseq: cseq)).first?.status
                == status)
    }

    @Test("a REGISTER that comes late or again changes nothing")
    func oldCSeq() {
        var bench = RegistrationTests.registrar()
        bench.receive(RegistrationTests.binding("a", contact: "<sip:a@192.0.2.1>", cseq: 5))
        #expect(
            bench.receive(RegistrationTests.binding("a", contact: "<sip:a@192.0.2.1>", expires: 0, cseq: 4)).first?
                .status == 500)
        #expect(bench.agent.bindings(of: "a@192.0.2.2", at: bench.now).count == 1)
    }

    @Test("a flood of REGISTERs is bounded in bindings, addresses, transactions and timers")
    func flood() {
        var bench = RegistrationTests.registrar()
        for number in 0..<1_000 {
            bench.receive(RegistrationTests.binding("u\(number)", contact: "<sip:u@192.0.2.1>", callID: "r\(number)"))
            if number % 250 == 249 { bench.run(for: .seconds(33)) }
        }
        for number in 0..<40 {
            bench.receive(RegistrationTests.binding("u1", contact: "<sip:u@192.0.2.\(number + 2)>", cseq: number + 2))
        }
        #expect(bench.agent.configuration.registrar?.addressCount == 300)
        #expect(bench.agent.bindings(of: "u1@192.0.2.2", at: bench.now).count <= SIPLimits.bindingsPerAddress)
        bench.run(for: .seconds(400))
        #expect(bench.agent.configuration.registrar?.addressCount == 0)
        #expect(bench.agent.transactionCount == 0)
    }
}
