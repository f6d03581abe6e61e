import CallFlow
import Documents
import Formula

import Telephony
import Yams

/// Reads one topic's document into the dialog runtime's model, and says everything that is wrong with it.
struct TopicReader {
    let file: String
    let folder: String
    let collector: DiagnosticCollector
    private var ids: Set<String> = []
    private var unnamed = 0

    init(file: String, folder: String, collector: DiagnosticCollector) {
        self.file = file
        self.folder = folder
        self.collector = collector
    }

    mutating func read(_ root: Node, name: String) -> Topic? {
        guard var map = MappingReader(root, "a topic", file: file, collector: collector) else { return nil }
        let kind = map.string("kind") ?? "AdaptiveDialog"
        guard kind == "AdaptiveDialog" else {
            map.complain("a topic is of the kind AdaptiveDialog, not \(kind)", at: map.value("kind"))
            return nil
        }
        for ignored in [
            "modelDisplayName", "modelDescription", "startBehavior", "inputType", "outputType", "conversionMetadata",
            "endAutomatically",
        ] {
            _ = map.value(ignored)
        }
        guard let begin = map.value("beginDialog") else {
            map.complain("a topic needs 'beginDialog' with its trigger and actions")
            return nil
        }
        map.refuseOthers()
        return trigger(begin, name: name)
    }

    private mutating func trigger(_ node: Node, name: String) -> Topic? {
        guard var map = MappingReader(node, "a trigger", file: file, collector: collector),
            let kindName = map.requiredString("kind")
        else { return nil }
        _ = map.string("id")
        let condition = map.string("condition").flatMap { expression($0, &map, "condition") }
        let priority = map.number("priority", in: -1e6...1e6) ?? 0
        _ = map.boolean("runOnce")
        let kind = triggerKind(kindName, &map)
        let actions = actions(map.list("actions"))
        map.refuseOthers()
        guard let kind else { return nil }
        return Topic(
            name: name, trigger: Trigger(kind: kind, condition: condition, priority: priority), actions: actions)
    }

    private func triggerKind(_ name: String, _ map: inout MappingReader) -> Trigger.Kind? {
        switch name {
        case "OnConversationStart": return .onConversationStart
        case "OnDtmfKeyPress":
            guard let key = map.word("dtmfKey", of: MappingKey.self)?.digit else {
                if map.value("dtmfKey") == nil { map.complain("OnDtmfKeyPress needs 'dtmfKey'") }
                return nil
            }
            return .onDtmfKeyPress(key)
        case "OnUnknownDtmfKey": return .onUnknownDtmfKey
        case "OnSilence":
            return .onSilence(map.number("silenceDetectionTimeoutInMilliseconds", in: 0...600_000).map { Int($0) })
        case "OnUnrecognizedSpeech": return .onUnrecognizedSpeech
        case "OnEscalate": return .onEscalate
        case "OnError": return .onError
        case "OnRedirect", "OnSystemRedirect": return .onRedirect
        case "OnRecognizedIntent":
            guard let intent = map.value("intent"),
                var inner = MappingReader(intent, "an intent", file: file, collector: collector)
            else {
                return .onRecognizedIntent([])
            }
            _ = inner.string("displayName")
            _ = inner.string("kind")
            let phrases = inner.list("triggerQueries").compactMap(\.string)
            inner.refuseOthers()
            return .onRecognizedIntent(phrases)
        default:
            let known = [
                "OnConversationStart", "OnDtmfKeyPress", "OnUnknownDtmfKey", "OnSilence", "OnUnrecognizedSpeech",
                "OnEscalate", "OnError", "OnRedirect", "OnSystemRedirect", "OnRecognizedIntent",
            ]
            let nearest = nearestName(to: name, among: known)
            map.complain(
                "the trigger \(name) is not supported" + (nearest.map { "; did you mean \($0)?" } ?? ""),
                at: map.value("kind"))
            return nil
        }
    }

    // MARK: - Actions

    mutating func actions(_ nodes: [Node]) -> [Action] { nodes.compactMap { action($0) } }

    private mutating func action(_ node: Node) -> Action? {
        guard var map = MappingReader(node, "an action", file: file, collector: collector),
            let kindName = map.requiredString("kind")
        else { return nil }
        let id = identifier(&map)
        _ = map.string("displayName")
        let isDisabled = map.boolean("disabled") ?? false
        let outcome = map.word("conversationOutcome", of: ConversationOutcome.self)?.outcome
        let kind = kind(kindName, &map)
        map.refuseOthers()
        guard let kind, !isDisabled else { return nil }
        return Action(id: id, kind: kind, kindName: kindName, outcome: outcome)
    }

