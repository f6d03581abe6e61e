import AudioFiles
import DSP
import Foundation
import Telephony

/// A folder of recordings with labels: `NAME.wav` and beside it `NAME.txt`, a line `start end speech` a stretch, in
/// seconds, as Audacity exports them.
package struct LabelledFolder {
    private let path: String
    private let names: [String]

    /// - Throws: ``LabelError`` when the folder holds no labelled recording.
    package init(_ path: String) throws {
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw LabelError("\(path): the folder cannot be read; check its name and permissions")
        }
        self.path = path
        let labels = Set(entries.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) })
        names = entries.filter { $0.hasSuffix(".wav") }.map { String($0.dropLast(4)) }.filter { labels.contains($0) }
            .sorted()
        guard !names.isEmpty else {
            throw LabelError("\(path): no NAME.wav with a NAME.txt beside it; put the labels next to the recordings")
        }
    }

    package var count: Int { names.count }

    /// One of the recordings, in the order of their names; its group is the name up to the first hyphen.
    ///
    /// - Throws: ``LabelError``, `AudioFileError` or `CodecError`.
    package func scene(_ index: Int) throws -> SpeechScene {
        let name = names[index]
        let audio = try AudioFile.read("\(path)/\(name).wav").caller.resampled(to: 8_000)
        let file = "\(path)/\(name).txt"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw LabelError("\(file): is no text in UTF-8; save the labels again")
        }
        let group = name.split(separator: "-").first.map(String.init) ?? name
        return SpeechScene(
            name: name, group: group, samples: audio.samples, spans: try LabelledFolder.spans(in: text, file: file))
    }

    /// The stretches of speech that a text of labels names, in hops of 10 ms, in order.
    ///
    /// - Throws: ``LabelError`` with the line.
    package static func spans(in text: String, file: String) throws -> [Range<Int>] {
        var spans: [Range<Int>] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard !words.isEmpty, !line.hasPrefix("#") else { continue }
            guard words.count >= 2, let start = Double(words[0]), let end = Double(words[1]),
                (0...100_000).contains(start), (0...100_000).contains(end), start < end
            else {
                throw LabelError(
                    "\(file):\(index + 1): a label is a start and a later end in seconds and a word, such as '1.25 2.5 speech'"
                )
            }
            guard words.count == 2 || words[2] == "speech" else { continue }
            spans.append(
                Int((start * 100).rounded())..<max(Int((start * 100).rounded()) + 1, Int((end * 100).rounded())))
        }
        return spans.sorted { $0.lowerBound < $1.lowerBound }
    }
}

/// What is wrong with labels.
package struct LabelError: Error, CustomStringConvertible, Sendable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
