import Telephony

// Requests within a dialog that come in.
extension UserAgent {
    mutating func receiveInDialog(
        _ request: SIPMessage, _ method: SIPMethod, _ key: TransactionKey, from hop: Hop, peer: PeerProfile,
        at now: Instant
    ) {
        // A dialog belongs to the peer that it began with: another's BYE finds nothing.
        guard let id = SIPDialogID(request: request), let handle = dialogs[id], var call = calls[handle],
            call.peer.name == peer.name
        else {
            respond(key, to: request, request.response(481, tag: nil), at: now)
            return
        }
        guard let cseq = request.cseq, order(cseq, of: id, in: &call) == .inOrder else {
            respond(key, to: request, request.response(500, tag: nil), at: now)
            return
        }
        if call.hop.transport == hop.transport { call.hop = hop }
        calls[handle] = call
        switch method {
        case .bye: receiveBye(handle, request, key, at: now)
        case .invite: receiveReinvite(handle, request, key, at: now)
        case .update: receiveUpdate(handle, request, key, at: now)
        case .prack: receivePrack(handle, request, key, at: now)
        case .info: receiveInfo(handle, request, key, at: now)
        case .refer: receiveRefer(handle, request, key, at: now)
        case .notify: receiveNotify(handle, request, key, at: now)
        case .options: respond(key, to: request, optionsResponse(request), at: now)
        default: respond(key, to: request, request.response(405, tag: nil), at: now)
        }
    }

    private func order(_ cseq: CSeq, of id: SIPDialogID, in call: inout SIPCall) -> SIPDialog.Order {
        if call.dialog?.id == id { return call.dialog?.receive(cseq) ?? .outOfOrder }
        guard let index = call.forks.firstIndex(where: { $0.dialog.id == id }) else { return .outOfOrder }
        return call.forks[index].dialog.receive(cseq)
    }

    private mutating func receiveBye(
        _ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) {
        respond(key, to: request, request.response(200, tag: nil), at: now)
        guard let call = calls[handle] else { return }
        if call.state == .calling, call.dialog == nil {
            // A BYE on an early dialog ends that one only (RFC 3261 section 15).
            let id = SIPDialogID(request: request)
            dialogs[id ?? SIPDialogID(callID: "", localTag: "", remoteTag: "")] = nil
            calls[handle]?.forks.removeAll { $0.dialog.id == id }
            return
        }
        if call.state == .offered, let serverKey = call.serverKey {
            respond(serverKey, to: call.invite, call.invite.response(487, tag: call.localTag), at: now)
        }
        let q850 = request.reasons.first { $0.proto.equalsIgnoringCase("Q.850") }?.cause ?? 16
        finish(handle, CallEnding(.farEnd, q850: q850, reasons: request.reasons), at: now)
    }

    private mutating func receiveReinvite(
        _ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) {
        guard var call = calls[handle] else { return }
        // RFC 3261 section 14.2: another INVITE of theirs is open (500), one of ours is (491).
        if call.state == .offered || call.answerRetransmission != nil {
            var response = request.response(500, tag: nil)
            response.headers.append(.retryAfter, "\(entropy.number(below: 11))")
            respond(key, to: request, response, at: now)
            return
        }
        if isReofferOpen(call) || call.state != .established {
            respond(key, to: request, request.response(491, tag: nil), at: now)
            return
        }
        if let refusal = refusedSessionTimer(request, "") {
            respond(key, to: request, refusal, at: now)
            return
        }
        servers[key]?.call = handle
        guard let (response, isChanged) = answerReoffer(&call, request, key, at: now) else { return }
        call.answerRetransmission = servers[key].map { retransmission(of: response, to: $0.hop, at: now) }
        call.answeredCSeq = request.cseq?.number
        store(call)
        respond(key, to: request, response, at: now)
        if isChanged, let media = call.media.negotiated { emit(.mediaChanged(handle, media)) }
    }

    private func isReofferOpen(_ call: SIPCall) -> Bool {
        call.media.hasLocalOffer || (call.reoffer != nil && call.reoffer?.retryAt == nil)
    }

