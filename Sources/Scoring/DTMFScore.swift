package import DSP
import Foundation
import FrontEnd
package import Telephony

/// Scores detectors of keys.
package struct DTMFScore: Sendable {
    private var inside = DigitMatch()
    private var accepted = 0
    private var outsidePresses = 0
    private var falseDigits = 0
    private var quietHours = 0.0
    private var rows: [[String]] = []
    private let detector: DigitDetector

    private init(_ detector: DigitDetector) { self.detector = detector }

    /// The whole grid, and audio without keys, for one detector.
    ///
    /// - Parameters:
    ///   - talkOffMinutes: length of the synthetic audio without a key.
    ///   - talkOff: audio without a key beside the synthetic one, each by its name.
    ///   - progress: told the name of each condition.
    /// - Throws: ``CodecError`` when a codec refuses.
    package static func synthetic(
        _ suite: DTMFSuite, _ detector: DigitDetector,
        conditions: [DTMFCondition] = DTMFCondition.inside + DTMFCondition.outside,
        talkOffMinutes: Int = 10, talkOff: [PCMAudio] = [], progress: (String) -> Void = { _ in }
    ) throws(CodecError) -> Scorecard {
        var score = DTMFScore(detector)
        for condition in conditions {
            progress(condition.name)
            if let rates = detector.sampleRates, !rates.contains(condition.sampleRate) { continue }
            let (audio, presses) = try suite.audio(of: condition)
            score.add(condition.name, isHeard: condition.isHeard, detector.hear(audio), presses)
        }
        for audio in [TalkOffSuite(seed: suite.seed).audio(minutes: talkOffMinutes)] + talkOff { score.addQuiet(audio) }
        return score.card(Scorecard(suite: "dtmf", detector: detector.name, seed: suite.seed))
    }

    /// A labelled folder; every label that is no key is quiet.
    package static func folder(_ folder: LabelledFolder, _ detector: DigitDetector) -> Scorecard {
        var score = DTMFScore(detector)
        for recording in folder.recordings {
            let heard = detector.hear(recording.audio)
            if recording.presses.isEmpty {
                score.addQuiet(recording.audio)
            } else {
                score.add(recording.name, isHeard: true, heard, recording.presses)
            }
        }
        var card = score.card(Scorecard(suite: "dtmf", detector: detector.name, folder: folder.path))
        card.notes += folder.notes(on: "digit")
        return card
    }

    private mutating func add(_ name: String, isHeard: Bool, _ heard: [HeardDigit], _ presses: [DTMFSuite.Press]) {
        let match = DigitMatch(heard, against: presses)
        if isHeard {
            inside += match
        } else {
            accepted += heard.count
            outsidePresses += presses.count
        }
        let errors = match.startErrors.map { abs($0) * 1_000 }.sorted()
        rows.append([
            name, String(presses.count), isHeard ? "heard" : "nothing", String(match.right),
            String(match.missed), String(match.wrong), String(match.doubled), String(match.extra),
            errors.isEmpty ? "" : errors[errors.count * 95 / 100].shown,
        ])
    }

    private mutating func addQuiet(_ audio: PCMAudio) {
        if let rates = detector.sampleRates, !rates.contains(audio.sampleRate) { return }
        falseDigits += detector.hear(audio).count
        quietHours += audio.durationInSeconds / 3_600
    }

    private func card(_ empty: Scorecard) -> Scorecard {
        var card = empty
        let pressed = Double(max(1, inside.pressed))
        let errors = inside.startErrors.map { abs($0) * 1_000 }.sorted()
        card.figures = [
            .init("digits", "keys pressed within the limits", Double(inside.pressed), better: .neither),
            .init("digitErrorRate", "missed or wrong", Double(inside.missed + inside.wrong) / pressed, unit: "%"),
            .init("doubledRate", "doubled", Double(inside.doubled) / pressed, unit: "%"),
            .init("stringAccuracy", "strings of ten keys right", inside.stringAccuracy, unit: "%", better: .higher),
            .init("outside", "signals outside the limits", Double(outsidePresses), better: .neither),
            .init("outsideAccepted", "of them accepted", Double(accepted)),
            .init("falseDigits", "keys heard where none was", Double(falseDigits + inside.extra)),
            .init("talkOffHours", "hours without a key", quietHours, better: .neither),
            .init(
                "talkOffHitsAnHour", "keys heard in them an hour", quietHours > 0 ? Double(falseDigits) / quietHours : 0
            ),
        ]
        if !errors.isEmpty {
            card.figures.append(
                .init(
                    "startErrorP95InMilliseconds", "error of the key-down time, p95", errors[errors.count * 95 / 100],
                    unit: "ms"))
        }
        card.tables = [
            .init(
                "By condition",
                columns: [
                    "condition", "keys", "expected", "right", "missed", "wrong", "doubled", "extra", "start p95 ms",
                ],
                rows: rows)
        ]
        if detector.sampleRates != nil { card.notes.append("\(detector.name) was given audio of 8 kHz alone") }
        return card
    }
}

/// Audio without a key that might be taken for one: voices, and tones of the network.
package struct TalkOffSuite: Sendable {
    private let seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// Minutes of voices at several levels with tones of the network now and then, at 8 kHz.
    package func audio(minutes: Int) -> PCMAudio {
        var samples: [Int16] = []
        samples.reserveCapacity(minutes * 60 * 8_000)
        let tones: [(Double, Double)] = [
            (350, 440), (440, 480), (480, 620), (425, 425), (1_100, 1_100), (2_100, 2_100),
        ]
        for minute in 0..<minutes {
            var voice = PulseVoice(seed: seed &+ UInt64(minute), sampleRate: 8_000)
            let gain = Level.peak(dBm0: -12 - 3 * Double(minute % 6)) / 2.0.squareRoot()
            for _ in 0..<(50 * 8_000) { samples.append(Int16(clamping: Int((gain * voice.next()).rounded()))) }
            let tone = tones[minute % tones.count]
            for index in 0..<(10 * 8_000) {
                let turns = 2 * Double.pi * Double(index) / 8_000
                let isOn = index / 4_000 % 2 == 0
                samples.append(isOn ? Int16(4_000 * (sin(tone.0 * turns) + sin(tone.1 * turns))) : 0)
            }
        }
        return PCMAudio(sampleRate: 8_000, samples: samples)
    }
}
