import Foundation
import Testing

/// Parley against linphone: codecs, keys, hold, encryption, digest by SHA-256.
@Suite("linphone", .serialized, .takesTurns)
struct LinphoneTests {
    private static let configuration = """
        agents:
            main: \(Bench.agent)
        media:
            address: 127.0.0.1
            ports: 20000-20199
        trunks:
            narrow:
                listen: ["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080"]
                allow: [127.0.0.0/8]
                otherwise: main
                media: {codecs: [PCMU], srtp: offered}
            alaw:
                kind: phones
                listen: ["udp:127.0.0.1:5082"]
                allow: [127.0.0.0/8]
                otherwise: main
                media: {codecs: [PCMA]}
                users: {realm: example, file: users, algorithms: [SHA-256]}
            opus:
                listen: ["udp:127.0.0.1:5084"]
                allow: [127.0.0.0/8]
                otherwise: main
                media: {codecs: [opus]}

        """

    struct Call: Sendable, CustomTestStringConvertible {
        var name: String
        var target: String
        var codec: String
        var encryption = "none"
        var testDescription: String { name }
    }

    static let calls = [
        Call(
            name: "PCMU over TCP with SRTP", target: "sip:100@127.0.0.1:5080;transport=tcp", codec: "PCMU",
            encryption: "srtp"),
        Call(
            name: "PCMA, who calls is asked for a password by SHA-256", target: "sip:100@127.0.0.1:5082", codec: "PCMA"),
        Call(name: "Opus", target: "sip:100@127.0.0.1:5084", codec: "opus"),
    ]

    @Test("a call is answered, its keys are heard before and after a hold, and it ends by the caller", arguments: calls)
    func call(_ call: Call) async throws {
        guard Bench.has("linphonec", package: "linphone-cli") else { return }
        let bench = try Bench()
        try bench.write("parley.yaml", LinphoneTests.configuration)
        try bench.write("users", "ann: s3cret\n")
        try bench.write(
            "home/rc",
            """
            [sip]
            sip_port=5170
            sip_tcp_port=-2
            sip_tls_port=0
            use_ipv6=0
            guess_hostname=1
            contact=sip:ann@127.0.0.1
            media_encryption=\(call.encryption)
            [rtp]
            audio_rtp_port=7078
            [auth_info_0]
            username=ann
            passwd=s3cret
            realm=example
            algorithm=SHA-256

            """)
        let result = try await bench.run(
            beside: "--json",
            """
            export HOME=$PWD/home
            mkdir -p home/.local/share/linphone home/.config/linphone
            (sleep 1; echo "ipv6 disable"; echo "soundcard use files"; sleep 1; echo "call \(call.target)"; sleep 4
            echo 2; sleep 1; echo "pause 1"; sleep 2; echo "resume 1"; sleep 2; echo 9; sleep 2
            echo terminate; sleep 1; echo quit; sleep 1) | timeout 40 linphonec -c home/rc > linphone.out 2>&1
            echo done
            """)
        #expect(result.contains("serve ends with 0"), "\(bench.read("log"))")
        let facts = bench.facts()
        let started = try #require(
            facts.first { $0["event"] as? String == "callStarted" }, "\(bench.read("linphone.out").suffix(1_000))")
        #expect(started["codec"] as? String == call.codec)
        let digits = facts.filter { $0["event"] as? String == "digit" }
        #expect(
            digits.compactMap { $0["digit"] as? String } == ["2", "9"], "\(bench.read("linphone.out").suffix(1_000))")
        #expect(digits.allSatisfy { $0["source"] as? String == "telephoneEvent" })
        let ended = facts.first { $0["event"] as? String == "callEnded" }
        #expect(ended?["by"] as? String == "caller")
    }
}
