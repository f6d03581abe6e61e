import Foundation
import Testing

/// A caller, two agents, an expert and a supervisor, each a baresip with a tone of its own: who heard whom is in what
/// each of them recorded.
@Suite("People", .takesTurns)
struct SwarmTests {
    private struct Phone {
        var name: String
        var frequency: Double
        var port: Int
        var registers = true
    }

    private static let phones = [
        Phone(name: "caller", frequency: 1_000, port: 5_171, registers: false),
        Phone(name: "ada", frequency: 440, port: 5_181), Phone(name: "ben", frequency: 750, port: 5_191),
        Phone(name: "eva", frequency: 620, port: 5_201), Phone(name: "sue", frequency: 880, port: 5_211),
    ]
    private static let queueMusic = 300.0
    private static let holdMusic = 360.0

    private static let configuration = """
        agents: {desk: desk}
        store: contexts.sqlite
        recordings: {folder: recordings, channels: legs}
        media: {address: 127.0.0.1, ports: 20400-20499, hold-music: hold.wav}
        outbound: {queue: billing}
        admin: {socket: parley.sock}
        people:
            ada: {name: Ada, address: "phone:ada@127.0.0.1", queues: [billing]}
            ben: {name: Ben, address: "phone:ben@127.0.0.1", queues: [billing]}
        experts:
            eva: {name: Eva, address: "phone:eva@127.0.0.1", skills: [meters 7]}
        queues:
            billing: {name: Billing, music: music.wav, whisper: "{queue}. {message}"}
        trunks:
            callers:
                listen: ["udp:127.0.0.1:5080"]
                allow: [127.0.0.0/8]
                otherwise: desk
            phones:
                kind: phones
                listen: ["udp:127.0.0.1:5082"]
                allow: [127.0.0.0/8]
                users: {realm: example, file: users, algorithms: [MD5]}

        """

    /// A caller waits with music until an agent is ready; the agent asks an expert, all confer, the other agent is called
    /// in, and a supervisor listens and then whispers.
    private static let script = """
        until_done() { while [ ! -f done ]; do sleep 0.3; done; }
        for name in ada ben eva sue; do
        (until_done; echo /quit; sleep 1) | timeout 90 baresip -f $name > $name.out 2>&1 &
        done
        S="--socket parley.sock"
        for i in $(seq 50); do [ $(grep -c 'is registered' log) = 4 ] && break; sleep 0.2; done
        $PARLEY agents away ada $S
        $PARLEY agents away ben --reason lunch $S
        (sleep 1; echo "/dial sip:100@127.0.0.1:5080"; until_done; echo /quit) | timeout 90 baresip -f caller > caller.out 2>&1 &
        for i in $(seq 50); do $PARLEY agents queues $S | grep -q '1 waiting' && break; sleep 0.2; done
        sleep 2
        $PARLEY agents ready ada $S
        part() { for i in $(seq 50); do $PARLEY calls list $S | grep -q "$1" && break; sleep 0.2; done; }
        part 'leg 1.*conversation'
        sleep 2
        ID=$($PARLEY calls list $S | sed -n '1s/ .*//p')
        $PARLEY calls consult $ID skill:meters $S
        part 'leg 2.*consultation'
        sleep 2
        $PARLEY calls end-consult $ID conference $S
        sleep 1
        $PARLEY agents ready ben $S
        $PARLEY calls pull-in $ID ben $S
        part 'leg 3.*conversation'
        $PARLEY calls listen $ID phone:sue@127.0.0.1 $S
        part 'leg 4.*not heard'
        sleep 2
        $PARLEY calls whisper $ID --leg 4 --to 1 $S
        sleep 2
        $PARLEY calls list $S
        $PARLEY agents list $S
        $PARLEY calls hang-up $ID $S
        sleep 1
        $PARLEY agents list $S
        $PARLEY contexts audit --store contexts.sqlite
        touch done
        sleep 2
        """

    @Test("queue, whisper, consultation, a swarm of four and a supervisor: each hears those it should and no others")
    func swarm() async throws {
        guard Bench.has("baresip", package: "baresip-core") else { return }
        let bench = try Bench()
        try SwarmTests.write(to: bench)
        let result = try await bench.run(beside: "--json", SwarmTests.script)
        #expect(result.contains("serve ends with 0"), "\(result)\n\(bench.read("log"))")
        #expect(result.contains("leg 4  supervisor") && result.contains("heard by leg 1 alone"), "\(result)")
        #expect(result.contains("ben  Ben  talking") && result.contains("ben  Ben  available"), "\(result)")
        #expect(result.contains("listen") && result.contains("whisper"), "\(result)")
        let heard: [(String, [Double], [Double])] = [
            ("caller", [300, 360, 440, 620, 750], [880, 1_000]), ("ada", [620, 750, 880, 1_000], [300, 360, 440]),
            ("eva", [440, 750, 1_000], [300, 360, 620, 880]), ("ben", [440, 620, 1_000], [300, 360, 750, 880]),
            ("sue", [440, 620, 750, 1_000], [300, 360, 880]),
        ]
        for (name, tones, others) in heard {
            let recording = try SwarmTests.recording(of: name, bench)
            let found = (tones + others).filter { recording.has($0) }
            #expect(found == tones, "\(name)")
        }
        try SwarmTests.expectLegsAlone(bench)
        let facts = bench.facts()
        let spoke = facts.filter { $0["event"] as? String == "legEnded" }
        #expect(spoke.count == 4)
        #expect(facts.contains { $0["event"] as? String == "queueEntered" })
    }

