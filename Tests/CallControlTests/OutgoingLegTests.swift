import CallControl
import CallFlow
import Routing
import SIP
import Telephony
import Testing

/// Legs over SIP: a dialog hands the caller over, and a phone behind a gateway is played by hand.
@Suite("Legs over SIP")
struct OutgoingLegTests {
    private static let gateway = TransportAddress(ipv4: 0x7F00_0002, port: 5_080)
    private static let media = TransportAddress(ipv4: 0x7F00_0002, port: 7_000)

    private static func service(
        allowed: [String] = ["+1555*"], ports: Int = 4, proxy: String? = nil, limitedBy rule: OutboundRefusal? = nil
    ) -> Service {
        let transfer = Action(
            id: "transfer",
            kind: .transfer(
                TransferAction(
                    kind: .agent, phoneNumber: nil, messageToAgent: nil, context: .all, userToUser: nil, headers: [],
                    dtmfSequence: nil)), kindName: "TransferConversationV2")
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [transfer])
        let idle = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        var configuration = Exchange.configuration(ports: ports)
        // No media comes from the caller.
        configuration.mediaTimeout = .seconds(600)
        configuration.signalling?.trunks[0].agents = [
            "100": Agent(name: "desk", settings: VoiceSettings(), topics: [start, idle], environment: [:])
        ]
        configuration.signalling?.trunks[0].gateways = [Hop(.udp, gateway)]
        if let uri = proxy.flatMap({ SIPURI($0) }), let address = uri.host.address(port: uri.port ?? 5_060) {
            configuration.signalling?.trunks[0].proxy = OutboundProxy(uri, hops: [Hop(.udp, address)])
        }
        configuration.signalling?.outbound.allowed = allowed.compactMap { TargetPattern($0) }
        configuration.signalling?.outbound.trunks = [OutboundTrunk(name: "phones", numberShown: "+15550199")]
        switch rule {
        case .denied: configuration.signalling?.outbound.denied = [TargetPattern("+15550123")].compactMap { $0 }
        case .callerLimit: configuration.signalling?.outbound.perCaller = 1
        case .dayLimit: configuration.signalling?.outbound.perDay = 1
        case .trunkDayLimit: configuration.signalling?.outbound.trunks[0].perDay = 1
        case .concurrentLimit: configuration.signalling?.outbound.concurrent = 1
        case .trunkConcurrentLimit: configuration.signalling?.outbound.trunks[0].concurrent = 1
        case .malformed, .notListed, .unknownTrunk, nil: break
        }
        return Service(configuration)
    }

    private static func plan(_ target: String = "+15550123") -> DialPlan {
        var plan = DialPlan(.agent, target: target)
        plan.ringTimeout = .seconds(20)
        plan.userToUser = "k7q2;encoding=ascii"
        plan.headers = [("X-Skill", "billing")]
        return plan
    }

    /// An answer of the far end to the last request of a method.
    private static func response(
        _ status: Int, to method: SIPMethod, in service: borrowing Service, body: String = ""
    ) throws -> [UInt8] {
        let request = try #require(service.messages.last { $0.method == method })
        var response = request.response(status, tag: "far")
        response.headers.append(.contact, "<sip:bob@127.0.0.2:5080>")
        if !body.isEmpty {
            response.headers.append(.contentType, "application/sdp")
            response.body = Array(body.utf8)
        }
        return response.octets
    }

    private static let answer = Exchange.offer(address: "127.0.0.2", port: 7_000)

    private static func reasons(_ service: borrowing Service) -> [LegEndReason] {
        service.facts.compactMap { if case .legEnded(let body) = $0.body { body.reason } else { nil } }
    }

    private static func rules(_ service: borrowing Service) -> [OutboundRefusal] {
        service.facts.compactMap { if case .legEnded(let body) = $0.body { body.rule } else { nil } }
    }

    private static func outcomes(_ service: borrowing Service) -> [TransferOutcome] {
        service.facts.compactMap { if case .transferEnded(let body) = $0.body { body.outcome } else { nil } }
    }

    @Test("the one who is called is told the key and the headers, answers, and has the caller's media; a BYE ends both")
    func bridged() throws {
        var service = OutgoingLegTests.service()
        service.call("a")
        service.run(for: .milliseconds(100))
        let request = try #require(service.handovers.first)
        service.give(.reply(request, .routed(.dial(OutgoingLegTests.plan()))))
        let invite = try #require(service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.user == "+15550123")
        #expect(invite.from?.uri.user == "+15550199")
        #expect(invite.headers[.userToUser] == "k7q2;encoding=ascii")
        #expect(invite.headers[HeaderName("X-Skill")] == "billing")
        service.receive(try OutgoingLegTests.response(180, to: .invite, in: service), from: OutgoingLegTests.gateway)
        service.run(for: .seconds(1))
        service.receive(
            try OutgoingLegTests.response(200, to: .invite, in: service, body: OutgoingLegTests.answer),
            from: OutgoingLegTests.gateway)
        #expect(service.messages.contains { $0.method == .ack })
        #expect(OutgoingLegTests.outcomes(service) == [.completed])
        _ = service.takeDestinations()
        service.run(for: .seconds(1))
        #expect(service.takeDestinations().isSuperset(of: [Exchange.media, OutgoingLegTests.media]))
        let ack = try #require(service.messages.last { $0.method == .ack })
        let bye = """
            BYE sip:parley@127.0.0.1:5060 SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.2:5080;branch=z9hG4bK-bye;rport\r
            Max-Forwards: 70\r
            From: \(ack.headers[.to] ?? "")\r
            To: \(ack.headers[.from] ?? "")\r
            Call-ID: \(ack.callID ?? "")\r
            CSeq: 1 BYE\r
            Content-Length: 0\r
            \r

            """
        service.receive(Array(bye.utf8), from: OutgoingLegTests.gateway)
        #expect(OutgoingLegTests.reasons(service) == [.hungUp])
        #expect(service.ended()?.by == .agent)
        #expect(service.messages.last { $0.method == .bye }?.callID == "a")
        #expect(service.switchboard.callCount == 0)
    }

    @Test(
        "what the far end's status says is told apart, and the dialog goes on",
        arguments: [
            (486, LegEndReason.busy, TransferOutcome.busy), (600, .busy, .busy), (480, .noAnswer, .noAnswer),
            (603, .refused, .refused), (403, .refused, .refused), (500, .failed, .failed),
        ])
    func refusals(status: Int, reason: LegEndReason, outcome: TransferOutcome) throws {
        var service = OutgoingLegTests.service()
        service.call("a")
        service.run(for: .milliseconds(100))
        service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
        service.receive(
            try OutgoingLegTests.response(status, to: .invite, in: service), from: OutgoingLegTests.gateway)
        #expect(OutgoingLegTests.reasons(service) == [reason])
        #expect(service.handovers.count == 2)
        service.give(.reply(try #require(service.handovers.last), .transferEnded(outcome)))
        #expect(OutgoingLegTests.outcomes(service) == [outcome])
        #expect(service.switchboard.callCount == 1)
    }

    @Test(
        "whoever is called for a caller may be called through one hand fewer, so that a number which leads back here ends",
        arguments: [(70, 69), (255, 70), (1, 0), (0, nil)])
    func hands(before: Int, after: Int?) throws {
        var service = OutgoingLegTests.service()
        service.call("a", forwards: before)
        service.run(for: .milliseconds(100))
        service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
        let invites = service.messages.filter { $0.method == .invite }
        #expect(invites.map(\.maxForwards) == after.map { [$0] } ?? [])
        #expect(OutgoingLegTests.reasons(service) == (after == nil ? [.failed] : []))
    }

    @Test("one who does not answer in time is given up by a CANCEL, and the leg's ports come back")
    func noAnswer() throws {
        var service = OutgoingLegTests.service(ports: 2)
        service.call("a")
        for _ in 0..<2 {
            service.run(for: .milliseconds(100))
            service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
            service.receive(
                try OutgoingLegTests.response(180, to: .invite, in: service), from: OutgoingLegTests.gateway)
            service.forget()
            service.run(for: .seconds(21))
            #expect(service.messages.contains { $0.method == .cancel })
            #expect(OutgoingLegTests.reasons(service).last == .noAnswer)
            // Ports rest before their next call.
            service.run(for: .seconds(6))
        }
        #expect(OutgoingLegTests.reasons(service) == [.noAnswer, .noAnswer])
    }

    @Test("keys are pressed once the far end has answered, each once, with a pause where the sequence has one")
    func dtmfSequence() throws {
        var service = OutgoingLegTests.service()
        service.call("a")
        service.run(for: .milliseconds(100))
        var plan = OutgoingLegTests.plan()
        plan.dtmfSequence = "1,22#"
        service.give(.reply(try #require(service.handovers.first), .routed(.dial(plan))))
        service.receive(
            try OutgoingLegTests.response(200, to: .invite, in: service, body: OutgoingLegTests.answer),
            from: OutgoingLegTests.gateway)
        service.run(for: .milliseconds(1_500))
        #expect(service.keys.map(\.digit.character) == ["1"])
        service.run(for: .seconds(4))
        #expect(service.keys.map(\.digit.character) == ["1", "2", "2", "#"])
    }

    @Test("a caller who hangs up while it rings takes the ringing with him")
    func callerGone() throws {
        var service = OutgoingLegTests.service()
        service.call("a")
        service.run(for: .milliseconds(100))
        let tag = service.tag
        service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
        service.receive(try OutgoingLegTests.response(180, to: .invite, in: service), from: OutgoingLegTests.gateway)
        service.receive(Exchange.invite("a", body: "", method: "BYE", cseq: 2, toTag: tag))
        #expect(service.messages.contains { $0.method == .cancel })
        #expect(OutgoingLegTests.reasons(service) == [.released])
        #expect(service.switchboard.callCount == 0)
    }

    @Test("nobody is called who is not on the list", arguments: [[], ["+4420*"], ["+15550123@example.com"]])
    func notAllowed(allowed: [String]) throws {
        var service = OutgoingLegTests.service(allowed: allowed)
        service.call("a")
        service.run(for: .milliseconds(100))
        service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
        #expect(!service.messages.contains { $0.method == .invite })
        #expect(OutgoingLegTests.reasons(service) == [.notAllowed])
        #expect(OutgoingLegTests.rules(service) == [.notListed])
    }

    @Test(
        "the account says which limit refuses a call: of the caller, the day, the trunk, or of calls at once",
        arguments: [
            OutboundRefusal.denied, .callerLimit, .dayLimit, .trunkDayLimit, .concurrentLimit, .trunkConcurrentLimit,
        ])
    func limited(rule: OutboundRefusal) throws {
        var service = OutgoingLegTests.service(limitedBy: rule)
        service.call("a")
        service.run(for: .milliseconds(100))
        // The first uses the limit up, and is up meanwhile; what is denied is so from the first on.
        service.give(.reply(try #require(service.handovers.last), .routed(.dial(OutgoingLegTests.plan()))))
        if rule != .denied {
            service.receive(
                try OutgoingLegTests.response(200, to: .invite, in: service, body: OutgoingLegTests.answer),
                from: OutgoingLegTests.gateway)
            service.give(.command(try #require(service.facts.first?.call), .pullIn(OutgoingLegTests.plan("+15550124"))))
        }
        #expect(OutgoingLegTests.reasons(service) == [.notAllowed])
        #expect(OutgoingLegTests.rules(service) == [rule])
    }

    @Test("a REFER takes the caller there by the caller's own trunk, and its NOTIFY says how it went")
    func referOut() throws {
        var service = OutgoingLegTests.service(allowed: ["*@example.com"])
        service.call("a")
        service.run(for: .milliseconds(100))
        var referral = Referral(target: "sip:+15550123@example.com")
        referral.userToUser = "k7q2;encoding=ascii"
        service.give(.reply(try #require(service.handovers.last), .routed(.refer(referral))))
        let refer = try #require(service.messages.last { $0.method == .refer })
        #expect(
            refer.headers[.referTo]?.contains("sip:+15550123@example.com?User-to-User=k7q2%3Bencoding%3Dascii") == true)
        service.receive(refer.response(202, tag: nil).octets)
        service.run(for: .seconds(33))
        #expect(OutgoingLegTests.outcomes(service).isEmpty)
        #expect(service.handovers.count == 2, "a NOTIFY that never comes is a failure after 32 s")
    }

    @Test("a trunk's outbound proxy has the calls first, with a route to it")
    func proxied() throws {
        var service = OutgoingLegTests.service(proxy: "sip:127.0.0.3:5070")
        service.call("a")
        service.run(for: .milliseconds(100))
        let request = try #require(service.handovers.first)
        service.give(.reply(request, .routed(.dial(OutgoingLegTests.plan()))))
        let invite = try #require(service.messages.last { $0.method == .invite })
        #expect(invite.routes.map(\.description) == ["<sip:127.0.0.3:5070;lr>"])
        #expect(invite.requestURI?.description == "sip:+15550123@127.0.0.2:5080;user=phone")
        #expect(service.lastHop?.address == TransportAddress(ipv4: 0x7F00_0003, port: 5_070))
    }
}
