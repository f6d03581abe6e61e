import CallControl
import CallFlow
import DSP
import Foundation
import Replay
import Telephony
import Testing

/// What is recorded of a call with further parties: who is on which recording, and that all of it is in one time.
@Suite
struct RecordingTests {
    /// The recordings of a call, each in one piece.
    private struct Recordings: ReplayObserver {
        var tracks: [RecordingTrack] = []
        var audio: [RecordedAudio] = []

        mutating func happened(_ event: CallEvent) {}

        mutating func recorded(_ new: RecordedAudio) {
            guard let index = tracks.firstIndex(where: { $0.leg == new.track.leg }) else {
                tracks.append(new.track)
                return audio.append(new)
            }
            for (channel, samples) in new.channels.enumerated() { audio[index].channels[channel] += samples }
        }

        func of(_ leg: LegID?) -> RecordedAudio? { audio.first { $0.track.leg == leg } }
    }

    /// An agent speaks to the caller, has the caller on hold to speak to an expert, and leaves the caller to the expert.
    private static func run(_ network: String) async throws -> (result: ReplayResult, recordings: Recordings) {
        var call = TestCall(name: "recorded")
        call.network = try NetworkImpairment(network)
        call.parties = [
            .agent(
                "ada", after: 6,
                script: [
                    .tone(440, seconds: 2), .does(.consult("eva"), after: 12), .tone(550, seconds: 4),
                    .does(.complete, after: 12),
                ]),
            .expert("eva", after: 3, script: [.tone(660, seconds: 40), .hangUp(after: 1)]),
        ]
        call.holdMusic = "music"
        call.script = [Move.stay(80).step]
        call.limit = .seconds(90)
        var options = ReplayOptions()
        options.recordsAudio = true
        options.recordsLegs = true
        var recordings = Recordings()
        let replay = try CallReplay(of: call, agent: transferringAgent(), outside: Outside(), options: options)
        let result = try await replay.run(&recordings)
        return (result, recordings)
    }

    /// Seconds at which the tones of keys begin in the caller's recording: the first loud sample after silence.
    private static func onsets(_ samples: [Int16]) -> [Double] {
        var onsets: [Double] = []
        var quiet = 400
        for (index, sample) in samples.enumerated() {
            if abs(Int(sample)) > 1_500 {
                if quiet >= 400 { onsets.append(Double(index) / 8_000) }
                quiet = 0
            } else {
                quiet += 1
            }
        }
        return onsets
    }

    /// Seconds at which a fact was.
    private static func times(_ result: ReplayResult, _ matches: (CallEventBody) -> Bool) -> [Double] {
        result.events.filter { matches($0.body) }.map(\.at.roundedSeconds)
    }

    @Test(
        "Recordings have the length of the call, and hold begins and ends on them where the facts say",
        arguments: ["loss=0%", "loss=5%,burst=3,jitter=50ms", "jitter=80ms,reorder=5%,drift=300ppm", "drift=-300ppm"])
    func aligned(network: String) async throws {
        let (result, recordings) = try await RecordingTests.run(network)
        let own = try #require(recordings.of(nil))
        #expect(own.channels.count == 2 && own.channels[0].count == own.channels[1].count)
        #expect(abs(Double(own.channels[0].count) / 8_000 - (result.context.duration ?? 0)) < 0.02)
        let held = RecordingTests.times(result) {
            if case .legPlaced(let body) = $0 { body.leg == .caller && body.room == .hold } else { false }
        }
        let resumed = RecordingTests.times(result) {
            if case .legPlaced(let body) = $0 { body.leg == .caller && body.room != .hold } else { false }
        }
        let from = try #require(held.first)
        let until = try #require(resumed.last)
        let music = RecordingTests.span(of: Outside.musicFrequency, own.channels[1])
        // A frame of 20 ms is judged as a whole, and music comes within a tick.
        #expect(abs(music.lowerBound - from) <= 0.045, "\(music), held at \(from)")
        #expect(abs(music.upperBound - until) <= 0.045, "\(music), resumed at \(until)")
    }

