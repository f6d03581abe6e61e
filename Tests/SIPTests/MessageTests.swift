import SIP
import Telephony
import Testing

@Suite("SIP messages")
struct MessageTests {
    @Test("a message that is written reads back as it was")
    func roundTrip() throws {
        let text = Bench.request(
            "INVITE",
            headers: [
                "Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>", "X-Account: 12; a=\"b,c\"",
                "Subject: Пробный звонок",
                "History-Info: <sip:a@x>;index=1, <sip:b@x?Reason=SIP%3Bcause%3D302>;index=1.1",
            ], body: Bench.offer)
        let message = try SIPMessage(parsing: Bench.octets(text))
        let again = try SIPMessage(parsing: message.octets)
        #expect(again == message)
        #expect(message.recordRoutes.count == 2)
        #expect(message.historyInfo.count == 2)
        #expect(message.headers["x-account"] == "12; a=\"b,c\"")
    }

    @Test(
        "no value can add a header field",
        arguments: ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX", "\0", "a\u{7F}", "a\u{1B}[2J"])
    func injection(value: String) throws {
        var message = try SIPMessage(parsing: Bench.octets(Bench.request("OPTIONS")))
        let count = message.headers.fields.count
        let added = message.headers.append("X-Name", value)
        #expect(!added)
        message.headers.append(
            .contact, NameAddress(displayName: value, uri: .sip(SIPURI(user: value, host: .ipv4(1)))).description)
        message.startLine = .request(.options, uri: "sip:" + value)
        let again = try SIPMessage(parsing: message.octets)
        #expect(again.headers.fields.count == count + 1)
        #expect(!again.headers.contains("X-Evil"))
    }

    @Test("a description for logs is one line without anybody's name", arguments: ["INVITE", "BYE"])
    func logSafety(method: String) throws {
        let message = try SIPMessage(parsing: Bench.octets(Bench.request(method)))
        let text = "\(message)"
        #expect(!text.contains("ann") && !text.contains("192.0.2") && !text.contains("\n"))
    }

    @Test(
        "octets that are no message throw and do not trap",
        arguments: [
            "", "\r\n\r\n", " ", "INVITE", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 20 OK", "SIP/2.0 2000 OK", "SIP/2.0 099 X",
            "SIP/2.0 700 X",
            "SIP/3.0 200 OK", "\u{0}\u{1}\u{2}", ": : :", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ])
    func noMessage(text: String) {
        if let message = try? SIPMessage(parsing: Array(text.utf8)) {
            #expect(message.isRequest && message.defect != nil)
        }
    }

    @Test("every prefix and every one-octet change of a message is read without a trap")
    func mutations() {
        let octets = Bench.octets(
            Bench.request(
                "INVITE", headers: ["Require: timer", "Session-Expires: 1800;refresher=uac"], body: Bench.offer))
        let screening = Screening()
        for count in octets.indices {
            if let message = try? SIPMessage(parsing: Array(octets[..<count])) {
                _ = screening.verdict(on: message, tag: "t")
            }
        }
        for index in octets.indices {
            for octet in [UInt8(0), 0x0A, 0x0D, 0x22, 0x25, 0x3A, 0x3C, 0x5C, 0xFF] {
                var changed = octets
                changed[index] = octet
                if let message = try? SIPMessage(parsing: changed) { _ = screening.verdict(on: message, tag: "t") }
            }
        }
    }

    @Test(
        "bounds are kept",
        arguments: [
            (String(repeating: "X: y\r\n", count: 300), "513"),
            ("X: " + String(repeating: "y", count: 9_000) + "\r\n", "513"),
            ("X: " + String(repeating: "y", count: 20_000) + "\r\n", "silence"),
            (String(repeating: "Route: <sip:a;lr>\r\n", count: 71), "400"),
            ("Contact: <sip:a@b" + String(repeating: ";p", count: 100) + ">\r\n", "400"),
            ("Content-Length: 99999999999999999999\r\n", "400"), ("Content-Length: -1\r\n", "400"),
            ("Content-Length: +1\r\n", "400"),
            ("X : \u{1}\r\n", "400"), ("X\u{1}: 1\r\n", "400"), ("no colon\r\n", "400"), (": empty\r\n", "400"),
            ("Max-Forwards: 256\r\n", "400"), ("From: <sip:b@c>;tag=2\r\n", "400"), ("To: <sip:b@c>\r\n", "400"),
            ("X-Fine: 1\r\n", "200"), ("X-Fine:\r\n", "200"), ("x-Fine:1\r\n  2\r\n\t3\r\n", "200"),
        ])
    func bounds(extra: String, outcome: String) {
        let text = Bench.request("OPTIONS").split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("Content-Length") }.joined(separator: "\r\n")
        let request = text.dropLast(2) + "\r\n" + extra + "\r\n"
        #expect(TortureTests.outcome(Array(request.utf8)) == outcome)
    }

    @Test(
        "URIs are compared as RFC 3261 section 19.1.4 says",
        arguments: [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true
            ),
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
        ])
    func equivalence(a: String, b: String, isSame: Bool) throws {
        let (a, b) = (try #require(SIPURI(a)), try #require(SIPURI(b)))
        #expect(a.isEquivalent(to: b) == isSame)
        #expect(b.isEquivalent(to: a) == isSame)
    }

    @Test(
        "what is no URI is refused",
        arguments: [
            "sip:", "sip:@host", "sip:user@", "sip:user@host:", "sip:user@host:99999", "sip:us er@host",
            "sip:user@ho st", "sip:user@host;",
            "sip:user@host;a=", "sip:user@host?", "sip:%zz@host", "sip:%4@host", "sip:a@b@c", "sip:user@-host",
            "sip:user@1.2.3",
            "sip:user@1.2.3.256", "sip:user@[::1", "sip:[::1]x", "tel:", "tel:abc+", ":x", "1x:y", "sip:user@host\r\n",
            "",
        ])
    func noURI(text: String) {
        #expect(AnyURI(text) == nil)
    }

    @Test(
        "parties are read",
        arguments: [
            ("\"A \\\"B\\\" C\" <sip:a@b;x=y>;tag=1;q", "A \"B\" C", "sip:a@b;x=y", "1"),
            ("sip:a@b;tag=1", "", "sip:a@b", "1"),
            ("<tel:+1-201-555-0123;phone-context=x>;tag=2", "", "tel:+1-201-555-0123;phone-context=x", "2"),
            ("Ann  Lee   <sip:a@b>", "Ann Lee", "sip:a@b", ""), ("\"\" <sip:a@b>", "", "sip:a@b", ""),
        ])
    func parties(text: String, name: String, uri: String, tag: String) throws {
        let party = try #require(NameAddress(text))
        #expect(party.displayName ?? "" == name)
        #expect(party.uri.description == uri)
        #expect(party.tag ?? "" == tag)
        #expect(NameAddress(party.description) == party)
    }

    @Test("parts of multipart bodies are found")
    func multipart() throws {
        let body =
            "preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n"
            + "--b2\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b2--\r\n\r\n--b1--\r\nepilogue"
        var message = SIPMessage(.request(.invite, uri: "sip:a@b"))
        message.headers.append(.contentType, "multipart/mixed;boundary=\"b1\"")
        message.body = Array(body.utf8)
        #expect(message.bodyParts?.map { $0.type?.name ?? "" } == ["text/plain", "application/sdp"])
        #expect(message.sessionDescriptionOctets == Array("v=0".utf8))
        for count in message.body.indices {
            var cut = message
            cut.body = Array(message.body[..<count])
            _ = cut.bodyParts
        }
    }

    /// Bodies in short: a part is `type`, with `?` where it may be ignored and `~` where it is of another disposition; several
    /// stand in brackets behind the letter of their kind.
    @Test(
        "a part that must be understood and is not has the request refused with 415 and an Accept (RFC 5621)",
        arguments: [
            ("application/sdp", 0), ("x/y", 415), ("x/y?", 0), ("application/sdp~", 415), ("application/sdp~?", 0),
            ("M[application/sdp]", 0), ("M[application/sdp x/y]", 415), ("M[x/y application/sdp]", 415),
            ("M[application/sdp x/y?]", 0), ("M[application/sdp application/sdp~]", 415),
            ("M[application/sdp application/sdp~?]", 0), ("M[x/y? z/z?]", 0), ("M[x/y]", 415), ("M?[x/y]", 0),
            ("A[x/y application/sdp]", 0), ("A[application/sdp x/y]", 0), ("A[x/y z/z]", 415), ("A[x/y? z/z?]", 415),
            ("A?[x/y z/z]", 0), ("M[A[x/y application/sdp] z/z?]", 0), ("M[A[x/y z/z] application/sdp]", 415),
            ("M[A?[x/y z/z] application/sdp]", 0), ("M[A[x/y application/sdp] z/z]", 415),
            ("A[x/y M[application/sdp z/z?]]", 0), ("A[x/y M[application/sdp z/z]]", 415),
            ("M[M[M[application/sdp]]]", 0), ("M[M[M[M[M[application/sdp]]]]]", 415),
            ("R[application/sdp x/y]", 0), ("R[x/y application/sdp]", 415), ("M[]", 415), ("A[]", 415),
            ("O[application/sdp x/y]", 415), ("O[application/sdp x/y?]", 0),
        ])
    func handling(body: String, status: Int) throws {
        for method in [SIPMethod.invite, .update, .prack] {
            var message = try SIPMessage(
                parsing: Bench.octets(Bench.request(method.name, headers: ["RAck: 1 1 INVITE"])))
            let (fields, octets) = MessageTests.written(body)
            for field in fields {
                let halves = field.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix(" ") }
                message.headers.append(HeaderName(String(halves[0])), String(halves[1]))
            }
            message.body = Array(octets.utf8)
            switch Screening().verdict(on: message, tag: "t") {
            case .accept: #expect(status == 0, "\(method.name)")
            case .answer(let response):
                #expect(response.status == status, "\(method.name)")
                #expect(response.headers[.accept]?.hasPrefix("application/sdp, ") == true)
            case .drop: Issue.record("dropped")
            }
        }
    }

