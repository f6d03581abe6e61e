package import Formula
package import Telephony

/// What a ``Session`` is told. All times are the caller's media time.
package enum SessionInput: Sendable {
    /// A key, delivered in the order of key-down times.
    case digit(Digit, source: DigitSource)
    /// The caller began to speak, for long enough to count.
    case speechStarted
    /// The caller has been silent again for the end-pointer's time-out.
    case speechEnded
    /// The last sample of a prompt has gone out, or it was stopped.
    case promptEnded(PlaybackID)
    /// The audio of a prompt cannot be had: a file that is not there, a synthesiser that failed.
    case promptFailed(PlaybackID, reason: String)
    /// The words of the utterance that the open recognition has heard; empty when nothing was understood.
    case recognized(RequestID, text: String, confidence: Double)
    /// The recogniser failed or is not there.
    case recognitionFailed(RequestID)
    /// The answer to an HTTP request, parsed, bounded and typed.
    case httpAnswered(RequestID, HTTPReply)
    /// The answer to a question in plain words that the session passed on, or that nobody answers such.
    case questionAnswered(RequestID, AnswerReply)
    /// The answer to the look-up of the caller.
    case callerLookedUp(RequestID, CallerReply)
    /// The called party is a machine.
    case answeringMachineDetected
    /// The outcome of a transfer that the session asked for.
    case transferEnded(TransferOutcome)
    /// The caller hung up: the session does nothing after this but close its account.
    case callerHungUp
}

/// What a ``Session`` wants, in order. Drain with `poll()` until `nil` after every mutation.
package enum SessionOutput: Sendable {
    /// Play this after whatever is playing or queued.
    case play(Playback)
    /// Stop what is playing, drop what is queued; the next packet carries none of it.
    case stopPlaying(PromptEndReason, bargeIn: BargeInCause?)
    /// Words are wanted from now on: open a recognition with the caller's next utterance.
    case listen(RequestID, RecognitionHints)
    /// Words are no longer wanted.
    case stopListening(RequestID)
    /// Ask the outside.
    case http(RequestID, HTTPRequest)
    /// Ask somebody who answers questions in plain words.
    case ask(RequestID, AnswerRequest)
    /// Ask who the caller is.
    case lookUpCaller(RequestID)
    /// No answer is wanted any more.
    case cancel(RequestID)
    /// Hand the caller over.
    case transfer(TransferRequest)
    /// What the caller enters and says from now on is secret, or no longer.
    case sensitiveInput(Bool)
    /// Something happened that belongs into the account.
    case fact(CallEventBody)
    /// The dialog is over: end the call.
    case hangUp(HangupCause)
}

/// The number of one prompt within its call, from 1.
package struct PlaybackID: Hashable, Sendable, Comparable {
    package var rawValue: Int
    package init(_ rawValue: Int) { self.rawValue = rawValue }
    package static func < (a: PlaybackID, b: PlaybackID) -> Bool { a.rawValue < b.rawValue }
}

/// A prompt to be played once.
package struct Playback: Sendable {
    package var id: PlaybackID
    package var source: PromptSource
    /// The topic and action that says it.
    package var topic: String
    package var action: String
    package var bargeIn: BargeInPermission

    package init(id: PlaybackID, source: PromptSource, topic: String, action: String, bargeIn: BargeInPermission) {
        self.id = id
        self.source = source
        self.topic = topic
        self.action = action
        self.bargeIn = bargeIn
    }
}

/// Where the audio of a prompt comes from: what a request for it carries to the outside.
package enum PromptSource: Sendable, Hashable {
    /// A file, by its path relative to the agent folder.
    case audioFile(path: String)
    /// A file of the service's own, such as music, by its absolute path: no dialog can name one.
    case serviceFile(path: String)
    /// Text for the synthesiser. Private text holds something of this caller and is never written to disk.
    case text(SpokenText)
    /// Silence of so many milliseconds, as SSML's `break`.
    case silence(milliseconds: Int)
}

