/// The smallest pieces of a formula.
struct Token: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case number(Double)
        case text(String)
        case identifier(String)
        case symbol(String)
        case end
    }
    var kind: Kind
    var offset: Int
}

/// Cuts a formula into tokens.
struct Lexer {
    private let characters: [Character]
    private var position = 0

    init(_ source: String) { characters = Array(source) }

    private static let symbols = [
        "<=", ">=", "<>", "&&", "||", ";;", "(", ")", "{", "}", "[", "]", ",", ";", ".", ":", "+", "-", "*", "/", "^",
        "&", "=", "<", ">", "!", "%",
    ]

    mutating func tokens() throws(Diagnostic) -> [Token] {
        var tokens: [Token] = []
        while try skipSpace() {
            tokens.append(try next())
        }
        tokens.append(Token(kind: .end, offset: characters.count))
        return tokens
    }

    /// Skips white space and comments; returns whether anything is left.
    private mutating func skipSpace() throws(Diagnostic) -> Bool {
        while position < characters.count {
            if characters[position].isWhitespace {
                position += 1
            } else if starts(with: "//") {
                while position < characters.count, !characters[position].isNewline { position += 1 }
            } else if starts(with: "/*") {
                let start = position
                position += 2
                while position < characters.count, !starts(with: "*/") { position += 1 }
                guard position < characters.count else {
                    throw Diagnostic(offset: start, message: "this comment has no end; close it with */")
                }
                position += 2
            } else {
                return true
            }
        }
        return false
    }

    private func starts(with text: String) -> Bool {
        let wanted = Array(text)
        guard position + wanted.count <= characters.count else { return false }
        return characters[position..<position + wanted.count].elementsEqual(wanted)
    }

    private mutating func next() throws(Diagnostic) -> Token {
        let start = position
        let character = characters[position]
        if character == "\"" { return Token(kind: .text(try text()), offset: start) }
        if character == "'" { return Token(kind: .identifier(try quotedName()), offset: start) }
        if character.isASCII, character.isNumber || character == "." && peekIsDigit(1) {
            return Token(kind: .number(try number()), offset: start)
        }
        if character.isLetter || character == "_" {
            while position < characters.count,
                characters[position].isLetter || characters[position].isNumber || characters[position] == "_"
            {
                position += 1
            }
            return Token(kind: .identifier(String(characters[start..<position])), offset: start)
        }
        for symbol in Lexer.symbols where starts(with: symbol) {
            position += symbol.count
            return Token(kind: .symbol(symbol), offset: start)
        }
        throw Diagnostic(offset: start, message: "'\(character)' has no meaning here; remove it or put text in quotes")
    }

    private func peekIsDigit(_ ahead: Int) -> Bool {
        position + ahead < characters.count && characters[position + ahead].isASCII
            && characters[position + ahead].isNumber
    }

    /// A text in double quotes, a doubled quote standing for one.
    private mutating func text() throws(Diagnostic) -> String {
        let start = position
        position += 1
        var result = ""
        while position < characters.count {
            if characters[position] == "\"" {
                position += 1
                guard position < characters.count, characters[position] == "\"" else { return result }
            }
            result.append(characters[position])
            position += 1
        }
        throw Diagnostic(offset: start, message: "this text has no end; close it with a double quote")
    }

    private mutating func quotedName() throws(Diagnostic) -> String {
        let start = position
        position += 1
        let nameStart = position
        while position < characters.count, characters[position] != "'" { position += 1 }
        guard position < characters.count else {
            throw Diagnostic(offset: start, message: "this name has no end; close it with a single quote")
        }
        position += 1
        return String(characters[nameStart..<position - 1])
    }

    private mutating func number() throws(Diagnostic) -> Double {
        let start = position
        while position < characters.count,
            characters[position].isASCII && characters[position].isNumber || characters[position] == "."
        {
            position += 1
        }
        if position < characters.count, characters[position] == "e" || characters[position] == "E" {
            let sign = position + 1 < characters.count && "+-".contains(characters[position + 1]) ? 1 : 0
            if peekIsDigit(1 + sign) {
                position += 1 + sign
                while position < characters.count, peekIsDigit(0) { position += 1 }
            }
        }
        let text = String(characters[start..<position])
        guard let value = Double(text) else {
            throw Diagnostic(offset: start, message: "'\(text)' is no number")
        }
        return value
    }
}
