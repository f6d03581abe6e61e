import AgentFiles

/// What a message says, as a listener hears it: words with their places, audio files, pauses.
struct SpokenText {
    struct Token {
        /// In lower case; a mark of punctuation is a token of its own.
        let word: String
        /// Where it stands in the text of the message.
        let offset: Int
    }

    private(set) var tokens: [Token] = []
    /// Audio files with the place of their tags.
    private(set) var audio: [(path: String, offset: Int)] = []
    /// Seconds of silence with the place of their tags.
    private(set) var pauses: [(seconds: Double, offset: Int)] = []
    /// Characters that are said, with their places.
    private var said: [Int] = []

    /// Characters a second that a synthesiser says: 150 words of five letters and a space in a minute.
    static let charactersPerSecond = 15.0
    /// Characters that a formula's value is taken to have.
    private static let formulaLength = 8

    init(_ text: String) {
        let characters = Array(text)
        var index = 0
        while index < characters.count {
            switch characters[index] {
            case "<":
                if let end = characters[index...].firstIndex(of: ">") {
                    takeTag(String(characters[index...end]), at: index)
                    index = end + 1
                } else {
                    takeWord(characters, &index)
                }
            case "{":
                let end = characters[index...].firstIndex(of: "}") ?? characters.count - 1
                tokens.append(Token(word: "{}", offset: index))
                said += Array(repeating: index, count: SpokenText.formulaLength)
                index = end + 1
            default: takeWord(characters, &index)
            }
        }
    }

    private mutating func takeWord(_ characters: [Character], _ index: inout Int) {
        let start = index
        while index < characters.count, characters[index].isLetter || characters[index].isNumber { index += 1 }
        if index > start {
            tokens.append(Token(word: String(characters[start..<index]).lowercased(), offset: start))
            said += start..<index
            return
        }
        if !characters[index].isWhitespace {
            tokens.append(Token(word: String(characters[index]), offset: index))
        }
        said.append(index)
        index += 1
    }

    private mutating func takeTag(_ tag: String, at offset: Int) {
        if tag.hasPrefix("<audio"), let source = SpokenText.attribute("src", tag) { audio.append((source, offset)) }
        guard tag.hasPrefix("<break") else { return }
        let time = SpokenText.attribute("time", tag) ?? "500ms"
        let seconds =
            time.hasSuffix("ms")
            ? (Double(time.dropLast(2)) ?? 500) / 1_000 : time.hasSuffix("s") ? Double(time.dropLast()) ?? 0.5 : 0.5
        if seconds.isFinite { pauses.append((min(60, max(0, seconds)), offset)) }
    }

    private static func attribute(_ name: String, _ tag: String) -> String? {
        guard let range = tag.firstRange(of: name + "=") else { return nil }
        let rest = tag[range.upperBound...]
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return rest.dropFirst().firstIndex(of: quote).map { String(rest[rest.index(after: rest.startIndex)..<$0]) }
    }

    /// Seconds that pass until a place in the text is said; all of it without one.
    ///
    /// - Parameter duration: how long an audio file is; `nil` when nobody knows.
    func seconds(until offset: Int = .max, _ duration: (String) -> Double?) -> Double {
        var seconds = Double(said.reduce(0) { $0 + ($1 < offset ? 1 : 0) }) / SpokenText.charactersPerSecond
        for pause in pauses where pause.offset < offset { seconds += pause.seconds }
        for file in audio where file.offset < offset { seconds += duration(file.path) ?? 0 }
        return seconds
    }
}
