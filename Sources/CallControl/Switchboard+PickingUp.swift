import DequeModule
import SIP
package import Telephony

// From an INVITE to its 200: at once, or after ringing or early media for as long as a trunk says.
//
//     INVITE ──> 200                                    ready
//     INVITE ──> 180 ── PRACK ──> ... ──> 200           ringing
//     INVITE ──> 183 ── PRACK, media ──> ... ──> 200    early media

/// What callers of a trunk get before the answer, and for how long.
package struct PickUp: Sendable, Equatable {
    package enum First: String, Sendable, CaseIterable {
        /// The answer.
        case answer
        /// They hear that it rings (180).
        case ringing
        /// They hear the dialog already, and it hears them: a 183 with a session description.
        case earlyMedia = "early-media"
    }

    package var first = First.answer
    /// From the INVITE to the answer.
    package var answersAfter = Interval.seconds(2)

    package init() {}
}

extension Signalling {
    /// Calls that are to be answered, the next first: trunks wait for different times.
    struct PickUps {
        private var waiting: Deque<(at: Instant, call: SIPCallHandle)> = []

        var next: Instant? { waiting.first?.at }

        mutating func add(_ call: SIPCallHandle, at time: Instant) {
            var index = waiting.count
            while index > 0, waiting[index - 1].at > time { index -= 1 }
            waiting.insert((time, call), at: index)
        }

        /// The call whose time has come; one that has ended since is among them.
        mutating func take(at now: Instant) -> SIPCallHandle? {
            guard let first = waiting.first, first.at <= now else { return nil }
            waiting.removeFirst()
            return first.call
        }
    }
}

extension Switchboard {
    /// Does with a call that came what its trunk does first.
    mutating func greet(_ handle: SIPCallHandle, at now: Instant) {
        guard let line = signalling?.lines[handle] else { return }
        let rule = line.trunk.pickUp
        switch rule.first {
        case .answer: return pickUp(handle, at: now)
        case .ringing: signalling?.userAgent.ring(handle, at: now)
        case .earlyMedia:
            guard let local = signalling?.localMedia(of: line, handle) else { return }
            let media = signalling?.userAgent.progress(handle, local: local, at: now)
            // An offer that cannot be answered is refused at once.
            if media == nil, !line.incoming.isLateOffer { return pickUp(handle, at: now) }
            if let media { beginIfKnown(handle, media, at: now) }
        }
        signalling?.pickUps.add(handle, at: now + rule.answersAfter)
    }

    /// Answers the calls whose time has come.
    mutating func pickUp(at now: Instant) {
        while let handle = signalling?.pickUps.take(at: now) { pickUp(handle, at: now) }
    }

    private mutating func pickUp(_ handle: SIPCallHandle, at now: Instant) {
        guard let line = signalling?.lines[handle], let local = signalling?.localMedia(of: line, handle)
        else { return }
        let headers = line.trunk.headersOut.map {
            ($0.name, String($0.value.replacing("{call}", with: line.call.rawValue)))
        }
        guard let answered = try? signalling?.userAgent.answer(handle, local: local, headers: headers, at: now)
        else { return }
        beginIfKnown(handle, answered, at: now)
    }

    /// Media goes to strangers only once they have shown, by the ACK, that they are where they say.
    mutating func beginIfKnown(_ handle: SIPCallHandle, _ media: NegotiatedMedia, at now: Instant) {
        guard let line = signalling?.lines[handle], line.isWaiting, let remote = media.remote,
            line.trunk.media.contains(where: { $0.contains(remote) })
        else { return }
        begin(handle, media, at: now)
    }
}

extension Signalling {
    /// Where a call's media is to come.
    fileprivate func localMedia(of line: Line, _ handle: SIPCallHandle) -> LocalMedia {
        LocalMedia(address: mediaHost(of: handle, line.incoming, line.trunk), port: line.ports.number)
    }

    /// The address for media that a caller is told: of the family that its offer has, else of the one that it called over.
    func mediaHost(of handle: SIPCallHandle, _ incoming: IncomingCall, _ trunk: Trunk) -> Host {
        let family = userAgent.offeredFamily(of: handle) ?? incoming.hop.address.family
        return trunk.mediaHost(for: family) ?? configuration.mediaHost
    }
}
