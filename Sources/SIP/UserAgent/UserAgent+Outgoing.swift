package import Telephony

/// A call to place.
package struct OutgoingCall: Sendable {
    package var target: AnyURI
    package var from: NameAddress
    /// Where to send the INVITE, the best first: what RFC 3263 found, or the outbound proxy's address.
    package var hops: [Hop]
    package var peer: PeerProfile
    /// Routes to set beforehand: an outbound proxy that is a loose router.
    package var routes: [NameAddress]
    package var local: LocalMedia
    /// Fields to add, such as `X-` ones, Diversion, P-Asserted-Identity, User-to-User.
    package var headers: [(name: HeaderName, value: String)]
    package var replaces: Replaces?
    /// Through how many more hands it may go; 0 to 255.
    package var maxForwards = OutgoingCall.usualForwards

    /// RFC 3261 section 8.1.1.6.
    package static let usualForwards = 70

    package init(
        to target: AnyURI, from: NameAddress, hops: [Hop], peer: PeerProfile, routes: [NameAddress] = [],
        local: LocalMedia, headers: [(name: HeaderName, value: String)] = [], replaces: Replaces? = nil
    ) {
        self.target = target
        self.from = from
        self.hops = hops
        self.peer = peer
        self.routes = routes
        self.local = local
        self.headers = headers
        self.replaces = replaces
    }
}

// A call that Parley places, up to its ACK.
extension UserAgent {
    /// Places a call.
    /// - Returns: `nil` when there is no hop, or no room for another call.
    package mutating func invite(_ outgoing: OutgoingCall, at now: Instant) -> SIPCallHandle? {
        guard let hop = outgoing.hops.first, hasRoom, !isDraining else { return nil }
        let peer = outgoing.peer
        var media = OfferAnswer(capabilities: peer.media, address: outgoing.local.address, entropy: &entropy)
        guard let offer = try? media.offer(outgoing.local) else { return nil }
        let tag = entropy.token()
        var request = SIPMessage(.request(.invite, uri: outgoing.target.description))
        for route in outgoing.routes { request.headers.append(.route, route.description) }
        var from = outgoing.from
        from.tag = tag
        request.headers.append(.maxForwards, "\(outgoing.maxForwards)")
        request.headers.append(.from, from.description)
        request.headers.append(.to, "<\(outgoing.target)>")
        let callID = entropy.token()
        request.headers.append(.callID, callID)
        request.headers.append(.cseq, "1 INVITE")
        request.headers.append(.contact, contact(peer, hop.transport))
        request.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        request.headers.append(.supported, configuration.screening.extensions.joined(separator: ", "))
        if let interval = configuration.sessionInterval {
            request.headers.append(.sessionExpires, SessionExpires(interval: interval, refresher: nil).description)
            request.headers.append(.minSE, "\(configuration.leastSessionInterval)")
        }
        if let replaces = outgoing.replaces {
            request.headers.append(.replaces, replaces.description)
            request.headers.append(.require, "replaces")
        }
        for header in outgoing.headers { request.headers.append(header.name, header.value) }
        set(&request, body: offer.octets)
        let handle = SIPCallHandle(nextHandle())
        var call = SIPCall(
            handle: handle, isOutgoing: true, peer: peer, hop: hop, media: media, invite: request, localTag: tag,
            nextRSeq: 1, leastSessionInterval: configuration.leastSessionInterval, at: now)
        call.local = outgoing.local
        call.hops = Array(outgoing.hops.dropFirst().prefix(SIPLimits.resolutionTargets))
        call.ringingEnds = now + configuration.longestRinging
        origins[callID + "|" + tag] = handle
        store(call)
        sendInvite(request, of: handle, peer: peer, to: hop, at: now)
        return handle
    }

    /// The Call-ID of a call; `nil` for one that is over.
    package func callID(of handle: SIPCallHandle) -> String? { calls[handle]?.invite.callID }

    private mutating func sendInvite(
        _ request: SIPMessage, of handle: SIPCallHandle, peer: PeerProfile, to hop: Hop, at now: Instant
    ) {
        let key = send(request, for: .invite, call: handle, peer: peer, to: hop, at: now)
        calls[handle]?.clientKey = key
    }

    mutating func sendCancelIfWanted(_ handle: SIPCallHandle, at now: Instant) {
        guard var call = calls[handle], call.isCanceled, !call.isCancelSent, let key = call.clientKey,
            let entry = clients[key], case .invite(let machine) = entry.machine, machine.isProceeding,
            case .request(_, let uri) = entry.request.startLine, let cseq = entry.request.cseq,
            let branch = entry.request.vias?.first?.branch
        else { return }
        call.isCancelSent = true
        calls[handle] = call
        var cancel = SIPMessage(.request(.cancel, uri: uri))
        for name in [HeaderName.route, .maxForwards, .from, .to, .callID] {
            for value in entry.request.headers.values(name) { cancel.headers.append(name, value) }
        }
        cancel.headers.append(.cseq, CSeq(number: cseq.number, method: .cancel).description)
        send(cancel, for: .cancel, call: handle, peer: call.peer, to: entry.hop, branch: branch, at: now)
    }

