import Foundation
import Testing

/// `parley call` against `parley serve`, and against what a far end may do.
@Suite("parley call", .serialized, .takesTurns)
struct PhoneTests {
    private static let configuration = """
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
            phones:
                kind: phones
                listen: ["udp:127.0.0.1:5090", "tls:127.0.0.1:5091"]
                allow: [127.0.0.0/8]
                otherwise: main
                users: {realm: example, file: users}
                media: {srtp: offered}
                tls:
                    certificate: server.pem
                    key: server.key
                    trust: authority.pem
                    client-certificate: required
                    accept-server-certificates: true

        """

    private static func bench() throws -> Bench {
        let bench = try Bench()
        try bench.makeCertificates()
        try bench.write("parley.yaml", configuration)
        try bench.write("users", "ann: s3cret\n")
        return bench
    }

    struct Way: Sendable, CustomTestStringConvertible {
        var name: String
        var options: String
        var credentials = false
        var source = "telephoneEvent"
        var codec = "PCMU"
        var testDescription: String { name }
    }

    static let ways = [
        Way(name: "UDP", options: "sip:100@127.0.0.1:5080"),
        Way(
            name: "TCP, keys by INFO", options: "'sip:100@127.0.0.1:5080;transport=tcp' --info", source: "sipInfo"),
        Way(
            name: "PCMA, keys as tones", options: "sip:100@127.0.0.1:5080 --in-band --codec pcma", source: "inBand",
            codec: "PCMA"),
        Way(name: "digest", options: "sip:100@127.0.0.1:5090", credentials: true),
        Way(
            name: "TLS, SRTP and digest",
            options:
                "'sip:100@127.0.0.1:5091;transport=tls' --srtp required --trust authority.pem --certificate client.pem --private-key client.key",
            credentials: true),
    ]

    @Test("a call with keys is heard at both ends", arguments: ways)
    func keys(_ way: Way) async throws {
        let bench = try PhoneTests.bench()
        let credentials = way.credentials ? "PARLEY_SIP_USER=ann PARLEY_SIP_PASSWORD=s3cret" : ""
        let result = try await bench.run(
            beside: "--json",
            """
            \(credentials) $PARLEY call \(way.options) --press 2,9 --after 4 --stay 4 --record heard.wav --json \\
            > phone.json 2> phone.err
            echo "call $?"
            """)
        #expect(result.contains("call 0\n"), "\(bench.read("phone.err")) \(bench.read("log"))")
        let served = bench.facts()
        let digits = served.filter { $0["event"] as? String == "digit" }
        #expect(digits.compactMap { $0["digit"] as? String } == ["2", "9"])
        #expect(digits.allSatisfy { $0["source"] as? String == way.source })
        let told = bench.facts("phone.json")
        let events = told.compactMap { $0["event"] as? String }
        for event in ["legDialled", "callStarted", "legAnswered", "legSpoke", "callEnded"] {
            #expect(events.contains(event), "\(event)")
        }
        #expect(told.filter { $0["event"] as? String == "digit" }.count == 2)
        #expect(told.first { $0["event"] as? String == "legAnswered" }?["codec"] as? String == way.codec)
        #expect(told.last?["context"] != nil)
        // Parley is heard in the recording.
        let audio = try Data(contentsOf: bench.folder.appending(path: "heard.wav"))
        let peak = stride(from: 44, to: audio.count - 1, by: 80).map { at in
            abs(Int(Int16(bitPattern: UInt16(audio[at]) | UInt16(audio[at + 1]) << 8)))
        }.max()
        #expect(peak ?? 0 > 1_000)
    }

    @Test("the caller of a test call takes the same way over a live line")
    func script() async throws {
        let bench = try PhoneTests.bench()
        let call = repository.appending(path: "Audio/Calls/outage-by-keys").path
        let result = try await bench.run(
            beside: "--json",
            "$PARLEY call sip:100@127.0.0.1:5080 --script \(call) --json > phone.json; echo \"call $?\"")
        #expect(result.contains("call 0\n"))
        let pressed = bench.facts("phone.json").filter { $0["event"] as? String == "digit" }
        let heard = bench.facts().filter { $0["event"] as? String == "digit" }
        #expect(!pressed.isEmpty)
        #expect(pressed.count == heard.count)
    }