    /// Each leg's own recording has its party's tone and no other.
    private static func expectLegsAlone(_ bench: Bench) throws {
        let folder = bench.folder.appending(path: "recordings")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count == 5, "\(files)")
        for (leg, frequency) in [(1, 440.0), (2, 620), (3, 750), (4, 880)] {
            let file = try #require(files.first { $0.hasSuffix("-leg\(leg).wav") }, "\(files)")
            let recording = SineWave.Recording(wav: try Data(contentsOf: folder.appending(path: file)))
            let found = [300.0, 360, 440, 620, 750, 880, 1_000].filter { recording.has($0) }
            #expect(found == [frequency], "leg \(leg)")
        }
    }

    private static func write(to bench: Bench) throws {
        try bench.write("parley.yaml", configuration)
        try bench.write("users", phones.map { "\($0.name): pw-\($0.name)\n" }.joined())
        try bench.write("desk/agent.mcs.yml", "kind: GptComponentMetadata\ndisplayName: desk\n")
        try bench.write("desk/topics/start.mcs.yml", HandoverTests.dialog)
        try SineWave.wav(frequency: queueMusic, seconds: 5).write(to: bench.folder.appending(path: "music.wav"))
        try SineWave.wav(frequency: holdMusic, seconds: 5).write(to: bench.folder.appending(path: "hold.wav"))
        for phone in phones {
            try SineWave.wav(frequency: phone.frequency, seconds: 90)
                .write(to: bench.folder.appending(path: "\(phone.name).wav"))
            try bench.write(
                "\(phone.name)/config",
                """
                poll_method epoll
                net_interface 127.0.0.1
                sip_listen 127.0.0.1:\(phone.port)
                audio_player aubridge,nil
                audio_source aufile,\(phone.name).wav
                ausrc_srate 8000
                auplay_srate 8000
                snd_path \(phone.name)
                module_path /usr/lib/baresip/modules
                module stdio.so
                module g711.so
                module aufile.so
                module aubridge.so
                module sndfile.so
                module_tmp account.so
                module_app menu.so

                """)
            let account =
                phone.registers
                ? "<sip:\(phone.name)@127.0.0.1:5082>;regint=120;auth_user=\(phone.name);auth_pass=pw-\(phone.name)"
                : "<sip:\(phone.name)@127.0.0.1:\(phone.port)>;regint=0"
            try bench.write("\(phone.name)/accounts", account + ";audio_codecs=PCMU/8000/1;answermode=auto\n")
        }
    }

    private static func recording(of name: String, _ bench: Bench) throws -> SineWave.Recording {
        let folder = bench.folder.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let file = try #require(files.first { $0.hasSuffix("-dec.wav") }, "\(name) recorded nothing: \(files)")
        return SineWave.Recording(wav: try Data(contentsOf: folder.appending(path: file)))
    }
}

/// Tones, written and found again.
enum SineWave {
    /// A mono WAV of 16 bits at 8 kHz.
    static func wav(frequency: Double, seconds: Int) -> Data {
        let samples = (0..<seconds * 8_000).map { Int16(6_000 * sin(2 * .pi * frequency * Double($0) / 8_000)) }
        var data = Silence.header(frames: samples.count, sampleRate: 8_000, channels: 1)
        for sample in samples {
            data.append(UInt8(truncatingIfNeeded: sample))
            data.append(UInt8(truncatingIfNeeded: sample >> 8))
        }
        return data
    }

    struct Recording {
        private let samples: [Double]

        /// Reads a WAV of 16 bits, one channel, at 8 kHz, whose header has the usual 44 octets.
        init(wav: Data) {
            let octets = [UInt8](wav.dropFirst(44))
            samples = (0..<octets.count / 2).map {
                Double(Int16(bitPattern: UInt16(octets[2 * $0]) | UInt16(octets[2 * $0 + 1]) << 8))
            }
        }

        /// Half a second of it, an eighth as loud as it was sent or more, somewhere.
        func has(_ frequency: Double) -> Bool {
            let window = 4_000
            let turn = 2 * Double.pi * frequency / 8_000
            return stride(from: 0, to: max(0, samples.count - window), by: window / 2).contains { start in
                var (real, imaginary) = (0.0, 0.0)
                for index in 0..<window {
                    let shape = 1 - cos(2 * .pi * Double(index) / Double(window))
                    real += samples[start + index] * shape * cos(turn * Double(index))
                    imaginary += samples[start + index] * shape * sin(turn * Double(index))
                }
                return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(window) > 750
            }
        }
    }
}
