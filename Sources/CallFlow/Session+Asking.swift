import DequeModule
import Formula
import Telephony

// Questions: how they open. One is open from its prompt on, so that keys and speech can interrupt the prompt.

extension Session {
    mutating func ask(_ question: Question, action: String) {
        guard let isSkipped = skips(question, action) else { return }
        if let last = frames.indices.last { frames[last].asked.insert(action) }
        if isSkipped { return }
        guard let grammar = grammar(of: question.entity, action), let times = times(of: question, action),
            let hold = hold(of: question, action)
        else { return }
        if grammar.isSensitive { emit(.sensitiveInput(true)) }
        let asking = Asking(question: question, actionID: action, grammar: grammar, times: times, hold: hold.times)
        sayPrompt(question.prompt, asking, purpose: "prompt")
        guard case .running = state else { return }
        if let hold = asking.hold, hold.settings.mode == .automatic { return beginHold(asking, hold) }
        open(asking)
    }

    /// The question is not asked because its variable has a value; `nil` after a mistake in a formula.
    private mutating func skips(_ question: Question, _ action: String) -> Bool? {
        guard let always = resolve(question.alwaysPrompt, action),
            let mode: Question.SkipMode = resolve(question.skipMode, action)
        else { return nil }
        guard !always, let known = value(of: question.variable), !known.isBlank else { return false }
        switch mode {
        case .alwaysAsk: return false
        case .alwaysSkip: return true
        case .skipOnFirstExecution: return !(frames.last?.asked.contains(action) ?? false)
        }
    }

    /// A prompt and, where the entity has them, its options.
    private mutating func sayPrompt(_ message: Message, _ asking: Asking, purpose: String) {
        say(message, action: asking.actionID, purpose: purpose)
        guard case .running = state, !asking.grammar.options.isEmpty else { return }
        let text = asking.grammar.options.joined(separator: " ")
        let isDynamic = if case .dynamicList = asking.question.entity.kind { true } else { false }
        play(
            .text(
                SpokenText(
                    text: text, language: agent.settings.language, voice: agent.settings.voice, isPrivate: isDynamic,
                    isSensitive: asking.grammar.isSensitive)), asking.actionID, message.bargeIn)
    }

    // MARK: - What is known when the question is asked

    private mutating func times(of question: Question, _ action: String) -> Asking.Times? {
        let own = agent.settings
        let voice = question.voice
        func milliseconds(_ setting: Setting<Int>?, _ standard: Int, _ session: inout Session) -> Int? {
            guard let setting else { return standard }
            return session.resolve(setting, action)
        }
        func share(_ setting: Setting<Double>?, _ standard: Double, _ session: inout Session) -> Double? {
            guard let setting else { return standard }
            return session.resolve(setting, action)
        }
        guard let repeats = resolve(question.repeatCount, action, in: 0...100),
            let silentRepeats = resolve(voice.repeatCountOnSilence, action, in: 0...100),
            let silence = milliseconds(
                voice.silenceTimeoutInMilliseconds, own.silenceDetectionTimeoutInMilliseconds, &self),
            let recognition = milliseconds(
                voice.recognitionTimeoutInMilliseconds, own.speechRecognitionTimeoutInMilliseconds, &self),
            let utterance = milliseconds(
                voice.utteranceEndTimeoutInMilliseconds, own.utteranceEndTimeoutInMilliseconds, &self),
            let sensitivity = share(voice.sensitivity, own.speechRecognitionSensitivity, &self),
            let speed = share(voice.speedVersusAccuracy, own.speechRecognitionSpeedVersusAccuracy, &self),
            let weight = share(voice.wordsetsWeight, own.wordsetsWeight, &self)
        else { return nil }
        return Asking.Times(
            repeatCount: repeats, repeatCountOnSilence: silentRepeats, silence: silence, recognition: recognition,
            utteranceEnd: utterance, sensitivity: sensitivity, speedVersusAccuracy: speed, wordsetsWeight: weight)
    }

    /// The hold settings of a question, or the agent's; the outer `nil` is a mistake in a formula.
    private mutating func hold(of question: Question, _ action: String) -> (times: Asking.HoldTimes?, isKnown: Bool)? {
        guard var settings = question.hold ?? agent.settings.hold, settings.mode != .never else { return (nil, true) }
        if settings.holdWords.isEmpty { settings.holdWords = agent.settings.hold?.holdWords ?? [] }
        if settings.resumeWords.isEmpty { settings.resumeWords = agent.settings.hold?.resumeWords ?? [] }
        guard let timeout = resolve(settings.timeoutInMilliseconds, action),
            let repeats = resolve(settings.repeatCount, action, in: 0...100)
        else { return nil }
        return (
            Asking.HoldTimes(settings: settings, timeoutInMilliseconds: timeout, repeatCount: repeats), true
        )
    }

