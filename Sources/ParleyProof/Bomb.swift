/// A message made to hurt whoever reads it: as deep, as long or as many-valued as a datagram can be.
struct Bomb {
    var name: String
    var octets: [UInt8]

    private static let host = "127.0.0.1"
    private static let line =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

    /// - Parameters:
    ///   - more: header fields beside the usual ones.
    ///   - type: of the body.
    private init(
        _ name: String, _ method: String = "INVITE", own: String, number: Int, more: String = "",
        type: String = "application/sdp", body: String = line
    ) {
        self.name = name
        let identifier = "bomb-\(number)-\(name.filter { $0.isLetter || $0.isNumber })"
        octets = Array(
            """
            \(method) sip:100@\(Bomb.host) SIP/2.0\r
            Via: SIP/2.0/UDP \(own);branch=z9hG4bK\(identifier)\r
            Max-Forwards: 70\r
            From: <sip:bomb@\(own)>;tag=1\r
            To: <sip:100@\(Bomb.host)>\r
            Call-ID: \(identifier)\r
            CSeq: 1 \(method)\r
            Contact: <sip:bomb@\(own)>\r
            \(more)Content-Type: \(type)\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    private static func times(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined() }

    /// - Parameters:
    ///   - own: host and port to which answers go.
    ///   - number: of the round, so that none is a retransmission of another.
    static func all(own: String, number: Int) -> [Bomb] { heads(own, number) + bodies(own, number) }

    private static func heads(_ own: String, _ number: Int) -> [Bomb] {
        func fields(_ name: String, by method: String = "OPTIONS", _ more: String) -> Bomb {
            Bomb(name, method, own: own, number: number, more: more, body: method == "INVITE" ? line : "")
        }
        return [
            fields("5,000 routes", "Route: " + times(5_000) { _ in "<sip:a;lr>," } + "<sip:b;lr>\r\n"),
            fields("2,000 fields of routes", times(2_000) { "Route: <sip:r\($0);lr>\r\n" }),
            fields("1,000 recorded routes", by: "INVITE", times(1_000) { "Record-Route: <sip:r\($0).example;lr>\r\n" }),
            fields(
                "700 recorded routes of one field", by: "INVITE",
                "Record-Route: " + times(700) { "<sip:r\($0)>," } + "<sip:x>\r\n"),
            fields("2,000 hops", times(2_000) { "Via: SIP/2.0/UDP h\($0).example;branch=z9hG4bK\($0)\r\n" }),
            fields("2,000 parameters", "X: 1\r\nAccept-Contact: *" + times(2_000) { ";p\($0)=\($0)" } + "\r\n"),
            fields("a value of 60,000 octets", "Subject: " + times(60_000) { _ in "x" } + "\r\n"),
            fields("60,000 open quotes", "Subject: " + times(30_000) { _ in "\"\\" } + "\r\n"),
            fields("20,000 folded lines", "Subject: x\r\n" + times(15_000) { _ in " x\r\n" }),
            fields(
                "credentials without end", by: "INVITE",
                "Authorization: Digest " + times(3_000) { "a\($0)=\"b\"," } + "c=d\r\n"),
            fields("2,000 extensions", "Require: " + times(2_000) { "e\($0)," } + "f\r\n"),
            fields("2,000 causes", by: "INVITE", "Reason: " + times(300) { "SIP;cause=\($0);text=\"\"," } + "SIP\r\n"),
        ]
    }

    private static func bodies(_ own: String, _ number: Int) -> [Bomb] {
        func description(_ name: String, _ more: String) -> Bomb {
            Bomb(name, own: own, number: number, body: line + more)
        }
        func parts(_ name: String, _ type: String, _ body: String) -> Bomb {
            Bomb(name, own: own, number: number, type: type, body: body)
        }
        return [
            description("2,500 media", times(2_500) { _ in "m=audio 9 RTP/AVP 0\r\n" }),
            description("10,000 formats", "m=audio 9 RTP/AVP" + times(10_000) { " \($0 % 128)" } + "\r\n"),
            description("5,000 attributes", times(5_000) { "a=x:\($0)\r\n" }),
            description("500 names of formats", times(500) { "a=rtpmap:\($0 % 128) x/8000\r\n" }),
            description("500 keys", times(500) { "a=crypto:\($0) AES_CM_128_HMAC_SHA1_80 inline:x\r\n" }),
            description("an attribute of 60,000 octets", "a=" + times(60_000) { _ in "x" } + "\r\n"),
            description("10,000 empty lines", times(10_000) { _ in "\r\n" }),
            parts(
                "500 parts", "multipart/mixed;boundary=a",
                times(500) { _ in "--a\r\nContent-Type: application/sdp\r\n\r\n\(line)\r\n" } + "--a--\r\n"),
            parts(
                "parts in 800 parts", "multipart/mixed;boundary=a",
                times(800) { _ in "--a\r\nContent-Type: multipart/mixed;boundary=a\r\n\r\n" } + "--a--\r\n"),
            parts("half boundaries", "multipart/mixed;boundary=a", times(15_000) { _ in "\r\n--" } + "--a--\r\n"),
            parts(
                "a document of laughter", "application/xml",
                "<!DOCTYPE a [" + times(2_000) { "<!ENTITY e\($0) \"&e\($0 - 1);\">" } + "]><a>&e1999;</a>"),
        ]
    }
}
