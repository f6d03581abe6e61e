import Foundation
import Testing

/// Parley against baresip: real media, keys, encryption.
@Suite("baresip", .serialized, .takesTurns)
struct BaresipTests {
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
                media: {srtp: offered}
            secure:
                listen: ["tls:127.0.0.1:5081"]
                allow: [127.0.0.0/8]
                otherwise: main
                media: {srtp: required}
                tls:
                    certificate: server.pem
                    key: server.key
                    trust: authority.pem
                    client-certificate: required
                    accept-server-certificates: true

        """

    /// Keys are 1.5 s apart; the call ends 3 s after the last.
    struct Call: Sendable, CustomTestStringConvertible {
        var name: String
        var account: String
        var port = 5_080
        var sampleRate = 8_000
        var codec: String
        var testDescription: String { name }
    }

    static let calls = [
        Call(name: "PCMU", account: "audio_codecs=PCMU/8000/1", codec: "PCMU"),
        Call(name: "PCMA over TCP", account: "audio_codecs=PCMA/8000/1;transport=tcp", codec: "PCMA"),
        Call(name: "G.722", account: "audio_codecs=G722/16000/1", sampleRate: 16_000, codec: "G722"),
        Call(name: "Opus", account: "audio_codecs=opus/48000/2", sampleRate: 48_000, codec: "opus"),
        Call(name: "SRTP", account: "audio_codecs=PCMU/8000/1;mediaenc=srtp-mand", codec: "PCMU"),
        Call(
            name: "SRTP over TLS", account: "audio_codecs=PCMU/8000/1;mediaenc=srtp-mand;transport=tls", port: 5_081,
            codec: "PCMU"),
    ]

    @Test("a call by keys is heard, recorded and led as the sample agent says", arguments: calls)
    func keys(_ call: Call) async throws {
        guard Bench.has("baresip", package: "baresip-core") else { return }
        let bench = try Bench()
        try bench.write("parley.yaml", BaresipTests.configuration)
        try writeClient(bench, call)
        try bench.makeCertificates()
        let result = try await bench.run(
            beside: "--json --record recordings",
            """
            (sleep 1; echo "/dial sip:100@127.0.0.1:\(call.port)"; sleep 4
            for key in 2 9 0 2 1 0; do printf $key; sleep 1; done
            sleep 4; echo /quit; sleep 1) | timeout 40 baresip -f client > baresip.out 2>&1
            echo done
            """)
        #expect(result.contains("serve ends with 0"), "\(bench.read("log"))")
        let facts = bench.facts()
        let started = try #require(
            facts.first { $0["event"] as? String == "callStarted" }, "\(bench.read("baresip.out").suffix(1_000))")
        #expect((started["codec"] as? String)?.lowercased() == call.codec.lowercased())
        let digits = facts.filter { $0["event"] as? String == "digit" }
        #expect(digits.count == 6)
        #expect(digits.allSatisfy { $0["source"] as? String == "telephoneEvent" })
        let topics = facts.filter { $0["event"] as? String == "topicStarted" }.compactMap { $0["topic"] as? String }
        #expect(topics.starts(with: ["ConversationStart", "MainMenu", "Outage"]), "\(topics)")
        let name = try #require(started["call"] as? String)
        try checkRecording(bench, name, facts)
    }

    /// The recording is as long as the call, and Parley is heard in it.
    private func checkRecording(_ bench: Bench, _ name: String, _ facts: [[String: Any]]) throws {
        let ended = try #require(facts.first { $0["event"] as? String == "callEnded" })
        let seconds = try #require(ended["duration"] as? Double)
        let audio = try Data(contentsOf: bench.folder.appending(path: "recordings/\(name).wav"))
        let rate = audio[24..<28].reversed().reduce(0) { $0 << 8 | Int($1) }
        let frames = (audio.count - 44) / 4
        #expect(abs(Double(frames) / Double(rate) - seconds) < 0.1)
        // Of the second channel, 16 bits, every 40th frame.
        let peak = stride(from: 0, to: frames, by: 40).map { frame -> Int in
            let at = audio.startIndex + 44 + 4 * frame + 2
            return abs(Int(Int16(bitPattern: UInt16(audio[at]) | UInt16(audio[at + 1]) << 8)))
        }.max()
        #expect(peak ?? 0 > 1_000)
    }

    private func writeClient(_ bench: Bench, _ call: Call) throws {
        try bench.write(
            "client/config",
            """
            poll_method epoll
            net_interface 127.0.0.1
            sip_listen 127.0.0.1:5170
            sip_certificate client-both.pem
            sip_cafile authority.pem
            audio_player aubridge,nil
            audio_source aufile,silence.wav
            ausrc_srate \(call.sampleRate)
            auplay_srate \(call.sampleRate)
            module_path /usr/lib/baresip/modules
            module stdio.so
            module g711.so
            module g722.so
            module opus.so
            module aufile.so
            module aubridge.so
            module srtp.so
            module_tmp account.so
            module_app menu.so

            """)
        try bench.write("client/accounts", "<sip:ann@127.0.0.1:5170>;regint=0;\(call.account)\n".moved)
        let channels = call.codec == "opus" ? 2 : 1
        try Silence.wav(seconds: 60, sampleRate: call.sampleRate, channels: channels)
            .write(to: bench.folder.appending(path: "silence.wav"))
    }
}

extension String {
    /// baresip takes the transport as a parameter of the account's URI.
    fileprivate var moved: String {
        guard let transport = firstRange(of: /;transport=[a-z]+/) else { return self }
        var text = self
        text.removeSubrange(transport)
        return text.replacing(">", with: self[transport] + ">", maxReplacements: 1)
    }
}

/// Audio without sound, for clients that need a file.
enum Silence {
    static func wav(seconds: Int, sampleRate: Int, channels: Int) -> Data {
        let frames = seconds * sampleRate
        return header(frames: frames, sampleRate: sampleRate, channels: channels) + Data(count: frames * channels * 2)
    }

    /// The 44 octets before the samples, of 16 bits.
    static func header(frames: Int, sampleRate: Int, channels: Int) -> Data {
        let count = frames * channels * 2
        func little(_ value: Int, _ octets: Int) -> [UInt8] {
            (0..<octets).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var octets = Array("RIFF".utf8) + little(36 + count, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
        octets += little(1, 2) + little(channels, 2) + little(sampleRate, 4) + little(sampleRate * channels * 2, 4)
        octets += little(channels * 2, 2) + little(16, 2) + Array("data".utf8) + little(count, 4)
        return Data(octets)
    }
}
