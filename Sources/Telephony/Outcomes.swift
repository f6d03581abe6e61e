/// Why a prompt's audio ended.
public enum PromptEndReason: String, Sendable, Codable, CaseIterable {
    /// It was played to its end.
    case completed
    /// The caller interrupted it.
    case bargeIn
    /// The dialog went on without it.
    case stopped
    /// The call ended.
    case callEnded
}

/// What interrupted a prompt.
public enum BargeInCause: String, Sendable, Codable, CaseIterable {
    case digit
    case speech
}

/// The timers of the dialog, all of which run on media time.
public enum DialogTimer: String, Sendable, Codable, CaseIterable {
    /// No first key in time after the prompt.
    case firstDigit
    /// No further key in time.
    case interDigit
    /// No terminator after a string that is otherwise complete.
    case termination
    /// Neither key nor speech in time.
    case silence
    /// The recogniser gave no result in time.
    case recognition
    /// The recogniser heard somebody speak for too long.
    case utterance
    /// An answer from the outside is late: the latency message is due.
    case latency
    /// A caller who asked for time has had enough of it.
    case hold
    /// The caller has done nothing for as long as a topic waits for.
    case inactivity
}

/// What the caller did at a question.
public enum InputKind: String, Sendable, Codable, CaseIterable {
    case digits
    case speech
    /// Nothing in time.
    case none
}

/// What a question made of what the caller did.
public enum InputResult: String, Sendable, Codable, CaseIterable {
    /// The entity was recognised and is valid.
    case accepted
    /// Not a value of the entity.
    case noMatch
    /// A value, but the question's validation refused it.
    case invalid
    case noInput
    /// Taken by another topic while the question was open.
    case interrupted
}

/// Why a wait that the caller asked for ended.
public enum HoldEndReason: String, Sendable, Codable, CaseIterable {
    /// The caller said that it can go on.
    case resumed
    /// The caller gave the answer.
    case answered
    case timeout
}

/// The kind of a hand-over.
public enum TransferKind: String, Sendable, Codable, CaseIterable {
    case agent
    case phoneNumber
    /// One or more of those who are asked for advice.
    case expert
    /// The caller leaves a message.
    case voicemail
    /// The caller hangs up, keeps the place in a queue and is called back.
    case callBack
}

/// How a hand-over ended.
public enum TransferOutcome: String, Sendable, Codable, CaseIterable {
    /// The caller is with the target.
    case completed
    case busy
    case noAnswer
    case refused
    case failed
    /// The caller hung up before it was done.
    case callerGone
    /// The caller left a message.
    case voicemail
    /// The caller has been promised to be called back.
    case callBack
}

/// Who did something.
public enum Party: String, Sendable, Codable, CaseIterable {
    case caller
    case parley
    /// The person to whom the caller was handed over.
    case agent
}

/// Why a call ended, after Q.850 (ITU-T Q.850 clause 2.2.7) as far as it has a number for it.
public enum HangupCause: String, Sendable, Codable, CaseIterable {
    /// Q.850 cause 16.
    case normalClearing
    /// The dialog failed. Q.850 cause 41.
    case temporaryFailure
    /// No media came for too long. Q.850 cause 102.
    case mediaTimeout
    /// A limit of the service was reached. Q.850 cause 42.
    case limitReached
    /// The caller was handed over by the network and this call cleared. Q.850 cause 16.
    case transferred

    /// The cause value of ITU-T Q.850.
    public var q850: Int {
        switch self {
        case .normalClearing, .transferred: 16
        case .temporaryFailure: 41
        case .limitReached: 42
        case .mediaTimeout: 102
        }
    }
}

/// What became of the caller's concern, in the words of the dialog language's `conversationOutcome` and what a call
/// adds to it.
public enum CallOutcome: String, Sendable, Codable, CaseIterable {
    /// The caller said that it was solved.
    case resolvedConfirmed
    /// The dialog came to its end.
    case resolvedImplied
    /// Handed over to a person or another number.
    case escalated
    /// The caller hung up before the dialog came to an end.
    case abandoned
    /// The dialog or the service failed.
    case failed
}

/// What became of the look-up of a caller.
public enum CallerLookUpOutcome: String, Sendable, Codable, CaseIterable {
    /// `Global.Caller` holds the answer from now on.
    case found
    /// Nobody of that number or key is known.
    case unknown
    case failed
    /// No answer within the limit: it is not waited for any more.
    case late
}
