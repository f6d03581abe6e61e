/// The formats that `Text` takes, which are those of Excel.
enum TextFormat {
    static func text(
        _ value: Value, _ format: String, _ language: Language, _ evaluator: inout Evaluator
    ) -> Value {
        guard format.utf8.count <= 1_000 else {
            return .error(.invalidArgument, "the format is longer than 1,000 characters")
        }
        var format = format
        var language = language
        if format.hasPrefix("[$-"), let end = format.firstIndex(of: "]") {
            let code = String(format[format.index(format.startIndex, offsetBy: 3)..<end])
            if let named = evaluator.cachedLanguage(code), language.code == Language.english.code { language = named }
            format = String(format[format.index(after: end)...])
        }
        switch value.kind {
        case .text(let text):
            guard let number = Coercion.number(text, language, float: evaluator.options.numberIsFloat) else {
                guard let moment = DateReader.moment(text, language, zone: evaluator.zone) else {
                    return .error(.invalidArgument, "a format needs a number or a date, not this text")
                }
                return self.text(Value(.dateTime(moment)), format, language, &evaluator)
            }
            return number.isBlank ? .text("") : self.text(number, format, language, &evaluator)
        case .boolean, .guid, .choice, .color: return evaluator.text(value)
        case .untyped:
            guard let number = Coercion.number(value.kind, float: evaluator.options.numberIsFloat) else {
                return .error(.invalidArgument, "a format needs a number or a date, not this JSON")
            }
            return self.text(number, format, language, &evaluator)
        default: break
        }
        let isNumber = value.kind.type.isNumeric
        if let named = DateFormat.allCases.first(where: { $0.rawValue.lowercased() == format.lowercased() }) {
            guard let moment = Coercion.moment(value.kind, language, zone: evaluator.zone).moment else {
                return .error(.invalidArgument, "the number is no date")
            }
            return .text(DateText.named(named, wrapped(moment, value), language, zone: evaluator.zone))
        }
        if isNumber ? !looksLikeDate(format) : looksLikeNumber(format) {
            guard let number = Coercion.number(value.kind, float: evaluator.options.numberIsFloat) else {
                return .error(.invalidArgument, "a format needs a number or a date, not \(value.kind.summary)")
            }
            return .text(NumberFormat(format).text(number, language))
        }
        guard let moment = Coercion.moment(value.kind, language, zone: evaluator.zone).moment else {
            return .error(.invalidArgument, "the number is no date")
        }
        return .text(DateTextFormat.text(wrapped(moment, value), format, language))
    }

    /// A span of time as a time of day.
    private static func wrapped(_ moment: LocalTime, _ value: Value) -> LocalTime {
        guard case .time = value.kind else { return moment }
        return LocalTime(milliseconds: moment.milliseconds.flooredRemainder(LocalTime.millisecondsPerDay))
    }

    /// The format's characters that are not quoted.
    private static func bare(_ format: String) -> [Character] {
        var result: [Character] = []
        var isQuoted = false
        var isEscaped = false
        for character in format {
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted {
                result.append(character)
            }
        }
        return result
    }

    private static func looksLikeDate(_ format: String) -> Bool {
        let characters = bare(format)
        return characters.contains { "dmyhsDMYHS".contains($0) } && !characters.contains { "#".contains($0) }
            && !(characters.contains("0") && !characters.contains { "yhsYHS".contains($0) })
    }

    private static func looksLikeNumber(_ format: String) -> Bool {
        let characters = bare(format)
        return characters.contains { "0#".contains($0) } && !characters.contains { "dmyhsDMYHS".contains($0) }
    }
}

/// A format of numbers: `0` and `#` for digits, `,` for groups, `.`, `%`, texts in quotes, sections for signs.
struct NumberFormat {
    private enum Piece: Equatable {
        case literal(String)
        /// A digit, shown as zero where there is none when it is required.
        case digit(isRequired: Bool)
    }

    private struct Section {
        var whole: [Piece] = []
        var fraction: [Piece] = []
        var hasPoint = false
        var hasGroups = false
        var percents = 0
        /// The smallest number of digits of an exponent, and whether it has a plus sign.
        var exponent: (digits: Int, hasSign: Bool)?
        var thousands = 0
        var hasDigits: Bool { (whole + fraction).contains { if case .digit = $0 { true } else { false } } }
    }

    private let sections: [Section]

    init(_ format: String) {
        sections = NumberFormat.split(format).prefix(3).map { NumberFormat.section(Array($0)) }
    }

    private static func split(_ format: String) -> [String] {
        var result = [""]
        var isQuoted = false
        for character in format {
            if character == "\"" { isQuoted.toggle() }
            if character == ";", !isQuoted { result.append("") } else { result[result.count - 1].append(character) }
        }
        return result
    }

