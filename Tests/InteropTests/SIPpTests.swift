import Foundation
import Testing

/// Parley against SIPp: call flows as data, one running service for all.
@Suite("SIPp", .serialized, .takesTurns)
struct SIPpTests {
    private static let configuration = """
        agents:
            main: \(Bench.agent)
        admin: {socket: parley.sock}
        media:
            address: "::"
            ports: 20000-20399
            shards: 2
        trunks:
            carrier:
                listen: ["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080", "udp:[::1]:5080", "tcp:[::1]:5080"]
                allow: [127.0.0.0/8, "::1"]
                numbers: {"100": main}
                headers: {out: {X-Parley-Call: "{call}"}}
                transfers: {hold: reinvite}
            phones:
                kind: phones
                listen: ["udp:127.0.0.1:5090"]
                allow: [127.0.0.0/8]
                otherwise: main
                users: {realm: example, file: users}
            rings:
                listen: ["udp:127.0.0.1:5081"]
                allow: [127.0.0.0/8]
                otherwise: main
                answer: {first: ringing, after-seconds: 1}
            speaks-early:
                listen: ["udp:127.0.0.1:5082"]
                allow: [127.0.0.0/8]
                otherwise: main
                answer: {first: early-media, after-seconds: 1}
            strangers:
                listen: ["udp:127.0.0.1:5095"]
                allow: [192.0.2.1]
                otherwise: main

        """

    private static let offer = SIPpScenario.offer()
    private static let bye: [SIPpScenario.Step] = [.send("BYE", cseq: 9), .expect(200)]

    private static func call(_ inside: [SIPpScenario.Step]) -> [SIPpScenario.Step] {
        [
            .send("INVITE", sdp: offer), .mayCome(100), .mayCome(180), .mayCome(183), .expect(200),
            .send("ACK"), .pause(milliseconds: 200),
        ] + inside + bye
    }

    /// Acknowledges the progress that came last.
    private static func prack(sdp: String? = nil, cseq: Int = 2) -> [SIPpScenario.Step] {
        [
            .send("PRACK", headers: ["RAck: [$rseq] 1 INVITE"], sdp: sdp, cseq: cseq), .mayCome(183),
            .expect(200, matching: "CSeq: \(cseq) PRACK"),
        ]
    }

    private static let answered: [SIPpScenario.Step] =
        [.expect(200, matching: "CSeq: 1 INVITE"), .send("ACK"), .pause(milliseconds: 100)] + bye

