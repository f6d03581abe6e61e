import AudioFiles
import ConnectorDoubles
import Connectors
import DSP
import Foundation
import Records
import Speech
import Telephony
import Testing

/// Secrets of a call are played through the tool with everything switched on; then everything that it left behind is
/// searched: files, database pages, write-ahead log, recordings, output, and every octet that went to a socket.
@Suite("Secrets")
struct SecretsTests {
    /// A card number, and words, that occur nowhere by chance.
    private static let digits = "4929731958203647"
    private static let words = "purple walrus seventeen"
    private static let methods = ["telephoneEvent", "inBand", "both", "sipInfo"]

    /// The tool beside the test bundle.
    static let tool: String? = {
        let folder = (ProcessInfo.processInfo.arguments[0] as NSString).deletingLastPathComponent
        let candidates = [folder + "/parley", repository.appending(path: ".build/debug/parley").path]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    @Test("nothing secret is in anything that is left or sent", arguments: methods)
    func nothingIsLeft(method: String) async throws {
        let tool = try #require(SecretsTests.tool, "the tool is built with the tests")
        let folder = try Workshop(method: method)
        let hook = WebhookDouble(secret: "s3cret")
        let server = try await DoubleServer(hook)
        try folder.write("connectors.yaml", folder.connectors(server.url))
        var output = Data()
        func run(_ arguments: [String]) throws { output += try folder.run(tool, arguments) }
        let keep = [
            "--store", "s.sqlite", "--connectors", "connectors.yaml", "--record", "recordings", "--verbose",
        ]
        try run(["replay", "call", "--json"] + keep)
        try run(["replay", "call"] + keep + ["--record-key", "env:KEY", "--record-format", "opus"])
        // Before the log is folded into the database, and after.
        try folder.expectNoSecret(SecretsTests.digits, SecretsTests.words)
        try run([
            "contexts", "send", "--store", "s.sqlite", "--connectors", "connectors.yaml", "--record-key", "env:KEY",
        ])
        for format in ["vcon", "json", "csv"] {
            try run(
                ["contexts", "export", "--store", "s.sqlite", "--format", format, "--output", "out-\(format)"]
                    + ["--record-key", "env:KEY"])
        }
        for command in [["contexts", "list", "--json"], ["contexts", "show", "replay-call", "--facts"], ["report"]] {
            try run(command + ["--store", "s.sqlite"])
        }
        try await server.stop()
        #expect(hook.bodies.count == 1)
        #expect(String(decoding: output, as: UTF8.self).contains(redactionPlaceholder))
        try folder.expectNoSecret(SecretsTests.digits, SecretsTests.words)
        for octets in hook.octets + [output] {
            #expect(Workshop.secret(in: octets, SecretsTests.digits, SecretsTests.words) == nil)
        }
    }

    @Test("secret keys that are pressed ahead, while their question is asked, are in nothing that is recorded")
    func pressedAhead() throws {
        let tool = try #require(SecretsTests.tool, "the tool is built with the tests")
        let folder = try Workshop(method: "inBand")
        try folder.write("call/call.yaml", Workshop.callPressingAhead)
        let output = try folder.run(tool, ["replay", "call", "--json", "--record", "recordings"])
        let events = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap {
            try? JSONDecoder().decode(CallEvent.self, from: Data($0.utf8))
        }
        let keys = events.filter { if case .digit = $0.body { true } else { false } }
        #expect(keys.count == SecretsTests.digits.count)
        // The detector itself hears no key in what was recorded.
        let heard = try folder.run(tool, ["replay", "recordings/call.wav", "--agent", "listener", "--json"])
        #expect(!String(decoding: heard, as: UTF8.self).contains("\"event\":\"digit\""))
        try folder.expectNoSecret(SecretsTests.digits, SecretsTests.words)
    }

    @Test(
        "the recording has neither tones nor speech where the secret was given, however late the audio is",
        arguments: methods, ["loss=0%", "jitter=100ms,drift=500ppm"])
    func recordingIsSilent(method: String, network: String) throws {
        let tool = try #require(SecretsTests.tool, "the tool is built with the tests")
        let folder = try Workshop(method: method, network: network)
        let output = try folder.run(tool, ["replay", "call", "--json", "--record", "recordings"])
        let events = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap {
            try? JSONDecoder().decode(CallEvent.self, from: Data($0.utf8))
        }
        for case .digit(let key) in events.map(\.body) { #expect(key.digit.isSensitive) }
        let audio = try AudioFile.read(folder.path + "/recordings/call.wav")
        let asked = events.filter { if case .promptEnded = $0.body { true } else { false } }.map(\.at.inSeconds)
        let taken = events.filter { if case .input = $0.body { true } else { false } }.map(\.at.inSeconds)
        try #require(asked.count >= 2 && taken.count >= 2)
        for (start, end) in [(asked[0], taken[0]), (asked[1], taken[1])] {
            let range = Int(start * 8_000)..<Int(end * 8_000)
            try #require(range.upperBound <= audio.caller.samples.count)
            #expect(audio.caller.samples[range].allSatisfy { $0 == 0 }, "\(start) to \(end)")
        }
        // What the caller is told of the secret is no more to be heard than what the caller gave.
        let told = events.filter { if case .promptStarted = $0.body { true } else { false } }.map(\.at.inSeconds)
        try #require(asked.count == 3 && told.count == 3 && audio.channels.count == 2)
        let said = audio.channels[1].samples
        #expect(said[Int(told[2] * 8_000)..<min(Int(asked[2] * 8_000), said.count)].allSatisfy { $0 == 0 })
        #expect(said[Int(told[1] * 8_000)..<Int(asked[1] * 8_000)].contains { $0 != 0 })
        // The detector itself hears no key in what was recorded.
        let heard = try folder.run(
            tool, ["replay", "recordings/call.wav", "--agent", "listener", "--json"])
        #expect(!String(decoding: heard, as: UTF8.self).contains("\"event\":\"digit\""))
    }
}

/// A folder with an agent that asks for secrets, a call that gives them, and the tool run inside.
private final class Workshop {
    let path: String

    init(method: String, network: String = "loss=0%") throws {
        path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        for folder in ["agent/topics", "listener/topics", "call"] {
            try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
        }
        try write("agent/agent.mcs.yml", "displayName: till\n")
        try write("agent/topics/Start.mcs.yml", Workshop.topic)
        try write("listener/agent.mcs.yml", "displayName: listener\n")
        try write("listener/topics/Start.mcs.yml", Workshop.topic("OnConversationStart"))
        try write("listener/topics/Keys.mcs.yml", Workshop.topic("OnUnknownDtmfKey"))
        try write("call/call.yaml", Workshop.call(method, network))
        let speech = try Synthesizer.speak("purple walrus seventeen", voice: .slt).resampled(to: 8_000)
        let writer = try AudioFileWriter(path: path + "/call/words.wav", sampleRate: 8_000, channelCount: 1)
        try writer.write([speech.samples])
        try writer.finish()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }

    /// Runs the tool; what it said on both streams.
    func run(_ tool: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: path)
        process.environment = [
            "KEY": String(repeating: "5a", count: 32), "HOOK": "s3cret", "XDG_CACHE_HOME": path + "/cache",
            "HOME": path, "PATH": "/usr/bin:/bin",
        ]
        let output = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString).out")
        defer { try? FileManager.default.removeItem(at: output) }
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let data = try Data(contentsOf: output)
        #expect(process.terminationStatus == 0, "\(arguments): \(String(decoding: data, as: UTF8.self).suffix(800))")
        return data
    }

