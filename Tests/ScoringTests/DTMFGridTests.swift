import AudioFiles
import DSP
import Foundation
import FrontEnd
import Scoring
import Telephony
import Testing

@Suite("DTMF grid")
struct DTMFGridTests {
    private static let names = (DTMFCondition.inside + DTMFCondition.outside).map(\.name)
    private static let suite = DTMFSuite(seed: 20, keys: 12)

    @Test("each condition within the limits is heard whole, each outside gives nothing", arguments: names)
    func condition(name: String) throws {
        let condition = try #require((DTMFCondition.inside + DTMFCondition.outside).first { $0.name == name })
        let (audio, presses) = try DTMFGridTests.suite.audio(of: condition)
        let heard = DigitDetector.parley().hear(audio)
        guard condition.isHeard else {
            #expect(heard.isEmpty)
            return
        }
        let match = DigitMatch(heard, against: presses)
        #expect(match.right == match.pressed)
        #expect(match.wrong + match.doubled + match.extra == 0)
        let errors = match.startErrors.map { abs($0) }.sorted()
        #expect(errors[errors.count * 9 / 10] < 0.006)
    }

    @Test("keys of 40 ms of which Opus at 16 kbit/s replaces the beginning are heard, each once")
    func remains() throws {
        let condition = try #require(DTMFCondition.inside.first { $0.name == "Opus 16 kbit/s, 40 ms" })
        let (audio, presses) = try DTMFSuite(seed: 1, keys: 240).audio(of: condition)
        let match = DigitMatch(DigitDetector.parley().hear(audio), against: presses)
        #expect(match.right == 240)
        #expect(match.wrong + match.doubled + match.extra == 0)
    }

    @Test("tones off by 3.5 % that Opus at 16 kbit/s bends towards a key are none")
    func bent() throws {
        let name = "both off by 3.5 % to 6 %, Opus 16 kbit/s"
        let condition = try #require(DTMFCondition.outside.first { $0.name == name })
        let (audio, _) = try DTMFSuite(seed: 2, keys: 400).audio(of: condition)
        #expect(DigitDetector.parley().hear(audio).isEmpty)
    }

    /// Of these voices the second and the third hold vowels whose formants lie where the tones of a key do.
    @Test("voices and tones of the network are no keys", arguments: [3, 25, 29] as [UInt64])
    func talkOff(seed: UInt64) {
        #expect(DigitDetector.parley().hear(TalkOffSuite(seed: seed).audio(minutes: 1)).isEmpty)
    }

    @Test("keys over a dial tone, at the limits of twist and in noise, are heard, each once")
    func overDialTone() throws {
        let condition = try #require(DTMFCondition.inside.first { $0.name == "dial tone, all limits at once" })
        let (audio, presses) = try DTMFSuite(seed: 1, keys: 240).audio(of: condition)
        let match = DigitMatch(DigitDetector.parley().hear(audio), against: presses)
        #expect(match.right == 240)
        #expect(match.wrong + match.doubled + match.extra == 0)
    }

    @Test("keys heard are matched with keys pressed: right, wrong, missed, doubled, extra")
    func matching() {
        let five = Digit("5") ?? .star
        let presses = [0.0, 1, 2, 3].map { DTMFSuite.Press(digit: five, start: $0, end: $0 + 0.1) }
        let heard = [
            HeardDigit(digit: five, start: 0.001), HeardDigit(digit: five, start: 0.06),
            HeardDigit(digit: .pound, start: 1), HeardDigit(digit: five, start: 2.5),
            HeardDigit(digit: five, start: 3),
        ]
        let match = DigitMatch(heard, against: presses)
        #expect(match.right == 2)
        #expect(match.doubled == 1)
        #expect(match.wrong == 1)
        #expect(match.missed == 1)
        #expect(match.extra == 1)
        #expect(match.isPerfect == [false, false, false, false] || match.isPerfect == [false, false, false, true])
    }

