import Foundation
import SIP
import Telephony
import Testing
import Transport

/// A trunk of Microsoft Teams against a double that is built from what is documented. No tenant of Teams is at hand.
@Suite("Teams Direct Routing", .serialized, .takesTurns)
struct DirectRoutingTests {
    /// Where a test has Parley and the three proxies: loopback addresses of this process and test alone, because the double
    /// is in no network of its own.
    private struct Place {
        private let first: UInt32

        /// - Parameter test: 0 or 1.
        init(test: UInt32) {
            let process = UInt32(bitPattern: getpid()) & 0xF_FFFF
            first = 0x7F80_0000 | process << 3 | test * 4
        }

        var service: TransportAddress { TransportAddress(ipv4: first, port: 5_861) }

        func proxy(_ index: Int) -> TransportAddress {
            TransportAddress(ipv4: first + 1 + UInt32(index), port: 5_061)
        }
    }

    /// A dialog that sends its callers to a number.
    private static func sending(to number: String) -> String {
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: TransferConversationV2
              id: transfer
              transferType:
                kind: TransferToPhoneNumber
                phoneNumber: "\(number)"
            - kind: EndConversation
              id: end

        """
    }

    /// Parley behind the names of Teams, which lead to the double.
    private static func bench(_ place: Place) throws -> Bench {
        let bench = try Bench()
        let names = DirectRoutingDouble.names.enumerated().map {
            "\(Host(place.proxy($0.offset))) \($0.element)"
        }
        try bench.write("hosts", (["127.0.0.1 localhost"] + names).joined(separator: "\n") + "\n")
        try bench.write(
            "certificates.sh",
            """
            new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@"; }
            new -x509 -days 2 -keyout authority.key -out authority.pem -subj /CN=authority
            for name in \(([DirectRoutingDouble.controller] + DirectRoutingDouble.names).joined(separator: " ")); do
            new -keyout $name.key -out $name.csr -subj /CN=$name
            echo "subjectAltName=DNS:$name" > usages
            openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \\
            -extfile usages -out $name.pem
            done
            """)
        try bench.shell("certificates.sh")
        try bench.write("desk/topics/start.mcs.yml", HandoverTests.dialog)
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        for (name, number) in [
            ("forked", DirectRoutingDouble.forkedNumber), ("declining", DirectRoutingDouble.decliningNumber),
        ] {
            try bench.write("\(name)/topics/start.mcs.yml", sending(to: number))
            try bench.write("\(name)/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: \(name)\n")
        }
        try bench.write(
            "parley.yaml",
            """
            agents: {desk: desk, forked: forked, declining: declining}
            media: {address: \(Host(place.service)), ports: 20600-20699}
            outbound: {allowed: ["+1555*"], agents: "+15550123"}
            trunks:
                teams:
                    kind: teamsDirectRouting
                    listen: ["tls:\(Host(place.service)):\(place.service.port)"]
                    advertise: \(DirectRoutingDouble.controller)
                    allow: [127.0.0.0/8]
                    number-shown: "+15550100"
                    otherwise: desk
                    numbers: {"+15550101": forked, "+15550102": declining}
                    probe-seconds: 1
                    tls:
                        certificate: \(DirectRoutingDouble.controller).pem
                        key: \(DirectRoutingDouble.controller).key
                        trust: authority.pem
                        client-certificate: required
                        accept-server-certificates: true

            """)
        try bench.write(
            "serve.sh",
            """
            mount --bind hosts /etc/hosts || exit 9
            PARLEY_LIMITS_LATENESS_MILLISECONDS=0 exec "$1" serve --config parley.yaml --json

            """)
        return bench
    }

    /// Parley, which has asked Teams whether it is there.
    private static func start(
        _ bench: Bench, _ teams: DirectRoutingDouble, _ place: Place
    ) async throws -> RunningProgram {
        try await teams.begin(at: place.proxy) { index in
            let name = DirectRoutingDouble.names[index]
            func file(_ name: String) -> String { bench.folder.appending(path: name).path }
            return try TLSIdentity(
                TLSIdentity.Files(
                    certificate: file(name + ".pem"), key: file(name + ".key"), trust: file("authority.pem"),
                    requiresClientCertificate: true, acceptsServerCertificates: true))
        }
        let service = try bench.start(
            "/usr/bin/unshare", ["-r", "-m", "/bin/sh", "serve.sh", Bench.parley], output: "facts.json")
        let isAsked = try await bench.wait { teams.hasBeenAsked }
        try #require(isAsked, "no OPTIONS came: \(bench.read("facts.json"))")
        return service
    }

    @Test("a call from Teams, handed to Teams with failover, transferred by REFER and taken over by Replaces")
    func wholeCall() async throws {
        guard Bench.canMount() else { return }
        let place = Place(test: 0)
        let bench = try DirectRoutingTests.bench(place)
        let teams = DirectRoutingDouble()
        let service = try await DirectRoutingTests.start(bench, teams, place)
        func log() -> String { bench.read("facts.json") }

        // From Teams to the dialog, which wants an agent in Teams; the first proxy has no room.
        teams.set(.isUnavailable, ofProxy: 0)
        let address = place.service
        let caller = try #require(teams.call("+15550100", at: address))
        let hasAgent = try await bench.wait { teams.incoming.first.map { teams.isUp($0) } ?? false }
        try #require(hasAgent && teams.isUp(caller), "\(teams.refusals) \(log())")
        #expect(teams.timesUnavailable == 1)
        let agent = try #require(teams.incoming.first)
        let invite = try #require(teams.invites.first)
        #expect(invite.requestURI?.user == "+15550123")
        #expect(invite.requestURI?.sip?.parameters.value("user") == "phone")
        #expect(invite.from?.uri.user == "+15550100")

        // The agent transfers the caller to somebody else in Teams: what Teams wrote comes back as it was.
        let target =
            "sip:\(DirectRoutingDouble.names[0]):5061;transport=tls;x-m=carol;x-t=tenant-1;x-ti=\(String(repeating: "a", count: 400));x-tt=q"
        teams.refer(agent, to: target)
        let isTransferred = try await bench.wait { teams.incoming.count == 2 && teams.isOver(agent) }
        try #require(isTransferred, "\(teams.refusals) \(teams.reports) \(log())")
        let referred = try #require(teams.invites.last)
        #expect(referred.requestURI?.description == target)
        #expect(referred.headers[.referredBy]?.contains("x-m=bob;x-ti=777") == true)
        #expect(teams.reports.first == 100 && teams.reports.last == 200)

        // Another client of the second agent takes the call.
        let second = try #require(teams.incoming.last)
        let replaces = try #require(teams.replaces(of: second))
        let taker = try #require(teams.call("+15550100", at: address, replacing: replaces))
        let isTaken = try await bench.wait { teams.isUp(taker) && teams.isOver(second) }
        #expect(isTaken && teams.isUp(caller), "\(log())")

        teams.hangUp(caller)
        let isOver = try await bench.wait { teams.isOver(taker) }
        #expect(isOver)
        #expect(teams.refusals.isEmpty)
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
        let end = bench.facts().first { $0["event"] as? String == "callEnded" }
        #expect(end?["by"] as? String == "caller", "\(log())")
        await teams.end()
    }

    @Test(
        "Teams rings at several clients, declines, has no room anywhere, and hears of the session's time and abilities")
    func ringing() async throws {
        guard Bench.canMount() else { return }
        let place = Place(test: 1)
        let bench = try DirectRoutingTests.bench(place)
        let teams = DirectRoutingDouble()
        let service = try await DirectRoutingTests.start(bench, teams, place)
        func log() -> String { bench.read("facts.json") }
        func outcomes() -> [String] {
            bench.facts().filter { $0["event"] as? String == "transferEnded" }.compactMap { $0["outcome"] as? String }
        }
        #expect(
            teams.allowed.isSuperset(of: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REFER", "NOTIFY", "UPDATE"]))

        // A call that was forwarded before is one like others. Several clients ring, two with early media; one answers
        // whose tag is none of theirs.
        let headers: [(name: HeaderName, value: String)] = [
            ("History-Info", "<sip:+15550188@sip.pstnhub.microsoft.com;user=phone>;index=1"),
            ("Diversion", "<sip:+15550189@example.com>;reason=no-answer"),
        ]
        let caller = try #require(teams.call("+15550101", at: place.service, headers: headers))
        let rings = try await bench.wait { log().contains("legRinging") && !teams.incoming.isEmpty }
        try #require(rings, "\(teams.refusals) \(log())")
        let agent = try #require(teams.incoming.first)
        teams.answer(agent)
        let isBridged = try await bench.wait { outcomes() == ["completed"] && teams.isUp(agent) }
        #expect(isBridged && teams.isUp(caller), "\(teams.refusals) \(log())")
        let invite = try #require(teams.invites.first)
        #expect(invite.supportedTags.contains("timer"))
        #expect(teams.answers.first?.headers.contains("Session-Expires") == true)
        let start = bench.facts().first { $0["event"] as? String == "callStarted" }
        #expect((start?["diversion"] as? [String: Any])?["firstCalled"] as? String == "+15550188", "\(log())")
        teams.hangUp(agent)
        #expect(try await bench.wait { teams.isOver(caller) })

        // Who declines is asked once; where no proxy has room each is asked once, and the dialog goes on.
        let second = try #require(teams.call("+15550102", at: place.service))
        #expect(try await bench.wait { teams.isOver(second) })
        #expect(
            teams.invites.map { $0.requestURI?.user } == [
                DirectRoutingDouble.forkedNumber, DirectRoutingDouble.decliningNumber,
            ])
        for proxy in 0..<3 { teams.set(.isUnavailable, ofProxy: proxy) }
        let third = try #require(teams.call("+15550100", at: place.service))
        #expect(try await bench.wait { teams.isOver(third) })
        #expect(teams.timesUnavailable == 3)
        #expect(outcomes() == ["completed", "refused", "failed"], "\(log())")
        #expect(teams.refusals.isEmpty)
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
        await teams.end()
    }

    // MARK: - What Teams refuses

    private static let offer = """
        v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 49152 RTP/SAVP 0
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz

        """

    private static func request(_ method: String) -> String {
        """
        \(method) sip:+15550123@sip.pstnhub.microsoft.com:5061;user=phone SIP/2.0
        Via: SIP/2.0/TLS sbc.example.com:5061;branch=z9hG4bK1
        Max-Forwards: 70
        From: <sip:+15550100@sbc.example.com;user=phone>;tag=1
        To: <sip:+15550123@sip.pstnhub.microsoft.com:5061;user=phone>
        Call-ID: 1
        CSeq: 1 \(method)
        Contact: <sip:parley@sbc.example.com:5061;transport=tls>
        Allow: INVITE, ACK, REFER, NOTIFY
        Content-Type: application/sdp

        \(method == "INVITE" ? offer : "")
        """
    }

    private static let breaches: [(from: String, to: String, why: String)] = [
        ("parley@sbc.example.com", "parley@192.0.2.1", "Contact is no name of the tenant"),
        ("parley@sbc.example.com", "parley@sbc.onmicrosoft.com", "Contact is no name of the tenant"),
        ("INVITE sip:+", "INVITE sip:", "no number of E.164"),
        ("INVITE sip:+15550123@", "INVITE sip:", "no number of E.164"),
        ("INVITE sip:", "INVITE sips:", "sips"),
        ("RTP/SAVP", "RTP/AVP", "no SRTP"), ("HMAC_SHA1_80", "HMAC_SHA1_32", "no SRTP"), (offer, "", "no offer"),
        ("Max-Forwards: 70", "Max-Forwards: 70\nReplaces: 1;to-tag=2;from-tag=3", "Replaces"),
    ]

    @Test("the double refuses what Teams refuses, and nothing else", arguments: breaches)
    func breach(from: String, to: String, why: String) throws {
        func message(_ text: String) throws -> SIPMessage {
            try SIPMessage(parsing: Array(text.replacing("\n", with: "\r\n").utf8))
        }
        var rules = DirectRoutingDouble.Rules(controllers: [DirectRoutingDouble.controller])
        let good = DirectRoutingTests.request("INVITE")
        #expect(rules.refusal(of: try message(good))?.why == "no OPTIONS before")
        #expect(rules.refusal(of: try message(DirectRoutingTests.request("OPTIONS"))) == nil)
        #expect(rules.refusal(of: try message(good)) == nil)
        #expect(rules.refusal(of: try message(good.replacing(from, with: to)))?.why == why)
    }
}
