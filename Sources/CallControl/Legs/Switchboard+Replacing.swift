import BasicContainers
import RTP
import Routing
import SIP
import Telephony

// An INVITE that takes the place of a call of Parley's (RFC 3891).
//
//     INVITE with Replaces ──> ports ──> 200 ──> ACK ──> the leg changes over ──> BYE to the old one

extension Signalling {
    /// An INVITE that was answered and takes the place of another call once that is acknowledged.
    struct Replacement {
        var old: SIPCallHandle
        var line: Line
        /// The other call is over by now: it is told of only if this one comes to nothing.
        var ending: CallEnding?
    }

    /// The call that a SIP call belongs to.
    fileprivate func call(of handle: SIPCallHandle) -> CallID? { lines[handle]?.call ?? dialled[handle]?.call }
}

extension Switchboard {
    /// Answers an INVITE that is to take the place of a call.
    mutating func beginReplacing(
        _ old: SIPCallHandle, with handle: SIPCallHandle, _ incoming: IncomingCall, at now: Instant
    ) {
        guard let trunk = signalling?.configuration.trunks.first(where: { $0.name == incoming.peer }),
            let call = signalling?.call(of: old), serials[call] != nil
        else {
            signalling?.userAgent.reject(handle, status: 481, at: now)
            return
        }
        guard signalling?.replacements.values.contains(where: { $0.old == old }) == false else {
            signalling?.userAgent.reject(handle, status: 486, at: now)
            return
        }
        guard let ports = signalling?.takePorts(trunk.mediaPlace, at: now),
            let host = signalling?.mediaHost(of: handle, incoming, trunk)
        else {
            signalling?.userAgent.reject(handle, status: 503, retryAfter: 5, at: now)
            return
        }
        signalling?.replacements[handle] = Signalling.Replacement(
            old: old, line: Signalling.Line(call: call, trunk: trunk, ports: ports, incoming: incoming))
        outputs.append(.line(call, sipCallID: incoming.request.callID ?? ""))
        // A refusal comes back as the end of the new call.
        let isCaller = signalling?.lines[old] != nil || signalling?.dialled[old]?.leg == .caller
        let kept = isCaller ? old : nil
        _ = try? signalling?.userAgent.answer(
            handle, local: LocalMedia(address: host, port: ports.number), keepingRateOf: kept, at: now)
    }

    /// Takes what the user agent tells of calls that take another's place, and of those whose place is taken.
    ///
    /// - Returns: whether it was about such a one.
    mutating func takeOfReplacement(_ event: UserAgentEvent, at now: Instant) -> Bool {
        guard signalling?.replacements.isEmpty == false else { return false }
        switch event {
        case .established(let handle, let media):
            guard let replacement = signalling?.replacements[handle] else { return false }
            replace(replacement, with: handle, media, at: now)
            return true
        case .ended(let handle, let ending):
            if let replacement = signalling?.replacements.removeValue(forKey: handle) {
                abandon(replacement, at: now)
                return true
            }
            // The one that is replaced need not wait for it: its caller is not lost for that.
            guard let new = signalling?.replacements.first(where: { $0.value.old == handle })?.key else { return false }
            signalling?.replacements[new]?.ending = ending
            return true
        case .dialogChanged(let handle, let record):
            guard let replacement = signalling?.replacements[handle] else { return false }
            outputs.append(.dialog(replacement.line.call, record))
            return true
        case .mediaChanged(let handle, _), .digit(let handle, _, _), .info(let handle, _):
            return signalling?.replacements[handle] != nil
        default: return false
        }
    }

    private mutating func replace(
        _ replacement: Signalling.Replacement, with handle: SIPCallHandle, _ media: NegotiatedMedia, at now: Instant
    ) {
        let line = replacement.line
        guard let place = serials[line.call].flatMap({ places[$0] }),
            let description = signalling?.description(media, line.ports, line.trunk)
        else {
            signalling?.userAgent.hangUp(handle, cause: 65, at: now)
            return
        }
        let isDone =
            if signalling?.lines[replacement.old] != nil {
                replaceCaller(replacement, with: handle, description, of: place, at: now)
            } else if signalling?.dialled[replacement.old]?.leg == .caller {
                replaceDialledCaller(replacement, with: handle, description, of: place, at: now)
            } else {
                replaceLeg(replacement, with: handle, description, of: place, at: now)
            }
        guard isDone else {
            signalling?.userAgent.hangUp(handle, cause: 88, at: now)
            return
        }
        signalling?.replacements[handle] = nil
        collect(place, at: now)
    }

