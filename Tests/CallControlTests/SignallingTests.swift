import CallControl
import CallFlow
import SIP
import Telephony
import Testing

@Suite("Signalling of a switchboard")
struct SignallingTests {
    @Test("a call is answered with a port, runs, and ends by the caller's BYE")
    func wholeCall() {
        var service = Service()
        service.call("a")
        #expect(service.statuses == [100, 200])
        #expect(service.opened == [Port(0), Port(1)])
        service.run(for: .seconds(2))
        #expect(service.packets >= 98)
        service.receive(Exchange.invite("a", body: "", method: "BYE", cseq: 2, toTag: service.tag))
        #expect(service.statuses == [100, 200, 200])
        #expect(service.closed == [Port(0), Port(1)])
        #expect(service.switchboard.callCount == 0)
        #expect(service.ended()?.by == .caller)
        if case .callStarted(let body) = service.facts.first?.body {
            #expect(body.from == "+15550100" && body.to == "100")
            #expect(body.startedAt == WallTime(millisecondsSince1970: 1_000_000))
        } else {
            Issue.record("a call begins with its beginning")
        }
    }

    @Test("a call that Parley ends is hung up by a BYE with its cause")
    func endedByParley() throws {
        var service = Service()
        service.call("a")
        // No RTP comes.
        service.run(for: .seconds(40))
        let bye = try #require(service.messages.first { $0.method == .bye })
        #expect(bye.reasons.first?.cause == HangupCause.mediaTimeout.q850)
        #expect(service.switchboard.callCount == 0)
    }

    @Test("a number that nobody answers, and a sender from nowhere known")
    func refused() {
        var service = Service()
        service.receive(Exchange.invite("a", to: "999"))
        #expect(service.statuses == [100, 404])
        service.receive(Exchange.invite("b"), from: TransportAddress(ipv4: 0x0A00_0001, port: 5_060))
        #expect(service.statuses == [100, 404])
        #expect(service.switchboard.callCount == 0 && service.opened.isEmpty)
    }

    @Test("when ports run out new calls get 503, and ports that were used come back after their rest")
    func portsRunOut() {
        var service = Service(Exchange.configuration(ports: 2))
        for name in ["a", "b", "c"] { service.receive(Exchange.invite(name)) }
        #expect(service.statuses == [100, 200, 100, 200, 100, 503])
        #expect(service.messages.last?.retryAfter == 5)
        // Nobody acknowledges: both are given up after 32 s, and their ports rest.
        service.run(for: .seconds(45))
        #expect(service.switchboard.callCount == 0)
        service.receive(Exchange.invite("d"))
        #expect(service.statuses.last == 200)
    }

    @Test("media goes to an address outside the trunk's networks only after the ACK")
    func nothingToStrangers() {
        var service = Service(Exchange.configuration(networks: [AddressRange(ipv4: 0x0A00_0000, bits: 8)]))
        service.receive(Exchange.invite("a"))
        #expect(service.statuses == [100, 200])
        service.run(for: .seconds(5))
        #expect(service.packets == 0)
        service.receive(Exchange.invite("a", body: "", method: "ACK", toTag: service.tag))
        service.run(for: .seconds(1))
        #expect(service.packets > 40)
    }

    @Test("an offer that comes late is answered in the ACK, and the media begins then")
    func lateOffer() {
        var service = Service()
        service.receive(Exchange.invite("a", body: ""))
        #expect(service.messages.last?.body.isEmpty == false)
        service.run(for: .seconds(1))
        #expect(service.packets == 0)
        service.receive(Exchange.invite("a", body: Exchange.offer(), method: "ACK", toTag: service.tag))
        service.run(for: .seconds(1))
        #expect(service.packets > 40)
    }

    @Test("on hold nothing is sent and silence ends nothing; resumed, it goes on")
    func hold() {
        var service = Service()
        service.call("a")
        let tag = service.tag
        service.run(for: .seconds(1))
        service.receive(
            Exchange.invite("a", body: Exchange.offer(direction: "inactive", version: 2), cseq: 2, toTag: tag))
        service.receive(Exchange.invite("a", body: "", method: "ACK", cseq: 2, toTag: tag))
        let held = service.packets
        service.run(for: .seconds(120))
        #expect(service.switchboard.callCount == 1)
        // Reports go on.
        #expect(service.packets - held < 30)
        service.receive(Exchange.invite("a", body: Exchange.offer(version: 3), cseq: 3, toTag: tag))
        service.receive(Exchange.invite("a", body: "", method: "ACK", cseq: 3, toTag: tag))
        let resumed = service.packets
        service.run(for: .seconds(2))
        #expect(service.packets - resumed > 90)
    }

    @Test("after SIGTERM new calls get 503 and running ones go on")
    func drain() {
        var service = Service()
        service.call("a")
        service.give(.signalling(.drain))
        service.receive(Exchange.invite("b"))
        #expect(service.statuses.last == 503)
        service.run(for: .seconds(1))
        #expect(service.switchboard.callCount == 1)
    }

    @Test("the same calls give the same octets")
    func deterministic() {
        func run() -> [String] {
            var service = Service()
            service.call("a")
            service.run(for: .seconds(3))
            service.receive(Exchange.invite("a", body: "", method: "BYE", cseq: 2, toTag: service.tag))
            return service.messages.map { String(decoding: $0.octets, as: UTF8.self) }
        }
        #expect(run() == run())
    }
}

@Suite("AddressRange")
struct AddressRangeTests {
    @Test("an address is in a range by its leading bits")
    func contains() {
        #expect(AddressRange.loopback.contains(TransportAddress(ipv4: 0x7FFF_FFFF, port: 1)))
        #expect(!AddressRange.loopback.contains(TransportAddress(ipv4: 0x8000_0000, port: 1)))
        #expect(!AddressRange.loopback.contains(TransportAddress(high: 0, low: 1, port: 1)))
        let all = AddressRange(ipv6: TransportAddress(high: 0, low: 0, port: 0), bits: 0)
        #expect(all.contains(TransportAddress(ipv4: 1, port: 1)))
        let one = AddressRange(ipv6: TransportAddress(high: 1, low: 2, port: 0), bits: 128)
        #expect(one.contains(TransportAddress(high: 1, low: 2, port: 9)))
        #expect(!one.contains(TransportAddress(high: 1, low: 3, port: 9)))
        let half = AddressRange(ipv6: TransportAddress(high: 0xFE80 << 48, low: 0, port: 0), bits: 64)
        #expect(half.contains(TransportAddress(high: 0xFE80 << 48, low: 77, port: 9)))
        #expect(!half.contains(TransportAddress(high: 0xFE80 << 48 | 1, low: 77, port: 9)))
    }
}