/// Words for a synthesiser.
package struct SpokenText: Sendable, Hashable {
    package var text: String
    /// BCP 47, as the agent's settings name it.
    package var language: String
    /// The voice that the agent's settings name, empty for the default.
    package var voice: String
    /// Something of this caller is in it: it is never written to disk.
    package var isPrivate: Bool
    /// A secret is in it: it is never shown either.
    package var isSensitive: Bool
    package var prosody: Prosody

    package init(
        text: String, language: String, voice: String, isPrivate: Bool, isSensitive: Bool,
        prosody: Prosody = Prosody()
    ) {
        self.text = text
        self.language = language
        self.voice = voice
        self.isPrivate = isPrivate
        self.isSensitive = isSensitive
        self.prosody = prosody
    }
}

/// What a recogniser may expect.
package struct RecognitionHints: Sendable, Hashable {
    package var language: String
    /// Phrases of the open question's entity and of the triggers that can interrupt it.
    package var phrases: [String]
    /// Silence after speech that ends the utterance, in milliseconds.
    package var utteranceEndTimeoutInMilliseconds: Int
    package var isSensitive: Bool
    /// How readily sound counts as speech, 0 to 1.
    package var sensitivity: Double
    /// 0 for the fastest, 1 for the most accurate result.
    package var speedVersusAccuracy: Double
    /// How much the phrases weigh against the language's own words, 0 to 1.
    package var phraseWeight: Double

    package init(
        language: String, phrases: [String], utteranceEndTimeoutInMilliseconds: Int, isSensitive: Bool,
        sensitivity: Double = 0.5, speedVersusAccuracy: Double = 0.5, phraseWeight: Double = 0.1
    ) {
        self.language = language
        self.phrases = phrases
        self.utteranceEndTimeoutInMilliseconds = utteranceEndTimeoutInMilliseconds
        self.isSensitive = isSensitive
        self.sensitivity = sensitivity
        self.speedVersusAccuracy = speedVersusAccuracy
        self.phraseWeight = phraseWeight
    }
}

/// An HTTP request as the dialog makes it.
package struct HTTPRequest: Sendable {
    package var method: String
    package var url: Redacted<String>
    /// The URL without query and fragment, for the account.
    package var shownURL: DisclosableText
    package var headers: [(name: String, value: Redacted<String>)]
    /// The body and its media type.
    package var body: Redacted<String>?
    package var contentType: String?
    package var timeout: Interval
    /// The topic and action that asks, for stubs and accounts.
    package var topic: String
    package var action: String

    package init(
        method: String, url: Redacted<String>, shownURL: DisclosableText,
        headers: [(name: String, value: Redacted<String>)], body: Redacted<String>?, contentType: String?,
        timeout: Interval, topic: String, action: String
    ) {
        self.method = method
        self.url = url
        self.shownURL = shownURL
        self.headers = headers
        self.body = body
        self.contentType = contentType
        self.timeout = timeout
        self.topic = topic
        self.action = action
    }
}

/// The answer to an ``HTTPRequest``, parsed by the edge within its limits.
package enum HTTPReply: Sendable {
    /// A status with the body as a value: an untyped object when it was JSON, text otherwise, blank when empty.
    case answered(status: Int, body: Value, headers: [(name: String, value: String)])
    case failed(HTTPFailure)
}

/// Why an HTTP request had no answer.
package enum HTTPFailure: String, Sendable, CaseIterable {
    case timeout
    case unreachable
    case refused
    case tooLarge
    case invalidURL
}

/// A question in plain words for somebody who can answer it (`AnswerQuestionWithAI`, `SearchAndSummarizeContent`).
package struct AnswerRequest: Sendable {
    package var question: DisclosableText
    /// What the author tells the one who answers; empty for nothing.
    package var instructions: DisclosableText
    /// The agent's knowledge sources are to be searched, not the model alone.
    package var searchesContent: Bool
    /// Names of the sources; empty for all.
    package var sources: [String]
    /// `Minimum` to `Maximum`.
    package var moderation: String
    /// BCP 47.
    package var language: String
    package var timeout: Interval
    /// The topic and action that asks.
    package var topic: String
    package var action: String

    package init(
        question: DisclosableText, instructions: DisclosableText, searchesContent: Bool, sources: [String],
        moderation: String, language: String, timeout: Interval, topic: String, action: String
    ) {
        self.question = question
        self.instructions = instructions
        self.searchesContent = searchesContent
        self.sources = sources
        self.moderation = moderation
        self.language = language
        self.timeout = timeout
        self.topic = topic
        self.action = action
    }
}

