import AgentFiles
import Telephony

/// Keys that are announced and do nothing, and keys that do something and are not announced.
struct KeyRules {
    private let inspection: Inspection
    private var graph: DialogGraph { inspection.graph }

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        guard inspection.isEnglish else { return }
        for (node, entry) in graph.nodes.enumerated() {
            guard let action = entry.action, !action.isDisabled else { continue }
            switch action.kind {
            case "Question": checkQuestion(action, node)
            case "SendActivity": checkMessage(action, node)
            default: break
            }
        }
        checkItems()
    }

    // MARK: - Announced and not mapped

    private func checkQuestion(_ action: ActionOutline, _ node: Int) {
        guard let entity = QuestionEntity(action, in: inspection.agent) else { return }
        checkAnnounced(action, node, entity)
        guard case .single(let keys) = entity.keys, !keys.isEmpty, !entity.isReadOut else { return }
        guard let announced = announcedKeys(before: node, action) else { return }
        if entity.kind == "BooleanPrebuiltEntity", entity.choiceOptions == nil { return }
        for (key, place) in keys where !announced.contains(key) {
            let what = entity.kind == "ClosedListEntity" ? " (\(item(of: place, entity)))" : ""
            inspection.report(
                "key-not-announced", place,
                "key \(key)\(what) is taken by \(action.id) and announced nowhere before; say it in the prompt, or set readOutOptions"
            )
        }
    }

    private func item(of key: SourceValue, _ entity: QuestionEntity) -> String {
        let item = entity.list?.items.first { $0["dtmfKey"]?.place == key.place || $0.place == key.place }
        return item?["id"]?.string ?? "an item"
    }

    private func checkAnnounced(_ action: ActionOutline, _ node: Int, _ entity: QuestionEntity) {
        guard let mapped = mappedKeys(action, entity) else { return }
        let messages = ["prompt", "unrecognizedPrompt", "invalidPrompt"].map { action.value[$0] }
        for message in messages + [action.value.at("voiceInputSettings", "inputTimeoutResponse")] {
            report(SpokenMessage(message), mapped, "\(action.id) does not take it")
        }
    }

    /// A message that is no question: the key must be taken by the questions that come next.
    private func checkMessage(_ action: ActionOutline, _ node: Int) {
        let message = SpokenMessage(action.value["activity"])
        guard message.variants.contains(where: { !KeyAnnouncement.all(in: $0.text).isEmpty }) else { return }
        var mapped = inspection.globalKeys
        for question in nextQuestions(after: node) {
            guard let entity = QuestionEntity(question, in: inspection.agent), let keys = mappedKeys(question, entity)
            else { return }
            mapped.formUnion(keys)
        }
        report(message, mapped, "no question behind it takes it")
    }

    private func report(_ message: SpokenMessage, _ mapped: Set<Digit>, _ reason: String) {
        for variant in message.variants {
            var said: Set<Digit> = []
            for announcement in KeyAnnouncement.all(in: variant.text) {
                guard !mapped.contains(announcement.key), said.insert(announcement.key).inserted else { continue }
                inspection.report(
                    "key-not-mapped", variant.value.place(ofOffset: announcement.offset), in: variant.value.text.file,
                    "key \(announcement.key) is announced, and \(reason); map it, or do not announce it")
            }
        }
    }

    /// The keys that do something while a question is open; `nil` when nobody can say.
    private func mappedKeys(_ action: ActionOutline, _ entity: QuestionEntity) -> Set<Digit>? {
        let isInterruptible =
            action.value.at("interruptionPolicy", "allowInterruption")?.string?.lowercased() != "false"
        var mapped = isInterruptible ? inspection.globalKeys : []
        switch entity.keys {
        case .unknown: return nil
        case .single(let keys): mapped.formUnion(keys.map(\.key))
        case .digits:
            mapped.formUnion((0...9).compactMap { Digit(code: $0) })
            let own = entity.termination?["key"] ?? inspection.agent.speechSetting("dtmfTerminationKey")
            mapped.insert(own?.string.flatMap { Digit(mappingKey: $0) } ?? .pound)
            if ["PhoneNumberPrebuiltEntity", "MoneyPrebuiltEntity", "DatePrebuiltEntity", "DateTimePrebuiltEntity"]
                .contains(entity.kind)
            {
                mapped.formUnion([.star, .pound])
            }
        }
        return mapped
    }

    // MARK: - The way to and from a question

    /// The keys that every variant of the prompt, or a message in front of it, announces; `nil` when nobody can say.
    private func announcedKeys(before node: Int, _ action: ActionOutline) -> Set<Digit>? {
        let prompt = SpokenMessage(action.value["prompt"])
        guard prompt.hasWords else { return nil }
        let own = prompt.variants.filter { !$0.text.tokens.isEmpty }.map { variant in
            Set(KeyAnnouncement.all(in: variant.text).map(\.key))
        }
        var announced = own.dropFirst().reduce(own.first ?? []) { $0.intersection($1) }
        for message in inspection.messages(before: node) {
            if !message.hasWords, !message.variants.isEmpty { return nil }
            for variant in message.variants { announced.formUnion(KeyAnnouncement.all(in: variant.text).map(\.key)) }
        }
        return announced
    }

    private func nextQuestions(after node: Int) -> [ActionOutline] {
        var seen: Set<Int> = [node]
        var pending = [node]
        var questions: [ActionOutline] = []
        while let next = pending.popLast() {
            for edge in inspection.outgoing[next] where seen.insert(edge.to).inserted {
                if let action = graph.nodes[edge.to].action, action.kind == "Question" {
                    questions.append(action)
                } else {
                    pending.append(edge.to)
                }
            }
        }
        return questions
    }

    // MARK: - Items

    private func checkItems() {
        for (_, action) in inspection.actions where action.kind == "Question" {
            guard let list = QuestionEntity(action, in: inspection.agent)?.list else { continue }
            var taken: [String: String] = [:]
            for item in list.items {
                guard let key = item["dtmfKey"], let name = key.string, Digit(mappingKey: name) != nil else { continue }
                let id = item["id"]?.string ?? "this item"
                if let other = taken[name] {
                    inspection.report(
                        "duplicate-key", key, "\(name) is the key of \(other) already; give \(id) another")
                } else {
                    taken[name] = id
                }
            }
        }
    }
}

extension Inspection {
    /// The messages that are said in front of an action since the caller last did something.
    func messages(before node: Int) -> [SpokenMessage] {
        let incoming = self.incoming
        var seen: Set<Int> = [node]
        var pending = [node]
        var messages: [SpokenMessage] = []
        while let next = pending.popLast() {
            for edge in incoming[next] where ![.returned, .noInput, .noMatch].contains(edge.kind) {
                guard seen.insert(edge.from).inserted else { continue }
                guard let action = graph.nodes[edge.from].action else {
                    pending.append(edge.from)
                    continue
                }
                if action.kind == "Question" { continue }
                if action.kind == "SendActivity" { messages.append(SpokenMessage(action.value["activity"])) }
                pending.append(edge.from)
            }
        }
        return messages
    }
}
