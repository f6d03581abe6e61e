import SIP
import Telephony
import Testing

@Suite("Calls that come in")
struct IncomingTests {
    @Test("a retransmitted INVITE gets the last response again and offers nothing twice")
    func retransmission() {
        var bench = Bench()
        let invite = Bench.request("INVITE", body: Bench.offer)
        #expect(bench.receive(invite).map(\.status) == [100])
        #expect(bench.receive(invite).map(\.status) == [100])
        if let handle = bench.incoming { bench.agent.ring(handle, at: bench.now) }
        #expect(bench.drain().map(\.status) == [180])
        #expect(bench.receive(invite).map(\.status) == [180])
        #expect(bench.story == ["incoming"])
    }

    @Test("a 200 is resent until its ACK, and a late ACK still makes the call")
    func lateACK() throws {
        var bench = Bench()
        let ok = try bench.answered()
        let again = bench.run(for: .seconds(20))
        #expect(again.count == 7)
        #expect(again.allSatisfy { $0.status == 200 && $0.to?.tag == ok.to?.tag })
        bench.receive(Bench.request("ACK", branch: "z9hG4bKlate", toTag: ok.to?.tag))
        #expect(bench.run(for: .seconds(10)).isEmpty)
        #expect(bench.story == ["incoming", "established PCMU"])
    }

    @Test("without an ACK the call ends after 64 T1, and nothing is left")
    func noACK() throws {
        var bench = Bench()
        _ = try bench.answered()
        let sent = bench.run(for: .seconds(40))
        #expect(sent.contains { $0.method == .bye })
        #expect(bench.story == ["incoming", "ended timeout 102"])
        bench.run(for: .seconds(70))
        #expect(bench.agent.callCount == 0)
        #expect(bench.agent.transactionCount == 0)
    }

    @Test("a hang-up before the ACK waits for it")
    func hangUpBeforeACK() throws {
        var bench = Bench()
        let ok = try bench.answered()
        let handle = try #require(bench.incoming)
        bench.agent.hangUp(handle, at: bench.now)
        #expect(bench.drain().isEmpty)
        let sent = bench.receive(Bench.request("ACK", branch: "z9hG4bKk", toTag: ok.to?.tag))
        #expect(sent.map(\.method) == [.bye])
        #expect(sent.first?.reasons == [.q850(16)])
    }

