import Foundation

/// The parts of SSML that are said one after the other: text, audio files and pauses. Other tags say how, not what, and
/// are left out.
struct SSML {
    enum Piece: Equatable {
        case text(String)
        case audio(String)
        case pause(milliseconds: Int)
    }

    private(set) var pieces: [Piece] = []

    init(_ source: String) {
        var text = ""
        var rest = Substring(source)
        while let open = rest.firstIndex(of: "<") {
            text += rest[..<open]
            guard let close = rest[open...].firstIndex(of: ">") else { break }
            let tag = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            guard let piece = SSML.piece(tag) else { continue }
            flush(&text)
            pieces.append(piece)
        }
        text += rest
        flush(&text)
    }

    private mutating func flush(_ text: inout String) {
        let plain = SSML.unescaped(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if !plain.isEmpty { pieces.append(.text(plain)) }
        text = ""
    }

    private static func piece(_ tag: String) -> Piece? {
        if tag.hasPrefix("audio"), let source = attribute("src", in: tag) { return .audio(source) }
        guard tag.hasPrefix("break") else { return nil }
        let time = attribute("time", in: tag) ?? "500ms"
        if time.hasSuffix("ms"), let value = Int(time.dropLast(2)) { return .pause(milliseconds: min(value, 60_000)) }
        if time.hasSuffix("s"), let value = Double(time.dropLast()) {
            return .pause(milliseconds: Int(min(60, value) * 1_000))
        }
        return .pause(milliseconds: 500)
    }

    private static func attribute(_ name: String, in tag: String) -> String? {
        guard let range = tag.range(of: name + "=") else { return nil }
        let rest = tag[range.upperBound...]
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return rest.dropFirst().firstIndex(of: quote).map { String(rest[rest.index(after: rest.startIndex)..<$0]) }
    }

    private static func unescaped(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}

package func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
