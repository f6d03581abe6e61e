/// What happened, one case an event; the case's name is the event's name in JSON.
public enum CallEventBody: Sendable, Equatable {
    /// The call is there, not yet answered.
    case callStarted(CallStarted)
    /// Media flows both ways from here: the origin of media time.
    case callAnswered(CallAnswered)
    /// A topic began.
    case topicStarted(TopicStarted)
    /// A topic ended or was left.
    case topicEnded(TopicEnded)
    /// The session reached an action of a topic.
    case actionStarted(ActionStarted)
    /// A condition group took one of its ways.
    case branchTaken(BranchTaken)
    /// The first sample of a prompt goes out.
    case promptStarted(PromptStarted)
    /// The last sample of a prompt went out.
    case promptEnded(PromptEnded)
    /// A key was pressed.
    case digit(DigitHeard)
    /// The caller began to speak.
    case speechStarted(SpeechStarted)
    /// The caller stopped speaking.
    case speechEnded(SpeechEnded)
    /// The caller interrupted what was being said.
    case bargeIn(BargeIn)
    /// A recogniser gave the words of an utterance.
    case recognized(Recognized)
    /// A timer of a question or of the line ran out.
    case timerExpired(TimerExpired)
    /// A question came to a result with one attempt of the caller.
    case input(InputTaken)
    /// A question waits, because the caller asked for time.
    case holdStarted(HoldStarted)
    /// A question does not wait any longer.
    case holdEnded(HoldEnded)
    /// A variable got a value.
    case variableSet(VariableSet)
    /// A request to the outside went out.
    case httpRequested(HTTPRequested)
    /// A request to the outside came back, or failed.
    case httpAnswered(HTTPAnswered)
    /// A question in plain words went out.
    case answerRequested(AnswerRequested)
    /// A question in plain words came back.
    case answerGiven(AnswerGiven)
    /// The look-up of the caller came to an outcome.
    case callerLookedUp(CallerLookedUp)
    /// The dialog hands the caller over.
    case transferRequested(TransferRequested)
    /// Somebody is called.
    case legDialled(LegDialled)
    /// The one who is called is told of it.
    case legRinging(LegRinging)
    /// The one who was called has answered.
    case legAnswered(LegAnswered)
    /// Another party took a leg's place of its own accord.
    case legReplaced(LegReplaced)
    /// A leg takes part in another way than before.
    case legPlaced(LegPlaced)
    /// A leg's party spoke.
    case legSpoke(LegSpoke)
    /// A leg is gone, or never came.
    case legEnded(LegEnded)
    /// The caller waits for somebody to be free.
    case queueEntered(QueueEntered)
    case voicemailLeft(VoicemailLeft)
    /// The caller keeps the place in a queue and will be called back.
    case callBackPromised(CallBackPromised)
    /// A caller was called back, or was to be: what came of it.
    case callBackTried(CallBackTried)
    /// The hand-over came to an outcome.
    case transferEnded(TransferEnded)
    /// The dialog logged an event of its own.
    case telemetry(Telemetry)
    /// The dialog failed at run time.
    case failure(Failure)
    /// What the network did to the caller's media, at the end of the call.
    case mediaQuality(MediaQuality)
    /// The call is over.
    case callEnded(CallEnded)
}

extension CallEventBody {
    /// The names of all events, in the order in which they are documented.
    public static let names: [String] = [
        "callStarted", "callAnswered", "topicStarted", "topicEnded", "actionStarted", "branchTaken", "promptStarted",
        "promptEnded", "digit", "speechStarted", "speechEnded", "bargeIn", "recognized", "timerExpired", "input",
        "holdStarted", "holdEnded",
        "variableSet", "httpRequested", "httpAnswered", "answerRequested", "answerGiven", "callerLookedUp",
        "transferRequested",
        "legDialled", "legRinging", "legAnswered", "legReplaced", "legPlaced", "legSpoke", "legEnded",
        "queueEntered", "voicemailLeft", "callBackPromised", "callBackTried",
        "transferEnded", "telemetry",
        "failure", "mediaQuality", "callEnded",
    ]

