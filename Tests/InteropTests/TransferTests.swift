import Foundation
import Testing

/// Transfers by REFER, with and without Replaces, SIPp at every end.
@Suite("Transfers over SIP", .serialized, .takesTurns)
struct TransferTests {
    private static func bench(_ transfers: String) throws -> Bench {
        let bench = try Bench()
        try bench.write("desk/topics/start.mcs.yml", HandoverTests.dialog)
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        try bench.write(
            "parley.yaml",
            """
            agents: {desk: desk}
            media: {address: 127.0.0.1, ports: 20400-20499}
            outbound: {allowed: ["+1555*", "*@127.0.0.1:5096"], agents: "+15550123"}
            admin: {socket: parley.sock}
            store: contexts.sqlite
            trunks:
                local:
                    listen: ["udp:127.0.0.1:5080"]
                    allow: [127.0.0.0/8]
                    gateways: ["udp:127.0.0.1:5096"]
                    number-shown: "+15550100"
                    otherwise: desk
                    transfers: {\(transfers)}

            """)
        try bench.write("agents.xml", SIPpParty.agents)
        return bench
    }

    private static func count(_ event: String, in facts: [[String: Any]]) -> Int {
        facts.count { $0["event"] as? String == event }
    }

    @Test("agents' phones refer their callers on with Replaces: they are told how it goes, and let go")
    func referIn() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try TransferTests.bench("refer: true")
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sf agents.xml -i 127.0.0.1 -p 5096 -mp 7000 -m 6 -key refers yes 127.0.0.1 > agents.log 2>&1 & AGENTS=$!
            sleep 0.3
            sipp -sn uac -i 127.0.0.1 -p 5070 -mp 6500 -m 3 -r 2 -d 6000 -s 100 127.0.0.1:5080 > callers.log 2>&1
            echo "callers end with $?"
            wait $AGENTS
            echo "agents end with $?"
            """)
        #expect(result.contains("callers end with 0") && result.contains("agents end with 0"), "\(result)")
        let facts = bench.facts()
        #expect(TransferTests.count("legAnswered", in: facts) == 6)
        let roles = facts.filter { $0["event"] as? String == "legDialled" }.compactMap { $0["role"] as? String }
        #expect(roles.sorted() == ["agent", "agent", "agent", "outsideNumber", "outsideNumber", "outsideNumber"])
        #expect(facts.filter { $0["event"] as? String == "callEnded" }.compactMap { $0["by"] as? String }.count == 3)
    }

    @Test("a caller's trunk joins caller and expert by a REFER with Replaces, and Parley leaves")
    func referOut() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try TransferTests.bench("out: attended")
        try bench.write("caller.xml", SIPpParty.caller)
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sf agents.xml -i 127.0.0.1 -p 5096 -mp 7000 -m 2 -key refers no 127.0.0.1 > agents.log 2>&1 & AGENTS=$!
            sleep 0.3
            sipp -sf caller.xml -i 127.0.0.1 -p 5070 -mp 6500 -m 1 -s 100 127.0.0.1:5080 > callers.log 2>&1 & CALLER=$!
            S="--socket parley.sock"
            part() { for i in $(seq 100); do $PARLEY calls list $S | grep -q "$1" && break; sleep 0.2; done; }
            part 'leg 1.*conversation'
            ID=$($PARLEY calls list $S | sed -n '1s/ .*//p')
            $PARLEY calls consult $ID +15550125 $S
            part 'leg 2.*consultation'
            $PARLEY calls end-consult $ID complete $S
            wait $CALLER
            echo "caller ends with $?"
            wait $AGENTS
            echo "agents end with $?"
            """)
        #expect(result.contains("caller ends with 0") && result.contains("agents end with 0"), "\(result)")
        let end = bench.facts().first { $0["event"] as? String == "callEnded" }
        #expect(end?["cause"] as? String == "transferred" && end?["outcome"] as? String == "escalated")
    }

    @Test("an agent's place is taken by another phone: the first is hung up, the caller stays")
    func replaced() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try TransferTests.bench("replaces: true")
        try bench.write("taker.xml", SIPpParty.taker)
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sf agents.xml -i 127.0.0.1 -p 5096 -mp 7000 -m 1 -key refers no -trace_msg -message_file agents.msg 127.0.0.1 > agents.log 2>&1 & AGENTS=$!
            sleep 0.3
            sipp -sn uac -i 127.0.0.1 -p 5070 -mp 6500 -m 1 -d 8000 -s 100 127.0.0.1:5080 > caller.log 2>&1 & CALLER=$!
            for i in $(seq 100); do grep -q '^ACK' agents.msg && break; sleep 0.1; done
            field() { sed -n "/^ACK/,\\$ s/^$1: *\\([^\\r]*\\).*/\\1/p" agents.msg | head -1 | tr -d '\\r'; }
            tag() { field $1 | sed 's/.*tag=//'; }
            echo "SEQUENTIAL" > taker.csv
            echo "$(field Call-ID);$(tag From);$(tag To)" >> taker.csv
            sipp -sf taker.xml -inf taker.csv -i 127.0.0.1 -p 5097 -mp 7200 -m 1 127.0.0.1:5080 > taker.log 2>&1
            echo "taker ends with $?"
            wait $AGENTS
            echo "agents end with $?"
            wait $CALLER
            """)
        #expect(result.contains("taker ends with 0") && result.contains("agents end with 0"), "\(result)")
        let facts = bench.facts()
        #expect(TransferTests.count("legReplaced", in: facts) == 1)
        let ends = facts.filter { $0["event"] as? String == "callEnded" }
        #expect(ends.compactMap { $0["by"] as? String } == ["agent"])
    }
}

/// Scenarios of SIPp for transfers.
enum SIPpParty {
    private static let media = """
        v=0
        o=sipp 1 1 IN IP4 127.0.0.1
        s=-
        c=IN IP4 127.0.0.1
        t=0 0
        m=audio [media_port] RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        """

    private static func send(_ lines: [String], body: String = "", retransmits: Bool = false) -> String {
        let text = (lines + ["Content-Length: [len]", ""]).joined(separator: "\n") + (body.isEmpty ? "" : "\n" + body)
        return "<send\(retransmits ? " retrans=\"500\"" : "")>\n<![CDATA[\n\n\(text)\n\n]]>\n</send>\n"
    }

    /// Answers the last request.
    private static func answer(_ status: String, _ more: [String] = [], body: String = "") -> String {
        send(
            [
                "SIP/2.0 \(status)", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]",
                "Contact: <sip:far@127.0.0.1:[local_port]>",
            ] + more, body: body)
    }

    private static func scenario(_ steps: [String]) -> String {
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"party\">\n\(steps.joined())</scenario>\n"
    }

    /// Somebody who is called. With `-key refers yes` whoever is not called in another's place refers the caller on, and is
    /// told of it; everybody waits for the BYE.
    static let agents = scenario([
        """
        <recv request="INVITE"><action>
        <ereg regexp=".*" search_in="hdr" header="From:" assign_to="far"/>
        <ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="near"/>
        <ereg regexp="Replaces: *77@b;to-tag=c1;from-tag=b1" search_in="msg" assign_to="third"/>
        <assignstr assign_to="refers" value="[refers]"/>
        <strcmp assign_to="isNo" variable="refers" value="no"/>
        <test assign_to="stays" variable="isNo" compare="equal" value="0"/>
        </action></recv>

        """,
        send(
            [
                "SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:];tag=far[call_number]", "[last_Call-ID:]",
                "[last_CSeq:]", "Contact: <sip:far@127.0.0.1:[local_port]>", "Content-Type: application/sdp",
            ], body: media, retransmits: true),
        "<recv request=\"ACK\"/>\n<nop next=\"end\" test=\"third\"/>\n<nop next=\"end\" test=\"stays\"/>\n",
        "<pause milliseconds=\"500\"/>\n",
        send(
            [
                "REFER sip:parley@127.0.0.1:5080 SIP/2.0",
                "Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]", "Max-Forwards: 70",
                "From: [$near];tag=far[call_number]", "To:[$far]", "Call-ID: [call_id]", "CSeq: 1 REFER",
                "Contact: <sip:far@127.0.0.1:[local_port]>",
                "Refer-To: <sip:carol@127.0.0.1:5096?Replaces=77%40b%3Bto-tag%3Dc1%3Bfrom-tag%3Db1>",
                "Referred-By: <sip:far@127.0.0.1>",
            ], retransmits: true),
        "<recv response=\"202\"/>\n<recv request=\"NOTIFY\"><action>",
        "<ereg regexp=\"SIP/2.0 100\" search_in=\"body\" check_it=\"true\" assign_to=\"trying\"/></action></recv>\n",
        answer("200 OK"),
        "<recv request=\"NOTIFY\"><action>",
        "<ereg regexp=\"SIP/2.0 200\" search_in=\"body\" check_it=\"true\" assign_to=\"done\"/></action></recv>\n",
        answer("200 OK"),
        "<label id=\"end\"/>\n<recv request=\"BYE\"/>\n",
        answer("200 OK"),
        "<Reference variables=\"trying,done,refers\"/>\n",
    ])

    private static let invite = [
        "INVITE sip:[service]@127.0.0.1:5080 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]",
        "From: <sip:ann@127.0.0.1:[local_port]>;tag=[pid]a[call_number]", "To: <sip:[service]@127.0.0.1:5080>",
        "Call-ID: [call_id]", "CSeq: 1 INVITE", "Contact: <sip:ann@127.0.0.1:[local_port]>", "Max-Forwards: 70",
        "Content-Type: application/sdp",
    ]

    private static func request(_ method: String, _ cseq: Int, _ more: [String] = []) -> [String] {
        [
            "\(method) sip:parley@127.0.0.1:5080 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]",
            "From: <sip:ann@127.0.0.1:[local_port]>;tag=[pid]a[call_number]",
            "To: <sip:[service]@127.0.0.1:5080>[$peer]", "Call-ID: [call_id]", "CSeq: \(cseq) \(method)",
            "Contact: <sip:ann@127.0.0.1:[local_port]>", "Max-Forwards: 70",
        ] + more
    }

    private static let answered = """
        <recv response="100" optional="true"/>
        <recv response="200"><action>
        <ereg regexp=";tag=[^;]*" search_in="hdr" header="To:" assign_to="peer"/></action></recv>

        """

    /// A caller whose trunk takes a REFER with Replaces, and says that it went well.
    static let caller = scenario([
        send(invite, body: media, retransmits: true), answered, send(request("ACK", 1)),
        """
        <recv request="REFER"><action>
        <ereg regexp="Refer-To: *.sip:far@127.0.0.1:5096.Replaces=.*to-tag.3Dfar.*from-tag.3D" search_in="msg" check_it="true" assign_to="asked"/>
        </action></recv>

        """,
        answer("202 Accepted"),
        send(
            request(
                "NOTIFY", 2,
                ["Event: refer", "Subscription-State: terminated;reason=noresource", "Content-Type: message/sipfrag"]),
            body: "SIP/2.0 200 OK", retransmits: true),
        "<recv response=\"200\"/>\n<recv request=\"BYE\"/>\n", answer("200 OK"),
        "<Reference variables=\"asked\"/>\n",
    ])

    /// A phone that takes the place of the one that its file names, and hangs up after two seconds.
    static let taker = scenario([
        send(
            invite.map {
                $0.replacing(
                    "Max-Forwards: 70",
                    with: "Max-Forwards: 70\nRequire: replaces\nReplaces: [field0];to-tag=[field1];from-tag=[field2]")
            },
            body: media, retransmits: true), answered, send(request("ACK", 1)), "<pause milliseconds=\"2000\"/>\n",
        send(request("BYE", 2), retransmits: true), "<recv response=\"200\"/>\n",
    ])
}
