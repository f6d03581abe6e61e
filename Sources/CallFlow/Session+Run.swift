import DequeModule
import Formula
import Telephony

// The actions: `run()` takes one after the other until the session has to wait.

extension Session {
    mutating func run() {
        while case .running = state {
            fuelUsed += 1
            guard fuelUsed <= Limit.fuel else {
                return fail(
                    "loopWithoutInput",
                    "\(Limit.fuel) actions were taken without a question or a pause between them: the topic goes round in a loop"
                )
            }
            guard let action = nextAction() else { continue }
            fact(.actionStarted(ActionStarted(topic: topicName, action: action.id, kind: action.kindName)))
            if let marked = action.outcome { outcome = marked }
            if action.kind.endsConversation, !playing.isEmpty {
                state = .saying(action)
            } else {
                perform(action)
            }
        }
    }

    /// Takes the action that waited for the prompts in front of it.
    mutating func resume(_ action: Action) {
        state = .running
        perform(action)
    }

    /// The next action of the running topic; `nil` when a list of actions, a topic or the dialog ended instead.
    private mutating func nextAction() -> Action? {
        guard let last = frames.indices.last else {
            becomeIdle()
            return nil
        }
        guard let block = frames[last].blocks.indices.last else {
            endTopic()
            return nil
        }
        let (actions, next) = frames[last].blocks[block]
        guard next < actions.count else {
            frames[last].blocks.removeLast()
            return nil
        }
        frames[last].blocks[block].next = next + 1
        return actions[next]
    }

    private mutating func perform(_ action: Action) {
        switch action.kind {
        case .sendActivity(let message): say(message, action: action.id)
        case .question(let question): ask(question, action: action.id)
        case .conditionGroup(let branches, let otherwise): choose(branches, otherwise, action.id)
        case .setVariable(let path, let expression):
            if let value = evaluate(expression, action.id) { set(path, value) }
        case .goto(let id): goTo(id, from: action.id)
        case .beginDialog(let topic, let inputs, let outputs): call(topic, inputs, outputs, action.id)
        case .endDialog: endTopic()
        case .cancelAllDialogs: endAllTopics()
        case .endConversation: finish()
        case .httpRequest(let request): send(request, action.id)
        case .transfer(let transfer): handOver(transfer, action)
        case .logEvent(let name, let properties): log(name, properties, action.id)
        }
    }

    /// A formula's value; `nil` after a mistake, which the session has dealt with.
    mutating func evaluate(_ expression: Expression, _ action: String) -> Value? {
        let value = expression.evaluate(in: scope)
        guard let error = value.error else { return value }
        fail("formula", "\(expression.source): \(error.message)", action: action)
        return nil
    }

    mutating func evaluate(_ template: Template, _ action: String) -> Value? {
        let value = template.evaluate(in: scope)
        guard let error = value.error else { return value }
        fail("formula", error.message, action: action)
        return nil
    }

    private mutating func choose(_ branches: [Action.Branch], _ otherwise: [Action], _ action: String) {
        for branch in branches {
            guard let value = evaluate(branch.condition, action) else { return }
            guard case .boolean(true) = value.kind else { continue }
            return enter(branch.actions)
        }
        enter(otherwise)
    }

    private mutating func enter(_ actions: [Action]) {
        guard !actions.isEmpty, let last = frames.indices.last else { return }
        frames[last].blocks.append((actions, 0))
    }

    /// Goes to an action of the same topic, wherever it stands.
    private mutating func goTo(_ id: String, from action: String) {
        guard let last = frames.indices.last else { return }
        let topic = agent.topics[frames[last].topic]
        guard let blocks = Session.path(to: id, in: topic.actions) else {
            return fail("noSuchAction", "there is no action \(id) in topic \(topic.name)", action: action)
        }
        frames[last].blocks = blocks
    }

    /// The lists of actions that lead to an action, each with the index of what comes next.
    private static func path(to id: String, in actions: [Action]) -> [(actions: [Action], next: Int)]? {
        for (index, action) in actions.enumerated() {
            if action.id == id { return [(actions, index)] }
            guard case .conditionGroup(let branches, let otherwise) = action.kind else { continue }
            for list in branches.map(\.actions) + [otherwise] {
                if let inner = path(to: id, in: list) { return [(actions, index + 1)] + inner }
            }
        }
        return nil
    }

    private mutating func call(
        _ name: String, _ inputs: [Action.Binding], _ outputs: [(from: String, to: VariablePath)], _ action: String
    ) {
        guard let topic = agent.topicIndex(named: name) else {
            return fail("noSuchTopic", "there is no topic \(name)", action: action)
        }
        var variables: [String: Value] = [:]
        for input in inputs {
            guard let value = evaluate(input.value, action) else { return }
            variables[input.name] = value
        }
        begin(topic, trigger: "BeginDialog", variables: variables, outputs: outputs)
    }

