import Telephony

/// Walks a test caller's steps: what happens on the call goes in, the next thing to do comes out.
struct CallerScript {
    private enum State {
        /// Waiting for the trigger of the next step.
        case waiting
        /// The trigger came; the step begins at this time.
        case due(Instant)
        /// The step is being done.
        case acting
        case done
    }

    private let steps: [CallerStep]
    private var index = 0
    private var state = State.waiting
    /// When the call was answered.
    private let origin: Instant
    /// The prompts that have begun and not ended.
    private var playing: [PromptStarted] = []
    /// The prompts that have ended since the step in hand, or the one before it, began.
    private var endedPrompts: [PromptStarted] = []

    init(_ steps: [CallerStep], startingAt origin: Instant) {
        self.steps = steps
        self.origin = origin
        enterStep(at: origin)
    }

    /// When the next step begins, if that is known.
    var deadline: Instant? {
        if case .due(let time) = state { time } else { nil }
    }

    var isDone: Bool { if case .done = state { true } else { false } }

    /// The step that nothing has triggered yet, for the message when a call ends before its script.
    var pendingStep: CallerStep? {
        switch state {
        case .waiting, .due: index < steps.count ? steps[index] : nil
        case .acting, .done: nil
        }
    }

    /// Something happened on the call.
    mutating func observe(_ event: CallEvent, at now: Instant) {
        remember(event)
        guard case .waiting = state, index < steps.count else { return }
        switch (steps[index].trigger, event.body) {
        case (.promptBegins(let name, let delay), .promptStarted(let prompt)) where prompt.isNamed(name):
            state = .due(now + delay)
        case (.promptEnds(let name, let delay), .promptEnded) where endedPrompts.last?.isNamed(name) == true:
            state = .due(now + delay)
        default: break
        }
    }

    private mutating func remember(_ event: CallEvent) {
        switch event.body {
        case .promptStarted(let prompt): playing.append(prompt)
        case .promptEnded(let ended):
            guard let index = playing.firstIndex(where: { $0.prompt == ended.prompt }) else { return }
            endedPrompts.append(playing.remove(at: index))
        default: break
        }
    }

    /// The step that begins now.
    mutating func begin(at now: Instant) -> CallerStep.Action? {
        guard case .due(let time) = state, time <= now else { return nil }
        state = .acting
        endedPrompts = []
        return steps[index].action
    }

    /// The step in hand is done.
    mutating func finish(at now: Instant) {
        guard case .acting = state else { return }
        index += 1
        enterStep(at: now)
    }

    private mutating func enterStep(at now: Instant) {
        guard index < steps.count else {
            state = .done
            return
        }
        switch steps[index].trigger {
        case .at(let time): state = .due(max(now, origin + time))
        case .after(let delay): state = .due(now + delay)
        case .promptBegins(let name, let delay):
            state = playing.contains { $0.isNamed(name) } ? .due(now + delay) : .waiting
        case .promptEnds(let name, let delay):
            state = endedPrompts.contains { $0.isNamed(name) } ? .due(now + delay) : .waiting
        }
    }
}

extension PromptStarted {
    /// The prompt goes by its action, by `topic/action` and by words in its text.
    func isNamed(_ name: String) -> Bool {
        action == name || "\(topic)/\(action)" == name
            || text.redacted.lowercased().contains(name.lowercased())
    }
}