    private mutating func replaceCaller(
        _ replacement: Signalling.Replacement, with handle: SIPCallHandle, _ media: MediaDescription,
        of place: CallPlace, at now: Instant
    ) -> Bool {
        var line = replacement.line
        guard changeCaller(to: media, by: line.incoming.address, of: place, at: now),
            let old = signalling?.lines.removeValue(forKey: replacement.old)
        else { return false }
        line.isWaiting = false
        signalling?.lines[handle] = line
        signalling?.handles[line.call] = handle
        signalling?.ports[old.ports.place].giveBack(old.ports, at: now)
        if replacement.ending == nil { signalling?.userAgent.hangUp(replacement.old, at: now) }
        return true
    }

    /// A caller whom Parley has called back is one whose SIP call it placed.
    private mutating func replaceDialledCaller(
        _ replacement: Signalling.Replacement, with handle: SIPCallHandle, _ media: MediaDescription,
        of place: CallPlace, at now: Instant
    ) -> Bool {
        let line = replacement.line
        guard changeCaller(to: media, by: line.incoming.address, of: place, at: now),
            let old = signalling?.dialled.removeValue(forKey: replacement.old)
        else { return false }
        signalling?.dialled[handle] = Signalling.Dialled(
            call: line.call, leg: .caller, trunk: line.trunk, ports: line.ports, permit: nil)
        signalling?.handles[line.call] = handle
        signalling?.ports[old.ports.place].giveBack(old.ports, at: now)
        if let permit = old.permit { signalling?.outbound.ended(permit) }
        if replacement.ending == nil { signalling?.userAgent.hangUp(replacement.old, at: now) }
        return true
    }

    private mutating func changeCaller(
        to media: MediaDescription, by party: String, of place: CallPlace, at now: Instant
    ) -> Bool {
        groups[place.group].calls[place.index].journal(.leg(.replaced(.caller, media, by: party)), at: now)
        guard groups[place.group].calls[place.index].replaceCaller(with: media, by: party, at: now) else {
            return false
        }
        use(media, by: .caller, of: place)
        return true
    }

    private mutating func replaceLeg(
        _ replacement: Signalling.Replacement, with handle: SIPCallHandle, _ media: MediaDescription,
        of place: CallPlace, at now: Instant
    ) -> Bool {
        let line = replacement.line
        guard let old = signalling?.dialled[replacement.old] else { return false }
        let event = LegEvent.replaced(old.leg, media, by: line.incoming.address)
        groups[place.group].calls[place.index].journal(.leg(event), at: now)
        guard
            let leg = groups[place.group].calls[place.index].replace(
                old.leg, with: media, by: line.incoming.address, configuration: configuration, at: now)
        else { return false }
        use(media, by: leg, of: place)
        signalling?.dialled[handle] = Signalling.Dialled(
            call: line.call, leg: leg, trunk: line.trunk, ports: line.ports, permit: nil)
        // Where it is over already nothing more is told of it; else its BYE, or CANCEL, follows from its release.
        if let ending = replacement.ending { ended(replacement.old, old, ending, at: now) }
        return true
    }

    /// The new call came to nothing: everything stays as it was, and what was kept back is told.
    private mutating func abandon(_ replacement: Signalling.Replacement, at now: Instant) {
        signalling?.ports[replacement.line.ports.place].giveBack(replacement.line.ports, at: now)
        guard let ending = replacement.ending else { return }
        if let line = signalling?.dialled[replacement.old] {
            ended(replacement.old, line, ending, at: now)
        } else {
            release(replacement.old, at: now)
        }
    }
}

extension IncomingCall {
    /// The address of who calls, as the network asserts it or else as the caller says.
    fileprivate var address: String {
        (request.assertedIdentities.first ?? request.from)?.uri.description ?? ""
    }
}
