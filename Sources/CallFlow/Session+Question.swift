import DequeModule
import Formula
import Telephony

// Questions. One is open from its prompt on, so that keys and speech can interrupt the prompt.
//
// | what is asked for | complete at once | after the inter-digit time-out | after the termination time-out |
// |---|---|---|---|
// | one key | at the key | - | - |
// | fixed length n | at the n-th key, or at the terminator: with another count it is no match | no match | - |
// | from m to n keys | at the terminator with m or more; at the n-th key without a terminator | with m or more; else no match | n keys and no terminator |
// | until a terminator | at the terminator | what there is | - |
//
// The first-key and silence timer runs from the end of the prompt, the other two from the last key going down.

/// A question that is open.
struct Asking: Sendable {
    var question: Question
    var actionID: String
    var keys: [Session.Key] = []
    var attempt = 1
    var silentAttempts = 0
    var failedAttempts = 0
    var listening: RequestID?
    /// Somebody speaks or has spoken and the words are awaited.
    var isHearing = false
    var deadline: SampleTime?
    var timer = DialogTimer.silence
}

extension Session {
    mutating func ask(_ question: Question, action: String) {
        if !question.alwaysPrompt, let known = value(of: question.variable), !known.isBlank { return }
        if question.entity.isSensitive { emit(.sensitiveInput(true)) }
        say(question.prompt, action: action)
        open(Asking(question: question, actionID: action))
    }

    /// Opens a question, or opens it again, and gives it the keys that were pressed ahead.
    private mutating func open(_ asking: Asking) {
        guard !isFinished else { return }
        if case .running = state {} else if case .asking = state {} else { return }
        var asking = asking
        asking.keys = []
        asking.isHearing = false
        asking.deadline = nil
        if asking.question.entity.acceptsVoice {
            let request = nextRequest()
            asking.listening = request
            emit(.listen(request, hints(for: asking.question)))
        }
        state = .asking(asking)
        if playing.isEmpty { startWaiting() }
        while case .asking(let current) = state, let key = typeAhead.popFirst() {
            account(key, isSensitive: current.question.entity.isSensitive)
            takeAnswer(key)
        }
    }

    /// The prompt is over: the caller's time begins.
    mutating func startWaiting() {
        guard case .asking(var asking) = state, asking.keys.isEmpty, !asking.isHearing else { return }
        let milliseconds =
            asking.question.silenceTimeoutInMilliseconds ?? agent.settings.silenceDetectionTimeoutInMilliseconds
        asking.timer = asking.question.entity.acceptsVoice ? .silence : .firstDigit
        asking.deadline = milliseconds > 0 ? position + clockRate.ticks(milliseconds: Int64(milliseconds)) : nil
        state = .asking(asking)
    }

    // MARK: - Keys

    /// Takes a key, wherever the dialog is.
    mutating func take(_ key: Key) {
        switch state {
        case .asking(let asking):
            guard playing.allSatisfy({ $0.bargeIn.contains(.digit) }) else { return keep(key) }
            account(key, isSensitive: asking.question.entity.isSensitive)
            _ = bargeIn(.digit)
            takeAnswer(key)
        case .idle(_, let listening): takeIdle(key, listening: listening)
        case .saying(let action):
            keep(key)
            if bargeIn(.digit) { resume(action) }
        case .running, .awaitingHTTP, .transferring: keep(key)
        case .over: break
        }
    }

    /// Keeps a key for the next question; beyond the limit the oldest goes.
    private mutating func keep(_ key: Key) {
        if typeAhead.count == Limit.typeAhead, let oldest = typeAhead.popFirst() { account(oldest, isSensitive: true) }
        typeAhead.append(key)
    }