    static let scenarios: [SIPpScenario] = [
        SIPpScenario(name: "answer", steps: call([])),
        SIPpScenario(
            name: "headers-out",
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(200, matching: "X-Parley-Call: [0-9a-z]+"),
                .send("ACK"),
            ] + bye),
        SIPpScenario(
            name: "late-offer",
            steps: [
                .send("INVITE"), .mayCome(100), .expect(200, matching: "m=audio [0-9]+ RTP/AVP"),
                .send("ACK", sdp: offer), .pause(milliseconds: 200),
            ] + bye),
        SIPpScenario(
            name: "hold-and-resume",
            steps: call([
                .send("INVITE", sdp: SIPpScenario.offer("sendonly", version: 2), cseq: 2), .mayCome(100),
                .expect(200, matching: "a=recvonly"), .send("ACK", cseq: 2), .pause(milliseconds: 200),
                .send("INVITE", sdp: SIPpScenario.offer("sendrecv", version: 3), cseq: 3), .mayCome(100),
                .expect(200, matching: "a=sendrecv"), .send("ACK", cseq: 3), .pause(milliseconds: 200),
            ])),
        SIPpScenario(
            name: "reinvite-before-the-last-is-acknowledged",
            steps: call([
                .send("INVITE", sdp: SIPpScenario.offer("sendrecv", version: 2), cseq: 2), .mayCome(100),
                .expect(200),
                .send("INVITE", sdp: SIPpScenario.offer("sendrecv", version: 3), cseq: 3), .mayCome(100),
                .expect(500, matching: "Retry-After: *[0-9]+"), .send("ACK", cseq: 3, branch: "[branch-3]"),
                .send("ACK", cseq: 2), .pause(milliseconds: 200),
            ])),
        SIPpScenario(
            name: "codec-of-another-rate",
            steps: call([
                .send(
                    "INVITE",
                    sdp: SIPpScenario.offer("sendrecv", version: 2).replacing(
                        "RTP/AVP 0 101", with: "RTP/AVP 111"
                    ).replacing(
                        "a=rtpmap:0 PCMU/8000", with: "a=rtpmap:111 opus/48000/2"
                    ).replacing(
                        "a=rtpmap:101 telephone-event/8000\n", with: ""), cseq: 2), .mayCome(100),
                .expect(488), .send("ACK", cseq: 2, branch: "[branch-3]"), .pause(milliseconds: 200),
                .send("OPTIONS", cseq: 3), .expect(200),
            ])),
        SIPpScenario(
            name: "cancel-too-late",
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(200),
                .send("CANCEL", branch: "[branch-3]"), .expect(200), .send("ACK"), .pause(milliseconds: 100),
            ] + bye),
        SIPpScenario(
            name: "cancel-of-nothing", steps: [.send("CANCEL"), .expect(481)]),
        SIPpScenario(
            name: "session-timer",
            steps: [
                .send(
                    "INVITE", headers: ["Supported: timer", "Session-Expires: 90;refresher=uac", "Min-SE: 90"],
                    sdp: offer), .mayCome(100), .expect(200, matching: "Session-Expires: *90"), .send("ACK"),
                .pause(milliseconds: 100),
            ] + bye),
        SIPpScenario(
            name: "session-timer-too-short",
            steps: [
                .send("INVITE", headers: ["Supported: timer", "Session-Expires: 30"], sdp: offer), .mayCome(100),
                .expect(422, matching: "Min-SE: *90"), .send("ACK", branch: "[branch-3]"),
            ]),
        SIPpScenario(
            name: "update", steps: call([.send("UPDATE", cseq: 2), .expect(200)])),
        SIPpScenario(
            name: "update-with-offer",
            steps: call([
                .send("UPDATE", sdp: SIPpScenario.offer("sendrecv", version: 2), cseq: 2),
                .expect(200, matching: "m=audio [0-9]+ RTP/AVP"),
            ])),
        SIPpScenario(
            name: "requires-100rel",
            steps: [
                .send("INVITE", headers: ["Require: 100rel"], sdp: offer), .mayCome(100), .expect(200),
                .send("ACK"), .pause(milliseconds: 100),
            ] + bye),
        SIPpScenario(
            name: "ringing", port: 5_081,
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(180), .expect(200), .send("ACK"),
                .pause(milliseconds: 100),
            ] + bye),
        SIPpScenario(
            name: "cancel", port: 5_081,
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(180),
                .send("CANCEL", branch: "[branch-3]"), .expect(200), .expect(487),
                .send("ACK", branch: "[branch-6]"),
            ]),
        SIPpScenario(
            name: "ringing-acknowledged", port: 5_081,
            steps: [.send("INVITE", headers: ["Supported: 100rel"], sdp: offer), .mayCome(100), .expectReliable(180)]
                + prack() + answered),
        SIPpScenario(
            name: "early-media", port: 5_082,
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(183, matching: "m=audio [0-9]+ RTP/AVP"),
            ] + answered),
        SIPpScenario(
            name: "early-media-acknowledged", port: 5_082,
            steps: [
                .send("INVITE", headers: ["Require: 100rel"], sdp: offer), .mayCome(100),
                .expectReliable(183, matching: "m=audio [0-9]+ RTP/AVP"),
            ] + prack() + answered),
        SIPpScenario(
            // What is sent again has to be seen as such: SIPp's own handling of that is off.
            name: "acknowledgement-of-progress-comes-late", port: 5_082, options: "-nr",
            steps: [
                .send("INVITE", headers: ["Require: 100rel"], sdp: offer), .mayCome(100), .expect(183),
                .expect(183), .expectReliable(183), .send("PRACK", headers: ["RAck: 1 9 INVITE"], cseq: 2),
                .mayCome(183), .expect(481),
            ] + prack(cseq: 3) + answered),
        SIPpScenario(
            name: "late-offer-in-progress", port: 5_082,
            steps: [
                .send("INVITE", headers: ["Require: 100rel"]), .mayCome(100),
                .expectReliable(183, matching: "m=audio [0-9]+ RTP/AVP"),
            ] + prack(sdp: offer) + answered),
        SIPpScenario(
            name: "requires-unknown",
            steps: [
                .send("INVITE", headers: ["Require: nothing-known"], sdp: offer), .mayCome(100),
                .expect(420, matching: "Unsupported: *nothing-known"), .send("ACK", branch: "[branch-3]"),
            ]),
        SIPpScenario(
            // The second may be answered by a second 200, which comes when it comes.
            name: "retransmitted-invite", options: "-default_behaviors all,-abortunexp",
            steps: [
                .send("INVITE", sdp: offer), .send("INVITE", sdp: offer, branch: "[branch-1]"), .mayCome(100),
                .expect(200), .send("ACK"), .pause(milliseconds: 200),
            ] + bye),
        SIPpScenario(
            name: "bye-before-ack",
            steps: [.send("INVITE", sdp: offer), .mayCome(100), .expect(200)] + bye),
        SIPpScenario(name: "bye-of-nothing", steps: [.send("BYE", headers: []), .expect(481)]),
        SIPpScenario(
            name: "number-of-nobody", options: "-s 999",
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expect(404), .send("ACK", branch: "[branch-3]"),
            ]),
        SIPpScenario(name: "options", steps: [.send("OPTIONS"), .expect(200, matching: "Allow: .*INVITE")]),
        SIPpScenario(
            name: "no-common-codec",
            steps: [
                .send("INVITE", sdp: offer.replacing(" 0 101", with: " 18")), .mayCome(100), .expect(488),
                .send("ACK", branch: "[branch-3]"),
            ]),
        SIPpScenario(
            name: "challenge", port: 5_090,
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100),
                .expect(401, matching: "WWW-Authenticate: Digest .*algorithm=SHA-256"),
                .send("ACK", branch: "[branch-3]"),
            ]),
        SIPpScenario(
            name: "challenge-of-a-registration", port: 5_090,
            steps: [.send("REGISTER"), .expect(401, matching: "WWW-Authenticate: Digest .*realm=.example.")]),
    ]

    @Test("every call flow ends as the standards say, and the service after it with 0")
    func flows() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let facts = try await facts(of: SIPpTests.scenarios, SIPpTests.configuration)
        // What began has ended, and each had one context.
        let begun = facts.count { $0["event"] as? String == "callStarted" }
        #expect(begun > 20)
        #expect(facts.count { $0["event"] as? String == "callEnded" } == begun)
        #expect(facts.count { $0["context"] != nil } == begun)
    }

    /// SIPp knows MD5 alone, which a registrar offers where it is told to.
    private static let authenticated = [
        SIPpScenario(
            name: "digest", port: 5_090, options: "-auth_uri 100@127.0.0.1:5090",
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expectChallenge(401), .send("ACK", branch: "[branch-3]"),
                .send(
                    "INVITE", headers: ["[authentication username=ann password=s3cret]"], sdp: offer, cseq: 2, tag: ""),
                .mayCome(100), .expect(200), .send("ACK", cseq: 2),
            ] + bye),
        SIPpScenario(
            name: "digest-with-another-password", port: 5_090, options: "-auth_uri 100@127.0.0.1:5090",
            steps: [
                .send("INVITE", sdp: offer), .mayCome(100), .expectChallenge(401), .send("ACK", branch: "[branch-3]"),
                .send(
                    "INVITE", headers: ["[authentication username=ann password=guess]"], sdp: offer, cseq: 2, tag: ""),
                .mayCome(100), .expect(401), .send("ACK", cseq: 2, branch: "[branch-3]"),
            ]),
    ]

    @Test("who has the password is let in")
    func digest() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let configuration = SIPpTests.configuration.replacing("file: users}", with: "file: users, algorithms: [MD5]}")
        let facts = try await facts(of: SIPpTests.authenticated, configuration)
        #expect(facts.count { $0["event"] as? String == "callStarted" } == 2)
    }

    /// Takes calls as scenarios say, each twice, and ends.
    ///
    /// - Returns: what was told of them.
    private func facts(of scenarios: [SIPpScenario], _ configuration: String) async throws -> [[String: Any]] {
        let bench = try Bench()
        try bench.write("parley.yaml", configuration)
        try bench.write("users", "ann: s3cret\n")
        var script = ""
        for scenario in scenarios {
            try bench.write("\(scenario.name).xml", scenario.xml)
            script += """

                sipp -sf \(scenario.name).xml -s 100 \(scenario.options) -i 127.0.0.1 -m 2 -r 10 -nostdin \
                -timeout 15 -timeout_error -recv_timeout 5000 127.0.0.1:\(scenario.port) > \(scenario.name).out 2>&1
                echo "\(scenario.name) $?"
                """
        }
        let result = try await bench.run(beside: "--json", script)
        for scenario in scenarios {
            #expect(
                result.contains("\(scenario.name) 0\n"),
                "\(scenario.name): \(bench.read("\(scenario.name).out").suffix(1_500))")
        }
        #expect(result.contains("serve ends with 0"), "\(result) \(bench.read("log").suffix(1_500))")
        return bench.facts()
    }

    /// The caller is put on hold and offers something itself at that moment: both get 491, and Parley offers again.
    private static let glare = SIPpScenario(
        name: "glare",
        steps: call([
            .shell("touch up"), .take("INVITE", matching: "a=sendonly"),
            .send("INVITE", sdp: SIPpScenario.offer(version: 2), cseq: 2), .mayCome(100), .expect(491),
            .send("ACK", cseq: 2, branch: "[branch-3]"), .answer(491), .take("ACK"),
            .take("INVITE", matching: "a=sendonly"),
            .answer(200, sdp: SIPpScenario.offer("recvonly", version: 3)), .take("ACK"), .shell("touch held"),
            .take("INVITE", matching: "a=sendrecv"), .answer(200, sdp: SIPpScenario.offer(version: 4)), .take("ACK"),
        ]))

    @Test("offers that cross both get 491, and the one of Parley that puts a caller on hold goes out again")
    func crossing() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try Bench()
        try bench.write("parley.yaml", SIPpTests.configuration)
        try bench.write("users", "ann: s3cret\n")
        try bench.write("glare.xml", SIPpTests.glare.xml)
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sf glare.xml -s 100 -i 127.0.0.1 -m 1 -nostdin -timeout 40 -timeout_error -recv_timeout 20000 \
            -trace_msg -message_file messages 127.0.0.1:5080 > glare.out 2>&1 & PEER=$!
            until_there() { for i in $(seq 150); do [ -e $1 ] && break; sleep 0.1; done; }
            until_there up
            CALL=$(sed -n 's/.*"call":"\\([0-9a-z]*\\)".*/\\1/p' facts.json | head -1)
            $PARLEY calls hold $CALL --socket parley.sock; echo "hold $?"
            until_there held
            $PARLEY calls resume $CALL --socket parley.sock; echo "resume $?"
            wait $PEER; echo "glare $?"
            """)
        #expect(result.contains("hold 0\n") && result.contains("resume 0\n"), "\(result)")
        #expect(result.contains("glare 0\n"), "\(bench.read("glare.out").suffix(1_500))\n\(bench.read("messages"))")
    }

    @Test("calls over UDP and TCP, IPv4 and IPv6, none fails")
    func transports() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try Bench()
        try bench.write("parley.yaml", SIPpTests.configuration)
        try bench.write("users", "ann: s3cret\n")
        let ways = [("u1", "127.0.0.1"), ("t1", "127.0.0.1"), ("tn", "127.0.0.1"), ("u1", "[::1]"), ("t1", "[::1]")]
        let script = ways.enumerated().map { index, way in
            """
            sipp -sn uac -s 100 -t \(way.0) -i \(way.1) -m 20 -r 20 -d 300 -nostdin -max_socket 100 -timeout 30 \
            -timeout_error \(way.1):5080 > way\(index).out 2>&1
            echo "way\(index) $?"
            """
        }.joined(separator: "\n")
        let result = try await bench.run(beside: "--json", script)
        for index in ways.indices {
            #expect(
                result.contains("way\(index) 0\n"), "\(ways[index]): \(bench.read("way\(index).out").suffix(1_500))")
        }
        #expect(bench.facts().count { $0["event"] as? String == "callEnded" } == 100)
    }

    @Test("a stranger gets no answer, whatever it asks")
    func strangers() async throws {
        guard Bench.has("sipp", package: "sip-tester") else { return }
        let bench = try Bench()
        try bench.write("parley.yaml", SIPpTests.configuration)
        try bench.write("users", "ann: s3cret\n")
        let options = SIPpScenario(name: "options", steps: [.send("OPTIONS"), .expect(200)])
        try bench.write("options.xml", options.xml)
        let result = try await bench.run(
            beside: "--json",
            """
            sipp -sf options.xml -i 127.0.0.1 -m 1 -nostdin -nr -timeout 3 -timeout_error -recv_timeout 1000 \
            -trace_msg -message_file messages 127.0.0.1:5095 > out 2>&1
            echo "sipp $?"
            """)
        #expect(!result.contains("sipp 0\n"))
        #expect(bench.read("messages").contains("message sent"))
        #expect(!bench.read("messages").contains("message received"))
    }
}