    private mutating func log(_ name: Template, _ properties: Expression?, _ action: String) {
        guard let name = evaluate(name, action) else { return }
        var members: [String: DisclosableText] = [:]
        if let properties {
            guard let value = evaluate(properties, action) else { return }
            if case .record(let fields) = value.kind {
                for field in fields {
                    members[field.name] = field.value.marked(sensitive: value.isSensitive).disclosable
                }
            }
        }
        fact(
            .telemetry(
                Telemetry(
                    name: DisclosableText(name.text(for: .dialog), isSensitive: name.isSensitive).redacted,
                    properties: members)))
    }

    // MARK: - An idle line

    /// No topic runs: waits for the caller where some topic could take what the caller does, and hangs up otherwise.
    private mutating func becomeIdle() {
        let canReact = agent.topics.contains { topic in
            switch topic.trigger.kind {
            case .onDtmfKeyPress, .onUnknownDtmfKey, .onSilence, .onRecognizedIntent, .onUnrecognizedSpeech: true
            default: false
            }
        }
        guard canReact else { return finish() }
        if let key = typeAhead.popFirst() { return takeIdle(key, listening: nil) }
        var listening: RequestID?
        if agent.topics.contains(where: { topic in
            switch topic.trigger.kind {
            case .onRecognizedIntent, .onUnrecognizedSpeech: true
            default: false
            }
        }) {
            let request = nextRequest()
            listening = request
            emit(.listen(request, hints(for: nil)))
        }
        state = .idle(silence: playing.isEmpty ? idleDeadline() : nil, listening: listening)
    }

    func idleDeadline() -> SampleTime? {
        guard let topic = topic(where: { if case .onSilence = $0 { true } else { false } }),
            case .onSilence(let own) = agent.topics[topic].trigger.kind
        else { return nil }
        let milliseconds = own ?? agent.settings.silenceDetectionTimeoutInMilliseconds
        return milliseconds > 0 ? position + clockRate.ticks(milliseconds: Int64(milliseconds)) : nil
    }

    mutating func expireIdle(_ listening: RequestID?) {
        fact(.timerExpired(TimerExpired(timer: .silence, topic: "", action: "")))
        stopListening(listening)
        guard let topic = topic(where: { if case .onSilence = $0 { true } else { false } }) else { return finish() }
        begin(topic, trigger: "OnSilence")
    }

    mutating func takeIdle(_ key: Key, listening: RequestID?) {
        account(key, isSensitive: false)
        _ = bargeIn(.digit)
        let mapped = topic { $0 == .onDtmfKeyPress(key.digit) }
        guard let topic = mapped ?? topic(where: { $0 == .onUnknownDtmfKey }) else {
            state = .idle(silence: idleDeadline(), listening: listening)
            return
        }
        stopListening(listening)
        begin(topic, trigger: mapped == nil ? "OnUnknownDtmfKey" : "OnDtmfKeyPress")
    }

    mutating func recognizedIdle(_ text: String) {
        lastWords = text
        if let topic = topic(ofWords: text) { return begin(topic, trigger: "OnRecognizedIntent") }
        guard let topic = topic(where: { $0 == .onUnrecognizedSpeech }) else {
            state = .running
            return
        }
        begin(topic, trigger: "OnUnrecognizedSpeech")
    }

    /// The topic whose trigger phrase is in what was said; the longest phrase wins.
    func topic(ofWords text: String) -> Int? {
        let words = Words.split(text)
        var longest = 0
        let fitting = topic { kind in
            guard case .onRecognizedIntent(let phrases) = kind else { return false }
            let length = phrases.map { Words.split($0) }.filter { Words.contains(words, $0) }.map(\.count).max() ?? 0
            guard length > longest else { return false }
            longest = length
            return true
        }
        guard fitting != nil else { return nil }
        return topic { kind in
            guard case .onRecognizedIntent(let phrases) = kind else { return false }
            return phrases.map { Words.split($0) }.contains { $0.count == longest && Words.contains(words, $0) }
        }
    }

    mutating func stopListening(_ request: RequestID?) {
        if let request { emit(.stopListening(request)) }
    }

    func hints(for question: Question?) -> RecognitionHints {
        var phrases = question?.entity.phrases ?? []
        for topic in agent.topics {
            if case .onRecognizedIntent(let own) = topic.trigger.kind { phrases += own }
        }
        return RecognitionHints(
            language: agent.settings.language, phrases: phrases,
            utteranceEndTimeoutInMilliseconds: question?.utteranceEndTimeoutInMilliseconds
                ?? agent.settings.utteranceEndTimeoutInMilliseconds,
            isSensitive: question?.entity.isSensitive ?? false)
    }
}

extension Action.Kind {
    /// The caller leaves the dialog by it, so what was said before must have been heard.
    fileprivate var endsConversation: Bool {
        switch self {
        case .endConversation, .transfer: true
        default: false
        }
    }
}
