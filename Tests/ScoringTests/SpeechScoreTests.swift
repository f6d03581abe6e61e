import Foundation
import FrontEnd
import Scoring
import Telephony
import Testing

@Suite("SpeechScore")
struct SpeechScoreTests {
    @Test("speech in silence, noise, keys and ring-back is heard no worse than it was")
    func floor() throws {
        let suite = SpeechSuite(voices: try SpeechVoices(), seconds: 15, seed: 3)
        var score = SpeechScore(FrontEndProfile())
        for index in [1, 5, 18, 20] { score.add(try suite.scene(index)) }
        let card = score.scorecard(seed: 3, folder: nil)
        #expect(try #require(card.figure("f1")) >= 0.93)
        #expect(try #require(card.figure("areaUnderCurve")) >= 0.97)
        #expect(try #require(card.figure("onsetP50InMilliseconds")) <= 60)
        #expect(try #require(card.figure("falsePositiveRate")) <= 0.13)
        #expect(try #require(card.figure("missedSpans")) <= 0.06)
        #expect(card.plots.count == 2)
    }

    @Test("the same seed makes the same scene, another seed another")
    func seeds() throws {
        let voices = try SpeechVoices()
        let scene = try SpeechSuite(voices: voices, seconds: 4, seed: 1).scene(7)
        #expect(try SpeechSuite(voices: voices, seconds: 4, seed: 1).scene(7).samples == scene.samples)
        #expect(try SpeechSuite(voices: voices, seconds: 4, seed: 2).scene(7).samples != scene.samples)
    }

    @Test("tones of the network alone are no speech", arguments: [[350.0, 440], [440, 480], [1_100], [697, 1_336]])
    func tones(frequencies: [Double]) {
        let samples = (0..<32_000).map { index in
            Int16(frequencies.reduce(0) { $0 + 3_000 * sin(2 * .pi * $1 * Double(index) / 8_000) })
        }
        let active = Hearing.decisions(of: samples, FrontEndProfile()).filter(\.isActive).count
        #expect(active <= 10)
    }

    @Test("callers stop a prompt within 100 ms; its echo and the talk of others do not", arguments: [false, true])
    func bargeIn(cancels: Bool) throws {
        var profile = FrontEndProfile()
        profile.cancelsEcho = cancels
        let suite = BargeInSuite(voices: try SpeechVoices(), profile: profile, seed: 2)
        let card = try suite.scorecard(callers: cancels ? 10 : 40, echoMinutes: 1, babbleMinutes: 1)
        #expect(try #require(card.figure("trueBargeIns")) >= 0.95)
        #expect(try #require(card.figure("trueBargeInsOnEcho")) >= 0.95)
        #expect(try #require(card.figure("decisionP50InMilliseconds")) <= 50)
        #expect(try #require(card.figure("decisionP95InMilliseconds")) <= 100)
        #expect(card.figure("falseFromEchoAt15DBAnHour") == 0)
        #expect(card.figure("falseFromBabbleInTenMinutes") == 0)
    }

    @Test("a report is one page: figures, plots and tables, everything escaped, nothing loaded from elsewhere")
    func page() {
        var card = Scorecard(suite: "speech", detector: "a<b>&c")
        card.figures = [Scorecard.Figure("f1", "F1", 0.95, better: .higher)]
        card.plots = [
            Scorecard.Plot(
                "ROC", horizontal: "x", vertical: "y",
                curves: [Scorecard.Curve("all", points: [Scorecard.Point(x: 0, y: 0), Scorecard.Point(x: 1, y: 1)])])
        ]
        let text = HTMLReport([card]).text
        #expect(text.contains("a&lt;b&gt;&amp;c") && !text.contains("a<b>"))
        #expect(text.contains("<polyline points=\"58,268 464,12\""))
        #expect(!text.contains("http") && !text.contains("<script"))
    }
}
