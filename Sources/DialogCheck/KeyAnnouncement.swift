import Telephony

/// A key that a message offers: "press 1", "dial one", "press the star key", "2 for billing".
///
/// Only English is understood.
struct KeyAnnouncement: Equatable {
    let key: Digit
    /// Where the key stands in the text of the message.
    let offset: Int

    /// The keys that a text offers, in their order.
    static func all(in text: SpokenText) -> [KeyAnnouncement] {
        var reader = AnnouncementReader(tokens: text.tokens)
        return reader.read()
    }
}

private struct AnnouncementReader {
    let tokens: [SpokenText.Token]
    private var index = 0
    private var found: [KeyAnnouncement] = []
    /// A key was offered, so that a bare "3 for" goes on with the list.
    private var isListing = false

    private static let verbs: Set<String> = ["press", "pressing", "dial", "dialing", "hit", "push", "key", "tap"]
    /// Verbs that also ask for whole numbers.
    private static let weakVerbs: Set<String> = ["enter", "type", "select", "choose", "say"]
    private static let fillers: Set<String> = [
        "the", "a", "an", "number", "digit", "key", "button", "either", "in", "from", "between", "on", "your", "phone",
        "keypad", "\"", "'", "“", "”", "‘", "’", "(", ":", "just", "simply", "now", "option", "choose", "say", "or",
        "then",
    ]
    private static let separators: Set<String> = [",", ";", ".", ":", "or", "and", "-", "–", "—", "!", "?", "\"", "("]
    private static let purposes: Set<String> = ["for", "to", "if", "when", "at", "=", "on", "means"]
    private static let endings: Set<String> = [
        ",", ";", ".", "!", "?", ")", "or", "and", "\"", "now", "anytime", "again", "-", "–", "—", "’", "”", "'",
    ]
    /// Words before which a number counts things.
    private static let counted: Set<String> = [
        "of", "more", "time", "times", "moment", "second", "seconds", "minute", "minutes", "hour", "hours", "keys",
    ]
    private static let ranges: Set<String> = ["to", "through", "thru", "-", "–", "and"]

    init(tokens: [SpokenText.Token]) { self.tokens = tokens }

    mutating func read() -> [KeyAnnouncement] {
        while index < tokens.count {
            let word = tokens[index].word
            if AnnouncementReader.verbs.contains(word) {
                index += 1
                afterVerb(isWeak: false)
            } else if AnnouncementReader.weakVerbs.contains(word) {
                index += 1
                afterVerb(isWeak: true)
            } else if word == "followed" || word == "finish" || word == "end" {
                index += 1
                afterEnding()
            } else {
                if isListed(index) { take(index) }
                index += 1
            }
        }
        if found.isEmpty { readBareList() }
        return found
    }

    /// A key behind "press".
    private mutating func afterVerb(isWeak: Bool) {
        var next = index
        var isRange = false
        while next < tokens.count, next < index + 6, AnnouncementReader.fillers.contains(word(next)) {
            isRange = isRange || ["from", "between"].contains(word(next))
            next += 1
        }
        guard let key = key(next), !isPartOfNumber(next) else { return }
        if isWeak {
            guard AnnouncementReader.purposes.contains(word(next + 1)), self.key(next + 2) == nil else { return }
        }
        if AnnouncementReader.counted.contains(word(next + 1)) { return }
        if ["digit", "digits"].contains(word(next + 1)) || ["digit", "digits"].contains(word(next + 2)) { return }
        if AnnouncementReader.ranges.contains(word(next + 1)), let last = self.key(next + 2), !isPartOfNumber(next + 2),
            isRange || !["and", "or"].contains(word(next + 1))
        {
            takeRange(key, last, at: next)
            index = next + 3
        } else {
            take(next)
            index = next + 1
        }
        isListing = true
    }

    /// The pound key behind "followed by".
    private mutating func afterEnding() {
        var next = index
        while next < tokens.count, next < index + 4,
            ["by", "with", "the", "a", "pressing", "press", "your", "entry"].contains(word(next))
        {
            next += 1
        }
        if let key = key(next), key == .pound || key == .star { take(next) }
        index = max(index, next)
    }

    /// A key that goes on with a list: ", 3 for your balance".
    private func isListed(_ index: Int) -> Bool {
        guard isListing, key(index) != nil, !isPartOfNumber(index), index > 0 else { return false }
        guard AnnouncementReader.separators.contains(word(index - 1)) else { return false }
        let following = word(index + 1)
        if ["to", "through"].contains(following), key(index + 2) != nil { return false }
        if AnnouncementReader.purposes.contains(following) { return true }
        let isLast = index + 1 >= tokens.count || AnnouncementReader.endings.contains(following)
        return isLast && word(index - 1) != "."
    }

    /// "1 for sales, 2 for support" without a verb: two at least.
    private mutating func readBareList() {
        var bare: [Int] = []
        for index in tokens.indices where key(index) != nil && !isPartOfNumber(index) {
            let isFirst = index == 0 || AnnouncementReader.separators.contains(word(index - 1))
            if isFirst, ["for", "if", "="].contains(word(index + 1)) { bare.append(index) }
        }
        guard bare.count > 1 else { return }
        for index in bare { take(index) }
    }

    private mutating func take(_ index: Int) {
        guard let key = key(index) else { return }
        found.append(KeyAnnouncement(key: key, offset: tokens[index].offset))
    }

    private mutating func takeRange(_ first: Digit, _ last: Digit, at index: Int) {
        guard let low = first.number, let high = last.number, low <= high else { return take(index) }
        for number in low...high {
            if let key = Digit(Character(String(number))) {
                found.append(KeyAnnouncement(key: key, offset: tokens[index].offset))
            }
        }
    }

    private func word(_ index: Int) -> String { tokens.indices.contains(index) ? tokens[index].word : "" }

    /// One of several digits in a row: "9 1 1", "1-800".
    private func isPartOfNumber(_ index: Int) -> Bool {
        func isNumber(_ index: Int) -> Bool {
            word(index).first?.isNumber == true || AnnouncementReader.names[word(index)] != nil
        }
        guard key(index)?.number != nil else { return false }
        if isNumber(index + 1) || index > 0 && isNumber(index - 1) { return true }
        return word(index + 1) == "." && isNumber(index + 2) && tokens[index + 2].offset == tokens[index].offset + 2
    }

    private static let names: [String: Character] = [
        "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
        "eight": "8", "nine": "9",
    ]

    private func key(_ index: Int) -> Digit? {
        let word = word(index)
        if word.count == 1, let character = word.first, "0123456789*#".contains(character) { return Digit(character) }
        if let digit = AnnouncementReader.names[word] { return Digit(digit) }
        switch word {
        case "star", "asterisk": return .star
        case "pound", "hash", "hashtag": return .pound
        default: return nil
        }
    }
}
