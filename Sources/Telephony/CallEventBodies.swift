// The bodies of the events, in the order of `CallEventBody`. Times in seconds are media time, rounded to a microsecond.

/// The call is there, not yet answered.
public struct CallStarted: Sendable, Equatable, Codable {
    /// The caller's number or address, as signalled.
    public var from: String
    /// The number called.
    public var to: String
    /// The agent folder's name.
    public var agent: String
    /// The name in SDP of the codec that the caller's media uses.
    public var codec: String
    /// When the call came, in wall time.
    public var startedAt: WallTime
    /// Who was called first; absent in a call that was for nobody else.
    public var diversion: Diversion?

    public init(
        from: String, to: String, agent: String, codec: String, startedAt: WallTime, diversion: Diversion? = nil
    ) {
        self.from = from
        self.to = to
        self.agent = agent
        self.codec = codec
        self.startedAt = startedAt
        self.diversion = diversion
    }
}

/// Media flows both ways from here: the origin of media time.
public struct CallAnswered: Sendable, Equatable, Codable {
    /// The moment of the answer, in wall time.
    public var answeredAt: WallTime

    public init(answeredAt: WallTime) {
        self.answeredAt = answeredAt
    }
}

/// A topic began.
public struct TopicStarted: Sendable, Equatable, Codable {
    /// The topic's name: its file's name without extension.
    public var topic: String
    /// The kind of trigger that started it, or `BeginDialog`.
    public var trigger: String

    public init(topic: String, trigger: String) {
        self.topic = topic
        self.trigger = trigger
    }
}

/// A topic ended or was left.
public struct TopicEnded: Sendable, Equatable, Codable {
    public var topic: String

    public init(topic: String) {
        self.topic = topic
    }
}

/// The session reached an action of a topic.
public struct ActionStarted: Sendable, Equatable, Codable {
    public var topic: String
    /// The action's `id`.
    public var action: String
    /// The action's `kind` in the dialog language.
    public var kind: String

    public init(topic: String, action: String, kind: String) {
        self.topic = topic
        self.action = action
        self.kind = kind
    }
}

/// The first sample of a prompt goes out.
public struct PromptStarted: Sendable, Equatable, Codable {
    /// Counts the call's prompts from 1.
    public var prompt: Int
    public var topic: String
    public var action: String
    /// The words, or the audio file's name.
    public var text: DisclosableText
    public var isAudioFile: Bool

    public init(prompt: Int, topic: String, action: String, text: DisclosableText, isAudioFile: Bool) {
        self.prompt = prompt
        self.topic = topic
        self.action = action
        self.text = text
        self.isAudioFile = isAudioFile
    }
}

/// The last sample of a prompt went out.
public struct PromptEnded: Sendable, Equatable, Codable {
    public var prompt: Int
    /// Seconds of it that went out.
    public var heard: Double
    /// Seconds that the whole takes.
    public var length: Double
    public var reason: PromptEndReason

    public init(prompt: Int, heard: Double, length: Double, reason: PromptEndReason) {
        self.prompt = prompt
        self.heard = heard
        self.length = length
        self.reason = reason
    }
}

/// A key was pressed.
public struct DigitHeard: Sendable, Equatable, Codable {
    /// One of `0`–`9`, `*`, `#`, `A`–`D`; redacted while a sensitive question is open.
    public var digit: DisclosableText
    public var source: DigitSource
    /// Media time of the key going down, in seconds.
    public var start: Double

    public init(digit: DisclosableText, source: DigitSource, start: Double) {
        self.digit = digit
        self.source = source
        self.start = start
    }
}

/// The caller began to speak.
public struct SpeechStarted: Sendable, Equatable, Codable {
    /// Media time in seconds.
    public var start: Double

    public init(start: Double) {
        self.start = start
    }
}

/// The caller stopped speaking.
public struct SpeechEnded: Sendable, Equatable, Codable {
    public var start: Double
    /// Media time at which the speech ended; `at` is when that was decided.
    public var end: Double

    public init(start: Double, end: Double) {
        self.start = start
        self.end = end
    }
}

/// The caller interrupted what was being said.
public struct BargeIn: Sendable, Equatable, Codable {
    /// The prompt that was stopped.
    public var prompt: Int
    public var by: BargeInCause

