package import DSP
package import FrontEnd
import Telephony

/// Scores the hearing of call-progress tones.
package struct ProgressScore: Sendable {
    private var signals = 0
    private var right = 0
    private var extra = 0
    private var falseTones = 0
    private var quietHours = 0.0
    private var startErrors: [Double] = []
    private var rows: [[String]] = []
    private var confusion = Confusion()
    private let profile: FrontEndProfile

    private init(_ profile: FrontEndProfile) { self.profile = profile }

    /// Every signal of every plan through the usual channels, and audio without any.
    ///
    /// - Throws: ``CodecError`` when a codec refuses.
    package static func synthetic(
        _ suite: ProgressSuite, _ profile: FrontEndProfile = FrontEndProfile(),
        channels: [Channel] = [.linear, .pcmu, .pcma, .g722, .opus(24_000)], progress: (String) -> Void = { _ in }
    ) throws(CodecError) -> Scorecard {
        var score = ProgressScore(profile)
        for signal in ProgressSuite.signals {
            progress(signal.name)
            var row = Row()
            for channel in channels {
                for repetition in 0..<suite.repetitions {
                    let made = try suite.audio(of: signal, repetition: repetition, channel: channel)
                    score.add(signal.tone, made.start, ProgressScore.spans(in: made.audio, profile), &row)
                }
            }
            score.rows.append(row.cells(signal.name, signal.tone.rawValue))
        }
        var voice = PulseVoice(seed: suite.seed, sampleRate: 8_000)
        let gain = Level.peak(dBm0: -15) / 2.0.squareRoot()
        let speech = (0..<(10 * 60 * 8_000)).map { _ in Int16(clamping: Int((gain * voice.next()).rounded())) }
        score.addQuiet(PCMAudio(sampleRate: 8_000, samples: speech))
        return score.card(Scorecard(suite: "progress", detector: "parley", seed: suite.seed))
    }

    /// A labelled folder; its labels of tones are the truth.
    package static func folder(_ folder: LabelledFolder, _ profile: FrontEndProfile = FrontEndProfile()) -> Scorecard {
        var score = ProgressScore(profile)
        for recording in folder.recordings {
            let tones = recording.labels.filter { $0.event == "tone" }
            let spans = spans(in: recording.audio, profile)
            if tones.isEmpty {
                score.falseTones += spans.count
                for span in spans { score.confusion.add(made: nil, heard: span.tone.rawValue) }
                score.quietHours += recording.audio.durationInSeconds / 3_600
                continue
            }
            var row = Row()
            var rest = spans
            for label in tones {
                let match = rest.firstIndex {
                    $0.tone.rawValue == label.tone && $0.start < label.end && $0.end > label.start
                }
                row.signals += 1
                score.signals += 1
                let other = rest.first { $0.start < label.end && $0.end > label.start }
                score.confusion.add(made: label.tone, heard: match == nil ? other?.tone.rawValue : label.tone)
                guard let match else { continue }
                row.right += 1
                score.right += 1
                score.startErrors.append(abs(rest[match].start - label.start))
                rest.remove(at: match)
            }
            row.extra = rest.count
            score.extra += rest.count
            score.rows.append(row.cells(recording.name, tones.compactMap(\.tone).joined(separator: " ")))
        }
        var card = score.card(Scorecard(suite: "progress", detector: "parley", folder: folder.path))
        card.notes += folder.notes(on: "tone")
        return card
    }

    private struct Row {
        var signals = 0
        var right = 0
        var extra = 0

        func cells(_ name: String, _ tone: String) -> [String] {
            [name, tone, String(signals), String(right), String(extra)]
        }
    }

    /// A tone that was heard, in seconds.
    private struct Span {
        var tone: CallProgressTone
        var start: Double
        var end: Double
    }

    /// The tones in audio; one that has not ended reaches its end.
    private static func spans(in audio: PCMAudio, _ profile: FrontEndProfile) -> [Span] {
        let rate = Double(audio.sampleRate)
        var spans: [Span] = []
        for event in Hearing.events(in: audio, profile) {
            switch event {
            case .toneStarted(let tone, let start):
                spans.append(Span(tone: tone, start: Double(start.ticks) / rate, end: audio.durationInSeconds))
            case .toneEnded(let ended):
                guard let index = spans.lastIndex(where: { $0.tone == ended.tone }) else { continue }
                spans[index].start = Double(ended.start.ticks) / rate
                spans[index].end = Double(ended.end.ticks) / rate
            default: break
            }
        }
        return spans
    }

    private mutating func add(_ tone: CallProgressTone, _ start: Double, _ spans: [Span], _ row: inout Row) {
        signals += 1
        row.signals += 1
        let first = spans.first { $0.tone == tone }
        confusion.add(made: tone.rawValue, heard: (first ?? spans.first)?.tone.rawValue)
        if let first {
            right += 1
            row.right += 1
            startErrors.append(abs(first.start - start))
        }
        let others = spans.count - (first == nil ? 0 : 1)
        extra += others
        row.extra += others
    }

    private mutating func addQuiet(_ audio: PCMAudio) {
        let spans = ProgressScore.spans(in: audio, profile)
        falseTones += spans.count
        for span in spans { confusion.add(made: nil, heard: span.tone.rawValue) }
        quietHours += audio.durationInSeconds / 3_600
    }

    private func card(_ empty: Scorecard) -> Scorecard {
        var card = empty
        let errors = startErrors.map { $0 * 1_000 }.sorted()
        card.figures = [
            .init("signals", "signals", Double(signals), better: .neither),
            .init("accuracy", "recognised", Double(right) / Double(max(1, signals)), unit: "%", better: .higher),
            .init("extraTones", "other tones heard beside them", Double(extra)),
            .init("quietHours", "hours without a tone", quietHours, better: .neither),
            .init(
                "falseTonesAnHour", "tones heard in them an hour", quietHours > 0 ? Double(falseTones) / quietHours : 0),
        ]
        if !errors.isEmpty {
            card.figures.append(
                .init(
                    "startErrorP95InMilliseconds", "error of the beginning, p95", errors[errors.count * 95 / 100],
                    unit: "ms"))
        }
        card.tables = [
            .init("By signal", columns: ["signal", "tone", "made", "recognised", "others"], rows: rows),
            confusion.table,
        ]
        return card
    }
}
