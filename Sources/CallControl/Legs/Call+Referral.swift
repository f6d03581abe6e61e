import CallFlow
import SIP
import Telephony

// REFER out: the caller's own trunk takes the caller to somebody else, so that Parley need not stay between the two.

extension Call {
    /// A REFER whose NOTIFY never comes has failed after so long.
    private static let referralLimit = Interval.seconds(32)

    /// The caller's trunk takes callers to numbers, and nothing is wanted of the new call that only a bridge can do.
    func canRefer(_ plan: DialPlan) -> Bool {
        admission.referral != .off && plan.role == .outsideNumber && plan.reference == nil && plan.contact == nil
            && plan.whisper == nil && plan.dtmfSequence.isEmpty
    }

    /// Asks for a blind transfer; the plan is dialled when nothing comes of it.
    mutating func refer(to plan: DialPlan, at now: Instant) {
        var referral = Referral(target: plan.target)
        referral.userToUser = plan.userToUser
        referral.headers = plan.headers
        handover?.insteadOfReferral = plan
        refer(referral, at: now)
    }

    mutating func refer(_ referral: Referral, at now: Instant) {
        handover?.referralEnds = now + Call.referralLimit
        outputs.append(.leg(id, .refer(.caller, referral)))
    }

    /// Asks for an attended transfer to somebody who has been spoken with. The two are together already: it only takes
    /// Parley out from between them, and when nothing comes of it they stay as they are.
    mutating func refer(toParty leg: LegID, at now: Instant) {
        guard admission.referral == .attended, let index = index(of: leg), joined[index].isConnected else { return }
        var referral = Referral(target: joined[index].plan.target)
        referral.replaces = leg
        refer(referral, at: now)
    }

    mutating func referProgressed(_ status: Int, isFinal: Bool, at now: Instant) {
        guard let current = handover, current.referralEnds != nil, isFinal || status >= 200 else { return }
        handover?.referralEnds = nil
        guard (200..<300).contains(status) else { return referralFailed(status, at: now) }
        guard current.isBridged else { return finishHandover(.completed) }
        handover = nil
        tell(.transferEnded(.completed), at: caller.position)
        drainSession()
        end(by: .parley, .transferred)
    }

    mutating func expireReferral(at now: Instant) {
        guard let end = handover?.referralEnds, end <= now else { return }
        handover?.referralEnds = nil
        referralFailed(0, at: now)
    }

    /// - Parameter status: of the REFER, or of the call that it asked for; 0 when nothing is known.
    private mutating func referralFailed(_ status: Int, at now: Instant) {
        guard handover?.isBridged == false else { return }
        let outcome = status == 0 ? .failed : StatusCode.outcome(status)
        // Who is busy, or does not answer, would not answer Parley either.
        guard outcome != .busy, outcome != .noAnswer, let plan = handover?.insteadOfReferral else {
            return retry(outcome)
        }
        handover?.insteadOfReferral = nil
        let leg = dial(plan, ringsFor: .caller, at: now)
        handover?.leg = leg
    }
}
