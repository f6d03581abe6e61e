import AgentFiles
import AudioFiles
import CallControl
import CallFlow
import Connectors
import Documents
import Foundation
import FrontEnd
import Replay
import Speech
import Telephony

/// Who is told what happens while a call runs.
protocol CallNarrator {
    mutating func happened(_ event: CallEvent) throws
}

/// A narrator who says nothing.
struct SilentNarrator: CallNarrator {
    mutating func happened(_ event: CallEvent) {}
}

/// A mistake in what a command was given.
struct CommandError: Error, CustomStringConvertible {
    let description: String
}

/// Runs test calls: reads the agents they need, gives them the outside, keeps their records.
struct CallRunner {
    private let agentPath: String?
    private let isLive: Bool
    private let keeper: RecordKeeper
    private let profile: FrontEndProfile
    private var agents: [String: (agent: Agent, outside: Outside)] = [:]

    init(
        _ options: AgentOptions, keeping records: RecordOptions = .none, profile: FrontEndProfile = FrontEndProfile()
    ) throws {
        self.profile = profile
        agentPath = options.agent
        isLive = options.live
        keeper = try RecordKeeper(records)
    }

    /// Reads the agent of a call; once for all calls that have the same.
    mutating func agent(for call: TestCall) throws -> (agent: Agent, outside: Outside) {
        guard let path = agentPath ?? call.agentPath else {
            throw CommandError(description: "\(call.name): no agent answers this call; name one with --agent FOLDER")
        }
        if let known = agents[path] { return known }
        let answering = try CallRunner.agent(at: path, isLive: isLive)
        agents[path] = answering
        return answering
    }

    /// Reads an agent folder, and says what is odd in it.
    static func agent(at path: String, isLive: Bool = false) throws -> (agent: Agent, outside: Outside) {
        let reading = AgentFolder.read(path)
        for diagnostic in reading.diagnostics where diagnostic.severity == .warning {
            Terminal.explain("\(diagnostic)")
        }
        guard let agent = reading.agent else {
            throw CommandError(
                description: reading.diagnostics.filter { $0.severity == .error }.map(\.description).joined(
                    separator: "\n"))
        }
        let outside = Outside(
            prompts: PromptLibrary(agentFolder: path, cacheFolder: CallRunner.cacheFolder), isLive: isLive)
        return (agent, outside)
    }

    /// Runs one call to its end.
    mutating func run(_ call: TestCall, _ narrator: inout some CallNarrator) async throws -> ReplayResult {
        let (agent, outside) = try agent(for: call)
        return try await CallRunner.run(call, agent, outside, keeper, profile: profile, &narrator)
    }

    static func run(
        _ call: TestCall, _ agent: Agent, _ outside: Outside, _ keeper: RecordKeeper, profile: FrontEndProfile,
        _ narrator: inout some CallNarrator
    ) async throws -> ReplayResult {
        var options = ReplayOptions()
        options.recordsAudio = keeper.recordsAudio
        options.recordsLegs = keeper.recordsLegs
        options.switchboard.frontEnd = profile
        var observer = Observer(narrator: narrator, recordingPath: keeper.streamedPath(of: call.name))
        let replay = try CallReplay(of: call, agent: agent, outside: outside, options: options)
        let result = try await replay.run(&observer)
        narrator = observer.narrator
        try observer.writer?.finish()
        try keeper.keep(result, name: call.name, observer.recordings)
        return result
    }

    /// Where spoken text is kept between runs.
    static var cacheFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty { return cache + "/parley/prompts" }
        return environment["HOME"].map { $0 + "/.cache/parley/prompts" }
    }
}

/// Passes events on and writes the recording.
struct Observer<Narrator: CallNarrator>: ReplayObserver {
    var narrator: Narrator
    let recordingPath: String?
    private(set) var writer: AudioFileWriter?
    /// What was recorded of the whole call, but for what is written as it comes.
    private(set) var recordings: [RecordedAudio] = []

    init(narrator: Narrator, recordingPath: String?) {
        self.narrator = narrator
        self.recordingPath = recordingPath
    }

    mutating func happened(_ event: CallEvent) throws { try narrator.happened(event) }

    mutating func recorded(_ audio: RecordedAudio) throws {
        guard let recordingPath, audio.track.leg == nil else {
            guard let index = recordings.firstIndex(where: { $0.track.leg == audio.track.leg }) else {
                return recordings.append(audio)
            }
            for (channel, samples) in audio.channels.enumerated() { recordings[index].channels[channel] += samples }
            return
        }
        let writer =
            try self.writer ?? AudioFileWriter(path: recordingPath, sampleRate: audio.sampleRate, channelCount: 2)
        self.writer = writer
        try writer.write(audio.channels)
    }
}

/// Prompts by the synthesiser, requests by HTTP when they may leave.
struct Outside: ReplayOutside {
    let prompts: PromptLibrary
    let isLive: Bool

    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        try await prompts.audio(for: source, sampleRate: sampleRate)
    }

    func answer(to request: HTTPRequest) async -> HTTPReply? {
        isLive ? await HTTPConnector.answer(to: request) : nil
    }
}