    @Test("who is ended by a signal hangs up first")
    func interrupted() async throws {
        let bench = try PhoneTests.bench()
        let result = try await bench.run(
            beside: "--json",
            """
            $PARLEY call sip:100@127.0.0.1:5080 --json > phone.json & PHONE=$!
            for i in $(seq 100); do grep -q legAnswered phone.json && break; sleep 0.1; done
            sleep 1; kill -TERM $PHONE; wait $PHONE; echo "call $?"
            for i in $(seq 50); do grep -q callEnded facts.json && break; sleep 0.1; done
            grep 'Max core file size' /proc/$SERVER/limits
            """)
        // What callers say is in no image of the memory either.
        #expect(result.contains("Max core file size        0                    0 "), "\(result)")
        #expect(result.contains("call 0\n"), "\(result)")
        let ended = bench.facts().first { $0["event"] as? String == "callEnded" }
        #expect(
            ended?["by"] as? String == "caller" && ended?["cause"] as? String == "normalClearing", "\(bench.facts())")
    }

    @Test("who cannot be reached, or wants other credentials, is told in a sentence")
    func refused() async throws {
        let bench = try PhoneTests.bench()
        let result = try await bench.run(
            beside: "--json",
            """
            PARLEY_SIP_USER=ann PARLEY_SIP_PASSWORD=wrong $PARLEY call sip:100@127.0.0.1:5090; echo "wrong $?"
            $PARLEY call sip:100@127.0.0.1:5099 --ring 2; echo "nobody $?"
            $PARLEY call 'sip:100@127.0.0.1:5091;transport=tls' --ring 5; echo "untrusted $?"
            $PARLEY call 'sip:100@127.0.0.1:5091;transport=tls' --trust authority.pem; echo "unknown $?"
            $PARLEY call 'sip:100@127.0.0.1:5099;transport=tcp'; echo "closed $?"
            $PARLEY call 'sip:100@127.0.0.1:5080;transport=sctp'; echo "transport $?"
            $PARLEY call sip:100@127.0.0.1:5080 --srtp required; echo "media $?"
            $PARLEY call sip:100@127.0.0.1:5080 --record nowhere/heard.wav; echo "recording $?"
            $PARLEY call sip:100@127.0.0.1:5090; echo "nameless $?"
            $PARLEY call tel:123; echo "scheme $?"
            """)
        for sentence in [
            "was answered with 401 Unauthorized; PARLEY_SIP_USER and PARLEY_SIP_PASSWORD were not taken\nwrong 1",
            "was answered by nobody in time (127.0.0.1:5099 over UDP); check address, port and transport, and that calls from here are allowed there\nnobody 1",
            "vouches for it, it is out of date, or it is for another use\nuntrusted 1",
            "is not reached (127.0.0.1:5091 over TLS): the far end wants to be shown a certificate\nunknown 1",
            "is not reached (127.0.0.1:5099 over TCP): nobody listens there\nclosed 1",
            "';transport=sctp' is none of udp, tcp and tls\ntransport 1", "try another --srtp or --codec\nmedia 1",
            "nowhere/heard.wav: cannot be written (No such file or directory); check the folder\nrecording 1",
            "it asks who calls: set PARLEY_SIP_USER and PARLEY_SIP_PASSWORD\nnameless 1",
        ] {
            #expect(result.contains(sentence), "\(sentence) in \(result)")
        }
        // None of them was a call of the service.
        #expect(bench.facts().isEmpty)
        #expect(result.contains("tel:123 is no SIP URI; write it as sip:100@192.0.2.1\nscheme 1"), "\(result)")
        #expect(!result.contains("s3cret"))
    }

    /// A far end that sends media before it answers, reliably, and hangs up.
    private static let earlyMedia = """
        <?xml version="1.0" encoding="ISO-8859-1"?>
        <scenario name="early media">
        <recv request="INVITE"><action>
        <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
        <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
        </action></recv>
        <send><![CDATA[

        SIP/2.0 183 Session Progress
        [last_Via:]
        [last_From:]
        [last_To:];tag=[pid]b[call_number]
        [last_Call-ID:]
        [last_CSeq:]
        Require: 100rel
        RSeq: 7
        Contact: <sip:[local_ip]:[local_port]>
        Content-Type: application/sdp
        Content-Length: [len]

        \(SIPpScenario.offer())
        ]]></send>
        <recv request="PRACK"><action>
        <ereg regexp="7 1 INVITE" search_in="hdr" header="RAck:" check_it="true" assign_to="rack"/>
        </action></recv>
        <send><![CDATA[

        SIP/2.0 200 OK
        [last_Via:]
        [last_From:]
        [last_To:]
        [last_Call-ID:]
        [last_CSeq:]
        Content-Length: 0

        ]]></send>
        <send><![CDATA[

        SIP/2.0 200 OK
        Via:[$via]
        [last_From:]
        [last_To:]
        [last_Call-ID:]
        CSeq: 1 INVITE
        Contact: <sip:[local_ip]:[local_port]>
        Content-Length: 0

        ]]></send>
        <recv request="ACK"/>
        <pause milliseconds="500"/>
        <send retrans="500"><![CDATA[

        BYE sip:[remote_ip]:[remote_port] SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
        From: <sip:200@[local_ip]>;tag=[pid]b[call_number]
        To:[$from]
        Call-ID: [call_id]
        CSeq: 1 BYE
        Max-Forwards: 70
        Content-Length: 0

        ]]></send>
        <recv response="200"/>
        <Reference variables="rack"/>
        </scenario>

        """

    @Test("early media that comes reliably is acknowledged, the call answered, and the far end hangs up")
    func early() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try PhoneTests.bench()
        try bench.write("early.xml", PhoneTests.earlyMedia)
        let result = try await bench.run(
            beside: "",
            """
            sipp -sf early.xml -i 127.0.0.1 -p 5098 -m 1 -nostdin -timeout 20 -timeout_error 127.0.0.1 > sipp.out 2>&1 & SIPP=$!
            sleep 0.5
            $PARLEY call sip:200@127.0.0.1:5098 --limit 10 --json > phone.json 2> phone.err
            echo "call $?"
            wait $SIPP
            echo "sipp $?"
            """)
        #expect(result.contains("call 0\n"), "\(bench.read("phone.err"))")
        #expect(result.contains("sipp 0\n"), "\(bench.read("sipp.out").suffix(1_500))")
        #expect(bench.read("phone.err").contains("183 with early media"))
        let ended = bench.facts("phone.json").first { $0["event"] as? String == "callEnded" }
        #expect(ended?["by"] as? String == "parley")
    }
}
