import CallControl
import CallFlow
import DSP
import Replay
import Telephony
import Testing

/// Test calls in which the caller comes to a person: who is called, who hears whom, and what becomes of the call.
@Suite
struct HandoverTests {
    // MARK: - The ways to a person

    @Test("An agent who answers is with the caller: each hears the other, and the call ends when the agent hangs up")
    func bridge() async throws {
        let result = try await replay(
            [
                .agent("ada", after: 2, script: [.tone(440, seconds: 2), .hangUp(after: 1)])
            ], caller: [.stay(1), .tone(1_000, seconds: 8)])
        #expect(result.legs == ["ada hungUp"])
        #expect(result.transferOutcomes == [.completed])
        #expect(result.context.endedBy == .agent)
        #expect(result.context.outcome == .escalated)
        #expect(result.hears("ada", tone: 1_000))
        #expect(result.callerHears(440))
    }

    @Test(
        "The next agent is called when one does not answer, and what became of the last is told to the dialog",
        arguments: [
            (
                [TestParty.agent("ada", .declines(.busy)), .agent("ben")], ["ada busy", "ben hungUp"],
                TransferOutcome.completed
            ),
            ([.agent("ada", .ignores, ringTimeout: 5), .agent("ben")], ["ada noAnswer", "ben hungUp"], .completed),
            ([.agent("ada", .declines(.refused))], ["ada refused"], .refused),
            ([.agent("ada", .ignores, ringTimeout: 5)], ["ada noAnswer"], .noAnswer),
            ([.agent("ada", .declines(.failed)), .agent("ben", .declines(.busy))], ["ada failed", "ben busy"], .busy),
        ])
    func nextAgent(parties: [TestParty], legs: [String], outcome: TransferOutcome) async throws {
        let parties = parties.map { party in
            var party = party
            if case .answers = party.answer { party.script = [Move.hangUp(after: 2).step] }
            return party
        }
        let result = try await replay(parties, caller: [.stay(30)])
        #expect(result.legs == legs)
        #expect(result.transferOutcomes == [outcome])
    }

    @Test("A caller who hangs up while it rings leaves nobody behind")
    func callerGoneWhileRinging() async throws {
        let result = try await replay([.agent("ada", .ignores)], caller: [.stay(4), .hangUp(after: 0)])
        #expect(result.legs == ["ada released"])
        #expect(result.context.endedBy == .caller)
        #expect(result.isEmptyAtTheEnd)
    }

    @Test("The caller hears ring-back while it rings, and the agent a whisper that the caller does not hear")
    func whisper() async throws {
        let result = try await replay(
            [
                .agent("ada", after: 3, whisper: "billing", script: [.hangUp(after: 5)])
            ], caller: [.stay(20)])
        #expect(result.callerHears(440))
        #expect(!result.callerHears(Outside.whisperFrequency))
        #expect(result.hears("ada", tone: Outside.whisperFrequency))
    }

    // MARK: - Consultation

