import Telephony
import Testing

@testable import FrontEnd

@Suite("EchoPredictor")
struct EchoPredictorTests {
    /// Noise in syllables of 160 ms with gaps of 100 ms.
    private func prompt(seconds: Int, amplitude: Double, seed: UInt64) -> [Int16] {
        var generator = SeededGenerator(seed: seed)
        var before = 0.0
        return (0..<(seconds * 8_000)).map { index in
            before = 0.8 * before + generator.nextUnit() - 0.5
            return index % 2_080 < 1_280 ? Int16(clamping: Int(before * amplitude)) : 0
        }
    }

    /// What comes of a line that returns the prompt so late and so weak, with something else on it.
    private func standings(
        _ prompt: [Int16], returnLossInDB: Double?, delay: Int, caller: [Int16]? = nil
    ) -> (standings: [EchoPredictor.Standing], returnLossInDB: Double) {
        var (predictor, features) = (EchoPredictor(), SpeechFeatures())
        var generator = SeededGenerator(seed: 9)
        let gain = returnLossInDB.map { loss in (0..<Int(loss)).reduce(1.0) { value, _ in value * 0.891 } } ?? 0
        let standings = stride(from: 0, to: prompt.count - 159, by: 160).map { start in
            let heard = (start..<(start + 160)).map { index in
                let echo = index >= delay ? Double(prompt[index - delay]) * gain : 0
                return Int16(echo + Double(caller?[index] ?? 0) + 4 * (generator.nextUnit() - 0.5))
            }
            _ = features.hear(heard.span)
            let standing = predictor.judge(
                features.regionEnergies, SpeechDetector.Decision(probability: 0.9, isActive: true))
            predictor.say(prompt.span.extracting(start..<(start + 160)))
            return standing
        }
        return (standings, predictor.returnLossInDB)
    }

    @Test(
        "an echo is known for one at any delay and return loss, though the detector takes every frame for speech",
        arguments: [(10.0, 400), (15, 170), (15, 1_200), (25, 800), (25, 2_400)])
    func echo(loss: Double, delay: Int) {
        let prompt = prompt(seconds: 12, amplitude: 6_000, seed: 3)
        let (standings, seen) = standings(prompt, returnLossInDB: loss, delay: delay)
        // The first second is for getting to know the line.
        #expect(standings.dropFirst(50).allSatisfy { $0 == .hidden })
        #expect(abs(seen - loss) <= 6, "\(seen) dB")
    }

    @Test("a caller 20 dB over the echo stands out clearly, within a frame")
    func caller() {
        let prompt = prompt(seconds: 6, amplitude: 6_000, seed: 3)
        var caller = [Int16](repeating: 0, count: prompt.count)
        let voice = self.prompt(seconds: 1, amplitude: 8_000, seed: 7)
        caller.replaceSubrange(32_000..<33_280, with: voice.prefix(1_280))
        let (standings, _) = standings(prompt, returnLossInDB: 25, delay: 800, caller: caller)
        #expect(standings[50..<200].allSatisfy { $0 == .hidden })
        #expect(standings[200..<208].contains(.clear))
        #expect(standings[201] != .hidden)
    }

    @Test("on a line without echo the prompt hides nobody: a soft caller stands out")
    func noEcho() {
        let prompt = prompt(seconds: 6, amplitude: 6_000, seed: 3)
        var caller = [Int16](repeating: 0, count: prompt.count)
        caller.replaceSubrange(32_000..<33_280, with: self.prompt(seconds: 1, amplitude: 900, seed: 7).prefix(1_280))
        let (standings, seen) = standings(prompt, returnLossInDB: nil, delay: 0, caller: caller)
        #expect(standings[202..<208].allSatisfy { $0 != .hidden })
        #expect(seen > 25, "\(seen) dB")
    }

    @Test("with no prompt playing there is nothing to stand out of")
    func silence() {
        var predictor = EchoPredictor()
        let decision = SpeechDetector.Decision(probability: 0.9, isActive: true)
        for _ in 0..<100 { #expect(predictor.judge(SIMD4(repeating: 0.5), decision) == .alone) }
    }
}
