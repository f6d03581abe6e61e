/// How near words are to trigger phrases: the same words give the same scores on every machine.
///
/// | words | score |
/// |---|---|
/// | a phrase stands in them as it is | 1, and 0.01 more for each of its words |
/// | otherwise, by words that carry meaning | 0.7 of the phrase's share that was said and 0.3 of what was said that is the phrase's |
///
/// Words count as equal but for one letter or an ending (`bills`, `bill`). Below ``threshold`` nothing is meant.
enum PhraseMatcher {
    /// The score that words need.
    static let threshold = 0.65
    /// Scores that lie nearer to each other mean that either could be meant.
    static let ambiguity = 0.05

    private static let fillers: Set<String> = [
        "a", "an", "the", "i", "i'd", "i'm", "am", "is", "are", "be", "my", "me", "we", "our", "you", "your", "to",
        "of", "for", "in", "on", "at", "and", "or", "it", "this", "that", "there", "please", "want", "would", "like",
        "need", "can", "could", "do", "does", "with", "about", "some", "hello", "hi", "um", "uh", "so", "just",
    ]

    /// The best score of some phrases.
    static func score(_ words: [String], _ phrases: [String]) -> Double {
        phrases.map { score(words, phrase: Words.split($0)) }.max() ?? 0
    }

    static func score(_ words: [String], phrase: [String]) -> Double {
        guard !words.isEmpty, !phrase.isEmpty else { return 0 }
        if Words.contains(words, phrase) { return 1 + 0.01 * Double(min(phrase.count, 20)) }
        let said = meaningful(words)
        let wanted = meaningful(phrase)
        guard !said.isEmpty, !wanted.isEmpty else { return 0 }
        let heard = wanted.count { word in said.contains { isSame($0, word) } }
        let meant = said.count { word in wanted.contains { isSame($0, word) } }
        return 0.7 * Double(heard) / Double(wanted.count) + 0.3 * Double(meant) / Double(said.count)
    }

    private static func meaningful(_ words: [String]) -> [String] {
        var result: [String] = []
        for word in words.prefix(64) where !fillers.contains(word) && !result.contains(word) { result.append(word) }
        return result
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        a == b || stem(a) == stem(b) || (a.utf8.count >= 6 && Words.isNear(a, b))
    }

    private static func stem(_ word: String) -> Substring {
        for ending in ["ies", "ing", "es", "ed", "s"] where word.hasSuffix(ending) && word.count > ending.count + 2 {
            return word.dropLast(ending.count)
        }
        return word.count > 3 && word.hasSuffix("e") ? word.dropLast() : Substring(word)
    }
}
