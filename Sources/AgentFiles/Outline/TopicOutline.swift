/// A topic as it was written: its trigger and its actions, whether Parley supports them or not.
package struct TopicOutline {
    package let name: String
    package let source: AgentSource
    /// The whole document.
    package let root: SourceValue
    /// The trigger; `nil` when the topic has none.
    package let trigger: SourceValue?
    package let actions: [ActionOutline]

    package var file: String { source.file }
    package var triggerKind: String { trigger?["kind"]?.string ?? "" }

    /// The topics of a document: one, and one more for each of its further `triggers`.
    package static func all(in source: AgentSource) -> [TopicOutline] {
        guard source.role == .topic, let root = source.value, root.isMapping else { return [] }
        let begin = root["beginDialog"]
        let further = root["triggers"]?.items ?? []
        var topics = begin != nil || further.isEmpty ? [TopicOutline(source, root, begin, source.name)] : []
        for (index, trigger) in further.enumerated() {
            let id = trigger["id"]?.string ?? "trigger\(index + 1)"
            topics.append(TopicOutline(source, root, trigger, topics.isEmpty ? source.name : "\(source.name).\(id)"))
        }
        return topics
    }

    private init(_ source: AgentSource, _ root: SourceValue, _ trigger: SourceValue?, _ name: String) {
        self.name = name
        self.source = source
        self.root = root
        self.trigger = trigger
        var unnamed = 0
        actions = (trigger?["actions"]?.items ?? []).map { ActionOutline($0, unnamed: &unnamed) }
    }

    /// The actions with those within them, in the order of the document.
    package var allActions: [ActionOutline] { actions.flatMap(\.withInner) }

    /// Only another topic starts it.
    package var isRedirect: Bool { ["OnRedirect", "OnSystemRedirect"].contains(triggerKind) }
}

/// An action as it was written.
package struct ActionOutline {
    /// A list of actions within an action.
    package struct Block {
        package enum Role: Equatable {
            /// The branch of a condition, by its index.
            case branch(Int)
            /// What is done when no condition holds.
            case otherwise
            /// What a loop repeats.
            case body
        }

        package let role: Role
        /// The condition item, or the whole action.
        package let value: SourceValue
        package let actions: [ActionOutline]

        package var condition: SourceValue? { role == .otherwise || role == .body ? nil : value["condition"] }
    }

    package let id: String
    package let kind: String
    package let value: SourceValue
    package let isDisabled: Bool
    package let blocks: [Block]

    init(_ value: SourceValue, unnamed: inout Int) {
        self.value = value
        kind = value["kind"]?.string ?? ""
        if let id = value["id"]?.string {
            self.id = id
        } else {
            unnamed += 1
            id = "action\(unnamed)"
        }
        isDisabled = value["disabled"]?.boolean ?? false
        var blocks: [Block] = []
        func inner(_ list: SourceValue?) -> [ActionOutline] {
            (list?.items ?? []).map { ActionOutline($0, unnamed: &unnamed) }
        }
        for (index, item) in (value["conditions"]?.items ?? []).enumerated() {
            blocks.append(Block(role: .branch(index), value: item, actions: inner(item["actions"])))
        }
        if let list = value["elseActions"] {
            blocks.append(Block(role: .otherwise, value: list, actions: inner(list)))
        }
        if let list = value["actions"] {
            blocks.append(Block(role: .body, value: list, actions: inner(list)))
        }
        self.blocks = blocks
    }

    /// The action, and those within it.
    package var withInner: [ActionOutline] { [self] + blocks.flatMap { $0.actions.flatMap(\.withInner) } }

    /// Where the action begins.
    package var place: SourcePlace { value.place }
}

/// An agent as it was written.
package struct AgentOutline {
    package let folder: String
    package let sources: [AgentSource]
    package let topics: [TopicOutline]

    package init(folder: String, sources: [AgentSource]) {
        self.folder = folder
        self.sources = sources
        topics = sources.flatMap { TopicOutline.all(in: $0) }
    }

    /// The names that a dialog may be called by; files that cannot be read count, so that one mistake is said once.
    package var topicNames: [String] { sources.filter { $0.role == .topic }.map(\.name) }

    /// The topic of a name, as ``CallFlow/Agent/topicIndex(named:)`` finds it.
    package func topicIndex(named name: String) -> Int? {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return topics.firstIndex { $0.name == name } ?? topics.firstIndex { $0.name == last }
    }

    /// The entity of a file that a question names, alone or as `agent.entity.Name`.
    package func entity(named name: String) -> SourceValue? {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let entities = sources.filter { $0.role == .entity }
        let source = entities.first { $0.name == name } ?? entities.first { $0.name == last }
        return source?.value.map { $0["entity"] ?? $0 }
    }

    /// There is a file of that name, readable or not.
    package func hasTopic(named name: String) -> Bool {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return topicIndex(named: name) != nil
            || sources.contains { $0.role == .topic && ($0.name == name || $0.name == last) }
    }

    /// A value of the agent's own files.
    package func setting(_ path: [String]) -> SourceValue? {
        for source in sources where source.role == .settings {
            let value = path.reduce(source.value) { value, name in value?[name] }
            if let value { return value }
        }
        return nil
    }

    /// A value of `speechSettings`.
    package func speechSetting(_ name: String) -> SourceValue? {
        setting(["speechSettings", name]) ?? setting(["botSpeechSettings", name])
    }
}
