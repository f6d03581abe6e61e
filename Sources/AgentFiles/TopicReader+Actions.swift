import CallFlow
import Documents
import Formula
import Telephony
import Yams

// Actions on variables and on the outside.

extension TopicReader {
    mutating func variableAction(_ name: String, _ node: Node) -> Action.Kind? {
        switch name {
        case "SetVariable":
            let path = node.member("variable").flatMap { variable($0) }
            guard let value = node.member("value").flatMap({ self.value($0, "value") }), let path else { return nil }
            return .setVariable(path, value)
        case "SetTextVariable":
            let path = node.member("variable").flatMap { variable($0) }
            guard let value = node.member("value").flatMap({ template($0, "value") }), let path else { return nil }
            return .setVariable(path, value.asExpression)
        case "SetMultipleVariables":
            var assignments: [Action.Assignment] = []
            for (index, item) in node.items("assignments").enumerated() {
                let path = item.member("variable").flatMap { variable($0) }
                let value = item.member("value").flatMap { self.value($0, "assignments.\(index).value") }
                if let path, let value { assignments.append(Action.Assignment(variable: path, value: value)) }
            }
            return .setVariables(assignments)
        case "ParseValue": return parseValue(node)
        case "EditTable", "EditTableV2": return editTable(node)
        case "ClearAllVariables":
            return .clearVariables(
                word(node, "variables", VariablesToClear.self) ?? .constant(.conversationScopedVariables))
        default: return node.member("variable").flatMap { variable($0) }.map { .resetVariable($0) }
        }
    }

    private mutating func parseValue(_ node: Node) -> Action.Kind? {
        let path = node.member("variable").flatMap { variable($0) }
        let value = node.member("value").flatMap { self.value($0, "value") }
        guard let type = node.member("valueType"), let path, let value else { return nil }
        return .parseValue(
            ParseAction(
                variable: path, type: dataType(type), value: value,
                throwsError: node.text("errorPolicy") == "ThrowError"))
    }

    private mutating func editTable(_ node: Node) -> Action.Kind? {
        guard let items = node.member("itemsVariable").flatMap({ variable($0) }) else { return nil }
        var change: TableAction.Change?
        var result = node.member("resultVariable").flatMap { variable($0) }
        let operation = node.member("changeType")
        let operand = operation?.member("value") ?? node.member("value")
        switch operation?.text("kind") ?? operation?.string ?? "Add" {
        case "Add", "AddItemOperation": change = operand.flatMap { value($0, "value") }.map { .add($0) }
        case "Remove", "RemoveItemOperation": change = operand.flatMap { value($0, "value") }.map { .remove($0) }
        case "TakeFirst", "TakeFirstItemOperation": change = .takeFirst
        case "TakeLast", "TakeLastItemOperation": change = .takeLast
        default: change = .clear
        }
        if let other = operation?.member("resultVariable").flatMap({ variable($0) }) { result = other }
        guard let change else {
            if operand == nil { complain("this change of a table needs 'value'", at: node, code: "missing-property") }
            return nil
        }
        return .editTable(TableAction(items: items, change: change, result: result))
    }

    // MARK: - Outside

    mutating func outsideAction(_ name: String, _ node: Node) -> Action.Kind? {
        switch name {
        case "HttpRequestAction": return http(node)
        case "InvokeFlowAction":
            return flow(node.text("flowId") ?? "", node.member("flowId") ?? node, inputs(node), outputs(node)).map {
                var flow = $0
                flow.latency = latency(node)
                flow.takes = notes.takes(node.lines)
                return .invokeFlow(flow)
            }
        case "AnswerQuestionWithAI", "SearchAndSummarizeContent": return answer(name, node)
        case "TransferConversation": return transfer(node)
        case "TransferConversationV2": return transferV2(node)
        case "Parley.Hold":
            return .pause(
                PauseAction(
                    seconds: count(node, "seconds") ?? .constant(30),
                    music: node.member("music").flatMap { template($0, "music") }))
        case "Parley.Whisper": return node.member("message").flatMap { plainText($0, "message") }.map { .whisper($0) }
        case "Parley.Queue", "Parley.Consult", "Parley.Swarm", "Parley.Voicemail", "Parley.Callback":
            return people(name, node)
        case "LogCustomTelemetryEvent":
            let name = node.member("eventName").flatMap { template($0, "eventName") } ?? Template(constant: "event")
            return .logEvent(name: name, properties: node.member("properties").flatMap { value($0, "properties") })
        default: return nil
        }
    }