    /// The value of `event` in JSON.
    public var name: String {
        switch self {
        case .callStarted: "callStarted"
        case .callAnswered: "callAnswered"
        case .topicStarted: "topicStarted"
        case .topicEnded: "topicEnded"
        case .actionStarted: "actionStarted"
        case .branchTaken: "branchTaken"
        case .promptStarted: "promptStarted"
        case .promptEnded: "promptEnded"
        case .digit: "digit"
        case .speechStarted: "speechStarted"
        case .speechEnded: "speechEnded"
        case .bargeIn: "bargeIn"
        case .recognized: "recognized"
        case .timerExpired: "timerExpired"
        case .input: "input"
        case .holdStarted: "holdStarted"
        case .holdEnded: "holdEnded"
        case .variableSet: "variableSet"
        case .httpRequested: "httpRequested"
        case .httpAnswered: "httpAnswered"
        case .answerRequested: "answerRequested"
        case .answerGiven: "answerGiven"
        case .callerLookedUp: "callerLookedUp"
        case .transferRequested: "transferRequested"
        case .legDialled: "legDialled"
        case .legRinging: "legRinging"
        case .legAnswered: "legAnswered"
        case .legReplaced: "legReplaced"
        case .legPlaced: "legPlaced"
        case .legSpoke: "legSpoke"
        case .legEnded: "legEnded"
        case .queueEntered: "queueEntered"
        case .voicemailLeft: "voicemailLeft"
        case .callBackPromised: "callBackPromised"
        case .callBackTried: "callBackTried"
        case .transferEnded: "transferEnded"
        case .telemetry: "telemetry"
        case .failure: "failure"
        case .mediaQuality: "mediaQuality"
        case .callEnded: "callEnded"
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .callStarted(let body): try body.encode(to: encoder)
        case .callAnswered(let body): try body.encode(to: encoder)
        case .topicStarted(let body): try body.encode(to: encoder)
        case .topicEnded(let body): try body.encode(to: encoder)
        case .actionStarted(let body): try body.encode(to: encoder)
        case .branchTaken(let body): try body.encode(to: encoder)
        case .promptStarted(let body): try body.encode(to: encoder)
        case .promptEnded(let body): try body.encode(to: encoder)
        case .digit(let body): try body.encode(to: encoder)
        case .speechStarted(let body): try body.encode(to: encoder)
        case .speechEnded(let body): try body.encode(to: encoder)
        case .bargeIn(let body): try body.encode(to: encoder)
        case .recognized(let body): try body.encode(to: encoder)
        case .timerExpired(let body): try body.encode(to: encoder)
        case .input(let body): try body.encode(to: encoder)
        case .holdStarted(let body): try body.encode(to: encoder)
        case .holdEnded(let body): try body.encode(to: encoder)
        case .variableSet(let body): try body.encode(to: encoder)
        case .httpRequested(let body): try body.encode(to: encoder)
        case .httpAnswered(let body): try body.encode(to: encoder)
        case .answerRequested(let body): try body.encode(to: encoder)
        case .answerGiven(let body): try body.encode(to: encoder)
        case .callerLookedUp(let body): try body.encode(to: encoder)
        case .transferRequested(let body): try body.encode(to: encoder)
        case .legDialled(let body): try body.encode(to: encoder)
        case .legRinging(let body): try body.encode(to: encoder)
        case .legAnswered(let body): try body.encode(to: encoder)
        case .legReplaced(let body): try body.encode(to: encoder)
        case .legPlaced(let body): try body.encode(to: encoder)
        case .legSpoke(let body): try body.encode(to: encoder)
        case .legEnded(let body): try body.encode(to: encoder)
        case .queueEntered(let body): try body.encode(to: encoder)
        case .voicemailLeft(let body): try body.encode(to: encoder)
        case .callBackPromised(let body): try body.encode(to: encoder)
        case .callBackTried(let body): try body.encode(to: encoder)
        case .transferEnded(let body): try body.encode(to: encoder)
        case .telemetry(let body): try body.encode(to: encoder)
        case .failure(let body): try body.encode(to: encoder)
        case .mediaQuality(let body): try body.encode(to: encoder)
        case .callEnded(let body): try body.encode(to: encoder)
        }
    }

