import BasicContainers
import DSP
import DequeModule
import Routing
import SIP
import Telephony

// Further legs over SIP: what a call commands goes to the user agent, what the user agent tells goes to the call.
//
//     dial ──> may it be called? ──> trunk, ports ──> INVITE ──> 180, 183, 200 ──> ringing, early, answered

extension Signalling {
    /// A SIP call that was placed for a leg.
    struct Dialled {
        var call: CallID
        var leg: LegID
        /// As it was when the call was placed.
        var trunk: Trunk
        var ports: MediaPortPair
        /// It counts in the outbound policy until it is over; phones that registered are no outside.
        var permit: UInt64?
        /// REFERs of the far end that were taken on.
        var referrals: Set<UInt32> = []
    }

    func handle(of call: CallID, _ leg: LegID) -> SIPCallHandle? {
        leg == .caller ? handles[call] : dialled.first { $0.value.call == call && $0.value.leg == leg }?.key
    }
}

extension Switchboard {
    /// Does what calls want of their further legs.
    mutating func performLegCommands(at now: Instant) {
        while let (call, command) = legCommands.popFirst() {
            switch command {
            case .dial(let leg, let plan): dial(plan, leg, of: call, at: now)
            case .release(let leg, let cause):
                guard let handle = signalling?.handle(of: call, leg) else { continue }
                signalling?.userAgent.hangUp(handle, cause: cause.q850, at: now)
            case .hold(let leg, let isHeld): signalling?.hold(leg, of: call, isHeld: isHeld, at: now)
            case .refer(let leg, let referral): refer(referral, leg, of: call, at: now)
            case .referProgress(let leg, let id, let status): report(status, of: id, leg, of: call, at: now)
            }
        }
    }

    private mutating func dial(_ wanted: DialPlan, _ leg: LegID, of call: CallID, at now: Instant) {
        let plan = signalling?.resolved(wanted, of: call, at: now) ?? wanted
        guard let trunk = signalling?.trunk(for: plan), plan.contact != nil || !trunk.gateways.isEmpty else {
            return refuse(leg, of: call, .failed, cause: 3, at: now)
        }
        let caller =
            serials[call].flatMap { places[$0] }.map { groups[$0.group].calls[$0.index].admission.from }
            ?? originations[call]?.origination.from
        if trunk.isDirectRouting, plan.referred?.replaces != nil {
            // Teams refuses every request with a Replaces.
            return refuse(leg, of: call, .refused, cause: 21, at: now)
        }
        let forwards = signalling?.forwards(of: call) ?? OutgoingCall.usualForwards
        guard forwards >= 0 else { return refuse(leg, of: call, .failed, cause: 25, at: now) }
        var permit: OutboundPermit?
        if plan.contact == nil, signalling?.isReturned(plan, to: trunk) != true {
            let decision = signalling?.outbound.request(plan.target, caller: caller, trunk: trunk.name, at: now)
            guard case .allowed(let given)? = decision else {
                var rule: OutboundRefusal?
                if case .refused(let broken)? = decision { rule = broken }
                return refuse(leg, of: call, .notAllowed, cause: 21, rule: rule, at: now)
            }
            permit = given
        }
        guard let ports = signalling?.takePorts(trunk.mediaPlace, at: now) else {
            if let permit { signalling?.outbound.ended(permit.id) }
            return refuse(leg, of: call, .failed, cause: 42, at: now)
        }
        let shown = plan.from ?? permit?.numberShown ?? signalling?.numberShown(by: trunk) ?? caller ?? ""
        guard
            let outgoing = signalling?.outgoingCall(
                plan, permit?.target, shown, trunk, ports, keepingRateOf: codecOfSucceeded(leg, call), forwards),
            let handle = signalling?.userAgent.invite(outgoing, at: now)
        else {
            if let permit { signalling?.outbound.ended(permit.id) }
            signalling?.ports[ports.place].giveBack(ports, at: now)
            return refuse(leg, of: call, .failed, cause: 41, at: now)
        }
        signalling?.dialled[handle] = Signalling.Dialled(
            call: call, leg: leg, trunk: trunk, ports: ports, permit: permit?.id)
        if leg == .caller { signalling?.handles[call] = handle }
        if let callID = signalling?.userAgent.callID(of: handle) { outputs.append(.line(call, sipCallID: callID)) }
        if let referred = plan.referred { report(100, of: referred.id, referred.by, of: call, at: now) }
    }

