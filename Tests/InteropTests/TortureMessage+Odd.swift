// Requests that RFC 3261 and its extensions have a word about, beside those of RFC 4475. Where the standards leave a choice,
// each of its ways is allowed.
extension TortureMessage {
    static let odd = [startLines, fields, numbers, lengths, targets, methods, extensions, bodies, noise].flatMap { $0 }

    private static let startLines = [
        request("another version", version: "SIP/7.0", [505]),
        request("another protocol", version: "HTTP/1.1", [400, 505, nil]),
        request("no version", version: "", [400, nil]),
        request("space behind the version", version: "SIP/2.0 ", [400]),
        request("version in lower case", version: "sip/2.0", [200]),
        request("two spaces before the address", uri: " sip:100@127.44.0.2", [400]),
        request("angle brackets about the address", uri: "<sip:100@127.44.0.2>", [400]),
        request("a method in lower case is another one", "invite", [501]),
        request("a method of odd letters", "!interesting-Method0123456789_*+`.%indeed'~", [501]),
        TortureMessage(
            "line ends before the request",
            ["\r\n\r\nOPTIONS sip:100@127.44.0.2 SIP/2.0", "Via: SIP/2.0/UDP 127.44.0.1;branch=z9hG4bKcrlf"]
                + minimum("crlf"), [200]),
    ]

    private static func minimum(_ name: String, _ cseq: String = "1 OPTIONS") -> [String] {
        [
            "From: <sip:ann@127.44.0.1>;tag=1", "To: <sip:100@127.44.0.2>", "Call-ID: \(name)", "CSeq: \(cseq)",
            "Max-Forwards: 70", "Content-Length: 0",
        ]
    }

    private static let fields = [
        TortureMessage(
            "short forms",
            [
                "OPTIONS sip:100@127.44.0.2 SIP/2.0", "v:SIP/2.0/UDP 127.44.0.1;branch=z9hG4bKshort",
                "f:<sip:ann@127.44.0.1>;tag=1", "t:<sip:100@127.44.0.2>", "i:short", "CSeq:1 OPTIONS", "k:timer",
                "m:<sip:ann@127.44.0.1>", "MAX-FORWARDS:70", "s:", "l:0",
            ], [200]),
        TortureMessage(
            "folded everywhere",
            [
                "OPTIONS sip:100@127.44.0.2 SIP/2.0", "Via  :", "  SIP", "\t/ 2.0 / UDP", " 127.44.0.1 ; branch",
                " = z9hG4bKfolded", "From:", "\t\"Ann\"", " <sip:ann@127.44.0.1>", " ; tag = 1",
                "To:\t<sip:100@127.44.0.2>",
                "Call-ID:", " folded", "CSeq: 1", "\tOPTIONS", "Max-Forwards:", "\t70", "Content-Length: 0",
            ], [200]),
        request(
            "a name with everything in quotes", changes: ["From": "\"a>b,;\\\"\\\\ <c\" <sip:a@b.example>;tag=1"], [200]
        ),
        request("a name in three scripts", changes: ["From": "\"Ünï ڪ 漢字\" <sip:a@b.example>;tag=1"], [200]),
        request("no brackets about From", changes: ["From": "sip:ann@127.44.0.1;tag=1"], [200]),
        request("From is a number", changes: ["From": "<tel:+15550100>;tag=1", "To": "<tel:+15550101>"], [200]),
        request("From is a name of another kind", changes: ["From": "<urn:uuid:f81d4fae>;tag=1"], [200]),
        request("From has no tag", changes: ["From": "<sip:ann@127.44.0.1>"], [200, 400]),
        request("From is not closed", changes: ["From": "\"Ann <sip:ann@127.44.0.1>;tag=1"], [400]),
        request("To is not closed", changes: ["To": "<sip:100@127.44.0.2"], [400]),
        request("no From", changes: ["From": ""], [400]),
        request("no To", changes: ["To": ""], [400]),
        request("no Call-ID", changes: ["Call-ID": ""], [400]),
        request("no CSeq", changes: ["CSeq": ""], [400]),
        request("no Via", changes: ["Via": ""], [400, nil]),
        request("two From", more: ["From: <sip:x@127.44.0.1>;tag=2"], [400]),
        request("two To", more: ["t: <sip:x@127.44.0.1>"], [400]),
        request("two Call-ID", more: ["i: other"], [400]),
        request("two CSeq", more: ["CSeq: 2 OPTIONS"], [400]),
        request("a Call-ID of odd letters", changes: ["Call-ID": "<\"odd\">()[]?/\\{}:%!~*+'`"], [200]),
        request("Via without a branch", changes: ["Via": "SIP/2.0/UDP 127.44.0.1"], [200]),
        request("a branch of RFC 2543", changes: ["Via": "SIP/2.0/UDP 127.44.0.1;branch=1"], [200]),
        request(
            "an unknown transport in Via", changes: ["Via": "SIP/2.0/PIGEON 127.44.0.1;branch=z9hG4bKpigeon"], [200]),
        request(
            "Via with a port that is none", changes: ["Via": "SIP/2.0/UDP 127.44.0.1:99999;branch=z9hG4bKport"],
            [400, nil]),
        request(
            "Via names everybody", changes: ["Via": "SIP/2.0/UDP 127.44.0.1;maddr=255.255.255.255;branch=z9hG4bKm"],
            [200]),
        request(
            "Via has been received elsewhere",
            changes: ["Via": "SIP/2.0/UDP 127.44.0.1;received=192.0.2.9;branch=z9hG4bKr"], [200]),
        request("a field that nobody knows", more: ["X-Nobody:", "Nobody-Either: ;;;,\"x\""], [200]),
        request("a field without a colon", more: ["Nobody"], [400]),
        request("a field without a name", more: [": nobody"], [400]),
        request("a field whose name has a control character", more: ["X\u{1}: 1"], [400]),
        request("a NUL in a value", more: ["Subject: a\u{0}b"], [400]),
        request("octets that are no text", changes: ["From": "\"@@\" <sip:a@b.example>;tag=1"], [200, 400])
            .replacing("@@", with: [0xFF, 0xC3]),
        request("300 fields", more: (0..<300).map { "X-\($0): 1" }, [513, 400, 200]),
        request(
            "a value of 9,000 octets", more: ["Subject: " + String(repeating: "x", count: 9_000)], [513, 400, 200]),
        request(
            "a head of 40,000 octets", more: (0..<20).map { _ in "Subject: " + String(repeating: "x", count: 2_000) },
            [513, 400, nil]),
        request("a Route that is none", more: ["Route: <sip:a@b.example"], [400]),
        request("a Route to somebody else", more: ["Route: <sip:127.44.0.9;lr>"], [200, 403, 404, 483]),
        request("Record-Route by IPv6", more: ["Record-Route: <sip:[2001:db8::1]:5061;lr;transport=tls>"], [200]),
        request("a date that is none", more: ["Date: Fri, 01 Jan 2010 16:00:00 EST"], [200]),
        request(
            "Timestamp and others that mean nothing here",
            more: ["Timestamp: x", "Expires: 99999999999", "Priority: "], [200, 400]),
    ]

