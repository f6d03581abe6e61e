import CallFlow
import DSP
import SIP
import Telephony

/// The caller has referred to somebody who is to come in the caller's place (RFC 3515).
struct CallerReferral {
    let id: UInt32
    /// The leg that is dialled for it.
    var leg: LegID
    /// The caller has hung up meanwhile, as phones do that transfer blindly.
    var isCallerGone = false
}

// A caller transfers: whoever speaks with the caller, the dialog or an agent, goes on with somebody else.
//
//     REFER ──> dial ──> answered: that one is the caller from now on, and the former one is let go
//                 └────> busy, no answer, refused: told by NOTIFY; the caller stays, or the call ends if gone

extension Call {
    /// As long as most let it ring, and no longer than media may fail to come from a caller who is gone.
    private static let referredRingTimeout = Interval.seconds(25)

    /// Calls somebody who is to take the caller's place.
    mutating func callerRefers(id: UInt32, to target: String, _ wishes: ReferredCall, at now: Instant) {
        guard callerReferral == nil, handover?.referralEnds == nil else {
            return outputs.append(.leg(self.id, .referProgress(.caller, id: id, status: 603)))
        }
        var plan = DialPlan(.outsideNumber, target: target)
        plan.referred = wishes
        plan.ringTimeout = Call.referredRingTimeout
        let leg = dial(plan, at: now)
        callerReferral = CallerReferral(id: id, leg: leg)
    }

    /// The caller has hung up.
    ///
    /// - Returns: whether the call waits for another to come in the caller's place.
    mutating func callerLeft() -> Bool {
        guard callerReferral != nil else { return false }
        callerReferral?.isCallerGone = true
        // Nobody hears it any more, and nothing is to come.
        var silent = callerMedia
        silent.sends = false
        _ = caller.renegotiate(silent, at: caller.lastReception)
        if let agent = handover?.leg, handover?.isBridged == true { ring(for: agent, .tone) }
        return true
    }

    /// The one who was dialled has answered, and is the caller from now on.
    ///
    /// - Returns: the REFER, to be reported on before anything else; `nil` when the media cannot be taken, and that one is
    ///   let go.
    mutating func comeInCallersPlace(_ media: MediaDescription, at now: Instant) -> UInt32? {
        guard let referral = callerReferral, let index = index(of: referral.leg) else { return nil }
        let target = joined[index].plan.target
        guard replaceCaller(with: media, by: target, as: referral.leg, at: now) else {
            give(up: referral.leg, .failed, cause: 65, at: now)
            return nil
        }
        callerReferral = nil
        record(.legAnswered(LegAnswered(leg: referral.leg, codec: media.codec.name)))
        record(.legEnded(LegEnded(leg: referral.leg, reason: .released, cause: 16)))
        joined.remove(at: index)
        mixer.fit(joined, callerRate: caller.sampleRate)
        if let agent = handover?.leg, handover?.isBridged == true { stopRinging(for: agent) }
        return referral.id
    }

    /// The one who was dialled does not come: the caller stays, or everybody is alone.
    ///
    /// - Returns: whether it was that one.
    mutating func callersSuccessorLost(_ leg: LegID) -> Bool {
        guard let referral = callerReferral, referral.leg == leg else { return false }
        callerReferral = nil
        if referral.isCallerGone {
            tell(.callerHungUp, at: caller.position)
            drainSession()
            end(by: .caller, .normalClearing)
        }
        return true
    }
}
