import Telephony

/// Reads dates and times as people write them.
struct DateReader {
    private enum Token: Equatable {
        case number(Int, digits: Int)
        case word(String)
        case mark(Character)
    }

    private let tokens: [Token]
    private let language: Language
    private var position = 0
    private var numbers: [(value: Int, digits: Int)] = []
    private var month: Int?
    private var milliseconds: Int64?
    private var isAfternoon: Bool?
    private var offsetInMinutes: Int?

    private init?(_ text: String, _ language: Language) {
        guard text.utf8.count <= 200 else { return nil }
        self.language = language
        var tokens: [Token] = []
        var rest = text.lowercased()[...]
        while let first = rest.first {
            if first.isASCII, first.isNumber {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                guard let value = Int(digits.prefix(9)) else { return nil }
                tokens.append(.number(value, digits: digits.count))
                rest = rest.dropFirst(digits.count)
            } else if first.isLetter {
                let word = rest.prefix { $0.isLetter }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                if !first.isWhitespace {
                    tokens.append(.mark(first))
                } else if tokens.last != .mark(" ") {
                    tokens.append(.mark(" "))
                }
                rest = rest.dropFirst()
            }
        }
        self.tokens = tokens
    }

    /// The moment that text names on the caller's calendar: a time alone is on day 0. `nil` when it names none.
    static func moment(_ text: String, _ language: Language, zone: Zone) -> LocalTime? {
        var reader = DateReader(text, language)
        return reader?.read(zone)
    }

    private func token(_ ahead: Int) -> Token? { position + ahead < tokens.count ? tokens[position + ahead] : nil }

    private mutating func read(_ zone: Zone) -> LocalTime? {
        while let token = token(0) {
            switch token {
            case .number(let value, let digits):
                if self.token(1) == .mark(":") {
                    guard milliseconds == nil, readTime(hour: value) else { return nil }
                } else if milliseconds == nil, case .word(let half)? = next(), halves.contains(half), digits <= 2,
                    !numbers.isEmpty || tokens.count < 4
                {
                    milliseconds = Int64(value) * 3_600_000
                    position += 1
                } else {
                    guard numbers.count < 3 else { return nil }
                    numbers.append((value, digits))
                    position += 1
                }
            case .word(let word):
                guard read(word) else { return nil }
            case .mark(let mark):
                guard " /-.,،、年月日".contains(mark) else { return nil }
                position += 1
            }
        }
        return assembled(zone)
    }

    private func next() -> Token? { token(1) == .mark(" ") ? token(2) : token(1) }

    private var halves: [String] {
        ["am", "pm", "a", "p", language.morning.lowercased(), language.afternoon.lowercased()]
    }

    /// Reads `:mm[:ss[.fff]]` behind an hour.
    private mutating func readTime(hour: Int) -> Bool {
        guard hour < 24, case .number(let minute, _)? = token(2), minute < 60 else { return false }
        position += 3
        var total = Int64(hour) * 3_600_000 + Int64(minute) * 60_000
        if token(0) == .mark(":"), case .number(let second, _)? = token(1), second < 60 {
            position += 2
            total += Int64(second) * 1_000
            if token(0) == .mark(".") || token(0) == .mark(":"), case .number(let value, let digits)? = token(1) {
                position += 2
                var fraction = Double(value)
                for _ in 0..<min(digits, 9) { fraction /= 10 }
                total += Int64((fraction * 1_000).rounded(.down))
            }
        }
        milliseconds = total
        return readOffset()
    }

    /// Reads `+hh:mm` or `-hhmm` behind a time; `z` is a word.
    private mutating func readOffset() -> Bool {
        guard let sign = token(0), sign == .mark("+") || sign == .mark("-"),
            case .number(let first, let digits)? = token(1)
        else { return true }
        position += 2
        var minutes = digits > 2 ? first / 100 * 60 + first % 100 : first * 60
        if token(0) == .mark(":"), case .number(let more, _)? = token(1) {
            minutes += more
            position += 2
        }
        offsetInMinutes = sign == .mark("+") ? minutes : -minutes
        return minutes < 24 * 60
    }

    private mutating func read(_ word: String) -> Bool {
        position += 1
        switch word {
        case "am", "a", language.morning.lowercased():
            isAfternoon = false
            return milliseconds != nil
        case "pm", "p", language.afternoon.lowercased():
            isAfternoon = true
            return milliseconds != nil
        case "t" where !numbers.isEmpty: return true
        case "z" where milliseconds != nil, "utc" where milliseconds != nil, "gmt" where milliseconds != nil:
            offsetInMinutes = offsetInMinutes ?? 0
            return true
        case "年", "月", "日", "de", "of", "the", "年月", "st", "nd", "rd", "th": return true
        default: break
        }
        if readMonth(word) { return true }
        return DateReader.weekday(word, language) || DateReader.weekday(word, .english)
    }