    private static func section(_ characters: [Character]) -> Section {
        var section = Section()
        var index = 0
        func add(_ piece: Piece) {
            if section.hasPoint { section.fraction.append(piece) } else { section.whole.append(piece) }
        }
        while index < characters.count {
            let character = characters[index]
            index += 1
            switch character {
            case "0", "#": add(.digit(isRequired: character == "0"))
            case "." where !section.hasPoint: section.hasPoint = true
            case ",":
                let isBehindDigit = section.whole.contains { if case .digit = $0 { true } else { false } }
                let isBeforeDigit = characters[index...].prefix { $0 != "." }.contains { "0#".contains($0) }
                if section.hasPoint || !isBehindDigit {
                    add(.literal(","))
                } else if isBeforeDigit {
                    section.hasGroups = true
                } else {
                    section.thousands += 1
                }
            case "%":
                section.percents += 1
                add(.literal("%"))
            case "\\" where index < characters.count:
                add(.literal(String(characters[index])))
                index += 1
            case "\"":
                var text = ""
                while index < characters.count, characters[index] != "\"" {
                    text.append(characters[index])
                    index += 1
                }
                index += 1
                add(.literal(text))
            case "E", "e":
                let hasSign = index < characters.count && (characters[index] == "+" || characters[index] == "-")
                let digits = characters.dropFirst(index + (hasSign ? 1 : 0)).prefix { $0 == "0" }.count
                if section.exponent == nil, digits > 0, section.hasDigits {
                    section.exponent = (digits, hasSign && characters[index] == "+")
                    index += digits + (hasSign ? 1 : 0)
                } else {
                    add(.literal(String(character)))
                }
            default: add(.literal(String(character)))
            }
        }
        return section
    }

    func text(_ value: Value, _ language: Language) -> String {
        guard let number = Number(value.kind), let first = sections.first else { return "" }
        let isNegative =
            switch number {
            case .decimal(let decimal): decimal.isNegative
            case .float(let double): double < 0
            }
        var section = first
        var hasSign = isNegative
        if isNegative, sections.count > 1, !(sections[1].whole.isEmpty && sections[1].fraction.isEmpty) {
            section = sections[1]
            hasSign = false
        } else if number.isZero, sections.count > 2 {
            section = sections[2]
        }
        let (text, isZero) = NumberFormat.text(number, section, language)
        return (hasSign && !isZero ? "-" : "") + text
    }

    private static func text(_ number: Number, _ section: Section, _ language: Language) -> (text: String, isZero: Bool)
    {
        let places = section.fraction.count { if case .digit = $0 { true } else { false } }
        var shift = section.percents * 2 - section.thousands * 3
        var exponent = 0
        if section.exponent != nil, !number.isZero {
            exponent =
                NumberText.parts(number.double).exponent
                - max(0, section.whole.count { if case .digit = $0 { true } else { false } } - 1)
            shift -= exponent
        }
        let (whole, fraction) = digits(number, shift: shift, places: places)
        var text = filled(section.whole, whole, language, section.hasGroups)
        let shown = filledFraction(section.fraction, fraction)
        if section.hasPoint, shown.hasDigit { text.append(language.decimalSeparator) }
        text += shown.text
        if let form = section.exponent {
            let size = String(exponent.magnitude)
            text += "E" + (exponent < 0 ? "-" : form.hasSign ? "+" : "")
            text += String(repeating: "0", count: max(0, form.digits - size.count)) + size
        }
        let isZero = whole.allSatisfy { $0 == "0" } && fraction.allSatisfy { $0 == "0" }
        return (text, isZero)
    }

    /// The digits before and behind the point of a number that is moved by powers of ten and rounded.
    private static func digits(_ number: Number, shift: Int, places: Int) -> (whole: [Character], fraction: [Character])
    {
        var digits: [Character]
        var point: Int
        switch number {
        case .decimal(let decimal):
            digits = Array(String(decimal.digits))
            point = digits.count - Int(decimal.scale)
        case .float(let double):
            let parts = NumberText.parts(double)
            digits = Array(parts.digits)
            point = parts.exponent + 1
        }
        point += shift
        if point < 0 {
            digits = Array(repeating: "0", count: min(-point, 400)) + digits
            point = 0
        }
        while digits.count < point { digits.append("0") }
        var kept = Array(digits.prefix(point + places))
        if digits.count > point + places, let next = digits[point + places].wholeNumberValue, next >= 5 {
            var index = kept.count - 1
            while index >= 0, kept[index] == "9" {
                kept[index] = "0"
                index -= 1
            }
            if index >= 0 {
                kept[index] = Character(String((kept[index].wholeNumberValue ?? 0) + 1))
            } else {
                kept.insert("1", at: 0)
                point += 1
            }
        }
        let whole = Array(kept.prefix(point).drop { $0 == "0" })
        var fraction = Array(kept.dropFirst(point))
        while fraction.last == "0" { fraction.removeLast() }
        return (whole, fraction)
    }

