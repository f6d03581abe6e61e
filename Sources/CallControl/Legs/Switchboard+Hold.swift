import SIP
import Telephony

// Hold by re-INVITE, where a trunk's far end wants to be told (RFC 3264 section 8.4): it then knows that nobody listens,
// and sends nothing; the music goes on as media either way.
//
//     leg placed on hold ──> is the trunk's far end told? ──> a=sendonly ──> resumed ──> a=sendrecv

extension Signalling {
    /// A leg went on hold, or came back from it.
    mutating func hold(_ leg: LegID, of call: CallID, isHeld: Bool, at now: Instant) {
        guard let handle = handle(of: call, leg) else { return }
        let rules = lines[handle]?.trunk.transfers ?? dialled[handle]?.trunk.transfers
        guard rules?.hold == .reinvite else { return }
        holds[handle] = isHeld
        offerHold(to: handle, at: now)
    }

    /// Offers what waits: while another offer is open, or an answer of Parley's is not acknowledged, none may go out
    /// (RFC 3261 section 14.1).
    private mutating func offerHold(to handle: SIPCallHandle, at now: Instant) {
        guard let isHeld = holds[handle] else { return }
        let direction: MediaDirection = isHeld ? .sendOnly : .sendAndReceive
        if userAgent.reoffer(handle, direction: direction, at: now) { holds[handle] = nil }
    }

    /// Looks whether an event lets an offer go out that waited.
    mutating func resumeOffers(after event: UserAgentEvent, at now: Instant) {
        guard !holds.isEmpty else { return }
        switch event {
        case .mediaChanged(let handle, _), .reofferRefused(let handle, _), .established(let handle, _):
            offerHold(to: handle, at: now)
        case .ended(let handle, _): holds[handle] = nil
        default: break
        }
    }
}