    @Test("In a consultation the caller hears music alone, and then the one who was consulted")
    func consultAndComplete() async throws {
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [
                        .tone(440, seconds: 1), .does(.consult("eva"), after: 1), .tone(550, seconds: 3),
                        .does(.complete, after: 2),
                    ]),
                .expert("eva", after: 1, script: [.tone(660, seconds: 6), .stay(5), .hangUp(after: 0)]),
            ], caller: [.tone(1_000, seconds: 20)])
        #expect(result.legs == ["ada released", "eva hungUp"])
        #expect(result.callerHears(440))
        #expect(!result.callerHears(550))
        #expect(result.callerHears(660))
        #expect(result.callerHears(Outside.musicFrequency))
        #expect(result.hears("ada", tone: 660))
        #expect(result.hears("eva", tone: 550))
        #expect(result.hears("eva", tone: 1_000))
    }

    @Test(
        "A consultation that comes to nothing brings agent and caller together again",
        arguments: [
            TestParty.expert("eva", .declines(.busy)), .expert("eva", .ignores, ringTimeout: 3),
            .expert("eva", after: 1, script: [.hangUp(after: 1)]),
        ])
    func consultationFails(expert: TestParty) async throws {
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [.does(.consult("eva"), after: 1), .stay(6), .tone(550, seconds: 1), .hangUp(after: 1)]),
                expert,
            ], caller: [.stay(30)])
        #expect(result.callerHears(550))
        #expect(result.context.endedBy == .agent)
        #expect(result.isEmptyAtTheEnd)
    }

    @Test(
        "An agent who hangs up in a consultation leaves the caller with the one who was consulted",
        arguments: [1.0, 6.0])
    func agentGoneInConsultation(after ringing: Double) async throws {
        let result = try await replay(
            [
                .agent("ada", after: 1, script: [.does(.consult("eva"), after: 1), .stay(3), .hangUp(after: 0)]),
                .expert("eva", after: ringing, script: [.stay(5), .tone(660, seconds: 2), .hangUp(after: 1)]),
            ], caller: [.stay(40)])
        #expect(result.legs == ["ada hungUp", "eva hungUp"])
        #expect(result.callerHears(660))
    }

    @Test("Swapping goes from one to the other and back; a conference has all three")
    func swapAndConference() async throws {
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [
                        .does(.consult("eva"), after: 1), .stay(2), .does(.swap, after: 0), .tone(440, seconds: 1),
                        .stay(0.3),
                        .does(.swap, after: 0), .tone(550, seconds: 1), .stay(0.3), .does(.conference, after: 0),
                        .tone(770, seconds: 1), .stay(0.3),
                        .stay(1), .hangUp(after: 0),
                    ]),
                .expert("eva", after: 1, script: [.stay(12), .hangUp(after: 0)]),
            ], caller: [.stay(40)])
        #expect(result.callerHears(440) && !result.hears("eva", tone: 440))
        #expect(!result.callerHears(550) && result.hears("eva", tone: 550))
        #expect(result.callerHears(770) && result.hears("eva", tone: 770))
        #expect(result.legs == ["ada hungUp", "eva hungUp"])
    }

    // MARK: - Transfer

    @Test(
        "A blind transfer brings the caller to another; one that fails, back into the dialog",
        arguments: [
            (TestParty.outside("moe", .answers), TransferOutcome.completed, ["ada released", "moe hungUp"]),
            (.outside("moe", .declines(.busy)), .busy, ["ada released", "moe busy"]),
        ])
    func blindTransfer(to other: TestParty, outcome: TransferOutcome, legs: [String]) async throws {
        var other = other
        other.script = [Move.tone(660, seconds: 1).step, Move.hangUp(after: 1).step]
        let result = try await replay(
            [.agent("ada", after: 1, script: [.does(.transfer("moe"), after: 1)]), other], caller: [.stay(30)])
        #expect(result.legs == legs)
        #expect(result.transferOutcomes.last == outcome)
        #expect(result.callerHears(660) == (outcome == .completed))
    }

    @Test(
        "After a REFER the agent stays until the other has answered, and has the caller again when he does not",
        arguments: [
            (TestParty.outside("moe", .answers), ["ada released", "moe hungUp"]),
            (.outside("moe", .ignores, ringTimeout: 4), ["moe noAnswer", "ada hungUp"]),
        ])
    func refer(to other: TestParty, legs: [String]) async throws {
        var other = other
        other.script = [Move.hangUp(after: 2).step]
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [.does(.refer("moe"), after: 1), .stay(35), .tone(550, seconds: 1), .hangUp(after: 1)]),
                other,
            ],
            caller: [.stay(80)])
        #expect(result.legs == legs)
        #expect(result.isEmptyAtTheEnd)
    }

    // MARK: - Conference and supervisor

    @Test("A supervisor hears both, is heard by nobody, then by the agent alone, then by all")
    func supervisor() async throws {
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [
                        .does(.monitor("sue"), after: 0), .tone(440, seconds: 4), .does(.whisper("sue"), after: 0),
                        .stay(4),
                        .does(.bargeIn("sue"), after: 0), .stay(6), .hangUp(after: 0),
                    ]),
                .supervisor(
                    "sue", after: 1,
                    script: [
                        .tone(500, seconds: 2), .stay(2), .tone(600, seconds: 2), .stay(2), .tone(700, seconds: 2),
                        .stay(4),
                        .hangUp(after: 0),
                    ]),
            ], caller: [.tone(1_000, seconds: 30)])
        #expect(result.hears("sue", tone: 440) && result.hears("sue", tone: 1_000))
        #expect(!result.callerHears(500) && !result.hears("ada", tone: 500))
        #expect(!result.callerHears(600) && result.hears("ada", tone: 600))
        #expect(result.callerHears(700) && result.hears("ada", tone: 700))
    }

    @Test(
        "Of five who speak at once the three loudest are heard, each without itself",
        arguments: [CodecChoice.pcmu, .opus])
    func swarm(codec: CodecChoice) async throws {
        let names = ["eva", "fay", "gus"]
        let result = try await replay(
            [
                .agent(
                    "ada", after: 1,
                    script: [
                        .does(.pullIn("eva"), after: 0), .does(.pullIn("fay"), after: 0),
                        .does(.pullIn("gus"), after: 0), .tone(440, seconds: 8, level: -6), .hangUp(after: 1),
                    ])
            ]
                + names.enumerated().map { index, name in
                    .expert(
                        name, after: 1, codec: index == 0 ? codec : .pcmu,
                        script: [
                            .tone(550 + 150 * Double(index), seconds: 6, level: -10 - 6 * Double(index)), .stay(6),
                        ])
                }, caller: [.stay(1), .tone(1_000, seconds: 12, level: -30)])
        #expect(result.callerHears(440) && result.callerHears(550) && result.callerHears(700))
        #expect(!result.callerHears(850))
        #expect(!result.hears("ada", tone: 440))
        #expect(result.hears("eva", tone: 700) && !result.hears("eva", tone: 550))
        #expect(result.isEmptyAtTheEnd)
    }

    @Test("Who spoke when is in the account")
    func talkspurts() async throws {
        let speech = try Voice.sentence()
        let result = try await replay(
            [.agent("ada", after: 1, script: [.speech(speech), .stay(2), .hangUp(after: 0)])], caller: [.stay(30)])
        let spoke = try #require(result.context.legs.first?.spoke)
        #expect(spoke > 0.5 * speech.durationInSeconds)
    }
}