    private mutating func http(_ node: Node) -> Action.Kind? {
        guard let url = node.member("url").flatMap({ template($0, "url") }) else { return nil }
        let method = setting(node, "method") { $0.uppercased() } ?? .constant("GET")
        var action = HTTPAction(method: method, url: url)
        action.headers = headers(node, "headers")
        if let body = node.member("body") { action.body = self.body(body) }
        action.timeoutInMilliseconds = milliseconds(node, "requestTimeoutInMilliseconds") ?? .constant(30_000)
        action.response = node.member("response").flatMap { variable($0) }
        action.responseType = node.member("responseSchema").map { dataType($0) }
        action.responseHeaders = node.member("responseHeaders").flatMap { variable($0) }
        if let handling = node.member("errorHandling") {
            action.continuesOnError = handling.text("kind") == "ContinueOnErrorBehavior"
            action.statusCode = handling.member("statusCode").flatMap { variable($0) }
            action.errorBody = handling.member("errorResponseBody").flatMap { variable($0) }
        }
        action.latency = latency(node)
        action.takes = notes.takes(node.lines)
        return .httpRequest(action)
    }

    private mutating func headers(_ node: Node, _ property: String) -> [(name: String, value: Template)] {
        node.pairs(property).compactMap { name, value in
            guard name.isHeaderName else {
                complain("'\(name)' is no name of a header: letters, digits and dashes", at: value, code: "wrong-type")
                return nil
            }
            return template(value, "\(property).\(name)").map { (name: name, value: $0) }
        }
    }

    private mutating func body(_ node: Node) -> HTTPAction.Body? {
        switch node.text("kind") {
        case "JsonRequestContent": node.member("content").flatMap { value($0, "body.content") }.map { .json($0) }
        case "RawRequestContent":
            node.member("content").flatMap { template($0, "body.content") }.map {
                .raw($0, contentType: node.member("contentType").flatMap { template($0, "body.contentType") })
            }
        default: nil
        }
    }

    private mutating func latency(_ node: Node) -> LatencySettings {
        var latency = LatencySettings()
        guard let settings = node.member("latencyMessageSettings") else { return latency }
        latency.isAllowed = setting(settings, "allowLatencyMessage", Bool.init(lowercased:))
        latency.message = settings.member("latencyMessage").map { message($0, "latencyMessage") }
        latency.delayInMilliseconds = milliseconds(settings, "latencyMessageDelayInMilliseconds")
        latency.minimumPlaybackInMilliseconds = milliseconds(settings, "minimumPlaybackInMilliseconds")
        return latency
    }

    private mutating func flow(
        _ id: String, _ place: Node, _ inputs: [Action.Binding], _ outputs: [OutputBinding]
    ) -> FlowAction? {
        guard let endpoint = context.flows[id] else {
            complain(
                "the flow \(id) has no endpoint; give its address under 'flows' in parley.yml of the agent's folder",
                at: place, code: "unknown-flow")
            return nil
        }
        return FlowAction(flowID: id, endpoint: endpoint, inputs: inputs, outputs: outputs)
    }

