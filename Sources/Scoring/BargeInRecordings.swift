import DSP
package import FrontEnd
import Telephony

/// Recorded calls with the caller on the left, what the caller was told on the right, and labels of the caller's speech.
///
/// Each is heard as in a call, the frame that is heard before the frame that is said. A labelled stretch of speech that
/// begins while something is said is an interruption; it is heard when speech begins within it or up to 100 ms before.
/// Speech that is heard to begin elsewhere while something is said is false.
package struct BargeInRecordings {
    private let folder: LabelledFolder
    private let profile: FrontEndProfile

    package init(_ folder: LabelledFolder, profile: FrontEndProfile) {
        self.folder = folder
        self.profile = profile
    }

    /// How much earlier than its label speech may be heard, in seconds: labels are made by ear.
    private static let tolerance = 0.1
    /// What is said counts for so long after its last sample, in seconds: its echo comes later.
    private static let pause = 0.4

    /// What one recording gave.
    private struct Count {
        var interruptions = 0
        var latencies: [Double] = []
        var falseStarts = 0
        var seconds = 0.0
    }

    /// Hears all of them.
    ///
    /// - Throws: an error of a rate that cannot be brought to 8 kHz.
    package func scorecard() throws -> Scorecard {
        var total = Count()
        var rows: [[String]] = []
        var mono: [String] = []
        for recording in folder.recordings {
            guard let prompt = recording.prompt else {
                mono.append(recording.name)
                continue
            }
            let count = hear(
                try recording.audio.resampled(to: 8_000).samples, try prompt.resampled(to: 8_000).samples,
                recording.labels.filter { $0.event == "speech" })
            rows.append([
                recording.name, String(count.interruptions), String(count.latencies.count),
                count.latencies.percentile(0.5).shown, String(count.falseStarts), count.seconds.shown,
            ])
            total.interruptions += count.interruptions
            total.latencies += count.latencies
            total.falseStarts += count.falseStarts
            total.seconds += count.seconds
        }
        var card = card(total, rows, mono)
        card.notes += folder.notes(on: "speech")
        return card
    }

    private func card(_ total: Count, _ rows: [[String]], _ mono: [String]) -> Scorecard {
        typealias Figure = Scorecard.Figure
        var card = Scorecard(suite: "bargein", detector: "parley", folder: folder.path)
        card.figures = [
            Figure("interruptions", "labelled interruptions", Double(total.interruptions), better: .neither),
            Figure(
                "trueBargeIns", "heard", SpeechTally.share(total.latencies.count, total.interruptions), unit: "%",
                better: .higher),
            Figure(
                "decisionP50InMilliseconds", "label to decision, median", total.latencies.percentile(0.5), unit: "ms"),
            Figure(
                "decisionP95InMilliseconds", "label to decision, 95 %", total.latencies.percentile(0.95), unit: "ms"),
            Figure(
                "falseAnHour", "false barge-ins in an hour of prompts",
                total.seconds > 0 ? Double(total.falseStarts) / total.seconds * 3_600 : 0, unit: "an hour"),
        ]
        let columns = ["recording", "interruptions", "heard", "p50 ms", "false", "prompt s"]
        card.tables = [Scorecard.Table("By recording", columns: columns, rows: rows)]
        card.notes = mono.map { "\($0) has one channel: put the caller on the left and the prompts on the right" }
        return card
    }

    private func hear(_ caller: [Int16], _ prompt: [Int16], _ speech: [LabelledFolder.Label]) -> Count {
        var listener = Listener(profile, sampleRate: 8_000, clockRate: ClockRate(8_000))
        var count = Count()
        var spokenAt = -1.0
        // Whether the prompt is on, and where speech was heard to begin, by the end of a frame.
        var playing: [Bool] = []
        var starts: [Double] = []
        for start in stride(from: 0, through: min(caller.count, prompt.count) - 160, by: 160) {
            let frame = start..<(start + 160)
            let end = Double(start + 160) / 8_000
            listener.hear(caller.span.extracting(frame), at: SampleTime(ticks: Int64(start)), isConcealed: false)
            while let event = listener.next() { if case .speechStarted = event { starts.append(end) } }
            listener.say(prompt.span.extracting(frame))
            if prompt[frame].contains(where: { $0 > 8 || $0 < -8 }) { spokenAt = end }
            playing.append(spokenAt >= 0 && end - spokenAt < BargeInRecordings.pause)
        }
        func isPlaying(_ time: Double) -> Bool {
            let frame = Int(time * 50)
            return playing.indices.contains(frame) && playing[frame]
        }
        for label in speech where isPlaying(label.start) {
            count.interruptions += 1
            let heard = starts.first { $0 >= label.start - BargeInRecordings.tolerance && $0 <= label.end }
            if let heard { count.latencies.append(max(0, (heard - label.start) * 1_000)) }
        }
        count.falseStarts = starts.count { time in
            isPlaying(time - 0.02)
                && !speech.contains { time >= $0.start - BargeInRecordings.tolerance && time <= $0.end }
        }
        count.seconds = Double(playing.count { $0 }) / 50
        return count
    }
}