    @Test(
        "A key is on the recording where its fact says, after a minute of any clock and network",
        arguments: ["loss=0%", "jitter=80ms,reorder=5%,drift=1000ppm", "drift=-1000ppm", "jitter=60ms,loss=1%"])
    func keys(network: String) async throws {
        var call = TestCall(name: "keys")
        call.network = try NetworkImpairment(network)
        call.script = [3, 20, 40, 60].map { seconds in
            CallerStep(
                trigger: .at(.seconds(seconds)),
                action: .press([Digit("5")].compactMap { $0 }, .inBand, duration: .milliseconds(80), gap: .zero))
        }
        call.script.append(Move.hangUp(after: 3).step)
        var options = ReplayOptions()
        options.recordsAudio = true
        var recordings = Recordings()
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "keys", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        let result = try await CallReplay(of: call, agent: agent, outside: Outside(), options: options)
            .run(&recordings)
        let pressed = result.events.compactMap { if case .digit(let key) = $0.body { key.start } else { nil } }
        #expect(pressed.count == 4)
        let onsets = RecordingTests.onsets(try #require(recordings.of(nil)).channels[0])
        for key in pressed {
            let nearest = onsets.map { abs($0 - key) }.min() ?? .infinity
            #expect(nearest < (network.contains("loss=1") ? 0.065 : 0.015), "\(key) s, heard at \(onsets)")
        }
    }

    @Test("Each further party is alone on a recording, sample for sample what the caller heard of it")
    func legs() async throws {
        let (result, recordings) = try await RecordingTests.run("jitter=40ms,loss=2%,drift=200ppm")
        let own = try #require(recordings.of(nil))
        let parties = result.events.compactMap {
            if case .legDialled(let body) = $0.body { body.leg } else { nil }
        }
        #expect(parties.count == 2)
        for (leg, frequency) in zip(parties, [440.0, 660.0]) {
            let track = try #require(recordings.of(leg))
            #expect(track.channels.count == 1)
            let start = Int((track.track.startsAt.roundedSeconds * 8_000).rounded())
            let alone = track.channels[0]
            #expect(start > 0 && start + alone.count <= own.channels[1].count + 160)
            // A second from the middle of what the party said to the caller.
            let second = RecordingTests.loudSecond(alone, frequency)
            try #require(second.upperBound <= alone.count)
            let heard = own.channels[1][(start + second.lowerBound)..<(start + second.upperBound)]
            #expect(Array(alone[second]) == Array(heard), "leg \(leg)")
            // The other party, music and prompts are not on it.
            for other in [Outside.musicFrequency, 440, 660, 1_000] where other != frequency {
                #expect(!RecordingTests.holds(alone, other), "leg \(leg), \(other) Hz")
            }
        }
    }

    /// The last second of the longest stretch of a tone, less half a second.
    private static func loudSecond(_ samples: [Int16], _ frequency: Double) -> Range<Int> {
        let frames = Array(stride(from: 0, to: samples.count - 799, by: 800))
        let last = frames.last { share(Array(samples[$0..<$0 + 800]), frequency) > 0.9 } ?? 0
        return max(0, last - 12_000)..<max(8_000, last - 4_000)
    }

    /// From the first 20 ms of a tone to the last, in seconds.
    private static func span(of frequency: Double, _ samples: [Int16]) -> Range<Double> {
        let frames = stride(from: 0, to: samples.count - 159, by: 160).filter {
            share(Array(samples[$0..<$0 + 160]), frequency) > 0.6
        }
        let (first, last) = (frames.first ?? 0, frames.last ?? 0)
        return Double(first) / 8_000..<Double(last + 160) / 8_000
    }

    private static func holds(_ samples: [Int16], _ frequency: Double) -> Bool {
        stride(from: 0, to: samples.count - 1_599, by: 1_600).contains {
            share(Array(samples[$0..<$0 + 1_600]), frequency) > 0.5
        }
    }

    /// The share of a tone in the power of some audio (Goertzel).
    private static func share(_ samples: [Int16], _ frequency: Double) -> Double {
        let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard power / Double(samples.count) > 10_000 else { return 0 }
        let angle = 2 * Double.pi * frequency / 8_000
        var state = (0.0, 0.0)
        for sample in samples { state = (Double(sample) + 2 * cos(angle) * state.0 - state.1, state.0) }
        let magnitude = state.0 * state.0 + state.1 * state.1 - 2 * cos(angle) * state.0 * state.1
        return 2 * magnitude / (power * Double(samples.count))
    }
}
