import AgentFiles
import CallControl
import CallFlow
import Foundation
import Replay
import Telephony
import Testing

/// Prompts of half a second, as words.
private struct ShortOutside: ReplayOutside {
    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        PCMAudio(sampleRate: sampleRate, samples: [Int16](repeating: 0, count: sampleRate / 2))
    }
    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }
}

/// Who the caller is, asked when the call begins.
@Suite("Look-up of the caller")
struct CallerLookUpTests {
    private static func agent(_ folder: TestFolder, waits: Bool) throws -> Agent {
        let note = waits ? "    # parley: waits for Global.Caller — the sentence names the caller\n" : ""
        let text = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              actions:
                - kind: SendActivity
                  id: greeting
                  activity: Welcome.
            \(note)    - kind: SendActivity
                  id: name
                  activity: 'Hello {Coalesce(Global.Caller.Name, "stranger")}.'
                - kind: EndConversation
                  id: end
            """
        try folder.write("agent.mcs.yml", "displayName: test\n")
        try folder.write("topics/Start.mcs.yml", text)
        let reading = AgentFolder.read(folder.path)
        #expect(reading.diagnostics == [])
        return try #require(reading.agent)
    }

    private static func events(of lookUp: String, waits: Bool) async throws -> [CallEvent] {
        let folder = try TestFolder()
        defer { folder.remove() }
        try folder.write("call.yaml", "version: 1\nlookUp: \(lookUp)\n")
        let call = try TestCallFolder.read(folder.path)
        let replay = try CallReplay(of: call, agent: try agent(folder, waits: waits), outside: ShortOutside())
        var observer = SilentObserver()
        return try await replay.run(&observer).events
    }

    /// When each prompt began, in milliseconds, by what was said.
    private static func prompts(_ events: [CallEvent]) -> [(text: String, at: Int64)] {
        events.compactMap { event in
            guard case .promptStarted(let body) = event.body else { return nil }
            return (body.text.redacted, event.at.milliseconds)
        }
    }

    private static func outcome(_ events: [CallEvent]) -> CallerLookedUp? {
        for case .callerLookedUp(let body) in events.map(\.body) { return body }
        return nil
    }

    @Test("who waits for it hears the answer, and the greeting does not wait", arguments: [0.0, 0.3, 1.4])
    func waits(delay: Double) async throws {
        let events = try await CallerLookUpTests.events(
            of: "{delay: \(delay), caller: {Name: Ann, Id: '7'}}", waits: true)
        let prompts = CallerLookUpTests.prompts(events)
        #expect(prompts.map(\.text) == ["Welcome.", "Hello Ann."])
        #expect(prompts.first.map { $0.at <= 40 } == true)
        #expect(CallerLookUpTests.outcome(events)?.outcome == .found)
        let due = max(500, Int64(delay * 1_000))
        #expect(prompts.last.map { $0.at >= due && $0.at <= due + 80 } == true, "\(prompts)")
    }

    @Test("a formula that reads it before the answer sees a blank")
    func blank() async throws {
        let events = try await CallerLookUpTests.events(of: "{delay: 0.3, caller: {Name: Ann}}", waits: false)
        #expect(CallerLookUpTests.prompts(events).map(\.text) == ["Welcome.", "Hello stranger."])
        #expect(CallerLookUpTests.outcome(events)?.outcome == .found)
    }

    @Test(
        "who waits goes on without it when it is unknown, fails or is late",
        arguments: [
            ("{delay: 0.2}", CallerLookUpOutcome.unknown, 500), ("{delay: 0.7, failure: true}", .failed, 700),
            ("{delay: 3, within: 1, caller: {Name: Ann}}", .late, 1_000),
        ])
    func without(lookUp: String, outcome: CallerLookUpOutcome, due: Int64) async throws {
        let events = try await CallerLookUpTests.events(of: lookUp, waits: true)
        let prompts = CallerLookUpTests.prompts(events)
        #expect(prompts.map(\.text) == ["Welcome.", "Hello stranger."])
        #expect(CallerLookUpTests.outcome(events)?.outcome == outcome)
        #expect(prompts.last.map { $0.at >= due && $0.at <= due + 80 } == true, "\(prompts)")
    }

    @Test("nobody is asked where nobody would answer")
    func nobody() async throws {
        let events = try await CallerLookUpTests.events(of: "", waits: true)
        #expect(CallerLookUpTests.outcome(events) == nil)
        #expect(CallerLookUpTests.prompts(events).map(\.text) == ["Welcome.", "Hello stranger."])
    }
}

/// A folder that a test fills.
struct TestFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    func write(_ name: String, _ text: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
