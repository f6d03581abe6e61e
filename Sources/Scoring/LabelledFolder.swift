import AudioFiles
import DSP
import Foundation
package import Telephony

/// A folder of recordings with what is in them.
///
/// Beside each audio file `name.wav` lies `name.jsonl`, in the very form that `parley detect` prints (one JSON object a
/// line with `event`, `start`, `end` and, by event, `digit` or `tone`; other members are left alone), or `name.csv` with
/// a first line of column names among `event,digit,tone,start,end`. A recording without labels is not read, and named in
/// ``notes(on:)``; one in which there is nothing has an empty label file.
package struct LabelledFolder: Sendable {
    /// One labelled stretch, in seconds.
    package struct Label: Sendable, Equatable {
        /// `digit`, `speech` or `tone`.
        package var event: String
        package var digit: Digit?
        package var tone: String?
        package var start: Double
        package var end: Double
    }

    /// One recording.
    package struct Recording: Sendable {
        package var name: String
        package var audio: PCMAudio
        /// What the caller was told: the right channel, where there are two.
        package var prompt: PCMAudio?
        /// In the order of their beginnings.
        package var labels: [Label]

        /// The labelled keys.
        package var presses: [DTMFSuite.Press] {
            labels.compactMap { label in
                label.digit.map { DTMFSuite.Press(digit: $0, start: label.start, end: label.end) }
            }
        }
    }

    package let path: String
    package let recordings: [Recording]
    /// Audio files without labels, which were not read.
    package let unlabelled: [String]

    /// What a reader of a scorecard must know of the folder.
    ///
    /// - Parameter event: what is scored: `digit`, `speech` or `tone`.
    package func notes(on event: String) -> [String] {
        var notes: [String] = []
        if !recordings.contains(where: { $0.labels.contains { $0.event == event } }) {
            notes.append("no recording has a label of the event \"\(event)\": only what was heard in vain counts")
        }
        guard let first = unlabelled.first else { return notes }
        let others = unlabelled.count > 1 ? " and \(unlabelled.count - 1) more" : ""
        notes.append(
            "not scored, for there is no label file beside it: \(first)\(others); an empty one says that there is nothing"
        )
        return notes
    }

    /// Reads every labelled recording of a folder, at any depth, sorted by name.
    ///
    /// - Throws: ``AudioFileError`` when the folder holds none, or a file is not what it should be.
    package init(_ path: String) throws {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw AudioFileError(path, "is no folder; name one with NAME.wav and NAME.jsonl files")
        }
        let files = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted()
        var recordings: [Recording] = []
        var unlabelled: [String] = []
        for file in files where ["wav", "flac"].contains((file as NSString).pathExtension.lowercased()) {
            let base = path + "/" + (file as NSString).deletingPathExtension
            guard let labels = try LabelledFolder.labels(beside: base) else {
                unlabelled.append(file)
                continue
            }
            let channels = try AudioFile.read(path + "/" + file).channels.map { audio in
                [8_000, 16_000, 48_000].contains(audio.sampleRate) ? audio : try audio.resampled(to: 8_000)
            }
            let prompt = channels.count > 1 ? channels[1] : nil
            recordings.append(Recording(name: file, audio: channels[0], prompt: prompt, labels: labels))
        }
        guard !recordings.isEmpty else {
            throw AudioFileError(
                path, "holds no labelled recording: put NAME.jsonl, as 'parley detect' prints it, beside each NAME.wav")
        }
        self.recordings = recordings
        self.unlabelled = unlabelled
    }

    private static func labels(beside base: String) throws -> [Label]? {
        if let data = FileManager.default.contents(atPath: base + ".jsonl") {
            return try parseLines(String(decoding: data, as: UTF8.self), file: base + ".jsonl")
        }
        if let data = FileManager.default.contents(atPath: base + ".csv") {
            return try parseTable(String(decoding: data, as: UTF8.self), file: base + ".csv")
        }
        return nil
    }

    /// A line of JSON as it is read.
    private struct Line: Decodable {
        var event: String
        var digit: String?
        var tone: String?
        var start: Double
        var end: Double
    }

    /// Reads labels of JSON lines.
    ///
    /// - Throws: ``AudioFileError`` with the line that is none.
    package static func parseLines(_ text: String, file: String) throws -> [Label] {
        var labels: [Label] = []
        for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            guard let read = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else {
                throw AudioFileError(
                    file,
                    "line \(number + 1) is no label; write {\"event\":\"digit\",\"digit\":\"5\",\"start\":1.24,\"end\":1.32}"
                )
            }
            labels.append(try label(read, file: file, line: number + 1))
        }
        return labels.sorted { $0.start < $1.start }
    }

    /// Reads labels of a table of comma-separated values.
    ///
    /// - Throws: ``AudioFileError`` with the line that is wrong.
    package static func parseTable(_ text: String, file: String) throws -> [Label] {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"\t"))
            }
        }
        guard let names = lines.first else { return [] }
        guard names.contains("event"), names.contains("start"), names.contains("end") else {
            throw AudioFileError(file, "line 1 must name the columns: event,digit,tone,start,end")
        }
        var labels: [Label] = []
        for (number, cells) in lines.enumerated().dropFirst() {
            func cell(_ name: String) -> String? {
                names.firstIndex(of: name).flatMap { $0 < cells.count && !cells[$0].isEmpty ? cells[$0] : nil }
            }
            guard let event = cell("event"), let start = cell("start").flatMap({ Double($0) }),
                let end = cell("end").flatMap({ Double($0) })
            else { throw AudioFileError(file, "line \(number + 1) needs an event, a start and an end in seconds") }
            let line = Line(event: event, digit: cell("digit"), tone: cell("tone"), start: start, end: end)
            labels.append(try label(line, file: file, line: number + 1))
        }
        return labels.sorted { $0.start < $1.start }
    }

    private static func label(_ line: Line, file: String, line number: Int) throws -> Label {
        guard line.start.isFinite, line.end.isFinite, line.start >= 0, line.end >= line.start else {
            throw AudioFileError(file, "line \(number) ends before it begins, or its times are no seconds")
        }
        let digit = line.digit.flatMap { Digit($0) }
        if line.event == "digit", digit == nil {
            throw AudioFileError(file, "line \(number) needs a digit: one of 0 to 9, *, #, A to D")
        }
        return Label(
            event: line.event, digit: line.event == "digit" ? digit : nil, tone: line.tone, start: line.start,
            end: line.end)
    }
}