    /// 101 to 199: an early dialog, perhaps early media, perhaps to be acknowledged (RFC 3262).
    mutating func receiveProgress(_ handle: SIPCallHandle, _ response: SIPMessage, at now: Instant) {
        guard var call = calls[handle], call.state == .calling, let status = response.status else { return }
        call.learn(from: response)
        var early: NegotiatedMedia?
        if let id = SIPDialogID(response: response), !id.remoteTag.isEmpty,
            let index = fork(of: &call, id, response)
        {
            let answer = response.sessionDescriptionOctets.flatMap { try? SessionDescription(parsing: $0) }
            if let answer, call.forks[index].media.hasLocalOffer {
                _ = try? call.forks[index].media.receive(answer: answer)
            }
            // Where an INVITE forked, two who send media before the answer are not heard in turns.
            if call.forks[index].media.negotiated != nil, call.heardFork == nil { call.heardFork = id }
            early = call.heardFork == id ? call.forks[index].media.negotiated : nil
            dialogs[id] = handle
            if response.requiredTags.contains(where: { $0.equalsIgnoringCase("100rel") }), let rseq = response.rseq {
                acknowledge(&call, index, rseq, response, at: now)
            }
        }
        store(call)
        emit(.progress(handle, status: status, early, response))
    }

    private func fork(of call: inout SIPCall, _ id: SIPDialogID, _ response: SIPMessage) -> Int? {
        if let index = call.forks.firstIndex(where: { $0.dialog.id == id }) {
            call.forks[index].dialog.refreshTarget(from: response)
            return index
        }
        guard call.forks.count < SIPLimits.forks,
            let dialog = SIPDialog(uac: call.invite, response: response, fallbackTarget: call.invite.requestURI?.sip)
        else { return nil }
        call.forks.append(SIPCall.Fork(dialog: dialog, media: call.media, rseq: nil))
        return call.forks.count - 1
    }

    /// Sends a PRACK, once for each response, in order (RFC 3262 section 4).
    private mutating func acknowledge(
        _ call: inout SIPCall, _ index: Int, _ rseq: UInt32, _ response: SIPMessage, at now: Instant
    ) {
        if let last = call.forks[index].rseq, rseq != last &+ 1 { return }
        guard let cseq = response.cseq else { return }
        call.forks[index].rseq = rseq
        var request = call.forks[index].dialog.request(.prack)
        request.headers.append(.rack, RAck(rseq: rseq, cseq: cseq).description)
        let dialog = call.forks[index].dialog
        var probe = call
        probe.dialog = dialog
        send(request, for: .prack, call: call.handle, peer: call.peer, to: dialogHop(probe), at: now)
    }

    mutating func receiveInviteFinal(
        _ response: SIPMessage?, _ status: Int, _ entry: ClientTransaction, at now: Instant
    ) {
        guard let handle = entry.call, let call = calls[handle] else {
            if let response, status < 300 { refuseFork(response, entry, at: now) }
            return
        }
        if status < 300, let response {
            receiveAnswer(handle, response, entry, at: now)
            return
        }
        guard call.state == .calling else {
            if call.state == .ending { forget(handle, at: now) }
            return
        }
        if status == 422, let response, retryWithLongerSession(call, response, entry, at: now) { return }
        if !call.isCanceled, response == nil || status == 503, let hop = call.hops.first {
            failOver(call, to: hop, at: now)
            return
        }
        let cause: CallEnding.Cause =
            response == nil ? (status == 408 ? .timeout : .transport) : .refused(status: status)
        let reasons = response?.reasons ?? []
        let q850 = reasons.first { $0.proto.equalsIgnoringCase("Q.850") }?.cause ?? StatusCode.q850(status)
        finish(handle, CallEnding(cause, q850: q850, reasons: reasons), at: now)
    }

    /// RFC 3263 section 4.3: the next target, in a new transaction.
    private mutating func failOver(_ original: SIPCall, to hop: Hop, at now: Instant) {
        var call = original
        call.hops.removeFirst()
        call.hop = hop
        for fork in call.forks { dialogs[fork.dialog.id] = nil }
        call.forks = []
        call.heardFork = nil
        call.invite.headers.replace(.contact, contact(call.peer, hop.transport))
        store(call)
        sendInvite(call.invite, of: call.handle, peer: call.peer, to: hop, at: now)
    }

