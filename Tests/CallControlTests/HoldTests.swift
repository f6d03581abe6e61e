import CallControl
import SIP
import Telephony
import Testing

/// Agents who are put on hold, whose phone is told or not.
@Suite("Hold")
struct HoldTests {
    private static func desk(_ hold: TransferRules.Hold) throws -> Desk {
        var rules = TransferRules()
        rules.hold = hold
        var desk = try Desk(rules)
        try desk.bridge()
        desk.service.forget()
        return desk
    }

    private static func place(_ participation: Participation, in desk: inout Desk) {
        desk.service.give(.command(CallID(desk.callName), .place(LegID(1), participation)))
    }

    /// The directions of the offers that went out.
    private static func offers(of desk: borrowing Desk) -> [String] {
        desk.service.messages.filter { $0.method == .invite }.compactMap { message in
            String(decoding: message.body, as: UTF8.self).split(separator: "\r\n").first { $0.hasPrefix("a=send") }
                .map(String.init)
        }
    }

    /// The phone answers the last offer.
    private static func answer(_ direction: String, in desk: inout Desk) throws {
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        var response = invite.response(200, tag: nil)
        response.headers.append(.contact, "<sip:bob@127.0.0.2:5080>")
        response.headers.append(.contentType, "application/sdp")
        let sdp = Exchange.offer(address: "127.0.0.2", port: 7_000)
        response.body = Array((sdp + "a=\(direction)\r\n").utf8)
        desk.service.receive(response.octets, from: Desk.gateway)
    }

    @Test("a phone that wants to be told gets an offer to listen, and another when it is back")
    func told() throws {
        var desk = try HoldTests.desk(.reinvite)
        HoldTests.place(.held, in: &desk)
        #expect(HoldTests.offers(of: desk) == ["a=sendonly"])
        try HoldTests.answer("recvonly", in: &desk)
        desk.service.run(for: .seconds(40))
        #expect(desk.service.switchboard.callCount == 1, "silence on hold ends nothing")
        HoldTests.place(.speaking, in: &desk)
        #expect(HoldTests.offers(of: desk) == ["a=sendonly", "a=sendrecv"])
        try HoldTests.answer("sendrecv", in: &desk)
        #expect(desk.service.messages.filter { $0.method == .ack }.count == 2)
    }

    @Test("a phone that is back before it has answered is told of that afterwards")
    func quick() throws {
        var desk = try HoldTests.desk(.reinvite)
        HoldTests.place(.held, in: &desk)
        HoldTests.place(.speaking, in: &desk)
        #expect(HoldTests.offers(of: desk) == ["a=sendonly"])
        try HoldTests.answer("recvonly", in: &desk)
        #expect(HoldTests.offers(of: desk) == ["a=sendonly", "a=sendrecv"])
        try HoldTests.answer("sendrecv", in: &desk)
        desk.service.run(for: .seconds(5))
        #expect(HoldTests.offers(of: desk).count == 2)
    }

    @Test("a phone that refuses the offer is on hold all the same", arguments: [488, 603])
    func refused(status: Int) throws {
        var desk = try HoldTests.desk(.reinvite)
        HoldTests.place(.held, in: &desk)
        let invite = try #require(desk.service.messages.last { $0.method == .invite })
        desk.service.receive(invite.response(status, tag: nil).octets, from: Desk.gateway)
        desk.service.run(for: .seconds(1))
        #expect(desk.service.switchboard.callCount == 1)
        #expect(!desk.service.messages.contains { $0.method == .bye })
    }

    @Test("a phone that need not be told hears music and no more")
    func untold() throws {
        var desk = try HoldTests.desk(.media)
        HoldTests.place(.held, in: &desk)
        #expect(HoldTests.offers(of: desk).isEmpty)
    }
}