    /// Reads the name of a month, which may be several words.
    private mutating func readMonth(_ word: String) -> Bool {
        guard month == nil else { return false }
        let names =
            (language.months + language.shortMonths + language.monthsOfDates + Language.english.months
                + Language.english.shortMonths)
        for (index, name) in names.enumerated() {
            let trimmed = name.lowercased().split(whereSeparator: { $0 == "." || $0 == " " })
            guard let first = trimmed.first, String(first) == word else { continue }
            var ahead = 0
            let isWhole = trimmed.dropFirst().allSatisfy { part in
                while token(ahead) == .mark(" ") { ahead += 1 }
                defer { ahead += 1 }
                switch token(ahead) {
                case .word(let next)?: return next == part
                case .number(let value, _)?: return String(value) == part
                default: return false
                }
            }
            guard isWhole else { continue }
            if trimmed.count > 1 { position += ahead }
            month = index % 12 + 1
            return true
        }
        return false
    }

    private static func weekday(_ word: String, _ language: Language) -> Bool {
        (language.weekdays + language.shortWeekdays).contains {
            let name = $0.lowercased()
            return name == word || name.hasPrefix(word) && word.count >= 3 || name == word + "."
        }
    }

    private func assembled(_ zone: Zone) -> LocalTime? {
        var time = milliseconds ?? 0
        if let isAfternoon {
            let hour = time / 3_600_000
            guard hour <= 12 || isAfternoon else { return nil }
            if isAfternoon, hour < 12 { time += 12 * 3_600_000 }
            if !isAfternoon, hour == 12 { time -= 12 * 3_600_000 }
        }
        guard !numbers.isEmpty || month != nil else {
            return milliseconds == nil ? nil : LocalTime(milliseconds: time)
        }
        guard let (year, month, day) = fields, (1...9_999).contains(year), (1...12).contains(month),
            (1...LocalTime.daysInMonth(year: Int64(year), month: Int64(month))).contains(Int64(day))
        else { return nil }
        let days = LocalTime.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day))
        let local = LocalTime(milliseconds: days * LocalTime.millisecondsPerDay + time)
        guard let offsetInMinutes else { return local }
        let utc = Zone("UTC").moment(local).millisecondsSince1970 - Int64(offsetInMinutes) * 60_000
        return zone.local(.init(millisecondsSince1970: utc))
    }

    /// Year, month and day, by the language's order.
    private var fields: (Int, Int, Int)? {
        if let month {
            switch numbers.count {
            case 1: return numbers[0].digits > 2 ? (numbers[0].value, month, 1) : nil
            case 2:
                let isYearFirst = numbers[0].digits > 2
                let (year, day) = isYearFirst ? (numbers[0], numbers[1]) : (numbers[1], numbers[0])
                return (DateReader.year(year), month, day.value)
            default: return nil
            }
        }
        guard numbers.count == 3 else { return nil }
        if numbers[0].digits > 2 { return (numbers[0].value, numbers[1].value, numbers[2].value) }
        switch language.dateOrder {
        case .monthDayYear: return (DateReader.year(numbers[2]), numbers[0].value, numbers[1].value)
        case .dayMonthYear: return (DateReader.year(numbers[2]), numbers[1].value, numbers[0].value)
        case .yearMonthDay:
            return numbers[2].digits > 2
                ? (numbers[2].value, numbers[1].value, numbers[0].value)
                : (DateReader.year(numbers[0]), numbers[1].value, numbers[2].value)
        }
    }

    /// A year of two digits lies between 1950 and 2049.
    private static func year(_ number: (value: Int, digits: Int)) -> Int {
        number.digits > 2 ? number.value : number.value + (number.value < 50 ? 2_000 : 1_900)
    }

    /// The moment that ISO 8601 text names, as JSON has it: `yyyy-MM-dd`, with or without a time. `nil` for all else.
    static func iso(_ text: String, zone: Zone) -> LocalTime? {
        let pieces = text.split(whereSeparator: { $0 == "T" || $0 == "t" || $0 == " " })
        guard let date = pieces.first, pieces.count <= 2 else { return nil }
        let parts = date.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2] else { return nil }
        guard pieces.count == 2 else { return moment(text, .english, zone: zone) }
        return isISOTime(pieces[1]) ? moment(text, .english, zone: zone) : nil
    }

    /// Whether text is `hh:mm:ss` with or without a fraction and a zone.
    static func isISOTime(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].utf8.count == 2, parts[1].utf8.count == 2 else { return false }
        return parts[2].prefix { $0.isNumber }.utf8.count == 2
    }
}
