/// A regular expression as a tree.
indirect enum PatternNode: Sendable {
    case scalar(Unicode.Scalar)
    case set(ScalarSet)
    case any
    case lineStart
    case lineEnd
    case wordBoundary(isOne: Bool)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// A group with the number of its capture, if it has one.
    case group(Int?, PatternNode)
    case backreference(Int)
    case look(PatternNode, isAhead: Bool, isNegative: Bool)
    case repetition(PatternNode, minimum: Int, maximum: Int?, isLazy: Bool)
}

/// Reads regular expressions in the syntax of Power Fx.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private(set) var options: PatternOptions
    private(set) var groups: [String?] = []

    init(_ source: String, _ options: PatternOptions) {
        scalars = Array(source.unicodeScalars)
        self.options = options
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }
    private func scalar(_ ahead: Int) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard position + wanted.count <= scalars.count,
            scalars[position..<position + wanted.count].elementsEqual(wanted)
        else { return false }
        position += wanted.count
        return true
    }

    private func mistake(_ message: String) -> Pattern.Mistake {
        Pattern.Mistake(message: "in the regular expression, at character \(position + 1): \(message)")
    }

    mutating func parse() throws(Pattern.Mistake) -> PatternNode {
        guard scalars.count <= 10_000 else { throw mistake("it is longer than 10,000 characters") }
        if current == "(", scalar(1) == "?" { takeInlineOptions() }
        let node = try choice()
        guard current == nil else { throw mistake("this bracket closes nothing; write \\)") }
        return node
    }

    /// Reads `(?imsnx)` at the beginning.
    private mutating func takeInlineOptions() {
        let flags = scalars.dropFirst(position + 2).prefix { "imsx".unicodeScalars.contains($0) }
        guard !flags.isEmpty, scalars.dropFirst(position + 2 + flags.count).first == ")" else { return }
        for flag in flags {
            switch flag {
            case "i": options.ignoresCase = true
            case "m": options.isMultiline = true
            case "s": options.dotMatchesAll = true
            default: options.hasFreeSpacing = true
            }
        }
        position += 3 + flags.count
    }

    private mutating func choice() throws(Pattern.Mistake) -> PatternNode {
        guard depth < 50 else { throw mistake("it is nested deeper than 50") }
        depth += 1
        defer { depth -= 1 }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(Pattern.Mistake) -> PatternNode {
        var items: [PatternNode] = []
        while true {
            skipFreeSpace()
            guard let next = current, next != "|", next != ")" else { return .sequence(items) }
            let atom = try atom(next)
            items.append(try repeated(atom))
        }
    }

    private mutating func skipFreeSpace() {
        guard options.hasFreeSpacing else { return }
        while let next = current {
            if next.properties.isWhitespace {
                position += 1
            } else if next == "#" {
                while let inner = current, inner != "\n", inner != "\r" { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func atom(_ next: Unicode.Scalar) throws(Pattern.Mistake) -> PatternNode {
        switch next {
        case "(": return try group()
        case "[": return .set(try set())
        case "\\": return try escape()
        case ".":
            position += 1
            return .any
        case "^":
            position += 1
            return .lineStart
        case "$":
            position += 1
            return .lineEnd
        case "*", "+", "?": throw mistake("'\(next)' repeats nothing; write \\\(next) for the character")
        case "{", "}", "]": throw mistake("write \\\(next) for the character '\(next)'")
        default:
            position += 1
            return .scalar(next)
        }
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let next = current, ("0"..."9").contains(next) {
            value = min((value ?? 0) * 10 + Int(next.value - 48), 100_000)
            position += 1
        }
        return value
    }

    private mutating func repeated(_ atom: PatternNode) throws(Pattern.Mistake) -> PatternNode {
        skipFreeSpace()
        var bounds: (minimum: Int, maximum: Int?)
        switch current {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            position += 1
            guard let low = number() else { throw mistake("a number is missing behind {; write \\{ for the brace") }
            var high: Int? = low
            if take(",") { high = number() }
            guard current == "}" else { throw mistake("} is missing") }
            guard low <= 1_000, high ?? 0 <= 1_000, low <= high ?? low else {
                throw mistake("a part is repeated up to 1,000 times, the smaller number first")
            }
            bounds = (low, high)
        default: return atom
        }
        position += 1
        switch atom {
        case .lineStart, .lineEnd, .wordBoundary, .look: throw mistake("what is no character cannot be repeated")
        default: break
        }
        let isLazy = take("?")
        if let next = current, next == "*" || next == "+" || next == "?" || next == "{" {
            throw mistake("a repetition cannot be repeated; put it in brackets")
        }
        return .repetition(atom, minimum: bounds.minimum, maximum: bounds.maximum, isLazy: isLazy)
    }

    private mutating func group() throws(Pattern.Mistake) -> PatternNode {
        if take("(?#") {
            while let next = current, next != ")" {
                _ = next
                position += 1
            }
            guard take(")") else { throw mistake("this comment has no end") }
            return .sequence([])
        }
        let node: PatternNode
        if take("(?:") {
            node = .group(nil, try choice())
        } else if take("(?=") {
            node = .look(try choice(), isAhead: true, isNegative: false)
        } else if take("(?!") {
            node = .look(try choice(), isAhead: true, isNegative: true)
        } else if take("(?<=") {
            node = .look(try choice(), isAhead: false, isNegative: false)
        } else if take("(?<!") {
            node = .look(try choice(), isAhead: false, isNegative: true)
        } else if take("(?<") {
            node = try namedGroup()
        } else if scalar(1) == "?" {
            throw mistake("this kind of group is not supported")
        } else {
            position += 1
            var index: Int?
            if options.numbersGroups {
                index = groups.count
                groups.append(nil)
            }
            node = .group(index, try choice())
        }
        guard take(")") else { throw mistake("a bracket is not closed") }
        return node
    }

    private mutating func namedGroup() throws(Pattern.Mistake) -> PatternNode {
        guard !options.numbersGroups else { throw mistake("named groups do not go with NumberedSubMatches") }
        let name = try groupName()
        guard !groups.contains(name), name != "FullMatch", name != "StartMatch" else {
            throw mistake("there is a group '\(name)' already")
        }
        let index = groups.count
        groups.append(name)
        return .group(index, try choice())
    }

    private mutating func groupName() throws(Pattern.Mistake) -> String {
        let start = position
        while let next = current, next != ">" { position += next == ">" ? 0 : 1 }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: scalars[start..<position])
        guard take(">"), Spelling.isIdentifier(String(name)) else { throw mistake("the group's name is no name") }
        return String(name)
    }

    private mutating func escape() throws(Pattern.Mistake) -> PatternNode {
        if take("\\b") { return .wordBoundary(isOne: true) }
        if take("\\B") { return .wordBoundary(isOne: false) }
        if take("\\k<") {
            let name = try groupName()
            guard let index = groups.firstIndex(of: name) else {
                throw mistake("there is no group '\(name)' before it")
            }
            return .backreference(index)
        }
        if let digit = scalar(1), ("1"..."9").contains(digit) {
            position += 1
            guard let number = number(), options.numbersGroups, number <= groups.count else {
                throw mistake("there is no group of that number; MatchOptions.NumberedSubMatches counts groups")
            }
            return .backreference(number - 1)
        }
        if let kind = try characterClass() { return .set(ScalarSet(classes: [kind])) }
        return .scalar(try escapedScalar())
    }

    /// Reads `\d`, `\w`, `\s`, `\p{…}` and their opposites; `nil` for other escapes.
    private mutating func characterClass() throws(Pattern.Mistake) -> (kind: ScalarSet.Class, isNegative: Bool)? {
        switch scalar(1) {
        case "d", "D": position += 2; return (.digit, scalars[position - 1] == "D")
        case "w", "W": position += 2; return (.word, scalars[position - 1] == "W")
        case "s", "S": position += 2; return (.space, scalars[position - 1] == "S")
        case "p", "P":
            let isNegative = scalar(1) == "P"
            position += 2
            guard take("{") else { throw mistake("{ is missing behind \\p") }
            var name = String.UnicodeScalarView()
            while let next = current, next != "}" {
                name.append(next)
                position += 1
            }
            guard take("}"), ScalarSet.categories.contains(String(name)) else {
                throw mistake("there is no category of characters '\(String(name))'")
            }
            return (.category(String(name)), isNegative)
        default: return nil
        }
    }

    private mutating func hexadecimal(_ digits: Int) -> UInt32? {
        guard position + digits <= scalars.count else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[position..<position + digits] {
            guard let digit = Character(scalar).hexDigitValue, scalar.isASCII else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += digits
        return value
    }

    private mutating func escapedScalar() throws(Pattern.Mistake) -> Unicode.Scalar {
        position += 1
        guard let next = current else { throw mistake("a character is missing behind \\") }
        position += 1
        switch next {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{C}"
        case "x":
            guard let value = hexadecimal(2), let scalar = Unicode.Scalar(value) else {
                throw mistake("\\x takes two hexadecimal digits")
            }
            return scalar
        case "u": return try unicodeScalar()
        default:
            guard !(next.isASCII && next.properties.isAlphabetic), !("0"..."9").contains(next) else {
                throw mistake("\\\(next) is not supported")
            }
            return next
        }
    }

    private mutating func unicodeScalar() throws(Pattern.Mistake) -> Unicode.Scalar {
        if take("{") {
            var value: UInt32 = 0
            var count = 0
            while let next = current, next.isASCII, let digit = Character(next).hexDigitValue, count < 8 {
                value = value << 4 | UInt32(digit)
                position += 1
                count += 1
            }
            guard take("}"), count > 0, let scalar = Unicode.Scalar(value) else {
                throw mistake("\\u{…} takes the number of a Unicode character")
            }
            return scalar
        }
        guard var value = hexadecimal(4) else { throw mistake("\\u takes four hexadecimal digits") }
        if (0xD800..<0xDC00).contains(value), take("\\u"), let low = hexadecimal(4), (0xDC00..<0xE000).contains(low) {
            value = 0x10000 + (value - 0xD800) << 10 + low - 0xDC00
        }
        guard let scalar = Unicode.Scalar(value) else { throw mistake("half a surrogate pair is no character") }
        return scalar
    }

    private mutating func set() throws(Pattern.Mistake) -> ScalarSet {
        var set = ScalarSet()
        position += 1
        set.isNegative = take("^")
        while true {
            guard let next = current else { throw mistake("] is missing") }
            if next == "]" {
                position += 1
                guard !set.ranges.isEmpty || !set.classes.isEmpty else { throw mistake("this class has no character") }
                return set
            }
            if next == "\\", let kind = try characterClass() {
                set.classes.append(kind)
                continue
            }
            let low = try member()
            if current == "-", let after = scalar(1), after != "]" {
                position += 1
                if current == "\\", ["d", "w", "s", "p", "D", "W", "S", "P"].contains(scalar(1)) {
                    throw mistake("a class of characters ends no range")
                }
                let high = try member()
                guard low <= high else { throw mistake("this range runs backwards") }
                set.ranges.append(low...high)
            } else {
                set.ranges.append(low...low)
            }
        }
    }

    private mutating func member() throws(Pattern.Mistake) -> Unicode.Scalar {
        guard let next = current else { throw mistake("] is missing") }
        if next == "\\" { return try escapedScalar() }
        position += 1
        return next
    }
}
