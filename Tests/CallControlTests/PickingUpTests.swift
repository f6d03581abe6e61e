import CallControl
import SIP
import Telephony
import Testing

/// What a caller gets between the INVITE and its 200.
@Suite("From an INVITE to its answer")
struct PickingUpTests {
    private static func service(
        _ first: PickUp.First, networks: [AddressRange] = [.loopback]
    ) -> Service {
        var configuration = Exchange.configuration(networks: networks)
        configuration.signalling?.trunks[0].pickUp.first = first
        return Service(configuration)
    }

    private static func acknowledge(_ name: String, _ service: inout Service) {
        let tag = service.tag
        service.receive(Exchange.invite(name, body: "", method: "ACK", toTag: tag))
    }

    /// Acknowledges a reliable provisional response.
    private static func prack(_ progress: SIPMessage, of name: String, body: String = "", _ service: inout Service) {
        let field = "RAck: \(progress.rseq ?? 0) 1 INVITE"
        let tag = progress.to?.tag ?? ""
        service.receive(
            Exchange.invite(name, body: body, method: "PRACK", cseq: 2, toTag: tag, headers: [field]))
    }

    @Test("a trunk that rings has its callers hear that for as long as it says")
    func ringing() {
        var service = PickingUpTests.service(.ringing)
        service.receive(Exchange.invite("a"))
        #expect(service.statuses == [100, 180])
        service.run(for: .milliseconds(1_990))
        #expect(service.statuses == [100, 180] && service.packets == 0 && service.facts.isEmpty)
        service.run(for: .milliseconds(20))
        #expect(service.statuses == [100, 180, 200])
        PickingUpTests.acknowledge("a", &service)
        service.run(for: .seconds(1))
        #expect(service.packets > 40)
    }

    @Test("calls whose trunks ring are answered in the order in which they came, each in its time")
    func order() {
        var service = PickingUpTests.service(.ringing)
        for name in ["a", "b", "c"] {
            service.receive(Exchange.invite(name))
            service.run(for: .milliseconds(500))
        }
        service.run(for: .milliseconds(1_600))
        let answered = service.messages.filter { $0.status == 200 }.compactMap(\.callID)
        #expect(answered.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } == ["a", "b", "c"])
    }

    @Test(
        "a caller who gives up while it rings gets 487, and the ports are free again", arguments: PickUp.First.allCases)
    func givenUp(first: PickUp.First) {
        guard first != .answer else { return }
        var service = PickingUpTests.service(first)
        service.receive(Exchange.invite("a"))
        service.run(for: .milliseconds(500))
        // A CANCEL has the branch of its INVITE (RFC 3261 section 9.1).
        let cancel = String(decoding: Exchange.invite("a", body: "", method: "CANCEL"), as: UTF8.self)
        service.receive(Array(cancel.replacing("-CANCEL-1;", with: "-INVITE-1;").utf8))
        #expect(service.statuses.suffix(2).sorted() == [200, 487])
        #expect(service.switchboard.callCount == 0)
        #expect(service.ended()?.by == (first == .earlyMedia ? .caller : nil))
        service.forget()
        service.run(for: .seconds(5))
        #expect(!service.statuses.contains(200), "nobody is answered who has gone")
        #expect(service.opened == service.closed)
    }

    @Test("early media is the dialog, heard before the answer; the answer repeats its description")
    func earlyMedia() throws {
        var service = PickingUpTests.service(.earlyMedia)
        service.receive(Exchange.invite("a"))
        #expect(service.statuses == [100, 183])
        let progress = try #require(service.messages.last)
        #expect(progress.rseq == nil)
        service.run(for: .milliseconds(1_900))
        #expect(service.statuses == [100, 183] && service.packets > 85)
        service.run(for: .milliseconds(200))
        #expect(service.statuses == [100, 183, 200] && service.messages.last?.body == progress.body)
        PickingUpTests.acknowledge("a", &service)
        service.run(for: .seconds(1))
        #expect(service.facts.count { if case .callStarted = $0.body { true } else { false } } == 1)
        #expect(service.switchboard.callCount == 1 && service.packets > 140)
    }

