import SIP
import Telephony
import Testing

/// Messages after RFC 5118, which tries IPv6 addresses where SIP has them.
@Suite("Torture messages of RFC 5118")
struct IPv6TortureTests {
    private static let sections: [(section: String, message: String, outcome: String)] = [
        (
            "4.1 a reference as Request-URI",
            message("REGISTER", "sip:[2001:db8::10]", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"), "405"
        ),
        (
            "4.2 an address without brackets",
            message("REGISTER", "sip:2001:db8::10", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"), "400"
        ),
        (
            "4.3 what looks like a port belongs to the address",
            message("OPTIONS", "sip:[2001:db8::10:5070]", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"),
            "200"
        ),
        (
            "4.4 a port behind the brackets",
            message("OPTIONS", "sip:[2001:db8::10]:5070", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"),
            "200"
        ),
        (
            "4.5 received with brackets",
            message(
                "OPTIONS", "sip:[2001:db8::10]",
                via: "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111"), "200"
        ),
        (
            "4.5 received without brackets",
            message(
                "OPTIONS", "sip:[2001:db8::10]",
                via: "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111"), "200"
        ),
        (
            "4.6 addresses in the session description",
            message(
                "INVITE", "sip:user@[2001:db8::10]", via: "SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111",
                body:
                    "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=Live\r\nc=IN IP6 2001:db8::20\r\n"
                    + "t=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 2 0\r\na=rtpmap:2 G726-32/8000\r\n"), "call"
        ),
        (
            "4.7 both families in Via",
            message(
                "OPTIONS", "sip:user@host.example.net",
                via: "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111,"
                    + "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144"), "200"
        ),
        (
            "4.8 both families in the session description",
            message(
                "INVITE", "sip:user@[2001:db8::10]", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111",
                body: "v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=-\r\nt=0 0\r\n"
                    + "m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\n"
                    + "c=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n"), "call"
        ),
        (
            "4.9 an IPv4 address mapped",
            message(
                "INVITE", "sip:user@example.com", via: "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19",
                body: "v=0\r\no=- 369741641 369741641 IN IP6 ::ffff:192.0.2.2\r\ns=-\r\nc=IN IP6 ::ffff:192.0.2.2\r\n"
                    + "t=0 0\r\nm=audio 16384 RTP/AVP 8 0 18 101\r\na=rtpmap:101 telephone-event/8000\r\n"), "call"
        ),
        (
            "4.10 the third colon of RFC 3261's grammar",
            message("OPTIONS", "sip:user@[2001:db8:::192.0.2.1]", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3"),
            "200"
        ),
        (
            "4.10 without it",
            message("OPTIONS", "sip:user@[2001:db8::192.0.2.1]", via: "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3"),
            "200"
        ),
    ]

    private static func message(_ method: String, _ uri: String, via: String, body: String = "") -> String {
        "\(method) \(uri) SIP/2.0\r\nTo: <sip:user@example.com>\r\nFrom: <sip:user@example.com>;tag=81x2\r\n"
            + "Via: \(via)\r\nCall-ID: SSG9559905523997077@hlau_4100\r\nMax-Forwards: 70\r\n"
            + "Contact: \"Caller\" <sip:caller@[2001:db8::1]>\r\nCSeq: 98176 \(method)\r\n"
            + (body.isEmpty ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: \(body.utf8.count)\r\n\r\n"
            + body
    }

    @Test("each message is accepted or refused as its section says", arguments: sections.indices)
    func outcomes(index: Int) {
        let row = IPv6TortureTests.sections[index]
        #expect(TortureTests.outcome(Array(row.message.utf8)) == row.outcome, "\(row.section)")
    }

    @Test(
        "addresses are read and written as RFC 5952 says",
        arguments: [
            ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1::1", "2001:0:0:1::1"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("2001:db8::192.0.2.1", "2001:db8::c000:201"), ("2001:db8:::192.0.2.1", "2001:db8::c000:201"),
        ])
    func addresses(text: String, expected: String) {
        #expect(Host(text, allowsBareIPv6: true)?.bare == expected)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1", "1:", "12345::", "::g", "1:2:3:4:5:6:7::8::", ":::",
            "::1.2.3", "::1.2.3.4.5", "::256.1.1.1", "1.2.3.4::",
        ])
    func noAddress(text: String) {
        #expect(Host(text, allowsBareIPv6: true) == nil)
        #expect(Host("[\(text)]") == nil)
    }
}