    private mutating func identifier(_ map: inout MappingReader) -> String {
        guard let id = map.string("id") else {
            unnamed += 1
            return "action\(unnamed)"
        }
        if !ids.insert(id).inserted {
            map.complain("the id \(id) is used twice in this topic; give each action its own", at: map.value("id"))
        }
        return id
    }

    private mutating func kind(_ name: String, _ map: inout MappingReader) -> Action.Kind? {
        switch name {
        case "SendActivity":
            return map.value("activity").flatMap { message($0) }.map { .sendActivity($0) } ?? missing("activity", &map)
        case "Question": return question(&map)
        case "ConditionGroup": return conditionGroup(&map)
        case "SetVariable":
            guard let path = variable("variable", &map),
                let value = map.value("value").flatMap({ valueExpression($0, &map) })
            else { return missing("value", &map) }
            return .setVariable(path, value)
        case "SetTextVariable":
            guard let path = variable("variable", &map), let text = map.string("value"),
                let template = template(text, &map, "value")
            else { return missing("value", &map) }
            return .setVariable(path, template.asExpression)
        case "GotoAction": return map.requiredString("actionId").map { .goto(actionID: $0) }
        case "BeginDialog": return beginDialog(&map)
        case "EndDialog":
            _ = map.boolean("clearTopicQueue")
            return .endDialog
        case "CancelAllDialogs": return .cancelAllDialogs
        case "EndConversation": return .endConversation
        case "HttpRequestAction": return http(&map)
        case "TransferConversationV2": return transfer(&map)
        case "LogCustomTelemetryEvent":
            guard let name = map.requiredString("eventName"), let template = template(name, &map, "eventName") else {
                return nil
            }
            return .logEvent(
                name: template, properties: map.string("properties").flatMap { expression($0, &map, "properties") })
        default:
            let known = [
                "SendActivity", "Question", "ConditionGroup", "SetVariable", "SetTextVariable", "GotoAction",
                "BeginDialog", "EndDialog", "CancelAllDialogs", "EndConversation", "HttpRequestAction",
                "TransferConversationV2", "LogCustomTelemetryEvent",
            ]
            let nearest = nearestName(to: name, among: known)
            map.complain(
                "the action \(name) is not supported" + (nearest.map { "; did you mean \($0)?" } ?? ""),
                at: map.value("kind"))
            _ = map.rest()
            return nil
        }
    }

    private func missing(_ name: String, _ map: inout MappingReader) -> Action.Kind? {
        if map.value(name) == nil { map.complain("this action needs '\(name)'") }
        return nil
    }

    private mutating func conditionGroup(_ map: inout MappingReader) -> Action.Kind? {
        var branches: [Action.Branch] = []
        for node in map.list("conditions") {
            guard var item = MappingReader(node, "a condition", file: file, collector: collector) else { continue }
            _ = item.string("id")
            _ = item.string("displayName")
            let condition = item.requiredString("condition").flatMap { expression($0, &item, "condition") }
            let actions = actions(item.list("actions"))
            item.refuseOthers()
            if let condition { branches.append(Action.Branch(condition: condition, actions: actions)) }
        }
        if branches.isEmpty { map.complain("a ConditionGroup needs 'conditions'") }
        return .conditionGroup(branches, otherwise: actions(map.list("elseActions")))
    }

    private func beginDialog(_ map: inout MappingReader) -> Action.Kind? {
        guard let topic = map.requiredString("dialog") else { return nil }
        _ = map.value("activityProcessed")
        var inputs: [Action.Binding] = []
        if let node = map.value("input"), var input = MappingReader(node, "an input", file: file, collector: collector)
        {
            _ = input.string("kind")
            for (name, value) in input.members("binding") {
                if let expression = valueExpression(value, &input) {
                    inputs.append(Action.Binding(name: name, value: expression))
                }
            }
            input.refuseOthers()
        }
        var outputs: [(from: String, to: VariablePath)] = []
        if let node = map.value("output"),
            var output = MappingReader(node, "an output", file: file, collector: collector)
        {
            _ = output.string("kind")
            for (name, value) in output.members("binding") {
                if let path = value.string.flatMap({ VariablePath($0) }) { outputs.append((name, path)) }
            }
            output.refuseOthers()
        }
        return .beginDialog(topic: topic, inputs: inputs, outputs: outputs)
    }

