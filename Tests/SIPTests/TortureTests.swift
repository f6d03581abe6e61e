import Foundation
import SIP
import Telephony
import Testing

/// What a user agent without a registrar does with the messages of RFC 4475.
@Suite("Torture messages of RFC 4475")
struct TortureTests {
    /// A status, `call` for an INVITE that is offered, or `silence`.
    private static let table: [(file: String, outcome: String)] = [
        // 3.1.1: valid.
        ("wsinv", "481"), ("intmeth", "501"), ("esc01", "call"), ("escnull", "405"), ("esc02", "501"),
        ("lwsdisp", "200"),
        ("longreq", "call"), ("dblreq", "405"), ("semiuri", "200"), ("transports", "200"), ("mpart01", "405"),
        ("unreason", "silence"), ("noreason", "silence"),
        // 3.1.2: invalid.
        ("badinv01", "400"), ("clerr", "400"), ("ncl", "400"), ("scalar02", "400"), ("scalarlg", "silence"),
        ("quotbal", "400"), ("ltgtruri", "400"), ("lwsruri", "400"), ("lwsstart", "400"), ("trws", "400"),
        ("escruri", "400"), ("baddate", "call"), ("regbadct", "400"), ("badaspec", "400"), ("baddn", "400"),
        ("badvers", "505"), ("mismatch01", "400"), ("mismatch02", "400"), ("bigcode", "silence"),
        // 3.2: transactions.
        ("badbranch", "200"),
        // 3.3: the application.
        ("insuf", "400"), ("unkscm", "416"), ("novelsc", "416"), ("unksm2", "405"), ("bext01", "420"), ("invut", "415"),
        ("regaut01", "405"), ("multi01", "400"), ("mcl01", "400"), ("bcast", "silence"), ("zeromf", "200"),
        ("cparam01", "405"), ("cparam02", "405"), ("regescrt", "405"), ("sdp01", "406"),
        // 3.4: RFC 2543.
        ("inv2543", "call"),
        // In the archive only.
        ("test", "silence"),
    ]

    private struct Expectation: Decodable {
        var file: String
        var expected: [String]
        enum CodingKeys: String, CodingKey {
            case file
            case expected = "uas_expected"
        }
    }

    static func outcome(_ octets: [UInt8], peer: PeerProfile = PeerProfile(name: "trunk")) -> String {
        var bench = Bench(peer: peer)
        let sent = bench.receive(octets)
        if bench.incoming != nil { return sent.contains { ($0.status ?? 0) >= 200 } ? "both" : "call" }
        return sent.first { $0.status != 100 }.flatMap { $0.status.map { String($0) } } ?? "silence"
    }

