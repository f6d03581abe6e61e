import CallFlow
import Documents
import Formula
import Telephony
import Yams

/// Reads one topic's document into the dialog runtime's model. What is wrong with the document by the grammar has been said
/// before; the reader says what is wrong with its formulas, names and files.
struct TopicReader {
    let file: String
    let context: FolderContext
    let collector: DiagnosticCollector
    /// Comments for Parley in the document.
    let notes: SourceNotes
    private(set) var topic = ""
    private(set) var action = ""
    private var ids: Set<String> = []
    private var unnamed = 0
    /// What is wrong is a warning: nothing of it can happen on a call.
    var isHarmless = false
    private(set) var errors = 0

    init(file: String, context: FolderContext, collector: DiagnosticCollector, notes: SourceNotes) {
        self.file = file
        self.context = context
        self.collector = collector
        self.notes = notes
    }

    mutating func complain(
        _ message: String, at node: Node?, code: String = "wrong-type", isError: Bool = true, shift: Int = 0
    ) {
        if isError { errors += 1 }
        let mark = node?.mark
        collector.add(
            Diagnostic(
                isError && !isHarmless ? .error : .warning, file: file, line: mark?.line ?? 0,
                column: mark.map { $0.column + shift } ?? 0, code: code, message: message))
    }

    /// The topics of a document: one, and one more for each of its further `triggers`.
    ///
    /// A topic whose trigger never comes on a call can still be begun by another. When it holds what a call cannot do it
    /// is left out, with warnings.
    mutating func read(_ root: Node, name: String) -> [Topic] {
        var check = GrammarCheck(file: file, collector: collector)
        check.isHarmless = isIdle(root)
        isHarmless = check.isHarmless
        check.check(root, .group("Dialog"), "a topic")
        guard case .mapping = root else { return [] }
        topic = name
        let topics = root.text("kind") == "TaskDialog" ? tool(root, name) : dialog(root, name)
        return isHarmless && check.errors + errors > 0 ? [] : topics
    }

    private func isIdle(_ root: Node) -> Bool {
        if root.text("kind") == "TaskDialog" {
            return root.member("action")?.text("kind") != "InvokeFlowTaskAction"
        }
        guard let kind = root.member("beginDialog")?.text("kind"), let known = Grammar.standard.kinds[kind],
            case .named(isError: false, _, _) = known.use
        else { return false }
        return true
    }

    private mutating func dialog(_ root: Node, _ name: String) -> [Topic] {
        var topics: [Topic] = []
        if let begin = root.member("beginDialog") {
            if let topic = self.topic(begin, root, name) { topics.append(topic) }
        } else if root.items("triggers").isEmpty {
            complain(
                "a topic needs 'beginDialog'; give it its trigger and actions", at: root, code: "missing-property")
        }
        for (index, node) in root.items("triggers").enumerated() {
            topic = topics.isEmpty ? name : "\(name).\(node.text("id") ?? "trigger\(index + 1)")"
            ids = []
            if let further = self.topic(node, root, topic) { topics.append(further) }
        }
        return topics
    }

    private mutating func topic(_ node: Node, _ root: Node, _ name: String) -> Topic? {
        guard let trigger = trigger(node) else { return nil }
        let inputs = properties(root.member("inputType"))
        let questions = taskInputs(root)
        let actions = questions + self.actions(node.items("actions"), "actions")
        let title =
            root.member("mcs.metadata")?.text("componentName") ?? root.text("modelDisplayName")
            ?? node.member("intent")?.text("displayName")
        var topic = Topic(name: name, displayName: title, trigger: trigger, actions: actions)
        topic.inputs = inputs
        topic.outputs = properties(root.member("outputType"))
        topic.cancelsOthers = root.text("startBehavior").map { $0 != "Default" } ?? false
        topic.endsAutomatically = setting(root, "endAutomatically", Bool.init(lowercased:)) ?? .constant(true)
        return topic
    }

    // MARK: - Triggers

