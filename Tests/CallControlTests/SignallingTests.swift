import CallControl
import CallFlow
import SIP
import Telephony
import Testing

/// A switchboard that signals, and a phone that is played by hand: whole SIP calls in virtual time, octets in and out.
private struct Exchange {
    static let phone = TransportAddress(ipv4: 0x7F00_0001, port: 5_070)
    static let media = TransportAddress(ipv4: 0x7F00_0001, port: 6_000)

    static func configuration(
        ports: Int = 4, networks: [AddressRange] = [.loopback], capabilities: MediaCapabilities = MediaCapabilities()
    ) -> SwitchboardConfiguration {
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "line", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        let trunk = Trunk(
            name: "phones", signalling: [.loopback], media: networks, capabilities: capabilities,
            agents: ["100": agent])
        let host = Host.ipv4(0x7F00_0001)
        let pairs = (0..<Int32(ports)).map {
            MediaPortPair(rtp: Port(2 * $0), rtcp: Port(2 * $0 + 1), number: UInt16(10_000 + 2 * $0))
        }
        var configuration = SwitchboardConfiguration()
        configuration.signalling = SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: AdvertisedAddress(host: host, port: 5_060)], mediaHost: host,
            ports: pairs, entropy: Entropy(SeededGenerator(seed: 3)))
        return configuration
    }

    static func invite(
        _ name: String, to number: String = "100", body: String = offer(), method: String = "INVITE", cseq: Int = 1,
        toTag: String = ""
    ) -> [UInt8] {
        let type = body.isEmpty ? "" : "Content-Type: application/sdp\r\n"
        return Array(
            """
            \(method) sip:\(number)@127.0.0.1 SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-\(name)-\(method)-\(cseq);rport\r
            Max-Forwards: 70\r
            From: "Ann" <sip:+15550100@127.0.0.1>;tag=\(name)\r
            To: <sip:\(number)@127.0.0.1>\(toTag.isEmpty ? "" : ";tag=\(toTag)")\r
            Call-ID: \(name)\r
            CSeq: \(cseq) \(method)\r
            Contact: <sip:ann@127.0.0.1:5070>\r
            X-Account: 42\r
            \(type)Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    static func offer(address: String = "127.0.0.1", direction: String = "sendrecv", version: Int = 1) -> String {
        """
        v=0\r
        o=- 1 \(version) IN IP4 \(address)\r
        s=-\r
        c=IN IP4 \(address)\r
        t=0 0\r
        m=audio 6000 RTP/AVP 0 101\r
        a=rtpmap:0 PCMU/8000\r
        a=rtpmap:101 telephone-event/8000\r
        a=\(direction)\r

        """
    }
}

/// A switchboard with what it gave.
private struct Service: ~Copyable {
    private(set) var switchboard: Switchboard
    private(set) var now = Instant.zero + .seconds(1)
    private(set) var messages: [SIPMessage] = []
    private(set) var facts: [CallEvent] = []
    private(set) var opened: [Port] = []
    private(set) var closed: [Port] = []
    private(set) var packets = 0
    private var datagram: [UInt8] = []

    init(_ configuration: SwitchboardConfiguration = Exchange.configuration()) {
        switchboard = Switchboard(configuration)
        give(.signalling(.wallTime(WallTime(millisecondsSince1970: 1_000_000))))
    }

    mutating func give(_ input: SwitchboardInput) {
        switchboard.receive(input, at: now)
        drain()
    }

    mutating func receive(_ octets: [UInt8], from address: TransportAddress = Exchange.phone) {
        give(.signalling(.datagram(octets, Hop(.udp, address))))
    }

    mutating func run(for time: Interval) {
        let end = now + time
        while let due = switchboard.deadline, due <= end {
            now = max(now, due)
            switchboard.advance(to: now)
            drain()
        }
        now = end
    }

    private mutating func drain() {
        while switchboard.nextDatagram(into: &datagram) != nil { packets += 1 }
        while let output = switchboard.poll() {
            switch output {
            case .signal(let message):
                if let message = try? SIPMessage(parsing: message.octets) { messages.append(message) }
            case .fact(let event): facts.append(event)
            case .opened(let port): opened.append(port)
            case .closed(let port): closed.append(port)
            default: break
            }
        }
    }

    /// The tag of the last answer.
    var tag: String { messages.last { $0.status != nil }?.to?.tag ?? "" }

    var statuses: [Int] { messages.compactMap(\.status) }

    /// Places a call up to its ACK.
    mutating func call(_ name: String) {
        receive(Exchange.invite(name))
        receive(Exchange.invite(name, body: "", method: "ACK", toTag: tag))
    }

    func ended() -> CallEnded? {
        facts.lazy.compactMap { if case .callEnded(let body) = $0.body { body } else { nil } }.first
    }
}

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
