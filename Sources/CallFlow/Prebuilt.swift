import Formula
import Telephony

// Values of the entities that come with the language.

extension Entity.Prebuilt {
    /// The value that gathered keys stand for; `nil` when they stand for none.
    func value(ofKeys keys: [Digit], grammar: AnswerGrammar, in scope: some FormulaScope) -> Value? {
        let text = keys.map(\.description).joined()
        switch self {
        case .string, .phoneNumber, .zipCode: return .text(text)
        case .money:
            // The star is the decimal point, where it does not end the string.
            let parts = text.split(separator: "*", omittingEmptySubsequences: false)
            guard parts.count <= 2, !text.isEmpty else { return nil }
            return Double(parts.joined(separator: ".")).map { .number($0) }
        case .number, .age, .ordinal, .percentage, .speed, .temperature, .weight:
            return keys.allSatisfy { $0.number != nil } ? Double(text).map { .number($0) } : nil
        case .date:
            let numbers = keys.compactMap(\.number)
            guard numbers.count == keys.count else { return nil }
            let isDayFirst = grammar.language.lowercased() != "en-us"
            return days(grammar, in: scope).day(keys: numbers, isDayFirst: isDayFirst).flatMap { $0.value(in: scope) }
        default: return nil
        }
    }

    private func days(_ grammar: AnswerGrammar, in scope: some FormulaScope) -> DayWords {
        func part(_ formula: String) -> Int {
            guard let number = (try? Expression(formula))?.evaluate(in: scope).asNumber else { return 1 }
            return Words.whole(number) ?? 1
        }
        let today = DayWords.Day(year: part("Year(Now())"), month: part("Month(Now())"), day: part("Day(Now())"))
        return DayWords(today: today, prefersPast: grammar.prefersPast)
    }

    /// The value that words stand for; `nil` when they stand for none.
    func value(
        ofWords words: [String], text: String, grammar: AnswerGrammar, in scope: some FormulaScope
    ) -> Value? {
        switch self {
        case .string:
            if let digits = Words.digits(words) { return grammar.fits(digits.count) ? .text(digits) : nil }
            return grammar.gathering?.rule == nil || !grammar.hasRule ? .text(text) : nil
        case .zipCode, .phoneNumber:
            guard let digits = Words.digits(words) ?? Self.digits(in: text) else {
                return grammar.hasRule || self == .phoneNumber ? nil : .text(text)
            }
            return grammar.fits(digits.count) ? .text(digits) : nil
        case .number, .ordinal:
            if let digits = Words.digits(words) {
                return grammar.fits(digits.count) ? Double(digits).map { .number($0) } : nil
            }
            return number(words, grammar)
        case .age, .percentage, .speed, .temperature, .weight: return number(words, grammar)
        case .money: return money(words)
        case .date: return days(grammar, in: scope).day(words).flatMap { $0.value(in: scope) }
        case .dateTime, .dateTimeNoTimeZone: return moment(words, grammar, in: scope)
        case .duration: return Self.duration(words)
        case .email: return Self.address(text, needs: "@")
        case .url: return Self.address(text, needs: ".")
        case .color: return Self.known(words, Self.colors)
        case .continent: return Self.known(words, Self.continents)
        case .language: return Self.known(words, Self.languages)
        case .countryOrRegion, .city, .event, .organization, .personName, .pointOfInterest, .state, .streetAddress:
            return Self.bare(words, text)
        }
    }

    private func number(_ words: [String], _ grammar: AnswerGrammar) -> Value? {
        guard let (value, _) = Words.firstNumber(words) else { return nil }
        if grammar.hasRule, !grammar.fits(String(abs(Words.whole(value) ?? 0)).count) { return nil }
        return .number(value)
    }

    /// "twelve dollars and fifty cents", "five fifty".
    private func money(_ words: [String]) -> Value? {
        guard let (whole, range) = Words.firstNumber(words) else { return nil }
        let rest = Array(words[range.upperBound...])
        let isCents = rest.first.map { ["cent", "cents", "pence", "penny"].contains($0) } ?? false
        if isCents { return .number(whole / 100) }
        guard let (cents, _) = Words.firstNumber(rest), cents < 100, cents >= 0 else { return .number(whole) }
        return .number(whole + cents / 100)
    }