    private static let numbers = [
        request("the greatest CSeq", changes: ["CSeq": "2147483647 OPTIONS"], [200]),
        request("a CSeq past 31 bits", changes: ["CSeq": "2147483648 OPTIONS"], [200, 400]),
        request("a CSeq past 32 bits", changes: ["CSeq": "4294967296 OPTIONS"], [400]),
        request("a CSeq past 64 bits", changes: ["CSeq": "36893488147419103232 OPTIONS"], [400]),
        request("a negative CSeq", changes: ["CSeq": "-1 OPTIONS"], [400]),
        request("a CSeq of another method", changes: ["CSeq": "1 INVITE"], [400]),
        request("a CSeq without a method", changes: ["CSeq": "1"], [400]),
        request("zeros before CSeq", changes: ["CSeq": "0009 OPTIONS"], [200]),
        request("no hop is left", changes: ["Max-Forwards": "0"], [200]),
        request("Max-Forwards of 255", changes: ["Max-Forwards": "255"], [200]),
        request("Max-Forwards past its limit", changes: ["Max-Forwards": "256"], [400, 200]),
        request("Max-Forwards is a word", changes: ["Max-Forwards": "many"], [400]),
        request("no Max-Forwards", changes: ["Max-Forwards": ""], [200, 400]),
    ]

    private static let lengths = [
        request("a negative length", changes: ["Content-Length": "-1"], [400]),
        request("a length past 64 bits", changes: ["Content-Length": "99999999999999999999"], [400]),
        request("a length that is not there", changes: ["Content-Length": "500"], [400]),
        request("two lengths that differ", more: ["l: 7"], [400]),
        request("two lengths that agree", more: ["l: 0"], [200, 400]),
        request("no length", changes: ["Content-Length": ""], [200]),
        TortureMessage(
            "more than the length says",
            ["OPTIONS sip:100@127.44.0.2 SIP/2.0", "Via: SIP/2.0/UDP 127.44.0.1;branch=z9hG4bKnoise"]
                + minimum("noise"), body: "noise\r\nOPTIONS sip:x SIP/2.0\r\n\r\n", [200]),
        TortureMessage(
            "no empty line",
            ["OPTIONS sip:100@127.44.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 127.44.0.1;branch=z9hG4bKcut\r\nX"], [400, nil]),
    ]

