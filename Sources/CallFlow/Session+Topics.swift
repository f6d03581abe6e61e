import DequeModule
import Formula
import Telephony

// Topics: what starts them, what they hold, how they end.

extension Session {
    /// A topic that has begun.
    struct Frame: Sendable {
        var topic: Int
        /// Lists of actions within each other.
        var blocks: [Block]
        var variables: [String: Value] = [:]
        /// Where a topic's variables go when it ends.
        var outputs: [OutputBinding] = []
        /// What `EndDialog` gives back.
        var result: Value?
        /// The question in the topic below that this topic interrupted, to be asked again.
        var resumesQuestion = false
        /// Questions that have been executed in this run of the topic.
        var asked: Set<String> = []
        /// Topics that come next for the same words unless an `EndDialog` clears them.
        var queue: [Int] = []
        /// `OnSelectIntent` began it: the caller's choice follows it.
        var selectsIntent = false
    }

    /// A list of actions that is being taken.
    struct Block: Sendable {
        var actions: [Action]
        var next = 0
        /// The action that the list belongs to; empty for the topic's own.
        var owner = ""
        var loop: Loop?
    }

    /// A `Foreach` under way.
    struct Loop: Sendable {
        var action: ForeachAction
        var rows: [Value]
        var index = 0
    }

    var topicName: String { frames.last.map { agent.topics[$0.topic].name } ?? "" }

    /// The topic whose trigger fits, of the lowest priority number, whose condition holds; the first of equals.
    func topic(where fits: (Trigger.Kind) -> Bool) -> Int? { topics(where: fits).first }

    /// The topics whose triggers fit and whose conditions hold, in the order in which they come.
    func topics(where fits: (Trigger.Kind) -> Bool) -> [Int] {
        let fitting = agent.topics.indices.filter { index in
            fits(agent.topics[index].trigger.kind) && holds(index)
        }
        return fitting.sorted { a, b in
            let (first, second) = (agent.topics[a].trigger.priority, agent.topics[b].trigger.priority)
            return first == second ? a < b : first < second
        }
    }

    /// A trigger can come: its condition holds, and it has not come already when it comes once.
    func holds(_ index: Int) -> Bool {
        let trigger = agent.topics[index].trigger
        if trigger.runsOnce, spentTopics.contains(index) { return false }
        guard let condition = trigger.condition else { return true }
        return condition.evaluate(in: scope, budget: Limit.formula).kind == .boolean(true)
    }

    mutating func begin(
        _ topic: Int, trigger: String, variables: [String: Value] = [:], outputs: [OutputBinding] = [],
        resumesQuestion: Bool = false
    ) {
        if agent.topics[topic].cancelsOthers { endAllTopics() }
        guard frames.count < Limit.depth else {
            fail(
                "tooDeep",
                "topic \(agent.topics[topic].name) would be the \(Limit.depth + 1)th within another: a topic calls itself without end"
            )
            return
        }
        var frame = Frame(topic: topic, blocks: [Block(actions: agent.topics[topic].actions)])
        frame.variables = typed(variables, agent.topics[topic].inputs)
        frame.outputs = outputs
        frame.resumesQuestion = resumesQuestion && !frames.isEmpty
        if trigger == agent.topics[topic].trigger.kindName { spentTopics.insert(topic) }
        if case .onSelectIntent = agent.topics[topic].trigger.kind { frame.selectsIntent = trigger == "OnSelectIntent" }
        frames.append(frame)
        fact(.topicStarted(TopicStarted(topic: agent.topics[topic].name, trigger: trigger)))
        state = .running
    }

    /// Inputs as the topic declares them; a value that does not fit stays as it is.
    func typed(_ variables: [String: Value], _ declared: [DataType.Property]) -> [String: Value] {
        var variables = variables
        for property in declared {
            guard let value = variables[property.name] else { continue }
            variables[property.name] = (property.type.value(of: value, in: scope) ?? value).marked(
                sensitive: property.isSensitive)
        }
        return variables
    }

    /// Ends the running topic, and goes on in the one below.
    mutating func endTopic(clearsQueue: Bool = false, givesOutputs: Bool = true, isReplaced: Bool = false) {
        guard let frame = frames.popLast() else { return }
        fact(.topicEnded(TopicEnded(topic: agent.topics[frame.topic].name)))
        if givesOutputs { give(frame) }
        if isReplaced { return }
        if frame.selectsIntent, let topic = selectedTopic() {
            return begin(topic, trigger: agent.topics[topic].trigger.kindName, resumesQuestion: frame.resumesQuestion)
        }
        if !clearsQueue, let next = frame.queue.first {
            begin(next, trigger: agent.topics[next].trigger.kindName, resumesQuestion: frame.resumesQuestion)
            if let last = frames.indices.last { frames[last].queue = Array(frame.queue.dropFirst()) }
            return
        }
        if frame.resumesQuestion, frames.last != nil { stepBack() }
    }

    /// Gives a topic's outputs to the one below.
    private mutating func give(_ frame: Frame) {
        let declared = agent.topics[frame.topic].outputs
        for output in frame.outputs {
            var value: Value
            if let name = output.member {
                value = frame.result?.member(name) ?? frame.variables[name] ?? .blank
                if let property = declared.first(where: { $0.name == name }) {
                    value = (property.type.value(of: value, in: scope) ?? .blank).marked(
                        sensitive: property.isSensitive)
                }
            } else {
                value = frame.result ?? .blank
            }
            set(output.variable, value.marked(sensitive: output.isSensitive))
        }
    }