    private mutating func retryWithLongerSession(
        _ original: SIPCall, _ response: SIPMessage, _ entry: ClientTransaction, at now: Instant
    ) -> Bool {
        guard let least = response.minSE, least > original.leastSessionInterval, least <= 86_400,
            let cseq = original.invite.cseq
        else { return false }
        var call = original
        call.leastSessionInterval = least
        call.invite.headers.replace(.minSE, "\(least)")
        let interval = max(configuration.sessionInterval ?? least, least)
        call.invite.headers.replace(.sessionExpires, SessionExpires(interval: interval, refresher: nil).description)
        call.invite.headers.replace(.cseq, CSeq(number: cseq.number &+ 1, method: .invite).description)
        store(call)
        sendInvite(call.invite, of: call.handle, peer: call.peer, to: entry.hop, at: now)
        return true
    }

    /// A 2xx to our INVITE. The first makes the call; one from another fork is acknowledged and hung up; one that comes
    /// again is acknowledged again.
    private mutating func receiveAnswer(
        _ handle: SIPCallHandle, _ response: SIPMessage, _ entry: ClientTransaction, at now: Instant
    ) {
        guard var call = calls[handle], let id = SIPDialogID(response: response) else { return }
        if let dialog = call.dialog {
            if dialog.id == id { resendAcknowledgement(call, response) } else { refuseFork(response, entry, at: now) }
            return
        }
        guard var dialog = SIPDialog(uac: call.invite, response: response, fallbackTarget: nil) else {
            finish(handle, CallEnding(.refused(status: 200), q850: 127), at: now)
            return
        }
        if let fork = call.forks.first(where: { $0.dialog.id == id }) {
            // CSeq numbers that the early dialog used for PRACK must not come again. What an unreliable response answered
            // was a preview: a description in the 2xx counts (RFC 3261 section 13.2.1).
            if fork.rseq != nil || response.sessionDescriptionOctets == nil { call.media = fork.media }
            dialog = fork.dialog
        }
        dialog.confirm(with: response)
        for fork in call.forks where fork.dialog.id != id { dialogs[fork.dialog.id] = nil }
        call.forks = []
        call.dialog = dialog
        call.learn(from: response)
        call.ringingEnds = nil
        dialogs[id] = handle
        let answer = response.sessionDescriptionOctets.flatMap { try? SessionDescription(parsing: $0) }
        if call.media.hasLocalOffer, let answer { _ = try? call.media.receive(answer: answer) }
        startSessionTimer(&call, asUACOf: response, at: now)
        let isUnwanted = call.state == .ending
        call.state = isUnwanted ? .ending : .established
        store(call)
        sendAcknowledgement(handle, cseq: entry.request.cseq?.number ?? 1, at: now)
        noteDialog(handle)
        if isUnwanted {
            sendInDialog(.bye, of: handle, for: .bye, at: now)
        } else if let media = call.media.negotiated {
            emit(.answered(handle, media, response))
        } else {
            hangUp(handle, cause: 65, as: .media, at: now)
        }
    }

    /// The ACK of a 2xx, end to end (RFC 3261 section 13.2.2.4).
    mutating func sendAcknowledgement(_ handle: SIPCallHandle, cseq: UInt32, body: [UInt8]? = nil, at now: Instant) {
        guard var call = calls[handle], var dialog = call.dialog else { return }
        var ack = dialog.request(.ack, cseq: cseq)
        let hop = dialogHop(call)
        ack.headers.prepend(.via, via(hop.transport, call.peer, entropy.branch()).description)
        for name in [HeaderName.authorization, .proxyAuthorization] {
            if let value = call.invite.headers[name] { ack.headers.append(name, value) }
        }
        if let body { set(&ack, body: body) }
        let octets = ack.octets
        call.acknowledgement = (cseq, octets, hop)
        calls[handle] = call
        send(octets, to: hop)
    }

    mutating func resendAcknowledgement(_ call: SIPCall, _ response: SIPMessage) {
        guard let known = call.acknowledgement, known.cseq == response.cseq?.number else { return }
        send(known.octets, to: known.hop)
    }

    /// A second 2xx of a forked INVITE: ACK, then BYE.
    private mutating func refuseFork(_ response: SIPMessage, _ entry: ClientTransaction, at now: Instant) {
        guard let cseq = entry.request.cseq,
            var dialog = SIPDialog(uac: entry.request, response: response, fallbackTarget: nil)
        else { return }
        dialog.confirm()
        var ack = dialog.request(.ack, cseq: cseq.number)
        let peer = entry.call.flatMap { calls[$0]?.peer }
        ack.headers.prepend(.via, via(entry.hop.transport, peer, entropy.branch()).description)
        send(ack.octets, to: entry.hop)
        send(dialog.request(.bye), for: .bye, call: nil, peer: peer, to: entry.hop, at: now)
    }
}
