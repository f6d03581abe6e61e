/// Spoken words, compared without case and punctuation.
enum Words {
    static let yes = ["yes", "yeah", "yep", "correct", "sure", "right", "okay"]
    static let no = ["no", "nope", "not", "wrong", "negative"]

    static func split(_ text: String) -> [String] {
        text.prefix(2_000).lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
    }

    /// Whether one run of words stands in another.
    static func contains(_ words: [String], _ part: [String]) -> Bool {
        guard !part.isEmpty, part.count <= words.count else { return false }
        return (0...words.count - part.count).contains { words[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// Whether one run of words stands in another but for a letter or an ending.
    static func nearlyContains(_ words: [String], _ part: [String]) -> Bool {
        guard !part.isEmpty, part.count <= words.count else { return false }
        return (0...words.count - part.count).contains { start in
            zip(words[start..<start + part.count], part).allSatisfy { isNear($0, $1) }
        }
    }

    /// Equal but for one letter, where the word is long enough that it means nothing else.
    static func isNear(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        let first = Array(a.utf8)
        let second = Array(b.utf8)
        guard min(first.count, second.count) >= 4, abs(first.count - second.count) <= 1 else { return false }
        var start = 0
        while start < min(first.count, second.count), first[start] == second[start] { start += 1 }
        var end = 0
        while end < min(first.count, second.count) - start,
            first[first.count - 1 - end] == second[second.count - 1 - end]
        {
            end += 1
        }
        return max(first.count, second.count) - start - end <= 1
    }

    private static let numerals = [
        "zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
        "seven": "7", "eight": "8", "nine": "9",
    ]

    /// The digits of words that are all digits, as "one two double three".
    static func digits(_ words: [String]) -> String? {
        var result = ""
        var repeats = 1
        for word in words {
            switch word {
            case "double": repeats = 2
            case "triple": repeats = 3
            default:
                guard let digits = numerals[word] ?? (word.allSatisfy { $0.isASCII && $0.isNumber } ? word : nil),
                    result.count < 256
                else { return nil }
                result += String(repeating: digits, count: repeats)
                repeats = 1
            }
        }
        return result.isEmpty ? nil : result
    }

    private static let units: [String: Double] = [
        "zero": 0, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
        "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
        "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
        "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    ]
    private static let ordinals: [String: Double] = [
        "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
        "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
        "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
    ]
    private static let scales: [String: Double] = ["hundred": 100, "thousand": 1_000, "million": 1_000_000]

    /// A number at the beginning of some words, and how many of them it takes: "two hundred and five", "3.5", "minus 4",
    /// "twenty first".
    static func number(_ words: ArraySlice<String>) -> (value: Double, count: Int)? {
        var total = 0.0
        var current = 0.0
        var index = words.startIndex
        var taken = 0
        var isNegative = false
        if let first = words.first, first == "minus" || first == "negative" {
            isNegative = true
            index += 1
        }
        let start = index
        while index < words.endIndex, total < 1e12 {
            let word = words[index]
            if let figure = figure(word) {
                guard taken == 0 else { break }
                current = figure
            } else if let unit = units[word] {
                if word.count <= 2, index + 1 >= words.endIndex || scales[words[index + 1]] == nil { break }
                guard
                    current == 0 || current.truncatingRemainder(dividingBy: 100) == 0
                        || (current.truncatingRemainder(dividingBy: 10) == 0 && unit < 10)
                else { break }
                current += unit
            } else if let ordinal = ordinals[word] {
                current += ordinal
                taken = index - start + 1
                break
            } else if let scale = scales[word], taken > 0 {
                if scale == 100 {
                    current *= 100
                } else {
                    total += max(1, current) * scale
                    current = 0
                }
            } else if word == "and", taken > 0, index + 1 < words.endIndex, units[words[index + 1]] != nil {
                index += 1
                continue
            } else if word == "point", let fraction = fraction(words[(index + 1)...]) {
                current += fraction.value
                taken = index - start + 1 + fraction.count
                break
            } else {
                break
            }
            index += 1
            taken = index - start
        }
        guard taken > 0 else { return nil }
        let value = total + current
        return (isNegative ? -value : value, taken + (isNegative ? 1 : 0))
    }

    /// A number in figures, as recognisers write it: `42`, `21st`.
    private static func figure(_ word: String) -> Double? {
        let figures = word.prefix { $0.isASCII && $0.isNumber }
        guard !figures.isEmpty, figures.count <= 15 else { return nil }
        guard figures.count == word.count || ["st", "nd", "rd", "th"].contains(word.dropFirst(figures.count)) else {
            return nil
        }
        return Double(figures)
    }

    /// Digits behind "point".
    private static func fraction(_ words: ArraySlice<String>) -> (value: Double, count: Int)? {
        let digits = words.prefix(9).prefix { numerals[$0] != nil || ($0.allSatisfy(\.isNumber) && $0.count <= 9) }
        guard let text = Words.digits(Array(digits)), let value = Double("0." + text) else { return nil }
        return (value, digits.count)
    }

    /// A number's whole part; `nil` when it is too large for a day or an hour to be meant.
    static func whole(_ number: Double) -> Int? { abs(number) < 1e9 ? Int(number) : nil }

    /// The first number anywhere in some words.
    static func firstNumber(_ words: [String]) -> (value: Double, range: Range<Int>)? {
        for index in words.indices {
            if let (value, count) = number(words[index...]) { return (value, index..<index + count) }
        }
        return nil
    }
}

/// What may be said for a choice.
struct ChoicePhrase: Sendable {
    /// As they are compared.
    let words: [String]
    /// The words with spaces between: for a recogniser.
    let text: String

    init(_ text: String) {
        words = Words.split(text)
        self.text = words.joined(separator: " ")
    }
}
