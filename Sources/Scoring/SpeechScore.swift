package import FrontEnd
import Foundation
import Telephony

/// Runs the speech detector over scenes and makes a scorecard of what it did.
package struct SpeechScore {
    private let profile: FrontEndProfile
    private var total = SpeechTally()
    private var groups: [(name: String, tally: SpeechTally)] = []
    private var scenes: [(name: String, tally: SpeechTally)] = []
    private var endPoints = stride(from: 100, through: 1_200, by: 100).map { EndPointTally(timeoutInMilliseconds: $0) }

    package init(_ profile: FrontEndProfile) { self.profile = profile }

    /// Hears a scene.
    package mutating func add(_ scene: SpeechScene) { add(scene, Hearing.decisions(of: scene.samples, profile)) }

    /// Takes what some detector decided about each 20 ms of a scene.
    package mutating func add(_ scene: SpeechScene, _ decisions: [SpeechDetector.Decision]) {
        var tally = SpeechTally()
        tally.add(decisions, scene)
        total.add(tally)
        scenes.append((scene.name, tally))
        if let index = groups.firstIndex(where: { $0.name == scene.group }) {
            groups[index].tally.add(tally)
        } else {
            groups.append((scene.group, tally))
        }
        for index in endPoints.indices {
            endPoints[index].add(decisions, scene, minimumSpeech: profile.minimumSpeechInMilliseconds)
        }
    }

    /// The scorecard of all that was heard.
    package func scorecard(seed: UInt64?, folder: String?, detector: String = "parley") -> Scorecard {
        var card = Scorecard(suite: "speech", detector: detector, seed: seed, folder: folder)
        card.figures = frameFigures + timeFigures + endPointFigures
        let columns = [
            "condition", "F1", "precision", "recall", "false positives", "onset p50 ms", "p95 ms", "false starts/min",
            "breaks/span",
        ]
        card.tables = [
            Scorecard.Table("By group", columns: columns, rows: groups.map { SpeechScore.row($0.name, $0.tally) }),
            Scorecard.Table("By condition", columns: columns, rows: scenes.map { SpeechScore.row($0.name, $0.tally) }),
            endPointTable,
        ]
        card.plots = [
            Scorecard.Plot(
                "Receiver operating characteristic", horizontal: "false-positive rate", vertical: "recall",
                curves: [Scorecard.Curve("all", points: total.receiverCurve)]
                    + groups.map { Scorecard.Curve($0.name, points: $0.tally.receiverCurve) }),
            Scorecard.Plot(
                "End-pointing: latency against cut-off, by speech-end time-out", horizontal: "utterances cut off, %",
                vertical: "median latency, ms",
                curves: [
                    Scorecard.Curve(
                        "\(endPoints.first?.timeoutInMilliseconds ?? 0) to \(endPoints.last?.timeoutInMilliseconds ?? 0) ms",
                        points: endPoints.map {
                            Scorecard.Point(x: $0.cutOffRate * 100, y: $0.latencies.percentile(0.5))
                        })
                ]),
        ]
        return card
    }

    private var frameFigures: [Scorecard.Figure] {
        typealias Figure = Scorecard.Figure
        return [
            Figure("minutes", "length of the suite", total.seconds / 60, unit: "min", better: .neither),
            Figure("f1", "F1 of frames", total.f1, better: .higher),
            Figure("precision", "precision", total.precision, unit: "%", better: .higher),
            Figure("recall", "recall", total.recall, unit: "%", better: .higher),
            Figure("falsePositiveRate", "false-positive rate", total.falsePositiveRate, unit: "%"),
            Figure("areaUnderCurve", "area under the curve", total.area, better: .higher),
        ]
    }

    private var timeFigures: [Scorecard.Figure] {
        typealias Figure = Scorecard.Figure
        return [
            Figure("onsetP50InMilliseconds", "onset, median", total.onsets.percentile(0.5), unit: "ms"),
            Figure("onsetP95InMilliseconds", "onset, 95 %", total.onsets.percentile(0.95), unit: "ms"),
            Figure("endP50InMilliseconds", "end, median", total.ends.percentile(0.5), unit: "ms"),
            Figure("endP95InMilliseconds", "end, 95 %", total.ends.percentile(0.95), unit: "ms"),
            Figure("missedSpans", "spans missed", SpeechTally.share(total.missedSpans, total.spans), unit: "%"),
            Figure(
                "falseStartsAMinute", "false starts in a minute without speech",
                total.silentSeconds > 0 ? Double(total.falseStarts) / total.silentSeconds * 60 : 0, unit: "a minute"),
            Figure("fragmentationRate", "breaks in a span of speech", SpeechTally.share(total.breaks, total.spans)),
        ]
    }

    /// With the time-out of the profile, rounded to 100 ms.
    private var endPointFigures: [Scorecard.Figure] {
        let wanted = profile.speechEndTimeoutInMilliseconds
        guard
            let tally = endPoints.min(by: {
                abs($0.timeoutInMilliseconds - wanted) < abs($1.timeoutInMilliseconds - wanted)
            })
        else { return [] }
        return [
            Scorecard.Figure(
                "cutOffRate", "utterances cut off at \(tally.timeoutInMilliseconds) ms", tally.cutOffRate, unit: "%"),
            Scorecard.Figure(
                "wrongCutOffRate", "of them without a pause so long", tally.wrongCutOffRate, unit: "%"),
            Scorecard.Figure(
                "endPointP50InMilliseconds", "end of utterance, median", tally.latencies.percentile(0.5), unit: "ms"),
            Scorecard.Figure(
                "endPointP95InMilliseconds", "end of utterance, 95 %", tally.latencies.percentile(0.95), unit: "ms"),
        ]
    }

    private var endPointTable: Scorecard.Table {
        Scorecard.Table(
            "End-pointing",
            columns: ["speech end ms", "cut off", "without a pause so long", "latency p50 ms", "p95 ms"],
            rows: endPoints.map {
                [
                    String($0.timeoutInMilliseconds), ($0.cutOffRate * 100).shown + " %",
                    ($0.wrongCutOffRate * 100).shown + " %",
                    $0.latencies.percentile(0.5).shown, $0.latencies.percentile(0.95).shown,
                ]
            })
    }

    private static func row(_ name: String, _ tally: SpeechTally) -> [String] {
        let minutes = tally.silentSeconds / 60
        return [
            name, tally.f1.shown, tally.precision.shown, tally.recall.shown, tally.falsePositiveRate.shown,
            tally.onsets.percentile(0.5).shown, tally.onsets.percentile(0.95).shown,
            (minutes > 0 ? Double(tally.falseStarts) / minutes : 0).shown,
            share(tally.breaks, tally.spans).shown,
        ]
    }

    private static func share(_ part: Int, _ whole: Int) -> Double { SpeechTally.share(part, whole) }
}

extension Hearing {
    /// What the front end decides about each 20 ms of audio at 8 kHz.
    package static func decisions(of samples: [Int16], _ profile: FrontEndProfile) -> [SpeechDetector.Decision] {
        var detector = SpeechDetector(threshold: profile.audioThreshold)
        return stride(from: 0, through: samples.count - 160, by: 160).map { start in
            detector.hear(samples.span.extracting(start..<(start + 160)))
        }
    }
}
