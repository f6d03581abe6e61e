import Foundation
import Testing

/// `parley serve --journal` with live calls, and `parley replay --journal` of what it kept.
@Suite("Journals of live calls", .serialized, .takesTurns)
struct JournalCallTests {
    private static func bench() throws -> Bench {
        let bench = try Bench()
        try bench.makeCertificates()
        try bench.write(
            "parley.yaml",
            """
            agents:
                main: \(Bench.agent)
            media:
                address: 127.0.0.1
                ports: 20000-20199
            trunks:
                open:
                    listen: ["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080"]
                    allow: [127.0.0.0/8]
                    otherwise: main
                    media: {srtp: offered}

            """)
        try bench.write("journal.key", String(repeating: "5a", count: 32))
        try bench.write("other.key", String(repeating: "5b", count: 32))
        chmod(bench.folder.appending(path: "journal.key").path, 0o600)
        chmod(bench.folder.appending(path: "other.key").path, 0o600)
        return bench
    }

    private static let options = "--json --journal journals --journal-key file:journal.key"

    /// Replays the one journal there is once something holds for what comes out.
    private static func replay(until pattern: String) -> String {
        """
        for i in $(seq 100); do
            $PARLEY replay --journal journals/*.journal --key file:journal.key --json > again.json 2> again.err
            STATUS=$?
            grep -q '\(pattern)' again.json && break
            sleep 0.2
        done
        echo "replay $STATUS"
        """
    }

    private static func verdict(_ bench: Bench) -> [String: Any] {
        bench.facts("again.json").compactMap { $0["journal"] as? [String: Any] }.first ?? [:]
    }

    struct Way: Sendable, CustomTestStringConvertible {
        var name: String
        var options: String
        var testDescription: String { name }
    }

    static let ways = [
        Way(name: "keys by RFC 4733", options: "--press 2,9"),
        Way(name: "keys by INFO, encrypted media", options: "--press 2,9 --info --srtp required"),
        Way(
            name: "keys as tones over a network that loses",
            options: "--press 2,9 --in-band --network loss=2%,jitter=20ms"),
    ]

    @Test("a call is run again byte for byte, and with no other key", arguments: ways)
    func agrees(_ way: Way) async throws {
        let bench = try JournalCallTests.bench()
        let result = try await bench.run(
            beside: JournalCallTests.options,
            """
            $PARLEY call sip:100@127.0.0.1:5080 \(way.options) --after 4 --stay 3 > phone 2>&1
            echo "call $?"
            \(JournalCallTests.replay(until: "\"isWhole\":true"))
            $PARLEY replay --journal journals/*.journal --key file:other.key > other 2>&1
            echo "other $?"
            """)
        #expect(result.contains("call 0\n"), "\(bench.read("phone")) \(bench.read("log"))")
        #expect(result.contains("replay 0\n"), "\(bench.read("again.err"))")
        #expect(result.contains("other 1\n"))
        #expect(bench.read("other").contains("the key is another, or the file was changed"))
        let verdict = JournalCallTests.verdict(bench)
        #expect(verdict["agrees"] as? Bool == true, "\(verdict)")
        #expect(verdict["hasSecrets"] as? Bool == false, "\(verdict)")
        #expect((verdict["datagrams"] as? Int ?? 0) > 200)
        // What it tells is what the service told.
        let told = bench.facts().compactMap { $0["event"] as? String }
        let again = bench.facts("again.json").compactMap { $0["event"] as? String }
        #expect(!told.isEmpty && told == again)
    }

    @Test("after kill -9 the call is run again as far as its journal goes")
    func killed() async throws {
        let bench = try JournalCallTests.bench()
        let result = try await bench.run(
            beside: JournalCallTests.options,
            """
            $PARLEY call sip:100@127.0.0.1:5080 --press 2,9 --after 4 --stay 60 > phone 2>&1 & PHONE=$!
            for i in $(seq 200); do [ "$(cat journals/*.journal 2>/dev/null | wc -c)" -gt 60000 ] && break; sleep 0.1; done
            kill -9 $SERVER
            \(JournalCallTests.replay(until: "\"agrees\":true"))
            kill $PHONE
            """)
        #expect(result.contains("replay 0\n"), "\(bench.read("again.err")) \(bench.read("log"))")
        let verdict = JournalCallTests.verdict(bench)
        #expect(verdict["agrees"] as? Bool == true, "\(verdict)")
        #expect(verdict["isWhole"] as? Bool == false, "\(verdict)")
        #expect((verdict["datagrams"] as? Int ?? 0) > 100)
        #expect(bench.read("again.err").contains("the journal is not the whole call"))
    }
}