    private mutating func answer(_ name: String, _ node: Node) -> Action.Kind? {
        guard let input = node.member("userInput").flatMap({ template($0, "userInput") }) else { return nil }
        var action = AnswerAction(
            userInput: input, variable: node.member("variable").flatMap { variable($0) },
            isSent: node.text("autoSend") != "false",
            instructions: node.member("additionalInstructions").flatMap { template($0, "additionalInstructions") },
            searchesContent: name == "SearchAndSummarizeContent",
            sources: node.member("knowledgeSources")?.items("knowledgeSources").compactMap(\.string) ?? [],
            moderation: setting(node, "moderationLevel") { $0 } ?? .constant("High"),
            capturesRecord: node.text("responseCaptureType") == "FullResponse")
        action.latency = latency(node)
        return .answer(action)
    }

    // MARK: - Transfers

    private mutating func transfer(_ node: Node) -> Action.Kind {
        let number = node.member("telephoneNumber").flatMap { template($0, "telephoneNumber") }
        return .transfer(
            TransferAction(
                kind: number == nil ? .agent : .phoneNumber, phoneNumber: number,
                messageToAgent: node.member("messageToAgent").flatMap { plainText($0, "messageToAgent") },
                context: transferContext(node), userToUser: nil, headers: [], dtmfSequence: nil))
    }

    private mutating func transferV2(_ node: Node) -> Action.Kind? {
        guard let type = node.member("transferType") else {
            complain("TransferConversationV2 needs 'transferType' with a kind", at: node, code: "missing-property")
            return nil
        }
        if type.text("kind") == "TransferToPhoneNumber" {
            return .transfer(
                TransferAction(
                    kind: .phoneNumber, phoneNumber: type.member("phoneNumber").flatMap { template($0, "phoneNumber") },
                    messageToAgent: nil, context: .all,
                    userToUser: type.member("sipUuiHeader").flatMap { template($0, "sipUuiHeader") },
                    headers: headers(type, "sipxHeaders"),
                    dtmfSequence: type.member("dtmfSequence").flatMap { template($0, "dtmfSequence") }))
        }
        return .transfer(
            TransferAction(
                kind: .agent, phoneNumber: nil,
                messageToAgent: type.member("messageToAgent").flatMap { plainText($0, "messageToAgent") },
                context: transferContext(type), userToUser: nil, headers: [], dtmfSequence: nil))
    }

    /// Kinds of telephony that the schema lacks: whom the caller comes to, and whether the dialog goes on afterwards.
    private mutating func people(_ name: String, _ node: Node) -> Action.Kind {
        var action = TransferAction(
            kind: TopicReader.transferKind(name),
            phoneNumber: node.member("phoneNumber").flatMap { template($0, "phoneNumber") },
            messageToAgent: node.member("messageToAgent").flatMap { plainText($0, "messageToAgent") },
            context: transferContext(node), userToUser: nil, headers: [], dtmfSequence: nil)
        action.queue = node.member("queue").flatMap { template($0, "queue") }
        action.skills = node.items("skills").compactMap { template($0, "skills") }
        action.priority = count(node, "priority")
        action.longestMessageInSeconds = count(node, "lengthInSeconds")
        action.endingSilenceInSeconds = count(node, "silenceInSeconds")
        action.experts = node.items("experts").compactMap { template($0, "experts") }
        if let expert = node.member("expert").flatMap({ template($0, "expert") }) {
            action.experts = [expert]
            action.returnsToDialog = true
        }
        return .transfer(action)
    }

    private static func transferKind(_ name: String) -> TransferKind {
        switch name {
        case "Parley.Queue": .agent
        case "Parley.Voicemail": .voicemail
        case "Parley.Callback": .callBack
        default: .expert
        }
    }

    private mutating func transferContext(_ node: Node) -> TransferAction.Context {
        guard let context = node.member("context") else { return .all }
        if context.text("kind") == "ExpressionTransferContext" {
            return context.member("value").flatMap { value($0, "context.value") }.map { .value($0) } ?? .all
        }
        switch context.text("variables") {
        case "Topic": return .topic
        case "Global": return .global
        default: return .all
        }
    }

    // MARK: - Inputs and tools

