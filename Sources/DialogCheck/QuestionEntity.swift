import AgentFiles
import CallFlow
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
    /// The list in a file of its own that it refers to.
    private(set) var referred: SourceValue?
    /// It or what embeds it is sensitive.
    let isSensitive: Bool

    init?(_ question: ActionOutline, in agent: AgentOutline) {
        guard var entity = question.value["entity"] else { return nil }
        if let name = entity.string, let file = agent.entity(named: name) { entity = file }
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
        let kind = inner["kind"]?.string ?? ""
        self.init(kind: kind, value: inner, isSensitive: isSensitive)
        if kind == "ClosedListEntityReference" {
            referred = inner["entityId"]?.string.flatMap { agent.entity(named: $0) }
        }
    }

    private init(kind: String, value: SourceValue, isSensitive: Bool) {
        self.kind = kind
        self.value = value
        self.isSensitive = isSensitive
    }

    /// The items of a closed list.
    var list: SourceValue? {
        switch kind {
        case "ClosedListEntity": value["items"]
        case "ClosedListEntityReference": referred?["items"]
        default: nil
        }
    }

    /// The options of a list of choices.
    var choiceOptions: SourceValue? { value["dtmfMultipleChoiceOptions"] }

    /// The caller hears the choices with their keys behind the prompt.
    var isReadOut: Bool { choiceOptions.map { $0["readOutOptions"]?.string?.lowercased() != "false" } ?? false }

    var termination: SourceValue? { value["dtmfOptions"] }

    var keys: Keys {
        switch kind {
        case "ClosedListEntity": return .single(itemKeys)
        case "ClosedListEntityReference":
            return value["selectedItems"] == nil && list != nil ? .single(itemKeys) : .unknown
        case "BooleanPrebuiltEntity":
            return .single(["1", "2"].compactMap { Digit($0 as Character) }.map { ($0, choiceOptions ?? value) })
        case _ where kind.hasSuffix("PrebuiltEntity"):
            return Entity.Prebuilt(rawValue: String(kind.dropLast(14)))?.takesKeys == true ? .digits : .single([])
        default: return .unknown
        }
    }

    /// The keys of a list's items; where the document lets keys be made, items without one get the free ones of 1 to 9
    /// and 0.
    var keysOfItems: [Digit?] {
        let items = list?.items ?? []
        var keys = items.map { $0["dtmfKey"]?.string.flatMap { Digit(mappingKey: $0) } }
        guard choiceOptions?["generateMapping"]?.boolean == true else { return keys }
        var free = "1234567890".compactMap { Digit($0) }.filter { !keys.contains($0) }.makeIterator()
        for index in items.indices where items[index]["dtmfKey"] == nil { keys[index] = free.next() }
        return keys
    }

    private var itemKeys: [(key: Digit, place: SourceValue)] {
        zip(list?.items ?? [], keysOfItems).compactMap { item, key in key.map { ($0, item["dtmfKey"] ?? item) } }
    }
}
