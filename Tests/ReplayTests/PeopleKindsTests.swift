import CallFlow
import Replay
import Telephony
import Testing

/// Dialogs that want people: in a queue, one to ask, several at once.
@Suite
struct PeopleKindsTests {
    private static let consult = """
        - kind: Parley.Consult
          id: ask
          expert: skill:meters
          messageToAgent: a meter
        - kind: SendActivity
          id: after
          activity: We are back. {Global.TransferOutcome}
        - kind: EndConversation
          id: end
        """

    private static func said(_ result: ReplayResult) -> [String] {
        result.events.compactMap { event in
            if case .promptStarted(let body) = event.body, body.action == "after" { body.text.redacted } else { nil }
        }
    }

    private static func expert(
        _ name: String, _ answer: TestParty.Answer = .answers, after: Double = 2, skills: [String] = [],
        script: [Move] = []
    ) -> TestParty {
        var party = TestParty.expert(name, answer, after: after, script: script)
        party.skills = skills
        return party
    }

    @Test("an expert who is asked in hears the message, speaks with the caller, and the dialog goes on when they leave")
    func consult() async throws {
        let result = try await replay(
            [
                PeopleKindsTests.expert("ida"),
                PeopleKindsTests.expert(
                    "eva", skills: ["meters"], script: [.tone(620, seconds: 2), .hangUp(after: 1)]),
            ], caller: [.stay(1), .tone(1_000, seconds: 8), .stay(10)],
            agent: .reading(PeopleKindsTests.consult))
        #expect(result.legs == ["eva hungUp"])
        #expect(result.hears("eva", tone: Outside.whisperFrequency) && result.hears("eva", tone: 1_000))
        #expect(result.callerHears(620))
        #expect(PeopleKindsTests.said(result) == ["We are back. completed"])
        #expect(result.context.endedBy == .parley)
    }

    @Test(
        "when the expert cannot be had the dialog goes on with the reason",
        arguments: [
            (TestParty.Answer.declines(.busy), "busy"), (.declines(.refused), "refused"), (.ignores, "noAnswer"),
        ])
    func consultFails(answer: TestParty.Answer, outcome: String) async throws {
        let result = try await replay(
            [PeopleKindsTests.expert("eva", answer, skills: ["meters"])], caller: [.stay(60)],
            agent: .reading(PeopleKindsTests.consult))
        #expect(PeopleKindsTests.said(result) == ["We are back. \(outcome)"])
        #expect(result.isEmptyAtTheEnd)
    }

    @Test("who wants an expert that nobody is goes on at once")
    func nobody() async throws {
        let result = try await replay(
            [PeopleKindsTests.expert("ida")], caller: [.stay(20)], agent: .reading(PeopleKindsTests.consult))
        #expect(PeopleKindsTests.said(result) == ["We are back. failed"])
    }

    private static let swarm = """
        - kind: Parley.Swarm
          id: confer
          experts:
            - eva
            - max
            - mia
        - kind: SendActivity
          id: after
          activity: Nobody came. {Global.TransferOutcome}
        - kind: EndConversation
          id: end
        """

    @Test("of several experts whoever answers is in one conference, and the call ends with the last")
    func swarm() async throws {
        let result = try await replay(
            [
                PeopleKindsTests.expert("eva", after: 1, script: [.tone(440, seconds: 9), .hangUp(after: 1)]),
                PeopleKindsTests.expert("max", .declines(.busy), after: 2),
                PeopleKindsTests.expert("mia", after: 4, script: [.tone(750, seconds: 8), .hangUp(after: 1)]),
            ], caller: [.tone(1_000, seconds: 12), .stay(30)], agent: .reading(PeopleKindsTests.swarm))
        #expect(result.legs == ["max busy", "eva hungUp", "mia hungUp"])
        #expect(result.callerHears(440) && result.callerHears(750))
        #expect(result.hears("eva", tone: 750) && result.hears("mia", tone: 440) && result.hears("mia", tone: 1_000))
        #expect(result.transferOutcomes == [.completed])
        #expect(result.context.endedBy == .agent && result.isEmptyAtTheEnd)
    }

    @Test("a caller stays while the last of a swarm still rings, and is told when nobody comes")
    func lateAndNone() async throws {
        let late = try await replay(
            [
                PeopleKindsTests.expert("eva", after: 1, script: [.tone(440, seconds: 1), .hangUp(after: 0.5)]),
                PeopleKindsTests.expert("max", after: 9, script: [.tone(750, seconds: 1), .hangUp(after: 0.5)]),
            ], caller: [.stay(40)], agent: .reading(PeopleKindsTests.swarm))
        #expect(late.legs == ["eva hungUp", "max hungUp"])
        let none = try await replay(
            ["eva", "max", "mia"].map { PeopleKindsTests.expert($0, .declines(.refused)) }, caller: [.stay(40)],
            agent: .reading(PeopleKindsTests.swarm))
        #expect(PeopleKindsTests.said(none) == ["Nobody came. refused"])
    }