    private mutating func takeAnswer(_ key: Key) {
        guard case .asking(var asking) = state else { return }
        guard let termination = asking.question.entity.termination else {
            asking.keys = [key]
            return takeSingleKey(key, asking)
        }
        let terminator = termination.key ?? agent.settings.dtmfTerminationKey
        if key.digit == terminator, !asking.keys.isEmpty || key.digit.number == nil {
            return complete(asking, termination)
        }
        if asking.keys.isEmpty, key.digit.number == nil, interrupt(with: key, asking) { return }
        if !asking.keys.isEmpty, key.digit.number == nil {
            asking.keys.append(key)
            return judge(nil, of: asking, kind: .digits)
        }
        asking.keys.append(key)
        stopListening(asking.listening)
        asking.listening = nil
        gather(asking, termination, at: key.time)
    }

    /// Waits for more keys, or finds the string complete.
    private mutating func gather(_ asking: Asking, _ termination: DtmfTermination, at time: SampleTime) {
        var asking = asking
        var milliseconds = termination.interdigitTimeoutInMilliseconds ?? agent.settings.interdigitTimeoutInMilliseconds
        asking.timer = .interDigit
        switch termination.kind {
        case .fixed(let length) where asking.keys.count >= length: return complete(asking, termination)
        case .flexible(_, let most) where asking.keys.count >= most:
            guard termination.key != nil else { return complete(asking, termination) }
            milliseconds =
                termination.terminationTimeoutInMilliseconds ?? agent.settings.terminationTimeoutInMilliseconds
            asking.timer = .termination
        default: break
        }
        asking.deadline = time + clockRate.ticks(milliseconds: Int64(milliseconds))
        state = .asking(asking)
    }

    /// The string of keys is at its end.
    private mutating func complete(_ asking: Asking, _ termination: DtmfTermination) {
        let count = asking.keys.count
        let isWhole =
            switch termination.kind {
            case .fixed(let length): count == length
            case .flexible(let least, let most): count >= least && count <= most
            case .keyBased: count > 0
            }
        judge(isWhole ? asking.question.entity.value(ofKeys: asking.keys.map(\.digit)) : nil, of: asking, kind: .digits)
    }

    private mutating func takeSingleKey(_ key: Key, _ asking: Asking) {
        if let value = asking.question.entity.value(ofKeys: [key.digit]) {
            return judge(value, of: asking, kind: .digits)
        }
        if interrupt(with: key, asking) { return }
        judge(nil, of: asking, kind: .digits)
    }

    /// A key of another topic interrupts the question, which is asked again when that topic has ended.
    private mutating func interrupt(with key: Key, _ asking: Asking) -> Bool {
        guard asking.question.allowsInterruption, let topic = topic(where: { $0 == .onDtmfKeyPress(key.digit) }) else {
            return false
        }
        interrupt(asking, by: topic, kind: .digits, value: key.digit.description, trigger: "OnDtmfKeyPress")
        return true
    }

    private mutating func interrupt(_ asking: Asking, by topic: Int, kind: InputKind, value: String, trigger: String) {
        account(asking, kind: kind, result: .interrupted, value: .open(value))
        close(asking)
        begin(topic, trigger: trigger, resumesQuestion: true)
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
        let milliseconds =
            asking.question.speechRecognitionTimeoutInMilliseconds
            ?? agent.settings.speechRecognitionTimeoutInMilliseconds
        asking.timer = .recognition
        asking.deadline = milliseconds > 0 ? position + clockRate.ticks(milliseconds: Int64(milliseconds)) : nil
        state = .asking(asking)
    }

    mutating func recognized(_ request: RequestID, _ text: String) {
        switch state {
        case .asking(var asking) where asking.listening == request:
            asking.listening = nil
            if !asking.question.entity.isSensitive { lastWords = text }
            if let value = asking.question.entity.value(ofWords: text) {
                return judge(value, of: asking, kind: .speech, words: text)
            }
            if asking.question.allowsInterruption, let topic = topic(ofWords: text) {
                return interrupt(asking, by: topic, kind: .speech, value: text, trigger: "OnRecognizedIntent")
            }
            judge(nil, of: asking, kind: .speech, words: text)
        case .idle(_, let listening?) where listening == request: recognizedIdle(text)
        default: break
        }
    }

    // MARK: - Results

