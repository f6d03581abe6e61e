import Formula
import Telephony

// Topics within topics.

extension Session {
    mutating func performDialog(_ action: Action) {
        switch action.kind {
        case .beginDialog(let dialog): call(dialog, action.id)
        case .replaceDialog(let dialog):
            guard let variables = values(of: dialog.inputs, action.id), let topic = index(of: dialog.topic, action.id)
            else { return }
            let frame = frames.last
            endTopic(givesOutputs: false, isReplaced: true)
            begin(
                topic, trigger: "ReplaceDialog", variables: variables, outputs: frame?.outputs ?? [],
                resumesQuestion: frame?.resumesQuestion ?? false)
        case .repeatDialog(let inputs):
            guard let variables = values(of: inputs, action.id), let last = frames.indices.last else { return }
            let topic = frames[last].topic
            frames[last].blocks = [Block(actions: agent.topics[topic].actions)]
            frames[last].variables = typed(variables, agent.topics[topic].inputs)
            frames[last].asked = []
        case .endDialog(let clearsQueue, let value):
            if let value {
                guard let result = evaluate(value, action.id), let last = frames.indices.last else { return }
                frames[last].result = result
            }
            endTopic(clearsQueue: clearsQueue)
        case .cancelDialog: endTopic(clearsQueue: true, givesOutputs: false)
        case .recognizeIntent(let input):
            guard let words = evaluate(input, action.id) else { return }
            _ = begin(meaning(of: words.text(for: .dialog)))
        default: break
        }
    }

    private mutating func values(of bindings: [Action.Binding], _ action: String) -> [String: Value]? {
        var variables: [String: Value] = [:]
        for binding in bindings {
            guard let value = evaluate(binding.value, action) else { return nil }
            variables[binding.name] = value
        }
        return variables
    }

    /// The topic that a dialog names.
    mutating func index(of topic: Setting<String>, _ action: String) -> Int? {
        guard let name = resolve(topic, action) else { return nil }
        guard let index = agent.topicIndex(named: name) else {
            fail("noSuchTopic", "there is no topic \(name)", action: action)
            return nil
        }
        return index
    }

    private mutating func call(_ dialog: DialogCall, _ action: String) {
        guard let topic = index(of: dialog.topic, action), let variables = values(of: dialog.inputs, action) else {
            return
        }
        begin(topic, trigger: "BeginDialog", variables: variables, outputs: dialog.outputs)
    }

    mutating func log(_ name: Template, _ properties: Expression?, _ action: String) {
        guard let name = evaluate(name, action) else { return }
        var members: [String: DisclosableText] = [:]
        if let properties {
            guard let value = evaluate(properties, action) else { return }
            if case .record(let fields) = value.kind {
                for field in fields {
                    members[field.name] = field.value.marked(sensitive: value.isSensitive).disclosable
                }
            } else if !value.isBlank {
                members["value"] = value.disclosable
            }
        }
        fact(
            .telemetry(
                Telemetry(
                    name: DisclosableText(name.text(for: .dialog), isSensitive: name.isSensitive).redacted,
                    properties: members)))
    }
}
