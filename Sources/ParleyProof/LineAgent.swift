import AgentFiles
import CallFlow
import Foundation
import Replay
import Telephony

/// An agent that listens to keys and says nothing, and one that says one prompt: what a measurement needs and no more.
enum LineAgent {
    /// Takes every key on an idle line.
    static func silent() throws -> Agent {
        let wait = Topic(name: "Wait", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        return Agent(name: "line", settings: VoiceSettings(), topics: [wait, keys], environment: [:])
    }

    /// Plays one audio file, again and again.
    static func speaking(_ path: String) throws -> Agent {
        let say = Action(
            id: "say", kind: .sendActivity(Message(variants: [[.audioFile(path)]], bargeIn: .nothing)),
            kindName: "SendActivity")
        let wait = Topic(name: "Say", trigger: Trigger(kind: .onConversationStart), actions: [say])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        return Agent(name: "line", settings: VoiceSettings(), topics: [wait, keys], environment: [:])
    }
}

/// Prompts made of tones; nothing else is outside.
struct ToneOutside: ReplayOutside {
    var seconds = 30.0

    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        let count = Int(seconds * Double(sampleRate))
        let samples = (0..<count).map { Int16(8_000 * sin(2 * .pi * 440 * Double($0) / Double(sampleRate))) }
        return PCMAudio(sampleRate: sampleRate, samples: samples)
    }

    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }
}
