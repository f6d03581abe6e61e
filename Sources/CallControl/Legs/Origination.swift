package import CallFlow
package import Telephony

/// A call that Parley places to a caller who was promised to be called back. It has no leg that came in: its caller is
/// dialled, and once he answers he is handed over without a dialog.
package struct Origination: Sendable {
    /// The new call's name.
    package var call: CallID
    /// The caller's number, and what the caller called then.
    package var from: String
    package var to: String
    /// On the wall, when it is placed.
    package var startedAt: WallTime
    package var timeZone = "UTC"
    /// Whose voice speaks, and whose prompts are played.
    package var agent: Agent
    /// How the caller is called; `nil` where that is not to be: then only the account says so.
    package var plan: DialPlan?
    package var entropy: CallEntropy
    package var recordsAudio = false
    package var recordsLegs = false
    package var callBack: CallBackCall

    package init(
        call: CallID, from: String, to: String, startedAt: WallTime, agent: Agent, plan: DialPlan?,
        entropy: CallEntropy, callBack: CallBackCall
    ) {
        self.call = call
        self.from = from
        self.to = to
        self.startedAt = startedAt
        self.agent = agent
        self.plan = plan
        self.entropy = entropy
        self.callBack = callBack
    }

    /// What the call begins with once the caller has answered.
    ///
    /// - Parameter wait: for how long the caller has been called.
    func admission(_ caller: MediaDescription, phase: Int, after wait: Interval) -> Admission {
        var admission = Admission(
            call: call, from: from, to: to, startedAt: startedAt, timeZone: timeZone, agent: agent,
            caller: caller, tickPhase: phase, entropy: entropy, recordsAudio: recordsAudio)
        admission.recordsLegs = recordsLegs
        admission.ringing = wait
        admission.callBack = callBack
        return admission
    }

    /// The account of an attempt that did not reach the caller.
    func account(_ result: CallBackResult, _ rule: OutboundRefusal? = nil) -> [CallEventBody] {
        [
            .callStarted(CallStarted(from: from, to: to, agent: agent.name, codec: "", startedAt: startedAt)),
            .callBackTried(callBack.tried(result, rule)),
            .callEnded(CallEnded(by: .parley, cause: .normalClearing, outcome: .failed, duration: 0)),
        ]
    }
}

/// What a call that calls a caller back is about.
package struct CallBackCall: Sendable {
    /// The call in which it was promised.
    package var promisedIn: CallID
    package var queue: String
    /// From 1.
    package var attempt: Int
    package var attemptsLeft: Int
    /// What was asked for then.
    package var transfer: TransferRequest
    /// Said to the caller who answers.
    package var greeting: PromptSource?
    /// Said when it comes to nothing all the same.
    package var apology: PromptSource?

    package init(promisedIn: CallID, queue: String, attempt: Int, attemptsLeft: Int, transfer: TransferRequest) {
        self.promisedIn = promisedIn
        self.queue = queue
        self.attempt = attempt
        self.attemptsLeft = attemptsLeft
        self.transfer = transfer
    }

    func tried(_ result: CallBackResult, _ rule: OutboundRefusal? = nil) -> CallBackTried {
        // Who may not be called now may not be called later, unless only too many calls are up at once.
        let isOver = result == .expired || result == .notAllowed && rule?.isMomentary != true
        return CallBackTried(
            promisedIn: promisedIn, queue: queue, attempt: attempt, attemptsLeft: isOver ? 0 : attemptsLeft,
            outcome: result, rule: rule)
    }
}

/// The caller who waits may be called back instead.
package struct CallBackOffer: Sendable {
    package var prompt: PromptSource?
    /// The key that says yes.
    package var key: Digit

    package init(_ prompt: PromptSource?, key: Digit) {
        self.prompt = prompt
        self.key = key
    }
}

/// The caller will be called back.
package struct CallBackPromise: Sendable {
    package var queue: String
    package var number: String
    /// Said before Parley hangs up; `nil` where the dialog says what there is to say.
    package var farewell: PromptSource?

    package init(queue: String, number: String, farewell: PromptSource? = nil) {
        self.queue = queue
        self.number = number
        self.farewell = farewell
    }
}
