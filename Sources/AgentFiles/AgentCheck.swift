import CallFlow
import Documents
import Formula
import Telephony

/// What is wrong between the documents of an agent so that it cannot run: names that lead nowhere, keys that two topics
/// want.
///
/// What runs and goes wrong on calls is found by the target `DialogCheck`.
struct AgentCheck {
    private let agent: AgentOutline
    private let collector: DiagnosticCollector

    init(_ agent: AgentOutline, _ collector: DiagnosticCollector) {
        self.agent = agent
        self.collector = collector
    }

    func run() {
        checkStart()
        checkKeys()
        let types = VariableTypes.all(in: agent)
        for (topic, types) in zip(agent.topics, types) {
            checkTargets(topic)
            for site in FormulaSite.all(in: topic.root) where isOwn(site.value, topic) { check(site, types, topic) }
        }
    }

    /// A document with further triggers is the root of several topics: each looks after its own trigger, and the first
    /// after what stands beside.
    private func isOwn(_ value: SourceValue, _ topic: TopicOutline) -> Bool {
        let lines = (topic.trigger ?? topic.root).lines
        if lines.contains(value.place.line) { return true }
        let others = agent.topics.filter { $0.file == topic.file && $0.name != topic.name }
        return topic.name == topic.source.name
            && !others.contains { ($0.trigger?.lines ?? 0...0).contains(value.place.line) }
    }

    private func check(_ site: FormulaSite, _ types: VariableTypes, _ topic: TopicOutline) {
        var unknown: Set<SourcePlace> = []
        for reference in site.references where types.type(of: reference.path) == nil {
            unknown.insert(reference.place)
            complain("unknown-variable", reference.place, topic, VariableTypes.problem(reference.path))
        }
        let mistakes = site.mistakes(types).filter { !unknown.contains($0.place) }
        for mistake in mistakes { complain("formula", mistake.place, topic, "in the formula: \(mistake.message)") }
        guard mistakes.isEmpty, ["condition", "validation"].contains(site.path.last) else { return }
        switch site.type(types) {
        case .boolean, .unknown, .blank, .untyped: break
        case let type:
            complain(
                "formula", site.value.place, topic,
                "this is true or false on no call: it is a \(type.name.lowercased()); write a comparison")
        }
    }

    private func checkStart() {
        let topics = agent.sources.filter { $0.role == .topic }
        guard !topics.isEmpty, topics.allSatisfy({ $0.root != nil }) else { return }
        guard !agent.topics.contains(where: { $0.triggerKind == "OnConversationStart" }) else { return }
        collector.add(
            Diagnostic(
                file: topics[0].file, line: 0, column: 0, code: "no-start",
                message: "no topic of this agent has OnConversationStart; give it a topic that answers the call"))
    }

    /// Two topics that the same key starts.
    private func checkKeys() {
        var taken: [String: TopicOutline] = [:]
        for topic in agent.topics where topic.triggerKind == "OnDtmfKeyPress" && topic.trigger?["condition"] == nil {
            guard let value = topic.trigger?["dtmfKey"], let key = value.string else { continue }
            if let other = taken[key] {
                complain(
                    "duplicate-key", value.place, topic,
                    "\(key) starts the topic \(other.name) already; give this topic another key or a condition")
            } else {
                taken[key] = topic
            }
        }
    }

    // MARK: - Targets

    private func checkTargets(_ topic: TopicOutline) {
        let actions = topic.allActions
        let ids = actions.map(\.id)
        for action in actions {
            if action.kind == "GotoAction", let target = action.value["actionId"], let id = target.string,
                !id.hasPrefix("="), !ids.contains(id)
            {
                complain(
                    "unknown-action", target.place, topic,
                    "there is no action \(id) in this topic" + suggestion(nearestName(to: id, among: ids.sorted())))
            }
            for (name, value) in AgentCheck.dialogs(of: action) where !agent.hasTopic(named: name) {
                let nearest = nearestName(
                    to: name.split(separator: ".").last.map(String.init) ?? name, among: agent.topicNames)
                complain("unknown-topic", value.place, topic, "there is no topic \(name)" + suggestion(nearest))
            }
        }
    }

    /// The topics that an action names outright.
    private static func dialogs(of action: ActionOutline) -> [(name: String, value: SourceValue)] {
        let values = [
            ["BeginDialog", "ReplaceDialog"].contains(action.kind) ? action.value["dialog"] : nil,
            action.value["fallbackDialogOnInvalidEntity"],
            action.value.at("voiceInputSettings", "fallbackDialogOnSilence"),
        ]
        return values.compactMap { value in
            guard let value, let name = value.string, !name.hasPrefix("=") else { return nil }
            return (name, value)
        }
    }

    private func suggestion(_ name: String?) -> String { name.map { "; did you mean \($0)?" } ?? "" }

    private func complain(_ code: String, _ place: SourcePlace, _ topic: TopicOutline, _ message: String) {
        // Nothing of a topic that no call starts, or of an action that is switched off, can go wrong.
        let isHarmless =
            topic.isIdle || topic.allActions.contains { $0.isDisabled && $0.value.lines.contains(place.line) }
        collector.add(
            Diagnostic(
                isHarmless ? .warning : .error, file: topic.file, line: place.line, column: place.column, code: code,
                message: message))
    }
}

extension TopicOutline {
    /// No call starts it: its trigger is for chats and the like.
    var isIdle: Bool {
        guard let kind = Grammar.standard.kinds[triggerKind], case .named(isError: false, _, _) = kind.use else {
            return false
        }
        return true
    }
}