    /// Searches every file but the caller's own: the call's folder, where the secret comes from and is found.
    func expectNoSecret(_ digits: String, _ words: String) throws {
        var count = 0
        let own = try Data(contentsOf: URL(filePath: path + "/call/call.yaml"))
        #expect(Workshop.secret(in: own, digits, words) != nil)
        for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? []
        where !name.hasPrefix("call/") {
            guard let data = FileManager.default.contents(atPath: path + "/" + name) else { continue }
            count += 1
            #expect(Workshop.secret(in: data, digits, words) == nil, "\(name)")
        }
        #expect(count > 5)
    }

    /// What of the secret is in some octets: seven digits in a row, or a word of it; plain, in base64url or in UTF-16.
    static func secret(in data: Data, _ digits: String, _ words: String) -> String? {
        var needles = words.split(separator: " ").map(String.init).filter { $0 != "seventeen" }
        for start in 0...(digits.count - 7) { needles.append(String(digits.dropFirst(start).prefix(7))) }
        for needle in needles {
            if data.range(of: Data(needle.utf8)) != nil { return needle }
            if let wide = needle.data(using: .utf16LittleEndian), data.range(of: wide) != nil { return needle }
        }
        for text in [digits, words] where data.range(of: Data(Data(text.utf8).base64URL.prefix(16).utf8)) != nil {
            return text
        }
        return nil
    }