    @Test("a CANCEL before the answer is answered with 200 and 487")
    func cancel() {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", body: Bench.offer))
        let sent = bench.receive(
            Bench.request(
                "CANCEL", cseqMethod: "CANCEL", headers: ["Reason: SIP;cause=200;text=\"Call completed elsewhere\""]))
        #expect(sent.map(\.status) == [200, 487])
        #expect(bench.story == ["incoming", "ended canceled 16"])
        guard case .ended(_, let ending)? = bench.events.last else { return #expect(Bool(false)) }
        #expect(ending.reasons == [Reason(proto: "SIP", cause: 200, text: "Call completed elsewhere")])
        bench.receive(Bench.request("ACK", toTag: sent[1].to?.tag))
        bench.run(for: .seconds(40))
        #expect(bench.agent.transactionCount == 0)
    }

    @Test("a CANCEL after the answer changes nothing, one for nothing gets 481")
    func lateCancel() throws {
        var bench = Bench()
        _ = try bench.answered()
        #expect(
            bench.receive(Bench.request("CANCEL", branch: "z9hG4bKicall1", cseqMethod: "CANCEL")).map(\.status) == [200]
        )
        #expect(
            bench.receive(Bench.request("CANCEL", branch: "z9hG4bKother", cseqMethod: "CANCEL")).map(\.status) == [481])
        #expect(bench.story == ["incoming"])
    }

    @Test(
        "requests for somebody else's call get 481",
        arguments: [
            ("BYE", "call1", "ft", "wrong"), ("BYE", "call1", "wrong", ""), ("BYE", "other", "ft", ""),
            ("INFO", "call1", "x", ""),
            ("UPDATE", "call1", "x", ""), ("INVITE", "call1", "x", ""), ("REFER", "call1", "x", ""),
            ("NOTIFY", "call1", "x", ""),
        ])
    func foreign(method: String, callID: String, fromTag: String, toTag: String) throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let sent = bench.receive(
            Bench.request(
                method, branch: "z9hG4bKx", callID: callID, fromTag: fromTag, toTag: toTag.isEmpty ? tag : toTag,
                cseq: 9,
                headers: method == "REFER" ? ["Refer-To: <sip:x@y>"] : []))
        #expect(sent.map(\.status) == [481])
        #expect(bench.story == ["incoming", "established PCMU"])
    }

    @Test("a BYE from another peer with the right tags gets 481")
    func otherPeer() throws {
        let attacker = TransportAddress(ipv4: 0xC633_6401, port: 5_060)
        var bench = Bench(configure: { configuration in
            configuration.policy = { hop in .serve(PeerProfile(name: hop.address == attacker ? "other" : "trunk")) }
        })
        let (_, tag) = try bench.established()
        let bye = Bench.request("BYE", branch: "z9hG4bKx", toTag: tag, cseq: 2)
        #expect(bench.receive(bye, from: Hop(.udp, attacker)).map(\.status) == [481])
        #expect(bench.receive(Bench.request("BYE", branch: "z9hG4bKy", toTag: tag, cseq: 2)).map(\.status) == [200])
    }

    @Test("unknown sources get no word")
    func unknown() {
        var bench = Bench(configure: { $0.policy = { _ in .drop } })
        for method in ["INVITE", "OPTIONS", "REGISTER", "BYE", "NONSENSE"] {
            #expect(bench.receive(Bench.request(method)).isEmpty)
        }
        #expect(bench.receive("garbage").isEmpty)
        #expect(bench.agent.drops.unknownPeer == 6)
        #expect(bench.agent.transactionCount == 0)
    }

    @Test("calls that run keep their peer when others are served: what belongs to them is taken, and nothing else")
    func formerPeer() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let ringing = Bench.request("INVITE", branch: "z9hG4bKr", callID: "call2", body: Bench.offer)
        #expect(bench.receive(ringing).map(\.status) == [100])
        bench.agent.serve { _ in .drop }
        #expect(bench.receive(Bench.request("INVITE", branch: "z9hG4bKn", callID: "call3", body: Bench.offer)).isEmpty)
        #expect(bench.receive(Bench.request("OPTIONS", branch: "z9hG4bKo", callID: "call4")).isEmpty)
        let cancel = Bench.request("CANCEL", branch: "z9hG4bKr", callID: "call2", cseqMethod: "CANCEL")
        #expect(bench.receive(cancel).map(\.status) == [200, 487])
        let bye = Bench.request("BYE", branch: "z9hG4bKy", toTag: tag, cseq: 2)
        let stranger = Hop(.udp, TransportAddress(ipv4: 0xC633_6401, port: 5_060))
        #expect(bench.receive(bye, from: stranger).isEmpty)
        #expect(bench.receive(bye).map(\.status) == [200])
        // Its answer may have been lost.
        #expect(bench.receive(bye).map(\.status) == [200])
        #expect(bench.agent.drops.unknownPeer == 3)
        bench.run(for: .seconds(70))
        #expect(bench.agent.callCount == 0)
        #expect(bench.receive(bye).isEmpty)
    }

    @Test("a call stays with its peer when its host belongs to another by then")
    func renamedPeer() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        bench.agent.serve { _ in .serve(PeerProfile(name: "other")) }
        #expect(bench.receive(Bench.request("BYE", branch: "z9hG4bKy", toTag: tag, cseq: 2)).map(\.status) == [200])
    }

    @Test("what a peer answers on a call is heard when nobody is served by then")
    func formerAnswer() throws {
        var bench = Bench()
        let (handle, _) = try bench.established()
        bench.agent.serve { _ in .drop }
        bench.agent.hangUp(handle, at: bench.now)
        let bye = try #require(bench.drain().first)
        let via = try #require(bye.vias?.first)
        bench.receive(
            "SIP/2.0 200 OK\nVia: \(via.description)\nFrom: \(bye.from?.description ?? "")\nTo: \(bye.to?.description ?? "")\nCall-ID: call1\nCSeq: \(bye.cseq?.description ?? "")\nContent-Length: 0"
        )
        #expect(bench.run(for: .seconds(20)).isEmpty)
    }

    @Test("a merged request gets 482")
    func merged() {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", branch: "z9hG4bKway1", body: Bench.offer))
        let sent = bench.receive(Bench.request("INVITE", branch: "z9hG4bKway2", body: Bench.offer))
        #expect(sent.map(\.status) == [482])
        #expect(bench.story == ["incoming"])
    }

    @Test("requests of a dialog out of order get 500")
    func outOfOrder() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        #expect(bench.receive(Bench.request("INFO", branch: "z9hG4bK5", toTag: tag, cseq: 5)).map(\.status) == [200])
        #expect(bench.receive(Bench.request("INFO", branch: "z9hG4bK4", toTag: tag, cseq: 4)).map(\.status) == [500])
    }

    @Test(
        "responses go where RFC 3261 section 18.2.2 and RFC 3581 say",
        arguments: [
            ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", UInt16(9_999), "192.0.2.1:5060", ""),
            (
                "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", 9_999, "192.0.2.1:9999",
                ";rport=9999;received=192.0.2.1"
            ),
            (
                "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport", 9_999, "192.0.2.1:9999",
                ";rport=9999;received=192.0.2.1"
            ),
            ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1", 9_999, "192.0.2.1:5070", ";received=192.0.2.1"),
            ("SIP/2.0/UDP host.example.com;branch=z9hG4bK1", 9_999, "192.0.2.1:5060", ";received=192.0.2.1"),
            ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;maddr=255.255.255.255", 9_999, "192.0.2.1:5060", ""),
            ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;maddr=198.51.100.1;ttl=255", 9_999, "192.0.2.1:5060", ""),
        ])
    func symmetric(via: String, port: UInt16, target: String, added: String) throws {
        var bench = Bench()
        let text = Bench.request("OPTIONS").replacing("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport", with: via)
        bench.agent.receive(
            Array(text.utf8), from: Hop(.udp, TransportAddress(ipv4: 0xC000_0201, port: port)), at: bench.now)
        let sent = bench.agent.nextMessage()
        let message = try #require(sent)
        #expect(message.hop.address.hostAndPort == target)
        let top = try #require(try SIPMessage(parsing: message.octets).vias?.first)
        #expect(top.description.hasSuffix(added))
    }

    @Test(
        "nothing is sent to a broadcast or multicast address or to port 0",
        arguments: [
            TransportAddress(ipv4: 0xFFFF_FFFF, port: 5_060), TransportAddress(ipv4: 0xE000_0001, port: 5_060),
            TransportAddress(ipv4: 0xC000_0201, port: 0), TransportAddress(ipv4: 0, port: 5_060),
            TransportAddress(high: 0xFF02_0000_0000_0000, low: 1, port: 5_060),
        ])
    func unicastOnly(address: TransportAddress) {
        var bench = Bench()
        #expect(bench.receive(Bench.request("OPTIONS"), from: Hop(.udp, address)).isEmpty)
    }

    @Test("names that a peer writes lead nowhere: all that is said to it goes to where it spoke from")
    func names() throws {
        var bench = Bench()
        let invite = Bench.request(
            "INVITE",
            headers: [
                "Route: <sip:route.example;lr>", "Record-Route: <sip:proxy.example;lr>, <sip:edge.example:99;lr>",
            ],
            body: Bench.offer
        ).replacing(
            "Contact: <sip:ann@192.0.2.1:5060>", with: "Contact: <sip:ann@contact.example:7000;maddr=m.example>"
        )
        .replacing("UDP 192.0.2.1:5060;branch", with: "UDP via.example;maddr=maddr.example;received=192.0.2.66;branch")
        bench.agent.receive(Bench.octets(invite), from: bench.hop, at: bench.now)
        var hops: [Hop] = []
        var toTag: String?
        var call: SIPCallHandle?
        func take() {
            while let message = bench.agent.nextMessage() {
                hops.append(message.hop)
                if let sent = try? SIPMessage(parsing: message.octets), sent.status == 200 { toTag = sent.to?.tag }
            }
            while let event = bench.agent.poll() {
                if case .incoming(let handle, _) = event {
                    call = handle
                    _ = try? bench.agent.answer(handle, local: Bench.local, at: bench.now)
                    take()
                }
            }
        }
        take()
        let tag = try #require(toTag)
        let acknowledgement = Bench.request("ACK", branch: "z9hG4bKn", toTag: tag)
        bench.agent.receive(Bench.octets(acknowledgement), from: bench.hop, at: bench.now)
        take()
        bench.agent.hangUp(try #require(call), at: bench.now)
        while let deadline = bench.agent.deadline, deadline < bench.now + .seconds(40) {
            bench.now = max(bench.now, deadline)
            bench.agent.advance(to: bench.now)
            take()
        }
        #expect(hops.count > 8)
        #expect(hops.allSatisfy { $0.address == Bench.far })
    }

    @Test("OPTIONS tells what Parley can do, and 503 while it drains")
    func options() {
        var bench = Bench()
        let ok = bench.receive(Bench.request("OPTIONS")).first
        #expect(ok?.status == 200)
        #expect(ok?.headers.tokens(.allow).contains("INVITE") == true)
        #expect(ok?.headers.tokens(.supported).contains("100rel") == true)
        #expect(ok?.headers[.accept] == "application/sdp")
        bench.agent.isDraining = true
        let busy = bench.receive(Bench.request("OPTIONS", branch: "z9hG4bKb", cseq: 2)).first
        #expect(busy?.status == 503)
        #expect(busy?.retryAfter == 5)
    }

    @Test("past the limit of calls an INVITE gets 503 with Retry-After, and running calls go on")
    func overload() throws {
        var bench = Bench(configure: { $0.maximumCalls = 1 })
        let (_, tag) = try bench.established()
        let sent = bench.receive(Bench.request("INVITE", branch: "z9hG4bK2", callID: "call2", body: Bench.offer))
        #expect(sent.map(\.status) == [503])
        #expect(sent.first?.retryAfter == 5)
        #expect(bench.receive(Bench.request("BYE", branch: "z9hG4bK3", toTag: tag, cseq: 2)).map(\.status) == [200])
    }

    @Test("a late offer is made in the 200 and answered in the ACK", arguments: [true, false])
    func lateOffer(ackHasAnswer: Bool) throws {
        var bench = Bench()
        let ok = try bench.answered(body: nil)
        let offer = try SessionDescription(parsing: ok.body)
        #expect(offer.media.first?.formats.prefix(3) == ["0", "8", "9"])
        let sent = bench.receive(
            Bench.request("ACK", branch: "z9hG4bKk", toTag: ok.to?.tag, body: ackHasAnswer ? Bench.offer : nil))
        if ackHasAnswer {
            #expect(bench.story == ["incoming", "established PCMU"])
        } else {
            #expect(sent.map(\.method) == [.bye])
            #expect(bench.story == ["incoming", "ended media 65"])
        }
    }

    @Test(
        "an offer without a common codec gets 488, a broken one 400",
        arguments: [
            ("m=audio 10000 RTP/AVP 18", 488), ("m=audio 10000 RTP/AVP 300", 400), ("m=audio", 400),
            (String(repeating: "m=audio 10000 RTP/AVP 0\n", count: 17), 488),
        ])
    func badOffers(line: String, status: Int) {
        var bench = Bench()
        let body = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n\(line)\n"
        #expect(bench.receive(Bench.request("INVITE", body: body)).map(\.status) == [status])
        #expect(bench.incoming == nil)
    }

    @Test(
        "an offer that cannot be used is refused with a warning that says why, and a call that is up goes on",
        arguments: [
            ("m=audio 10000 RTP/AVP 0\nc=ATM NSAP 47", 300), ("m=audio 10000 RTP/AVP 0\nc=IN IP6 2001:db8::1", 301),
            ("m=audio 10000 RTP/AVP 0\nc=IN X121 1", 301), ("m=audio 10000 UDP/TLS/RTP/SAVPF 0", 302),
            ("m=video 10000 RTP/AVP 31", 304), ("m=audio 10000 RTP/AVP 18", 305),
            ("m=audio 10000 RTP/AVP 0\nc=IN IP4 239.1.2.3", 330), ("m=audio 10000 RTP/AVP 0\nc=IN IP4 h.example", 399),
        ])
    func warnings(line: String, code: Int) throws {
        var peer = PeerProfile(name: "trunk")
        peer.media.families = [.ipv4]
        var bench = Bench(peer: peer)
        let body = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n\(line)\n"
        func isWarned(_ sent: [SIPMessage]) -> Bool {
            sent.map(\.status) == [488] && sent[0].headers[.warning]?.hasPrefix("\(code) parley \"") == true
        }
        #expect(isWarned(bench.receive(Bench.request("INVITE", branch: "z9hG4bKn", callID: "new", body: body))))
        #expect(bench.incoming == nil)
        let (_, tag) = try bench.established()
        let later = { Bench.request($0, branch: "z9hG4bK\($0)", toTag: tag, cseq: $1, body: body) }
        #expect(isWarned(bench.receive(later("INVITE", 2))))
        #expect(isWarned(bench.receive(later("UPDATE", 3))))
        #expect(bench.story == ["incoming", "established PCMU"])
    }

    @Test(
        "an INVITE has one Contact, wants a description, and has one of the session",
        arguments: [
            ("Contact: <sip:b@192.0.2.1>", 400), ("Accept: text/plain, application/sdp;q=0.0", 406),
            ("Accept: application/sdp;q=0.1", 100), ("Content-Disposition: render", 415),
            ("Content-Disposition: Session;handling=required", 100),
        ])
    func unusualInvites(field: String, status: Int) {
        var bench = Bench()
        let sent = bench.receive(Bench.request("INVITE", headers: [field], body: Bench.offer))
        #expect(sent.first?.status == status)
        #expect((bench.incoming != nil) == (status == 100))
    }

    @Test("a description that is not of the session and may be passed over is no offer")
    func otherDescription() throws {
        var bench = Bench()
        let field = "Content-Disposition: early-session;handling=optional"
        bench.receive(Bench.request("INVITE", headers: [field], body: Bench.offer))
        guard case .incoming(_, let call)? = bench.events.last else { throw Bench.NoCall() }
        #expect(call.isLateOffer)
    }

    @Test("header fields go both ways as data")
    func headers() throws {
        var bench = Bench()
        bench.receive(
            Bench.request(
                "INVITE",
                headers: [
                    "X-Account: 4711", "P-Asserted-Identity: \"Ann\" <sip:+15551000@trunk.example>, <tel:+15551000>",
                    "Diversion: <sip:+15552000@x>;reason=unconditional",
                    "User-to-User: 56a390f3d2b7310023a2;encoding=hex;purpose=foo",
                    "Referred-By: <sip:boss@x>", "History-Info: <sip:a@x>;index=1",
                ], body: Bench.offer))
        guard case .incoming(let handle, let call)? = bench.events.first else { return #expect(Bool(false)) }
        #expect(call.request.headers["x-account"] == "4711")
        #expect(call.request.assertedIdentities.map { $0.uri.user } == ["+15551000", "+15551000"])
        #expect(call.request.diversions.first?.parameters.value("reason") == "unconditional")
        #expect(
            call.request.userToUser == [UserToUser(content: "56a390f3d2b7310023a2", encoding: "hex", purpose: "foo")])
        #expect(call.request.referredBy?.uri.user == "boss")
        #expect(call.request.historyInfo.count == 1)
        try bench.agent.answer(
            handle, local: Bench.local, headers: [("X-Queue", "7"), ("X-Evil", "a\r\nX-More: 1")], at: bench.now)
        let ok = bench.drain().first { $0.status == 200 }
        #expect(ok?.headers["X-Queue"] == "7")
        #expect(ok?.headers.contains("X-More") == false)
        #expect(ok?.headers.contains("X-Evil") == false)
    }

    @Test(
        "keys by INFO are told",
        arguments: [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "digit 5 160"),
            ("application/dtmf-relay", "Signal= *\r\n", "digit * 0"),
            ("application/dtmf-relay", "Signal=11\nDuration=x", "digit # 0"), ("application/dtmf", "7", "digit 7 0"),
            ("application/dtmf", "", "info"), ("application/dtmf-relay", "Signal=\u{0}", "info"),
            ("text/plain", "5", "info"),
        ])
    func keys(type: String, body: String, expected: String) throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let text = Bench.request("INFO", branch: "z9hG4bKn", toTag: tag, cseq: 2, headers: ["Content-Type: \(type)"])
            .replacing("Content-Length: 0", with: "Content-Length: \(body.utf8.count)")
        #expect(bench.receive(Array((text + body).utf8)).map(\.status) == [200])
        #expect(bench.story.last == expected)
    }

    @Test(
        "hold and resume by re-INVITE are answered, whichever way they are written",
        arguments: [
            ("a=sendonly", "192.0.2.1", "recvonly", false), ("a=inactive", "192.0.2.1", "inactive", true),
            ("a=sendrecv", "0.0.0.0", "sendrecv", true),
        ])
    func hold(attribute: String, address: String, direction: String, isMute: Bool) throws {
        var bench = Bench()
        let (handle, tag) = try bench.established()
        let held = Bench.offer.replacing("c=IN IP4 192.0.2.1", with: "c=IN IP4 \(address)") + attribute + "\n"
        let ok = bench.receive(Bench.request("INVITE", branch: "z9hG4bKh", toTag: tag, cseq: 2, body: held)).first
        #expect(ok?.status == 200)
        #expect(try SessionDescription(parsing: ok?.body ?? []).media.first?.attribute(direction) != nil)
        bench.receive(Bench.request("ACK", branch: "z9hG4bKhk", toTag: tag, cseq: 2))
        #expect(bench.agent.media(of: handle)?.isHeld == (isMute || direction == "recvonly"))
        let back = bench.receive(Bench.request("INVITE", branch: "z9hG4bKr", toTag: tag, cseq: 3, body: Bench.offer))
            .first
        #expect(back?.status == 200)
        bench.receive(Bench.request("ACK", branch: "z9hG4bKrk", toTag: tag, cseq: 3))
        #expect(bench.agent.media(of: handle)?.isHeld == false)
        #expect(bench.run(for: .seconds(40)).isEmpty)
    }

    @Test("a re-INVITE while ours is open gets 491, a second of theirs 500 with Retry-After")
    func glare() throws {
        var bench = Bench()
        let (handle, tag) = try bench.established()
        bench.agent.reoffer(handle, local: Bench.local, at: bench.now)
        #expect(bench.drain().map(\.method) == [.invite])
        #expect(
            bench.receive(Bench.request("INVITE", branch: "z9hG4bKg", toTag: tag, cseq: 2, body: Bench.offer)).map(
                \.status) == [491])
        var other = Bench()
        let (_, otherTag) = try other.established()
        other.receive(Bench.request("INVITE", branch: "z9hG4bKg", toTag: otherTag, cseq: 2, body: Bench.offer))
        let second = other.receive(
            Bench.request("INVITE", branch: "z9hG4bKg2", toTag: otherTag, cseq: 3, body: Bench.offer))
        #expect(second.map(\.status) == [500])
        #expect(second.first?.retryAfter.map { $0 <= 10 } == true)
    }

    @Test("an UPDATE with an offer is answered, without one it only refreshes")
    func update() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let offered = bench.receive(Bench.request("UPDATE", branch: "z9hG4bKu", toTag: tag, cseq: 2, body: Bench.offer))
            .first
        #expect(offered?.status == 200)
        #expect(offered?.body.isEmpty == false)
        let plain = bench.receive(Bench.request("UPDATE", branch: "z9hG4bKv", toTag: tag, cseq: 3)).first
        #expect(plain?.status == 200)
        #expect(plain?.body.isEmpty == true)
        #expect(bench.story == ["incoming", "established PCMU", "media sendrecv"])
    }

    @Test("early media go out in a 183, reliably where the peer asks for it")
    func prack() throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", headers: ["Require: 100rel"], body: Bench.offer))
        let handle = try #require(bench.incoming)
        #expect(bench.agent.progress(handle, local: Bench.local, at: bench.now)?.format == .pcmu)
        let progress = try #require(bench.drain().first)
        #expect(progress.status == 183)
        #expect(progress.requiredTags == ["100rel"])
        let rseq = try #require(progress.rseq)
        #expect(bench.run(for: .milliseconds(1_600)).map(\.status) == [183, 183])
        try bench.agent.answer(handle, local: Bench.local, at: bench.now)
        #expect(bench.drain().isEmpty, "the answer waits for the PRACK")
        let tag = progress.to?.tag
        let wrong = bench.receive(
            Bench.request("PRACK", branch: "z9hG4bKp0", toTag: tag, cseq: 2, headers: ["RAck: \(rseq &+ 5) 1 INVITE"]))
        #expect(wrong.map(\.status) == [481])
        let right = bench.receive(
            Bench.request("PRACK", branch: "z9hG4bKp", toTag: tag, cseq: 3, headers: ["RAck: \(rseq) 1 INVITE"]))
        #expect(right.map(\.status) == [200, 200])
        bench.receive(Bench.request("ACK", branch: "z9hG4bKk", toTag: tag))
        #expect(bench.story == ["incoming", "established PCMU"])
    }

    @Test("a session that expires while its answer still waits for the ACK ends when the answer is given up")
    func sessionBeforeACK() throws {
        var bench = Bench()
        bench.receive(
            Bench.request(
                "INVITE", headers: ["Require: 100rel", "Supported: timer", "Session-Expires: 90;refresher=uac"],
                body: Bench.offer))
        let handle = try #require(bench.incoming)
        bench.agent.progress(handle, local: Bench.local, at: bench.now)
        let progress = try #require(bench.drain().first)
        try bench.agent.answer(handle, local: Bench.local, at: bench.now)
        bench.run(for: .seconds(31))
        let rack = "RAck: \(progress.headers[.rseq] ?? "") 1 INVITE"
        let sent = bench.receive(
            Bench.request("PRACK", branch: "z9hG4bKp", toTag: progress.to?.tag, cseq: 2, headers: [rack]))
        #expect(sent.map(\.status) == [200, 200])
        #expect(bench.run(for: .seconds(40)).contains { $0.method == .bye })
        #expect(bench.story == ["incoming", "ended timeout 102"])
        bench.run(for: .seconds(40))
        #expect(bench.agent.callCount == 0 && bench.agent.transactionCount == 0)
    }

    @Test(
        "an UPDATE with an offer waits until the offer of the INVITE was answered reliably", arguments: [true, false])
    func earlyUpdate(isReliable: Bool) throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", headers: isReliable ? ["Require: 100rel"] : [], body: Bench.offer))
        let handle = try #require(bench.incoming)
        bench.agent.progress(handle, local: Bench.local, at: bench.now)
        let progress = try #require(bench.drain().last)
        let tag = progress.to?.tag
        if isReliable {
            let rseq = progress.headers[.rseq] ?? ""
            bench.receive(
                Bench.request("PRACK", branch: "z9hG4bKp", toTag: tag, cseq: 2, headers: ["RAck: \(rseq) 1 INVITE"]))
        }
        let held = Bench.offer + "a=sendonly\n"
        let answer = try #require(
            bench.receive(Bench.request("UPDATE", branch: "z9hG4bKu", toTag: tag, cseq: 3, body: held)).first)
        #expect(answer.status == (isReliable ? 200 : 500))
        #expect(answer.headers.contains(.retryAfter) != isReliable)
        try bench.agent.answer(handle, local: Bench.local, at: bench.now)
        let ok = bench.drain().first { $0.status == 200 }
        #expect(ok?.body.isEmpty == isReliable)
        bench.receive(Bench.request("ACK", branch: "z9hG4bKa", toTag: tag))
        let later = bench.receive(Bench.request("UPDATE", branch: "z9hG4bKv", toTag: tag, cseq: 4, body: held))
        #expect(later.first?.status == 200)
        #expect(bench.agent.media(of: handle)?.direction == .receiveOnly)
    }

    @Test("what a proxy is to know is nothing to a user agent")
    func proxyRequire() {
        var bench = Bench()
        #expect(bench.receive(Bench.request("OPTIONS", headers: ["Proxy-Require: nobody"])).map(\.status) == [200])
        let refused = bench.receive(
            Bench.request("OPTIONS", branch: "z9hG4bKr", cseq: 2, headers: ["Require: nobody", "Proxy-Require: x"]))
        #expect(refused.map(\.status) == [420])
        #expect(refused.first?.headers[.unsupported] == "nobody")
    }

    @Test("the 200 repeats the answer of an unreliable 183")
    func earlyAnswer() throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", body: Bench.offer))
        let handle = try #require(bench.incoming)
        bench.agent.progress(handle, local: Bench.local, at: bench.now)
        let progress = bench.drain().first
        #expect(progress?.status == 183)
        #expect(progress?.headers.contains(.rseq) == false)
        try bench.agent.answer(handle, local: Bench.local, at: bench.now)
        #expect(bench.drain().first?.body == progress?.body)
    }

    @Test("a reliable 183 without a PRACK is refused after 64 T1")
    func noPrack() throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", headers: ["Supported: 100rel"], body: Bench.offer))
        bench.agent.progress(try #require(bench.incoming), local: Bench.local, at: bench.now)
        #expect(bench.run(for: .seconds(33)).contains { $0.status == 504 })
        #expect(bench.agent.callCount == 0)
    }

    @Test(
        "session timers are negotiated (RFC 4028)",
        arguments: [
            (["Supported: timer", "Session-Expires: 60"], 422, ""),
            (["Supported: timer", "Session-Expires: 600"], 200, "600;refresher=uac"),
            (["Supported: timer", "Session-Expires: 600;refresher=uas"], 200, "600;refresher=uas"),
            (["Supported: timer"], 200, "1800;refresher=uac"), ([], 200, "1800;refresher=uas"),
            (["Supported: timer", "Session-Expires: 100", "Min-SE: 400"], 200, "400;refresher=uac"),
        ])
    func sessionTimer(headers: [String], status: Int, value: String) throws {
        var bench = Bench()
        bench.receive(Bench.request("INVITE", headers: headers, body: Bench.offer))
        guard let handle = bench.incoming else {
            #expect(status == 422)
            return
        }
        try bench.agent.answer(handle, local: Bench.local, at: bench.now)
        let ok = bench.drain().first { $0.status == 200 }
        #expect(ok?.headers[.sessionExpires] == value)
    }

    @Test("a session that nobody refreshes ends in time, and one that we refresh goes on")
    func sessionExpiry() throws {
        var bench = Bench()
        _ = try bench.established(headers: ["Supported: timer", "Session-Expires: 90"])
        #expect(bench.run(for: .seconds(70)).first?.method == .bye)
        #expect(bench.story.last == "ended sessionExpired 102")
        var ours = Bench()
        let (_, tag) = try ours.established(
            headers: ["Supported: timer", "Session-Expires: 90;refresher=uas", "Allow: INVITE, UPDATE"])
        let update = try #require(ours.run(for: .seconds(46)).first)
        #expect(update.method == .update)
        var ok = update.response(200, tag: tag)
        ok.headers.append(.sessionExpires, "90;refresher=uac")
        ours.receive(ok.octets)
        #expect(ours.run(for: .seconds(46)).first?.method == .update)
        #expect(ours.story.last == "established PCMU")
    }

    @Test("Replaces finds the call it names", arguments: [(true, ""), (false, "403")])
    func replaces(isAllowed: Bool, refusal: String) throws {
        var bench = Bench(peer: PeerProfile(name: "trunk", allowsReplaces: isAllowed))
        let (first, tag) = try bench.established()
        let header = { (to: String) in "Replaces: call1;to-tag=\(to);from-tag=ft" }
        let sent = bench.receive(
            Bench.request("INVITE", branch: "z9hG4bKr", callID: "new", headers: [header(tag)], body: Bench.offer))
        guard isAllowed else {
            #expect(sent.map(\.status) == [Int(refusal)])
            return
        }
        guard case .incoming(_, let call)? = bench.events.last else { return #expect(Bool(false)) }
        #expect(call.replaces == first)
        let missing = bench.receive(
            Bench.request("INVITE", branch: "z9hG4bKs", callID: "n2", headers: [header("no")], body: Bench.offer))
        #expect(missing.map(\.status) == [481])
        let early = bench.receive(
            Bench.request(
                "INVITE", branch: "z9hG4bKt", callID: "n3", headers: [header(tag) + ";early-only"], body: Bench.offer))
        #expect(early.map(\.status) == [486])
    }

    @Test("a peer with credentials to give is challenged, and served when they are right")
    func authentication() throws {
        let server = DigestServer(realm: "parley", key: [UInt8](repeating: 1, count: 32), passwords: ["ann": "secret"])
        var bench = Bench(peer: PeerProfile(name: "phones", authentication: server))
        let challenged = try #require(bench.receive(Bench.request("INVITE", body: Bench.offer)).first)
        #expect(challenged.status == 401)
        #expect(challenged.headers.values(.wwwAuthenticate).count == 2)
        #expect(bench.incoming == nil)
        bench.receive(Bench.request("ACK", toTag: challenged.to?.tag))
        var client = DigestClient(DigestCredentials(username: "ann", password: "secret"))
        var entropy = Entropy(SeededGenerator(seed: 1))
        let request = try SIPMessage(
            parsing: Bench.octets(Bench.request("INVITE", branch: "z9hG4bKb", cseq: 2, body: Bench.offer)))
        guard case .retry(let name, let value) = client.answer(challenged, to: request, entropy: &entropy) else {
            return #expect(Bool(false))
        }
        bench.receive(
            Bench.request("INVITE", branch: "z9hG4bKb", cseq: 2, headers: ["\(name): \(value)"], body: Bench.offer))
        #expect(bench.story == ["incoming"])
    }

    @Test("who may is as the trunk has it now: a password that was taken away does not do, and a nonce counts once")
    func changedPassword() throws {
        /// What the trunk has at the moment.
        final class Trunk: @unchecked Sendable { var passwords = ["ann": "secret"] }
        let trunk = Trunk()
        var bench = Bench { configuration in
            configuration = UserAgentConfiguration(
                advertised: configuration.advertised, registrar: Registrar(maximumAddresses: 10),
                policy: { _ in
                    let server = DigestServer(
                        realm: "parley", key: [UInt8](repeating: 1, count: 32), passwords: trunk.passwords)
                    return .serve(PeerProfile(name: "phones", authentication: server))
                })
        }
        func register(_ branch: String, _ cseq: Int, _ headers: [String] = []) -> String {
            Bench.request("REGISTER", uri: "sip:192.0.2.2", branch: branch, cseq: cseq, headers: headers)
        }
        let challenged = try #require(bench.receive(register("z9hG4bK1", 1)).first)
        var entropy = Entropy(SeededGenerator(seed: 1))
        /// What a client that begins anew answers to that challenge.
        func answer() throws -> String {
            var client = DigestClient(DigestCredentials(username: "ann", password: "secret"))
            let request = try SIPMessage(parsing: Bench.octets(register("z9hG4bK2", 2)))
            guard case .retry(let name, let value) = client.answer(challenged, to: request, entropy: &entropy) else {
                return ""
            }
            return "\(name): \(value)"
        }
        let right = try answer()
        #expect(bench.receive(register("z9hG4bK2", 2, [right])).map(\.status) == [200])
        #expect(bench.receive(register("z9hG4bK3", 3, [right])).map(\.status) == [401], "the same nonce and count")
        let fresh = try #require(bench.receive(register("z9hG4bK4", 4)).first)
        #expect(fresh.status == 401)
        trunk.passwords = ["ann": "another"]
        bench.run(for: .seconds(1))
        let new = try #require(bench.receive(register("z9hG4bK5", 5)).first)
        var client = DigestClient(DigestCredentials(username: "ann", password: "secret"))
        let request = try SIPMessage(parsing: Bench.octets(register("z9hG4bK6", 6)))
        guard case .retry(let name, let value) = client.answer(new, to: request, entropy: &entropy) else {
            return #expect(Bool(false))
        }
        #expect(bench.receive(register("z9hG4bK6", 6, ["\(name): \(value)"])).map(\.status) == [401], "what it was")
        trunk.passwords = ["ann": "secret"]
        #expect(bench.receive(register("z9hG4bK7", 7, [right])).map(\.status) == [401], "no change makes it new")
    }

    @Test("a re-INVITE with a codec of another rate alone is refused, and the call goes on")
    func otherRate() throws {
        var bench = Bench()
        let (_, tag) = try bench.established()
        let opus = Bench.offer.replacing("RTP/AVP 0 8 101", with: "RTP/AVP 111")
            .replacing("a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15", with: "a=rtpmap:111 opus/48000/2")
        let answers = bench.receive(
            Bench.request("INVITE", branch: "z9hG4bKr", toTag: tag, cseq: 2, body: opus))
        #expect(answers.last?.status == 488)
        bench.receive(Bench.request("ACK", branch: "z9hG4bKr", toTag: tag, cseq: 2, cseqMethod: "ACK"))
        bench.run(for: .seconds(60))
        #expect(bench.story == ["incoming", "established PCMU"])
        #expect(bench.agent.callCount == 1)
    }
}