    public init(prompt: Int, by: BargeInCause) {
        self.prompt = prompt
        self.by = by
    }
}

/// A recogniser gave the words of an utterance.
public struct Recognized: Sendable, Equatable, Codable {
    /// Empty when nothing was understood.
    public var text: DisclosableText
    /// 0 to 1.
    public var confidence: Double
    /// Media time of the utterance's beginning.
    public var start: Double
    public var end: Double

    public init(text: DisclosableText, confidence: Double, start: Double, end: Double) {
        self.text = text
        self.confidence = confidence
        self.start = start
        self.end = end
    }
}

/// A timer of a question or of the line ran out.
public struct TimerExpired: Sendable, Equatable, Codable {
    public var timer: DialogTimer
    public var topic: String
    /// Empty for the line's own silence timer.
    public var action: String

    public init(timer: DialogTimer, topic: String, action: String) {
        self.timer = timer
        self.topic = topic
        self.action = action
    }
}

/// A question came to a result with one attempt of the caller.
public struct InputTaken: Sendable, Equatable, Codable {
    public var topic: String
    public var action: String
    /// What the caller did.
    public var kind: InputKind
    /// What the question made of it.
    public var result: InputResult
    /// The digits, the words or the entity's value; empty when there was none.
    public var value: DisclosableText
    /// From 1.
    public var attempt: Int

    public init(
        topic: String, action: String, kind: InputKind, result: InputResult, value: DisclosableText, attempt: Int
    ) {
        self.topic = topic
        self.action = action
        self.kind = kind
        self.result = result
        self.value = value
        self.attempt = attempt
    }
}

/// A variable got a value.
public struct VariableSet: Sendable, Equatable, Codable {
    /// With its scope: `Topic.Name`, `Global.Name`.
    public var variable: String
    /// As Power Fx writes it.
    public var value: DisclosableText

    public init(variable: String, value: DisclosableText) {
        self.variable = variable
        self.value = value
    }
}

/// A request to the outside went out.
public struct HTTPRequested: Sendable, Equatable, Codable {
    public var request: UInt64
    public var topic: String
    public var action: String
    public var method: String
    /// Without query and fragment.
    public var url: DisclosableText

    public init(request: UInt64, topic: String, action: String, method: String, url: DisclosableText) {
        self.request = request
        self.topic = topic
        self.action = action
        self.method = method
        self.url = url
    }
}

/// A request to the outside came back, or failed.
public struct HTTPAnswered: Sendable, Equatable, Codable {
    public var request: UInt64
    /// The HTTP status; absent when there was no answer.
    public var status: Int?
    /// Why there was none: `timeout`, `unreachable`, `refused`, `tooLarge`, `invalidURL`.
    public var failure: String?
    /// From request to answer.
    public var seconds: Double

    public init(request: UInt64, status: Int? = nil, failure: String? = nil, seconds: Double) {
        self.request = request
        self.status = status
        self.failure = failure
        self.seconds = seconds
    }
}

/// The dialog hands the caller over.
public struct TransferRequested: Sendable, Equatable, Codable {
    public var topic: String
    public var action: String
    public var kind: TransferKind
    /// A number or address; empty for an agent that routing chooses.
    public var target: DisclosableText
    /// What the agent is told; empty when nothing.
    public var message: DisclosableText
    /// What is handed over, by name.
    public var variables: [String: DisclosableText]
    /// User-to-User and X- headers.
    public var headers: [String: DisclosableText]

    public init(
        topic: String, action: String, kind: TransferKind, target: DisclosableText, message: DisclosableText,
        variables: [String: DisclosableText], headers: [String: DisclosableText]
    ) {
        self.topic = topic
        self.action = action
        self.kind = kind
        self.target = target
        self.message = message
        self.variables = variables
        self.headers = headers
    }
}

/// The hand-over came to an outcome.
public struct TransferEnded: Sendable, Equatable, Codable {
    public var outcome: TransferOutcome

    public init(outcome: TransferOutcome) {
        self.outcome = outcome
    }
}

