import CallControl
import SIP
import Telephony
import Testing

/// INVITEs that take the place of a call (RFC 3891), played by hand in virtual time.
@Suite("Calls whose place another takes")
struct ReplacesTests {
    private static func desk(takes: Bool = true, ports: Int = 4) throws -> Desk {
        var rules = TransferRules()
        rules.takesReplaces = takes
        return try Desk(rules, ports: ports)
    }

    @Test("an agent's place is taken by another phone: the caller stays, the old phone gets a BYE")
    func agent() throws {
        var desk = try ReplacesTests.desk()
        try desk.bridge()
        let old = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(
            Exchange.invite(
                "new", to: "bob", body: Exchange.offer(port: 6_200), headers: ["Replaces: \(old.replaces)"]))
        #expect(desk.service.statuses.contains(200))
        #expect(
            !desk.service.messages.contains { $0.method == .bye }, "the old one stays until the new is acknowledged")
        desk.service.receive(Exchange.invite("new", to: "bob", body: "", method: "ACK", toTag: desk.service.tag))
        let bye = try #require(desk.service.messages.last { $0.method == .bye })
        #expect(bye.callID == old.callID)
        let replaced = desk.service.facts.compactMap {
            if case .legReplaced(let body) = $0.body { body } else { nil }
        }
        #expect(
            replaced == [
                LegReplaced(leg: LegID(1), by: LegID(2), party: .open("sip:+15550100@127.0.0.1"))
            ])
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        #expect(
            desk.service.takeDestinations().isSuperset(of: [
                Exchange.media, TransportAddress(ipv4: 0x7F00_0001, port: 6_200),
            ]))
        #expect(desk.service.switchboard.callCount == 1)
        desk.service.receive(
            Exchange.invite("new", to: "bob", body: "", method: "BYE", cseq: 2, toTag: try desk.tag(of: "new")))
        #expect(desk.service.ended()?.by == .agent)
    }

    @Test("a caller's place is taken by another phone: the agent and the dialog stay")
    func caller() throws {
        var desk = try ReplacesTests.desk()
        try desk.bridge()
        desk.service.receive(
            Exchange.invite(
                "new", body: Exchange.offer(port: 6_200),
                headers: ["Replaces: a;to-tag=\(desk.callerTag);from-tag=a"]))
        desk.service.receive(Exchange.invite("new", body: "", method: "ACK", toTag: desk.service.tag))
        #expect(desk.service.messages.last { $0.method == .bye }?.callID == "a")
        _ = desk.service.takeDestinations()
        desk.service.run(for: .seconds(1))
        let now = desk.service.takeDestinations()
        #expect(now.contains(TransportAddress(ipv4: 0x7F00_0001, port: 6_200)) && now.contains(Desk.agentMedia))
        #expect(!now.contains(Exchange.media))
        #expect(desk.service.opened.count == 6 && desk.service.closed.count == 2)
        desk.service.receive(
            Exchange.invite("new", body: "", method: "BYE", cseq: 2, toTag: try desk.tag(of: "new")))
        #expect(desk.service.ended()?.by == .caller)
        #expect(desk.service.closed.count == 6)
        #expect(desk.service.switchboard.callCount == 0)
    }

    @Test("a phone that rings is relieved of its call by another: it gets a CANCEL")
    func pickedUp() throws {
        var desk = try ReplacesTests.desk()
        try desk.dial()
        try desk.answerAgent(180)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        let replaces = "\(invite.callID ?? "");to-tag=\(invite.from?.tag ?? "");from-tag=far;early-only"
        desk.service.receive(Exchange.invite("new", headers: ["Replaces: \(replaces)"]))
        desk.service.receive(Exchange.invite("new", body: "", method: "ACK", toTag: desk.service.tag))
        #expect(desk.service.messages.contains { $0.method == .cancel })
        #expect(desk.outcomes == [.completed])
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("what may not be replaced is refused as RFC 3891 says")
    func refusals() throws {
        var desk = try ReplacesTests.desk()
        try desk.bridge()
        let old = try desk.agentDialog()
        func status(_ replaces: String, _ name: String) -> Int? {
            desk.service.forget()
            desk.service.receive(Exchange.invite(name, headers: ["Replaces: \(replaces)"]))
            return desk.service.statuses.last
        }
        #expect(status("\(old.replaces);early-only", "early") == 486)
        #expect(status("nobody;to-tag=x;from-tag=y", "unknown") == 481)
        #expect(status(old.replaces.replacing("to-tag=", with: "to-tag=0"), "tag") == 481)
        desk.service.receive(Exchange.invite("a", body: "", method: "BYE", cseq: 2, toTag: desk.callerTag))
        desk.service.run(for: .seconds(1))
        #expect(status("a;to-tag=\(desk.callerTag);from-tag=a", "over") == 603)
        #expect(desk.service.switchboard.callCount == 0)
        #expect(status("a;to-tag=\(desk.callerTag);from-tag=a", "twice") == 603)
    }

    @Test("a trunk that does not say so lets nobody replace anything")
    func notAllowed() throws {
        var desk = try ReplacesTests.desk(takes: false)
        try desk.bridge()
        let old = try desk.agentDialog()
        desk.service.forget()
        desk.service.receive(Exchange.invite("new", headers: ["Replaces: \(old.replaces)"]))
        #expect(desk.service.statuses == [403])
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("the old phone may be gone before the new one's ACK: the caller is not lost")
    func goneBetween() throws {
        var desk = try ReplacesTests.desk()
        try desk.bridge()
        let old = try desk.agentDialog()
        desk.service.receive(Exchange.invite("new", to: "bob", headers: ["Replaces: \(old.replaces)"]))
        let tag = desk.service.tag
        desk.service.receive(old.request("BYE"), from: Desk.gateway)
        #expect(desk.service.switchboard.callCount == 1)
        desk.service.receive(Exchange.invite("new", to: "bob", body: "", method: "ACK", toTag: tag))
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
    }

    @Test("a new phone that never acknowledges changes nothing, and its ports come back")
    func neverAcknowledged() throws {
        var desk = try ReplacesTests.desk(ports: 3)
        try desk.bridge()
        let old = try desk.agentDialog()
        for name in ["one", "two"] {
            desk.service.forget()
            desk.service.receive(Exchange.invite(name, to: "bob", headers: ["Replaces: \(old.replaces)"]))
            #expect(desk.service.statuses.contains(200))
            desk.service.run(for: .seconds(70))
            #expect(desk.service.switchboard.callCount == 1)
            #expect(desk.service.messages.last { $0.method == .bye }?.callID == name)
        }
    }

    @Test("a caller's new media keeps the rate of the old, or is refused with 488")
    func otherRate() throws {
        var desk = try ReplacesTests.desk()
        try desk.bridge()
        let offer = Exchange.offer(port: 6_200).replacing("RTP/AVP 0 101", with: "RTP/AVP 9 101")
            .replacing("a=rtpmap:0 PCMU/8000\r\n", with: "a=rtpmap:9 G722/8000\r\n")
        desk.service.forget()
        desk.service.receive(
            Exchange.invite("new", body: offer, headers: ["Replaces: a;to-tag=\(desk.callerTag);from-tag=a"]))
        #expect(desk.service.statuses.last == 488)
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
    }
}
