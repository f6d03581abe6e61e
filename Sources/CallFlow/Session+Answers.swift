import DequeModule
import Formula
import Telephony

// Questions: keys, words and time, and what comes of them.
//
// | what is asked for | complete at once | after the inter-digit time-out | after the termination time-out |
// |---|---|---|---|
// | one key | at the key | - | - |
// | fixed length n | at the n-th key, or at the terminator: with another count it is no match | no match | n keys where the question names a terminator |
// | from m to n keys | at the terminator with m or more; at the n-th key where the question names no terminator | with m or more; else no match | n keys and no terminator |
// | until a terminator | at the terminator | what there is | - |
//
// The first-key and silence timer runs from the end of the prompt, the other two from the last key going down.

extension Session {
    // MARK: - Keys

    /// Takes a key, wherever the dialog is.
    mutating func take(_ key: Key) {
        guard agent.settings.isDtmfSettingsEnabled else { return account(key, isSensitive: false) }
        switch state {
        case .asking(let asking):
            guard playing.allSatisfy({ $0.bargeIn.contains(.digit) }) else { return keep(key) }
            account(key, isSensitive: asking.grammar.isSensitive)
            _ = bargeIn(.digit)
            takeAnswer(key)
        case .holding(let holding):
            account(key, isSensitive: holding.asking.grammar.isSensitive)
            leaveHold(holding)
            takeAnswer(key)
        case .pausing(let pause): endPause(pause, by: key)
        case .idle(_, let listening): takeIdle(key, listening: listening)
        case .saying(let action):
            keep(key)
            if bargeIn(.digit) { resume(action) }
        case .running, .awaiting, .awaitingCaller, .transferring: keep(key)
        case .over: break
        }
    }

    /// Keeps a key for the next question; beyond the limit the oldest goes.
    private mutating func keep(_ key: Key) {
        if typeAhead.count == Limit.typeAhead, let oldest = typeAhead.popFirst() { account(oldest, isSensitive: true) }
        typeAhead.append(key)
    }

    mutating func takeAnswer(_ key: Key) {
        guard case .asking(var asking) = state else { return }
        guard let gathering = asking.grammar.gathering else {
            asking.keys = [key]
            return takeSingleKey(key, asking)
        }
        if key.digit == gathering.terminator { return complete(asking) }
        let belongs = key.digit.number != nil || asking.grammar.takesMarks
        if asking.keys.isEmpty, !belongs, interrupt(with: key, asking) { return }
        asking.keys.append(key)
        guard belongs else { return judge(nil, of: asking, kind: .digits) }
        stopListening(asking.listening)
        asking.listening = nil
        gather(asking, gathering, at: key.time)
    }

    /// Waits for more keys, or finds the string complete.
    private mutating func gather(_ asking: Asking, _ gathering: Gathering, at time: SampleTime) {
        var asking = asking
        asking.timer = .interDigit
        var milliseconds = gathering.interdigitTimeoutInMilliseconds
        if gathering.isFull(asking.keys.count) {
            guard gathering.awaitsTerminator, gathering.terminationTimeoutInMilliseconds > 0 else {
                return complete(asking)
            }
            asking.timer = .termination
            milliseconds = gathering.terminationTimeoutInMilliseconds
        }
        asking.deadline = after(milliseconds: milliseconds, from: time)
        state = .asking(asking)
        if asking.keys.count >= 256 { complete(asking) }
    }

    /// The string of keys is at its end.
    private mutating func complete(_ asking: Asking) {
        let keys = asking.keys.map(\.digit)
        let isWhole = asking.grammar.gathering?.isWhole(keys.count) ?? true
        judge(isWhole ? asking.grammar.value(ofKeys: keys, in: scope) : nil, of: asking, kind: .digits)
    }

    private mutating func takeSingleKey(_ key: Key, _ asking: Asking) {
        if let value = asking.grammar.value(ofKeys: [key.digit], in: scope) {
            return judge(value, of: asking, kind: .digits)
        }
        if interrupt(with: key, asking) { return }
        judge(nil, of: asking, kind: .digits)
    }

    // MARK: - Interruptions

    private func mayInterrupt(_ topic: Int, _ question: Question) -> Bool {
        guard question.allowsInterruption else { return false }
        guard let allowed = question.interruptingTopics else { return true }
        return allowed.contains { agent.topicIndex(named: $0) == topic }
    }

    /// A key of another topic interrupts the question, which is asked again when that topic has ended.
    private mutating func interrupt(with key: Key, _ asking: Asking) -> Bool {
        let candidates = topics { $0 == .onDtmfKeyPress(key.digit) }
        guard let topic = candidates.first(where: { mayInterrupt($0, asking.question) }) else { return false }
        account(asking, kind: .digits, result: .interrupted, value: .open(key.digit.description))
        close(asking)
        begin(topic, trigger: "OnDtmfKeyPress", resumesQuestion: true)
        return true
    }

    /// Words of another topic interrupt the question.
    private mutating func interrupt(with text: String, _ asking: Asking) -> Bool {
        let question = asking.question
        guard question.allowsInterruption else { return false }
        let meaning = meaning(of: text) { mayInterrupt($0, question) }
        if case .nothing = meaning { return false }
        account(
            asking, kind: .speech, result: .interrupted,
            value: DisclosableText(text, isSensitive: asking.grammar.isSensitive))
        close(asking)
        return begin(meaning, resumesQuestion: true)
    }

    // MARK: - Speech

    mutating func speechStarted() {
        guard case .asking(var asking) = state, asking.listening != nil, bargeIn(.speech) else {
            if case .idle(_, let listening?) = state {
                _ = bargeIn(.speech)
                state = .idle(silence: nil, listening: listening)
            }
            return
        }
        asking.isHearing = true
        asking.timer = .recognition
        asking.deadline = after(milliseconds: asking.times.recognition)
        state = .asking(asking)
    }