    @Test("a caller who is gone while a swarm rings leaves nobody behind")
    func callerGone() async throws {
        let result = try await replay(
            ["eva", "max", "mia"].map { PeopleKindsTests.expert($0, .ignores) }, caller: [.stay(3)],
            agent: .reading(PeopleKindsTests.swarm))
        #expect(result.legs.sorted() == ["eva released", "max released", "mia released"])
        #expect(result.isEmptyAtTheEnd)
    }

    @Test("the agent alone is told what the dialog whispers, and only once")
    func whisper() async throws {
        let agent = try Agent.reading(
            """
            - kind: Parley.Whisper
              id: tell
              message: gold customer
            - kind: Parley.Queue
              id: wait
              messageToAgent: a bill
            - kind: Parley.Queue
              id: waitAgain
              messageToAgent: a bill
            """)
        let once = try await replay(
            [.agent("ada", script: [.hangUp(after: 4)])], caller: [.stay(20)], agent: agent)
        #expect(once.hears("ada", tone: Outside.whisperFrequency))
        #expect(!once.callerHears(Outside.whisperFrequency))
        let again = try await replay(
            [.agent("ada", .declines(.busy)), .agent("ben", .declines(.busy))], caller: [.stay(20)], agent: agent)
        #expect(again.transferOutcomes == [.busy, .busy])
    }

    private static let hold = """
        - kind: Parley.Hold
          id: hold
          seconds: 10
          music: music.wav
        - kind: SendActivity
          id: after
          activity: We are back. {Global.TransferOutcome}
        - kind: EndConversation
          id: end
        """

    @Test("a hold has music until its time is over, or a key")
    func hold() async throws {
        let result = try await replay([], caller: [.stay(30)], agent: .reading(PeopleKindsTests.hold))
        #expect(result.callerHears(Outside.musicFrequency) && PeopleKindsTests.said(result).count == 1)
        let ends = result.events.compactMap { event -> String? in
            if case .holdEnded(let body) = event.body {
                "\(body.reason.rawValue) \(Int(event.at.inSeconds.rounded()))"
            } else {
                nil
            }
        }
        #expect(ends == ["timeout 10"])
    }

    private static let voicemail = """
        - kind: Parley.Voicemail
          id: leave
          queue: night
          lengthInSeconds: 8
          silenceInSeconds: 3
        - kind: SendActivity
          id: after
          activity: We are back. {Global.TransferOutcome}
        - kind: EndConversation
          id: end
        """

    @Test("a message ends with silence or at its length, and the dialog knows whether one was left")
    func voicemail() async throws {
        let sentence = try Voice.sentence()
        let left = try await replay(
            [], caller: [.stay(1), .speech(sentence), .stay(20)], agent: .reading(PeopleKindsTests.voicemail))
        #expect(PeopleKindsTests.said(left) == ["We are back. voicemail"])
        #expect(left.callerHears(1_000))
        #expect(left.context.voicemail?.queue == "night" && left.context.voicemail?.reason == .silence)
        let long = try await replay(
            [], caller: [.stay(1)] + Array(repeating: .speech(sentence), count: 6) + [.stay(20)],
            agent: .reading(PeopleKindsTests.voicemail))
        #expect(long.context.voicemail?.reason == .limit)
        let length = (long.context.voicemail?.end ?? 0) - (long.context.voicemail?.start ?? 0)
        #expect((7.9...8.1).contains(length))
        let gone = try await replay(
            [], caller: [.stay(1), .speech(sentence)], agent: .reading(PeopleKindsTests.voicemail))
        #expect(gone.context.voicemail?.reason == .hungUp)
        let silent = try await replay([], caller: [.stay(30)], agent: .reading(PeopleKindsTests.voicemail))
        #expect(PeopleKindsTests.said(silent) == ["We are back. noAnswer"] && silent.context.voicemail == nil)
    }

    @Test("a queue, its skills and priority are in what is asked of the outside")
    func queue() async throws {
        let agent = try Agent.reading(
            """
            - kind: Parley.Queue
              id: wait
              queue: billing
              skills:
                - german
                - =Concatenate("me", "ters")
              priority: =2 + 3
              messageToAgent: a bill
            """)
        guard case .transfer(let action)? = agent.topics.first?.actions.first?.kind else {
            Issue.record("no transfer")
            return
        }
        #expect(action.kind == .agent && action.skills.count == 2)
        let result = try await replay(
            [.agent("ada", script: [.hangUp(after: 3)])], caller: [.stay(20)], agent: agent)
        #expect(result.legs == ["ada hungUp"])
    }
}