    /// The inputs of a topic as actions in front of its own: values that are fixed, and questions for those that the topic
    /// was begun without.
    mutating func taskInputs(_ root: Node) -> [Action] {
        var actions: [Action] = []
        for input in root.items("inputs") {
            guard let name = input.text("propertyName") else { continue }
            let path = VariablePath(scope: .topic, name: name)
            let action = "input.\(name)"
            if let manual = input.member("value") {
                if let value = value(manual, action) {
                    actions.append(Action(id: action, kind: .setVariable(path, value), kindName: "ManualTaskInput"))
                }
            } else if let kind = automaticInput(input, path, action) {
                actions.append(Action(id: action, kind: kind, kindName: "AutomaticTaskInput"))
            }
        }
        return actions
    }

    private mutating func automaticInput(_ node: Node, _ path: VariablePath, _ property: String) -> Action.Kind? {
        let defaultValue = node.member("defaultValue").flatMap { value($0, property) }
        if node.text("shouldPromptUser") == "false" {
            guard let defaultValue,
                let known = try? Expression("If(IsBlank(\(path)), \(defaultValue.source), \(path))")
            else { return defaultValue.map { .setVariable(path, $0) } }
            return .setVariable(path, known)
        }
        let name = node.text("name") ?? path.name
        let entity = node.member("entity").flatMap { self.entity($0, property) } ?? Entity(kind: .prebuilt(.string))
        let settings = node.member("inputSettings")
        let prompt = settings?.member("prompt").flatMap { template(message: $0, property) }
        var question = Question(
            prompt: prompt ?? Message(constant: "What is the \(name)?"), variable: path, entity: entity)
        question.skipMode = .constant(.alwaysSkip)
        question.defaultValue = defaultValue
        if let settings {
            question.repeatCount = count(settings, "repeatCount") ?? .constant(2)
            question.validation = settings.member("validation").flatMap { condition($0, property) }
            question.defaultValue = settings.member("defaultValue").flatMap { value($0, property) } ?? defaultValue
            question.invalidPrompt = settings.member("invalidPrompt").flatMap { template(message: $0, property) }
            question.unrecognizedPrompt = settings.member("unrecognizedPrompt").flatMap {
                template(message: $0, property)
            }
            question.defaultValueResponse = settings.member("defaultValueResponse").flatMap {
                template(message: $0, property)
            }
        }
        return .question(question)
    }

    /// The message of a `ResponseTemplate`.
    private mutating func template(message node: Node, _ property: String) -> Message? {
        node.member("activity").map { message($0, property) }
    }

    /// A tool that calls a flow, as a topic that asks for its inputs and calls it.
    mutating func tool(_ root: Node, _ name: String) -> [Topic] {
        guard let call = root.member("action"), call.text("kind") == "InvokeFlowTaskAction" else { return [] }
        var actions = taskInputs(root)
        let inputs = root.items("inputs").compactMap { $0.text("propertyName") }.compactMap { name in
            (try? Expression("Topic.\(name)")).map { Action.Binding(name: name, value: $0) }
        }
        let outputs = root.items("outputs").compactMap { $0.text("propertyName") }.map {
            OutputBinding(member: $0, variable: VariablePath(scope: .topic, name: $0))
        }
        guard let flow = flow(call.text("flowId") ?? "", call.member("flowId") ?? call, inputs, outputs) else {
            return []
        }
        actions.append(Action(id: "action", kind: .invokeFlow(flow), kindName: "InvokeFlowTaskAction"))
        let title = root.member("mcs.metadata")?.text("componentName") ?? root.text("modelDisplayName")
        var topic = Topic(name: name, displayName: title, trigger: Trigger(kind: .onRedirect), actions: actions)
        topic.outputs = outputs.compactMap { $0.member.map { DataType.Property(name: $0, type: .any) } }
        return [topic]
    }
}

extension String {
    /// RFC 9110 section 5.1, without the marks that no header in use has.
    var isHeaderName: Bool {
        !isEmpty && utf8.count <= 128
            && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