    /// What an entity takes for an answer now; `nil` after a mistake in a formula.
    mutating func grammar(of entity: Entity, _ action: String) -> AnswerGrammar? {
        var options: (generates: Bool, reads: Bool) = (false, false)
        if let choices = entity.choices {
            guard let generates = resolve(choices.generatesKeys, action),
                let reads = resolve(choices.readsOutOptions, action)
            else { return nil }
            options = (generates, reads)
        }
        guard let kind = kind(of: entity, generatesKeys: options.generates, action) else { return nil }
        var grammar = AnswerGrammar(kind: kind)
        grammar.readsOutOptions = options.reads
        grammar.isSensitive = entity.isSensitive
        grammar.allowsMultipleValues = entity.allowsMultipleValues
        grammar.prefersPast = entity.ambiguity == .past
        grammar.language = agent.settings.language
        if case .oneOf(let parts) = kind {
            grammar.gathering = parts.lazy.compactMap(\.grammar.gathering).first
            grammar.isSensitive = entity.isSensitive || parts.contains { $0.grammar.isSensitive }
        }
        if let termination = entity.termination {
            guard let gathering = gathering(termination, action) else { return nil }
            grammar.gathering = gathering
            if let accepts = termination.acceptsVoice {
                guard let voice = resolve(accepts, action) else { return nil }
                grammar.acceptsVoice = voice
            }
        } else if kind.gathersKeys {
            grammar.gathering = gathering(DtmfTermination(kind: .keyBased), action)
        }
        return grammar
    }

    private mutating func kind(
        of entity: Entity, generatesKeys: Bool, _ action: String
    ) -> AnswerGrammar.Kind? {
        switch entity.kind {
        case .boolean: return .boolean
        case .prebuilt(let known): return .prebuilt(known)
        case .pattern(let match): return .pattern(match)
        case .closedList(let items, let isSmart):
            var choices = items.map { item in
                AnswerGrammar.Item(
                    value: Value(.choice(id: item.id, displayName: item.displayName)), displayName: item.displayName,
                    phrases: item.phrases, key: item.key)
            }
            if generatesKeys { Session.giveKeys(to: &choices) }
            return .items(choices, isSmart: isSmart)
        case .dynamicList(let expression):
            guard let value = evaluate(expression, action) else { return nil }
            guard let rows = value.rows else {
                fail("formula", "\(expression.source) is no table of choices", action: action)
                return nil
            }
            var choices = rows.prefix(200).map { row in
                let name = row.displayName
                return AnswerGrammar.Item(
                    value: row.marked(sensitive: value.isSensitive), displayName: name, phrases: [ChoicePhrase(name)],
                    key: nil)
            }
            if generatesKeys { Session.giveKeys(to: &choices) }
            return .items(choices, isSmart: true)
        case .oneOf(let parts):
            var grammars: [(property: String, grammar: AnswerGrammar)] = []
            for part in parts {
                guard let grammar = grammar(of: part.entity, action) else { return nil }
                grammars.append((part.property, grammar))
            }
            return .oneOf(grammars)
        }
    }

    /// Gives the items without a key the free ones of 1 to 9 and 0, in order.
    private static func giveKeys(to items: inout [AnswerGrammar.Item]) {
        let taken = Set(items.compactMap(\.key))
        var free = "1234567890".compactMap { Digit($0) }.filter { !taken.contains($0) }.makeIterator()
        for index in items.indices where items[index].key == nil { items[index].key = free.next() }
    }

    private mutating func gathering(_ termination: DtmfTermination, _ action: String) -> Gathering? {
        let own = agent.settings
        let rule: Gathering.Rule
        switch termination.kind {
        case .fixed(let length):
            guard let count = resolve(length, action, in: 1...64) else { return nil }
            rule = .fixed(count)
        case .flexible(let least, let most):
            guard let low = resolve(least, action, in: 1...64), let high = resolve(most, action, in: 1...64) else {
                return nil
            }
            rule = .flexible(least: low, most: max(low, high))
        case .keyBased: rule = .untilKey
        }
        var terminator = own.dtmfTerminationKey
        if let key = termination.key {
            guard let word: TerminationKey = resolve(key, action) else { return nil }
            terminator = word.digit
        }
        guard
            let interdigit = resolve(
                termination.interdigitTimeoutInMilliseconds ?? .constant(own.interdigitTimeoutInMilliseconds), action),
            let end = resolve(
                termination.terminationTimeoutInMilliseconds ?? .constant(own.terminationTimeoutInMilliseconds), action)
        else { return nil }
        return Gathering(
            rule: rule, terminator: terminator, awaitsTerminator: termination.key != nil,
            interdigitTimeoutInMilliseconds: interdigit, terminationTimeoutInMilliseconds: end)
    }

