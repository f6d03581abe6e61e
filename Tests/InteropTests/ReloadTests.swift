import Foundation
import Testing

/// A service that changes, and ends, while calls run.
@Suite("Reload and drain", .serialized, .takesTurns)
struct ReloadTests {
    private static func topic(_ words: String) -> String {
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: SendActivity
              id: hello
              activity: \(words)
            - kind: Question
              id: key
              variable: Topic.Key
              prompt: \(words) Press a key.
              entity: StringPrebuiltEntity

        """
    }

    private static func bench(_ trunk: String) throws -> Bench {
        let bench = try Bench()
        try bench.makeCertificates()
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        try bench.write("desk/topics/start.mcs.yml", topic("These are the first words."))
        try bench.write("second", topic("These are other words."))
        try bench.write(
            "parley.yaml",
            """
            agents: {desk: desk}
            watch: true
            media: {address: 127.0.0.1, ports: 20500-20599}
            limits: {drain-seconds: 20}
            trunks:
                local:
                    listen: [\(trunk)]
                    allow: [127.0.0.0/8]
                    otherwise: desk
                    tls: {certificate: server.pem, key: server.key}

            """)
        return bench
    }

    /// Waits for a line of the log.
    private static func wait(for line: String) -> String {
        "for i in $(seq 100); do grep -q '\(line)' log && break; sleep 0.1; done"
    }

    /// The words of each call's prompts, the calls in the order in which they began.
    private static func words(_ bench: Bench) -> [String] {
        let facts = bench.facts()
        let calls = facts.filter { $0["event"] as? String == "callStarted" }.compactMap { $0["call"] as? String }
        return calls.map { call in
            facts.filter { $0["event"] as? String == "promptStarted" && $0["call"] as? String == call }
                .compactMap { $0["text"] as? String }.joined(separator: "|")
        }
    }

    @Test("an agent that changes answers the next call, one that is broken does not, and running calls keep theirs")
    func watched() async throws {
        let bench = try ReloadTests.bench("\"udp:127.0.0.1:5080\"")
        let call = "$PARLEY call sip:1@127.0.0.1:5080"
        let result = try await bench.run(
            beside: "--json",
            """
            \(call) --stay 9 > /dev/null 2>&1 & FIRST=$!
            sleep 1
            cp second desk/topics/start.mcs.yml
            \(ReloadTests.wait(for: "reloaded; calls that run"))
            \(call) --stay 1 > /dev/null; echo "second $?"
            echo 'kind: [' > desk/topics/start.mcs.yml
            \(ReloadTests.wait(for: "nothing was reloaded"))
            \(call) --stay 1 > /dev/null; echo "third $?"
            wait $FIRST
            echo "first $?"
            """)
        for name in ["first", "second", "third"] {
            #expect(result.contains("\(name) 0\n"), "\(result) \(bench.read("log"))")
        }
        let words = ReloadTests.words(bench)
        try #require(words.count == 3)
        #expect(words[0].contains("first words") && !words[0].contains("other words"))
        #expect(words[1].contains("other words") && words[2].contains("other words"))
    }

    @Test("a certificate is exchanged under a running call, whose own stream goes on")
    func certificate() async throws {
        let bench = try ReloadTests.bench("\"tls:127.0.0.1:5081\"")
        let call = "$PARLEY call 'sip:1@127.0.0.1:5081;transport=tls' --ring 5"
        let result = try await bench.run(
            beside: "--json",
            """
            cp authority.pem old.pem
            \(call) --trust old.pem --stay 9 > /dev/null & FIRST=$!
            sleep 2
            sh certificates.sh
            \(ReloadTests.wait(for: "reloaded; calls that run"))
            \(call) --trust authority.pem --stay 1 > /dev/null; echo "second $?"
            \(call) --trust old.pem --stay 1 > /dev/null 2>&1; echo "third $?"
            wait $FIRST
            echo "first $?"
            """)
        #expect(result.contains("second 0\n"), "\(result) \(bench.read("log"))")
        #expect(result.contains("third 1\n"))
        #expect(result.contains("first 0\n"))
        let ended = bench.facts().filter { $0["event"] as? String == "callEnded" }
        #expect(ended.count == 2 && ended.allSatisfy { $0["by"] as? String == "caller" })
    }

    @Test("a service that is to end takes no new call, and lets the running one finish")
    func drain() async throws {
        let bench = try ReloadTests.bench("\"udp:127.0.0.1:5080\"")
        let call = "$PARLEY call sip:1@127.0.0.1:5080"
        let result = try await bench.run(
            beside: "--json",
            """
            \(call) --stay 5 > /dev/null & FIRST=$!
            sleep 1.5
            kill -TERM $SERVER
            sleep 0.5
            \(call) --stay 1; echo "second $?"
            wait $FIRST
            echo "first $?"
            """)
        let refusal = "was answered with 503 Service Unavailable; it takes no more calls at the moment"
        #expect(result.contains("\(refusal)\nsecond 1"), "\(result)")
        #expect(result.contains("first 0\n"))
        #expect(result.contains("serve ends with 0"))
        let ended = bench.facts().filter { $0["event"] as? String == "callEnded" }
        #expect(ended.count == 1 && ended.allSatisfy { $0["by"] as? String == "caller" })
    }
}
