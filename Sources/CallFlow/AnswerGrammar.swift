import Formula
import Telephony

/// What an open question takes for an answer: an entity with everything known that formulas say of it.
struct AnswerGrammar: Sendable {
    indirect enum Kind: Sendable {
        case items([Item], isSmart: Bool)
        case boolean
        case prebuilt(Entity.Prebuilt)
        case pattern(Expression)
        case oneOf([(property: String, grammar: AnswerGrammar)])
    }

    /// A choice, the words and the key for it.
    struct Item: Sendable {
        var value: Value
        var displayName: String
        /// In the order in which they are tried.
        var phrases: [ChoicePhrase]
        var key: Digit?
    }

    var kind: Kind
    /// How keys are gathered; `nil` when one key is the whole answer.
    var gathering: Gathering?
    var acceptsVoice = true
    var isSensitive = false
    var allowsMultipleValues = false
    var readsOutOptions = false
    var prefersPast = false
    var language = "en-US"

    // MARK: - Hints and options

    /// Phrases for a recogniser.
    var phrases: [String] {
        switch kind {
        case .items(let items, _): items.flatMap { item in item.phrases.map(\.text) }
        case .boolean: Words.yes + Words.no
        case .oneOf(let parts): parts.flatMap(\.grammar.phrases)
        case .prebuilt, .pattern: []
        }
    }

    /// The choices and their keys in words, for the end of a prompt; empty when there is nothing to read out.
    var options: [String] {
        guard readsOutOptions else { return [] }
        switch kind {
        case .items(let items, _):
            return items.compactMap { item in item.key.map { "For \(item.displayName), press \($0.spoken)." } }
        case .boolean: return ["For yes, press 1.", "For no, press 2."]
        default: return []
        }
    }

    // MARK: - Keys

    /// The value that gathered keys stand for; `nil` when they stand for none.
    func value(ofKeys keys: [Digit], in scope: some FormulaScope) -> Value? {
        guard let value = bareValue(ofKeys: keys, in: scope) else { return nil }
        return finished([value])
    }

    private func bareValue(ofKeys keys: [Digit], in scope: some FormulaScope) -> Value? {
        guard let first = keys.first else { return nil }
        switch kind {
        case .items(let items, _): return keys.count == 1 ? items.first { $0.key == first }?.value : nil
        case .boolean:
            guard keys.count == 1, let number = first.number, number == 1 || number == 2 else { return nil }
            return .boolean(number == 1)
        case .prebuilt(let entity): return entity.value(ofKeys: keys, grammar: self, in: scope)
        case .pattern(let match): return AnswerGrammar.match(match, keys.map(\.description).joined(), in: scope)
        case .oneOf(let parts):
            for part in parts where part.grammar.gathering == nil || part.grammar.gathering?.isWhole(keys.count) == true
            {
                if let value = part.grammar.value(ofKeys: keys, in: scope) {
                    return .record([Value.Field(part.property, value)])
                }
            }
            return nil
        }
    }

    // MARK: - Words

    /// The value that words stand for; `nil` when they stand for none.
    func value(ofWords text: String, in scope: some FormulaScope) -> Value? {
        let words = Words.split(text)
        guard !words.isEmpty else { return nil }
        switch kind {
        case .items(let items, let isSmart):
            let found = AnswerGrammar.items(items, in: words, isSmart: isSmart)
            return found.isEmpty ? nil : finished(found.map(\.value))
        case .boolean:
            let isYes = Words.yes.contains { Words.contains(words, Words.split($0)) }
            let isNo = Words.no.contains { Words.contains(words, Words.split($0)) }
            return isYes == isNo ? nil : finished([.boolean(isYes)])
        case .prebuilt(let entity):
            return entity.value(ofWords: words, text: text, grammar: self, in: scope).map { finished([$0]) }
        case .pattern(let match):
            if let value = AnswerGrammar.match(match, text, in: scope) { return finished([value]) }
            return Words.digits(words).flatMap { AnswerGrammar.match(match, $0, in: scope) }.map { finished([$0]) }
        case .oneOf(let parts):
            for part in parts {
                if let value = part.grammar.value(ofWords: text, in: scope) {
                    return finished([.record([Value.Field(part.property, value)])])
                }
            }
            return nil
        }
    }

    /// The items that were said, the longest phrase first; items of equal length in their order.
    private static func items(_ items: [Item], in words: [String], isSmart: Bool) -> [Item] {
        var found: [(item: Item, length: Int)] = []
        for item in items {
            let length = item.phrases.filter { Words.contains(words, $0.words) }.map(\.words.count).max() ?? 0
            if length > 0 { found.append((item, length)) }
        }
        if found.isEmpty, isSmart {
            for item in items where item.phrases.contains(where: { Words.nearlyContains(words, $0.words) }) {
                found.append((item, 1))
            }
            if found.count > 1 { return [] }
        }
        let longest = found.map(\.length).max() ?? 0
        return found.filter { $0.length == longest }.map(\.item) + found.filter { $0.length < longest }.map(\.item)
    }

    private static func match(_ pattern: Expression, _ text: String, in scope: some FormulaScope) -> Value? {
        let value = pattern.evaluate(in: EntityScope(input: .text(text), outer: scope))
        return value.isBlank || value.error != nil ? nil : value
    }

    private func finished(_ values: [Value]) -> Value {
        let value =
            allowsMultipleValues
            ? Value.table(values.map { .record([Value.Field("Value", $0)]) }) : values.first ?? .blank
        return value.marked(sensitive: isSensitive)
    }

    /// The number of keys or digits fits the rule by which keys are gathered.
    func fits(_ count: Int) -> Bool {
        guard let gathering else { return true }
        return count > 0 && gathering.isWhole(count)
    }
}

/// What the formula of a pattern reads: `Entity.Input`.
private struct EntityScope<Outer: FormulaScope>: FormulaScope {
    let input: Value
    let outer: Outer

    var now: WallTime { outer.now }
    var timeZone: String { outer.timeZone }
    func value(of path: [String]) -> Value? { path.first == "Entity" ? input : outer.value(of: path) }
}

extension Digit {
    /// The key's name for a listener.
    var spoken: String {
        switch character {
        case "*": "star"
        case "#": "pound"
        default: description
        }
    }
}
