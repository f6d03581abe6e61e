import Testing

@testable import FrontEnd

@Suite("OnsetJudge")
struct OnsetJudgeTests {
    typealias Verdict = OnsetJudge.Verdict

    private static let cases: [(Float, EchoPredictor.Standing, Verdict)] = [
        (0.09, .standsOut, Verdict()),
        (0.1, .standsOut, Verdict(isActive: true, isPossible: true)),
        (0.3, .standsOut, Verdict(isActive: true, isPossible: true, isCertain: true)),
        (0.15, .clear, Verdict(isActive: true, isPossible: true, isCertain: true)),
    ]

    private func decision(_ probability: Float) -> SpeechDetector.Decision {
        SpeechDetector.Decision(probability: probability, isActive: probability >= 0.5)
    }

    /// What a frame counts for after so many of another kind.
    private func verdict(
        _ probability: Float, _ standing: EchoPredictor.Standing, after frames: Int, of before: Float = 0,
        _ standingBefore: EchoPredictor.Standing = .standsOut, isConcealed: Bool = false
    ) -> Verdict {
        var judge = OnsetJudge(threshold: 0.5)
        for _ in 0..<frames { _ = judge.judge(decision(before), standingBefore, isConcealed: false) }
        return judge.judge(decision(probability), standing, isConcealed: isConcealed)
    }

    @Test("after a calm second less is enough over a prompt than in the middle of things", arguments: cases)
    func calm(probability: Float, standing: EchoPredictor.Standing, expected: Verdict) {
        #expect(verdict(probability, standing, after: 50) == expected)
        // Others have just been talking: what the detector says is needed.
        let usual = verdict(probability, standing, after: 50, of: 0.3)
        #expect(usual.isActive == (probability >= 0.5) && !usual.isCertain)
    }

    @Test("with no prompt playing a calm changes nothing")
    func alone() {
        #expect(verdict(0.4, .alone, after: 50, of: 0, .alone) == Verdict(isPossible: true))
        #expect(verdict(0.6, .alone, after: 50, of: 0, .alone) == Verdict(isActive: true, isPossible: true))
        #expect(verdict(0.75, .alone, after: 0).isCertain)
    }

    @Test("the echo of a prompt is calm, whatever the detector makes of it")
    func echo() {
        #expect(verdict(0.3, .standsOut, after: 50, of: 1, .hidden).isActive)
        #expect(verdict(1, .hidden, after: 50) == Verdict())
    }

    @Test("a frame that stands in for lost audio begins nothing")
    func concealed() { #expect(verdict(1, .clear, after: 50, isConcealed: true) == Verdict()) }

    @Test("less is enough for 160 ms and no longer")
    func alertness() {
        var judge = OnsetJudge(threshold: 0.5)
        for _ in 0..<50 { _ = judge.judge(decision(0), .hidden, isConcealed: false) }
        let active = (0..<12).map { _ in judge.judge(decision(0.3), .standsOut, isConcealed: false).isActive }
        #expect(active == [Bool](repeating: true, count: 8) + [Bool](repeating: false, count: 4))
    }
}