    init?(name: String, from decoder: any Decoder) throws {
        switch name {
        case "callStarted": self = .callStarted(try CallStarted(from: decoder))
        case "callAnswered": self = .callAnswered(try CallAnswered(from: decoder))
        case "topicStarted": self = .topicStarted(try TopicStarted(from: decoder))
        case "topicEnded": self = .topicEnded(try TopicEnded(from: decoder))
        case "actionStarted": self = .actionStarted(try ActionStarted(from: decoder))
        case "branchTaken": self = .branchTaken(try BranchTaken(from: decoder))
        case "promptStarted": self = .promptStarted(try PromptStarted(from: decoder))
        case "promptEnded": self = .promptEnded(try PromptEnded(from: decoder))
        case "digit": self = .digit(try DigitHeard(from: decoder))
        case "speechStarted": self = .speechStarted(try SpeechStarted(from: decoder))
        case "speechEnded": self = .speechEnded(try SpeechEnded(from: decoder))
        case "bargeIn": self = .bargeIn(try BargeIn(from: decoder))
        case "recognized": self = .recognized(try Recognized(from: decoder))
        case "timerExpired": self = .timerExpired(try TimerExpired(from: decoder))
        case "input": self = .input(try InputTaken(from: decoder))
        case "holdStarted": self = .holdStarted(try HoldStarted(from: decoder))
        case "holdEnded": self = .holdEnded(try HoldEnded(from: decoder))
        case "variableSet": self = .variableSet(try VariableSet(from: decoder))
        case "httpRequested": self = .httpRequested(try HTTPRequested(from: decoder))
        case "httpAnswered": self = .httpAnswered(try HTTPAnswered(from: decoder))
        case "answerRequested": self = .answerRequested(try AnswerRequested(from: decoder))
        case "answerGiven": self = .answerGiven(try AnswerGiven(from: decoder))
        case "callerLookedUp": self = .callerLookedUp(try CallerLookedUp(from: decoder))
        case "transferRequested": self = .transferRequested(try TransferRequested(from: decoder))
        case "legDialled": self = .legDialled(try LegDialled(from: decoder))
        case "legRinging": self = .legRinging(try LegRinging(from: decoder))
        case "legAnswered": self = .legAnswered(try LegAnswered(from: decoder))
        case "legReplaced": self = .legReplaced(try LegReplaced(from: decoder))
        case "legPlaced": self = .legPlaced(try LegPlaced(from: decoder))
        case "legSpoke": self = .legSpoke(try LegSpoke(from: decoder))
        case "legEnded": self = .legEnded(try LegEnded(from: decoder))
        case "queueEntered": self = .queueEntered(try QueueEntered(from: decoder))
        case "voicemailLeft": self = .voicemailLeft(try VoicemailLeft(from: decoder))
        case "callBackPromised": self = .callBackPromised(try CallBackPromised(from: decoder))
        case "callBackTried": self = .callBackTried(try CallBackTried(from: decoder))
        case "transferEnded": self = .transferEnded(try TransferEnded(from: decoder))
        case "telemetry": self = .telemetry(try Telemetry(from: decoder))
        case "failure": self = .failure(try Failure(from: decoder))
        case "mediaQuality": self = .mediaQuality(try MediaQuality(from: decoder))
        case "callEnded": self = .callEnded(try CallEnded(from: decoder))
        default: return nil
        }
    }
}
