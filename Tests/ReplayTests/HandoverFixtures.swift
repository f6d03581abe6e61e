import AgentFiles
import CallControl
import CallFlow
import DSP
import Documents
import Foundation
import Replay
import Speech
import Telephony

/// Prompts of hand-overs: a whisper of 900 Hz, music of 300 Hz.
struct Outside: ReplayOutside {
    static let whisperFrequency = 900.0
    static let musicFrequency = 300.0

    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        switch source {
        case .text: tone(Outside.whisperFrequency, sampleRate, seconds: 1)
        case .audioFile, .serviceFile: tone(Outside.musicFrequency, sampleRate, seconds: 1)
        case .silence: PCMAudio(sampleRate: sampleRate, samples: [])
        }
    }

    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }
}

/// One step of a party's script.
struct Move {
    var step: CallerStep

    static func tone(_ frequency: Double, seconds: Double, level: Double = -10) -> Move {
        var audio = [Int16](repeating: 0, count: Int(seconds * 8_000))
        var generator = ToneGenerator(
            Tone(.init(frequency: frequency, levelInDBm0: level)), sampleRate: 8_000, cadence: .once(.seconds(60)))
        var room = audio.mutableSpan
        generator.add(to: &room)
        return speech(PCMAudio(sampleRate: 8_000, samples: audio))
    }

    static func speech(_ audio: PCMAudio) -> Move {
        Move(
            step: CallerStep(
                trigger: .after(.zero), action: .speak(.init(audio: audio, words: "", confidence: 0))))
    }

    static func stay(_ seconds: Double) -> Move {
        Move(step: CallerStep(trigger: .after(.zero), action: .stayOnTheLine(.milliseconds(Int64(seconds * 1_000)))))
    }

    static func hangUp(after seconds: Double) -> Move {
        Move(step: CallerStep(trigger: .after(.milliseconds(Int64(seconds * 1_000))), action: .hangUp))
    }

    static func does(_ command: PartyCommand, after seconds: Double) -> Move {
        Move(step: CallerStep(trigger: .after(.milliseconds(Int64(seconds * 1_000))), action: .command(command)))
    }
}

extension TestParty {
    static func make(
        _ name: String, _ role: LegRole, _ answer: Answer, after: Double, ringTimeout: Double?, codec: CodecChoice,
        whisper: String?, script: [Move]
    ) -> TestParty {
        TestParty(
            name: name, role: role, answer: answer, after: .milliseconds(Int64(after * 1_000)),
            ringTimeout: ringTimeout.map { .milliseconds(Int64($0 * 1_000)) }, codec: codec, whisper: whisper,
            script: script.map(\.step))
    }

    static func agent(
        _ name: String, _ answer: Answer = .answers, after: Double = 2, ringTimeout: Double? = nil,
        whisper: String? = nil, script: [Move] = []
    ) -> TestParty {
        make(
            name, .agent, answer, after: after, ringTimeout: ringTimeout, codec: .pcmu, whisper: whisper,
            script: script)
    }

    static func expert(
        _ name: String, _ answer: Answer = .answers, after: Double = 2, ringTimeout: Double? = nil,
        codec: CodecChoice = .pcmu, script: [Move] = []
    ) -> TestParty {
        make(
            name, .expert, answer, after: after, ringTimeout: ringTimeout, codec: codec, whisper: nil, script: script)
    }

    static func supervisor(_ name: String, after: Double, script: [Move]) -> TestParty {
        make(
            name, .supervisor, .answers, after: after, ringTimeout: nil, codec: .pcmu, whisper: nil, script: script)
    }

    static func outside(
        _ name: String, _ answer: Answer, ringTimeout: Double? = nil, script: [Move] = []
    ) -> TestParty {
        make(
            name, .outsideNumber, answer, after: 2, ringTimeout: ringTimeout, codec: .pcmu, whisper: nil,
            script: script)
    }
}

