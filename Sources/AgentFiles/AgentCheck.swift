import CallFlow
import Documents
import Formula
import Telephony

/// What is wrong between the topics of an agent: names that lead nowhere, keys that two topics want.
struct AgentCheck {
    let agent: Agent
    let files: [String]
    let collector: DiagnosticCollector

    func run() {
        checkTriggers()
        for (topic, file) in zip(agent.topics, files) {
            let ids = Set(identifiers(topic.actions))
            check(topic.actions, ids: ids, file: file)
        }
    }

    private func checkTriggers() {
        if !agent.topics.isEmpty, !agent.topics.contains(where: { $0.trigger.kind == .onConversationStart }) {
            collector.add(
                Diagnostic(
                    file: files.first ?? "", line: 0, column: 0,
                    message: "no topic of this agent has OnConversationStart; one must answer the call"))
        }
        var keys: [Character: String] = [:]
        for (topic, file) in zip(agent.topics, files) {
            guard case .onDtmfKeyPress(let key) = topic.trigger.kind, topic.trigger.condition == nil else { continue }
            if let other = keys[key.character] {
                collector.add(
                    Diagnostic(file: file, line: 0, column: 0, message: "key \(key) starts the topic \(other) already"))
            }
            keys[key.character] = topic.name
        }
    }

    private func identifiers(_ actions: [Action]) -> [String] {
        actions.flatMap { action in
            [action.id] + action.lists.flatMap(identifiers)
        }
    }

    private func check(_ actions: [Action], ids: Set<String>, file: String) {
        for action in actions {
            switch action.kind {
            case .goto(let id) where !ids.contains(id):
                let nearest = nearestName(to: id, among: ids.sorted())
                complain(
                    "there is no action \(id) in this topic" + (nearest.map { "; did you mean \($0)?" } ?? ""), action,
                    file)
            case .beginDialog(let dialog), .replaceDialog(let dialog):
                guard let name = dialog.topic.constant, agent.topicIndex(named: name) == nil else { break }
                let nearest = nearestName(to: name, among: agent.topics.map(\.name))
                complain("there is no topic \(name)" + (nearest.map { "; did you mean \($0)?" } ?? ""), action, file)
            case .conditionGroup(let branches, _):
                for branch in branches { check(branch.condition.check(problem), action, file) }
            case .setVariable(_, let expression): check(expression.check(problem), action, file)
            default: break
            }
            for list in action.lists { check(list, ids: ids, file: file) }
        }
    }

    private func check(_ diagnostics: [Formula.Diagnostic], _ action: Action, _ file: String) {
        for diagnostic in diagnostics { complain(diagnostic.message, action, file) }
    }

    /// What is wrong with a name in a formula, if anything.
    private func problem(_ path: [String]) -> String? {
        switch path.first {
        case "Topic", "Global", "Env": return path.count > 1 ? nil : "'\(path[0])' needs a variable's name behind it"
        case "System":
            let name = path.dropFirst().joined(separator: ".")
            return Session.systemNames.contains(name) ? nil : "there is no System.\(name) on a call"
        default: return "'\(path.joined(separator: "."))' is no variable; write Topic.Name, Global.Name or System.Name"
        }
    }

    private func complain(_ message: String, _ action: Action, _ file: String) {
        collector.add(Diagnostic(file: file, line: 0, column: 0, message: "action \(action.id): \(message)"))
    }
}