    private func moment(_ words: [String], _ grammar: AnswerGrammar, in scope: some FormulaScope) -> Value? {
        let days = days(grammar, in: scope)
        let minutes = DayWords.minutes(words)
        guard let day = days.day(words) ?? (minutes == nil ? nil : days.today) else { return nil }
        return day.value(minutes: minutes ?? 0, in: scope)
    }

    /// "two hours and ten minutes", in seconds.
    private static func duration(_ words: [String]) -> Value? {
        let units: [(String, Double)] = [
            ("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1),
        ]
        var seconds = 0.0
        var isFound = false
        for index in words.indices {
            guard let unit = units.first(where: { words[index] == $0.0 || words[index] == $0.0 + "s" }) else {
                continue
            }
            var start = index
            while start > 0, index - start < 4, Words.number(words[(start - 1)..<index])?.count == index - start + 1 {
                start -= 1
            }
            let number =
                start < index ? Words.number(words[start..<index])?.value : words[max(0, index - 1)] == "an" ? 1 : nil
            guard let number = number ?? (index > 0 && words[index - 1] == "a" ? 1 : nil) else { continue }
            seconds += number * unit.1
            isFound = true
        }
        return isFound && seconds.isFinite ? .number(seconds) : nil
    }

    /// The digits of a text that is a number written with separators.
    private static func digits(in text: String) -> String? {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        return digits.count >= 3 && text.allSatisfy { !$0.isLetter } ? digits : nil
    }

    /// "john dot smith at example dot com".
    private static func address(_ text: String, needs mark: String) -> Value? {
        let marks = ["at": "@", "dot": ".", "underscore": "_", "dash": "-", "hyphen": "-", "slash": "/", "colon": ":"]
        let joined = text.prefix(500).lowercased().split(whereSeparator: \.isWhitespace)
            .map { marks[String($0)] ?? String($0) }.joined()
        let parts = joined.split(separator: Character(mark), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }), joined.contains(".") else { return nil }
        return .text(joined)
    }

    /// Names as they were said, without the words with which callers begin.
    private static func bare(_ words: [String], _ text: String) -> Value? {
        let openings = [
            "my name is", "the name is", "this is", "i live in", "i am in", "i'm in", "i am", "i'm", "it is", "it's",
        ]
        for opening in openings.map(Words.split) where words.starts(with: opening) && words.count > opening.count {
            return .text(text.split(whereSeparator: \.isWhitespace).dropFirst(opening.count).joined(separator: " "))
        }
        return .text(text)
    }

    private static func known(_ words: [String], _ names: [String]) -> Value? {
        names.first { Words.contains(words, Words.split($0)) }.map { .text($0) }
    }

    private static let colors = [
        "black", "white", "gray", "grey", "red", "orange", "yellow", "green", "blue", "purple", "violet", "pink",
        "brown", "beige", "gold", "silver", "turquoise", "cyan", "magenta",
    ]
    private static let continents = [
        "Africa", "Antarctica", "Asia", "Australia", "Europe", "North America", "South America", "Oceania",
    ]
    private static let languages = [
        "Arabic", "Bengali", "Bulgarian", "Cantonese", "Chinese", "Croatian", "Czech", "Danish", "Dutch", "English",
        "Estonian", "Finnish", "French", "German", "Greek", "Hebrew", "Hindi", "Hungarian", "Indonesian", "Italian",
        "Japanese", "Korean", "Latvian", "Lithuanian", "Mandarin", "Norwegian", "Persian", "Polish", "Portuguese",
        "Punjabi", "Romanian", "Russian", "Serbian", "Slovak", "Slovenian", "Spanish", "Swedish", "Thai", "Turkish",
        "Ukrainian", "Urdu", "Vietnamese", "Welsh",
    ]
}

extension AnswerGrammar {
    /// The document says how many digits there are.
    var hasRule: Bool {
        switch gathering?.rule {
        case .fixed, .flexible: true
        case .untilKey, nil: false
        }
    }
}

extension DayWords.Day {
    /// The day as a value of Power Fx, at midnight or so many minutes later, in the caller's zone.
    func value(minutes: Int? = nil, in scope: some FormulaScope) -> Value? {
        let formula =
            minutes.map { "DateTime(\(year), \(month), \(day), \($0 / 60), \($0 % 60), 0)" }
            ?? "Date(\(year), \(month), \(day))"
        guard let value = (try? Expression(formula))?.evaluate(in: scope), value.error == nil else { return nil }
        return value
    }
}
