import Telephony
import Testing

@testable import FrontEnd

@Suite("EndPointer")
struct EndPointerTests {
    /// Runs frames of 20 ms, a letter each, and gives the frames after which speech began and ended.
    ///
    /// `a` is active, `c` active beyond doubt, `p` possible, a dot neither.
    private func run(_ frames: String, minimumSpeech: Int = 40, speechEnd: Int = 200) -> [String] {
        var profile = FrontEndProfile()
        profile.minimumSpeechInMilliseconds = minimumSpeech
        profile.speechEndTimeoutInMilliseconds = speechEnd
        var endPointer = EndPointer(profile, clockRate: ClockRate(1_000))
        var results: [String] = []
        for (index, frame) in frames.enumerated() {
            let start = SampleTime(ticks: Int64(index) * 20)
            switch endPointer.frame(
                isActive: "ac".contains(frame), isPossible: frame != ".", isCertain: frame == "c", from: start,
                to: start + 20)
            {
            case .none: break
            case .started(let onset): results.append("\(onset.ticks) at \(index * 20 + 20)")
            case .ended(let from, let to): results.append("\(from.ticks)-\(to.ticks) at \(index * 20 + 20)")
            }
        }
        return results
    }

    @Test(
        "speech counts from two frames, or from one beyond doubt",
        arguments: [
            (".a.", []), (".aa", ["20 at 60"]), (".c", ["20 at 40"]), (".pa", ["20 at 60"]), (".pp", []),
            (".a.c", ["20 at 80"]), (".a....aa", ["120 at 160"]),
        ] as [(String, [String])])
    func beginning(frames: String, expected: [String]) { #expect(run(frames) == expected) }

    @Test(
        "more is needed where the setting asks for more", arguments: [("aaaaa", ["0 at 100"]), ("caaa", ["0 at 80"])])
    func minimumSpeech(frames: String, expected: [String]) {
        #expect(run(frames, minimumSpeech: 100) == expected)
    }

    @Test("speech ends after the time-out, and a pause shorter than that does not end it")
    func end() {
        #expect(run("aa.........aa...........") == ["0 at 40", "0-260 at 460"])
    }
}