/// The answer to an ``AnswerRequest``.
package enum AnswerReply: Sendable, Equatable {
    /// Words to be said; empty when nothing is known.
    case answered(String)
    /// Nobody answers such questions here.
    case unavailable
}

/// By what a caller can be looked up.
package struct CallerInquiry: Sendable {
    /// The caller's number, or whatever stands in its place.
    package var from: String
    /// The number that was called: one of a pool may stand for a caller.
    package var to: String
    /// Headers that came with the call (User-to-User, X-), by lower-case name.
    package var headers: [(name: String, value: String)]

    package init(from: String, to: String, headers: [(name: String, value: String)]) {
        self.from = from
        self.to = to
        self.headers = headers
    }
}

/// Who the caller is, by the number or by a key that came with the call.
package enum CallerReply: Sendable {
    /// A record: the dialog's `Global.Caller`.
    case found(Value)
    case unknown
    case failed
}

/// A hand-over as the dialog asks for it.
package struct TransferRequest: Sendable {
    package var kind: TransferKind
    /// The number for `phoneNumber`, empty for an agent that routing chooses.
    package var target: DisclosableText
    package var messageToAgent: DisclosableText
    /// The variables handed over, by name, in order.
    package var variables: [(name: String, value: Value)]
    package var userToUser: DisclosableText?
    package var headers: [(name: String, value: DisclosableText)]
    /// Keys to be sent once the far end has answered.
    package var dtmfSequence: String
    /// What the dialog says of the queue; `nil` leaves it to the service.
    package var queue: QueueWish?
    /// Who is called when experts are: names or `skill:NAME`.
    package var experts: [String] = []
    /// When the last of those who were called has left, the dialog goes on with the caller.
    package var returnsToDialog = false
    /// What whoever takes the call is told before the caller is there; `nil` leaves it to the service.
    package var whisper: DisclosableText?
    /// How long a message may be, and the silence that ends it; `nil` leaves it to the service.
    package var longestMessage: Interval?
    package var endingSilence: Interval?

    package init(
        kind: TransferKind, target: DisclosableText, messageToAgent: DisclosableText,
        variables: [(name: String, value: Value)], userToUser: DisclosableText?,
        headers: [(name: String, value: DisclosableText)], dtmfSequence: String
    ) {
        self.kind = kind
        self.target = target
        self.messageToAgent = messageToAgent
        self.variables = variables
        self.userToUser = userToUser
        self.headers = headers
        self.dtmfSequence = dtmfSequence
    }
}

/// The queue that a dialog asks for.
package struct QueueWish: Sendable, Equatable {
    /// `nil`: the service's own choice.
    package var name: String?
    /// What the agent must know, beside what the queue asks.
    package var skills: [String]
    /// The higher goes first; `nil`: the queue's.
    package var priority: Int?

    package init(name: String? = nil, skills: [String] = [], priority: Int? = nil) {
        self.name = name
        self.skills = skills
        self.priority = priority
    }
}

/// What a session knows of its call from the beginning.
package struct CallFacts: Sendable {
    package var id: CallID
    package var from: String
    package var to: String
    package var startedAt: WallTime
    /// The identifier of the caller's time zone in the tz database.
    package var timeZone: String
    /// Headers that came with the call (User-to-User, X-), by lower-case name.
    package var headers: [(name: String, value: String)]
    /// The call's own entropy.
    package var seed: UInt64
    /// How long an answer to the look-up of the caller is of use; `nil` where nobody is asked.
    package var lookUpLimit: Interval?
    /// Who was called first; `nil` for a call that was for nobody else.
    package var diversion: Diversion?

    package init(
        id: CallID, from: String, to: String, startedAt: WallTime, timeZone: String,
        headers: [(name: String, value: String)], seed: UInt64, lookUpLimit: Interval? = nil,
        diversion: Diversion? = nil
    ) {
        self.id = id
        self.from = from
        self.to = to
        self.startedAt = startedAt
        self.timeZone = timeZone
        self.headers = headers
        self.seed = seed
        self.lookUpLimit = lookUpLimit
        self.diversion = diversion
    }
}
