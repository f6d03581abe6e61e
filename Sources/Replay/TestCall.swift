package import CallFlow
package import Telephony

/// A call to be replayed: who calls whom, what the caller does, what the outside answers and what must happen.
///
/// Read from a folder with `call.yaml` and audio by ``TestCallFolder``, or made of a bare audio file.
package struct TestCall: Sendable {
    /// The folder's or file's name, without extension.
    package var name: String
    package var summary = ""
    /// The agent folder, as an absolute path or relative to the working directory; `nil` when the call names none.
    package var agentPath: String?
    package var from = "+15550100"
    package var to = "+15550199"
    /// Replay's clock on the wall begins here, so that opening hours are the same in every run.
    package var startsAt = WallTime(millisecondsSince1970: 1_772_443_800_000)
    /// The caller's time zone in the tz database.
    package var timeZone = "UTC"
    /// Headers that come with the call, by lower-case name.
    package var headers: [(name: String, value: String)] = []
    package var codec = CodecChoice.pcmu
    /// How a key is sent where a step does not say.
    package var keys = KeyMethod.telephoneEvent
    package var seed: UInt64 = 1
    package var network = NetworkImpairment.perfect
    /// What comes back of what the caller is told; nothing when `nil`.
    package var echo: LineEcho?
    package var script: [CallerStep] = []
    package var stubs: [HTTPStub] = []
    /// Answers to questions in plain words; what none of them answers, nobody does.
    package var answers: [AnswerStub] = []
    /// The outcomes of transfers, in order; the last one holds for all that follow.
    package var transferOutcomes: [TransferOutcome] = [.completed]
    /// Those who are called when the caller is handed over: agents in this order, others by their names.
    package var parties: [TestParty] = []
    /// What the caller does each time that Parley calls back, in order.
    package var callBacks: [TestParty] = []
    /// The queues, the router and the other callers; `nil` where agents are called one after the other.
    package var centre: TestCentre?
    /// Played to who is on hold.
    package var holdMusic: String?
    /// How long the recogniser takes after the end of an utterance.
    package var recognitionDelay = Interval.milliseconds(300)
    /// Who the caller is, as the look-up answers; `nil` where nobody is asked.
    package var lookUp: CallerLookUpStub?
    package var expectations: [ExpectedEvent] = []
    /// The caller hangs up after so long at the latest.
    package var limit = Interval.seconds(600)

    package init(name: String) { self.name = name }
}

/// The echo of what a caller is told in what is heard of the caller.
package struct LineEcho: Sendable {
    /// By how much it is weaker.
    package var returnLossInDB: Double
    /// From what the caller hears to what comes back.
    package var delay: Interval

    package init(returnLossInDB: Double, delay: Interval) {
        self.returnLossInDB = returnLossInDB
        self.delay = delay
    }
}

/// The codecs that a replay can use.
package enum CodecChoice: String, Sendable, CaseIterable {
    case pcmu
    case pcma
    case g722
    case opus
    case l16
}

/// How a test caller sends keys.
package enum KeyMethod: String, Sendable, CaseIterable {
    /// RFC 4733.
    case telephoneEvent
    /// Tones in the audio.
    case inBand
    /// Tones in the audio and RFC 4733 events for the same key, as some gateways send.
    case both
    /// SIP INFO.
    case sipInfo
}

/// One thing that a test caller does.
package struct CallerStep: Sendable {
    package var trigger: Trigger
    package var action: Action
    /// Where it stands in `call.yaml`; 0 when it does not.
    package var line: Int

    package init(trigger: Trigger, action: Action, line: Int = 0) {
        self.trigger = trigger
        self.action = action
        self.line = line
    }

    /// When a step begins. Steps come in order: none begins before the one in front of it is done.
    package enum Trigger: Sendable {
        /// At so much media time.
        case at(Interval)
        /// So long after the step before is done.
        case after(Interval)
        /// So long after a prompt begins that is named by its action, by `topic/action`, or by words that it contains.
        case promptBegins(String, delay: Interval)
        /// So long after such a prompt ends.
        case promptEnds(String, delay: Interval)
    }

    package enum Action: Sendable {
        case press([Digit], KeyMethod?, duration: Interval, gap: Interval)
        case speak(Speech)
        case stayOnTheLine(Interval)
        case hangUp
        /// Something that a party other than the caller does with the call.
        case command(PartyCommand)
    }

    /// Audio that the caller says, with the words that a recogniser will find in it.
    package struct Speech: Sendable {
        package var audio: PCMAudio
        /// Empty when nothing is to be understood.
        package var words: String
        /// 0 to 1.
        package var confidence: Double

        package init(audio: PCMAudio, words: String, confidence: Double) {
            self.audio = audio
            self.words = words
            self.confidence = confidence
        }
    }
}

/// What the outside answers to a request of the dialog.
package struct HTTPStub: Sendable {
    /// The action that asks, or `topic/action`; any when `nil`.
    package var action: String?
    /// A part of the URL; any when `nil`.
    package var urlContains: String?
    package var method: String?
    package var delay: Interval
    package var reply: HTTPReply
    /// Serves one request only, so that the next one finds the next stub.
    package var isOnce: Bool

    package init(
        action: String?, urlContains: String?, method: String?, delay: Interval, reply: HTTPReply, isOnce: Bool
    ) {
        self.action = action
        self.urlContains = urlContains
        self.method = method
        self.delay = delay
        self.reply = reply
        self.isOnce = isOnce
    }
}

/// The answer to the look-up of the caller.
package struct CallerLookUpStub: Sendable {
    package var reply: CallerReply
    /// From the beginning of the call to the answer.
    package var delay: Interval
    /// How long an answer is of use.
    package var limit: Interval

    package init(_ reply: CallerReply, delay: Interval = .zero, limit: Interval = .seconds(2)) {
        self.reply = reply
        self.delay = delay
        self.limit = limit
    }
}

/// An answer to a question in plain words, given in the place of somebody who knows.
package struct AnswerStub: Sendable {
    /// The action that asks; any when `nil`.
    package var action: String?
    /// Words that are in the question; any when `nil`.
    package var question: String?
    package var text: String
    package var delay: Interval

    package init(action: String?, question: String?, text: String, delay: Interval) {
        self.action = action
        self.question = question
        self.text = text
        self.delay = delay
    }

    func fits(_ request: AnswerRequest) -> Bool {
        if let question, !request.question.redacted.lowercased().contains(question.lowercased()) { return false }
        return action == nil || action == request.action || action == "\(request.topic)/\(request.action)"
    }
}