    func connectors(_ url: String) -> String {
        """
        connectors:
          - name: hook
            kind: webhook
            url: \(url)/calls
            format: vcon
            secret: env:HOOK
          - name: files
            kind: folder
            folder: spool
        """
    }

    private static func call(_ method: String, _ network: String) -> String {
        """
        version: 1
        agent: ../agent
        keys: \(method)
        network: \(network)
        http:
          - action: pay
            body: {paid: true}
        caller:
          - whenPromptEnds: askCard
            after: 0.4
            press: "4929731958203647"
          - whenPromptEnds: askWord
            after: 0.4
            speak: words.wav
            words: purple walrus seventeen
          - whenPromptEnds: thank
            hangUp: true
        """
    }

    /// The card's number is pressed while it is asked for.
    static let callPressingAhead = """
        version: 1
        agent: ../agent
        keys: inBand
        http:
          - action: pay
            body: {paid: true}
        caller:
          - whenPromptBegins: askCard
            after: 0.2
            press: "4929731958203647"
          - whenPromptEnds: askWord
            after: 0.4
            speak: words.wav
            words: purple walrus seventeen
          - whenPromptEnds: thank
            hangUp: true
        """

    private static let topic = """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: Question
              id: askCard
              variable: init:Topic.Card
              alwaysPrompt: true
              prompt:
                speak: Please enter your card number.
              entity:
                kind: EmbeddedEntity
                sensitivityLevel: Sensitive
                definition:
                  kind: StringPrebuiltEntity
                  sensitivityLevel: Sensitive
                  dtmfOptions:
                    kind: FixedLengthTermination
                    length: 16
                    acceptsVoice: false
            - kind: Question
              id: askWord
              variable: init:Topic.Word
              alwaysPrompt: true
              prompt:
                speak: Please say your secret words.
              entity:
                kind: EmbeddedEntity
                sensitivityLevel: Sensitive
                definition:
                  kind: StringPrebuiltEntity
                  sensitivityLevel: Sensitive
            # parley: takes Topic.Card, Topic.Word — the bank charges the card
            - kind: HttpRequestAction
              id: pay
              method: Post
              url: https://pay.example/charge
              body:
                kind: JsonRequestContent
                content: "={card: Topic.Card, word: Topic.Word}"
              response: Topic.Answer
            - kind: SetVariable
              id: keep
              variable: Global.Summary
              value: ="Card " & Topic.Card & ", " & Topic.Word
            - kind: SendActivity
              id: thank
              activity:
                speak: Thank you. Your card is {Topic.Card}.
        """

    /// A topic that does nothing.
    private static func topic(_ trigger: String) -> String {
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: \(trigger)
          id: main
          actions: []
        """
    }
}