    @Test("the scorecard says what was heard")
    func scorecard() throws {
        let conditions = [DTMFCondition.inside[0], DTMFCondition.outside[0]]
        let card = try DTMFScore.synthetic(
            DTMFSuite(seed: 1, keys: 20), .parley(), conditions: conditions, talkOffMinutes: 1)
        #expect(card.figure("digitErrorRate") == 0)
        #expect(card.figure("doubledRate") == 0)
        #expect(card.figure("stringAccuracy") == 1)
        #expect(card.figure("outsideAccepted") == 0)
        #expect(card.figure("talkOffHitsAnHour") == 0)
        #expect(card.tables.first?.rows.count == 2)
    }
}

@Suite("Call progress")
struct CallProgressTests {
    @Test(
        "each signal of each plan is recognised and nothing else with it", arguments: ProgressSuite.signals.map(\.name))
    func signal(name: String) throws {
        let signal = try #require(ProgressSuite.signals.first { $0.name == name })
        let suite = ProgressSuite(seed: 5, repetitions: 1)
        for channel in [Channel.linear, .pcmu] {
            for repetition in 0..<1 {
                let made = try suite.audio(of: signal, repetition: repetition, channel: channel)
                let tones = Hearing.events(in: made.audio, FrontEndProfile()).compactMap { event -> CallProgressTone? in
                    guard case .toneStarted(let tone, _) = event else { return nil }
                    return tone
                }
                #expect(tones == [signal.tone], "\(channel.name), repetition \(repetition)")
            }
        }
    }

    @Test("a long greeting is an answering machine where that is asked for, a word is none")
    func answeringMachine() {
        var profile = FrontEndProfile()
        profile.detectsAnsweringMachines = true
        profile.hearsInBandDigits = false
        let voice = TalkOffSuite(seed: 2).audio(minutes: 1).samples
        func machines(_ seconds: Double) -> Int {
            let silence = [Int16](repeating: 0, count: 8_000)
            let audio = PCMAudio(
                sampleRate: 8_000, samples: silence + voice.prefix(Int(seconds * 8_000)) + silence + silence)
            return Hearing.events(in: audio, profile).count { event in
                if case .toneEnded(let span) = event { span.tone == .answeringMachine } else { false }
            }
        }
        #expect(machines(6) == 1)
        #expect(machines(0.5) == 0)
    }
}

@Suite("Labelled folder")
struct LabelledFolderTests {
    @Test("labels are read as detect prints them, and as a table")
    func labels() throws {
        let lines = """
            {"digit":"5","end":1.32,"event":"digit","file":"a.wav","levelInDBOV":-12.1,"source":"inBand","start":1.24}
            {"event":"tone","tone":"busy","start":2,"end":6.5}
            """
        let table = "event,digit,tone,start,end\ndigit,5,,1.24,1.32\ntone,,busy,2,6.5\n"
        let read = try LabelledFolder.parseLines(lines, file: "a.jsonl")
        #expect(read == (try LabelledFolder.parseTable(table, file: "a.csv")))
        #expect(read.count == 2)
        #expect(read.first?.digit == Digit("5"))
    }

    @Test("recordings without labels are named, and a folder that is none")
    func unlabelled() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["with", "without"] {
            let writer = try AudioFileWriter(
                path: folder.appending(path: name + ".wav").path, sampleRate: 44_100, channelCount: 1)
            try writer.write([[Int16](repeating: 0, count: 4_410)])
            try writer.finish()
        }
        try Data().write(to: folder.appending(path: "with.jsonl"))
        let read = try LabelledFolder(folder.path)
        #expect(read.recordings.map(\.name) == ["with.wav"])
        #expect(read.recordings.first?.audio.sampleRate == 8_000)
        let notes = read.notes(on: "digit")
        #expect(notes.count == 2 && notes[0].contains("digit") && notes[1].contains("without.wav"))
        #expect(throws: (any Error).self) { try LabelledFolder(folder.path + "/with.wav") }
    }

    @Test("a line that is no label is named", arguments: ["{}", "nothing", #"{"event":"digit","start":1,"end":2}"#])
    func mistakes(line: String) {
        #expect(throws: (any Error).self) { try LabelledFolder.parseLines(line, file: "a.jsonl") }
    }
}
