import Foundation
import Testing

/// Two Parleys behind Kamailio, which speaks TLS with them and UDP with callers.
@Suite("Kamailio", .serialized, .takesTurns)
struct KamailioTests {
    /// - Parameter number: of the Parley, 1 or 2.
    private static func parley(_ number: Int) -> String {
        """
        store: calls\(number).sqlite
        agents:
            main: \(Bench.agent)
        media:
            address: 127.0.0.1
            ports: 2\(number)000-2\(number)099
        trunks:
            proxy:
                listen: ["tls:127.0.0.1:508\(number)"]
                allow: [127.0.0.0/8]
                otherwise: main
                tls:
                    certificate: server.pem
                    key: server.key
                    trust: authority.pem
                    client-certificate: required
                    accept-server-certificates: true

        """
    }

    /// The caller hangs up.
    private static let hangUp = """
        <pause milliseconds="500"/>
        <send retrans="500"><![CDATA[

        BYE [next_url] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        [routes]
        From: <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
        To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
        Call-ID: [call_id]
        CSeq: 2 BYE
        Max-Forwards: 70
        Content-Length: 0

        ]]></send>
        <recv response="200"/>
        """

    /// The caller waits to be hung up.
    private static let isHungUp = """
        <recv request="BYE"/>
        <send><![CDATA[

        SIP/2.0 200 OK
        [last_Via:]
        [last_From:]
        [last_To:]
        [last_Call-ID:]
        [last_CSeq:]
        Content-Length: 0

        ]]></send>
        """

    /// A call through a proxy that stays on the way of its requests.
    private static func scenario(_ end: String) -> String {
        """
        <?xml version="1.0" encoding="ISO-8859-1"?>
        <scenario name="through a proxy">
        <send retrans="500"><![CDATA[

        INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        From: <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
        To: <sip:[service]@[remote_ip]:[remote_port]>
        Call-ID: [call_id]
        CSeq: 1 INVITE
        Contact: <sip:ann@[local_ip]:[local_port]>
        Max-Forwards: 70
        Content-Type: application/sdp
        Content-Length: [len]

        \(SIPpScenario.offer())
        ]]></send>
        <recv response="100" optional="true"/>
        <recv response="200" rrs="true"/>
        <send><![CDATA[

        ACK [next_url] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        [routes]
        From: <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
        To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
        Call-ID: [call_id]
        CSeq: 1 ACK
        Max-Forwards: 70
        Content-Length: 0

        ]]></send>
        \(end)
        </scenario>

        """
    }

    @Test("calls are shared out among both, over TLS, and each ends at both sides")
    func shared() async throws {
        guard Kamailio.isThere, Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try Bench()
        try Kamailio.configure(bench, targets: [1, 2].map { "sip:127.0.0.1:508\($0);transport=tls" })
        try bench.write("parley.yaml", KamailioTests.parley(1))
        try bench.write("second.yaml", KamailioTests.parley(2))
        try bench.write("proxied.xml", KamailioTests.scenario(KamailioTests.hangUp))
        let result = try await bench.run(
            beside: "--json",
            """
            $PARLEY serve --config second.yaml --json > second.json 2> second.log & SECOND=$!
            for i in $(seq 150); do grep -q 'listens on' second.log && break; sleep 0.2; done
            \(Kamailio.start)
            sipp -sf proxied.xml -s 100 -i 127.0.0.1 -p 5070 -mp 6500 -m 10 -r 5 -nostdin -timeout 30 -timeout_error \\
            127.0.0.1:\(Kamailio.port) > sipp.out 2>&1
            echo "sipp $?"
            $PARLEY call sip:100@127.0.0.1:\(Kamailio.port) --press 2 --after 3 --json > phone.json 2> phone.err
            echo "phone $?"
            \(Kamailio.stop)
            kill -TERM $SECOND
            wait $SECOND
            echo "second ends with $?"
            """)
        #expect(result.contains("sipp 0\n"), "\(bench.read("kamailio.log").suffix(2_000))")
        #expect(result.contains("phone 0\n"), "\(bench.read("phone.err"))")
        #expect(result.contains("second ends with 0") && result.contains("serve ends with 0"), "\(result)")
        let facts = [bench.facts(), bench.facts("second.json")]
        let calls = facts.map { $0.count { $0["event"] as? String == "callStarted" } }
        #expect(calls.reduce(0, +) == 11)
        #expect(calls.allSatisfy { $0 >= 5 }, "\(calls)")
        for node in facts {
            #expect(node.count { $0["context"] != nil } == node.count { $0["event"] as? String == "callStarted" })
        }
        #expect(facts.joined().contains { $0["event"] as? String == "digit" && $0["digit"] as? String == "2" })
    }

    @Test("after kill -9 the next start says goodbye through the proxy, and the calls are kept as interrupted")
    func killed() async throws {
        guard Kamailio.isThere, Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try Bench()
        try Kamailio.configure(bench, targets: ["sip:127.0.0.1:5081;transport=tls"])
        try bench.write("parley.yaml", KamailioTests.parley(1))
        try bench.write("left.xml", KamailioTests.scenario(KamailioTests.isHungUp))
        let result = try await bench.run(
            beside: "",
            """
            \(Kamailio.start)
            sipp -sf left.xml -s 100 -i 127.0.0.1 -p 5070 -mp 6500 -m 3 -r 5 -nostdin -timeout 60 -timeout_error \\
            127.0.0.1:\(Kamailio.port) > sipp.out 2>&1 & CALLS=$!
            for i in $(seq 100); do test $(grep -c 'began: from' log) -ge 3 && break; sleep 0.2; done
            sleep 2
            kill -9 $SERVER
            wait $SERVER
            $PARLEY serve --config parley.yaml > /dev/null 2> second.log & SERVER=$!
            wait $CALLS
            echo "sipp $?"
            \(Kamailio.stop)
            $PARLEY contexts list --store calls1.sqlite --json > contexts.json
            """)
        #expect(result.contains("sipp 0\n"), "\(bench.read("sipp.out").suffix(1_500)) \(bench.read("second.log"))")
        #expect(bench.read("second.log").contains("3 SIP dialogs were cut off"))
        #expect(bench.read("contexts.json").components(separatedBy: "\"interrupted\"").count == 4)
    }
}
