import SIP
import Telephony
import Testing

@Suite("Where a request goes (RFC 3263)")
struct ResolutionTests {
    /// A small zone.
    private static let zone: [NameQuery: NameAnswer] = [
        .naptr("example.com"): .naptr([
            NAPTRRecord(order: 50, preference: 50, service: "SIPS+D2T", replacement: "_sips._tcp.example.com"),
            NAPTRRecord(order: 90, preference: 50, service: "SIP+D2T", replacement: "_sip._tcp.example.com"),
            NAPTRRecord(order: 100, preference: 50, service: "SIP+D2U", replacement: "_sip._udp.example.com"),
            NAPTRRecord(order: 10, preference: 50, service: "E2U+sip", replacement: "elsewhere.example.com"),
        ]),
        .srv("_sips._tcp.example.com"): .srv([SRVRecord(priority: 0, weight: 1, port: 5_061, target: "a.example.com")]),
        .srv("_sip._tcp.example.com"): .srv([]),
        .srv("_sip._udp.example.com"): .srv([
            SRVRecord(priority: 1, weight: 0, port: 5_070, target: "b.example.com"),
            SRVRecord(priority: 0, weight: 0, port: 5_060, target: "a.example.com"),
        ]),
        .a("a.example.com"): .addresses([TransportAddress(ipv4: 0xC000_0201, port: 0)]),
        .aaaa("a.example.com"): .addresses([TransportAddress(high: 0x2001_0DB8_0000_0000, low: 1, port: 0)]),
        .a("b.example.com"): .addresses([TransportAddress(ipv4: 0xC000_0202, port: 0)]),
        .a("plain.example.org"): .addresses([TransportAddress(ipv4: 0xC000_0203, port: 0)]),
    ]

    private static func resolve(_ text: String, usesIPv6: Bool = false) -> (asked: [NameQuery], hops: [String]) {
        var entropy = Entropy(SeededGenerator(seed: 3))
        guard let uri = SIPURI(text) else { return ([], ["no URI"]) }
        var resolution = TargetResolution(of: uri, usesIPv6: usesIPv6)
        var asked: [NameQuery] = []
        while true {
            switch resolution.step {
            case .ask(let query):
                asked.append(query)
                resolution.receive(zone[query] ?? .addresses([]), entropy: &entropy)
            case .targets(let hops):
                return (asked, hops.map { "\($0.transport.rawValue) \($0.address.hostAndPort)" })
            }
        }
    }

    @Test(
        "a URI leads to its targets, the best first",
        arguments: [
            ("sip:192.0.2.9", ["udp 192.0.2.9:5060"]),
            ("sip:[2001:db8::9]:5080;transport=tcp", ["tcp [2001:db8::9]:5080"]),
            ("sips:192.0.2.9", ["tls 192.0.2.9:5061"]),
            ("sip:example.com", ["tls 192.0.2.1:5061", "udp 192.0.2.1:5060", "udp 192.0.2.2:5070"]),
            ("sips:example.com", ["tls 192.0.2.1:5061"]),
            ("sip:example.com;transport=udp", ["udp 192.0.2.1:5060", "udp 192.0.2.2:5070"]),
            ("sip:a.example.com:5099", ["udp 192.0.2.1:5099"]),
            ("sip:plain.example.org", ["udp 192.0.2.3:5060"]),
            ("sip:nowhere.example.org", []),
        ])
    func targets(uri: String, expected: [String]) {
        #expect(ResolutionTests.resolve(uri).hops == expected)
    }

    @Test("addresses of both families are found")
    func bothFamilies() {
        #expect(
            ResolutionTests.resolve("sips:example.com", usesIPv6: true).hops == [
                "tls [2001:db8::1]:5061", "tls 192.0.2.1:5061",
            ])
    }

    @Test("an address and a port ask nothing more than they need")
    func questions() {
        #expect(ResolutionTests.resolve("sip:192.0.2.9").asked.isEmpty)
        #expect(ResolutionTests.resolve("sip:a.example.com:5099").asked == [.a("a.example.com")])
    }

    @Test("records of one priority are drawn by weight")
    func weights() {
        let records = [
            SRVRecord(priority: 0, weight: 75, port: 1, target: "heavy"),
            SRVRecord(priority: 0, weight: 25, port: 1, target: "light"),
            SRVRecord(priority: 1, weight: 100, port: 1, target: "last"),
        ]
        var first = 0
        for seed in UInt64(0)..<2_000 {
            var entropy = Entropy(SeededGenerator(seed: seed))
            var resolution = TargetResolution(
                of: SIPURI(host: .name("x"), parameters: Parameters([("transport", "udp")])), usesIPv6: false)
            resolution.receive(.srv(records), entropy: &entropy)
            if resolution.step == .ask(.a("heavy")) { first += 1 }
            #expect(resolution.step != .ask(.a("last")))
        }
        #expect((1_400...1_600).contains(first), "\(first) of 2,000")
    }

    @Test("a name server that answers without end leads nowhere")
    func bounds() {
        var entropy = Entropy(SeededGenerator(seed: 1))
        var resolution = TargetResolution(of: SIPURI(host: .name("x")))
        var count = 0
        let many = (0..<10_000).map { SRVRecord(priority: 0, weight: 1, port: 1, target: "h\($0)") }
        let records = (0..<10_000).map {
            NAPTRRecord(order: 0, preference: 0, service: "SIP+D2U", replacement: "r\($0)")
        }
        while case .ask(let query) = resolution.step {
            count += 1
            switch query {
            case .naptr: resolution.receive(.naptr(records), entropy: &entropy)
            case .srv: resolution.receive(.srv(many), entropy: &entropy)
            case .a, .aaaa:
                resolution.receive(
                    .addresses((0..<1_000).map { TransportAddress(ipv4: UInt32($0) + 1, port: 0) }), entropy: &entropy)
            }
        }
        #expect(count <= SIPLimits.resolutionTargets * 2)
        guard case .targets(let hops) = resolution.step else { return }
        #expect(hops.count <= SIPLimits.resolutionTargets)
    }
}
