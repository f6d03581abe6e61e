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

    private static let fixed = "kind: FixedLengthTermination\n            length: 3\n            key: PoundKey"
    private static let flexible =
        "kind: FlexibleLengthTermination\n            minLength: 2\n            maxLength: 4\n            key: PoundKey"
    private static let keyBased = "kind: KeyBasedTermination\n            key: PoundKey"

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
        call.script.append(CallerStep(trigger: .after(.zero), action: .stayOnTheLine(.seconds(3))))
        call.limit = .seconds(15)
        var observer = SilentObserver()
        return try await CallReplay(of: call, agent: agent(test.kind), outside: QuietOutside()).run(&observer).events
    }

    /// When the timer's limit is: so long after the end of the prompt or the last key before.
    private static func limit(_ test: Case, _ events: [CallEvent]) throws -> Double {
        let expiry = events.first { if case .timerExpired(let body) = $0.body { body.timer == test.timer } else { false } }
        return try #require(expiry).at.roundedSeconds
    }

    private static func keyDown(_ test: Case, _ events: [CallEvent]) -> Double? {
        let keys = events.compactMap { if case .digit(let body) = $0.body { body.start } else { nil } }
        return keys.dropFirst(test.before.count).first
    }

    @Test(
        "a key-down in the last packet before a limit counts, one in the first after it does not",
        arguments: cases, [KeyMethod.telephoneEvent, .inBand, .both])
    func boundary(test: Case, method: KeyMethod) async throws {
        let silent = try await TimerBoundaryTests.run(test, at: nil, method)
        let expiry = try TimerBoundaryTests.limit(test, silent)
        var counted = 0
        var late = 0
        for packets in -3...2 {
            let time = Interval(roundedSeconds: expiry) + .milliseconds(Int64(packets) * 20)
            let events = try await TimerBoundaryTests.run(test, at: time, method)
            let start = try #require(TimerBoundaryTests.keyDown(test, events))
            let isInTime = start <= TimerBoundaryTests.exactLimit(test, events)
            let inputs = events.compactMap { if case .input(let body) = $0.body { body } else { nil } }
            let timers = events.compactMap {
                if case .timerExpired(let body) = $0.body { body.timer } else { nil }
            }
            #expect(timers.first != test.timer || !isInTime, "a key at \(start) s came after the timer at \(expiry) s")
            #expect(timers.first == test.timer || isInTime, "a key at \(start) s came before the timer at \(expiry) s")
            if isInTime {
                counted += 1
                #expect(inputs.first?.value == .open(test.inTime) && inputs.first?.result == .accepted)
            } else {
                late += 1
            }
        }
        #expect(counted > 0 && late > 0)
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
