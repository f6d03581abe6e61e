import Foundation
import Testing

/// What the commands say of input that is no good: one clear sentence, a status that is not zero, nothing half-written.
@Suite("Commands and bad input")
struct BadInputCommandTests {
    private let scratch: ScratchFolder
    private static let riverbend = "Audio/Agents/riverbend"
    private static let call = "Audio/Calls/gas-leak"

    init() throws { scratch = try ScratchFolder() }

    /// A WAV of 16-bit silence.
    private static func wav(channels: Int, rate: Int, samples: Int, claimed: Int? = nil) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let length = claimed ?? samples * 2 * channels
        var bytes = Array("RIFF".utf8) + little(36 + length, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
        bytes += little(1, 2) + little(channels, 2) + little(rate, 4) + little(rate * 2 * channels, 4)
        bytes += little(2 * channels, 2) + little(16, 2) + Array("data".utf8) + little(length, 4)
        return bytes + [UInt8](repeating: 0, count: samples * 2 * channels)
    }

    /// A recording that cannot be replayed, and what is said of it.
    struct Recording: Sendable, CustomTestStringConvertible {
        var fault: String
        var bytes: [UInt8]
        var sentence: String
        var testDescription: String { fault }
    }

    static let recordings = [
        Recording(fault: "no audio", bytes: Array("this is a letter".utf8), sentence: "is no audio file"),
        Recording(fault: "empty", bytes: [], sentence: "is empty"),
        Recording(
            fault: "cut off", bytes: wav(channels: 1, rate: 8_000, samples: 100, claimed: 90_000),
            sentence: "is cut off"),
        Recording(
            fault: "a header alone", bytes: Array(wav(channels: 1, rate: 8_000, samples: 0).prefix(20)),
            sentence: "cut off"),
        Recording(fault: "no samples", bytes: wav(channels: 1, rate: 8_000, samples: 0), sentence: "holds no samples"),
        Recording(fault: "no channel", bytes: wav(channels: 0, rate: 8_000, samples: 100), sentence: "no audio file"),
        Recording(fault: "nine channels", bytes: wav(channels: 9, rate: 8_000, samples: 100), sentence: "9 channels"),
        Recording(fault: "3 kHz", bytes: wav(channels: 1, rate: 3_000, samples: 100), sentence: "3000 Hz"),
    ]

