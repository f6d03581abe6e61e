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

    @Test("a leg that is not there is named with those that are; nobody is handed over who is with nobody")
    func legs() throws {
        let call = try OperatorControlsTests.summary(experts: 1)
        let problem = "the call has no leg 7; 0 is the caller, 1 is the agent, 2 is the expert"
        #expect(call.problem(with: .bargeIn(LegID(7))) == problem)
        #expect(call.problem(with: .whisper(LegID(2), to: LegID(7))) == problem)
        #expect(call.problem(with: .whisper(LegID(2), to: .caller)) == nil)
        var alone = call
        alone.legs = []
        for wish in [OperatorWish.transfer("eva"), .complete, .swap, .conference, .back, .consult("eva")] {
            #expect(alone.problem(with: wish) == "the caller is with nobody yet")
        }
    }
}