    private mutating func trigger(_ node: Node) -> Trigger? {
        guard let name = node.text("kind"), let kind = kind(name, node) else { return nil }
        var trigger = Trigger(kind: kind, kindName: name)
        trigger.condition = node.member("condition").flatMap { condition($0, "condition") }
        trigger.priority = node.text("priority").flatMap { Double($0) } ?? 0
        trigger.runsOnce = node.text("runOnce") == "true"
        if let intent = node.member("intent") {
            trigger.intent = Intent(
                displayName: intent.text("displayName") ?? topic,
                phrases: intent.items("triggerQueries").compactMap(\.string).map(TopicReader.bare),
                isOffered: intent.text("includeInOnSelectIntent") != "false")
        }
        switch kind {
        case .onSilence: trigger.timeoutInMilliseconds = milliseconds(node, "silenceDetectionTimeoutInMilliseconds")
        case .onInactivity:
            let seconds = setting(node, "durationInSeconds", Double.init(_:)) ?? .constant(1_800)
            switch seconds {
            case .constant(let value): trigger.timeoutInMilliseconds = .constant(Int(min(1e6, max(0, value)) * 1_000))
            case .formula(let formula):
                trigger.timeoutInMilliseconds = (try? Expression("(\(formula.source)) * 1000")).map { .formula($0) }
            }
        case .onAnsweringMachineDetected:
            complain(
                "OnAnsweringMachineDetected waits for calls that Parley makes; no detector listens on the calls that it takes",
                at: node.member("kind"), code: "no-effect", isError: false)
        default: break
        }
        return trigger
    }

    /// A trigger phrase without the marks around its entities: `weather in {City:Rome}`.
    private static func bare(_ phrase: String) -> String {
        var result = ""
        var inside = false
        for character in phrase {
            if character == "{" { inside = true } else if character == "}" { inside = false }
            if !inside, character != "}" { result.append(character) }
        }
        return result
    }

    private func kind(_ name: String, _ node: Node) -> Trigger.Kind? {
        switch name {
        case "OnConversationStart": .onConversationStart
        case "OnDtmfKeyPress":
            node.text("dtmfKey").flatMap(MappingKey.init(rawValue:))?.digit.map { .onDtmfKeyPress($0) }
        case "OnUnknownDtmfKey": .onUnknownDtmfKey
        case "OnSilence": .onSilence
        case "OnInactivity": .onInactivity
        case "OnUnrecognizedSpeech": .onUnrecognizedSpeech
        case "OnUnknownIntent": .onUnknownIntent
        case "OnEscalate": .onEscalate
        case "OnError": .onError
        case "OnRecognizedIntent", "OnSystemIntent": .onRecognizedIntent
        case "OnSelectIntent": .onSelectIntent(isAlways: node.text("triggerBehavior") == "Always")
        case "OnAnsweringMachineDetected": .onAnsweringMachineDetected
        case "OnRedirect", "OnSystemRedirect": .onRedirect
        default: isHarmless ? .onRedirect : nil
        }
    }

    // MARK: - Actions

    mutating func actions(_ nodes: [Node], _ property: String) -> [Action] { nodes.compactMap { readAction($0) } }

    private mutating func readAction(_ node: Node) -> Action? {
        guard let name = node.text("kind") else { return nil }
        let outer = action
        let wasHarmless = isHarmless
        let isDisabled = node.text("disabled") == "true"
        defer {
            action = outer
            isHarmless = wasHarmless
        }
        if isDisabled { isHarmless = true }
        action = identifier(node)
        let id = action
        let outcome = node.text("conversationOutcome").flatMap(ConversationOutcome.init(rawValue:))?.outcome
        guard let kind = kind(of: name, node), !isDisabled else { return nil }
        var action = Action(id: id, kind: kind, kindName: name, outcome: outcome)
        action.waitsForCaller = notes.waitsForCaller(node.lines.lowerBound)
        return action
    }

    private mutating func identifier(_ node: Node) -> String {
        guard let id = node.text("id") else {
            unnamed += 1
            return "action\(unnamed)"
        }
        if !ids.insert(id).inserted {
            complain(
                "the id \(id) is used twice in this topic; give each action its own", at: node.member("id"),
                code: "duplicate-id")
        }
        return id
    }

