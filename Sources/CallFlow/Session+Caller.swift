import Formula
import Telephony

// Who the caller is: asked when the call begins, `Global.Caller` from the answer on.
//
// The greeting never waits for it. A formula that reads `Global.Caller` before the answer sees a blank; an action under
// the note `# parley: waits for Global.Caller — reason` begins when the answer is there, or when its limit has passed.

extension Session {
    /// A look-up that has no outcome yet.
    struct LookUp: Sendable {
        var request: RequestID
        var since: SampleTime
        /// The answer is too late then.
        var deadline: SampleTime
    }

    /// The variable that holds the answer.
    package static let callerVariable = VariablePath(scope: .global, name: "Caller")

    mutating func lookUpCaller() {
        guard let limit = call.lookUpLimit else { return }
        let request = nextRequest()
        lookUp = LookUp(request: request, since: position, deadline: position + clockRate.ticks(limit))
        emit(.lookUpCaller(request))
    }

    mutating func lookedUp(_ request: RequestID, _ reply: CallerReply) {
        guard lookUp?.request == request else { return }
        switch reply {
        case .found(let value):
            endLookUp(.found) { $0.set(Session.callerVariable, value) }
        case .unknown: endLookUp(.unknown)
        case .failed: endLookUp(.failed)
        }
    }

    mutating func lookUpIsLate() {
        guard let request = lookUp?.request else { return }
        emit(.cancel(request))
        endLookUp(.late)
    }

    /// Puts the outcome into the account, and goes on where an action waited for it.
    private mutating func endLookUp(_ outcome: CallerLookUpOutcome, _ keep: (inout Session) -> Void = { _ in }) {
        guard let lookUp else { return }
        self.lookUp = nil
        let seconds = clockRate.interval(ticks: position - lookUp.since).roundedSeconds
        fact(.callerLookedUp(CallerLookedUp(outcome: outcome, seconds: seconds)))
        keep(&self)
        if case .awaitingCaller(let action) = state { resumeKnowingCaller(action) }
    }
}
