import CallControl
import CallFlow
import DSP
import Foundation
import Replay
import Telephony
import Testing

/// An agent that listens, and one that says one prompt.
enum PlainAgent {
    static func make(saysTone: Bool) -> Agent {
        let say = Action(
            id: "say", kind: .sendActivity(Message(variants: [[.audioFile("tone")]])), kindName: "SendActivity")
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: saysTone ? [say] : [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        return Agent(name: "plain", settings: VoiceSettings(), topics: [start, keys], environment: [:])
    }
}

/// Prompts that are a tone of 500 Hz at -10 dBm0, two seconds long.
struct ToneOutside: ReplayOutside {
    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio { tone(500, sampleRate, seconds: 2) }
    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }
}

func tone(_ frequency: Double, _ sampleRate: Int, seconds: Double) -> PCMAudio {
    let peak = Level.peak(dBm0: -10)
    let count = Int(seconds * Double(sampleRate))
    return PCMAudio(
        sampleRate: sampleRate,
        samples: (0..<count).map { Int16(peak * sin(2 * .pi * frequency * Double($0) / Double(sampleRate))) })
}

@Suite("Audio through a call")
struct CodecCallTests {
    @Test(
        "what the caller says and what Parley says come through with pitch, level and length",
        arguments: CodecChoice.allCases, [8_000, 16_000, 48_000])
    func roundTrip(codec: CodecChoice, rate: Int) async throws {
        var call = TestCall(name: "tone")
        call.codec = codec
        call.script = [
            CallerStep(
                trigger: .at(.seconds(3)),
                action: .speak(.init(audio: tone(1_000, rate, seconds: 2), words: "", confidence: 0))),
            CallerStep(trigger: .after(.seconds(1)), action: .hangUp),
        ]
        var options = ReplayOptions()
        options.recordsAudio = true
        options.keepsHeard = true
        var observer = KeepingObserver()
        let result = try await CallReplay(
            of: call, agent: PlainAgent.make(saysTone: true), outside: ToneOutside(), options: options
        ).run(&observer)
        let sampleRate = observer.sampleRate
        try check(observer.caller, sampleRate, frequency: 1_000, seconds: 2)
        try check(observer.parley, sampleRate, frequency: 500, seconds: 2)
        try check(result.heard, sampleRate, frequency: 500, seconds: 2)
        #expect(abs(Double(observer.caller.count) / Double(sampleRate) - 6.0) < 0.1)
    }

    private func check(_ samples: [Int16], _ sampleRate: Int, frequency: Double, seconds: Double) throws {
        let loud = samples.indices.filter { abs(Int(samples[$0])) > 800 }
        let first = try #require(loud.first)
        let last = try #require(loud.last)
        #expect(abs(Double(last - first) / Double(sampleRate) - seconds) < 0.03)
        let middle = Array(samples[(first + sampleRate / 4)..<(last - sampleRate / 4)])
        #expect(abs(Level.dBm0(of: middle.span) - -10) < 0.5)
        let crossings = zip(middle, middle.dropFirst()).count { $0 < 0 && $1 >= 0 }
        let measured = Double(crossings) / (Double(middle.count) / Double(sampleRate))
        #expect(abs(measured - frequency) < frequency * 0.005)
    }

    @Test("each codec carries telephone-events at its clock rate", arguments: CodecChoice.allCases)
    func telephoneEvents(codec: CodecChoice) async throws {
        #expect(try await heard("159*0#D", codec: codec, keys: .telephoneEvent, network: "") == "159*0#D")
    }

    @Test("a key that comes as tones and as event is one digit", arguments: CodecChoice.allCases)
    func bothWays(codec: CodecChoice) async throws {
        #expect(try await heard("1122337", codec: codec, keys: .both, network: "") == "1122337")
    }

    @Test(
        "every key of which a packet comes in time is heard once and in order, over bursts of loss", arguments: 1...25)
    func lossyKeys(seed: Int) async throws {
        let keys = "123456789*0#ABCD"
        var call = TestCall(name: "keys")
        call.seed = UInt64(seed)
        call.network = try NetworkImpairment("loss=10%,burst=3,jitter=60ms,reorder=2%,duplicate=2%")
        call.script = [
            CallerStep(
                trigger: .at(.seconds(1)),
                action: .press(
                    keys.compactMap { Digit($0) }, nil, duration: .milliseconds(100), gap: .milliseconds(100))),
            CallerStep(trigger: .after(.seconds(1)), action: .hangUp),
        ]
        var options = ReplayOptions()
        options.keepsTrace = true
        var observer = SilentObserver()
        let result = try await CallReplay(
            of: call, agent: PlainAgent.make(saysTone: false), outside: ToneOutside(), options: options
        ).run(&observer)
        let arrived = Set(result.keyPackets.filter { !$0.arrivals.isEmpty }.map(\.digit.character))
        #expect(digits(result) == keys.filter { arrived.contains($0) }, "seed \(seed)")
    }

    private func heard(_ keys: String, codec: CodecChoice, keys method: KeyMethod, network: String) async throws
        -> String
    {
        var call = TestCall(name: "keys")
        call.codec = codec
        call.network = try NetworkImpairment(network)
        call.script = [
            CallerStep(
                trigger: .at(.seconds(1)),
                action: .press(
                    keys.compactMap { Digit($0) }, method, duration: .milliseconds(80), gap: .milliseconds(80))),
            CallerStep(trigger: .after(.seconds(1)), action: .hangUp),
        ]
        var observer = SilentObserver()
        let result = try await CallReplay(of: call, agent: PlainAgent.make(saysTone: false), outside: ToneOutside())
            .run(&observer)
        return digits(result)
    }

    private func digits(_ result: ReplayResult) -> String {
        result.events.compactMap { event -> String? in
            if case .digit(let body) = event.body { body.digit.redacted } else { nil }
        }.joined()
    }
}
