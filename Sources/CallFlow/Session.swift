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
    var globals: [String: Value] = [:]
    var lastWords = ""
    var lastError: (code: String, message: String)?
    /// The caller's media time.
    var position = SampleTime.zero
    /// Prompts asked for and not ended.
    var playing: [Playback] = []
    /// Keys that no question has taken yet.
    var typeAhead: Deque<Key> = []
    private var outputs: Deque<SessionOutput> = []
    private var lastPlayback = 0
    private var lastRequest: UInt64 = 0
    private var generator: SeededGenerator
    /// What the dialog says came of the call.
    package internal(set) var outcome: CallOutcome?
    /// Actions taken since the session last waited.
    var fuelUsed = 0
    var isHandlingError = false

    /// Limits that no dialog reaches that means well.
    enum Limit {
        /// Actions without waiting.
        static let fuel = 1_000
        /// Topics within topics.
        static let depth = 64
        /// Keys pressed ahead.
        static let typeAhead = 32
    }

    /// A key and when it went down.
    struct Key: Sendable {
        var digit: Digit
        var source: DigitSource
        var time: SampleTime
    }

    /// A topic that has begun.
    struct Frame: Sendable {
        var topic: Int
        /// Lists of actions within each other, each with the index of the next action.
        var blocks: [(actions: [Action], next: Int)]
        var variables: [String: Value] = [:]
        /// Where a topic's variables go when it ends.
        var outputs: [(from: String, to: VariablePath)] = []
        /// The question in the topic below that this topic interrupted, to be asked again.
        var resumesQuestion = false
    }

    enum State: Sendable {
        /// There is something to do now.
        case running
        case asking(Asking)
        case awaitingHTTP(AwaitingHTTP)
        /// The prompts in front of an action that ends the conversation are being said.
        case saying(Action)
        case transferring
        /// No topic runs; the caller may still press or say something. Silence runs out at the deadline.
        case idle(silence: SampleTime?, listening: RequestID?)
        case over
    }

    struct AwaitingHTTP: Sendable {
        var request: RequestID
        var action: HTTPAction
        var actionID: String
        var since: SampleTime
        var deadline: SampleTime
        var latencyDue: SampleTime?
    }

    /// - Parameter clockRate: of the caller's media time.
    package init(agent: Agent, call: CallFacts, clockRate: ClockRate) {
        self.agent = agent
        self.call = call
        self.clockRate = clockRate
        generator = SeededGenerator(seed: call.seed)
    }

    package var isFinished: Bool { if case .over = state { true } else { false } }

    /// Begins the topic that answers calls.
    package mutating func start(at time: SampleTime) {
        position = time
        guard let topic = topic(where: { $0 == .onConversationStart }) else {
            fail("noConversationStart", "the agent \(agent.name) has no topic with OnConversationStart")
            return
        }
        begin(topic, trigger: "OnConversationStart")
        run()
    }

    /// The next thing that the session wants.
    package mutating func poll() -> SessionOutput? { outputs.popFirst() }

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
        fuelUsed = 0
        switch input {
        case .digit(let digit, let source): take(Key(digit: digit, source: source, time: time))
        case .speechStarted: speechStarted()
        case .speechEnded: break
        case .promptEnded(let id): promptEnded(id)
        case .promptFailed(let id, let reason):
            fact(.failure(Failure(code: "promptFailed", message: reason, topic: topicName, action: "")))
            promptEnded(id)
        case .recognized(let request, let text, _): recognized(request, text)
        case .recognitionFailed(let request): recognized(request, "")
        case .httpAnswered(let request, let reply): answered(request, reply)
        case .transferEnded(let outcome): transferEnded(outcome)
        case .callerHungUp: hungUp()
        }
        run()
    }

    private mutating func hungUp() {
        while let key = typeAhead.popFirst() { account(key, isSensitive: true) }
        if case .asking(let asking) = state, asking.question.entity.isSensitive { emit(.sensitiveInput(false)) }
        state = .over
    }

    /// Puts a key into the account, once it is known whether it is a secret.
    mutating func account(_ key: Key, isSensitive: Bool) {
        let digit = DisclosableText(key.digit.description, isSensitive: isSensitive)
        let start = clockRate.interval(ticks: key.time.ticks).roundedSeconds
        fact(.digit(DigitHeard(digit: digit, source: key.source, start: start)))
    }

    /// Stops what is being said if the caller may interrupt it; returns whether nothing holds the key back.
    mutating func bargeIn(_ cause: BargeInCause) -> Bool {
        guard !playing.isEmpty else { return true }
        guard playing.allSatisfy({ $0.bargeIn.contains(cause) }) else { return false }
        playing.removeAll()
        emit(.stopPlaying(.bargeIn, bargeIn: cause))
        return true
    }

    private mutating func promptEnded(_ id: PlaybackID) {
        guard let index = playing.firstIndex(where: { $0.id == id }) else { return }
        playing.remove(at: index)
        guard playing.isEmpty else { return }
        switch state {
        case .asking: startWaiting()
        case .idle(_, let listening): state = .idle(silence: idleDeadline(), listening: listening)
        case .saying(let action): resume(action)
        case .running, .awaitingHTTP, .transferring, .over: break
        }
    }

    // MARK: - Time

    /// The earliest time at which something runs out.
    package var deadline: SampleTime? {
        switch state {
        case .asking(let asking): asking.deadline
        case .awaitingHTTP(let waiting): min(waiting.latencyDue ?? waiting.deadline, waiting.deadline)
        case .idle(let silence, _): silence
        case .running, .saying, .transferring, .over: nil
        }
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
        fuelUsed = 0
        switch state {
        case .asking: expireQuestion()
        case .awaitingHTTP(let waiting): expireHTTP(waiting)
        case .idle(_, let listening): expireIdle(listening)
        case .running, .saying, .transferring, .over: break
        }
        run()
    }

    // MARK: - Saying

    /// Queues a message: one of its variants, part by part.
    mutating func say(_ message: Message, action: String) {
        guard !message.variants.isEmpty else { return }
        let variant =
            message.variants.count == 1
            ? 0 : Int(generator.next(upperBound: UInt64(message.variants.count)))
        for part in message.variants[variant] {
            guard let source = source(of: part) else { return }
            lastPlayback += 1
            let playback = Playback(
                id: PlaybackID(lastPlayback), source: source, topic: topicName, action: action,
                bargeIn: message.bargeIn)
            playing.append(playback)
            emit(.play(playback))
        }
    }

    private mutating func source(of part: Message.Part) -> PromptSource? {
        switch part {
        case .audioFile(let path): return .audioFile(path: path)
        case .pause(let milliseconds): return .silence(milliseconds: milliseconds)
        case .text(let template):
            let value = template.evaluate(in: scope)
            if let error = value.error {
                fail("formula", error.message)
                return nil
            }
            return .text(
                SpokenText(
                    text: value.text(for: .speechToCaller), language: agent.settings.language,
                    voice: agent.settings.voice, isPrivate: !template.isConstant, isSensitive: value.isSensitive))
        }
    }

    // MARK: - Topics

    var topicName: String { frames.last.map { agent.topics[$0.topic].name } ?? "" }

    /// The topic whose trigger fits, of the highest priority, whose condition holds.
    func topic(where fits: (Trigger.Kind) -> Bool) -> Int? {
        var best: Int?
        for (index, topic) in agent.topics.enumerated() where fits(topic.trigger.kind) {
            if let condition = topic.trigger.condition {
                guard case .boolean(true) = condition.evaluate(in: scope).kind else { continue }
            }
            if let known = best, agent.topics[known].trigger.priority >= topic.trigger.priority { continue }
            best = index
        }
        return best
    }

    mutating func begin(
        _ topic: Int, trigger: String, variables: [String: Value] = [:],
        outputs: [(from: String, to: VariablePath)] = [], resumesQuestion: Bool = false
    ) {
        guard frames.count < Limit.depth else {
            fail(
                "tooDeep",
                "topic \(agent.topics[topic].name) would be the \(Limit.depth + 1)th within another: a topic calls itself without end"
            )
            return
        }
        var frame = Frame(topic: topic, blocks: [(agent.topics[topic].actions, 0)])
        frame.variables = variables
        frame.outputs = outputs
        frame.resumesQuestion = resumesQuestion
        frames.append(frame)
        fact(.topicStarted(TopicStarted(topic: agent.topics[topic].name, trigger: trigger)))
        state = .running
    }

    /// Ends the running topic, and goes on in the one below.
    mutating func endTopic() {
        guard let frame = frames.popLast() else { return }
        fact(.topicEnded(TopicEnded(topic: agent.topics[frame.topic].name)))
        for output in frame.outputs { set(output.to, frame.variables[output.from] ?? .blank) }
        if frame.resumesQuestion, frames.last != nil { stepBack() }
    }

    /// Makes the question that was interrupted the next action again.
    private mutating func stepBack() {
        let last = frames.count - 1
        guard let block = frames[last].blocks.indices.last, frames[last].blocks[block].next > 0 else { return }
        frames[last].blocks[block].next -= 1
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
        endAllTopics()
        state = .over
        emit(.hangUp(cause))
    }
}

extension SeededGenerator {
    /// A number below a bound.
    fileprivate mutating func next(upperBound: UInt64) -> UInt64 { next() % max(1, upperBound) }
}
