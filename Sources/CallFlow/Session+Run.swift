import Formula
import Telephony

// The actions: `run()` takes one after the other until the session has to wait.

extension Session {
    mutating func run() {
        while case .running = state {
            guard sliceUsed < Limit.slice else { return }
            sliceUsed += 1
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
            if action.waitsForCaller, lookUp != nil {
                state = .awaitingCaller(action)
            } else if action.kind.endsConversation, !playing.isEmpty {
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

    /// Takes the action that waited for the look-up of the caller.
    mutating func resumeKnowingCaller(_ action: Action) {
        guard action.kind.endsConversation, !playing.isEmpty else { return resume(action) }
        state = .saying(action)
    }

    /// The next action of the running topic; `nil` when a list of actions, a topic or the dialog ended instead.
    private mutating func nextAction() -> Action? {
        guard let last = frames.indices.last else {
            becomeIdle()
            return nil
        }
        guard let block = frames[last].blocks.indices.last else {
            endWhenDone()
            return nil
        }
        let next = frames[last].blocks[block].next
        guard next < frames[last].blocks[block].actions.count else {
            endBlock()
            return nil
        }
        frames[last].blocks[block].next = next + 1
        return frames[last].blocks[block].actions[next]
    }

    /// A topic has taken its last action: it ends, or stays on the line until it is ended.
    private mutating func endWhenDone() {
        guard let frame = frames.last else { return }
        guard let ends = resolve(agent.topics[frame.topic].endsAutomatically, "") else { return }
        ends ? endTopic() : becomeIdle()
    }

    /// A list of actions is at its end: the next row of a loop, or the list that it stands in.
    private mutating func endBlock() {
        guard let last = frames.indices.last, let block = frames[last].blocks.indices.last else { return }
        guard var loop = frames[last].blocks[block].loop else {
            frames[last].blocks.removeLast()
            return
        }
        loop.index += 1
        guard loop.index < loop.rows.count else {
            frames[last].blocks.removeLast()
            return
        }
        frames[last].blocks[block].loop = loop
        frames[last].blocks[block].next = 0
        setRow(of: loop)
    }

    private mutating func setRow(of loop: Loop) {
        set(loop.action.value, loop.rows[loop.index])
        if let index = loop.action.index { set(index, .number(Double(loop.index))) }
    }

    private mutating func perform(_ action: Action) {
        switch action.kind {
        case .sendActivity(let message): say(message, action: action.id)
        case .question(let question): ask(question, action: action.id)
        case .csatQuestion(let variable): ask(Question.satisfaction(variable), action: action.id)
        case .conditionGroup(let branches, let otherwise): choose(branches, otherwise, action.id)
        case .scope(let actions): enter(actions, action.id)
        case .disconnected: break
        case .foreach(let foreach): loop(foreach, action.id)
        case .breakLoop, .continueLoop: leaveLoop(action)
        case .goto(let id): goTo(id, from: action.id)
        case .beginDialog, .replaceDialog, .repeatDialog, .endDialog, .cancelDialog, .recognizeIntent:
            performDialog(action)
        case .cancelAllDialogs: endAllTopics()
        case .endConversation: finish()
        case .httpRequest(let request): send(request, action.id)
        case .invokeFlow(let flow): invoke(flow, action.id)
        case .answer(let answer): request(answer, action.id)
        case .transfer(let transfer): handOver(transfer, action)
        case .pause(let pause): begin(pause, action)
        case .whisper(let template):
            guard let value = evaluate(template, action.id) else { return }
            whisper = DisclosableText(value.text(for: .dialog), isSensitive: value.isSensitive)
        case .logEvent(let name, let properties): log(name, properties, action.id)
        case .setVariable, .setVariables, .parseValue, .editTable, .clearVariables, .resetVariable:
            performVariable(action)
        }
    }

    // MARK: - Formulas

    /// A formula's value; `nil` after a mistake, which the session has dealt with.
    mutating func evaluate(_ expression: Expression, _ action: String) -> Value? {
        let value = expression.evaluate(in: scope, budget: Limit.formula)
        guard let error = value.error else { return value }
        fail("formula", "\(expression.source): \(error.message)", action: action)
        return nil
    }

    mutating func evaluate(_ template: Template, _ action: String) -> Value? {
        let value = template.evaluate(in: scope, budget: Limit.formula)
        guard let error = value.error else { return value }
        fail("formula", error.message, action: action)
        return nil
    }

    /// A setting's value; `nil` after a mistake, which the session has dealt with.
    mutating func resolve(_ setting: Setting<Int>, _ action: String, in range: ClosedRange<Int> = 0...86_400_000)
        -> Int?
    {
        switch setting {
        case .constant(let value): return min(range.upperBound, max(range.lowerBound, value))
        case .formula(let formula):
            guard let value = evaluate(formula, action) else { return nil }
            guard let number = value.asNumber, number.isFinite else {
                fail("formula", "\(formula.source) is no number", action: action)
                return nil
            }
            return Int(min(Double(range.upperBound), max(Double(range.lowerBound), number)))
        }
    }

    mutating func resolve(_ setting: Setting<Bool>, _ action: String) -> Bool? {
        switch setting {
        case .constant(let value): return value
        case .formula(let formula): return evaluate(formula, action).map { $0.kind == .boolean(true) }
        }
    }

    mutating func resolve(_ setting: Setting<String>, _ action: String) -> String? {
        switch setting {
        case .constant(let value): return value
        case .formula(let formula): return evaluate(formula, action).map { $0.text(for: .dialog) }
        }
    }

    mutating func resolve(_ setting: Setting<Double>, _ action: String) -> Double? {
        switch setting {
        case .constant(let value): return value
        case .formula(let formula): return evaluate(formula, action)?.asNumber
        }
    }

    /// A word's value; a formula gives the word or its place in an option set.
    mutating func resolve<Word: RawRepresentable>(_ setting: Setting<Word>, _ action: String) -> Word?
    where Word.RawValue == String {
        switch setting {
        case .constant(let value): return value
        case .formula(let formula):
            guard let value = evaluate(formula, action) else { return nil }
            let text = value.text(for: .dialog)
            let word = text.split(separator: ".").last.map(String.init) ?? text
            guard let result = Word(rawValue: word) else {
                fail("formula", "\(formula.source) is '\(word)', which is no setting here", action: action)
                return nil
            }
            return result
        }
    }

    // MARK: - Branches and loops

    private mutating func choose(_ branches: [Action.Branch], _ otherwise: [Action], _ action: String) {
        for (index, branch) in branches.enumerated() {
            guard let value = evaluate(branch.condition, action) else { return }
            guard value.kind == .boolean(true) else { continue }
            fact(.branchTaken(BranchTaken(topic: topicName, action: action, branch: branch.name(index))))
            return enter(branch.actions, action)
        }
        fact(.branchTaken(BranchTaken(topic: topicName, action: action, branch: "else")))
        enter(otherwise, action)
    }

    private mutating func enter(_ actions: [Action], _ owner: String) {
        guard !actions.isEmpty, let last = frames.indices.last else { return }
        frames[last].blocks.append(Block(actions: actions, owner: owner))
    }

    private mutating func loop(_ foreach: ForeachAction, _ action: String) {
        guard let value = evaluate(foreach.items, action), let last = frames.indices.last else { return }
        guard let rows = value.rows else {
            if value.isBlank { return }
            return fail(
                "formula", "\(foreach.items.source) is no table that a Foreach could go through", action: action)
        }
        guard !rows.isEmpty else { return }
        let loop = Loop(action: foreach, rows: rows.map { $0.marked(sensitive: value.isSensitive) })
        frames[last].blocks.append(Block(actions: foreach.actions, owner: action, loop: loop))
        setRow(of: loop)
    }

    /// `BreakLoop` and `ContinueLoop`: leave the lists within the loop's own, and the loop itself or this row of it.
    private mutating func leaveLoop(_ action: Action) {
        guard let last = frames.indices.last,
            let block = frames[last].blocks.lastIndex(where: { $0.loop != nil })
        else { return fail("noLoop", "\(action.kindName) stands in no Foreach", action: action.id) }
        frames[last].blocks.removeSubrange((block + 1)...)
        if case .breakLoop = action.kind {
            frames[last].blocks.removeLast()
        } else {
            frames[last].blocks[block].next = frames[last].blocks[block].actions.count
        }
    }

    /// Goes to an action of the same topic, wherever it stands.
    private mutating func goTo(_ id: String, from action: String) {
        guard let last = frames.indices.last else { return }
        let topic = agent.topics[frames[last].topic]
        guard var blocks = Session.path(to: id, in: topic.actions, owner: "") else {
            return fail("noSuchAction", "there is no action \(id) in topic \(topic.name)", action: action)
        }
        // A loop that holds both places goes on where it was.
        for index in blocks.indices where blocks[index].loop == nil && !blocks[index].owner.isEmpty {
            blocks[index].loop = frames[last].blocks.first { $0.owner == blocks[index].owner && $0.loop != nil }?.loop
        }
        frames[last].blocks = blocks
    }

    /// The lists of actions that lead to an action, each with the index of what comes next.
    private static func path(to id: String, in actions: [Action], owner: String) -> [Block]? {
        for (index, action) in actions.enumerated() {
            if action.id == id { return [Block(actions: actions, next: index, owner: owner)] }
            for list in action.lists {
                if let inner = path(to: id, in: list, owner: action.id) {
                    return [Block(actions: actions, next: index + 1, owner: owner)] + inner
                }
            }
        }
        return nil
    }
}

extension Action.Branch {
    /// What the branch is called in the account: its `id`, or its number from 1.
    package func name(_ index: Int) -> String { id.isEmpty ? "\(index + 1)" : id }
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

extension Question {
    /// `CSATQuestion`: how satisfied the caller was, from 1 to 5, which stays blank when the caller says nothing.
    fileprivate static func satisfaction(_ variable: VariablePath?) -> Question {
        var entity = Entity(kind: .prebuilt(.number))
        entity.termination = DtmfTermination(kind: .fixed(length: .constant(1)))
        var question = Question(
            prompt: Message(constant: "How satisfied were you, from 1 to 5?"),
            variable: variable ?? VariablePath(scope: .topic, name: "CSATScore"), entity: entity)
        question.alwaysPrompt = .constant(true)
        question.invalidPrompt = Message(constant: "Please press a number from 1 to 5.")
        question.validation = try? Expression("\(question.variable) >= 1 && \(question.variable) <= 5")
        question.repeatCount = .constant(1)
        question.defaultValue = try? Expression("Blank()")
        question.voice.repeatCountOnSilence = .constant(0)
        question.voice.silenceTimeoutInMilliseconds = .constant(5_000)
        question.voice.missingAction = .constant(.setEmpty)
        return question
    }
}
