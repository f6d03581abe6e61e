import DequeModule
import Formula
package import Telephony

/// Walks one call's dialog: what the caller does goes in, what to say and do comes out.
///
/// A value without I/O or clock, driven by the caller's media time. It runs until it has to wait: for an answer to a
/// question, for the outside, or for the caller on an idle line. Prompts do not hold it up: they are queued, and a question behind
/// them is open while they play, so that a key can interrupt them.
///
/// A key counts from its key-down. Whoever turns the crank calls ``advance(before:)`` with that time first, so that a
/// timer whose limit lies before the key runs out before it, and one whose limit the key just meets does not.
package struct Session: Sendable {
    let agent: Agent
    let call: CallFacts
    let clockRate: ClockRate
    /// The topics that have begun and not ended, the running one last.
    var frames: [Frame] = []
    var state = State.running
    /// The dialog goes on when the people who were called in have left.
    var returnsFromTransfer = false
    /// What whoever takes the call next is told.
    var whisper: DisclosableText?
    var globals: [String: Value] = [:]
    /// The system variables that the dialog may set.
    var systemVariables: [String: Value] = [:]
    var lastWords = Value.text("")
    var lastError: (code: String, message: String)?
    /// Times in a row that words were no topic's.
    var fallbackCount = 0
    /// The caller's media time.
    var position = SampleTime.zero
    /// When the caller last did something, or the call began.
    var lastActivity = SampleTime.zero
    /// When the caller last heard the end of a prompt.
    var lastSaid = SampleTime.zero
    /// `OnInactivity` has come since then.
    var hasBeenInactive = false
    /// When it comes; kept, because formulas may say so and every tick asks.
    var inactivityDue: SampleTime?
    /// Prompts asked for and not ended.
    var playing: [Playback] = []
    /// What is said when an audio file cannot be had.
    var fallbacks: [PlaybackID: [Message.Part]] = [:]
    /// How often messages were said whose variants come in turn.
    var variantTurns: [String: Int] = [:]
    /// Topics whose triggers have come and come only once.
    var spentTopics: Set<Int> = []
    /// Keys that no question has taken yet.
    var typeAhead: Deque<Key> = []
    private var outputs: Deque<SessionOutput> = []
    var lastPlayback = 0
    private var lastRequest: UInt64 = 0
    var generator: SeededGenerator
    /// What the dialog says came of the call.
    package internal(set) var outcome: CallOutcome?
    /// Actions taken since the session last waited.
    var fuelUsed = 0
    /// Actions taken in this turn.
    var sliceUsed = 0
    var isHandlingError = false
    /// The look-up of the caller, until it has an outcome.
    var lookUp: LookUp?

    /// Limits that no dialog reaches that means well.
    enum Limit {
        /// Actions without waiting for anything but the next turn.
        static let fuel = 10_000
        /// Actions in one turn; the next comes a tick later, so that other calls have theirs.
        static let slice = 50
        /// Of one formula: about a millisecond.
        static let formula = EvaluationBudget(steps: 30_000, depth: 200, octets: 4 << 20)
        /// Topics within topics.
        static let depth = 64
        /// Keys pressed ahead.
        static let typeAhead = 32
        /// Rows of a table in a variable.
        static let rows = 10_000
    }

    /// A key and when it went down.
    struct Key: Sendable {
        var digit: Digit
        var source: DigitSource
        var time: SampleTime
    }

    enum State: Sendable {
        /// There is something to do now.
        case running
        case asking(Asking)
        case holding(Holding)
        case awaiting(Awaiting)
        /// The prompts in front of an action that ends the conversation are being said.
        case saying(Action)
        case transferring
        case pausing(Pause)
        /// An action waits for the look-up of the caller.
        case awaitingCaller(Action)
        /// No topic runs; the caller may still press or say something. Silence runs out at the deadline.
        case idle(silence: SampleTime?, listening: RequestID?)
        case over
    }

    /// - Parameter clockRate: of the caller's media time.
    package init(agent: Agent, call: CallFacts, clockRate: ClockRate) {
        self.agent = agent
        self.call = call
        self.clockRate = clockRate
        generator = SeededGenerator(seed: call.seed)
    }

    /// Where a formula's chances begin: other for every action of every call, the same in every replay.
    var formulaSeed: UInt64 {
        call.seed ^ (UInt64(bitPattern: position.ticks) &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(fuelUsed)
    }

    package var isFinished: Bool { if case .over = state { true } else { false } }

    /// Begins the topic that answers calls.
    package mutating func start(at time: SampleTime) {
        position = time
        lastActivity = time
        knowDiversion()
        setDefaults()
        lookUpCaller()
        guard let topic = topic(where: { $0 == .onConversationStart }) else {
            fail("noConversationStart", "the agent \(agent.name) has no topic with OnConversationStart")
            return
        }
        begin(topic, trigger: "OnConversationStart")
        settle()
    }

    /// The next thing that the session wants.
    package mutating func poll() -> SessionOutput? {
        if let output = outputs.popFirst() { return output }
        // The room is let go: outputs are large and rare, and there are many sessions.
        outputs = []
        return nil
    }

    mutating func emit(_ output: SessionOutput) { outputs.append(output) }
    mutating func fact(_ body: CallEventBody) { outputs.append(.fact(body)) }

    mutating func nextRequest() -> RequestID {
        lastRequest += 1
        return RequestID(lastRequest)
    }

    // MARK: - Input

    /// Takes something that happened at a media time.
    package mutating func receive(_ input: SessionInput, at time: SampleTime) {
        guard !isFinished else { return }
        position = max(position, time)
        refuel()
        switch input {
        case .digit(let digit, let source):
            noteActivity()
            take(Key(digit: digit, source: source, time: time))
        case .speechStarted:
            noteActivity()
            speechStarted()
        case .speechEnded: noteActivity()
        case .promptEnded(let id): promptEnded(id)
        case .promptFailed(let id, let reason): promptFailed(id, reason)
        case .recognized(let request, let text, _): recognized(request, text)
        case .recognitionFailed(let request): recognized(request, "")
        case .httpAnswered(let request, let reply): answered(request, .http(reply))
        case .questionAnswered(let request, let reply): answered(request, .answer(reply))
        case .callerLookedUp(let request, let reply): lookedUp(request, reply)
        case .transferEnded(let outcome): transferEnded(outcome)
        case .answeringMachineDetected: answeringMachine()
        case .callerHungUp: hungUp()
        }
        settle()
    }

    private mutating func refuel() {
        fuelUsed = 0
        sliceUsed = 0
    }

    private mutating func noteActivity() {
        lastActivity = position
        hasBeenInactive = false
    }

    private mutating func hungUp() {
        while let key = typeAhead.popFirst() { account(key, isSensitive: true) }
        if case .asking(let asking) = state, asking.grammar.isSensitive { emit(.sensitiveInput(false)) }
        state = .over
    }

    /// Puts a key into the account, once it is known whether it is a secret.
    mutating func account(_ key: Key, isSensitive: Bool) {
        let digit = DisclosableText(key.digit.description, isSensitive: isSensitive)
        let start = clockRate.interval(ticks: key.time.ticks).roundedSeconds
        fact(.digit(DigitHeard(digit: digit, source: key.source, start: start)))
    }

    // MARK: - Time

    /// The earliest time at which something runs out.
    package var deadline: SampleTime? {
        let own: SampleTime? =
            switch state {
            case .running: position + clockRate.ticks(tickDuration)
            case .asking(let asking): asking.deadline
            case .holding(let holding): holding.deadline
            case .pausing(let pause): pause.end
            case .awaiting(let awaiting): min(awaiting.latencyDue ?? awaiting.deadline, awaiting.deadline)
            case .idle(let silence, _): silence
            case .saying, .transferring, .awaitingCaller, .over: nil
            }
        var earliest = own
        if let inactivity = inactivityDue { earliest = earliest.map { min($0, inactivity) } ?? inactivity }
        if let due = lookUp?.deadline, !isFinished { earliest = earliest.map { min($0, due) } ?? due }
        return earliest
    }

    /// Runs out every timer whose limit lies before a time.
    package mutating func advance(before time: SampleTime) {
        while let deadline, deadline < time { expire(at: deadline) }
    }

    /// Runs out every timer whose limit has been reached.
    package mutating func advance(to time: SampleTime) {
        while let deadline, deadline <= time { expire(at: deadline) }
        position = max(position, time)
    }

    private mutating func expire(at time: SampleTime) {
        position = max(position, time)
        sliceUsed = 0
        if let due = lookUp?.deadline, due <= time {
            lookUpIsLate()
            return settle()
        }
        if case .running = state { return settle() }
        fuelUsed = 0
        if let inactivity = inactivityDue, inactivity <= time {
            expireInactivity()
            return settle()
        }
        switch state {
        case .asking: expireQuestion()
        case .holding(let holding): expireHold(holding)
        case .pausing(let pause): endPause(pause, .timeout)
        case .awaiting(let awaiting): expireRequest(awaiting)
        case .idle(_, let listening): expireIdle(listening)
        case .running, .saying, .transferring, .awaitingCaller, .over: break
        }
        settle()
    }

    /// Runs until the session has to wait, and notes how long it waits for a caller who does nothing.
    private mutating func settle() {
        run()
        if agent.listensForInactivity { inactivityDue = inactivityDeadline }
    }
}

extension SeededGenerator {
    /// A number below a bound.
    mutating func next(upperBound: UInt64) -> UInt64 { next() % max(1, upperBound) }
}