    @Test(
        "a recording that cannot be replayed is named with its fault, and leaves nothing behind", arguments: recordings)
    func replay(recording: Recording) throws {
        let file = try scratch.write(recording.bytes, "caller.wav")
        let outcome = try ParleyProcess.run([
            "replay", file, "--agent", BadInputCommandTests.riverbend, "--record", scratch.path + "/recordings",
        ])
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors.contains(recording.sentence) && outcome.errors.contains("caller.wav"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(scratch.files(in: "recordings") == [])
    }

    private static let head = "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  actions:\n"
    private static let aliases =
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + (1...12).map {
            "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        .joined()

    /// An agent that cannot answer, and what is said of it.
    struct BrokenAgent: Sendable, CustomTestStringConvertible {
        var fault: String
        var topic: String?
        var sentences: [String]
        var testDescription: String { fault }
    }

    static let agents = [
        BrokenAgent(fault: "no agent in the folder", topic: nil, sentences: ["no agent.mcs.yml"]),
        BrokenAgent(
            fault: "broken YAML", topic: "kind: AdaptiveDialog\nbeginDialog:\n  kind: [OnConversationStart\n",
            sentences: ["Start.mcs.yml:", "not YAML"]),
        BrokenAgent(fault: "a bomb of aliases", topic: aliases, sentences: ["Start.mcs.yml:", "aliases"]),
        BrokenAgent(
            fault: "a topic that calls itself for ever",
            topic: head + "    - kind: BeginDialog\n      id: again\n      dialog: Start\n", sentences: ["calls itself"]
        ),
        BrokenAgent(
            fault: "a loop that asks nothing",
            topic: head
                + "    - kind: SetVariable\n      id: a\n      variable: Topic.X\n      value: =1\n    - kind: GotoAction\n      id: b\n      actionId: a\n",
            sentences: ["loop"]),
    ]

    @Test("an agent that cannot answer is named with its fault", arguments: agents)
    func replay(agent: BrokenAgent) throws {
        try scratch.write("nothing\n", "agent/notes.txt")
        if let topic = agent.topic {
            try scratch.write("displayName: x\n", "agent/agent.mcs.yml")
            try scratch.write(topic, "agent/topics/Start.mcs.yml")
        }
        let outcome = try ParleyProcess.run(["replay", BadInputCommandTests.call, "--agent", scratch.path + "/agent"])
        #expect(outcome.status == 1)
        for sentence in agent.sentences { #expect(outcome.errors.contains(sentence), "\(outcome.errors)") }
    }

    @Test("check names every mistake in a file of connectors with its line, and says nothing of one that is right")
    func connectors() throws {
        try scratch.write(
            """
            connectors:
              - name: hook
                kind: webhook
                url: ftp://crm.example.com/calls
                format: json
                fields: { reason: =Global.Reason & }
              - { name: hook, kind: folder, folder: out }
              - { name: other, kind: salesfarce }

            """, "bad.yaml")
        let outcome = try ParleyProcess.run(["check", scratch.path + "/bad.yaml"])
        #expect(outcome.status == 1)
        let said = outcome.output + outcome.errors
        for line in [4, 6, 7, 8] { #expect(said.contains("bad.yaml:\(line):"), "\(line) in\n\(said)") }
        try scratch.write("connectors:\n  - { name: files, kind: folder, folder: out }\n", "good.yaml")
        let good = try ParleyProcess.run(["check", scratch.path + "/good.yaml"])
        #expect(good.status == 0 && good.output.isEmpty, "\(good.output)\(good.errors)")
    }

    /// What is written in a call that succeeds.
    struct Writing: Sendable, CustomTestStringConvertible {
        var option: String
        var name: String
        var fullSentence: String
        var readOnlySentence: String
        var testDescription: String { option }
    }

    static let writings = [
        Writing(
            option: "--store", name: "store.sqlite", fullSentence: "nothing was stored",
            readOnlySentence: "nothing was stored"),
        Writing(
            option: "--record", name: "", fullSentence: "could not be written whole",
            readOnlySentence: "cannot be written"),
    ]

    @Test("a disk that is full is named, and nothing half-written stays on it", arguments: writings)
    func fullDisk(writing: Writing) throws {
        try scratch.write("", "disk/.keep")
        let target = scratch.path + "/disk/" + writing.name
        // A limit on the length of files acts as a full disk does: a write fails when its time has come.
        let outcome = try ParleyProcess.run(
            ["replay", BadInputCommandTests.call, writing.option, target], after: "trap '' XFSZ; ulimit -f 8")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(writing.fullSentence) && outcome.errors.contains("disk/"), "\(outcome.errors)")
        #expect(scratch.files(in: "disk") == [".keep"])
    }

    @Test("a disk that is read-only is named", arguments: writings)
    func readOnlyDisk(writing: Writing) throws {
        try scratch.write("", "disk/.keep")
        let disk = scratch.path + "/disk"
        // Permissions do not bind root; a mount of its own does, and is gone with the process.
        let setup = geteuid() == 0 ? "mount -t tmpfs -o ro none '\(disk)'" : "chmod 555 '\(disk)'"
        let outcome = try ParleyProcess.run(
            ["replay", BadInputCommandTests.call, writing.option, disk + "/" + writing.name], after: setup,
            isolated: geteuid() == 0)
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains(writing.readOnlySentence) && outcome.errors.contains("disk/"), "\(outcome.errors)")
    }

    @Test(
        "options that make no sense are named with what would",
        arguments: [
            (["--network", "loss=200%"], "loss=200%"), (["--network", "los=2%"], "the names are"),
            (["--codec", "gsm"], "'pcmu'"), (["--seed", "x"], "seed"), (["--agent", "nowhere"], "nowhere"),
            (["--jsno"], "--json"),
        ])
    func options(extra: [String], sentence: String) throws {
        let outcome = try ParleyProcess.run(["replay", BadInputCommandTests.call] + extra)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
    }
}
