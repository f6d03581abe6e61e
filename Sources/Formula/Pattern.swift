/// What `MatchOptions` switch on: letters in a text, so that `&` joins them.
struct PatternOptions: Sendable, Equatable {
    static let members: [(name: String, flags: String)] = [
        ("Contains", "c"), ("Complete", "^c$"), ("BeginsWith", "^c"), ("EndsWith", "c$"), ("IgnoreCase", "i"),
        ("Multiline", "m"), ("FreeSpacing", "x"), ("DotAll", "s"), ("NumberedSubMatches", "N"), ("None", ""),
    ]

    var beginsAtStart = false
    var endsAtEnd = false
    var ignoresCase = false
    var isMultiline = false
    var hasFreeSpacing = false
    var dotMatchesAll = false
    var numbersGroups = false

    init(_ flags: String) {
        for flag in flags {
            switch flag {
            case "^": beginsAtStart = true
            case "$": endsAtEnd = true
            case "i": ignoresCase = true
            case "m": isMultiline = true
            case "x": hasFreeSpacing = true
            case "s": dotMatchesAll = true
            case "N": numbersGroups = true
            default: break
            }
        }
    }
}

/// A regular expression of Power Fx, compiled for a matcher that counts its steps.
final class Pattern: Sendable {
    /// Why text is no regular expression.
    struct Mistake: Error {
        var message: String
    }

    /// The members of `Match`, with their regular expressions.
    static let classes: [(name: String, pattern: String)] = [
        ("Any", "."), ("Comma", ","), ("Digit", "\\d"),
        ("Email", "[\\w.!#$%&'*+/=?^`{|}~\\-]+@[\\w\\-]+(?:\\.[\\w\\-]+)*\\.[\\w\\-]{2,}"), ("Hyphen", "\\-"),
        ("LeftParen", "\\("), ("Letter", "\\p{L}"), ("MultipleDigits", "\\d+"), ("MultipleLetters", "\\p{L}+"),
        ("MultipleNonSpaces", "\\S+"), ("MultipleSpaces", "\\s+"), ("NonSpace", "\\S"), ("OptionalDigits", "\\d*"),
        ("OptionalLetters", "\\p{L}*"), ("OptionalNonSpaces", "\\S*"), ("OptionalSpaces", "\\s*"), ("Period", "\\."),
        ("RightParen", "\\)"), ("Space", "\\s"), ("Tab", "\\t"),
    ]

    /// A step of the matcher's program.
    enum Instruction: Sendable {
        case scalar(Unicode.Scalar)
        case set(ScalarSet)
        case any
        case lineStart
        case lineEnd
        case wordBoundary(isOne: Bool)
        /// Goes on at the first place, and at the second when that fails.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        /// Goes on unless the loop has made no way since the slot was saved.
        case progress(Int)
        case backreference(Int)
        /// The program up to the place given must match, or must not, ahead of here or behind.
        case look(end: Int, isAhead: Bool, isNegative: Bool)
        case match
    }

    let program: [Instruction]
    let options: PatternOptions
    /// Groups that are captured, in order; without a name those that are numbered.
    let groups: [String?]
    /// Slots: two a group and one a loop.
    let slotCount: Int

    init(_ source: String, _ options: PatternOptions) throws(Mistake) {
        var parser = PatternParser(source, options)
        let tree = try parser.parse()
        self.options = parser.options
        groups = parser.groups
        var compiler = PatternCompiler(slotCount: 2 + parser.groups.count * 2)
        if options.beginsAtStart { compiler.program.append(.lineStart) }
        try compiler.add(tree)
        if options.endsAtEnd { compiler.program.append(.lineEnd) }
        compiler.program.append(.match)
        program = compiler.program
        slotCount = compiler.slotCount
    }
}

/// A set of Unicode scalars, by ranges and classes.
struct ScalarSet: Sendable {
    /// A class of characters.
    enum Class: Sendable {
        case digit, word, space
        /// A general category by its one or two letters.
        case category(String)
    }

    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var classes: [(kind: Class, isNegative: Bool)] = []
    var isNegative = false

    func contains(_ scalar: Unicode.Scalar, ignoresCase: Bool) -> Bool {
        var found = holds(scalar)
        if !found, ignoresCase { found = holds(ScalarSet.small(scalar)) || holds(ScalarSet.large(scalar)) }
        return found != isNegative
    }

    private func holds(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) }
            || classes.contains { ScalarSet.belongs(scalar, to: $0.kind) != $0.isNegative }
    }

    static func small(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
        }
        let mapped = scalar.properties.lowercaseMapping.unicodeScalars
        return mapped.count == 1 ? mapped.first ?? scalar : scalar
    }

    static func large(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) & 0xDF) : scalar
        }
        let mapped = scalar.properties.uppercaseMapping.unicodeScalars
        return mapped.count == 1 ? mapped.first ?? scalar : scalar
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || scalar == "_"
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .decimalNumber, .connectorPunctuation:
            return true
        default: return false
        }
    }

    private static func belongs(_ scalar: Unicode.Scalar, to kind: Class) -> Bool {
        switch kind {
        case .digit: scalar.isASCII ? ("0"..."9").contains(scalar) : scalar.properties.generalCategory == .decimalNumber
        case .word: isWord(scalar)
        case .space: scalar.properties.isWhitespace
        case .category(let name): category(scalar).hasPrefix(name)
        }
    }

    static let categories: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    private static func category(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
