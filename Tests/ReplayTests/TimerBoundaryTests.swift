import AgentFiles
import CallControl
import CallFlow
import Foundation
import Replay
import Telephony
import Testing

/// Prompts that are a second of silence.
private struct QuietOutside: ReplayOutside {
    func audio(for source: PromptSource, sampleRate: Int) async throws -> PCMAudio {
        PCMAudio(sampleRate: sampleRate, samples: [Int16](repeating: 0, count: sampleRate))
    }
    func answer(to request: HTTPRequest) async -> HTTPReply? { nil }
}

/// Keys around the limits of the three timers, as packets through the whole pipeline.
@Suite("Timers at their boundaries")
struct TimerBoundaryTests {
    /// What a question wants to be typed in, and the timer that runs out.
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var timer: DialogTimer
        /// Keys that go down before the one at the boundary.
        var before: String
        /// The key at the boundary, and what the question has when it came in time.
        var key: String
        var inTime: String
        var testDescription: String { "\(kind) \(timer)" }
    }

    static let fixed = "kind: FixedLengthTermination\n            length: 3\n            key: PoundKey"
    static let flexible =
        "kind: FlexibleLengthTermination\n            minLength: 2\n            maxLength: 4\n            key: PoundKey"
    static let keyBased = "kind: KeyBasedTermination\n            key: PoundKey"

    static let cases: [Case] = [
        Case(kind: fixed, timer: .firstDigit, before: "", key: "123", inTime: "123"),
        Case(kind: fixed, timer: .interDigit, before: "12", key: "3", inTime: "123"),
        Case(kind: fixed, timer: .termination, before: "123", key: "#", inTime: "123"),
        Case(kind: flexible, timer: .firstDigit, before: "", key: "12#", inTime: "12"),
        Case(kind: flexible, timer: .interDigit, before: "12", key: "3#", inTime: "123"),
        Case(kind: flexible, timer: .termination, before: "1234", key: "#", inTime: "1234"),
        Case(kind: keyBased, timer: .firstDigit, before: "", key: "9#", inTime: "9"),
        Case(kind: keyBased, timer: .interDigit, before: "98", key: "7#", inTime: "987"),
    ]

    private static func agent(_ kind: String) throws -> Agent {
        let text = """
            kind: AdaptiveDialog
            beginDialog:
              kind: OnConversationStart
              actions:
                - kind: Question
                  id: q
                  variable: Topic.X
                  prompt: Well?
                  repeatCount: 0
                  defaultValue: none
                  voiceInputSettings:
                    silenceDetectionTimeoutInMilliseconds: 1200
                    repeatCountOnSilence: 0
                    defaultValueOnSilence: none
                  entity:
                    kind: StringPrebuiltEntity
                    dtmfOptions:
                      acceptsVoice: false
                      interdigitTimeoutInMilliseconds: 800
                      terminationTimeoutInMilliseconds: 600
            \(kind.split(separator: "\n").map { "          " + $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n"))
                - kind: Question
                  id: rest
                  variable: Topic.Y
                  prompt: And then?
                  entity: StringPrebuiltEntity
            """
        let reading = AgentFolder.readTopic(text, name: "Start")
        #expect(reading.diagnostics == [])
        return try #require(reading.agent)
    }

    /// A call on which the key at the boundary begins at a time.
    private static func run(_ test: Case, at time: Interval?, _ method: KeyMethod) async throws -> [CallEvent] {
        var call = TestCall(name: "boundary")
        call.keys = method
        func press(_ keys: String, at time: Interval) -> CallerStep {
            CallerStep(
                trigger: .at(time),
                action: .press(
                    keys.compactMap { Digit($0) }, nil, duration: .milliseconds(60), gap: .milliseconds(60)))
        }
        if !test.before.isEmpty { call.script.append(press(test.before, at: .milliseconds(1_500))) }
        if let time { call.script.append(press(test.key, at: time)) }
        call.script.append(CallerStep(trigger: .after(.zero), action: .stayOnTheLine(.seconds(1))))
        call.limit = .seconds(4)
        var observer = SilentObserver()
        return try await CallReplay(of: call, agent: agent(test.kind), outside: QuietOutside()).run(&observer).events
    }

    private static func keyDown(_ test: Case, _ events: [CallEvent]) -> Double? {
        let keys = events.compactMap { if case .digit(let body) = $0.body { body.start } else { nil } }
        return keys.dropFirst(test.before.count).first
    }

    @Test(
        "a key-down in the last packet before a limit counts, one in the first after it does not",
        arguments: cases.flatMap { test in
            // A key in the audio takes the same way behind the detector, so that one case of each timer will do.
            test.kind == flexible ? [(test, KeyMethod.telephoneEvent), (test, .inBand)] : [(test, .telephoneEvent)]
        })
    func boundary(test: Case, method: KeyMethod) async throws {
        // One key well before the limit tells how far the caller's clock is from media time. The playout delay goes on
        // changing, so the limit is looked for from there.
        let first = Interval.milliseconds(2_050)
        let early = try await TimerBoundaryTests.run(test, at: first, method)
        let shift = try #require(TimerBoundaryTests.keyDown(test, early)) - first.roundedSeconds
        let limit = TimerBoundaryTests.exactLimit(test, early)
        var verdicts: [Bool] = []
        for packet in [-1, 0, 1, 2, -2, -3, -4, 3, 4]
        where verdicts.count < 4 || !verdicts.contains(true) || !verdicts.contains(false) {
            let time = Interval(roundedSeconds: limit - shift + Double(packet) * 0.02)
            let events = try await TimerBoundaryTests.run(test, at: time, method)
            let start = try #require(TimerBoundaryTests.keyDown(test, events))
            let isInTime = start < TimerBoundaryTests.exactLimit(test, events) + 0.000_001
            let input = events.lazy.compactMap { if case .input(let body) = $0.body { body } else { nil } }.first
            let timer = events.lazy.compactMap {
                if case .timerExpired(let body) = $0.body { body.timer } else { nil }
            }.first
            #expect(
                (timer != test.timer) == isInTime,
                "a key went down at \(start) s, the limit was \(TimerBoundaryTests.exactLimit(test, events)) s")
            if isInTime { #expect(input?.value == .open(test.inTime) && input?.result == .accepted) }
            verdicts.append(isInTime)
        }
        #expect(verdicts.contains(true) && verdicts.contains(false))
    }

    /// The limit itself, from what began the timer.
    private static func exactLimit(_ test: Case, _ events: [CallEvent]) -> Double {
        let keys = events.compactMap { if case .digit(let body) = $0.body { body.start } else { nil } }
        switch test.timer {
        case .firstDigit, .silence:
            let end = events.first { if case .promptEnded = $0.body { true } else { false } }?.at.roundedSeconds ?? 0
            return end + 1.2
        case .interDigit: return keys[test.before.count - 1] + 0.8
        default: return keys[test.before.count - 1] + 0.6
        }
    }
}
