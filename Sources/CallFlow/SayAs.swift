/// `say-as` of SSML: how a stretch of text is to be read. Turns it into words that any synthesiser says right.
package struct SayAs: Sendable, Hashable {
    package enum Reading: String, Sendable, CaseIterable {
        case characters, digits, telephone, cardinal, ordinal, date, time, currency, name, address, fraction
    }

    package var reading: Reading
    /// Of a date: `mdy`, `dmy`, `ymd` and parts of them; of a time: `hms12`, `hms24`.
    package var format: String

    /// - Parameter name: the value of `interpret-as`; `nil` when there is no such reading.
    package init?(_ name: String, format: String = "") {
        switch name.lowercased() {
        case "spell-out", "spell", "letters", "verbatim", "alphanumeric": reading = .characters
        case "number_digit", "digit", "number:digits": reading = .digits
        case "number", "number:cardinal": reading = .cardinal
        case "number:ordinal": reading = .ordinal
        case let other:
            guard let known = Reading(rawValue: other) else { return nil }
            reading = known
        }
        self.format = format.lowercased()
    }

    /// The readings, for messages.
    package static let names = Reading.allCases.map(\.rawValue).joined(separator: ", ")

    /// The text in words; as it is where it does not have the form of the reading.
    ///
    /// - Parameter language: BCP 47. Names of months and currencies are English; in another language the text stays.
    package func words(of text: String, language: String) -> String {
        let text = String(text.prefix(1_000))
        let isEnglish = language.isEmpty || language.lowercased().hasPrefix("en")
        switch reading {
        case .characters: return SayAs.spelled(text, isEnglish: isEnglish)
        case .digits: return SayAs.digits(text)
        case .telephone: return SayAs.telephone(text, isEnglish: isEnglish)
        case .cardinal: return text.filter { $0 != "," && $0 != " " }
        case .ordinal: return isEnglish ? SayAs.ordinal(text) : text
        case .date: return isEnglish ? SayAs.date(text, format: format) : text
        case .time: return isEnglish ? SayAs.time(text, isTwentyFour: format.contains("24")) : text
        case .currency: return isEnglish ? SayAs.currency(text) : text
        case .name, .address, .fraction: return text
        }
    }

    private static let symbols: [Character: String] = [
        "-": "dash", ".": "dot", "@": "at", "/": "slash", "_": "underscore", "#": "pound", "*": "star", "+": "plus",
        "&": "and", ":": "colon", ",": "comma", "%": "percent", "$": "dollar", "=": "equals",
    ]

    private static func spelled(_ text: String, isEnglish: Bool) -> String {
        text.compactMap { character -> String? in
            if character.isWhitespace { return nil }
            if isEnglish, let name = symbols[character] { return name }
            return character.isLetter ? character.uppercased() : String(character)
        }.joined(separator: " ")
    }

    private static func digits(_ text: String) -> String {
        text.map { $0.isNumber ? " \($0) " : String($0) }.joined().split(separator: " ").joined(separator: " ")
    }

    /// Digit by digit, with a pause where the number is grouped; ten digits are grouped 3, 3 and 4.
    private static func telephone(_ text: String, isEnglish: Bool) -> String {
        var groups: [String] = []
        var current = ""
        for character in text {
            if character.isNumber {
                current.append(character)
            } else if character == "+" {
                groups.append(isEnglish ? "plus" : "+")
            } else if !current.isEmpty {
                groups.append(current)
                current = ""
            }
        }
        if !current.isEmpty { groups.append(current) }
        return groups.flatMap { group -> [String] in
            guard group.first?.isNumber == true else { return [group] }
            let digits = Array(group)
            let sizes = digits.count == 10 ? [3, 3, 4] : digits.count == 11 ? [1, 3, 3, 4] : [digits.count]
            var start = 0
            return sizes.map { size in
                defer { start += size }
                return digits[start..<start + size].map { String($0) }.joined(separator: " ")
            }
        }.joined(separator: ", ").split(separator: " ").joined(separator: " ")
    }

    private static func ordinal(_ text: String) -> String {
        guard let number = Int(text.filter { $0 != "," }), number >= 0 else { return text }
        return ordinal(number)
    }

    static func ordinal(_ number: Int) -> String {
        let tens = number % 100
        let ending =
            switch number % 10 {
            case 1 where tens != 11: "st"
            case 2 where tens != 12: "nd"
            case 3 where tens != 13: "rd"
            default: "th"
            }
        return "\(number)\(ending)"
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private static func date(_ text: String, format: String) -> String {
        let numbers = text.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        guard !numbers.isEmpty else { return text }
        let isYearFirst = text.prefix { $0.isNumber }.count == 4
        var order = Array(format.filter { "ymd".contains($0) })
        if order.isEmpty { order = Array(isYearFirst ? "ymd" : "mdy") }
        var parts: [Character: Int] = [:]
        for (part, number) in zip(order, numbers) { parts[part] = number }
        var words: [String] = []
        if let month = parts["m"] {
            guard (1...12).contains(month) else { return text }
            words.append(months[month - 1])
        }
        if let day = parts["d"] {
            guard (1...31).contains(day) else { return text }
            words.append(ordinal(day))
        }
        var result = words.joined(separator: " ")
        if let year = parts["y"] { result += (result.isEmpty ? "" : ", ") + String(year) }
        return result
    }

    private static func time(_ text: String, isTwentyFour: Bool) -> String {
        let numbers = text.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        guard numbers.count >= 2, (0...24).contains(numbers[0]), (0...59).contains(numbers[1]) else { return text }
        let letters = text.lowercased().filter(\.isLetter)
        var hour = numbers[0]
        if letters.hasPrefix("p"), hour < 12 { hour += 12 }
        if letters.hasPrefix("a"), hour == 12 { hour = 0 }
        let minute = numbers[1] == 0 ? "" : numbers[1] < 10 ? " oh \(numbers[1])" : " \(numbers[1])"
        if isTwentyFour { return numbers[1] == 0 ? "\(hour) hundred hours" : "\(hour)\(minute)" }
        return "\(hour % 12 == 0 ? 12 : hour % 12)\(minute) \(hour % 24 < 12 ? "A M" : "P M")"
    }

    private static let currencies: [String: (one: String, many: String, cent: String, cents: String)] = [
        "USD": ("dollar", "dollars", "cent", "cents"), "$": ("dollar", "dollars", "cent", "cents"),
        "CAD": ("dollar", "dollars", "cent", "cents"), "AUD": ("dollar", "dollars", "cent", "cents"),
        "EUR": ("euro", "euros", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
        "GBP": ("pound", "pounds", "penny", "pence"), "£": ("pound", "pounds", "penny", "pence"),
        "CHF": ("franc", "francs", "centime", "centimes"), "JPY": ("yen", "yen", "", ""), "¥": ("yen", "yen", "", ""),
        "INR": ("rupee", "rupees", "paisa", "paise"), "MXN": ("peso", "pesos", "centavo", "centavos"),
    ]

    private static func currency(_ text: String) -> String {
        let unit = text.filter { !$0.isNumber && !$0.isWhitespace && !".,-+".contains($0) }.uppercased()
        let figures = text.filter { $0.isNumber || $0 == "." || $0 == "-" }
        guard let names = currencies[unit.isEmpty ? "USD" : unit], let amount = Double(figures), abs(amount) < 1e12
        else { return text }
        let hundredths = Int64((abs(amount) * 100).rounded())
        let whole = hundredths / 100
        let rest = names.cents.isEmpty ? 0 : hundredths % 100
        var words: [String] = amount < 0 ? ["minus"] : []
        if whole > 0 || rest == 0 { words.append("\(whole) \(whole == 1 ? names.one : names.many)") }
        if rest > 0 {
            if whole > 0 { words.append("and") }
            words.append("\(rest) \(rest == 1 ? names.cent : names.cents)")
        }
        return words.joined(separator: " ")
    }
}