    private mutating func http(_ map: inout MappingReader) -> Action.Kind? {
        let method = (map.word("method", of: HTTPMethod.self) ?? .get).rawValue.uppercased()
        guard let url = map.requiredString("url").flatMap({ template($0, &map, "url") }) else { return nil }
        let headers = map.members("headers").compactMap { header in
            header.value.string.flatMap { template($0, &map, "headers") }.map { (name: header.name, value: $0) }
        }
        var body: Expression?
        if let node = map.value("body"), var content = MappingReader(node, "a body", file: file, collector: collector) {
            _ = content.string("kind")
            body = (content.value("content") ?? content.value("value")).flatMap { valueExpression($0, &content) }
            content.refuseOthers()
        }
        let timeout = map.number("requestTimeoutInMilliseconds", in: 1...600_000) ?? 30_000
        _ = map.value("responseSchema")
        var continues = false
        var status: VariablePath?
        if let node = map.value("errorHandling"),
            var handling = MappingReader(node, "an error handling", file: file, collector: collector)
        {
            continues = handling.string("kind") == "ContinueOnErrorBehavior"
            status = variable("statusCode", &handling)
            _ = handling.string("errorResponseBody")
            handling.refuseOthers()
        }
        var latencyMessage: Message?
        var latencyDelay = 500
        if let node = map.value("latencyMessageSettings"),
            var latency = MappingReader(node, "a latency message", file: file, collector: collector)
        {
            _ = latency.boolean("allowLatencyMessage")
            latencyMessage = latency.value("latencyMessage").flatMap { message($0) }
            if let delay = latency.number("latencyMessageDelayInMilliseconds", in: 0...60_000) {
                latencyDelay = Int(delay)
            }
            _ = latency.number("minimumPlaybackInMilliseconds", in: 0...60_000)
            latency.refuseOthers()
        }
        return .httpRequest(
            HTTPAction(
                method: method, url: url, headers: headers, body: body, timeoutInMilliseconds: Int(timeout),
                response: variable("response", &map), continuesOnError: continues, statusCode: status,
                latencyMessage: latencyMessage, latencyDelayInMilliseconds: latencyDelay))
    }

    private func transfer(_ map: inout MappingReader) -> Action.Kind? {
        guard let node = map.value("transferType"),
            var type = MappingReader(node, "a transfer", file: file, collector: collector),
            let kind = type.requiredString("kind")
        else {
            map.complain("TransferConversationV2 needs 'transferType' with a kind")
            return nil
        }
        defer { type.refuseOthers() }
        switch kind {
        case "TransferToAgent":
            let text = type.value("messageToAgent").flatMap { messageText($0) }
            return .transfer(
                TransferAction(
                    kind: .agent, phoneNumber: nil,
                    messageToAgent: text.flatMap { template($0, &type, "messageToAgent") },
                    context: transferContext(&type), userToUser: nil, headers: [], dtmfSequence: nil))
        case "TransferToPhoneNumber":
            let number = type.requiredString("phoneNumber").flatMap { template($0, &type, "phoneNumber") }
            let headers = type.members("sipxHeaders").compactMap { header in
                header.value.string.flatMap { template($0, &type, "sipxHeaders") }.map {
                    (name: header.name, value: $0)
                }
            }
            return .transfer(
                TransferAction(
                    kind: .phoneNumber, phoneNumber: number, messageToAgent: nil, context: .all,
                    userToUser: type.string("sipUuiHeader").flatMap { template($0, &type, "sipUuiHeader") },
                    headers: headers,
                    dtmfSequence: type.string("dtmfSequence").flatMap { template($0, &type, "dtmfSequence") }))
        default:
            type.complain("a transfer is TransferToAgent or TransferToPhoneNumber, not \(kind)", at: type.value("kind"))
            return nil
        }
    }

    private func transferContext(_ map: inout MappingReader) -> TransferAction.Context {
        guard let node = map.value("context"),
            var context = MappingReader(node, "a context", file: file, collector: collector)
        else { return .all }
        defer { context.refuseOthers() }
        if context.string("kind") == "ExpressionTransferContext" {
            return context.string("value").flatMap { expression($0, &context, "value") }.map { .value($0) } ?? .all
        }
        switch context.string("variables") {
        case "Topic": return .topic
        case "Global": return .global
        default: return .all
        }
    }
}

/// `HttpMethodType` of the schema.
private enum HTTPMethod: String, CaseIterable {
    case get = "Get", post = "Post", put = "Put", patch = "Patch", delete = "Delete"
}

/// `ConversationOutcome` of the schema.
private enum ConversationOutcome: String, CaseIterable {
    case resolvedConfirmed = "ResolvedConfirmed"
    case resolvedImplied = "ResolvedImplied"
    case escalated = "Escalated"

    var outcome: CallOutcome {
        switch self {
        case .resolvedConfirmed: .resolvedConfirmed
        case .resolvedImplied: .resolvedImplied
        case .escalated: .escalated
        }
    }
}
