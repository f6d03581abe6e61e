import AgentFiles
import CallFlow
import Foundation
import Telephony
import Testing

/// A session driven by hand: prompts end when told, times are milliseconds.
private struct Driver {
    var session: Session
    var outputs: [SessionOutput] = []

    init(_ topics: [String: String], settings: String = "") throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder.appending(path: "topics"), withIntermediateDirectories: true)
        try Data("displayName: test\n\(settings)".utf8).write(to: folder.appending(path: "agent.mcs.yml"))
        for (name, text) in topics {
            try Data(text.utf8).write(to: folder.appending(path: "topics/\(name).mcs.yml"))
        }
        let reading = AgentFolder.read(folder.path)
        #expect(reading.diagnostics.isEmpty, "\(reading.diagnostics)")
        let facts = CallFacts(
            id: "c", from: "+1", to: "+2", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC", headers: [],
            seed: 1)
        session = Session(agent: try #require(reading.agent), call: facts, clockRate: ClockRate(8_000))
        session.start(at: .zero)
        drain()
    }

    private func time(_ milliseconds: Int64) -> SampleTime { SampleTime(ticks: milliseconds * 8) }

    mutating func drain() { while let output = session.poll() { outputs.append(output) } }

    mutating func press(_ keys: String, at milliseconds: Int64, ticks: Int64 = 0) {
        for digit in keys.compactMap({ Digit($0) }) {
            let at = time(milliseconds) + ticks
            session.advance(before: at)
            session.receive(.digit(digit, source: .inBand), at: at)
            drain()
        }
    }

    mutating func speak(at milliseconds: Int64) {
        session.receive(.speechStarted, at: time(milliseconds))
        drain()
    }

    mutating func endPrompts(at milliseconds: Int64) {
        session.advance(to: time(milliseconds))
        for case .play(let playback) in outputs {
            session.receive(.promptEnded(playback.id), at: time(milliseconds))
            drain()
        }
    }

    mutating func wait(until milliseconds: Int64) {
        session.advance(to: time(milliseconds))
        drain()
    }

    var facts: [CallEventBody] {
        outputs.compactMap { if case .fact(let body) = $0 { body } else { nil } }
    }

    var inputs: [String] {
        facts.compactMap { if case .input(let body) = $0 { "\(body.result.rawValue) \(body.value)" } else { nil } }
    }

    var timers: [DialogTimer] { facts.compactMap { if case .timerExpired(let body) = $0 { body.timer } else { nil } } }

    var isHungUp: Bool { outputs.contains { if case .hangUp = $0 { true } else { false } } }
}