    /// Header fields and content of a body in short.
    private static func written(_ text: String) -> (fields: [String], octets: String) {
        var rest = Substring(text)
        return part(&rest, level: 0)
    }

    private static func part(_ rest: inout Substring, level: Int) -> (fields: [String], octets: String) {
        let kinds = ["M": "mixed", "A": "alternative", "R": "related", "O": "odd"]
        var type = String(rest.prefix { !" ?~[]".contains($0) })
        rest = rest.dropFirst(type.count)
        let isOther = rest.first == "~"
        if isOther { rest.removeFirst() }
        let isOptional = rest.first == "?"
        if isOptional { rest.removeFirst() }
        var octets = type == "application/sdp" ? "v=0" : "hello"
        if let kind = kinds[type] {
            type = "multipart/\(kind);boundary=b\(level)"
            octets = ""
            rest.removeFirst()
            while let next = rest.first, next != "]" {
                if next == " " { rest.removeFirst() }
                let inner = part(&rest, level: level + 1)
                octets += "--b\(level)\r\n" + inner.fields.map { $0 + "\r\n" }.joined() + "\r\n\(inner.octets)\r\n"
            }
            rest = rest.dropFirst()
            octets += "--b\(level)--\r\n"
        }
        let disposition = (isOther ? "early-session" : "session") + (isOptional ? ";handling=optional" : "")
        let isSaid = isOther || isOptional
        return (["Content-Type: " + type] + (isSaid ? ["Content-Disposition: " + disposition] : []), octets)
    }