    /// The caller's codec, where the leg is to take the caller's place.
    private func codecOfSucceeded(_ leg: LegID, _ call: CallID) -> Codec? {
        guard let place = serials[call].flatMap({ places[$0] }),
            groups[place.group].calls[place.index].callerReferral?.leg == leg
        else { return nil }
        return groups[place.group].calls[place.index].callerMedia.codec
    }

    private mutating func refuse(
        _ leg: LegID, of call: CallID, _ reason: LegEndReason, cause: Int, rule: OutboundRefusal? = nil,
        at now: Instant
    ) {
        receive(.leg(call, .refused(leg, reason, cause: cause, rule: rule)), at: now)
    }

    // MARK: - What becomes of it

    /// Takes what the user agent tells of a call that it placed.
    ///
    /// - Returns: whether it was about a further leg.
    mutating func takeOfLeg(_ event: UserAgentEvent, at now: Instant) -> Bool {
        guard let (handle, line) = signalling?.dialledLine(of: event) else { return false }
        switch event {
        case .progress(_, let status, let media, _):
            if let description = media.flatMap({ signalling?.description($0, line.ports, line.trunk) }) {
                receive(.leg(line.call, .early(line.leg, description)), at: now)
            }
            if status == 180 || status == 182 { receive(.leg(line.call, .ringing(line.leg)), at: now) }
        case .answered(_, let media, _): answered(handle, line, media, at: now)
        case .mediaChanged(_, let media):
            guard let description = signalling?.description(media, line.ports, line.trunk) else { return true }
            receive(.leg(line.call, .mediaChanged(line.leg, description)), at: now)
        case .digit(_, let digit, let duration):
            receive(.leg(line.call, .infoDigit(line.leg, digit, durationInMilliseconds: duration)), at: now)
        case .referred(_, let request):
            let rules = line.trunk.transfers
            if line.leg == .caller ? rules.takesReferOfCallers : rules.takesRefer {
                referred(request, handle, line, at: now)
            } else {
                signalling?.userAgent.rejectRefer(handle, id: request.id, at: now)
            }
        case .dialogChanged(_, let record): outputs.append(.dialog(line.call, record))
        case .ended(_, let ending): ended(handle, line, ending, at: now)
        default: break
        }
        return true
    }

    private mutating func answered(
        _ handle: SIPCallHandle, _ line: Signalling.Dialled, _ media: NegotiatedMedia, at now: Instant
    ) {
        guard let description = signalling?.description(media, line.ports, line.trunk),
            serials[line.call] != nil || originations[line.call] != nil
        else {
            signalling?.userAgent.hangUp(handle, cause: 65, at: now)
            return
        }
        receive(.leg(line.call, .answered(line.leg, description)), at: now)
    }

    mutating func ended(
        _ handle: SIPCallHandle, _ line: Signalling.Dialled, _ ending: CallEnding, at now: Instant
    ) {
        signalling?.dialled[handle] = nil
        if line.leg == .caller, signalling?.handles[line.call] == handle { signalling?.handles[line.call] = nil }
        signalling?.ports[line.ports.place].giveBack(line.ports, at: now)
        if let permit = line.permit { signalling?.outbound.ended(permit) }
        guard serials[line.call] != nil || originations[line.call] != nil else { return }
        let event: LegEvent =
            ending.outcome == .completed
            ? .hungUp(line.leg)
            : .refused(line.leg, LegEndReason(ending.outcome), cause: ending.q850, status: ending.refusingStatus)
        receive(.leg(line.call, event), at: now)
    }
}

