/// Writes an SVG document piece by piece; every text is escaped.
struct SVGWriter {
    private(set) var text = ""

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML 1.0 has no other control characters.
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A number with one decimal place at most.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let size = abs(tenths)
        return size % 10 == 0 ? "\(sign)\(size / 10)" : "\(sign)\(size / 10).\(size % 10)"
    }

    mutating func raw(_ markup: String) { text += markup + "\n" }

    mutating func open(_ name: String, _ attributes: [(String, String)] = []) {
        text += "<\(name)\(SVGWriter.list(attributes))>\n"
    }

    mutating func close(_ name: String) { text += "</\(name)>\n" }

    mutating func element(_ name: String, _ attributes: [(String, String)], _ content: String? = nil) {
        if let content {
            text += "<\(name)\(SVGWriter.list(attributes))>\(SVGWriter.escaped(content))</\(name)>\n"
        } else {
            text += "<\(name)\(SVGWriter.list(attributes))/>\n"
        }
    }

    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, radius: Double, _ style: String) {
        element(
            "rect",
            [
                ("x", SVGWriter.number(x)), ("y", SVGWriter.number(y)), ("width", SVGWriter.number(width)),
                ("height", SVGWriter.number(height)), ("rx", SVGWriter.number(radius)), ("class", style),
            ])
    }

    mutating func words(_ x: Double, _ y: Double, _ style: String, _ content: String) {
        element("text", [("x", SVGWriter.number(x)), ("y", SVGWriter.number(y)), ("class", style)], content)
    }

    private static func list(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }
}

/// How wide a text is in the drawing's letters, near enough to lay it out.
enum TextWidth {
    /// Pixels that a text takes at a size of letters.
    static func of(_ text: String, size: Double) -> Double {
        text.reduce(0.0) { $0 + width($1) } * size
    }

    /// Parts a text into lines of at most so many pixels; the last line ends with an ellipsis when there was more.
    static func lines(_ text: String, size: Double, width: Double, atMost count: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        for word in words {
            let longer = line.isEmpty ? word : line + " " + word
            if of(longer, size: size) <= width || line.isEmpty {
                line = longer
            } else {
                lines.append(line)
                line = word
            }
        }
        if !line.isEmpty { lines.append(line) }
        guard lines.count > count else { return lines.map { cut($0, size: size, width: width) } }
        let rest = lines[(count - 1)...].joined(separator: " ")
        return lines[..<(count - 1)].map { cut($0, size: size, width: width) } + [cut(rest, size: size, width: width)]
    }

    /// A text that is cut with an ellipsis where it is too wide.
    static func cut(_ text: String, size: Double, width: Double) -> String {
        guard of(text, size: size) > width else { return text }
        var short = ""
        var used = self.width("…") * size
        for character in text {
            used += self.width(character) * size
            if used > width { break }
            short.append(character)
        }
        while short.last == " " { short.removeLast() }
        return short + "…"
    }

    private static func width(_ character: Character) -> Double {
        switch character {
        case "i", "l", "j", "I", ".", ",", ":", ";", "'", "|", "!", " ": 0.31
        case "f", "t", "r", "(", ")", "[", "]", "-", "\"", "/": 0.4
        case "m", "w", "M", "W", "@", "…", "→": 0.9
        case "A"..."Z", "=", "<", ">", "+", "&": 0.69
        default: character.isASCII ? 0.57 : 0.9
        }
    }
}