/// A dialog that hands the caller over at once, and ends when that comes to nothing.
func transferringAgent() -> Agent {
    let transfer = Action(
        id: "transfer",
        kind: .transfer(
            TransferAction(
                kind: .agent, phoneNumber: nil, messageToAgent: nil, context: .all, userToUser: nil, headers: [],
                dtmfSequence: nil)), kindName: "TransferConversationV2")
    let end = Action(id: "end", kind: .endConversation, kindName: "EndConversation")
    let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [transfer, end])
    return Agent(name: "desk", settings: VoiceSettings(), topics: [start], environment: [:])
}

/// Replays a call to the agents and others, with a caller who does what is said.
func replay(_ parties: [TestParty], caller: [Move], agent: Agent = transferringAgent()) async throws -> ReplayResult {
    var call = TestCall(name: "handover")
    call.parties = parties
    call.holdMusic = "music"
    call.script = caller.map(\.step) + [Move.hangUp(after: 0).step]
    var options = ReplayOptions()
    options.keepsHeard = true
    var observer = SilentObserver()
    return try await CallReplay(of: call, agent: agent, outside: Outside(), options: options)
        .run(&observer)
}

extension Agent {
    /// A dialog of one topic, read from the actions of a document.
    static func reading(_ actions: String) throws -> Agent {
        let indented = actions.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
        let text = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              id: main
              actions:
            \(indented.joined(separator: "\n"))
            """
        let reading = AgentFolder.readTopic(text, name: "Start")
        guard let agent = reading.agent, reading.diagnostics.isEmpty else {
            throw ReplayError(reading.diagnostics.map(\.description).joined(separator: "; "))
        }
        return agent
    }
}

extension ReplayResult {
    /// Each leg that was dialled, in order of its end, and why it ended.
    var legs: [String] {
        var names: [LegID: String] = [:]
        return events.compactMap { event in
            switch event.body {
            case .legDialled(let body):
                names[body.leg] = body.target.redacted
                return nil
            case .legEnded(let body): return "\(names[body.leg] ?? "?") \(body.reason.rawValue)"
            default: return nil
            }
        }
    }

    var transferOutcomes: [TransferOutcome] {
        events.compactMap { event in
            if case .transferEnded(let body) = event.body { body.outcome } else { nil }
        }
    }

    /// Every leg that was dialled has ended, and the context says so.
    var isEmptyAtTheEnd: Bool {
        let dialled = events.count { if case .legDialled = $0.body { true } else { false } }
        return dialled == legs.count && context.legs.allSatisfy { $0.endedAt != nil } && context.outcome != nil
    }

    func callerHears(_ frequency: Double) -> Bool { hasTone(frequency, heard) }

    func hears(_ name: String, tone frequency: Double) -> Bool {
        heardByParties.first { $0.name == name }.map {
            hasTone(frequency, $0.audio.samples, Double($0.audio.sampleRate))
        }
            ?? false
    }
}

/// A quarter of a second of it at -40 dBm0 or more, somewhere.
private func hasTone(_ frequency: Double, _ samples: [Int16], _ sampleRate: Double = 8_000) -> Bool {
    let window = Int(sampleRate / 4)
    let turn = 2 * Double.pi * frequency / sampleRate
    var start = 0
    while start + window <= samples.count {
        var real = 0.0
        var imaginary = 0.0
        for index in 0..<window {
            let shape = 0.5 - 0.5 * cos(2 * .pi * Double(index) / Double(window))
            let sample = Double(samples[start + index]) * shape
            real += sample * cos(turn * Double(index))
            imaginary += sample * sin(turn * Double(index))
        }
        let peak = 4 * (real * real + imaginary * imaginary).squareRoot() / Double(window)
        if peak > Level.peak(dBm0: -40) { return true }
        start += window / 2
    }
    return false
}

/// A sentence that somebody says.
enum Voice {
    static func sentence() throws -> PCMAudio {
        try Synthesizer.speak("I would like to know when the bill of last month was sent to me").resampled(to: 8_000)
    }
}
