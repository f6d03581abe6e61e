import AudioFiles
import Foundation
import FrontEnd
import Scoring
import Speech
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

    @Test("a voice says a text with the same samples, whatever was said before", arguments: Synthesizer.Voice.allCases)
    func voices(voice: Synthesizer.Voice) throws {
        let first = try Synthesizer.speak("Yes, please.", voice: voice)
        _ = try Synthesizer.speak("No, that's not what I meant.", voice: .slt)
        #expect(try Synthesizer.speak("Yes, please.", voice: voice).samples == first.samples)
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
        let slow = try #require(card.figure("decisionP95InMilliseconds"))
        #expect(slow <= 100)
        #expect(card.figure("falseFromEchoAt15DBAnHour") == 0)
        #expect(card.figure("falseFromBabbleInTenMinutes") == 0)
    }

    @Test("more speech before it counts makes an interruption later: the trade-off has a line a setting")
    func tradeOff() throws {
        let suite = BargeInTradeOff(voices: try SpeechVoices(), profile: FrontEndProfile(), seed: 1)
        let table = try #require(try suite.scorecard(callers: 8, echoMinutes: 0, babbleMinutes: 0).tables.first)
        #expect(table.rows.count == 7 && table.rows.allSatisfy { $0.count == table.columns.count })
        let medians = table.rows.compactMap { Double($0[2]) }
        #expect(medians.count == 7 && medians[0] <= medians[2])
        #expect(zip(medians[4...], medians[5...]).allSatisfy { $0 < $1 })
    }

    @Test("an utterance that is cut in a pause of the time-out is not cut wrongly, one that is cut elsewhere is")
    func cutOff() throws {
        // Speech with pauses of 0.6 s and 0.2 s, of which the detector hears only some.
        func figures(heard: [Range<Int>]) throws -> [Double?] {
            let scene = SpeechScene(
                name: "a", group: "a", samples: [], spans: [100..<200, 260..<400, 420..<500, 700..<800])
            let decisions = (0..<600).map { frame in
                let isActive = heard.contains { $0.contains(frame * 2) }
                return SpeechDetector.Decision(probability: isActive ? 1 : 0, isActive: isActive)
            }
            var score = SpeechScore(FrontEndProfile())
            score.add(scene, decisions)
            let card = score.scorecard(seed: nil, folder: nil)
            return [card.figure("cutOffRate"), card.figure("wrongCutOffRate")]
        }
        #expect(try figures(heard: [100..<200, 260..<500, 700..<800]) == [0.5, 0])
        #expect(try figures(heard: [100..<200, 260..<300, 400..<500, 700..<800]) == [0.5, 0.5])
        #expect(try figures(heard: [100..<500, 700..<800]) == [0, 0])
    }

    @Test("a recorded interruption is heard, its prompt's echo is not, and a recording without a prompt is named")
    func recordings() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let voices = try SpeechVoices()
        let (prompt, caller) = (voices.voices[0][5] + voices.voices[0][4], voices.voices[1][0])
        let heard = prompt.indices.map { index in
            let echo = index >= 800 ? 0.1 * prompt[index - 800] : 0
            let voice = index >= 20_000 && index - 20_000 < caller.count ? caller[index - 20_000] : 0
            return Int16(clamping: Int((echo + voice) * 32_768))
        }
        let said = prompt.map { Int16(clamping: Int($0 * 32_768)) }
        for (name, channels) in [("call", [heard, said]), ("mono", [heard])] {
            let writer = try AudioFileWriter(
                path: folder.appending(path: name + ".wav").path, sampleRate: 8_000, channelCount: channels.count)
            try writer.write(channels)
            try writer.finish()
            try Data("{\"event\":\"speech\",\"start\":2.5,\"end\":5.8}\n".utf8).write(
                to: folder.appending(path: name + ".jsonl"))
        }
        let card = try BargeInRecordings(try LabelledFolder(folder.path), profile: FrontEndProfile()).scorecard()
        #expect(card.figure("interruptions") == 1)
        #expect(card.figure("trueBargeIns") == 1)
        #expect(card.figure("falseAnHour") == 0)
        #expect(try #require(card.figure("decisionP95InMilliseconds")) <= 300)
        #expect(card.notes.count == 1 && card.notes[0].contains("mono.wav"))
    }

    @Test("speexdsp's detector tells speech from silence, and each rival that is not here is named")
    func rivals() throws {
        let (rivals, missing) = SpeechRival.all()
        #expect(rivals.count + missing.count >= 2)
        let speech = try SpeechVoices().voices[0][0].map { Int16(clamping: Int($0 * 32_768)) }
        for rival in rivals {
            let decisions = try rival.decisions(of: speech)
            #expect(decisions.count == speech.count / 160, "\(rival.name)")
            #expect(decisions.filter(\.isActive).count > decisions.count / 2, "\(rival.name)")
        }
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
