import DequeModule
import Formula
import Telephony

// A line on which no topic runs, and callers who do nothing.

extension Session {
    /// No topic runs: waits for the caller where some topic could take what the caller does, and hangs up otherwise.
    mutating func becomeIdle() {
        let kinds = agent.topics.map(\.trigger.kind)
        let canReact = kinds.contains { kind in
            switch kind {
            case .onDtmfKeyPress, .onUnknownDtmfKey, .onSilence, .onRecognizedIntent, .onUnrecognizedSpeech,
                .onUnknownIntent, .onInactivity:
                true
            default: false
            }
        }
        guard canReact else { return finish() }
        if let key = typeAhead.popFirst() { return takeIdle(key, listening: nil) }
        var listening: RequestID?
        let listens = kinds.contains { kind in
            switch kind {
            case .onRecognizedIntent, .onUnrecognizedSpeech, .onUnknownIntent: true
            default: false
            }
        }
        if listens {
            let request = nextRequest()
            listening = request
            emit(.listen(request, hints(for: nil)))
        }
        state = .idle(silence: nil, listening: listening)
        if playing.isEmpty { state = .idle(silence: idleDeadline(), listening: listening) }
    }

    mutating func idleDeadline() -> SampleTime? {
        guard let topic = topic(where: { $0 == .onSilence }) else { return nil }
        let own = agent.topics[topic].trigger.timeoutInMilliseconds
        guard let milliseconds = resolve(own ?? .constant(agent.settings.silenceDetectionTimeoutInMilliseconds), "")
        else { return nil }
        return after(milliseconds: milliseconds)
    }

    mutating func expireIdle(_ listening: RequestID?) {
        fact(.timerExpired(TimerExpired(timer: .silence, topic: "", action: "")))
        stopListening(listening)
        guard let topic = topic(where: { $0 == .onSilence }) else { return finish() }
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

    /// Words on an idle line: a topic's, nobody's, or none that were understood.
    mutating func recognizedIdle(_ text: String) {
        lastWords = .text(text)
        state = .running
        if begin(meaning(of: text)) { return }
        let unknown = topics { $0 == .onUnknownIntent }
        let unrecognized = topics { $0 == .onUnrecognizedSpeech }
        let isEmpty = Words.split(text).isEmpty
        let first = isEmpty ? unrecognized : unknown
        let candidates = first.isEmpty ? (isEmpty ? unknown : unrecognized) : first
        guard let topic = candidates.first else { return }
        if !isEmpty { fallbackCount += 1 }
        begin(topic, trigger: agent.topics[topic].trigger.kindName)
        if let last = frames.indices.last, agent.topics[topic].trigger.kind == .onUnknownIntent {
            frames[last].queue = Array(candidates.dropFirst())
        }
    }

    // MARK: - Inactivity

    /// When a caller has done nothing for so long that a topic asks for it; `nil` when none does.
    var inactivityDeadline: SampleTime? {
        guard !hasBeenInactive, playing.isEmpty else { return nil }
        switch state {
        case .asking, .holding, .idle: break
        default: return nil
        }
        guard let topic = topic(where: { $0 == .onInactivity }) else { return nil }
        let milliseconds: Double
        switch agent.topics[topic].trigger.timeoutInMilliseconds ?? .constant(1_800_000) {
        case .constant(let value): milliseconds = Double(value)
        case .formula(let formula): milliseconds = formula.evaluate(in: scope, budget: Limit.formula).asNumber ?? 0
        }
        guard milliseconds > 0, milliseconds < 1e9 else { return nil }
        return after(milliseconds: Int(milliseconds), from: max(lastActivity, lastSaid))
    }

    mutating func expireInactivity() {
        hasBeenInactive = true
        fact(.timerExpired(TimerExpired(timer: .inactivity, topic: topicName, action: "")))
        guard let topic = topic(where: { $0 == .onInactivity }) else { return }
        switch state {
        case .asking(let asking):
            guard asking.question.allowsInterruption else { return }
            stopSaying()
            close(asking)
            begin(topic, trigger: "OnInactivity", resumesQuestion: true)
        case .holding(let holding):
            stopSaying()
            stopListening(holding.listening)
            close(holding.asking)
            begin(topic, trigger: "OnInactivity", resumesQuestion: true)
        case .idle(_, let listening):
            stopListening(listening)
            begin(topic, trigger: "OnInactivity")
        default: break
        }
    }
}