    /// Makes the question that was interrupted the next action again.
    private mutating func stepBack() {
        let last = frames.count - 1
        guard let block = frames[last].blocks.indices.last, frames[last].blocks[block].next > 0 else { return }
        frames[last].blocks[block].next -= 1
        let action = frames[last].blocks[block].actions[frames[last].blocks[block].next]
        frames[last].asked.remove(action.id)
    }

    mutating func endAllTopics() {
        while let frame = frames.popLast() {
            fact(.topicEnded(TopicEnded(topic: agent.topics[frame.topic].name)))
        }
    }

    /// The dialog failed: the topic for errors takes over, once; then the call ends.
    mutating func fail(_ code: String, _ message: String, action: String = "") {
        fact(.failure(Failure(code: code, message: message, topic: topicName, action: action)))
        closeQuestion()
        endAllTopics()
        lastError = (code, message)
        guard !isHandlingError, let topic = topic(where: { $0 == .onError }) else {
            state = .over
            outcome = .failed
            emit(.hangUp(.temporaryFailure))
            return
        }
        isHandlingError = true
        fuelUsed = 0
        begin(topic, trigger: "OnError")
    }

    /// The dialog is over.
    mutating func finish(_ cause: HangupCause = .normalClearing) {
        while let key = typeAhead.popFirst() { account(key, isSensitive: true) }
        endAllTopics()
        state = .over
        emit(.hangUp(cause))
    }

    // MARK: - Words and topics

    /// What words may mean.
    enum Meaning {
        case nothing
        case topic(Int)
        /// The caller has to choose.
        case several([(topic: Int, score: Double)])
    }

    /// The topic whose trigger phrases are nearest to some words.
    func meaning(of text: String, among isAllowed: (Int) -> Bool = { _ in true }) -> Meaning {
        let words = Words.split(text)
        var found: [(topic: Int, score: Double)] = []
        for (index, topic) in agent.topics.enumerated() {
            guard let intent = topic.trigger.intent, topic.trigger.listensForWords, isAllowed(index) else { continue }
            let score = PhraseMatcher.score(words, intent.phrases)
            if score >= PhraseMatcher.threshold, holds(index) { found.append((index, score)) }
        }
        found.sort { a, b in
            if a.score != b.score { return a.score > b.score }
            let (first, second) = (agent.topics[a.topic].trigger.priority, agent.topics[b.topic].trigger.priority)
            return first == second ? a.topic < b.topic : first < second
        }
        guard let best = found.first else { return .nothing }
        let near = found.filter { candidate in
            best.score - candidate.score < PhraseMatcher.ambiguity
                && agent.topics[candidate.topic].trigger.priority == agent.topics[best.topic].trigger.priority
                && agent.topics[candidate.topic].trigger.intent?.isOffered == true
        }
        let selecting = topics { if case .onSelectIntent = $0 { true } else { false } }.first
        guard let selecting, case .onSelectIntent(let isAlways) = agent.topics[selecting].trigger.kind else {
            return .topic(best.topic)
        }
        let offered = isAlways ? found.filter { agent.topics[$0.topic].trigger.intent?.isOffered == true } : near
        return offered.count > 1 ? .several(offered) : .topic(best.topic)
    }

    /// Begins what words mean; returns whether they mean something.
    mutating func begin(_ meaning: Meaning, resumesQuestion: Bool = false) -> Bool {
        switch meaning {
        case .nothing: return false
        case .topic(let topic):
            fallbackCount = 0
            begin(topic, trigger: agent.topics[topic].trigger.kindName, resumesQuestion: resumesQuestion)
        case .several(let candidates):
            guard let topic = topic(where: { if case .onSelectIntent = $0 { true } else { false } }) else {
                return false
            }
            systemVariables["Recognizer.IntentOptions"] = .table(
                candidates.map { candidate in
                    let topic = agent.topics[candidate.topic]
                    return .record([
                        Value.Field("DisplayName", .text(topic.trigger.intent?.displayName ?? topic.displayName)),
                        Value.Field("TopicId", .text(topic.name)), Value.Field("TriggerId", .text("main")),
                        Value.Field("Score", .number(candidate.score)),
                    ])
                })
            systemVariables["Recognizer.SelectedIntent"] = .blank
            begin(topic, trigger: "OnSelectIntent", resumesQuestion: resumesQuestion)
        }
        return true
    }

    /// The topic that the caller chose of several.
    private mutating func selectedTopic() -> Int? {
        guard let selected = systemVariables.removeValue(forKey: "Recognizer.SelectedIntent"),
            let name = selected.member("TopicId")?.text(for: .dialog), !name.isEmpty
        else { return nil }
        return agent.topics.firstIndex { $0.name == name }
    }

    mutating func answeringMachine() {
        guard let topic = topic(where: { $0 == .onAnsweringMachineDetected }) else { return }
        closeQuestion()
        stopSaying()
        endAllTopics()
        begin(topic, trigger: "OnAnsweringMachineDetected")
    }
}

extension Trigger {
    /// Words can start it.
    var listensForWords: Bool {
        switch kind {
        case .onRecognizedIntent, .onEscalate: true
        default: false
        }
    }
}