    @Test(
        "progress goes reliably where the caller can: it comes again until its PRACK, and the answer waits for that",
        arguments: [PickUp.First.ringing, .earlyMedia], ["Supported", "Require"])
    func reliable(first: PickUp.First, field: String) throws {
        var service = PickingUpTests.service(first)
        service.receive(Exchange.invite("a", headers: ["\(field): 100rel"]))
        let progress = try #require(service.messages.last)
        let status = try #require(progress.status)
        #expect(progress.requiredTags == ["100rel"] && progress.rseq != nil)
        service.run(for: .seconds(5))
        #expect(service.statuses == [100, status, status, status, status], "at 0, 0.5, 1.5 and 3.5 s")
        service.forget()
        PickingUpTests.prack(progress, of: "a", &service)
        #expect(service.statuses == [200, 200])
        #expect(service.messages.map { $0.cseq?.method } == [.prack, .invite])
        PickingUpTests.acknowledge("a", &service)
        service.run(for: .seconds(1))
        #expect(service.switchboard.callCount == 1)
    }

    @Test("progress whose PRACK never comes ends the call, and nothing is left of it")
    func noPrack() {
        var service = PickingUpTests.service(.earlyMedia)
        service.receive(Exchange.invite("a", headers: ["Require: 100rel"]))
        service.run(for: .seconds(34))
        #expect(service.statuses.contains(504) && service.switchboard.callCount == 0)
        #expect(service.opened == service.closed)
    }

    @Test("an offer may stand in the progress, and its answer in the PRACK")
    func lateOffer() throws {
        var service = PickingUpTests.service(.earlyMedia)
        service.receive(Exchange.invite("a", body: "", headers: ["Require: 100rel"]))
        let progress = try #require(service.messages.last)
        #expect(progress.status == 183 && progress.sessionDescriptionOctets != nil)
        PickingUpTests.prack(progress, of: "a", body: Exchange.offer(), &service)
        service.run(for: .seconds(1))
        #expect(service.packets > 40, "the dialog is heard before the answer")
        service.run(for: .seconds(2))
        #expect(service.messages.last?.status == 200 && service.messages.last?.body.isEmpty == true)
        PickingUpTests.acknowledge("a", &service)
        #expect(service.switchboard.callCount == 1)
    }

    @Test("an offer that cannot be met is refused at once")
    func noCodec() {
        var service = PickingUpTests.service(.earlyMedia)
        service.receive(Exchange.invite("a", body: Exchange.offer().replacing(" 0 101", with: " 18")))
        #expect(service.statuses == [488] && service.switchboard.callCount == 0)
    }

    @Test("before the ACK nothing goes to an address outside the trunk's networks, whatever names it")
    func strangers() {
        for first in PickUp.First.allCases {
            var service = PickingUpTests.service(first)
            let elsewhere = Exchange.offer(address: "10.0.0.1", version: 2)
            service.receive(Exchange.invite("a", body: elsewhere))
            let tag = service.tag
            service.receive(Exchange.invite("a", body: elsewhere, method: "UPDATE", cseq: 2, toTag: tag))
            service.run(for: .seconds(5))
            #expect(service.packets == 0, "\(first)")
            service.receive(Exchange.invite("a", body: "", method: "ACK", toTag: tag))
            service.run(for: .seconds(1))
            #expect(service.packets > 40, "\(first)")
        }
    }

    @Test("a call that ends in its early media is refused with the status of its cause")
    func endedEarly() throws {
        var service = PickingUpTests.service(.earlyMedia)
        service.receive(Exchange.invite("a"))
        service.run(for: .seconds(1))
        let call = try #require(service.facts.first?.call)
        service.give(.hangUp(call, .temporaryFailure))
        #expect(service.statuses == [100, 183, 503])
        service.run(for: .seconds(5))
        #expect(service.switchboard.callCount == 0 && service.opened == service.closed)
    }
}
