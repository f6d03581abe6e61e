import SIP
import Telephony
import Testing

@Suite("Calls that Parley places")
struct OutgoingTests {
    private static let target = Hop(.udp, Bench.far)

    /// Places a call.
    /// - Returns: its handle and INVITE.
    private static func place(
        _ bench: inout Bench, peer: PeerProfile = PeerProfile(name: "trunk"), hops: [Hop] = [OutgoingTests.target]
    ) throws -> (SIPCallHandle, SIPMessage) {
        let call = OutgoingCall(
            to: .sip(SIPURI(user: "200", host: .ipv4(0xC000_0201))),
            from: NameAddress(uri: .sip(SIPURI(user: "parley", host: .ipv4(0xC000_0202)))), hops: hops, peer: peer,
            local: Bench.local, headers: [("X-Call", "1"), ("X-Bad", "a\r\nb")])
        guard let handle = bench.agent.invite(call, at: bench.now), let invite = bench.drain().first else {
            throw Bench.NoCall()
        }
        return (handle, invite)
    }

    /// A response as the far end writes it.
    private static func response(
        _ status: Int, to request: SIPMessage, tag: String? = "far", fields: [(HeaderName, String)] = [],
        answer: Bool = false
    ) -> [UInt8] {
        var response = request.response(status, tag: tag)
        response.headers.append(.contact, "<sip:200@192.0.2.1:5060>")
        for (name, value) in fields { response.headers.append(name, value) }
        if answer {
            response.headers.append(.contentType, "application/sdp")
            response.body = Bench.octets(Bench.offer.replacing("0 8 101", with: "0 101"))
            response.body.removeLast(response.body.count > 4 ? 4 : 0)
        }
        return response.octets
    }

