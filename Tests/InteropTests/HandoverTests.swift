import ConnectorDoubles
import Foundation
import Testing

/// Callers who are handed over to a phone behind a gateway, SIPp at both ends.
@Suite("Hand-over", .serialized, .takesTurns)
struct HandoverTests {
    /// Hands the caller over at once.
    static let dialog =
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: TransferConversationV2
              id: transfer
              transferType:
                kind: TransferToAgent
                context:
                  kind: AutomaticTransferContext
            - kind: EndConversation
              id: end

        """

    private static func bench(allowed: String) throws -> Bench {
        let bench = try Bench()
        try bench.write("desk/topics/start.mcs.yml", dialog)
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        try bench.write(
            "parley.yaml",
            """
            agents: {desk: desk}
            media: {address: 127.0.0.1, ports: 20400-20499}
            outbound: {allowed: [\(allowed)], agents: "+15550123"}
            trunks:
                local:
                    listen: ["udp:127.0.0.1:5080"]
                    allow: [127.0.0.0/8]
                    gateways: ["udp:127.0.0.1:5096"]
                    number-shown: "+15550100"
                    otherwise: desk

            """)
        return bench
    }

    /// Three calls that their callers end after two seconds.
    private static let calls = """
        sipp -sn uas -i 127.0.0.1 -p 5096 -mp 7000 -m 3 127.0.0.1 > agents.log 2>&1 & AGENTS=$!
        sleep 0.3
        sipp -sn uac -i 127.0.0.1 -p 5070 -mp 6500 -m 3 -r 2 -d 2000 -s 100 127.0.0.1:5080 > callers.log 2>&1
        echo "callers end with $?"
        wait $AGENTS
        echo "agents end with $?"
        """

    private static func values(_ name: String, of event: String, in facts: [[String: Any]]) -> [String] {
        facts.filter { $0["event"] as? String == event }.compactMap { $0[name] as? String }
    }

    @Test("callers come to the agents' phones, and hang up both")
    func handedOver() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try HandoverTests.bench(allowed: "\"+1555*\"")
        let result = try await bench.run(beside: "--json", HandoverTests.calls)
        #expect(result.contains("callers end with 0"), "\(result) \(bench.read("log"))")
        #expect(result.contains("agents end with 0") && result.contains("serve ends with 0"))
        let facts = bench.facts()
        #expect(
            HandoverTests.values("outcome", of: "transferEnded", in: facts) == ["completed", "completed", "completed"])
        #expect(HandoverTests.values("reason", of: "legEnded", in: facts) == ["released", "released", "released"])
        #expect(HandoverTests.values("outcome", of: "callEnded", in: facts) == ["escalated", "escalated", "escalated"])
    }

    /// One call to a number of the pool; its agent reads the context while they talk.
    private static let reading = """
        timeout 60 sipp -sn uas -i 127.0.0.1 -p 5096 -mp 7000 -m 1 -trace_msg -message_file agents.msg 127.0.0.1 \
            > agents.log 2>&1 & AGENTS=$!
        sleep 0.3
        sipp -sn uac -i 127.0.0.1 -p 5070 -mp 6500 -m 1 -d 15000 -s 100 127.0.0.1:5080 > callers.log 2>&1 & CALLERS=$!
        for i in $(seq 200); do
            LINK=$(sed -n 's/^X-Parley-Context: https:..parley.example.com\\([^[:cntrl:]]*\\).*/\\1/p' agents.msg | head -1)
            [ -n "$LINK" ] && break
            sleep 0.1
        done
        get() {
            printf 'GET %s HTTP/1.1\\r\\nHost: parley\\r\\nConnection: close\\r\\n\\r\\n' "$1" \
                | timeout 20 openssl s_client -quiet -connect 127.0.0.1:${2:-8443} 2> /dev/null | tr -d '\\r'
        }
        echo "read: $(get "$LINK")"
        if [ -n "$OTHER" ]; then
            # What the call has said so far is in the store within a moment.
            for i in $(seq 50); do
                grep -q 'listens on' other.log && get "$LINK" 8444 > other && grep -q '"agent"' other && break
                sleep 0.2
            done
            echo "other: $(cat other)"
            echo "forged at the other: $(get "${LINK}00" 8444)"
            kill $OTHER
            wait $OTHER
        fi
        echo "forged: $(get "${LINK}00")"
        wait $CALLERS
        wait $AGENTS
        grep '^INVITE' agents.msg
        """

    @Test(
        "an agent's INVITE has a link that reads the context while they talk, at another node as well, and goes to a number of the pool"
    )
    func link() async throws {
        guard Bench.has("sipp", package: "sip-tester"), Bench.has("openssl", package: "openssl") else { return }
        let bench = try HandoverTests.bench(allowed: "")
        try bench.makeCertificates()
        let store = try PostgresServer.shared?.makeDatabase("links")
        try bench.write(
            "parley.yaml",
            bench.read("parley.yaml").replacingOccurrences(
                of: "agents: \"+15550123\"", with: "agents: pool, pool: {numbers: [\"+15550700\"]}")
                    + """
                    store: "\(store ?? "parley.sqlite")"
                    admin:
                        api: {address: "127.0.0.1:8443", certificate: server.pem, key: server.key,
                              tokens: {crm: "env:TOKEN"}, links: "https://parley.example.com",
                              links-key: "env:LINKS"}

                    """)
        // The other node has the key and the store, and no call.
        try bench.write(
            "other.yaml",
            bench.read("parley.yaml").replacing("127.0.0.1:8443", with: "127.0.0.1:8444")
                .replacing("127.0.0.1:5080", with: "127.0.0.1:5082").replacing("20400-20499", with: "20500-20599"))
        let other = store == nil ? "" : "$PARLEY serve --config other.yaml > other.log 2>&1 & OTHER=$!"
        let result = try await bench.run(
            beside: "--json",
            preparation: "export TOKEN=0123456789abcdef0123456789abcdef LINKS=fedcba9876543210\n\(other)",
            HandoverTests.reading)
        if store != nil {
            #expect(
                result.contains("other: HTTP/1.1 200")
                    && result.components(separatedBy: "\"agent\":\"desk\"").count == 3,
                "\(result) \(bench.read("other.log"))")
            #expect(result.contains("forged at the other: HTTP/1.1 403"), "\(result)")
        }
        #expect(
            result.contains("read: HTTP/1.1 200") && result.contains("\"agent\":\"desk\""),
            "\(result) \(bench.read("log"))")
        #expect(result.contains("forged: HTTP/1.1 403"), "\(result)")
        #expect(result.contains("INVITE sip:+15550700@"), "\(result)")
    }

    @Test("nobody is called who is not on the list, and the dialog goes on")
    func notAllowed() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try HandoverTests.bench(allowed: "\"+44*\"")
        try bench.write(
            "parley.yaml", bench.read("parley.yaml").replacingOccurrences(of: ", agents: \"+15550123\"", with: ""))
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sn uac -i 127.0.0.1 -p 5070 -mp 6500 -m 1 -d 3000 -s 100 127.0.0.1:5080 > callers.log 2>&1
            echo "callers end"
            """)
        #expect(result.contains("callers end"))
        #expect(HandoverTests.values("outcome", of: "transferEnded", in: bench.facts()) == ["failed"])
        #expect(HandoverTests.values("target", of: "legDialled", in: bench.facts()).isEmpty)
    }
}
