import Admin
import Telephony
import Testing

@testable import Service

/// What operators want of a call that it cannot do as it is.
@Suite("Operators' wishes")
struct OperatorControlsTests {
    /// A call with an agent and some experts.
    private static func summary(experts: Int) throws -> LiveCalls.Summary {
        let calls = LiveCalls()
        func happened(_ body: CallEventBody) { calls.happened(CallEvent(at: .zero, call: "c", body: body)) }
        happened(
            .callStarted(
                CallStarted(
                    from: "+15550100", to: "100", agent: "desk", codec: "PCMU",
                    startedAt: WallTime(millisecondsSince1970: 0))))
        for leg in 1...(experts + 1) {
            let role: LegRole = leg == 1 ? .agent : .expert
            happened(.legDialled(LegDialled(leg: LegID(leg), role: role, target: .open("+1555010\(leg)"))))
            happened(.legAnswered(LegAnswered(leg: LegID(leg), codec: "PCMU")))
        }
        return try #require(calls.all.first)
    }

    @Test("people of the contact centre are told apart by name; of numbers and others' addresses only the end is told")
    func masked() throws {
        let calls = LiveCalls()
        let start = CallStarted(
            from: "+15550100", to: "100", agent: "desk", codec: "PCMU", startedAt: WallTime(millisecondsSince1970: 0))
        calls.happened(CallEvent(at: .zero, call: "c", body: .callStarted(start)))
        let targets: [(LegRole, String)] = [
            (.agent, "sip:ada@phones.example;transport=udp"), (.expert, "sip:eva@phones.example"),
            (.supervisor, "+15550123"), (.agent, "sip:+15550124@gw.example"),
            (.outsideNumber, "sip:jane.roe@example.com"),
        ]
        for (index, (role, target)) in targets.enumerated() {
            let dialled = LegDialled(leg: LegID(index + 1), role: role, target: .open(target))
            calls.happened(CallEvent(at: .zero, call: "c", body: .legDialled(dialled)))
        }
        #expect(calls.all.first?.legs.map(\.target) == ["ada", "eva", "…23", "…24", "…oe"])
    }

    @Test("eight experts are called in and no ninth; a supervisor can listen to all of them")
    func experts() throws {
        let seven = try OperatorControlsTests.summary(experts: 7)
        #expect(seven.problem(with: .pullIn("eva")) == nil && seven.problem(with: .consult("eva")) == nil)
        let eight = try OperatorControlsTests.summary(experts: 8)
        #expect(eight.problem(with: .pullIn("eva")) == "there are 8 experts in the call already")
        #expect(eight.problem(with: .consult("eva")) == "there are 8 experts in the call already")
        #expect(eight.problem(with: .listen("+15550199")) == nil)
        #expect(eight.problem(with: .transfer("+15550199")) == nil)
    }

    @Test("a consultation ends where there is one, and begins where there is none")
    func consultation() throws {
        let call = try OperatorControlsTests.summary(experts: 1)
        let endings = [OperatorWish.complete, .swap, .conference, .back]
        for wish in endings { #expect(call.problem(with: wish) == "nobody is consulted; 'consult' calls somebody") }
        #expect(call.problem(with: .consult("eva")) == nil)
        var consulting = call
        consulting.legs[0].place = "consultation"
        // Asked for a moment ago.
        var asked = call
        asked.awaitsConsultation = true
        for wish in endings { #expect(asked.problem(with: wish) == nil) }
        // The agent is back with the caller while the expert waits.
        var swapped = call
        swapped.legs[1].place = "hold"
        for call in [consulting, swapped] {
            for wish in endings { #expect(call.problem(with: wish) == nil) }
            #expect(call.problem(with: .consult("eva")) == "somebody is consulted already")
        }
    }

    @Test("a leg that is not there is named with those that are; nobody is handed over who is with nobody")
    func legs() throws {
        let call = try OperatorControlsTests.summary(experts: 1)
        let problem = "the call has no leg 7; 0 is the caller, 1 is the agent, 2 is the expert"
        #expect(call.problem(with: .bargeIn(LegID(7))) == problem)
        #expect(call.problem(with: .whisper(LegID(2), to: LegID(7))) == problem)
        #expect(call.problem(with: .whisper(LegID(2), to: .caller)) == nil)
        // Of which the call would make nothing, or what nobody can want.
        #expect(call.problem(with: .whisper(LegID(2), to: LegID(2))) == "leg 2 cannot be heard by itself alone")
        #expect(call.problem(with: .bargeIn(.caller)) == "leg 0 is the caller: 'resume' has a caller heard again")
        #expect(call.problem(with: .takeOver(.caller)) == "leg 0 is the caller")
        #expect(call.problem(with: .takeOver(LegID(2))) == nil)
        var ringing = call
        ringing.legs[1].hasAnswered = false
        #expect(ringing.problem(with: .takeOver(LegID(2))) == "leg 2 has not answered yet")
        #expect(
            ringing.problem(with: .takeOver(LegID(1)))
                == "leg 1 is alone with the caller: there is nobody to take over from")
        var alone = call
        alone.legs = []
        for wish in [OperatorWish.transfer("eva"), .complete, .swap, .conference, .back, .consult("eva")] {
            #expect(alone.problem(with: wish) == "the caller is with nobody yet")
        }
    }
}
