import Telephony

/// Which way media goes through a call as it came, because two parties are alone with each other.
struct PassingOn {
    /// The leg with which the caller is alone.
    fileprivate(set) var partner: LegID?
    /// What the caller says could have been all that the leg hears in this tick, and the other way round.
    fileprivate var mayReachLeg = false
    fileprivate var mayReachCaller = false
    /// It was so in the tick before too: what was sent then can be passed on now.
    fileprivate(set) var reachesLeg = false
    fileprivate(set) var reachesCaller = false

    /// It goes both ways.
    @inline(__always) var isMutual: Bool { reachesLeg && reachesCaller }
}

extension Call {
    /// Decides who hears the other's packets as they come: the two who are alone with each other, speak the same codec in
    /// packets of the same length and hear nothing else. A third party, a prompt, music, a key that Parley presses, a mute, a
    /// hold, a secret that is asked for: each has the frames mixed and encoded again.
    private mutating func choosePassing() {
        let before = passing
        passing = PassingOn()
        if joined.count == 1, joined[0].isConnected, !takesSecret, caller.agrees(with: joined[0].media) {
            let leg = joined[0]
            passing.partner = leg.id
            passing.mayReachLeg =
                callerPlace.isHeard(by: leg.id, who: leg.participation) && leg.hearsOthersAlone
            passing.mayReachCaller =
                leg.isHeard(by: .caller, callerPlace) && player.isIdle && !callerBackground.isPlaying
                && callerPresser == nil
            if before.partner == leg.id {
                passing.reachesLeg = passing.mayReachLeg && before.mayReachLeg
                passing.reachesCaller = passing.mayReachCaller && before.mayReachCaller
            }
        }
        caller.keepPlayed(passing.mayReachLeg)
        for leg in joined { leg.leg?.keepPlayed(passing.mayReachCaller) }
    }

    /// Both parties have sent what the other can be given in this tick, so that nothing need be mixed.
    private mutating func hasAllToPass() -> Bool {
        caller.hasAllToPass() && joined.first?.leg?.hasAllToPass() == true
    }

    /// Decides anew who hears the other's packets as they come.
    ///
    /// - Returns: whether each hears nothing but these, so that nothing need be mixed.
    mutating func passesAll() -> Bool {
        let wasMutual = passing.isMutual
        choosePassing()
        guard wasMutual, passing.isMutual, recorder == nil, hasAllToPass() else { return false }
        for leg in joined { leg.leg?.sayNothing() }
        return true
    }

    /// Sends every party what it is told.
    mutating func sendToAll(into datagrams: inout DatagramQueue, at now: Instant) {
        guard !joined.isEmpty else { return sendToCaller(into: &datagrams, at: now) }
        if passing.reachesLeg, joined.count == 1 {
            joined[0].leg?.send(passing: caller.played, into: &datagrams, at: now)
        } else {
            for leg in joined { leg.send(into: &datagrams, at: now) }
        }
        if passing.reachesCaller, joined.count == 1, let payloads = joined[0].leg?.takePlayed() {
            caller.send(passing: payloads, into: &datagrams, at: now)
        } else {
            sendToCaller(into: &datagrams, at: now)
        }
    }
}