    mutating func recognized(_ request: RequestID, _ text: String) {
        switch state {
        case .asking(var asking) where asking.listening == request:
            asking.listening = nil
            lastWords = Value(.text(text), isSensitive: asking.grammar.isSensitive)
            if let hold = asking.hold, hold.settings.mode == .onRequest,
                hold.settings.holdWords.contains(where: {
                    Words.contains(Words.split(text), Words.split($0))
                })
            {
                return beginHold(asking, hold)
            }
            if let value = asking.grammar.value(ofWords: text, in: scope) {
                return judge(value, of: asking, kind: .speech, words: text)
            }
            if interrupt(with: text, asking) { return }
            judge(nil, of: asking, kind: .speech, words: text)
        case .holding(let holding) where holding.listening == request: heardOnHold(holding, text)
        case .idle(_, let listening?) where listening == request: recognizedIdle(text)
        default: break
        }
    }

    // MARK: - Results

    /// Accepts a value, or says why not and asks again.
    private mutating func judge(_ value: Value?, of asking: Asking, kind: InputKind, words: String = "") {
        let secret = asking.grammar.isSensitive
        let heard = kind == .speech ? words : asking.keys.map(\.digit.description).joined()
        let question = asking.question
        guard let value else {
            account(asking, kind: kind, result: .noMatch, value: DisclosableText(heard, isSensitive: secret))
            return askAgain(asking, question.unrecognizedPrompt, purpose: "unrecognized")
        }
        let previous = self.value(of: question.variable)
        assign(question.variable, value)
        if let validation = question.validation {
            guard let valid = evaluate(validation, asking.actionID) else { return }
            guard valid.kind == .boolean(true) else {
                assign(question.variable, previous ?? .blank)
                account(asking, kind: kind, result: .invalid, value: DisclosableText(heard, isSensitive: secret))
                return askAgain(asking, question.invalidPrompt ?? question.unrecognizedPrompt, purpose: "invalid")
            }
        }
        account(
            asking, kind: kind, result: .accepted, value: DisclosableText(value.text(for: .dialog), isSensitive: secret)
        )
        close(asking)
        fact(.variableSet(VariableSet(variable: "\(question.variable)", value: value.disclosable)))
        state = .running
    }

    private mutating func account(_ asking: Asking, kind: InputKind, result: InputResult, value: DisclosableText) {
        fact(
            .input(
                InputTaken(
                    topic: topicName, action: asking.actionID, kind: kind, result: result, value: value,
                    attempt: asking.attempt)))
    }

    /// Asks again after a wrong answer, until the question's patience ends.
    private mutating func askAgain(_ asking: Asking, _ message: Message?, purpose: String) {
        var asking = asking
        asking.failedAttempts += 1
        guard asking.failedAttempts > asking.times.repeatCount else {
            return askOnceMore(asking, message, purpose: purpose)
        }
        if let expression = asking.question.defaultValue { return settle(asking, with: expression) }
        close(asking)
        if let fallback = asking.question.fallbackOnInvalid {
            guard let topic = index(of: fallback, asking.actionID) else { return }
            return begin(topic, trigger: "fallbackDialogOnInvalidEntity")
        }
        escalate()
    }

    mutating func expireQuestion() {
        guard case .asking(let asking) = state else { return }
        fact(.timerExpired(TimerExpired(timer: asking.timer, topic: topicName, action: asking.actionID)))
        switch asking.timer {
        case .interDigit:
            guard let gathering = asking.grammar.gathering else { return }
            if case .fixed = gathering.rule { return judge(nil, of: asking, kind: .digits) }
            complete(asking)
        case .termination: complete(asking)
        case .recognition, .utterance: judge(nil, of: asking, kind: .speech)
        case .firstDigit, .silence, .latency, .hold, .inactivity: noInput(asking)
        }
    }

    mutating func noInput(_ asking: Asking) {
        var asking = asking
        account(asking, kind: .none, result: .noInput, value: .open(""))
        asking.silentAttempts += 1
        guard asking.silentAttempts > asking.times.repeatCountOnSilence else {
            return askOnceMore(asking, asking.question.voice.inputTimeoutResponse, purpose: "silence")
        }
        let voice = asking.question.voice
        if let expression = voice.defaultValueOnSilence { return settle(asking, with: expression) }
        close(asking)
        if let fallback = voice.fallbackOnSilence {
            guard let topic = index(of: fallback, asking.actionID) else { return }
            return begin(topic, trigger: "fallbackDialogOnSilence")
        }
        guard let action: Question.DefaultValueMissingAction = resolve(voice.missingAction, asking.actionID) else {
            return
        }
        switch action {
        case .setEmpty, .setValue: set(asking.question.variable, .blank)
        case .escalate: escalate()
        case .goToDialog, .hangUp: finish()
        }
    }

    private mutating func settle(_ asking: Asking, with expression: Expression) {
        guard let value = evaluate(expression, asking.actionID) else { return }
        close(asking)
        set(asking.question.variable, value.marked(sensitive: asking.grammar.isSensitive))
        if let response = asking.question.defaultValueResponse {
            say(response, action: asking.actionID, purpose: "default")
        }
    }

    /// The dialog hands the caller to the topic for that, or ends.
    private mutating func escalate() {
        guard let topic = topic(where: { $0 == .onEscalate }) else { return finish() }
        begin(topic, trigger: "OnEscalate")
    }
}

extension AnswerGrammar {
    /// The star can be part of an answer: the decimal point of an amount.
    fileprivate var takesMarks: Bool { if case .prebuilt(.money) = kind { true } else { false } }
}
