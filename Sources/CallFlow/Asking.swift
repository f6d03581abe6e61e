import Telephony

/// A question that is open, with everything known that formulas say of it.
struct Asking: Sendable {
    var question: Question
    var actionID: String
    var grammar: AnswerGrammar
    var times: Times
    var hold: HoldTimes?
    var keys: [Session.Key] = []
    var attempt = 1
    var silentAttempts = 0
    var failedAttempts = 0
    var listening: RequestID?
    /// Somebody speaks or has spoken and the words are awaited.
    var isHearing = false
    var deadline: SampleTime?
    var timer = DialogTimer.silence

    /// Times and counts of the question.
    struct Times: Sendable {
        var repeatCount: Int
        var repeatCountOnSilence: Int
        /// In milliseconds, as the others; 0 waits for ever.
        var silence: Int
        var recognition: Int
        var utteranceEnd: Int
        var sensitivity: Double
        var speedVersusAccuracy: Double
        var wordsetsWeight: Double
    }

    /// How long the line waits for a caller who has asked for it.
    struct HoldTimes: Sendable {
        var settings: HoldSettings
        var timeoutInMilliseconds: Int
        var repeatCount: Int
    }
}

/// A question that waits because the caller has asked for it, or because it is one that a caller has to look something
/// up for.
struct Holding: Sendable {
    var asking: Asking
    var hold: Asking.HoldTimes
    var timeouts = 0
    var listening: RequestID?
    var deadline: SampleTime?
}
