/// A smallest piece of a formula.
struct Token: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case number(String)
        case text(String)
        case name(String)
        /// A name in single quotes, which is never a keyword.
        case quotedName(String)
        /// `$"`: an interpolated text begins.
        case interpolation
        case symbol(String)
        case end
    }
    var kind: Kind
    var span: Range<Int>
}

/// Cuts a formula into tokens, one at a time.
struct Scanner {
    let scalars: [Unicode.Scalar]
    private(set) var position: Int

    init(_ scalars: [Unicode.Scalar], from position: Int = 0) {
        self.scalars = scalars
        self.position = position
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func scalar(_ ahead: Int) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private static let pairs: Set<String> = ["<=", ">=", "<>", "&&", "||", "[@"]
    private static let singles = Set("(){}[],;.:+-*/^&=<>!%@".unicodeScalars)

    mutating func next() throws(Diagnostic) -> Token {
        try skipSpace()
        let start = position
        guard let first = current else { return Token(kind: .end, span: start..<start) }
        if first == "\"" { return Token(kind: .text(try quoted("\"", "text")), span: start..<position) }
        if first == "'" { return Token(kind: .quotedName(try quoted("'", "name")), span: start..<position) }
        if first == "$", scalar(1) == "\"" {
            position += 2
            return Token(kind: .interpolation, span: start..<position)
        }
        if isDigit(first) || first == "." && scalar(1).map(isDigit) == true {
            return Token(kind: .number(number()), span: start..<position)
        }
        if Spelling.startsName(first) {
            while let next = current, Spelling.continuesName(next) { position += 1 }
            return Token(kind: .name(text(start..<position)), span: start..<position)
        }
        if let second = scalar(1), Scanner.pairs.contains("\(first)\(second)") {
            position += 2
            return Token(kind: .symbol("\(first)\(second)"), span: start..<position)
        }
        guard Scanner.singles.contains(first) else {
            throw Diagnostic(
                offset: start, length: 1, message: "'\(first)' has no meaning here; remove it or put text in quotes")
        }
        position += 1
        return Token(kind: .symbol(String(first)), span: start..<position)
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    func text(_ range: Range<Int>) -> String {
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars[range])
        return String(result)
    }

    /// Skips white space and comments.
    private mutating func skipSpace() throws(Diagnostic) {
        while let next = current {
            if next.properties.isWhitespace || next == "\u{FEFF}" {
                position += 1
            } else if next == "/", scalar(1) == "/" {
                while let inner = current, inner != "\n", inner != "\r", inner != "\u{2028}", inner != "\u{2029}" {
                    position += 1
                }
            } else if next == "/", scalar(1) == "*" {
                let start = position
                position += 2
                while current != nil, !(current == "*" && scalar(1) == "/") { position += 1 }
                guard current != nil else {
                    throw Diagnostic(offset: start, length: 2, message: "this comment has no end; close it with */")
                }
                position += 2
            } else {
                return
            }
        }
    }

    /// What stands between two marks, a doubled mark standing for one.
    private mutating func quoted(_ mark: Unicode.Scalar, _ what: String) throws(Diagnostic) -> String {
        let start = position
        position += 1
        var result = String.UnicodeScalarView()
        while let next = current {
            position += 1
            if next == mark {
                guard current == mark else { return String(result) }
                position += 1
            }
            result.append(next)
        }
        throw Diagnostic(
            offset: start, length: 1, message: "this \(what) has no end; close it with \(mark)")
    }

    private mutating func number() -> String {
        let start = position
        while let next = current, isDigit(next) { position += 1 }
        if current == ".", scalar(1).map(isDigit) == true || position > start {
            position += 1
            while let next = current, isDigit(next) { position += 1 }
        }
        if current == "e" || current == "E" {
            let sign = scalar(1) == "+" || scalar(1) == "-" ? 1 : 0
            if scalar(1 + sign).map(isDigit) == true {
                position += 1 + sign
                while let next = current, isDigit(next) { position += 1 }
            }
        }
        return text(start..<position)
    }

    /// What ends a stretch of text in an interpolated text.
    enum TextEnd { case quote, formula, end }

    /// Reads the text of `$"…"` up to its end or to the next formula: `{{`, `}}` and `""` stand for one each.
    mutating func interpolatedText() throws(Diagnostic) -> (text: String, end: TextEnd) {
        var result = String.UnicodeScalarView()
        while let next = current {
            position += 1
            switch next {
            case "\"", "{":
                guard current == next else { return (String(result), next == "{" ? .formula : .quote) }
                position += 1
            case "}":
                guard current == next else {
                    throw Diagnostic(
                        offset: position - 1, length: 1, message: "this brace opens nowhere; write }} for a brace")
                }
                position += 1
            default: break
            }
            result.append(next)
        }
        throw Diagnostic(offset: position, message: "this text has no end; close it with \"")
    }

    /// Reads free text up to `${` or the end; `$${` stands for `${`.
    mutating func freeText() -> (text: String, end: TextEnd) {
        var result = String.UnicodeScalarView()
        while let next = current {
            if next == "$", scalar(1) == "{" {
                position += 2
                return (String(result), .formula)
            }
            if next == "$", scalar(1) == "$", scalar(2) == "{" {
                result.append(contentsOf: "${".unicodeScalars)
                position += 3
                continue
            }
            result.append(next)
            position += 1
        }
        return (String(result), .end)
    }
}
