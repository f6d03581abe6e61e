import AgentFiles
import CallControl
import CallFlow
import Foundation
import Replay
import Speech
import Telephony
import Testing

/// The repository's own folder.
let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The prompts of an agent, spoken once for all tests.
struct SpokenOutside: ReplayOutside {
    let prompts: PromptLibrary

    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        try await prompts.audio(for: source, sampleRate: sampleRate)
    }

    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }

    static let riverbend = SpokenOutside(prompts: PromptLibrary(agentFolder: riverbendPath))
    static let frontdesk = SpokenOutside(
        prompts: PromptLibrary(agentFolder: repository.appending(path: "Audio/Agents/frontdesk").path))
    static let riverbendPath = repository.appending(path: "Audio/Agents/riverbend").path
}

/// Keeps what it is told.
struct KeepingObserver: ReplayObserver {
    var caller: [Int16] = []
    var parley: [Int16] = []
    var sampleRate = 0

    mutating func happened(_ event: CallEvent) {}
    mutating func recorded(_ audio: RecordedAudio) {
        caller += audio.channels[0]
        parley += audio.channels[1]
        sampleRate = audio.sampleRate
    }
}

func riverbend() throws -> Agent {
    let reading = AgentFolder.read(SpokenOutside.riverbendPath)
    #expect(reading.diagnostics == [])
    return try #require(reading.agent)
}

/// The agent of a test call, and its prompts.
func agent(of call: TestCall) throws -> (Agent, SpokenOutside) {
    let path = try #require(call.agentPath)
    guard path.hasSuffix("/frontdesk") else { return (try riverbend(), .riverbend) }
    let reading = AgentFolder.read(path)
    #expect(reading.diagnostics == [])
    return (try #require(reading.agent), .frontdesk)
}

/// Every sample call, replayed once for all tests.
actor SampleReplays {
    struct Replayed: Sendable {
        var call: TestCall
        var result: ReplayResult
    }

    static let shared = SampleReplays()
    private var runs: [String: Task<Replayed, any Error>] = [:]

    func replayed(_ folder: String) async throws -> Replayed {
        if let run = runs[folder] { return try await run.value }
        let run = Task.detached {
            let call = try TestCallFolder.read(folder)
            let (agent, outside) = try agent(of: call)
            var observer = SilentObserver()
            let result = try await CallReplay(of: call, agent: agent, outside: outside).run(&observer)
            return Replayed(call: call, result: result)
        }
        runs[folder] = run
        return try await run.value
    }
}

@Suite("Test calls")
struct SampleCallTests {
    static let folders: [String] = {
        let path = repository.appending(path: "Audio/Calls").path
        return (try? TestCallFolder.find(at: path)) ?? []
    }()

    @Test("there are at least twelve of them")
    func count() { #expect(SampleCallTests.folders.count >= 12) }

    @Test("a call comes out as its call.yaml expects", arguments: folders)
    func expectations(folder: String) async throws {
        let replayed = try await SampleReplays.shared.replayed(folder)
        let result = replayed.result
        let failure = try ExpectedEvent.firstFailure(of: replayed.call.expectations, in: result.events)
        #expect(failure == nil, "\(failure?.description ?? "")")
        #expect(result.unreachedStep == nil)
        let json = String(decoding: try JSONEncoder().encode(result.context), as: UTF8.self)
        #expect(!json.contains("4711"))
        // Whoever was called is let go, in the calls that call a caller back too.
        #expect(SampleCallTests.open(result.events) == [])
    }

    /// Legs that were dialled and have not ended.
    private static func open(_ events: [CallEvent]) -> [String] {
        var legs: Set<String> = []
        for event in events {
            switch event.body {
            case .legDialled(let body): legs.insert("\(event.call) \(body.leg)")
            case .legEnded(let body): legs.remove("\(event.call) \(body.leg)")
            default: break
            }
        }
        return legs.sorted()
    }

    @Test(
        "two runs with the same seed give the same events and the same recording",
        arguments: ["lossy-network", "operator"])
    func determinism(name: String) async throws {
        func run(_ seed: UInt64) async throws -> (String, [Int16]) {
            var call = try TestCallFolder.read(repository.appending(path: "Audio/Calls/\(name)").path)
            call.seed = seed
            var options = ReplayOptions()
            options.recordsAudio = true
            var observer = KeepingObserver()
            let result = try await CallReplay(
                of: call, agent: riverbend(), outside: SpokenOutside.riverbend, options: options
            ).run(&observer)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let json = try result.events.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
            return (json.joined(separator: "\n"), observer.caller + observer.parley)
        }
        let first = try await run(5)
        let second = try await run(5)
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
    }
}