/// The dialog logged an event of its own.
public struct Telemetry: Sendable, Equatable, Codable {
    public var name: String
    public var properties: [String: DisclosableText]

    public init(name: String, properties: [String: DisclosableText]) {
        self.name = name
        self.properties = properties
    }
}

/// The dialog failed at run time.
public struct Failure: Sendable, Equatable, Codable {
    /// A short, stable word for machines.
    public var code: String
    /// A sentence for people.
    public var message: String
    public var topic: String
    public var action: String

    public init(code: String, message: String, topic: String, action: String) {
        self.code = code
        self.message = message
        self.topic = topic
        self.action = action
    }
}

/// What the network did to the caller's media, at the end of the call.
public struct MediaQuality: Sendable, Equatable, Codable {
    /// RTP packets of audio received.
    public var received: Int
    /// Packets that never came (RFC 3550 A.3).
    public var lost: Int
    /// Packets that came after their time to be played.
    public var late: Int
    public var duplicates: Int
    /// Interarrival jitter in milliseconds (RFC 3550 A.8), at the end.
    public var jitter: Double
    /// Mean delay of the jitter buffer in milliseconds.
    public var playoutDelay: Double
    /// Share of the audio played that was concealed, 0 to 1.
    public var concealed: Double
    /// MOS-CQE by the E-model (ITU-T G.107).
    public var mos: Double

    public init(
        received: Int, lost: Int, late: Int, duplicates: Int, jitter: Double, playoutDelay: Double, concealed: Double,
        mos: Double
    ) {
        self.received = received
        self.lost = lost
        self.late = late
        self.duplicates = duplicates
        self.jitter = jitter
        self.playoutDelay = playoutDelay
        self.concealed = concealed
        self.mos = mos
    }
}

/// The call is over.
public struct CallEnded: Sendable, Equatable, Codable {
    public var by: Party
    public var cause: HangupCause
    public var outcome: CallOutcome
    /// Seconds from answer to end.
    public var duration: Double

    public init(by: Party, cause: HangupCause, outcome: CallOutcome, duration: Double) {
        self.by = by
        self.cause = cause
        self.outcome = outcome
        self.duration = duration
    }
}

/// A condition group took one of its ways.
public struct BranchTaken: Sendable, Equatable, Codable {
    public var topic: String
    /// The group's `id`.
    public var action: String
    /// The `id` of the condition that held, or its number from 1 where it has none; `else` when none held.
    public var branch: String

    public init(topic: String, action: String, branch: String) {
        self.topic = topic
        self.action = action
        self.branch = branch
    }
}

/// The question waits: the caller asked for time.
public struct HoldStarted: Sendable, Equatable, Codable {
    public var topic: String
    public var action: String

    public init(topic: String, action: String) {
        self.topic = topic
        self.action = action
    }
}

/// The question does not wait any longer.
public struct HoldEnded: Sendable, Equatable, Codable {
    public var topic: String
    public var action: String
    public var reason: HoldEndReason

    public init(topic: String, action: String, reason: HoldEndReason) {
        self.topic = topic
        self.action = action
        self.reason = reason
    }
}

/// A question in plain words went out to whoever answers such.
public struct AnswerRequested: Sendable, Equatable, Codable {
    public var request: UInt64
    public var topic: String
    public var action: String

    public init(request: UInt64, topic: String, action: String) {
        self.request = request
        self.topic = topic
        self.action = action
    }
}

/// A question in plain words came back.
public struct AnswerGiven: Sendable, Equatable, Codable {
    public var request: UInt64
    /// False when nobody answers, or nothing is known: the author's own way follows.
    public var isAnswered: Bool
    /// Seconds that it took.
    public var seconds: Double

    public init(request: UInt64, isAnswered: Bool, seconds: Double) {
        self.request = request
        self.isAnswered = isAnswered
        self.seconds = seconds
    }
}

/// The look-up of the caller, which begins with the call, came to an outcome.
public struct CallerLookedUp: Sendable, Equatable, Codable {
    public var outcome: CallerLookUpOutcome
    /// Seconds of media time that it took.
    public var seconds: Double

    public init(outcome: CallerLookUpOutcome, seconds: Double) {
        self.outcome = outcome
        self.seconds = seconds
    }
}
