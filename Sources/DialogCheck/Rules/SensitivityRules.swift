import AgentFiles
import CallFlow

/// Sensitive values that reach where they must not.
///
/// Sensitive are the answers to questions whose entity is, secret environment variables, and every variable that is set
/// from one: the same that a call marks while it runs. Nothing in a formula washes a value clean.
struct SensitivityRules {
    private let inspection: Inspection
    private var agent: AgentOutline { inspection.agent }

    /// Actions that ask the outside, and may declare what they take.
    static let requests: Set<String> = ["HttpRequestAction", "InvokeFlowAction"]

    /// A variable: that of a topic, or a global one.
    private struct Variable: Hashable {
        enum Scope: Hashable {
            case topic(Int)
            case global
            case environment
        }

        let scope: Scope
        let name: String
    }

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        let sensitive = sensitiveVariables()
        guard !sensitive.isEmpty else { return }
        for (topic, action) in inspection.actions { check(action, topic, sensitive) }
    }

    // MARK: - Where they come from

    private func sensitiveVariables() -> Set<Variable> {
        var sensitive: Set<Variable> = []
        for (topic, action) in inspection.actions where action.kind == "Question" {
            guard QuestionEntity(action, in: inspection.agent)?.isSensitive == true,
                let path = action.value["variable"]?.string
            else {
                continue
            }
            if let variable = variable(path, topic) { sensitive.insert(variable) }
        }
        for source in agent.sources where source.role == .variable {
            let isSecret = source.value?["sensitivityLevel"]?.string == "Sensitive"
            if isSecret { sensitive.insert(Variable(scope: .global, name: source.name)) }
        }
        for name in secretEnvironment() { sensitive.insert(Variable(scope: .environment, name: name)) }
        while true {
            var found = sensitive
            for (topic, action) in inspection.actions { spread(action, topic, &found) }
            if found == sensitive { return sensitive }
            sensitive = found
        }
    }

    /// Environment variables of the type `Secret`, and those that `parley.yml` declares so.
    private func secretEnvironment() -> [String] {
        agent.sources.filter { $0.role == .declaration }.flatMap { source -> [String] in
            guard let value = source.value else { return [] }
            if source.name == "parley" {
                return (value["environment"]?.members ?? []).filter { member in
                    member.value["secret"]?.boolean ?? (member.value["type"]?.string == "Secret")
                }.map(\.name)
            }
            return value["type"]?.string == "Secret" ? [value["schemaName"]?.string ?? source.name] : []
        }
    }

    /// What an action sets from sensitive values.
    private func spread(_ action: ActionOutline, _ topic: Int, _ sensitive: inout Set<Variable>) {
        switch action.kind {
        case "SetVariable", "SetTextVariable", "ParseValue", "EditTable", "EditTableV2":
            guard let value = action.value["value"] ?? action.value.at("changeType", "value"),
                isSensitive(value, topic, sensitive)
            else { return }
            for name in ["variable", "resultVariable", "itemsVariable"] { mark(action.value[name], topic, &sensitive) }
        case "SetMultipleVariables":
            for assignment in action.value["assignments"]?.items ?? [] {
                guard let value = assignment["value"], isSensitive(value, topic, sensitive) else { continue }
                mark(assignment["variable"], topic, &sensitive)
            }
        case "Foreach":
            guard let items = action.value["items"], isSensitive(items, topic, sensitive) else { return }
            mark(action.value["value"], topic, &sensitive)
        case "BeginDialog", "ReplaceDialog":
            guard let called = action.value["dialog"]?.string.flatMap({ agent.topicIndex(named: $0) }) else { return }
            for member in action.value.at("input", "binding")?.members ?? [] {
                if isSensitive(member.value, topic, sensitive) {
                    sensitive.insert(Variable(scope: .topic(called), name: member.name))
                }
            }
            let marked = (action.value.at("output", "outputOverrides")?.items ?? []).filter {
                $0["sensitivityLevel"]?.string == "Sensitive"
            }.compactMap { $0["property"]?.string }
            for member in action.value.at("output", "binding")?.members ?? [] {
                if marked.contains(member.name) { mark(member.value, topic, &sensitive) }
                if sensitive.contains(Variable(scope: .topic(called), name: member.name)) {
                    mark(member.value, topic, &sensitive)
                }
            }
        default: break
        }
    }

    private func mark(_ value: SourceValue?, _ topic: Int, _ sensitive: inout Set<Variable>) {
        if let variable = value?.string.flatMap({ variable($0, topic) }) { sensitive.insert(variable) }
    }

    private func variable(_ text: String, _ topic: Int) -> Variable? {
        guard let path = VariablePath(text) else { return nil }
        return Variable(scope: path.scope == .topic ? .topic(topic) : .global, name: path.name)
    }

    // MARK: - Where they go

    private func isSensitive(_ value: SourceValue, _ topic: Int, _ sensitive: Set<Variable>) -> Bool {
        !leaks(in: value, topic, sensitive).isEmpty
    }

    private func leaks(
        in value: SourceValue, _ topic: Int, _ sensitive: Set<Variable>
    ) -> [(name: String, place: SourcePlace)] {
        FormulaSite.all(in: value).flatMap(\.references).compactMap { reference in
            guard reference.path.count > 1 else { return nil }
            let name = reference.path.prefix(2).joined(separator: ".")
            let scopes: [String: Variable.Scope] = ["Topic": .topic(topic), "Global": .global, "Env": .environment]
            guard let scope = scopes[reference.path[0]],
                sensitive.contains(Variable(scope: scope, name: reference.path[1]))
            else { return nil }
            return (name, reference.place)
        }
    }

    private func check(_ action: ActionOutline, _ topic: Int, _ sensitive: Set<Variable>) {
        func report(_ code: String, _ values: [SourceValue?], takes: [String] = [], _ message: (String) -> String) {
            for value in values.compactMap({ $0 }) {
                for leak in leaks(in: value, topic, sensitive) where !takes.contains(leak.name) && !takes.contains("*")
                {
                    inspection.report(code, leak.place, in: value.text.file, message(leak.name))
                }
            }
        }
        report("sensitive-prompt", SpokenMessage.all(of: action)) {
            "\($0) is sensitive and would be said aloud; leave it out of the message"
        }
        let type = action.value["transferType"] ?? action.value
        switch action.kind {
        case "HttpRequestAction", "InvokeFlowAction":
            let lines = action.value.lines
            let takes = action.value.text.notes.takes(lines)
            checkHeaders(action, topic, sensitive, takes)
            report("sensitive-request", ["url", "body", "input"].map { action.value[$0] }, takes: takes) {
                "\($0) is sensitive and \(action.id) does not declare that it takes it; write '# parley: takes \($0) — why' above the action, or leave it out"
            }
        case "LogCustomTelemetryEvent":
            report("sensitive-telemetry", [action.value["eventName"], action.value["properties"]]) {
                "\($0) is sensitive and would be kept in telemetry; leave it out"
            }
        case "AnswerQuestionWithAI", "SearchAndSummarizeContent":
            report("sensitive-request", [action.value["userInput"], action.value["additionalInstructions"]]) {
                "\($0) is sensitive and would go to a language model; leave it out"
            }
        case "TransferConversation", "TransferConversationV2", "Parley.Queue", "Parley.Consult", "Parley.Swarm",
            "Parley.Voicemail", "Parley.Callback", "Parley.Whisper":
            report("sensitive-header", [type["sipUuiHeader"], type["sipxHeaders"]]) {
                "\($0) is sensitive and reaches a SIP header; leave it out"
            }
            let told = [
                "messageToAgent", "phoneNumber", "telephoneNumber", "dtmfSequence", "queue", "skills", "expert",
                "experts", "message",
            ].map { type[$0] }
            report("sensitive-transfer", told + [type.at("context", "value")]) {
                "\($0) is sensitive and reaches the transfer; leave it out"
            }
        default: break
        }
    }

    /// Keys of services belong into the headers of requests; what a caller said does not.
    private func checkHeaders(
        _ action: ActionOutline, _ topic: Int, _ sensitive: Set<Variable>, _ takes: [String]
    ) {
        guard let headers = action.value["headers"] else { return }
        for leak in leaks(in: headers, topic, sensitive) {
            if !leak.name.hasPrefix("Env.") {
                inspection.report(
                    "sensitive-header", leak.place, in: headers.text.file,
                    "\(leak.name) is sensitive and reaches a header; leave it out, or send it in the body")
            } else if !takes.contains(leak.name), !takes.contains("*") {
                inspection.report(
                    "sensitive-request", leak.place, in: headers.text.file,
                    "\(leak.name) is secret and \(action.id) does not declare that it takes it; write '# parley: takes \(leak.name) — why' above the action"
                )
            }
        }
    }
}
