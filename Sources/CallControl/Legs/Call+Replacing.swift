import DSP
import SIP
import Telephony

// Parties whose place another takes of its own accord (RFC 3891): picked up elsewhere, or transferred by a phone.

extension Call {
    /// The caller is reached over other media from now on; the conversation and the dialog go on.
    ///
    /// - Parameters:
    ///   - party: the address of who is there now.
    ///   - leg: as whom that one was known before.
    /// - Returns: whether the media can be taken: its rate is that of what it takes the place of.
    mutating func replaceCaller(
        with media: MediaDescription, by party: String, as leg: LegID = .caller, at now: Instant
    ) -> Bool {
        let before = callerMedia
        guard caller.renegotiate(media, at: now) else { return false }
        callerMedia = media
        outputs.append(.opened(media.port))
        if media.rtcpPort != media.port { outputs.append(.opened(media.rtcpPort)) }
        outputs.append(.closed(before.port))
        if before.rtcpPort != before.port { outputs.append(.closed(before.rtcpPort)) }
        record(.legReplaced(LegReplaced(leg: .caller, by: leg, party: .open(party))))
        return true
    }

    /// A new leg takes the place of another, which is let go: what is asked of the one, and who waits for it, holds for the
    /// other.
    ///
    /// - Returns: the new leg; `nil` when there is no such leg or the media cannot be had, and everything is as it was.
    mutating func replace(
        _ old: LegID, with media: MediaDescription, by party: String, configuration: SwitchboardConfiguration,
        at now: Instant
    ) -> LegID? {
        guard let known = index(of: old) else { return nil }
        let former = joined[known]
        let leg = LegID(lastLeg + 1)
        var plan = former.plan
        plan.target = party
        plan.reference = nil
        plan.contact = nil
        plan.participation = former.participation
        let successor = JoinedLeg(leg, plan, ringsFor: former.ringsFor, at: now)
        joined.append(successor)
        guard open(joined.count - 1, media, configuration: configuration, at: now) else {
            joined.removeLast()
            return nil
        }
        lastLeg += 1
        record(.legDialled(LegDialled(leg: leg, role: plan.role, target: .open(party))))
        record(.legReplaced(LegReplaced(leg: old, by: leg, party: .open(party))))
        rename(old, leg)
        if former.isConnected {
            record(.legAnswered(LegAnswered(leg: leg, codec: media.codec.name)))
            successor.state = .connected
            place(leg, former.participation)
        } else {
            answered(joined.count - 1, at: now)
        }
        release(old, at: now)
        return leg
    }

    /// Whatever was meant for one leg is meant for another.
    private mutating func rename(_ old: LegID, _ new: LegID) {
        handover?.rename(old, new)
        for leg in joined {
            if leg.ringsFor == old { leg.ringsFor = new }
            if leg.participation.whispersTo == old { leg.participation.whispersTo = new }
        }
    }
}

extension Handover {
    /// A method of its own: the same changes one by one, each through the call, take the compiler minutes.
    fileprivate mutating func rename(_ old: LegID, _ new: LegID) {
        if leg == old { leg = new }
        if consulted == old { consulted = new }
        if let index = swarm.firstIndex(of: old) { swarm[index] = new }
        if referrer?.leg == old { referrer?.leg = new }
        if referrer?.party == old { referrer = nil }
    }
}
