import AgentFiles
import AudioFiles
import Foundation
import Documents
import Records
import Replay
import Telephony
import Testing

/// Bad input gets a clear sentence.
@Suite("Bad input")
struct BadInputTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return url.path
    }

    private func wav(channels: UInt16, rate: UInt32, samples: Int, claimed: Int? = nil) -> [UInt8] {
        func le(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let data = claimed ?? samples * 2 * Int(channels)
        var bytes = Array("RIFF".utf8) + le(36 + data, 4) + Array("WAVEfmt ".utf8) + le(16, 4) + le(1, 2)
        bytes +=
            le(Int(channels), 2) + le(Int(rate), 4) + le(Int(rate) * 2 * Int(channels), 4) + le(2 * Int(channels), 2)
        bytes += le(16, 2) + Array("data".utf8) + le(data, 4)
        return bytes + [UInt8](repeating: 0, count: samples * 2 * Int(channels))
    }

    private func problem(_ path: String) throws -> String {
        try #require(throws: AudioFileError.self) { try AudioFile.read(path) }.description
    }

    @Test("an audio file that is none, empty, cut off, of too many channels or too low a rate is named with its fault")
    func audioFiles() throws {
        #expect(try problem(folder.appending(path: "none.wav").path).contains("no such file"))
        #expect(try problem(folder.path).contains("folder"))
        #expect(try problem(write([], "empty.wav")).contains("empty"))
        #expect(try problem(write(Array("hello, this is no audio".utf8), "text.wav")).contains("no audio file"))
        #expect(
            try problem(write(wav(channels: 1, rate: 8_000, samples: 100, claimed: 90_000), "cut.wav")).contains(
                "cut off"))
        #expect(try problem(write(wav(channels: 9, rate: 8_000, samples: 10), "nine.wav")).contains("9 channels"))
        #expect(throws: AudioFileError.self) {
            try AudioFile.read(write(wav(channels: 0, rate: 8_000, samples: 10), "zero.wav"))
        }
        #expect(try problem(write(wav(channels: 1, rate: 3_000, samples: 100), "slow.wav")).contains("3000 Hz"))
        #expect(try problem(write(wav(channels: 1, rate: 8_000, samples: 0), "nothing.wav")).contains("no samples"))
        #expect(try AudioFile.read(write(wav(channels: 2, rate: 8_000, samples: 100), "good.wav")).channels.count == 2)
    }

    private func agent(_ topic: String) throws -> AgentFolder.Reading {
        let agent = folder.appending(path: "agent")
        try FileManager.default.createDirectory(at: agent.appending(path: "topics"), withIntermediateDirectories: true)
        try Data("displayName: x\n".utf8).write(to: agent.appending(path: "agent.mcs.yml"))
        try Data(topic.utf8).write(to: agent.appending(path: "topics/Start.mcs.yml"))
        return AgentFolder.read(agent.path)
    }

    @Test("a folder without an agent says so")
    func noAgent() {
        #expect(AgentFolder.read(folder.path).diagnostics.first?.message.contains("no agent.mcs.yml") == true)
        #expect(AgentFolder.read(folder.path + "/none").diagnostics.first?.message.contains("no such folder") == true)
    }

    @Test("broken YAML is named with line and column")
    func brokenYAML() throws {
        let reading = try agent("kind: AdaptiveDialog\nbeginDialog:\n  kind: [OnConversationStart\n")
        #expect(reading.agent == nil)
        #expect(reading.diagnostics.contains { $0.line >= 3 && $0.message.contains("not YAML") })
    }

    @Test("a document that bombs with aliases is refused, quickly")
    func aliasBomb() throws {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...12 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        let reading = try agent(text)
        #expect(reading.agent == nil)
        #expect(reading.diagnostics.contains { $0.message.contains("aliases") })
    }

    @Test("a mistake in a topic is named with its line, and a near name is suggested")
    func mistakes() throws {
        let reading = try agent(
            """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              actions:
                - kind: SendActivty
                  id: a
                  activity: hello
                - kind: SetVariable
                  id: b
                  variable: Topic.X
                  value: =If(1 >
                - kind: GotoAction
                  id: c
                  actionId: nowhere
            """)
        let messages = reading.diagnostics.map(\.description)
        #expect(messages.contains { $0.contains(":5:") && $0.contains("did you mean SendActivity") })
        #expect(messages.contains { $0.contains(":11:") && $0.contains("in the formula") })
        #expect(messages.contains { $0.contains("nowhere") })
    }

    @Test("a topic that calls itself for ever, and a loop without a question, end the call with a sentence")
    func endless() async throws {
        func failure(_ topic: String) async throws -> String {
            let agent = try #require(try agent(topic).agent)
            var observer = SilentObserver()
            let result = try await CallReplay(of: TestCall(name: "endless"), agent: agent, outside: ToneOutside()).run(
                &observer)
            #expect(result.context.outcome == .failed)
            return try #require(result.context.failures.first).message
        }
        let head = "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  actions:\n"
        #expect(
            try await failure(head + "    - kind: BeginDialog\n      id: a\n      dialog: Start\n").contains(
                "calls itself"))
        let loop =
            "    - kind: SetVariable\n      id: a\n      variable: Topic.X\n      value: =1\n    - kind: GotoAction\n      id: b\n      actionId: a\n"
        #expect(try await failure(head + loop).contains("loop"))
    }

    @Test("a store that cannot be opened, or is none, says so and what to do")
    func stores() throws {
        let missing = #expect(throws: RecordsError.self) {
            try SQLiteStore(path: folder.path + "/no/such/folder/x.sqlite")
        }
        #expect(missing?.description.contains("folder") == true)
        let text = try write(Array(repeating: UInt8(ascii: "x"), count: 5_000), "text.sqlite")
        let none = #expect(throws: RecordsError.self) { try SQLiteStore(path: text) }
        #expect(none?.description.contains("no store") == true)
    }

    @Test("a context is stored whole, listed and found by the beginning of its name")
    func storeAndList() throws {
        let store = try SQLiteStore(path: folder.path + "/store.sqlite")
        var context = CallContext(call: "call-1")
        context.from = "+1555"
        context.outcome = .abandoned
        context.variables = ["Topic.Pin": DisclosableText("4711", isSensitive: true)]
        try store.save(context)
        try store.save(CallContext(call: "other"))
        var filter = ContextFilter()
        filter.outcome = .abandoned
        #expect(try store.contexts(filter).map(\.call) == ["call-1"])
        #expect(try store.contexts(of: "call").first?.variables["Topic.Pin"]?.redacted == redactionPlaceholder)
        for name in ["store.sqlite", "store.sqlite-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: folder.path + "/" + name))
            #expect(bytes.range(of: Data("4711".utf8)) == nil)
        }
    }
}
