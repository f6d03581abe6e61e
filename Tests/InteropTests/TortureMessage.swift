/// A message that is not what far ends usually send, and what may come of it.
struct TortureMessage: Sendable {
    var name: String
    var octets: [UInt8]
    /// Final statuses that the standards allow; `nil` is silence.
    var allowed: [Int?]

    /// - Parameters:
    ///   - head: lines from the request line on, without the header fields that `fields` gives.
    ///   - body: what stands behind the empty line.
    init(_ name: String, _ lines: [String], body: String = "", _ allowed: [Int?]) {
        self.name = name
        octets = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        self.allowed = allowed
    }

    /// A request that is right but for what is said otherwise.
    ///
    /// - Parameters:
    ///   - name: what is odd about it; it makes the Call-ID too.
    ///   - changes: header fields in place of the usual ones of the same name; an empty value leaves the field out.
    ///   - more: lines behind them, as they are.
    static func request(
        _ name: String, _ method: String = "OPTIONS", uri: String = "sip:100@127.44.0.2", version: String = "SIP/2.0",
        changes: [String: String] = [:], more: [String] = [], body: String = "", _ allowed: [Int?]
    ) -> TortureMessage {
        let identifier = String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" })
        var fields = [
            ("Via", "SIP/2.0/UDP 127.44.0.1;branch=z9hG4bK\(identifier)"), ("Max-Forwards", "70"),
            ("From", "<sip:ann@127.44.0.1>;tag=1"), ("To", "<sip:100@127.44.0.2>"), ("Call-ID", identifier),
            ("CSeq", "1 \(method)"), ("Contact", "<sip:ann@127.44.0.1>"),
        ]
        if !body.isEmpty { fields.append(("Content-Type", "application/sdp")) }
        fields.append(("Content-Length", "\(body.utf8.count)"))
        let usual = fields.map { ($0.0, changes[$0.0] ?? $0.1) }.filter { !$0.1.isEmpty }
        return TortureMessage(
            name, ["\(method) \(uri) \(version)"] + usual.map { "\($0.0): \($0.1)" } + more, body: body, allowed)
    }

    /// The same with other octets in a place.
    func replacing(_ old: String, with new: [UInt8]) -> TortureMessage {
        var copy = self
        if let range = octets.firstRange(of: Array(old.utf8)) { copy.octets.replaceSubrange(range, with: new) }
        return copy
    }

    static let offer = """
        v=0\r
        o=- 1 1 IN IP4 127.44.0.1\r
        s=-\r
        c=IN IP4 127.44.0.1\r
        t=0 0\r
        m=audio 6000 RTP/AVP 0\r

        """
}

// RFC 5118: IPv6 wherever SIP has an address.
extension TortureMessage {
    private static func ipv6(
        _ section: String, _ method: String, _ uri: String, via: String, body: String = "", _ allowed: [Int?]
    ) -> TortureMessage {
        request(
            section, method, uri: uri,
            changes: [
                "Via": via, "To": "<sip:user@example.com>", "From": "<sip:user@example.com>;tag=81x2",
                "Contact": "\"Caller\" <sip:caller@[2001:db8::1]>",
            ], body: body, allowed)
    }

    static let ofRFC5118 = [
        // Registers with a user agent that is no registrar.
        ipv6(
            "4.1 a reference in the Request-URI", "REGISTER", "sip:[2001:db8::10]",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111", [405]),
        ipv6(
            "4.2 an address without brackets in it", "REGISTER", "sip:2001:db8::10",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-112", [400]),
        ipv6(
            "4.3 what looks like a port belongs to the address", "OPTIONS", "sip:[2001:db8::10:5070]",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-113", [200]),
        ipv6(
            "4.4 a port behind the brackets", "OPTIONS", "sip:[2001:db8::10]:5070",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-114", [200]),
        ipv6(
            "4.5 received with brackets", "OPTIONS", "sip:[2001:db8::10]",
            via: "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-115", [200]),
        ipv6(
            "4.5 received without brackets", "OPTIONS", "sip:[2001:db8::10]",
            via: "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-116", [200]),
        ipv6(
            "4.6 addresses in the session description", "INVITE", "sip:user@[2001:db8::10]",
            via: "SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-117",
            body: "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=Live\r\nc=IN IP6 2001:db8::20\r\n"
                + "t=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 2 0\r\na=rtpmap:2 G726-32/8000\r\n", [200]),
        ipv6(
            "4.7 both families in Via", "OPTIONS", "sip:user@host.example.net",
            via: "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-118,"
                + "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144", [200]),
        ipv6(
            "4.8 both families in the session description", "INVITE", "sip:user@[2001:db8::10]",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-119",
            body: "v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=-\r\nt=0 0\r\n"
                + "m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\n"
                + "c=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n", [200]),
        ipv6(
            "4.9 an IPv4 address mapped", "INVITE", "sip:user@example.com",
            via: "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19",
            body: "v=0\r\no=- 369741641 369741641 IN IP6 ::ffff:192.0.2.2\r\ns=-\r\nc=IN IP6 ::ffff:192.0.2.2\r\n"
                + "t=0 0\r\nm=audio 16384 RTP/AVP 8 0 18 101\r\na=rtpmap:101 telephone-event/8000\r\n", [200]),
        ipv6(
            "4.10 the third colon of RFC 3261's grammar", "OPTIONS", "sip:user@[2001:db8:::192.0.2.1]",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-120", [200]),
        ipv6(
            "4.10 without it", "OPTIONS", "sip:user@[2001:db8::192.0.2.1]",
            via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-121", [200]),
    ]
}
