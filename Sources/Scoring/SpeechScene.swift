import AudioFiles
package import DSP
import Telephony
import Foundation
import Telephony

/// Audio with the true stretches of speech in it.
package struct SpeechScene: Sendable {
    package var name: String
    /// Conditions that are reported together.
    package var group: String
    /// 8 kHz.
    package var samples: [Int16]
    /// Hops of 10 ms with speech, in order.
    package var spans: [Range<Int>]

    package init(name: String, group: String, samples: [Int16], spans: [Range<Int>]) {
        self.name = name
        self.group = group
        self.samples = samples
        self.spans = spans
    }

    /// A hop is speech when the clean signal in it is less than this below the talker's level, in dB.
    static let thresholdInDB = 30.0
    /// Gaps up to so many hops are filled; speech of fewer than ``shortest`` is none.
    static let longestGap = 15
    static let shortest = 3
    /// A talker pauses up to so many hops within an utterance.
    static let longestPause = 80

    /// The stretches in which somebody speaks.
    ///
    /// - Parameter levels: the clean signal's level against the talker's, a hop of 10 ms each, in dB.
    static func spans(of levels: [Double]) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        for (hop, level) in levels.enumerated() where level > -thresholdInDB {
            if let last = spans.last, hop - last.upperBound <= longestGap {
                spans[spans.count - 1] = last.lowerBound..<(hop + 1)
            } else {
                spans.append(hop..<(hop + 1))
            }
        }
        return spans.filter { $0.count >= shortest }
    }

    /// The spans joined over the pauses that a talker makes.
    package var utterances: [Range<Int>] {
        spans.reduce(into: []) { joined, span in
            if let last = joined.last, span.lowerBound - last.upperBound <= SpeechScene.longestPause {
                joined[joined.count - 1] = last.lowerBound..<span.upperBound
            } else {
                joined.append(span)
            }
        }
    }
}

extension SpeechScene {
    /// A recording of a labelled folder; its group is the name up to the first hyphen.
    ///
    /// - Throws: ``CodecError`` when its rate cannot be brought to 8 kHz.
    package init(_ recording: LabelledFolder.Recording) throws(CodecError) {
        let spans = recording.labels.filter { $0.event == "speech" && $0.end < 1e6 }.map { label in
            let first = Int((label.start * 100).rounded())
            return first..<max(first + 1, Int((label.end * 100).rounded()))
        }
        self.init(
            name: recording.name, group: recording.name.split(separator: "-").first.map(String.init) ?? "",
            samples: try recording.audio.resampled(to: 8_000).samples, spans: spans)
    }

    /// Writes `GROUP-NAME.wav` and its labels, `GROUP-NAME.jsonl`, into a folder, which is made when it is not there.
    ///
    /// - Throws: an error of the file system or `AudioFileError`.
    package func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let base = "\(folder)/\(group)-" + name.filter { $0.isLetter || $0.isNumber || $0 == "-" }
        let writer = try AudioFileWriter(path: base + ".wav", sampleRate: 8_000, channelCount: 1)
        try writer.write([samples])
        try writer.finish()
        let lines = spans.map { span in
            "{\"event\":\"speech\",\"start\":\(Double(span.lowerBound) / 100),\"end\":\(Double(span.upperBound) / 100)}\n"
        }
        try Data(lines.joined().utf8).write(to: URL(filePath: base + ".jsonl"), options: .atomic)
    }
}