extension Signalling {
    fileprivate func dialledLine(of event: UserAgentEvent) -> (SIPCallHandle, Dialled)? {
        let handle: SIPCallHandle
        switch event {
        case .progress(let of, _, _, _), .answered(let of, _, _), .mediaChanged(let of, _), .digit(let of, _, _),
            .referred(let of, _), .ended(let of, _), .reofferRefused(let of, _), .info(let of, _),
            .established(let of, _), .referProgress(let of, _, _), .dialogChanged(let of, _):
            handle = of
        case .incoming, .dialogOver, .registration, .bindingsChanged, .probed: return nil
        }
        return dialled[handle].map { (handle, $0) }
    }

    /// The trunk that a plan names, the one of the phones for a phone, or the first that leads out.
    fileprivate func trunk(for plan: DialPlan) -> Trunk? {
        if plan.contact != nil { return configuration.trunks.first { $0.servesRegistrations } }
        guard let name = plan.trunk else { return configuration.trunks.first { !$0.gateways.isEmpty } }
        return configuration.trunks.first { $0.name == name }
    }

    /// - Parameters:
    ///   - shown: the number that the one who is called sees.
    ///   - codec: whose rate the new call's must be; `nil` lets it be any.
    ///   - forwards: through how many more hands it may go.
    fileprivate func outgoingCall(
        _ plan: DialPlan, _ target: OutboundTarget?, _ shown: String, _ trunk: Trunk, _ ports: MediaPortPair,
        keepingRateOf codec: Codec?, _ forwards: Int
    ) -> OutgoingCall? {
        let proxy = plan.contact == nil ? trunk.proxy : nil
        let gateways = gateways(of: trunk)
        let hops = plan.contact.map { [$0.hop] } ?? proxy?.hops ?? gateways
        guard let first = hops.first, let host = trunk.mediaHost(for: first.address.family) ?? mediaHostOfAll,
            let uri = plan.contact?.uri ?? uri(of: plan, target, at: gateways.first ?? first, trunk)
        else { return nil }
        var profile = trunk.profile()
        if let codec {
            profile.media.formats.removeAll { format in
                !Codec.all.contains {
                    $0.isMeant(by: format) && $0.sampleRate == codec.sampleRate && $0.clockRate == codec.clockRate
                }
            }
        }
        let told = profile.advertised[first.transport] ?? configuration.advertised[first.transport]
        guard let told, let from = sender(shown, at: told.host, trunk) else { return nil }
        var headers = trunk.fields(plan.headers)
        if let key = plan.userToUser { headers.append((name: .userToUser, value: key)) }
        if let referred = plan.referred { headers += referred.fields }
        var outgoing = OutgoingCall(
            to: uri, from: NameAddress(uri: from), hops: hops, peer: profile,
            routes: proxy.map { [$0.route] } ?? [], local: LocalMedia(address: host, port: ports.number),
            headers: headers, replaces: plan.referred?.replaces)
        outgoing.maxForwards = forwards
        return outgoing
    }

    /// Through how many more hands a call may go that is placed for a caller: one fewer than the caller's own (RFC 7332
    /// section 4.2). So a number that leads back to Parley, to a dialog that calls it again, comes to an end.
    fileprivate func forwards(of call: CallID) -> Int {
        let own = handles[call].flatMap { lines[$0]?.incoming.request.maxForwards } ?? OutgoingCall.usualForwards + 1
        return min(own, OutgoingCall.usualForwards + 1) - 1
    }

    private var mediaHostOfAll: Host? { configuration.mediaHost }
}

extension LegEndReason {
    /// Why a call that was placed did not come about.
    fileprivate init(_ outcome: TransferOutcome) {
        switch outcome {
        case .busy: self = .busy
        case .noAnswer, .callerGone: self = .noAnswer
        case .refused: self = .refused
        case .completed, .failed, .voicemail, .callBack: self = .failed
        }
    }
}
