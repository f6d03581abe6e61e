import CallFlow

/// What comments tell Parley: `# parley: allow RULE — reason` silences a warning where it stands, and
/// `# parley: takes VARIABLE, VARIABLE — reason` lets an HTTP request or flow have sensitive values, and
/// `# parley: waits for Global.Caller — reason` holds an action until it is known who the caller is.
///
/// A note on a line of its own is about the value that begins below it, one behind a value about that line. Comments
/// are used because the schema allows no further properties: a folder stays loadable by its own tools.
package struct SourceNotes: Sendable {
    /// A comment with its parts.
    package struct Note: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            case allow([String])
            case takes([String])
            case waits([String])
            /// A word that is none of these.
            case unknown(String)
        }

        package var kind: Kind
        package var reason: String
        /// The comment's own place.
        package var place: SourcePlace
        /// The line that it is about.
        package var target: Int
        /// It has a line of its own.
        package var isAlone: Bool
    }

    package private(set) var notes: [Note] = []

    package init(_ lines: [[Character]]) {
        for (index, line) in lines.enumerated() {
            guard let start = SourceNotes.comment(in: line) else { continue }
            let isAlone = line[..<start].allSatisfy(\.isWhitespace)
            let target = isAlone ? SourceNotes.content(below: index, lines) : index + 1
            let place = SourcePlace(line: index + 1, column: start + 1)
            notes.append(SourceNotes.note(String(line[start...]), place: place, target: target, isAlone: isAlone))
        }
    }

    /// The variables that a request which takes these lines may have; `*` stands for all.
    package func takes(_ lines: ClosedRange<Int>) -> [String] {
        notes.flatMap { note -> [String] in
            guard case .takes(let names) = note.kind, !note.reason.isEmpty, lines.contains(note.target) else {
                return []
            }
            return names
        }
    }

    /// Whether an action whose first line this is waits for the look-up of the caller.
    package func waitsForCaller(_ line: Int) -> Bool {
        notes.contains { note in
            guard case .waits(let names) = note.kind, !note.reason.isEmpty else { return false }
            return note.target == line && names == ["\(Session.callerVariable)"]
        }
    }

    /// Where a comment for Parley begins in a line: a `#` at the beginning or behind a space.
    private static func comment(in line: [Character]) -> Int? {
        for index in line.indices where line[index] == "#" {
            guard index == 0 || line[index - 1].isWhitespace else { continue }
            let rest = String(line[(index + 1)...]).drop(while: \.isWhitespace)
            if rest.hasPrefix("parley:") { return index }
        }
        return nil
    }

    /// The number of the first line below that holds more than a comment.
    private static func content(below index: Int, _ lines: [[Character]]) -> Int {
        var next = index + 1
        while next < lines.count {
            let first = lines[next].first { !$0.isWhitespace }
            if let first, first != "#" { break }
            next += 1
        }
        return next + 1
    }

    private static func note(_ comment: String, place: SourcePlace, target: Int, isAlone: Bool) -> Note {
        let text = comment.drop { $0 == "#" || $0.isWhitespace }.dropFirst("parley:".count)
        let (head, reason) = split(text)
        let words = head.split { $0.isWhitespace || $0 == "," }.map(String.init)
        let rest = Array(words.dropFirst())
        let kind: Note.Kind
        switch words.first {
        case "allow": kind = .allow(rest)
        case "takes": kind = .takes(rest)
        case "waits": kind = .waits(rest.first == "for" ? Array(rest.dropFirst()) : rest)
        default: kind = .unknown(words.first ?? "")
        }
        return Note(kind: kind, reason: reason, place: place, target: target, isAlone: isAlone)
    }

    /// Parts a note at the first dash that stands between spaces.
    private static func split(_ text: Substring) -> (head: Substring, reason: String) {
        let characters = Array(text)
        for index in characters.indices where "—–-".contains(characters[index]) {
            let before = index > 0 && characters[index - 1].isWhitespace
            let after = index + 1 == characters.count || "- ".contains(characters[index + 1])
            guard before, after else { continue }
            let reason = String(characters[(index + 1)...]).drop { $0 == "-" || $0.isWhitespace }
            return (Substring(String(characters[..<index])), trimmed(reason))
        }
        return (text, "")
    }

    private static func trimmed(_ text: Substring) -> String {
        var end = text
        while let last = end.last, last.isWhitespace { end.removeLast() }
        return String(end)
    }
}