    /// The 200 of a re-INVITE or UPDATE.
    /// - Returns: `nil` when it was refused, and whether the media were settled anew.
    private mutating func answerReoffer(
        _ call: inout SIPCall, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) -> (SIPMessage, Bool)? {
        let handle = call.handle
        if let refusal = take(offerOf: request, into: &call.media) {
            respond(key, to: request, refusedMedia(request, refusal, tag: ""), at: now)
            return nil
        }
        var response = request.response(200, tag: nil)
        response.headers.append(.contact, contact(call))
        response.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        response.headers.append(.supported, configuration.screening.extensions.joined(separator: ", "))
        let hasOffer = call.media.hasRemoteOffer
        if let local = call.local {
            let body =
                hasOffer
                ? try? call.media.answer(local) : (request.method == .invite ? try? call.media.offer(local) : nil)
            if let body { set(&response, body: body.octets) }
        }
        if call.media.hasRemoteOffer {
            call.media.rollBack()
            respond(key, to: request, refusedMedia(request, RefusedOffer(.noCommonFormat), tag: ""), at: now)
            calls[handle] = call
            return nil
        }
        refreshTarget(&call, from: request)
        call.learn(from: request)
        startSessionTimer(&call, asUASof: request, &response, at: now)
        response.headers.append(.server, configuration.product)
        return (response, hasOffer)
    }

    /// RFC 3311.
    private mutating func receiveUpdate(
        _ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) {
        guard var call = calls[handle] else { return }
        let hasOffer = request.sessionDescriptionOctets != nil
        if hasOffer, call.media.hasLocalOffer {
            respond(key, to: request, request.response(491, tag: nil), at: now)
            return
        }
        let hasAnswered = call.media.isNegotiated && (call.state != .offered || call.earlyAnswer == nil)
        if hasOffer, call.media.hasRemoteOffer || !hasAnswered {
            // Their first offer waits for its answer (section 5.2), which what progress said unreliably is not yet.
            var response = request.response(500, tag: nil)
            response.headers.append(.retryAfter, "\(entropy.number(below: 11))")
            respond(key, to: request, response, at: now)
            return
        }
        if let refusal = refusedSessionTimer(request, "") {
            respond(key, to: request, refusal, at: now)
            return
        }
        guard let (response, isChanged) = answerReoffer(&call, request, key, at: now) else { return }
        store(call)
        respond(key, to: request, response, at: now)
        if isChanged, let media = call.media.negotiated { emit(.mediaChanged(handle, media)) }
    }

    /// RFC 3262 section 3.
    private mutating func receivePrack(
        _ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) {
        guard var call = calls[handle], let reliable = call.reliable, let rack = request.rack,
            rack.rseq == reliable.rseq,
            rack.cseq == reliable.cseq
        else {
            respond(key, to: request, request.response(481, tag: nil), at: now)
            return
        }
        call.reliable = nil
        var response = request.response(200, tag: nil)
        if reliable.hasOffer {
            let answer = request.sessionDescriptionOctets.flatMap { try? SessionDescription(parsing: $0) }
            if let answer { _ = try? call.media.receive(answer: answer) }
            if call.media.hasLocalOffer { call.media.rollBack() }
        } else if request.sessionDescriptionOctets != nil, let local = call.local, call.media.isStable {
            let refusal = take(offerOf: request, into: &call.media)
            guard refusal == nil, let answer = try? call.media.answer(local) else {
                call.media.rollBack()
                store(call)
                let refused = refusedMedia(request, refusal ?? RefusedOffer(.noCommonFormat), tag: "")
                respond(key, to: request, refused, at: now)
                return
            }
            set(&response, body: answer.octets)
        }
        store(call)
        respond(key, to: request, response, at: now)
        if reliable.hasOffer || !response.body.isEmpty, let media = call.media.negotiated {
            emit(.mediaChanged(handle, media))
        }
        if let answer = call.waitingAnswer { sendAnswer(handle, answer, at: now) }
    }

    private mutating func receiveInfo(
        _ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant
    ) {
        respond(key, to: request, request.response(200, tag: nil), at: now)
        if let type = request.contentType?.name, let key = InfoDigit(contentType: type, body: request.body.span) {
            emit(.digit(handle, key.digit, durationInMilliseconds: key.durationInMilliseconds))
        } else {
            emit(.info(handle, request))
        }
    }
}
