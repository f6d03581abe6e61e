import CallControl
import SIP
import Telephony
import Testing

/// What strangers and peers gone wild send as signalling: no packet goes where it should not, and nothing is left behind.
@Suite("Attacks on signalling")
struct SignallingAttackTests {
    @Test("a peer that is not known gets no answer and no media, whatever it asks")
    func unknownPeer() {
        var service = Service()
        let stranger = TransportAddress(ipv4: 0xC633_6401, port: 5_060)
        for method in ["INVITE", "OPTIONS", "REGISTER", "BYE", "ACK"] {
            service.receive(Exchange.invite("s-\(method)", method: method), from: stranger)
        }
        service.run(for: .seconds(40))
        #expect(service.messages.isEmpty && service.packets == 0 && service.opened.isEmpty)
    }

    @Test("without an ACK a known peer outside the media networks gets a few answers and no media")
    func amplification() {
        var service = Service(Exchange.configuration(networks: []))
        service.receive(Exchange.invite("a"))
        service.run(for: .seconds(70))
        // 100, 200 and its repeats (RFC 3261 section 13.3.1.4), BYE and its repeats.
        #expect(service.messages.count <= 25)
        #expect(service.packets == 0)
    }

    @Test(
        "media never goes to a broadcast or multicast address, nor to Parley's own sockets",
        arguments: [
            ("255.255.255.255", 6_000), ("224.0.0.1", 6_000), ("239.1.2.3", 6_000), ("0.0.0.0", 6_000),
            ("127.0.0.1", 10_000), ("127.0.0.1", 10_003), ("127.0.0.1", 5_060), ("127.0.0.1", 9_999),
            ("127.0.0.1", 10_007),
        ])
    func destinations(address: String, port: Int) {
        var service = Service(Exchange.configuration(networks: [AddressRange(ipv4: 0, bits: 0)]))
        service.receive(Exchange.invite("a", body: Exchange.offer(address: address, port: port)))
        if service.statuses.last == 200 {
            service.receive(Exchange.invite("a", body: "", method: "ACK", toTag: service.tag))
        }
        service.run(for: .seconds(6))
        let own = Set([5_060] + (10_000...10_007))
        for destination in service.destinations {
            #expect(destination.isUnicast && destination.ipv4 == 0x7F00_0001)
            #expect(!own.contains(Int(destination.port)))
        }
    }

    @Test("a re-offer that names Parley's own port stops the media instead of sending it there")
    func reoffer() {
        var service = Service()
        service.call("a")
        let tag = service.tag
        service.run(for: .seconds(1))
        service.receive(
            Exchange.invite("a", body: Exchange.offer(port: 10_002, version: 2), cseq: 2, toTag: tag))
        service.receive(Exchange.invite("a", body: "", method: "ACK", cseq: 2, toTag: tag))
        service.run(for: .seconds(2))
        #expect(service.destinations == [Exchange.media])
    }

    @Test("calls that nobody acknowledges leave no call, no port and no transaction behind")
    func halfOpen() {
        var service = Service(Exchange.configuration(ports: 50, networks: []))
        for index in 0..<1_000 { service.receive(Exchange.invite("flood-\(index)")) }
        #expect(service.statuses.count { $0 == 200 } == 50)
        #expect(service.statuses.count { $0 == 503 } == 950)
        service.run(for: .seconds(70))
        #expect(service.switchboard.callCount == 0)
        #expect(service.opened.isEmpty)
        service.forget()
        for index in 0..<50 { service.receive(Exchange.invite("later-\(index)")) }
        #expect(service.statuses.count { $0 == 200 } == 50)
    }

    /// Descriptions made to hurt, and whether a call may come of them.
    struct Bomb: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: String
        var isRefused: Bool

        private static func audio(_ formats: String, _ attributes: String = "") -> String {
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP \(formats)\r\n"
                + attributes
        }

        static let all = [
            Bomb(
                testDescription: "2,500 media",
                body: audio("0") + String(repeating: "m=audio 6000 RTP/AVP 0\r\n", count: 2_500), isRefused: true),
            Bomb(
                testDescription: "5,000 formats",
                body: audio((0..<5_000).map { "\($0 % 128)" }.joined(separator: " ")), isRefused: true),
            Bomb(testDescription: "payload type 4294967296", body: audio("4294967296"), isRefused: true),
            Bomb(testDescription: "payload type -1", body: audio("-1"), isRefused: true),
            Bomb(testDescription: "payload type 128", body: audio("128"), isRefused: true),
            Bomb(
                testDescription: "ptime past 64 bits", body: audio("0", "a=ptime:99999999999999999999\r\n"),
                isRefused: false),
            Bomb(testDescription: "ptime of 0", body: audio("0", "a=ptime:0\r\n"), isRefused: false),
            Bomb(testDescription: "negative ptime", body: audio("0", "a=ptime:-20\r\n"), isRefused: false),
            Bomb(
                testDescription: "a clock of 0", body: audio("97", "a=rtpmap:97 PCMU/0\r\n"), isRefused: true),
            Bomb(
                testDescription: "2,000 attributes",
                body: audio("0", String(repeating: "a=x\r\n", count: 2_000)), isRefused: true),
            Bomb(
                testDescription: "70 crypto lines",
                body: audio("0", (0..<70).map { "a=crypto:\($0) X inline:\($0)\r\n" }.joined()), isRefused: false),
            Bomb(
                testDescription: "a line of 60,000 octets",
                body: audio("0", "a=" + String(repeating: "x", count: 60_000)),
                isRefused: false),
            Bomb(
                testDescription: "a body past 64 KiB", body: audio("0", "a=" + String(repeating: "x", count: 70_000)),
                isRefused: true),
            Bomb(testDescription: "no media", body: "v=0\r\n", isRefused: true),
            Bomb(testDescription: "not a description", body: String(repeating: "\u{0}", count: 500), isRefused: true),
        ]
    }

    @Test("a description made to hurt is refused or read, and the next call is answered", arguments: Bomb.all)
    func descriptions(bomb: Bomb) {
        var service = Service()
        service.receive(Exchange.invite("bomb", body: bomb.body))
        let final = service.statuses.last { $0 >= 200 }
        #expect(bomb.isRefused ? (400...699).contains(final ?? 400) : final == 200)
        service.forget()
        service.call("next")
        #expect(service.statuses.contains(200))
        service.run(for: .milliseconds(300))
        #expect(service.packets > 10)
    }
}
