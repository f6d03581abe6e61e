import AgentFiles
import Telephony

/// What a question takes by key, as it was written.
struct QuestionEntity {
    /// The keys that are an answer by themselves.
    enum Keys {
        /// The entity is not in the document, or is not known.
        case unknown
        /// Single keys, each with the value that gives it.
        case single([(key: Digit, place: SourceValue)])
        /// Strings of digits.
        case digits
    }

    let kind: String
    /// The entity itself, without what embeds it.
    let value: SourceValue
    /// It or what embeds it is sensitive.
    let isSensitive: Bool

    init?(_ question: ActionOutline) {
        guard let entity = question.value["entity"] else { return nil }
        if let name = entity.string {
            self.init(kind: name, value: entity, isSensitive: false)
            return
        }
        var inner = entity
        var isSensitive = false
        var depth = 0
        while true {
            isSensitive = isSensitive || inner["sensitivityLevel"]?.string == "Sensitive"
            guard let definition = inner["definition"], definition.isMapping, depth < 8 else { break }
            inner = definition
            depth += 1
        }
        self.init(kind: inner["kind"]?.string ?? "", value: inner, isSensitive: isSensitive)
    }

    private init(kind: String, value: SourceValue, isSensitive: Bool) {
        self.kind = kind
        self.value = value
        self.isSensitive = isSensitive
    }

    /// The items of a closed list.
    var list: SourceValue? { kind == "ClosedListEntity" ? value["items"] : nil }

    /// The options of a list of choices.
    var choiceOptions: SourceValue? { value["dtmfMultipleChoiceOptions"] }

    /// The caller hears the choices with their keys behind the prompt.
    var isReadOut: Bool { choiceOptions.map { $0["readOutOptions"]?.string?.lowercased() != "false" } ?? false }

    var termination: SourceValue? { value["dtmfOptions"] }

    var keys: Keys {
        switch kind {
        case "ClosedListEntity": return .single(itemKeys)
        case "BooleanPrebuiltEntity":
            guard value.string != nil || choiceOptions != nil else { return .single([]) }
            return .single(["1", "2"].compactMap { Digit($0 as Character) }.map { ($0, choiceOptions ?? value) })
        case "NumberPrebuiltEntity", "StringPrebuiltEntity", "ZipCodePrebuiltEntity", "PhoneNumberPrebuiltEntity",
            "MoneyPrebuiltEntity", "DatePrebuiltEntity", "DateTimePrebuiltEntity", "AgePrebuiltEntity",
            "DurationPrebuiltEntity", "PercentagePrebuiltEntity", "OrdinalPrebuiltEntity":
            return .digits
        default: return value["dtmfOptions"] == nil ? .unknown : .digits
        }
    }

    private var itemKeys: [(key: Digit, place: SourceValue)] {
        let generates = choiceOptions?["generateMapping"]?.boolean ?? false
        return (list?.items ?? []).enumerated().compactMap { index, item in
            if let name = item["dtmfKey"] {
                return name.string.flatMap { Digit(mappingKey: $0) }.map { ($0, name) }
            }
            guard generates, index < 9, let key = Digit(code: UInt8(index + 1)) else { return nil }
            return (key, item)
        }
    }
}