    private mutating func kind(of name: String, _ node: Node) -> Action.Kind? {
        switch name {
        case "SendActivity": node.member("activity").map { .sendActivity(message($0, "activity")) }
        case "Question": question(node).map { .question($0) }
        case "CSATQuestion": .csatQuestion(node.member("variable").flatMap { variable($0) })
        case "ConditionGroup": conditionGroup(node)
        case "ActionScope": .scope(actions(node.items("actions"), "actions"))
        case "DisconnectedNodeContainer": .disconnected(actions(node.items("actions"), "actions"))
        case "Foreach": foreach(node)
        case "BreakLoop": .breakLoop
        case "ContinueLoop": .continueLoop
        case "GotoAction": node.text("actionId").map { .goto(actionID: $0) }
        case "BeginDialog": dialogCall(node).map { .beginDialog($0) }
        case "ReplaceDialog": dialogCall(node).map { .replaceDialog($0) }
        case "RepeatDialog": .repeatDialog(inputs: inputs(node))
        case "EndDialog":
            .endDialog(
                clearsTopicQueue: node.text("clearTopicQueue") != "false",
                value: node.member("value").flatMap { value($0, "value") })
        case "CancelDialog": .cancelDialog
        case "CancelAllDialogs": .cancelAllDialogs
        case "EndConversation": .endConversation
        case "RecognizeIntent":
            node.member("userInput").flatMap { template($0, "userInput") }.map { .recognizeIntent($0) }
        case "SetVariable", "SetTextVariable", "SetMultipleVariables", "ParseValue", "EditTable", "EditTableV2",
            "ClearAllVariables", "ResetVariable":
            variableAction(name, node)
        default: outsideAction(name, node)
        }
    }

    private mutating func conditionGroup(_ node: Node) -> Action.Kind {
        var branches: [Action.Branch] = []
        for (index, item) in node.items("conditions").enumerated() {
            let id = item.text("id") ?? ""
            let condition = item.member("condition").flatMap { self.condition($0, "conditions.\(index).condition") }
            let actions = actions(item.items("actions"), "conditions.\(index).actions")
            if let condition { branches.append(Action.Branch(id: id, condition: condition, actions: actions)) }
        }
        return .conditionGroup(branches, otherwise: actions(node.items("elseActions"), "elseActions"))
    }

    private mutating func foreach(_ node: Node) -> Action.Kind? {
        let items = node.member("items").flatMap { value($0, "items") }
        let row = node.member("value").flatMap { variable($0) }
        let index = node.member("index").flatMap { variable($0) }
        let actions = actions(node.items("actions"), "actions")
        guard let items, let row else { return nil }
        return .foreach(ForeachAction(items: items, value: row, index: index, actions: actions))
    }

    private mutating func dialogCall(_ node: Node) -> DialogCall? {
        guard let topic = node.member("dialog").flatMap({ dialogName($0, "dialog") }) else { return nil }
        return DialogCall(topic: topic, inputs: inputs(node), outputs: outputs(node))
    }

    mutating func dialogName(_ node: Node, _ property: String) -> Setting<String>? {
        guard let text = node.string else { return nil }
        guard text.hasPrefix("=") else { return .constant(text) }
        return expression(node, property).map { .formula($0) }
    }

    mutating func inputs(_ node: Node) -> [Action.Binding] {
        guard let input = node.member("input") else { return [] }
        if let single = input.member("value") {
            return value(single, "input.value").map { [Action.Binding(name: "value", value: $0)] } ?? []
        }
        return input.pairs("binding").compactMap { name, node in
            value(node, "input.binding.\(name)").map { Action.Binding(name: name, value: $0) }
        }
    }

    mutating func outputs(_ node: Node) -> [OutputBinding] {
        guard let output = node.member("output") else { return [] }
        let secrets = output.items("outputOverrides").filter { $0.text("sensitivityLevel") == "Sensitive" }
            .compactMap { $0.text("property") }
        if let single = output.member("variable") {
            return variable(single).map { [OutputBinding(member: nil, variable: $0, isSensitive: !secrets.isEmpty)] }
                ?? []
        }
        return output.pairs("binding").compactMap { name, node in
            variable(node).map { OutputBinding(member: name, variable: $0, isSensitive: secrets.contains(name)) }
        }
    }
}

/// `ConversationOutcome` of the schema.
private enum ConversationOutcome: String {
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

/// `DtmfMappingKey` of the schema.
enum MappingKey: String, CaseIterable {
    case num0 = "Num0", num1 = "Num1", num2 = "Num2", num3 = "Num3", num4 = "Num4", num5 = "Num5", num6 = "Num6"
    case num7 = "Num7", num8 = "Num8", num9 = "Num9"
    case pound = "PoundKey"
    case star = "StarKey"

    var digit: Digit? {
        switch self {
        case .pound: .pound
        case .star: .star
        default: rawValue.last.flatMap { Digit($0) }
        }
    }
}

extension Bool {
    /// Reads `true` and `false` in any case.
    init?(lowercased text: String) {
        guard let value = Bool(text.lowercased()) else { return nil }
        self = value
    }
}
