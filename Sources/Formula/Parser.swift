/// Reads a formula into a tree, by precedence climbing.
///
/// From the loosest: `Or ||`, `And &&`, `in exactin`, comparisons, `&`, `+ -`, `* /`, `As`, prefix `-`, `!` and `Not`,
/// `^`, `%`, members. All join to the left, `^` alone to the right.
struct Parser {
    private var scanner: Scanner
    private var token: Token
    /// Where the token before this one ends.
    private var lastEnd = 0
    private var depth = 0

    /// Brackets, calls and prefixes within one another; deeper formulas are refused.
    static let deepest = 60
    /// Operators in a row that each need the result of the one before.
    static let highest = 160

    private init(_ scanner: Scanner) {
        self.scanner = scanner
        token = Token(kind: .end, span: 0..<0)
    }

    /// Reads a formula.
    static func formula(_ source: String) throws(Diagnostic) -> Syntax {
        let scalars = Array(source.unicodeScalars)
        guard scalars.count <= 200_000 else {
            throw Diagnostic(offset: 0, message: "the formula is longer than 200,000 characters; take it apart")
        }
        var parser = Parser(Scanner(scalars))
        return try parser.whole()
    }

    /// Reads text with formulas in `${…}`, or a formula after an equals sign.
    static func textFirst(_ source: String) throws(Diagnostic) -> Syntax {
        let scalars = Array(source.unicodeScalars)
        if scalars.first == "=" {
            var parser = Parser(Scanner(scalars, from: 1))
            return try parser.whole()
        }
        var parser = Parser(Scanner(scalars))
        return try parser.interpolation(from: 0) { (scanner) throws(Diagnostic) in scanner.freeText() }
    }

    private mutating func whole() throws(Diagnostic) -> Syntax {
        try advance()
        if token.kind == .end { return Syntax(kind: .empty, span: token.span, height: 1) }
        let syntax = try sequence()
        guard token.kind == .end else {
            throw unexpected("the formula goes on after its end: \(shown)")
        }
        return syntax
    }

    // MARK: - Tokens

    private mutating func advance() throws(Diagnostic) {
        lastEnd = token.span.upperBound
        token = try scanner.next()
    }

    private var shown: String {
        switch token.kind {
        case .number(let text), .name(let text): "'\(text)'"
        case .quotedName(let text): "the name '\(text)'"
        case .text, .interpolation: "a text"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "the end"
        }
    }

    private func unexpected(_ message: String) -> Diagnostic {
        Diagnostic(offset: token.span.lowerBound, length: token.span.count, message: message)
    }

