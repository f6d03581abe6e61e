import Telephony
import Testing

@testable import FrontEnd

@Suite("Audio that was measured before it is said")
struct MeasuredAudioTests {
    /// Noise that comes and goes, with a second of silence in the middle.
    private static func prompt(seed: UInt64) -> PCMAudio {
        var generator = SeededGenerator(seed: seed)
        let samples = (0..<24_070).map { index in
            (10_000..<18_000).contains(index) || index % 3_000 < 500
                ? 0 : Int16(clamping: Int((generator.nextUnit() - 0.5) * 9_000))
        }
        return PCMAudio(sampleRate: 8_000, samples: samples).measuredForEcho()
    }

    /// What is said frame by frame, and of what it is a part: prompts, one behind the other, cut short, played again, and
    /// something else in between.
    private static func script() -> [(frame: [Int16], place: PromptPlace?)] {
        let (first, second) = (prompt(seed: 1), prompt(seed: 2))
        var generator = SeededGenerator(seed: 3)
        var script: [(frame: [Int16], place: PromptPlace?)] = []
        func play(_ audio: PCMAudio, from: Int = 0, frames: Int) {
            for frame in 0..<frames {
                let begin = from + frame * 160
                script.append(
                    (
                        Array(audio.samples[begin..<(begin + 160)]),
                        PromptPlace(audio: audio, position: begin, count: 160)
                    ))
            }
        }
        func other(frames: Int, amplitude: Double) {
            for _ in 0..<frames {
                script.append(
                    ((0..<160).map { _ in Int16((generator.nextUnit() - 0.5) * amplitude) }, nil))
            }
        }
        play(first, frames: 150)
        play(second, frames: 90)
        other(frames: 2, amplitude: 5_000)
        play(second, from: 90 * 160, frames: 40)
        play(second, from: 30 * 160, frames: 30)
        other(frames: 80, amplitude: 0)
        play(first, frames: 20)
        play(first, from: 35, frames: 20)
        return script
    }

    @Test("its echo is judged to the bit as that of audio of which nothing is known")
    func same() {
        var known = EchoPredictor()
        var unknown = EchoPredictor()
        var features = SpeechFeatures()
        var last: PromptPlace?
        var saved = 0
        var before = [Int16](repeating: 0, count: 160)
        let decision = SpeechDetector.Decision(probability: 0.1, isActive: false)
        for (index, (frame, place)) in MeasuredAudioTests.script().enumerated() {
            let echo = before.map { $0 / 4 }
            _ = features.hear(echo.span)
            let standings = [
                known.judge(features.regionEnergies, decision), unknown.judge(features.regionEnergies, decision),
            ]
            let losses = [known.returnLossInDB, unknown.returnLossInDB]
            #expect(standings[0] == standings[1] && losses[0] == losses[1], "frame \(index)")
            saved += place?.measured != nil && place?.follows(last) == true ? 1 : 0
            if let place { known.say(place, after: last) } else { known.say(frame.span, after: last) }
            unknown.say(frame.span)
            (last, before) = (place, frame)
        }
        #expect(saved > 300)
    }

    @Test("of audio at another rate nothing is known, nor of a frame that begins elsewhere than the measured ones")
    func unknown() {
        let wide = PCMAudio(sampleRate: 16_000, samples: [Int16](repeating: 5, count: 3_200)).measuredForEcho()
        #expect(wide.measuredFrames.isEmpty)
        let audio = MeasuredAudioTests.prompt(seed: 1)
        #expect(audio.measuredFrames.count == 150)
        #expect(PromptPlace(audio: audio, position: 161, count: 160).measured == nil)
        #expect(PromptPlace(audio: audio, position: 150 * 160, count: 160).measured == nil)
        #expect(PromptPlace(audio: audio, position: 160, count: 80).measured == nil)
        let second = PromptPlace(audio: audio, position: 160, count: 160)
        #expect(second.follows(PromptPlace(audio: audio, position: 0, count: 160)))
        #expect(!second.follows(PromptPlace(audio: wide, position: 0, count: 160)))
        #expect(!second.follows(nil))
    }
}