    // MARK: - Opening

    /// Opens a question, or opens it again, and gives it the keys that were pressed ahead.
    mutating func open(_ asking: Asking) {
        guard !isFinished else { return }
        var asking = asking
        asking.keys = []
        asking.isHearing = false
        asking.deadline = nil
        if asking.grammar.acceptsVoice {
            let request = nextRequest()
            asking.listening = request
            emit(.listen(request, hints(for: asking)))
        }
        state = .asking(asking)
        if playing.isEmpty { startWaiting() }
        while case .asking(let current) = state, let key = typeAhead.popFirst() {
            account(key, isSensitive: current.grammar.isSensitive)
            takeAnswer(key)
        }
    }

    /// The prompt is over: the caller's time begins.
    mutating func startWaiting() {
        guard case .asking(var asking) = state, asking.keys.isEmpty, !asking.isHearing else { return }
        asking.timer = asking.grammar.acceptsVoice ? .silence : .firstDigit
        asking.deadline = after(milliseconds: asking.times.silence)
        state = .asking(asking)
    }

    /// The time so many milliseconds from now; `nil`, which never comes, for 0.
    func after(milliseconds: Int, from time: SampleTime? = nil) -> SampleTime? {
        milliseconds > 0 ? (time ?? position) + clockRate.ticks(milliseconds: Int64(milliseconds)) : nil
    }

    mutating func askOnceMore(_ asking: Asking, _ message: Message?, purpose: String) {
        var asking = asking
        stopListening(asking.listening)
        asking.listening = nil
        asking.attempt += 1
        state = .running
        if let message {
            say(message, action: asking.actionID, purpose: purpose)
        } else {
            sayPrompt(asking.question.prompt, asking, purpose: "prompt")
        }
        guard case .running = state else { return }
        open(asking)
    }

    func hints(for asking: Asking?) -> RecognitionHints {
        var phrases = asking?.grammar.phrases ?? []
        phrases += asking?.hold?.settings.holdWords ?? []
        if agent.settings.isDomainLanguageModelEnabled {
            for topic in agent.topics where topic.trigger.listensForWords {
                phrases += topic.trigger.intent?.phrases ?? []
            }
        }
        let own = agent.settings
        return RecognitionHints(
            language: own.language, phrases: phrases,
            utteranceEndTimeoutInMilliseconds: asking?.times.utteranceEnd ?? own.utteranceEndTimeoutInMilliseconds,
            isSensitive: asking?.grammar.isSensitive ?? false,
            sensitivity: asking?.times.sensitivity ?? own.speechRecognitionSensitivity,
            speedVersusAccuracy: asking?.times.speedVersusAccuracy ?? own.speechRecognitionSpeedVersusAccuracy,
            phraseWeight: asking?.times.wordsetsWeight ?? own.wordsetsWeight)
    }

    /// Closes the open question, if any: nobody listens for it any more.
    mutating func closeQuestion() {
        switch state {
        case .asking(let asking): close(asking)
        case .holding(let holding):
            stopListening(holding.listening)
            close(holding.asking)
        default: break
        }
    }

    mutating func close(_ asking: Asking) {
        stopListening(asking.listening)
        if asking.grammar.isSensitive { emit(.sensitiveInput(false)) }
        state = .running
    }

    mutating func stopListening(_ request: RequestID?) {
        if let request { emit(.stopListening(request)) }
    }
}

extension AnswerGrammar.Kind {
    /// Several keys make an answer, until a key ends them.
    fileprivate var gathersKeys: Bool {
        switch self {
        case .prebuilt(let entity): entity.takesKeys
        case .pattern: true
        case .items, .boolean, .oneOf: false
        }
    }
}

extension Value {
    /// What a row of choices is called.
    fileprivate var displayName: String {
        for name in ["DisplayName", "displayName", "Value", "Name", "Title", "name", "title"] {
            if let value = member(name), !value.isBlank { return value.text(for: .dialog) }
        }
        if case .record(let fields) = kind, let first = fields.first { return first.value.text(for: .dialog) }
        return text(for: .dialog)
    }
}
