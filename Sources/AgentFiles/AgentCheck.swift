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
        for topic in agent.topics {
            checkTargets(topic)
            for site in FormulaSite.all(in: topic.root) {
                for reference in site.references { check(reference.path, at: reference.place, topic) }
                for mistake in site.mistakes { complain("formula", mistake.place, topic, mistake.message) }
            }
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

    // MARK: - Variables

    /// Says what is wrong with a name in a formula, if anything.
    private func check(_ path: [String], at place: SourcePlace, _ topic: TopicOutline) {
        switch path.first {
        case "Topic", "Global", "Env":
            if path.count < 2 {
                complain(
                    "unknown-variable", place, topic,
                    "'\(path[0])' is no variable; write a name behind it: \(path[0]).Name"
                )
            }
        case "System":
            let name = path.dropFirst().joined(separator: ".")
            // Members of a variable, such as those of the chosen intent, are known when the call runs.
            let parts = Array(path.dropFirst())
            let prefixes = parts.indices.map { parts[...$0].joined(separator: ".") }
            if prefixes.contains(where: Session.systemNames.contains) { return }
            complain(
                "unknown-variable", place, topic,
                "there is no System.\(name) on a call"
                    + suggestion(nearestName(to: name, among: Session.systemNames.sorted()).map { "System.\($0)" }))
        default:
            complain(
                "unknown-variable", place, topic,
                "'\(path.joined(separator: "."))' is no variable; write Topic.Name, Global.Name or System.Name")
        }
    }

    private func suggestion(_ name: String?) -> String { name.map { "; did you mean \($0)?" } ?? "" }

    private func complain(_ code: String, _ place: SourcePlace, _ topic: TopicOutline, _ message: String) {
        collector.add(
            Diagnostic(file: topic.file, line: place.line, column: place.column, code: code, message: message))
    }
}