    @Test("each message is accepted, refused or ignored as the table says")
    func outcomes() throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        for (file, outcome) in TortureTests.table {
            let octets = [UInt8](try Data(contentsOf: folder.appending(path: file + ".dat")))
            #expect(TortureTests.outcome(octets) == outcome, "\(file)")
        }
    }

    @Test("the table says what the RFC expects of each message")
    func tableFollowsTheRFC() throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        let data = try Data(contentsOf: folder.appending(path: "expected.json"))
        let expectations = try JSONDecoder().decode([Expectation].self, from: data)
        for expectation in expectations {
            let name = String(expectation.file.dropLast(4))
            guard let row = TortureTests.table.first(where: { $0.file == name }) else {
                Issue.record("\(name) is not in the table")
                continue
            }
            #expect(
                expectation.expected.contains { TortureTests.allows($0, row.outcome) },
                "\(name): \(row.outcome) is none of \(expectation.expected)")
        }
    }

    private static func allows(_ text: String, _ outcome: String) -> Bool {
        if text.hasPrefix("TCP:") { return false }
        if text.contains("final is not 400") { return outcome == "call" || outcome == "481" }
        if text.contains("processed") { return outcome == "call" }
        if text.contains("discard") || text.contains("dropped"), outcome == "silence" { return true }
        return text.split(whereSeparator: { !$0.isNumber }).contains { $0.count == 3 && $0 == outcome }
    }

    @Test(
        "answers say what RFC 4475 wants said",
        arguments: [
            ("bext01", HeaderName.unsupported, "nothingSupportsThis, nothingSupportsThisEither"),
            ("invut", .accept, "application/sdp, multipart/mixed"),
            ("esc02", .allow, "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"),
        ])
    func fields(file: String, name: HeaderName, value: String) throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        var bench = Bench()
        let sent = bench.receive([UInt8](try Data(contentsOf: folder.appending(path: file + ".dat"))))
        let values = sent.first?.headers.tokens(name) ?? []
        let expected = value.split(separator: ", ").map { String($0.prefix { $0 != "/" }) }
        #expect(Set(values).isSuperset(of: expected), "\(values)")
    }

    @Test("white space, folding and short forms read as RFC 4475 section 3.1.1.1 says")
    func wsinv() throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        let message = try SIPMessage(parsing: [UInt8](try Data(contentsOf: folder.appending(path: "wsinv.dat"))))
        #expect(message.defect == nil)
        #expect(message.cseq == CSeq(number: 9, method: .invite))
        #expect(message.maxForwards == 68)
        #expect(message.vias?.map(\.transport) == ["UDP", "TCP", "UDP"])
        #expect(message.vias?.last?.branch == "z9hG4bK30239")
        #expect(message.to?.tag == "1918181833n")
        #expect(message.from?.displayName == "J Rosenberg \\\"")
        #expect(message.headers["NewFangledHeader"] == "newfangled value continued newfangled value")
        #expect(message.headers[.subject] == "")
        guard case .list(let contacts)? = message.contacts else { throw SIPMessage.ParseError.startLine }
        #expect(contacts.first?.displayName == "Quoted string \"\"")
        #expect(contacts.first?.parameters.value("q") == "0.33")
    }

    @Test("escapes are undone once, and a null octet ends nothing")
    func escapes() throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        let read = { (file: String) in
            try SIPMessage(parsing: [UInt8](try Data(contentsOf: folder.appending(path: file + ".dat"))))
        }
        let esc01 = try read("esc01")
        #expect(esc01.requestURI?.user == "sips:user@example.com")
        #expect(esc01.to?.uri.user == "user")
        #expect(esc01.remoteTarget?.parameters.all.last.map { EscapedText.unescaped($0.value ?? "") } == "value%41")
        let null = try read("escnull")
        #expect(null.to?.uri.user == "null-\0-null")
        guard case .list(let contacts)? = null.contacts else { throw SIPMessage.ParseError.startLine }
        #expect(contacts.map { $0.uri.user } == ["\0", "\0\0"])
        let odd = try read("intmeth")
        #expect(odd.to?.displayName == "BEL:\u{7} NUL:\0 DEL:\u{7F}")
    }

    @Test("a stream is cut by Content-Length: dblreq is two requests, clerr waits, mcl01 and ncl close")
    func streams() throws {
        guard let folder = SharedData.folder("cases/sip-torture") else { return }
        let cut = { (file: String) -> [String] in
            var framer = StreamFramer(at: .zero)
            framer.receive([UInt8](try Data(contentsOf: folder.appending(path: file + ".dat"))), at: .zero)
            var results: [String] = []
            while true {
                switch framer.next(at: .zero) {
                case .message(let message): results.append(message.method?.name ?? "response")
                case .ping: results.append("ping")
                case .needMore: return results + [framer.isOverdue(at: .zero + .seconds(11)) ? "waits" : "idle"]
                case .failed(let message): return results + [message == nil ? "closed" : "answered and closed"]
                }
            }
        }
        #expect(try cut("dblreq").prefix(2) == ["REGISTER", "INVITE"])
        #expect(try cut("clerr") == ["waits"])
        #expect(try cut("mcl01") == ["answered and closed"])
        #expect(try cut("ncl") == ["answered and closed"])
        #expect(try cut("wsinv") == ["INVITE", "idle"])
    }
}