    @Test("an INVITE carries what it must")
    func invite() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        #expect(invite.maxForwards == 70)
        #expect(invite.vias?.first?.hasUniqueBranch == true)
        #expect(invite.vias?.first?.parameters.contains("rport") == true)
        #expect(invite.remoteTarget?.description == "sip:parley@192.0.2.2:5060")
        #expect(invite.supportedTags.contains("100rel") && invite.supportedTags.contains("timer"))
        #expect(invite.headers["X-Call"] == "1")
        #expect(!invite.headers.contains("X-Bad"))
        #expect(try SessionDescription(parsing: invite.body).media.count == 1)
        #expect(invite.from?.tag.flatMap { Entropy.shard(of: $0) } == 0)
        #expect(invite.callID.flatMap { Entropy.shard(of: $0) } == 0)
        #expect(Screening().verdict(on: invite, tag: "t") == .accept)
    }

    @Test("an unanswered INVITE is resent as timer A says and times out as 408")
    func timeout() throws {
        var bench = Bench()
        _ = try OutgoingTests.place(&bench)
        let sent = bench.run(for: .seconds(40))
        #expect(sent.count == 6)
        #expect(sent.allSatisfy { $0.method == .invite })
        #expect(bench.story == ["ended timeout 102"])
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
    }

    @Test(
        "a final refusal is acknowledged, told with its cause, and acknowledged again when it comes again",
        arguments: [
            (486, "ended refused(status: 486) 17", TransferOutcome.busy),
            (404, "ended refused(status: 404) 1", .failed),
            (603, "ended refused(status: 603) 21", .refused), (302, "ended refused(status: 302) 127", .failed),
            (480, "ended refused(status: 480) 18", .noAnswer),
        ])
    func refused(status: Int, expected: String, outcome: TransferOutcome) throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        let refusal = OutgoingTests.response(status, to: invite)
        let ack = try #require(bench.receive(refusal).first)
        #expect(ack.method == .ack)
        #expect(ack.vias?.first?.branch == invite.vias?.first?.branch)
        #expect(ack.to?.tag == "far")
        #expect(bench.story == [expected])
        #expect(bench.receive(refusal).map(\.method) == [.ack])
        guard case .ended(_, let ending)? = bench.events.last else { return #expect(Bool(false)) }
        #expect(ending.outcome == outcome)
        bench.run(for: .seconds(33))
        #expect(bench.agent.transactionCount == 0)
    }

    @Test("a Reason of Q.850 in a refusal counts more than the status")
    func reason() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(480, to: invite, fields: [(.reason, "Q.850;cause=17;text=\"User busy\"")]))
        #expect(bench.story == ["ended refused(status: 480) 17"])
    }

    @Test("a 200 that comes again is acknowledged again")
    func repeatedOK() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        let ok = OutgoingTests.response(200, to: invite, answer: true)
        let acks = [bench.receive(ok), bench.receive(ok)]
        #expect(acks.map { $0.map(\.method) } == [[.ack], [.ack]])
        #expect(acks[0] == acks[1])
        #expect(acks[0].first?.vias?.first?.branch != invite.vias?.first?.branch)
        #expect(bench.story == ["answered PCMU"])
    }

    @Test("a second fork that answers is acknowledged and hung up")
    func forks() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(180, to: invite, tag: "one"))
        bench.receive(OutgoingTests.response(183, to: invite, tag: "two", answer: true))
        bench.receive(OutgoingTests.response(200, to: invite, tag: "one", answer: true))
        let sent = bench.receive(OutgoingTests.response(200, to: invite, tag: "two", answer: true))
        #expect(sent.map(\.method) == [.ack, .bye])
        #expect(sent.allSatisfy { $0.to?.tag == "two" })
        #expect(bench.story == ["progress 180", "progress 183 media", "answered PCMU"])
    }

    @Test("of an INVITE that forked the first with early media is heard, until one answers or the next target is tried")
    func earlyMedia() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench, hops: [OutgoingTests.target, OutgoingTests.target])
        bench.receive(OutgoingTests.response(180, to: invite, tag: "one"))
        bench.receive(OutgoingTests.response(183, to: invite, tag: "two", answer: true))
        bench.receive(OutgoingTests.response(183, to: invite, tag: "one", answer: true))
        bench.receive(OutgoingTests.response(183, to: invite, tag: "two", answer: true))
        let sent = bench.receive(OutgoingTests.response(503, to: invite, tag: "one"))
        #expect(sent.map(\.method) == [.ack, .invite])
        let next = try #require(sent.last)
        bench.receive(OutgoingTests.response(183, to: next, tag: "three", answer: true))
        bench.receive(OutgoingTests.response(200, to: next, tag: "four", answer: true))
        #expect(
            bench.story == [
                "progress 180", "progress 183 media", "progress 183", "progress 183 media", "progress 183 media",
                "answered PCMU",
            ])
    }

    @Test("a reliable provisional response is acknowledged once, in order")
    func prack() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        let progress = { (rseq: Int) in
            OutgoingTests.response(183, to: invite, fields: [(.require, "100rel"), (.rseq, "\(rseq)")], answer: true)
        }
        let first = bench.receive(progress(10))
        #expect(first.map(\.method) == [.prack])
        #expect(first.first?.rack == RAck(rseq: 10, cseq: CSeq(number: 1, method: .invite)))
        #expect(bench.receive(progress(10)).isEmpty)
        #expect(bench.receive(progress(12)).isEmpty)
        #expect(bench.receive(progress(11)).map(\.method) == [.prack])
        let sent = bench.receive(OutgoingTests.response(200, to: invite, answer: true))
        #expect(sent.map(\.cseq) == [CSeq(number: 1, method: .ack)])
    }

    @Test("a call that is given up is canceled after a provisional response, not before")
    func cancel() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        bench.agent.hangUp(handle, at: bench.now)
        #expect(bench.drain().isEmpty)
        let cancel = try #require(bench.receive(OutgoingTests.response(180, to: invite)).first)
        #expect(cancel.method == .cancel)
        #expect(cancel.vias?.first?.branch == invite.vias?.first?.branch)
        #expect(cancel.cseq?.number == invite.cseq?.number)
        bench.receive(cancel.response(200, tag: "far").octets)
        #expect(bench.receive(OutgoingTests.response(487, to: invite)).map(\.method) == [.ack])
        #expect(bench.story == ["ended local 16"])
        bench.run(for: .seconds(33))
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
    }

    @Test("a far end that rings and then says nothing leaves nothing behind")
    func silentAfterRinging() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(180, to: invite))
        bench.agent.hangUp(handle, at: bench.now)
        bench.drain()
        bench.run(for: .seconds(100))
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
    }

    @Test("an answer that crosses the CANCEL is acknowledged and hung up")
    func cancelRace() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(180, to: invite))
        bench.agent.hangUp(handle, at: bench.now)
        #expect(bench.drain().map(\.method) == [.cancel])
        let sent = bench.receive(OutgoingTests.response(200, to: invite, answer: true))
        #expect(sent.map(\.method) == [.ack, .bye])
        bench.receive(sent[1].response(200, tag: nil).octets)
        #expect(bench.agent.callCount == 0)
        #expect(bench.story == ["progress 180", "ended local 16"])
    }

    @Test("a session timer has no part in a call that ends, however short it is and whatever becomes of the BYE")
    func sessionOfCanceled() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(180, to: invite))
        bench.agent.hangUp(handle, at: bench.now)
        let expires = [(HeaderName.sessionExpires, "30;refresher=uas")]
        let sent = bench.receive(OutgoingTests.response(200, to: invite, fields: expires, answer: true))
        #expect(sent.map(\.method).suffix(2) == [.ack, .bye])
        #expect(bench.run(for: .seconds(60)).allSatisfy { $0.method == .bye || $0.method == .cancel })
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
        #expect(bench.story == ["progress 180", "ended local 16"])
    }

    @Test("a re-INVITE that rings on after the call was hung up is acknowledged for a while, and then given up")
    func ringingAfterBYE() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        let answer = OutgoingTests.response(200, to: invite, answer: true)
        let acknowledgement = try #require(bench.receive(answer).first)
        bench.agent.reoffer(handle, local: Bench.local, at: bench.now)
        let later = try #require(bench.drain().first)
        bench.receive(
            Bench.request(
                "BYE", callID: invite.callID ?? "", fromTag: "far", toTag: acknowledgement.from?.tag, cseq: 1))
        bench.receive(OutgoingTests.response(180, to: later))
        #expect(bench.agent.callCount == 0)
        bench.run(for: .seconds(31))
        let sent = bench.receive(OutgoingTests.response(487, to: later))
        #expect(sent.map(\.method) == [.ack])
        bench.run(for: .seconds(33))
        #expect(bench.agent.transactionCount == 0)
    }

    @Test("an INVITE that rings on without end after its call is gone is forgotten")
    func ringingWithoutEnd() throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(200, to: invite, answer: true))
        bench.agent.reoffer(handle, local: Bench.local, at: bench.now)
        let later = try #require(bench.drain().first)
        bench.agent.hangUp(handle, at: bench.now)
        let bye = try #require(bench.drain().first)
        bench.receive(bye.response(200, tag: nil).octets)
        for _ in 0..<10 {
            bench.receive(OutgoingTests.response(180, to: later))
            bench.run(for: .seconds(4))
        }
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
    }

    @Test("ringing without end is canceled")
    func longRinging() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        bench.receive(OutgoingTests.response(180, to: invite))
        #expect(bench.run(for: .seconds(181)).first?.method == .cancel)
        #expect(bench.story.last == "ended timeout 18")
        bench.run(for: .seconds(100))
        #expect(bench.agent.callCount == 0)
    }

    @Test("the next target is tried after a time-out, a 503 and a broken stream", arguments: [0, 1, 2])
    func failover(kind: Int) throws {
        var bench = Bench(transport: kind == 2 ? .tcp : .udp)
        let second = Hop(kind == 2 ? .tcp : .udp, TransportAddress(ipv4: 0xC000_0209, port: 5_060))
        let first = kind == 2 ? Hop(.tcp, Bench.far) : OutgoingTests.target
        let (_, invite) = try OutgoingTests.place(&bench, hops: [first, second])
        switch kind {
        case 0: bench.run(for: .seconds(31))
        case 1: bench.agent.receive(OutgoingTests.response(503, to: invite), from: bench.hop, at: bench.now)
        default: bench.agent.transportFailed(first, at: bench.now)
        }
        if kind == 0 {
            bench.now += .seconds(1)
            bench.agent.advance(to: bench.now)
        }
        var hops: [Hop] = []
        var branches: [String] = []
        while let message = bench.agent.nextMessage() {
            let parsed = try SIPMessage(parsing: message.octets)
            guard parsed.method == .invite else { continue }
            hops.append(message.hop)
            branches.append(parsed.vias?.first?.branch ?? "")
        }
        #expect(hops == [second])
        #expect(branches.first != invite.vias?.first?.branch)
        #expect(bench.agent.callCount == 1)
    }

    @Test("a challenge is answered with the peer's credentials, three times at most")
    func challenge() throws {
        var bench = Bench()
        let peer = PeerProfile(name: "trunk", credentials: DigestCredentials(username: "u", password: "p", realm: "r"))
        let (_, invite) = try OutgoingTests.place(&bench, peer: peer)
        let challenge = DigestChallenge(realm: "r", nonce: "n1", algorithm: .sha256).description
        let sent = bench.receive(OutgoingTests.response(407, to: invite, fields: [(.proxyAuthenticate, challenge)]))
        #expect(sent.map(\.method) == [.ack, .invite])
        #expect(sent[1].cseq?.number == 2)
        #expect(sent[1].headers[.proxyAuthorization]?.contains("username=\"u\"") == true)
        #expect(sent[1].from?.tag == invite.from?.tag)
        let wrong = DigestChallenge(realm: "r", nonce: "n2", algorithm: .sha256).description
        #expect(
            bench.receive(OutgoingTests.response(407, to: sent[1], fields: [(.proxyAuthenticate, wrong)])).map(\.method)
                == [.ack])
        #expect(bench.story == ["ended refused(status: 407) 21"])
    }

    @Test("credentials go neither to another realm nor to who calls in")
    func digestLeak() throws {
        let peer = PeerProfile(name: "trunk", credentials: DigestCredentials(username: "u", password: "p", realm: "r"))
        var bench = Bench(peer: peer)
        let (_, invite) = try OutgoingTests.place(&bench, peer: peer)
        let other = DigestChallenge(realm: "evil", nonce: "n", algorithm: .sha256).description
        #expect(
            bench.receive(OutgoingTests.response(401, to: invite, fields: [(.wwwAuthenticate, other)])).map(\.method)
                == [.ack])
        var inbound = Bench(peer: peer)
        let (handle, _) = try inbound.established()
        inbound.agent.hangUp(handle, at: inbound.now)
        let bye = try #require(inbound.drain().first)
        var refusal = bye.response(407, tag: nil)
        refusal.headers.append(
            .proxyAuthenticate, DigestChallenge(realm: "r", nonce: "n", algorithm: .sha256).description)
        #expect(inbound.receive(refusal.octets).isEmpty)
    }

    @Test("a 422 is answered with the longer interval")
    func minSE() throws {
        var bench = Bench(configure: { $0.sessionInterval = 100 })
        let (_, invite) = try OutgoingTests.place(&bench)
        let sent = bench.receive(OutgoingTests.response(422, to: invite, fields: [(.minSE, "300")]))
        #expect(sent.map(\.method) == [.ack, .invite])
        #expect(sent[1].headers[.sessionExpires] == "300")
        #expect(sent[1].minSE == 300)
    }

    @Test(
        "routes that a proxy recorded are followed, loose and strict",
        arguments: [
            ("<sip:p1.example.com;lr>", "sip:200@192.0.2.1:5060", ["<sip:p1.example.com;lr>"]),
            ("<sip:p1.example.com>", "sip:p1.example.com", ["<sip:200@192.0.2.1:5060>"]),
            (
                "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>", "sip:200@192.0.2.1:5060",
                ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]
            ),
        ])
    func routes(recorded: String, uri: String, expected: [String]) throws {
        var bench = Bench()
        let (handle, invite) = try OutgoingTests.place(&bench)
        let sent = bench.receive(
            OutgoingTests.response(200, to: invite, fields: [(.recordRoute, recorded)], answer: true))
        bench.agent.hangUp(handle, at: bench.now)
        for request in sent + bench.drain() {
            #expect(request.requestURI?.description == uri)
            #expect(request.routes.map(\.description) == expected)
        }
    }

    @Test("an INVITE of ours that comes back gets 482")
    func loop() throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        var back = invite
        back.headers.replace(.via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKproxy")
        #expect(bench.receive(back.octets).map(\.status) == [482])
    }

    @Test(
        "responses that belong to nothing are dropped",
        arguments: [
            "z9hG4bKnone", "",
        ])
    func stray(branch: String) throws {
        var bench = Bench()
        let (_, invite) = try OutgoingTests.place(&bench)
        var response = invite.response(200, tag: "x")
        response.headers.replace(.via, "SIP/2.0/UDP 192.0.2.2" + (branch.isEmpty ? "" : ";branch=\(branch)"))
        #expect(bench.receive(response.octets).isEmpty)
        var two = invite.response(200, tag: "x")
        two.headers.append(.via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx")
        #expect(bench.receive(two.octets).isEmpty)
        #expect(bench.agent.drops.strayResponses == 2)
        #expect(bench.story.isEmpty)
    }

    @Test("OPTIONS of ours is told when it is answered, and when not")
    func probe() throws {
        var bench = Bench()
        bench.agent.probe(SIPURI(host: .ipv4(0xC000_0201)), via: OutgoingTests.target, at: bench.now)
        let options = try #require(bench.drain().first)
        bench.receive(options.response(200, tag: "x").octets)
        bench.agent.probe(SIPURI(host: .ipv4(0xC000_0201)), via: OutgoingTests.target, at: bench.now)
        let sent = bench.drain() + bench.run(for: .seconds(40))
        #expect(sent.count == 11)
        #expect(bench.story == ["probed 200", "probed 0"])
    }
}