@Suite("Session")
struct SessionTests {
    private static func question(_ entity: String, _ more: String = "") -> String {
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          actions:
            - kind: Question
              id: q
              variable: Topic.X
              prompt: "Well?"
              repeatCount: 1
        \(more.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n"))
              entity:
        \(entity.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n"))
            - kind: EndConversation
              id: end
        """
    }

    private static let voice = """
        voiceInputSettings:
          silenceDetectionTimeoutInMilliseconds: 4000
          repeatCountOnSilence: 0
        """

    private static func digits(_ termination: String) -> String {
        "kind: StringPrebuiltEntity\ndtmfOptions:\n"
            + termination.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }

    private func asked(_ entity: String) throws -> Driver {
        var driver = try Driver(["Start": SessionTests.question(entity, SessionTests.voice)])
        driver.endPrompts(at: 1_000)
        return driver
    }

    @Test("a fixed length is complete at its last key")
    func fixedLength() throws {
        var driver = try asked(SessionTests.digits("kind: FixedLengthTermination\nlength: 3"))
        driver.press("12", at: 1_500)
        #expect(driver.inputs.isEmpty)
        driver.press("3", at: 2_000)
        #expect(driver.inputs == ["accepted 123"])
        #expect(driver.isHungUp)
    }

    @Test("a key that goes down with the inter-digit limit counts, one tick later it does not")
    func interDigitBoundary() throws {
        let entity = SessionTests.digits(
            "kind: FixedLengthTermination\nlength: 2\ninterdigitTimeoutInMilliseconds: 1000")
        var inTime = try asked(entity)
        inTime.press("1", at: 1_500)
        inTime.press("2", at: 2_500)
        #expect(inTime.inputs == ["accepted 12"])
        var late = try asked(entity)
        late.press("1", at: 1_500)
        late.press("2", at: 2_500, ticks: 1)
        #expect(late.timers == [.interDigit])
        #expect(late.inputs.first == "noMatch 1")
    }

    @Test("the silence timer runs from the end of the prompt, to the tick")
    func silenceBoundary() throws {
        let entity = SessionTests.digits("kind: FixedLengthTermination\nlength: 1")
        var inTime = try asked(entity)
        inTime.press("1", at: 5_000)
        #expect(inTime.inputs == ["accepted 1"])
        var late = try asked(entity)
        late.press("1", at: 5_000, ticks: 1)
        #expect(late.inputs.first == "noInput ")
    }

    @Test("a flexible length waits for its terminator at its longest, and takes what there is when none comes")
    func flexibleLength() throws {
        let entity = SessionTests.digits(
            "kind: FlexibleLengthTermination\nminLength: 2\nmaxLength: 4\nkey: PoundKey\nterminationTimeoutInMilliseconds: 700"
        )
        var terminated = try asked(entity)
        terminated.press("12#", at: 1_500)
        #expect(terminated.inputs == ["accepted 12"])
        var longest = try asked(entity)
        longest.press("1234", at: 1_500)
        #expect(longest.inputs.isEmpty)
        longest.wait(until: 2_199)
        #expect(longest.inputs.isEmpty)
        longest.wait(until: 2_200)
        #expect(longest.inputs == ["accepted 1234"])
        #expect(longest.timers == [.termination])
        var short = try asked(entity)
        short.press("1#", at: 1_500)
        #expect(short.inputs == ["noMatch 1"])
    }

    @Test("until a terminator: the terminator or the inter-digit time-out ends it")
    func keyBased() throws {
        let entity = SessionTests.digits(
            "kind: KeyBasedTermination\nkey: StarKey\ninterdigitTimeoutInMilliseconds: 500")
        var terminated = try asked(entity)
        terminated.press("98765*", at: 1_500)
        #expect(terminated.inputs == ["accepted 98765"])
        var waited = try asked(entity)
        waited.press("98", at: 1_500)
        waited.wait(until: 2_000)
        #expect(waited.inputs == ["accepted 98"])
    }

    @Test(
        "what happens without input is the question's choice",
        arguments: [("HangUp", true, false), ("SetEmpty", true, false), ("Escalate", false, true)])
    func missingAction(action: String, ends: Bool, escalates: Bool) throws {
        let start = SessionTests.question(
            SessionTests.digits("kind: FixedLengthTermination\nlength: 1"),
            SessionTests.voice + "\n  defaultValueMissingAction: \(action)")
        let escalate =
            "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnEscalate\n  actions:\n    - kind: SendActivity\n      id: s\n      activity: \"One moment.\"\n"
        var driver = try Driver(["Start": start, "Escalate": escalate])
        driver.endPrompts(at: 1_000)
        driver.wait(until: 5_000)
        #expect(driver.isHungUp == ends)
        let began = driver.facts.contains {
            if case .topicStarted(let body) = $0 { body.topic == "Escalate" } else { false }
        }
        #expect(began == escalates)
    }

    @Test("a key interrupts a prompt that allows it, and waits behind one that does not")
    func bargeIn() throws {
        func start(_ allows: Bool) -> String {
            SessionTests.question(SessionTests.digits("kind: FixedLengthTermination\nlength: 1"), SessionTests.voice)
                .replacingOccurrences(
                    of: "prompt: \"Well?\"", with: "prompt: {speak: \"Well?\", allowBargeIn: \(allows)}")
        }
        var open = try Driver(["Start": start(true)])
        open.press("7", at: 100)
        #expect(open.inputs == ["accepted 7"])
        #expect(open.outputs.contains { if case .stopPlaying(.bargeIn, .digit) = $0 { true } else { false } })
        var held = try Driver(["Start": start(false)])
        held.press("7", at: 100)
        #expect(held.inputs.isEmpty)
    }

    @Test(
        "keys or speech alone interrupt a prompt where only they may",
        arguments: [
            ("KeysAndSpeech", true, true), ("Keys", true, false), ("Speech", false, true), ("Nothing", false, false),
        ])
    func bargeInBy(permission: String, byKey: Bool, bySpeech: Bool) throws {
        let topic = SessionTests.question(
            SessionTests.digits("kind: FixedLengthTermination\nlength: 1"), SessionTests.voice
        ).replacingOccurrences(
            of: "prompt: \"Well?\"", with: "prompt: {speak: \"Well?\", parley.bargeIn: \(permission)}")
        var keyed = try Driver(["Start": topic])
        keyed.press("7", at: 100)
        #expect(keyed.outputs.contains { if case .stopPlaying(.bargeIn, .digit) = $0 { true } else { false } } == byKey)
        var spoken = try Driver(["Start": topic])
        spoken.speak(at: 100)
        #expect(
            spoken.outputs.contains { if case .stopPlaying(.bargeIn, .speech) = $0 { true } else { false } } == bySpeech
        )
    }

    @Test("a secret shows in no fact, wherever its digits were pressed")
    func secrets() throws {
        let entity =
            "kind: EmbeddedEntity\nsensitivityLevel: Sensitive\ndefinition:\n  kind: StringPrebuiltEntity\n  dtmfOptions:\n    kind: FixedLengthTermination\n    length: 4"
        var driver = try asked(entity)
        driver.press("8642", at: 1_500)
        #expect(driver.inputs == ["accepted \(redactionPlaceholder)"])
        for body in driver.facts {
            let json = String(
                decoding: try JSONEncoder().encode(CallEvent(at: .zero, call: "c", body: body)), as: UTF8.self)
            #expect(!json.contains("8642"))
            #expect(!json.contains("\"digit\":\"8\""))
        }
        let brackets = driver.outputs.compactMap { if case .sensitiveInput(let on) = $0 { on } else { nil } }
        #expect(brackets == [true, false])
    }

    @Test("spoken words answer a closed list by name and by synonym")
    func words() throws {
        let list =
            "kind: ClosedListEntity\nitems:\n  - id: a\n    displayName: billing\n    synonyms: [my bill, invoice]\n  - id: b\n    displayName: support"
        var driver = try asked(list)
        var request: RequestID?
        for case .listen(let id, _) in driver.outputs { request = id }
        driver.session.receive(
            .recognized(try #require(request), text: "it is about My Bill, please", confidence: 1),
            at: SampleTime(ticks: 20_000))
        driver.drain()
        #expect(driver.inputs == ["accepted billing"])
    }
}