    private static let targets = [
        request("sips over UDP", uri: "sips:100@127.44.0.2", [200, 416, 400]),
        request("a number is called", uri: "tel:+15550100", [200, 404, 416]),
        request("mail", uri: "mailto:ann@example.com", [416]),
        request("a scheme that nobody knows", uri: "nobody:100", [416]),
        request("no host", uri: "sip:", [400]),
        request("a user and no host", uri: "sip:100@", [400]),
        request("a port past 16 bits", uri: "sip:100@127.44.0.2:65536", [400]),
        request("a port that is a word", uri: "sip:100@127.44.0.2:sip", [400]),
        request("fields in the Request-URI", uri: "sip:100@127.44.0.2?Route=%3Csip:x%3E", [400]),
        request("a NUL in the user, escaped", uri: "sip:100%00@127.44.0.2", [200, 404]),
        request("an escape that is none", uri: "sip:100%zz@127.44.0.2", [400, 404]),
        request("parameters of the user", uri: "sip:+1555;isub=1;phone-context=x@127.44.0.2;user=phone", [200, 404]),
        request(
            "a user of 1,500 letters", uri: "sip:\(String(repeating: "u", count: 1_500))@127.44.0.2", [200, 404, 414]),
        request("a method in the Request-URI", uri: "sip:100@127.44.0.2;method=INVITE", [200, 400]),
    ]

    private static let methods =
        ["SUBSCRIBE", "PUBLISH", "MESSAGE", "REGISTER"].map { request("\($0) is not served", $0, [405, 489]) }
        + [
            request("a method that nobody knows", "NOBODY", [501]),
            request("BYE without a dialog", "BYE", changes: ["To": "<sip:100@127.44.0.2>;tag=x"], [481]),
            request("BYE without a tag", "BYE", [481, 400]),
            request("INFO without a dialog", "INFO", [481, 405]),
            request("UPDATE without a dialog", "UPDATE", [481]),
            request(
                "NOTIFY without a dialog", "NOTIFY", more: ["Event: refer", "Subscription-State: active"], [481, 489]),
            request("PRACK without a dialog", "PRACK", more: ["RAck: 1 1 INVITE"], [481]),
            request("PRACK without RAck", "PRACK", [400, 481]),
            request(
                "REFER without a dialog", "REFER", more: ["Refer-To: <sip:+19005550100@192.0.2.9>"], [403, 603, 481]),
            request("REFER to nobody", "REFER", [400]),
            request("CANCEL of nothing", "CANCEL", [481]),
            request(
                "INVITE within a dialog that is not there", "INVITE", changes: ["To": "<sip:100@127.44.0.2>;tag=x"],
                body: offer, [481]),
            request("ACK of nothing", "ACK", [nil]),
            request("ACK that is malformed", "ACK", changes: ["CSeq": "x"], [nil]),
        ]

    private static let extensions = [
        request("requires what nobody knows", more: ["Require: nobody, 100rel"], [420]),
        request("a proxy is to know what it does not", more: ["Proxy-Require: nobody"], [200]),
        request("CANCEL requires what nobody knows", "CANCEL", more: ["Require: nobody"], [481]),
        request("ACK requires what nobody knows", "ACK", more: ["Require: nobody"], [nil]),
        request("supports nothing", more: ["Supported:"], [200]),
        request(
            "a session of half a minute", "INVITE", more: ["Supported: timer", "Session-Expires: 30"], body: offer,
            [422]),
        request(
            "a session timer that is none", "INVITE", more: ["Supported: timer", "Session-Expires: soon"], body: offer,
            [200, 400]),
        request(
            "Replaces where it may not", "INVITE", more: ["Replaces: a;to-tag=b;from-tag=c"], body: offer, [403, 481]),
        request("Replaces without tags", "INVITE", more: ["Replaces: a"], body: offer, [400]),
        request(
            "two Replaces", "INVITE", more: ["Replaces: a;to-tag=b;from-tag=c", "Replaces: d;to-tag=e;from-tag=f"],
            body: offer, [400]),
        request(
            "credentials that are none", "INVITE", more: ["Authorization: Digest ,,,=\"", "Proxy-Authorization: x"],
            body: offer, [200]),
        request(
            "who called is said in no language", "INVITE",
            more: [
                "P-Asserted-Identity: <<>>", "Diversion: ;;;", "History-Info: x", "Referred-By: ,", "User-to-User: ;=",
                "Reason: ;cause", "Privacy: ", "Call-Info: <",
            ], body: offer, [200, 400]),
    ]

