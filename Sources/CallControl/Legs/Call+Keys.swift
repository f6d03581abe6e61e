import FrontEnd
import Telephony

// Keys between parties: signalled keys are no part of the audio, so who hears a party is given its keys as well.

extension Call {
    /// Gives a key that a party pressed to those who hear that party. A key in the audio is heard by them as it is.
    mutating func relay(_ event: DigitEvent, of party: LegID) {
        guard handover?.isBridged == true, !takesSecret, event.source != .inBand else { return }
        for other in joined where other.id != party && other.isConnected && isHeard(party, by: other) {
            other.press(event.digit)
        }
        guard party != .caller, let index = index(of: party), joined[index].isHeard(by: .caller, callerPlace) else {
            return
        }
        if callerPresser == nil {
            callerPresser = KeyPresser(relaying: event.digit)
        } else {
            callerPresser?.relay(event.digit)
        }
    }

    private func isHeard(_ party: LegID, by other: JoinedLeg) -> Bool {
        if party == .caller { return callerPlace.isHeard(by: other.id, who: other.participation) }
        return index(of: party).map { joined[$0].isHeard(by: other.id, other.participation) } ?? false
    }

    /// Sends the caller a key that is being pressed, or the frame.
    mutating func sendToCaller(into datagrams: inout DatagramQueue, at now: Instant) {
        guard var keys = callerPresser else { return caller.send(into: &datagrams, at: now) }
        caller.send(&keys, into: &datagrams, at: now)
        callerPresser = keys.isDone ? nil : keys
    }
}