    /// Digits put into the places before the point, from the right; those that have no place stand before the first.
    private static func filled(_ pieces: [Piece], _ digits: [Character], _ language: Language, _ hasGroups: Bool)
        -> String
    {
        var result: [String] = []
        var rest = digits
        var written = 0
        var places = pieces.count { if case .digit = $0 { true } else { false } }
        func put(_ digit: Character) {
            if hasGroups, written > 0, written % 3 == 0 { result.append(String(language.groupSeparator)) }
            result.append(String(digit))
            written += 1
        }
        for piece in pieces.reversed() {
            switch piece {
            case .literal(let text): result.append(text)
            case .digit(let isRequired):
                if let digit = rest.popLast() { put(digit) } else if isRequired { put("0") }
                places -= 1
                if places == 0 { while let digit = rest.popLast() { put(digit) } }
            }
        }
        return result.reversed().joined()
    }

    private static func filledFraction(_ pieces: [Piece], _ digits: [Character]) -> (text: String, hasDigit: Bool) {
        var text = ""
        var index = 0
        var hasDigit = false
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .digit(let isRequired):
                if index < digits.count {
                    text.append(digits[index])
                    hasDigit = true
                } else if isRequired {
                    text += "0"
                    hasDigit = true
                }
                index += 1
            }
        }
        return (text, hasDigit)
    }
}

/// A format of dates and times: runs of `d`, `m`, `y`, `h` and `s`, `AM/PM`, texts in quotes.
enum DateTextFormat {
    private enum Piece {
        case literal(String)
        /// A letter in lower case and how often it stands there.
        case field(Character, Int)
        case half(isLong: Bool)
        case fraction(Int)
    }

    static func text(_ time: LocalTime, _ format: String, _ language: Language) -> String {
        let pieces = self.pieces(Array(format))
        let has12Hours = pieces.contains { if case .half = $0 { true } else { false } }
        return pieces.enumerated().map { index, piece in
            switch piece {
            case .literal(let text): return text
            case .half(let isLong):
                let half = time.hour < 12 ? language.morning : language.afternoon
                return isLong ? half : String(half.prefix(1))
            case .fraction(let digits): return String(DateText.padded(time.millisecond, 3).prefix(digits))
            case .field("m", let count) where count <= 2 && isMinute(pieces, index):
                return DateText.padded(time.minute, count)
            case .field(let letter, let count): return field(letter, count, time, language, has12Hours)
            }
        }.joined()
    }

    private static func pieces(_ characters: [Character]) -> [Piece] {
        var result: [Piece] = []
        var index = 0
        while index < characters.count {
            let character = characters[index]
            let rest = String(characters[index...].prefix(5)).lowercased()
            if rest == "am/pm" {
                result.append(.half(isLong: true))
                index += 5
            } else if rest.hasPrefix("a/p") {
                result.append(.half(isLong: false))
                index += 3
            } else if character == "\"" {
                let text = characters[(index + 1)...].prefix { $0 != "\"" }
                result.append(.literal(String(text)))
                index += text.count + 2
            } else if character == "\\", index + 1 < characters.count {
                result.append(.literal(String(characters[index + 1])))
                index += 2
            } else if let letter = character.lowercased().first, "dmyhs".contains(letter) {
                let run = characters[index...].prefix { $0.lowercased().first == letter }.count
                result.append(.field(letter, run))
                index += run
            } else if character == "0", case .literal(".")? = result.last {
                let run = characters[index...].prefix { $0 == "0" }.count
                result.append(.fraction(min(run, 3)))
                index += run
            } else {
                result.append(.literal(String(character)))
                index += 1
            }
        }
        return result
    }

    /// An `m` next to an hour or a second means minutes.
    private static func isMinute(_ pieces: [Piece], _ index: Int) -> Bool {
        func letter(_ piece: Piece) -> Character? { if case .field(let letter, _) = piece { letter } else { nil } }
        let before = pieces[..<index].last { letter($0) != nil }.flatMap(letter)
        let after = pieces[(index + 1)...].first { letter($0) != nil }.flatMap(letter)
        return before == "h" || after == "s"
    }

    private static func field(
        _ letter: Character, _ count: Int, _ time: LocalTime, _ language: Language, _ has12Hours: Bool
    ) -> String {
        switch (letter, count) {
        case ("d", 1...2): DateText.padded(time.dayOfMonth, count)
        case ("d", 3): language.shortWeekdays[time.weekday]
        case ("d", _): language.weekdays[time.weekday]
        case ("m", 1...2): DateText.padded(time.month, count)
        case ("m", 3): language.shortMonths[time.month - 1]
        case ("m", 5): String(language.months[time.month - 1].prefix(1))
        case ("m", _): language.months[time.month - 1]
        case ("y", 1...2): DateText.padded(time.year % 100, 2)
        case ("y", _): DateText.padded(time.year, 4)
        case ("h", _): DateText.padded(has12Hours ? (time.hour + 11) % 12 + 1 : time.hour, min(count, 2))
        default: DateText.padded(time.second, min(count, 2))
        }
    }
}
