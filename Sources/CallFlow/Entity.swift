package import Formula
package import Telephony

/// What a question wants to hear, by key or by word.
package struct Entity: Sendable {
    package enum Kind: Sendable {
        case closedList([Item])
        case boolean(hasKeys: Bool)
        case number(DtmfTermination?)
        /// Digits taken as they are: account numbers, post codes, phone numbers.
        case string(DtmfTermination?)
    }

    package struct Item: Sendable {
        package var id: String
        package var displayName: String
        package var synonyms: [String]
        package var key: Digit?
        package init(id: String, displayName: String, synonyms: [String], key: Digit?) {
            self.id = id
            self.displayName = displayName
            self.synonyms = synonyms
            self.key = key
        }
    }

    package var kind: Kind
    package var isSensitive: Bool

    package init(kind: Kind, isSensitive: Bool = false) {
        self.kind = kind
        self.isSensitive = isSensitive
    }

    /// Phrases for a recogniser.
    package var phrases: [String] {
        switch kind {
        case .closedList(let items): items.flatMap { [$0.displayName] + $0.synonyms }
        case .boolean: Words.yes + Words.no
        case .number, .string: []
        }
    }

    package var acceptsVoice: Bool {
        switch kind {
        case .number(let termination?), .string(let termination?): termination.acceptsVoice
        default: true
        }
    }

    /// How keys are gathered; `nil` when one key is the whole answer.
    package var termination: DtmfTermination? {
        switch kind {
        case .number(let termination), .string(let termination): termination ?? DtmfTermination(kind: .keyBased)
        case .closedList, .boolean: nil
        }
    }
}

/// When a string of keys is complete.
package struct DtmfTermination: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case fixed(length: Int)
        case flexible(minLength: Int, maxLength: Int)
        case keyBased
    }

    package var kind: Kind
    package var key: Digit?
    package var interdigitTimeoutInMilliseconds: Int?
    package var terminationTimeoutInMilliseconds: Int?
    package var acceptsVoice = true

    package init(kind: Kind) { self.kind = kind }
}

// MARK: - From keys and words to values

extension Entity {
    /// The value that gathered keys stand for; `nil` when they stand for none.
    package func value(ofKeys keys: [Digit]) -> Value? {
        switch kind {
        case .closedList(let items):
            guard keys.count == 1, let item = items.first(where: { $0.key == keys[0] }) else { return nil }
            return Value(.choice(id: item.id, displayName: item.displayName), isSensitive: isSensitive)
        case .boolean(let hasKeys):
            guard hasKeys, keys.count == 1, let number = keys[0].number, number == 1 || number == 2 else { return nil }
            return Value(.boolean(number == 1), isSensitive: isSensitive)
        case .number:
            let text = keys.map(\.description).joined()
            guard !keys.isEmpty, let number = Double(text) else { return nil }
            return Value(.number(number), isSensitive: isSensitive)
        case .string:
            guard !keys.isEmpty else { return nil }
            return Value(.text(keys.map(\.description).joined()), isSensitive: isSensitive)
        }
    }

    /// A key of this entity, where one key is the whole answer.
    package func takesKey(_ digit: Digit) -> Bool { value(ofKeys: [digit]) != nil }

    /// The value that words stand for; `nil` when they stand for none.
    package func value(ofWords text: String) -> Value? {
        let words = Words.split(text)
        guard !words.isEmpty else { return nil }
        switch kind {
        case .closedList(let items):
            let item = items.first { item in
                ([item.displayName, item.id] + item.synonyms).contains { Words.contains(words, Words.split($0)) }
            }
            return item.map { Value(.choice(id: $0.id, displayName: $0.displayName), isSensitive: isSensitive) }
        case .boolean:
            let isYes = Words.yes.contains { Words.contains(words, Words.split($0)) }
            let isNo = Words.no.contains { Words.contains(words, Words.split($0)) }
            return isYes == isNo ? nil : Value(.boolean(isYes), isSensitive: isSensitive)
        case .number(let termination):
            guard let digits = Words.digits(words), fits(digits, termination), let number = Double(digits) else {
                return nil
            }
            return Value(.number(number), isSensitive: isSensitive)
        case .string(let termination):
            if let digits = Words.digits(words) {
                return fits(digits, termination) ? Value(.text(digits), isSensitive: isSensitive) : nil
            }
            return termination == nil ? Value(.text(text), isSensitive: isSensitive) : nil
        }
    }

    private func fits(_ digits: String, _ termination: DtmfTermination?) -> Bool {
        switch termination?.kind {
        case .fixed(let length): digits.count == length
        case .flexible(let least, let most): (least...max(least, most)).contains(digits.count)
        case .keyBased, nil: !digits.isEmpty
        }
    }
}

/// Spoken words, compared without case and punctuation.
enum Words {
    static let yes = ["yes", "yeah", "yep", "correct", "sure", "right", "okay"]
    static let no = ["no", "nope", "not", "wrong", "negative"]

    static func split(_ text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
    }

    /// Whether one run of words stands in another.
    static func contains(_ words: [String], _ part: [String]) -> Bool {
        guard !part.isEmpty, part.count <= words.count else { return false }
        return (0...words.count - part.count).contains { words[$0..<$0 + part.count].elementsEqual(part) }
    }

    private static let numerals = [
        "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
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
                guard let digits = numerals[word] ?? (word.allSatisfy { $0.isASCII && $0.isNumber } ? word : nil) else {
                    return nil
                }
                result += String(repeating: digits, count: repeats)
                repeats = 1
            }
        }
        return result.isEmpty ? nil : result
    }
}