    private static let bodies = [
        request("a body of no kind", "INVITE", changes: ["Content-Type": ""], body: offer, [400, 415]),
        request(
            "a body of a kind that nobody knows", "INVITE", changes: ["Content-Type": "application/nobody"], body: "x",
            [415]),
        request("a kind that is none", "INVITE", changes: ["Content-Type": "application"], body: offer, [400, 415]),
        request(
            "a body that may be passed over", "INVITE", changes: ["Content-Type": "application/nobody"],
            more: ["Content-Disposition: x;handling=optional"], body: "x", [200]),
        request("a body that is packed", "INVITE", more: ["Content-Encoding: gzip"], body: offer, [415]),
        request(
            "an answer of another kind is wanted", "INVITE", more: ["Accept: text/plain"], body: offer, [406, 488]),
        request("any answer is wanted", "INVITE", more: ["Accept: */*;q=0.1, application/sdp"], body: offer, [200]),
        request(
            "parts, of which one is a description", "INVITE",
            changes: ["Content-Type": "multipart/mixed;boundary=\"a b\""],
            body:
                "preamble\r\n--a b\r\nContent-Type: application/sdp\r\n\r\n\(offer)\r\n--a b\r\nContent-Type: x/y\r\nContent-Disposition: x;handling=optional\r\n\r\nz\r\n--a b--\r\n",
            [200]),
        request(
            "parts, of which one must be understood and is not", "INVITE",
            changes: ["Content-Type": "multipart/mixed;boundary=a"],
            body:
                "--a\r\nContent-Type: application/sdp\r\n\r\n\(offer)\r\n--a\r\nContent-Type: x/y\r\n\r\nz\r\n--a--\r\n",
            [415]),
        request(
            "parts, one of which is enough", "INVITE",
            changes: ["Content-Type": "multipart/alternative;boundary=a"],
            body:
                "--a\r\nContent-Type: x/y\r\n\r\nz\r\n--a\r\nContent-Type: application/sdp\r\n\r\n\(offer)\r\n--a--\r\n",
            [200]),
        request(
            "parts without a boundary", "INVITE", changes: ["Content-Type": "multipart/mixed"], body: offer, [400, 415]),
        request(
            "parts in parts without end", "INVITE", changes: ["Content-Type": "multipart/mixed;boundary=a"],
            body: String(repeating: "--a\r\nContent-Type: multipart/mixed;boundary=a\r\n\r\n", count: 500),
            [400, 413, 415, 488]),
        request("no Contact", "INVITE", changes: ["Contact": ""], body: offer, [400]),
        request("Contact is everybody", "INVITE", changes: ["Contact": "*"], body: offer, [400]),
        request("Contact is not closed", "INVITE", changes: ["Contact": "<sip:ann@127.44.0.1"], body: offer, [400]),
        request(
            "two Contact addresses", "INVITE", changes: ["Contact": "<sip:a@127.44.0.1>, <sip:b@127.44.0.1>"],
            body: offer,
            [400]),
        request("Contact is a number", "INVITE", changes: ["Contact": "<tel:+15550100>"], body: offer, [400]),
        request(
            "a description that is to be shown", "INVITE", more: ["Content-Disposition: render"], body: offer, [415]),
        request(
            "a description that may be passed over", "INVITE",
            more: ["Content-Disposition: early-session;handling=optional"], body: offer, [200]),
        request(
            "a description of the session", "INVITE", more: ["Content-Disposition: Session;handling=required"],
            body: offer, [200]),
        request(
            "no description is wanted", "INVITE", more: ["Accept: application/sdp;q=0.0, text/plain"], body: offer,
            [406, 488]),
        request(
            "Contact is a name that is not to be asked for", "INVITE",
            changes: ["Contact": "<sip:ann@nobody.example:5060>"], body: offer, [200]),
    ]

    private static let noise = [
        TortureMessage("nothing", [""], [nil]),
        TortureMessage("one word", ["x"], [nil, 400]),
        TortureMessage(
            "a response that nobody waits for",
            ["SIP/2.0 200 OK", "Via: SIP/2.0/UDP 127.44.0.2;branch=z9hG4bKr"] + minimum("stray"), [nil]),
        TortureMessage(
            "a response past 699",
            ["SIP/2.0 999 OK", "Via: SIP/2.0/UDP 127.44.0.2;branch=z9hG4bKr"] + minimum("stray"), [nil]),
        TortureMessage("a response that is malformed", ["SIP/2.0 2 OK"], [nil]),
        TortureMessage(
            "lines end as in Unix",
            ["OPTIONS sip:100@127.44.0.2 SIP/2.0\nVia: SIP/2.0/UDP 127.44.0.1;branch=z9hG4bKu\n\n"], [nil, 400]),
        TortureMessage("STUN", ["\u{0}\u{1}\u{0}\u{0}!\u{12}"], [nil]),
        TortureMessage("60,000 octets of one line", [String(repeating: "x", count: 60_000)], [nil, 400, 513]),
        request("a method of 5,000 letters", String(repeating: "M", count: 5_000), [501, 400, 513, nil]),
    ]
}