    /// Accepts a value, or says why not and asks again.
    private mutating func judge(_ value: Value?, of asking: Asking, kind: InputKind, words: String = "") {
        let secret = asking.question.entity.isSensitive
        let heard = kind == .speech ? words : asking.keys.map(\.digit.description).joined()
        guard let value else {
            account(asking, kind: kind, result: .noMatch, value: DisclosableText(heard, isSensitive: secret))
            return askAgain(asking, asking.question.unrecognizedPrompt)
        }
        let previous = self.value(of: asking.question.variable)
        assign(asking.question.variable, value)
        if let validation = asking.question.validation {
            guard let valid = evaluate(validation, asking.actionID) else { return }
            guard case .boolean(true) = valid.kind else {
                assign(asking.question.variable, previous ?? .blank)
                account(asking, kind: kind, result: .invalid, value: DisclosableText(heard, isSensitive: secret))
                return askAgain(asking, asking.question.invalidPrompt ?? asking.question.unrecognizedPrompt)
            }
        }
        account(
            asking, kind: kind, result: .accepted, value: DisclosableText(value.text(for: .dialog), isSensitive: secret)
        )
        close(asking)
        fact(.variableSet(VariableSet(variable: "\(asking.question.variable)", value: value.disclosable)))
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
    private mutating func askAgain(_ asking: Asking, _ message: Message?) {
        var asking = asking
        asking.failedAttempts += 1
        guard asking.failedAttempts <= asking.question.repeatCount else {
            if let expression = asking.question.defaultValue { return settle(asking, with: expression) }
            close(asking)
            return giveUp(asking, .escalate)
        }
        askOnceMore(asking, message)
    }

    private mutating func askOnceMore(_ asking: Asking, _ message: Message?) {
        var asking = asking
        stopListening(asking.listening)
        asking.listening = nil
        asking.attempt += 1
        say(message ?? asking.question.prompt, action: asking.actionID)
        open(asking)
    }

    mutating func expireQuestion() {
        guard case .asking(let asking) = state else { return }
        fact(.timerExpired(TimerExpired(timer: asking.timer, topic: topicName, action: asking.actionID)))
        switch asking.timer {
        case .interDigit, .termination:
            guard let termination = asking.question.entity.termination else { return }
            if case .fixed = termination.kind { return judge(nil, of: asking, kind: .digits) }
            complete(asking, termination)
        case .recognition, .utterance: judge(nil, of: asking, kind: .speech)
        case .firstDigit, .silence, .latency: noInput(asking)
        }
    }

    private mutating func noInput(_ asking: Asking) {
        var asking = asking
        account(asking, kind: .none, result: .noInput, value: .open(""))
        asking.silentAttempts += 1
        guard asking.silentAttempts > asking.question.repeatCountOnSilence else {
            return askOnceMore(asking, asking.question.inputTimeoutResponse)
        }
        if let expression = asking.question.defaultValueOnSilence { return settle(asking, with: expression) }
        close(asking)
        if let name = asking.question.fallbackOnSilence, let topic = agent.topicIndex(named: name) {
            return begin(topic, trigger: "fallbackDialogOnSilence")
        }
        giveUp(asking, asking.question.missingAction)
    }

    private mutating func settle(_ asking: Asking, with expression: Expression) {
        guard let value = evaluate(expression, asking.actionID) else { return }
        close(asking)
        set(asking.question.variable, value.marked(sensitive: asking.question.entity.isSensitive))
        state = .running
    }

    /// The question stays without an answer.
    private mutating func giveUp(_ asking: Asking, _ action: Question.DefaultValueMissingAction) {
        switch action {
        case .setEmpty, .setValue:
            set(asking.question.variable, .blank)
            state = .running
        case .escalate:
            guard let topic = topic(where: { $0 == .onEscalate }) else { return finish() }
            begin(topic, trigger: "OnEscalate")
        case .goToDialog, .hangUp: finish()
        }
    }

    /// Closes the open question, if any: nobody listens for it any more.
    mutating func closeQuestion() {
        if case .asking(let asking) = state { close(asking) }
    }

    private mutating func close(_ asking: Asking) {
        stopListening(asking.listening)
        if asking.question.entity.isSensitive { emit(.sensitiveInput(false)) }
        state = .running
    }
}
