import CallControl
import SIP
import Telephony
import Testing

/// REFER both ways, with and without Replaces, played by hand in virtual time.
@Suite("Transfers by REFER")
struct ReferralTests {
    private static func desk(
        takes: Bool = true, ofCallers: Bool = false, out: TransferRules.Referral = .off,
        allowed: [String] = ["+1555*", "*@127.0.0.3"]
    ) throws -> Desk {
        var rules = TransferRules()
        rules.takesRefer = takes
        rules.takesReferOfCallers = ofCallers
        rules.referral = out
        return try Desk(rules, allowed: allowed)
    }

    // MARK: - In

    @Test(
        "an agent's phone refers the caller to somebody else, is told how it goes, and is let go when that one answers")
    func blindIn() throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(
            agent.request(
                "REFER",
                headers: [
                    "Refer-To: <sip:carol@127.0.0.3;transport=udp;ob?X-Ticket=7%2F1&From=evil&User-to-User=ab12>",
                    "Referred-By: <sip:bob@127.0.0.2>;x-token=1",
                ]), from: Desk.gateway)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.description == "sip:carol@127.0.0.3;transport=udp")
        #expect(invite.headers["X-Ticket"] == "7/1")
        #expect(invite.headers[.userToUser] == "ab12")
        #expect(invite.headers[.referredBy] == "<sip:bob@127.0.0.2>;x-token=1")
        #expect(invite.from?.uri.user == "+15550199" && !invite.headers.contains(.replaces))
        try desk.answerAgent(180, tag: "carol")
        #expect(desk.service.statuses.contains(202))
        try desk.answerAgent(200, tag: "carol")
        #expect(desk.reports == ["100 Trying", "180 Ringing", "200 OK"])
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == agent.callID)
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("a transfer with consultation by the phone calls the third party in the place of the phone's own call")
    func attendedIn() throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(
            agent.request(
                "REFER",
                headers: ["Refer-To: <sip:carol@127.0.0.3?Replaces=77%40b%3Bto-tag%3Dc1%3Bfrom-tag%3Db1>"]),
            from: Desk.gateway)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.replaces == Replaces(callID: "77@b", toTag: "c1", fromTag: "b1"))
        #expect(invite.headers[.require] == "replaces")
        try desk.answerAgent(200, tag: "carol")
        #expect(desk.reports == ["100 Trying", "200 OK"])
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == agent.callID)
    }

    @Test("a phone that refers with Replaces to a call which is over is told that it is: 481, as the far end says")
    func attendedInToNobody() throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.receive(
            agent.request(
                "REFER",
                headers: ["Refer-To: <sip:carol@127.0.0.3?Replaces=77%40b%3Bto-tag%3Dc1%3Bfrom-tag%3Db1>"]),
            from: Desk.gateway)
        try desk.answerAgent(481, tag: "carol")
        #expect(desk.reports == ["100 Trying", "481 Call/Transaction Does Not Exist"])
        #expect(!desk.service.messages.contains { $0.method == .bye })
    }

    @Test("a phone whose target rings for too long has no status of a far end to be told: 480")
    func targetSilent() throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.receive(
            agent.request("REFER", headers: ["Refer-To: <sip:carol@127.0.0.3>"]), from: Desk.gateway)
        try desk.answerAgent(180, tag: "carol")
        desk.service.run(for: .seconds(40))
        // Again and again, as the phone says nothing to them.
        #expect(Set(desk.reports) == ["100 Trying", "180 Ringing", "480 Temporarily Unavailable"])
    }

    @Test(
        "a phone whose target does not come is told by which status, and has the caller back",
        arguments: [
            (486, "486 Busy Here"), (603, "603 Decline"), (404, "404 Not Found"), (503, "503 Service Unavailable"),
            (480, "480 Temporarily Unavailable"), (600, "600 Busy Everywhere"),
        ])
    func targetRefuses(status: Int, report: String) throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.receive(
            agent.request("REFER", headers: ["Refer-To: <sip:carol@127.0.0.3>"]), from: Desk.gateway)
        try desk.answerAgent(180, tag: "carol")
        try desk.answerAgent(status, tag: "carol")
        #expect(desk.reports == ["100 Trying", "180 Ringing", report])
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        #expect(desk.service.takeDestinations().isSuperset(of: [Exchange.media, Desk.agentMedia]))
        #expect(!desk.service.messages.contains { $0.method == .bye })
    }

    @Test("a REFER to somebody who may not be called, or where the trunk takes none, or of the caller's is refused")
    func refusedIn() throws {
        var desk = try ReferralTests.desk()
        try desk.bridge()
        let agent = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(agent.request("REFER", headers: ["Refer-To: <sip:+4420@9.9.9.9>"]), from: Desk.gateway)
        #expect(desk.service.statuses == [403] && !desk.service.messages.contains { $0.method == .invite })
        desk.service.receive(desk.callerDialog().request("REFER", cseq: 2, headers: ["Refer-To: <sip:x@127.0.0.3>"]))
        #expect(desk.service.statuses == [403, 603])
        var other = try ReferralTests.desk(takes: false)
        try other.bridge()
        let dialog = try other.agentDialog()
        other.service.forget()
        other.service.receive(dialog.request("REFER", headers: ["Refer-To: <sip:x@127.0.0.3>"]), from: Desk.gateway)
        #expect(other.service.statuses == [603])
    }

    @Test(
        "a REFER reaches a phone that registered with another shard, by its address and by where it is",
        arguments: ["sip:carol@example.com", "sip:c7@127.0.0.3:5090;transport=udp"])
    func phoneOfAnotherShard(target: String) throws {
        var rules = TransferRules()
        rules.takesRefer = true
        var desk = try Desk(rules, servesPhones: true)
        try desk.bridge()
        let uri = try #require(AnyURI("sip:c7@127.0.0.3:5090"))
        let hop = Hop(.udp, TransportAddress(ipv4: 0x7F00_0003, port: 5_090))
        desk.service.give(
            .signalling(.phone(address: "carol@example.com", [PhoneContact(uri: uri, hop: hop)])))
        let agent = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(agent.request("REFER", headers: ["Refer-To: <\(target)>"]), from: Desk.gateway)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.description == "sip:c7@127.0.0.3:5090")
        #expect(desk.service.statuses.contains(202))
        // It is gone.
        desk.service.give(.signalling(.phone(address: "carol@example.com", [])))
        try desk.answerAgent(486, tag: "carol")
        desk.service.forget()
        desk.service.receive(
            agent.request("REFER", cseq: 2, headers: ["Refer-To: <\(target)>"]), from: Desk.gateway)
        #expect(!desk.service.messages.contains { $0.method == .invite })
    }

    // MARK: - Of callers

    private static let carolsMedia = TransportAddress(ipv4: 0x7F00_0003, port: 7_200)

    /// Carol's phone answers the INVITE that came last.
    private static func carolAnswers(_ status: Int, _ desk: inout Desk) throws {
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        var response = invite.response(status, tag: "carol")
        response.headers.append(.contact, "<sip:carol@127.0.0.3:5090>")
        if status == 200 {
            response.headers.append(.contentType, "application/sdp")
            response.body = Array(Exchange.offer(address: "127.0.0.3", port: 7_200).utf8)
        }
        desk.service.receive(response.octets, from: Desk.gateway)
    }

    @Test(
        "where the trunk says so a caller's REFER brings another into the caller's place, blindly or for a call that was held",
        arguments: ["sip:carol@127.0.0.3", "sip:carol@127.0.0.3?Replaces=77%40b%3Bto-tag%3Dc1%3Bfrom-tag%3Db1"])
    func callerRefers(target: String) throws {
        var desk = try ReferralTests.desk(ofCallers: true)
        try desk.bridge()
        let caller = desk.callerDialog()
        let agent = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(caller.request("REFER", cseq: 2, headers: ["Refer-To: <\(target)>"]))
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.user == "carol")
        #expect((invite.replaces == nil) != target.contains("Replaces"))
        try ReferralTests.carolAnswers(180, &desk)
        #expect(!desk.service.messages.contains { $0.method == .bye })
        try ReferralTests.carolAnswers(200, &desk)
        #expect(desk.reports == ["100 Trying", "180 Ringing", "200 OK"])
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == "a")
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        let destinations = desk.service.takeDestinations()
        #expect(destinations.isSuperset(of: [ReferralTests.carolsMedia, Desk.agentMedia]))
        #expect(!destinations.contains(Exchange.media))
        // Carol is the caller now: her BYE ends the call.
        let carol = try desk.agentDialog()
        #expect(carol.callID == invite.callID && carol.callID != agent.callID)
        desk.service.receive(carol.request("BYE", cseq: 3), from: Desk.gateway)
        desk.service.run(for: .milliseconds(100))
        #expect(desk.service.ended()?.by == .caller)
        #expect(desk.service.messages.contains { $0.method == .bye && $0.callID == agent.callID })
        #expect(desk.service.switchboard.callCount == 0)
    }

    @Test(
        "a caller who hangs up at once after the REFER is waited for by nobody: the one who was named comes",
        arguments: [200, 486])
    func callerRefersAndLeaves(status: Int) throws {
        var desk = try ReferralTests.desk(ofCallers: true)
        try desk.bridge()
        let caller = desk.callerDialog()
        desk.service.receive(caller.request("REFER", cseq: 2, headers: ["Refer-To: <sip:carol@127.0.0.3>"]))
        try ReferralTests.carolAnswers(180, &desk)
        desk.service.receive(caller.request("BYE", cseq: 3))
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(2))
        #expect(desk.service.switchboard.callCount == 1)
        #expect(!desk.service.takeDestinations().contains(Exchange.media))
        try ReferralTests.carolAnswers(status, &desk)
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == (status == 200 ? 1 : 0))
        if status == 200 {
            #expect(desk.service.takeDestinations().isSuperset(of: [ReferralTests.carolsMedia, Desk.agentMedia]))
        } else {
            #expect(desk.service.ended()?.by == .caller)
        }
        desk.service.run(for: .seconds(40))
        // Every port is back: as many calls come as there are ports.
        let before = desk.service.opened.count - desk.service.closed.count
        #expect(before == (status == 200 ? 4 : 0))
    }

    @Test("whom a caller may name is ruled by the list, and the caller stays")
    func callerMayNot() throws {
        var desk = try ReferralTests.desk(ofCallers: true)
        try desk.bridge()
        desk.service.forget()
        desk.service.receive(
            desk.callerDialog().request("REFER", cseq: 2, headers: ["Refer-To: <sip:+4420@9.9.9.9>"]))
        #expect(desk.service.statuses == [403] && !desk.service.messages.contains { $0.method == .invite })
        desk.service.receive(
            desk.callerDialog().request("REFER", cseq: 3, headers: ["Refer-To: <sip:carol@127.0.0.3>"]))
        try ReferralTests.carolAnswers(486, &desk)
        #expect(desk.reports == ["100 Trying", "486 Busy Here"])
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        let destinations = desk.service.takeDestinations()
        #expect(destinations.isSuperset(of: [Exchange.media, Desk.agentMedia]))
    }

    // MARK: - Out

    private static func plan() -> DialPlan {
        var plan = DialPlan(.outsideNumber, target: "+15550124")
        plan.userToUser = "k7q2;encoding=ascii"
        plan.headers = [("X-Skill", "billing")]
        return plan
    }

    @Test("a trunk that takes REFERs takes the caller to the number, with the context in both ways, and Parley leaves")
    func blindOut() throws {
        var desk = try ReferralTests.desk(out: .blind)
        desk.service.forget()
        try desk.route(.dial(ReferralTests.plan()))
        let refer = try #require(desk.service.messages.last { $0.method == .refer })
        #expect(!desk.service.messages.contains { $0.method == .invite })
        #expect(
            refer.headers[.referTo]
                == "<sip:+15550124@127.0.0.2:5080;user=phone?User-to-User=k7q2%3Bencoding%3Dascii&X-Skill=billing>")
        #expect(refer.headers[.userToUser] == "k7q2;encoding=ascii" && refer.headers["X-Skill"] == "billing")
        desk.service.receive(refer.response(202, tag: nil).octets)
        let caller = desk.callerDialog()
        let event = ["Event: refer", "Content-Type: message/sipfrag"]
        desk.service.receive(notify(caller, 2, "SIP/2.0 180 Ringing", event + ["Subscription-State: active"]))
        #expect(desk.outcomes.isEmpty)
        desk.service.receive(notify(caller, 3, "SIP/2.0 200 OK", event + ["Subscription-State: terminated"]))
        #expect(desk.outcomes == [.completed])
        desk.service.run(for: .seconds(1))
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == "a")
        #expect(desk.service.ended()?.outcome == .escalated)
    }

    private func notify(_ dialog: Desk.Dialog, _ cseq: Int, _ fragment: String, _ headers: [String]) -> [UInt8] {
        let text = String(decoding: dialog.request("NOTIFY", cseq: cseq, headers: headers), as: UTF8.self)
        return Array(
            (text.replacing("Content-Length: 0", with: "Content-Length: \(fragment.utf8.count)") + fragment).utf8)
    }

    @Test("where the trunk refuses the REFER, Parley calls and bridges", arguments: [405, 501, 603, 403])
    func refusedOut(status: Int) throws {
        var desk = try ReferralTests.desk(out: .blind)
        try desk.route(.dial(ReferralTests.plan()))
        let refer = try #require(desk.service.messages.last { $0.method == .refer })
        desk.service.receive(refer.response(status, tag: nil).octets)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        #expect(invite.requestURI?.user == "+15550124")
        try desk.answerAgent(200)
        #expect(desk.outcomes == [.completed])
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("a NOTIFY that never comes leads to the bridge too, after 32 s")
    func silentOut() throws {
        var desk = try ReferralTests.desk(out: .blind)
        try desk.route(.dial(ReferralTests.plan()))
        let refer = try #require(desk.service.messages.last { $0.method == .refer })
        desk.service.receive(refer.response(202, tag: nil).octets)
        desk.service.run(for: .seconds(31))
        #expect(!desk.service.messages.contains { $0.method == .invite })
        desk.service.run(for: .seconds(2))
        #expect(desk.service.messages.contains { $0.method == .invite })
    }

    @Test("one who is busy is not called again by a bridge: the outside is asked for another")
    func busyOut() throws {
        var desk = try ReferralTests.desk(out: .blind)
        try desk.route(.dial(ReferralTests.plan()))
        let refer = try #require(desk.service.messages.last { $0.method == .refer })
        desk.service.receive(refer.response(202, tag: nil).octets)
        desk.service.receive(
            notify(
                desk.callerDialog(), 2, "SIP/2.0 486 Busy Here",
                ["Event: refer", "Content-Type: message/sipfrag", "Subscription-State: terminated"]))
        #expect(!desk.service.messages.contains { $0.method == .invite })
        #expect(desk.service.handovers.count == 2)
    }

    @Test("after a consultation the caller's trunk joins caller and expert itself by Replaces, or they stay bridged")
    func attendedOut() throws {
        // Taken and done, refused, taken and never heard of again.
        for (status, takes) in [(202, true), (501, false), (202, false)] {
            var desk = try ReferralTests.desk(out: .attended)
            try desk.bridge()
            desk.service.give(.command(CallID(desk.callName), .consult(DialPlan(.expert, target: "+15550125"))))
            try desk.answerAgent(200, tag: "expert")
            let expert = try desk.agentDialog()
            desk.service.forget()
            desk.service.give(.command(CallID(desk.callName), .complete))
            let refer = try #require(desk.service.messages.last { $0.method == .refer })
            let replaces = "\(expert.callID);to-tag=expert;from-tag=\(expert.tags.parley)"
            #expect(refer.callID == "a")
            #expect(
                refer.referTo?.uri.description
                    == "sip:bob@127.0.0.2:5080?Replaces=" + EscapedText.escaped(replaces))
            desk.service.receive(refer.response(status, tag: nil).octets)
            if takes {
                desk.service.receive(
                    notify(
                        desk.callerDialog(), 2, "SIP/2.0 200 OK",
                        ["Event: refer", "Content-Type: message/sipfrag", "Subscription-State: terminated"]))
            }
            desk.service.run(for: takes ? .seconds(1) : .seconds(40))
            #expect(desk.service.switchboard.callCount == (takes ? 0 : 1))
            if takes { #expect(desk.service.ended()?.cause == .transferred) }
        }
    }
}