    @Test("of alternative descriptions the last is taken, of mixed ones the first, and none that is encoded")
    func alternatives() throws {
        let part = { (text: String, field: String) in
            "--b\r\nContent-Type: application/sdp\r\n\(field)\r\n\(text)\r\n"
        }
        for (kind, taken) in [("mixed", "v=1"), ("alternative", "v=2")] {
            var message = try SIPMessage(parsing: Bench.octets(Bench.request("INVITE")))
            message.headers.append(.contentType, "multipart/\(kind);boundary=b")
            let encoded = part("dj0w", "Content-Transfer-Encoding: base64\r\n")
            message.body = Array(
                (encoded + part("v=1", "Content-Transfer-Encoding: binary\r\n") + part("v=2", "") + encoded + "--b--")
                    .utf8)
            #expect(message.sessionDescriptionOctets == Array(taken.utf8))
        }
    }

    @Test("every status of refusal has a cause of Q.850, and every cause a status")
    func causes() {
        #expect(StatusCode.q850(486) == 17)
        #expect(StatusCode.q850(404) == 1)
        #expect(StatusCode.q850(499) == StatusCode.q850(400))
        #expect(StatusCode.q850(200) == 16)
        #expect(StatusCode.status(q850: 17) == 486)
        #expect(StatusCode.outcome(486) == .busy)
        #expect(StatusCode.outcome(408) == .noAnswer)
        #expect(StatusCode.outcome(603) == .refused)
        for cause in 0...130 { #expect((400...699).contains(StatusCode.status(q850: cause))) }
        for row in StatusCode.table { #expect((1...127).contains(row.q850), "\(row.status)") }
        #expect(Set(StatusCode.table.map(\.status)).count == StatusCode.table.count)
    }

    @Test("a stream in pieces of any size gives the same messages")
    func pieces() throws {
        let stream =
            Bench.octets(Bench.request("INVITE", body: Bench.offer)) + [0x0D, 0x0A, 0x0D, 0x0A]
            + Bench.octets(Bench.request("BYE", cseq: 2))
        for size in [1, 2, 3, 7, 64, stream.count] {
            var framer = StreamFramer(at: .zero)
            var results: [String] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                framer.receive(stream[start..<min(start + size, stream.count)], at: .zero)
                loop: while true {
                    switch framer.next(at: .zero) {
                    case .message(let message): results.append(message.method?.name ?? "")
                    case .ping: results.append("ping")
                    case .needMore: break loop
                    case .failed: results.append("failed"); break loop
                    }
                }
            }
            #expect(results.filter { $0 != "ping" } == ["INVITE", "BYE"], "\(size)")
        }
    }

    @Test("a slow or silent stream is overdue, and a long head is cut off")
    func slowStreams() {
        var framer = StreamFramer(at: .zero)
        #expect(!framer.isOverdue(at: .zero + .seconds(119)))
        #expect(framer.isOverdue(at: .zero + .seconds(120)))
        framer.receive(Array("INVITE".utf8), at: .zero)
        for second in Int64(1)...9 { framer.receive([0x20], at: .zero + .seconds(second)) }
        #expect(framer.next(at: .zero + .seconds(9)) == .needMore)
        #expect(framer.isOverdue(at: .zero + .seconds(10)))
        framer.receive([UInt8](repeating: 0x41, count: 20_000), at: .zero + .seconds(10))
        #expect(framer.next(at: .zero + .seconds(10)) == .failed(nil))
    }
}