    private mutating func take(_ symbol: String) throws(Diagnostic) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ symbol: String, _ why: String) throws(Diagnostic) {
        guard try take(symbol) else { throw unexpected("'\(symbol)' is missing \(why); found \(shown)") }
    }

    private func node(_ kind: Syntax.Kind, from start: Int, _ children: [Syntax]) throws(Diagnostic) -> Syntax {
        let height = 1 + (children.map(\.height).max() ?? 0)
        guard height <= Parser.highest else {
            throw Diagnostic(
                offset: start, message: "more than \(Parser.highest) operators stand within one another; take it apart")
        }
        return Syntax(kind: kind, span: start..<max(start, lastEnd), height: height)
    }

    private mutating func nested<Result>(
        _ body: (inout Parser) throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        guard depth < Parser.deepest else {
            throw unexpected("the formula is nested deeper than \(Parser.deepest); take it apart")
        }
        depth += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    // MARK: - Expressions

    private mutating func sequence() throws(Diagnostic) -> Syntax {
        let first = try expression(1)
        guard token.kind == .symbol(";") else { return first }
        var items = [first]
        while try take(";") {
            if token.kind == .end || token.kind == .symbol(")") || token.kind == .symbol(",") { break }
            items.append(try expression(1))
        }
        return try node(.sequence(items), from: first.span.lowerBound, items)
    }

    private var operatorHere: Operator? {
        switch token.kind {
        case .symbol(let symbol): symbol == "As" ? nil : Operator(rawValue: symbol)
        case .name("Or"): .or
        case .name("And"): .and
        case .name("in"): .isIn
        case .name("exactin"): .isExactlyIn
        case .name("As"): .alias
        default: nil
        }
    }

    private mutating func expression(_ minimum: Int) throws(Diagnostic) -> Syntax {
        var left = try prefix()
        while let symbol = operatorHere, symbol.precedence >= minimum {
            let span = token.span
            let start = left.span.lowerBound
            try advance()
            if symbol == .alias {
                let name = try name("after As")
                left = try node(.alias(left, name), from: start, [left])
            } else if symbol == .power {
                let right = try nested { (parser) throws(Diagnostic) in
                    try parser.expression(Operator.prefixPrecedence)
                }
                left = try node(.binary(symbol, left, right, span), from: start, [left, right])
            } else {
                let right = try expression(symbol.precedence + 1)
                left = try joined(left, symbol, right, span)
            }
        }
        return left
    }

    private func joined(
        _ left: Syntax, _ symbol: Operator, _ right: Syntax, _ span: Range<Int>
    ) throws(Diagnostic) -> Syntax {
        let start = left.span.lowerBound
        guard symbol.isChain else { return try node(.binary(symbol, left, right, span), from: start, [left, right]) }
        if case .chain(symbol, let items) = left.kind, !left.isBracketed(in: scanner) {
            let height = max(left.height, right.height + 1)
            return Syntax(kind: .chain(symbol, items + [right]), span: start..<lastEnd, height: height)
        }
        return try node(.chain(symbol, [left, right]), from: start, [left, right])
    }

    private mutating func prefix() throws(Diagnostic) -> Syntax {
        let start = token.span.lowerBound
        let isNot = token.kind == .symbol("!") || token.kind == .name("Not")
        guard isNot || token.kind == .symbol("-") else { return try postfix() }
        return try nested { (parser) throws(Diagnostic) in
            try parser.advance()
            let inner = try parser.expression(Operator.prefixPrecedence)
            return try parser.node(isNot ? .not(inner) : .negation(inner), from: start, [inner])
        }
    }

    private mutating func postfix() throws(Diagnostic) -> Syntax {
        var syntax = try primary()
        let start = syntax.span.lowerBound
        while true {
            if try take("%") {
                syntax = try node(.percent(syntax), from: start, [syntax])
            } else if token.kind == .symbol(".") || token.kind == .symbol("!") {
                try advance()
                let span = token.span
                syntax = try node(.member(syntax, try name("after '.'"), span), from: start, [syntax])
            } else if case .name = syntax.kind, token.kind == .symbol("[@") {
                try advance()
                let span = token.span
                let member = try name("after [@")
                try expect("]", "to close [@")
                syntax = try node(.member(syntax, member, span), from: start, [syntax])
            } else {
                return syntax
            }
        }
    }

    private mutating func name(_ place: String) throws(Diagnostic) -> String {
        switch token.kind {
        case .name(let name), .quotedName(let name):
            try advance()
            return name
        default: throw unexpected("a name is missing \(place); found \(shown)")
        }
    }

    private mutating func primary() throws(Diagnostic) -> Syntax {
        let start = token.span.lowerBound
        switch token.kind {
        case .number(let text):
            try advance()
            return try node(.number(text), from: start, [])
        case .text(let text):
            try advance()
            return try node(.text(text), from: start, [])
        case .interpolation:
            return try nested { (parser) throws(Diagnostic) in
                let text = try parser.interpolation(from: start) { (scanner) throws(Diagnostic) in
                    try scanner.interpolatedText()
                }
                try parser.advance()
                parser.lastEnd = text.span.upperBound
                return text
            }
        case .name(let word):
            try advance()
            return try named(word, start, isQuoted: false)
        case .quotedName(let word):
            try advance()
            return try named(word, start, isQuoted: true)
        case .symbol(let symbol): return try bracketed(symbol, start)
        case .end: throw unexpected("a value is missing before the end")
        }
    }

    private mutating func bracketed(_ symbol: String, _ start: Int) throws(Diagnostic) -> Syntax {
        try nested { (parser) throws(Diagnostic) in
            switch symbol {
            case "(":
                try parser.advance()
                var inner = try parser.sequence()
                try parser.expect(")", "to close the bracket")
                inner.span = start..<parser.lastEnd
                return inner
            case "{": return try parser.record(start)
            case "[":
                try parser.advance()
                let items = try parser.list(until: "]", "to close the table")
                return try parser.node(.table(items), from: start, items)
            case "[@":
                try parser.advance()
                let name = try parser.name("after [@")
                try parser.expect("]", "to close [@")
                return try parser.node(.global(name), from: start, [])
            default: throw parser.unexpected("a value is missing before \(parser.shown)")
            }
        }
    }

    private mutating func named(_ word: String, _ start: Int, isQuoted: Bool) throws(Diagnostic) -> Syntax {
        if try take("(") {
            return try nested { (parser) throws(Diagnostic) in
                let items = try parser.list(until: ")", "to close \(word)(")
                return try parser.node(.call(word, items), from: start, items)
            }
        }
        guard !isQuoted else { return try node(.name(word), from: start, []) }
        switch word {
        case "true", "false": return try node(.boolean(word == "true"), from: start, [])
        case "And", "Or", "in", "exactin", "As":
            throw Diagnostic(
                offset: start, length: word.unicodeScalars.count, message: "a value is missing before '\(word)'")
        default: return try node(.name(word), from: start, [])
        }
    }

    private mutating func list(until end: String, _ why: String) throws(Diagnostic) -> [Syntax] {
        var items: [Syntax] = []
        if try take(end) { return items }
        repeat { items.append(try sequence()) } while try take(",")
        try expect(end, why)
        return items
    }

    private mutating func record(_ start: Int) throws(Diagnostic) -> Syntax {
        try advance()
        var fields: [(name: String, span: Range<Int>, value: Syntax)] = []
        if try take("}") { return try node(.record([]), from: start, []) }
        repeat {
            let span = token.span
            let name = try name("for a field")
            try expect(":", "after the field's name")
            fields.append((name, span, try sequence()))
        } while try take(",")
        try expect("}", "to close the record")
        return try node(.record(fields), from: start, fields.map(\.value))
    }

    /// Texts and formulas in turn.
    private mutating func interpolation(
        from start: Int,
        _ text: (inout Scanner) throws(Diagnostic) -> (text: String, end: Scanner.TextEnd)
    ) throws(Diagnostic) -> Syntax {
        var parts: [Syntax] = []
        while true {
            let textStart = scanner.position
            let (literal, end) = try text(&scanner)
            if !literal.isEmpty {
                parts.append(Syntax(kind: .text(literal), span: textStart..<scanner.position, height: 1))
            }
            guard end == .formula else { break }
            try advance()
            guard token.kind != .symbol("}") else {
                throw unexpected("a formula is missing between the braces; write {{ and }} for braces")
            }
            parts.append(try nested { (parser) throws(Diagnostic) in try parser.sequence() })
            guard token.kind == .symbol("}") else {
                throw unexpected("'}' is missing behind the formula; found \(shown)")
            }
        }
        lastEnd = scanner.position
        return try node(.interpolation(parts), from: start, parts)
    }
}

extension Syntax {
    /// It stands in brackets of its own.
    fileprivate func isBracketed(in scanner: Scanner) -> Bool {
        guard span.lowerBound < scanner.scalars.count else { return false }
        guard case .chain(_, let items) = kind, let first = items.first else { return false }
        return scanner.scalars[span.lowerBound] == "(" && first.span.lowerBound != span.lowerBound
    }
}
