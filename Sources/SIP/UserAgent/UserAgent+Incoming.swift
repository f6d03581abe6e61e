package import Telephony

// A call that comes in, up to its ACK.
extension UserAgent {
    mutating func receiveInvite(
        _ request: SIPMessage, _ key: TransactionKey, from hop: Hop, peer: PeerProfile, at now: Instant
    ) {
        let tag = entropy.token()
        guard isAuthenticated(request, key, from: hop, peer: peer, at: now) else { return }
        // An INVITE of our own that comes back went in a circle.
        if let callID = request.callID, let from = request.from?.tag, origins[callID + "|" + from] != nil {
            respond(key, to: request, request.response(482, tag: tag), at: now)
            return
        }
        guard let dialog = SIPDialog(uas: request, localTag: tag) else {
            respond(key, to: request, request.response(400, reason: "Bad Request: Contact", tag: tag), at: now)
            return
        }
        if let refusal = refusedSessionTimer(request, tag) {
            respond(key, to: request, refusal, at: now)
            return
        }
        var replaced: SIPCallHandle?
        if let replaces = request.replaces {
            switch find(replaces, for: peer, at: now) {
            case .success(let handle): replaced = handle
            case .failure(let refusal):
                respond(key, to: request, request.response(refusal.status, tag: tag), at: now)
                return
            }
        }
        var media = OfferAnswer(
            capabilities: peer.media, address: advertised(hop.transport, peer).host, entropy: &entropy)
        if let refusal = take(offerOf: request, into: &media) {
            respond(key, to: request, refusedMedia(request, refusal, tag: tag), at: now)
            return
        }
        let handle = SIPCallHandle(nextHandle())
        var call = SIPCall(
            handle: handle, isOutgoing: false, peer: peer, hop: hop, media: media, invite: request, localTag: tag,
            nextRSeq: UInt32(entropy.number(below: 1 << 31) + 1),
            leastSessionInterval: configuration.leastSessionInterval,
            at: now)
        call.serverKey = key
        call.dialog = dialog
        call.learn(from: request)
        call.lastOffer = request.sessionDescriptionOctets
        servers[key]?.call = handle
        dialogs[dialog.id] = handle
        store(call)
        respond(key, to: request, request.response(100, tag: nil), at: now)
        emit(
            .incoming(
                handle,
                IncomingCall(
                    request: request, peer: peer.name, hop: hop, replaces: replaced, isLateOffer: !media.hasRemoteOffer)
            ))
    }

    /// Whether the peer needs no credentials or gave them; otherwise a challenge went out.
    mutating func isAuthenticated(
        _ request: SIPMessage, _ key: TransactionKey, from hop: Hop, peer: PeerProfile, at now: Instant
    ) -> Bool {
        guard let template = peer.authentication else { return true }
        // Who may, and by which password, is as the trunk has it now; which nonces were used outlives a change of that.
        var server = template
        if let earlier = digestServers.removeValue(forKey: peer.name) { server.remember(noncesOf: earlier) }
        let verdict = server.verdict(on: request, from: hop.address, at: now)
        digestServers[peer.name] = server
        guard case .challenge(let challenges) = verdict else { return true }
        var response = request.response(401, tag: entropy.token())
        for challenge in challenges { response.headers.append(.wwwAuthenticate, challenge) }
        respond(key, to: request, response, at: now)
        return false
    }

    /// Takes the offer of a request in.
    /// - Returns: what refuses it.
    func take(offerOf request: SIPMessage, into media: inout OfferAnswer) -> RefusedOffer? {
        guard let octets = request.sessionDescriptionOctets else { return nil }
        let offer: SessionDescription
        do throws(SessionDescription.ParseError) {
            offer = try SessionDescription(parsing: octets)
        } catch {
            return RefusedOffer(error)
        }
        do throws(OfferAnswer.Failure) {
            try media.receive(offer: offer)
            return nil
        } catch {
            return RefusedOffer(error)
        }
    }

    func refusedMedia(_ request: SIPMessage, _ refusal: RefusedOffer, tag: String) -> SIPMessage {
        var response = request.response(refusal.status, tag: tag)
        if let (code, text) = refusal.warning { response.headers.append(.warning, "\(code) parley \"\(text)\"") }
        return response
    }

    enum ReplacesRefusal: Error {
        case notAllowed, notFound, notEarly, over

        var status: Int {
            switch self {
            case .notAllowed: 403
            case .notFound: 481
            case .notEarly: 486
            case .over: 603
            }
        }
    }

    /// The call that a Replaces names (RFC 3891 section 3). Of another peer's calls nothing is told, not even that they are
    /// there.
    private mutating func find(
        _ replaces: Replaces, for peer: PeerProfile, at now: Instant
    ) -> Result<SIPCallHandle, ReplacesRefusal> {
        guard peer.allowsReplaces else { return .failure(.notAllowed) }
        let id = SIPDialogID(callID: replaces.callID, localTag: replaces.toTag, remoteTag: replaces.fromTag)
        guard let handle = dialogs[id], let call = calls[handle] else {
            return .failure(endedDialogs.contains(id, at: now) ? .over : .notFound)
        }
        guard call.peer.name == peer.name else { return .failure(.notFound) }
        if call.state == .ending { return .failure(.over) }
        if replaces.isEarlyOnly, call.dialog?.state == .confirmed { return .failure(.notEarly) }
        // An early dialog that the far end began cannot be replaced (section 3, last but one rule).
        if !call.isOutgoing, call.state == .offered { return .failure(.notFound) }
        return .success(handle)
    }

    /// Lets the caller hear that it rings: 180.
    package mutating func ring(_ handle: SIPCallHandle, at now: Instant) {
        guard let call = calls[handle], call.state == .offered else { return }
        provisional(call, status: 180, body: nil, hasOffer: false, at: now)
    }

    /// Sends media before the answer: 183 with a session description, reliably where both sides speak it.
    /// - Returns: the media of the call; `nil` when they are not known yet (late offer) or the call is gone.
    @discardableResult
    package mutating func progress(_ handle: SIPCallHandle, local: LocalMedia, at now: Instant) -> NegotiatedMedia? {
        guard var call = calls[handle], call.state == .offered, call.reliable == nil else {
            return calls[handle]?.media.negotiated
        }
        call.local = local
        let isReliable = sendsReliably(call)
        if call.media.hasRemoteOffer {
            guard let answer = try? call.media.answer(local) else { return nil }
            if !isReliable { call.earlyAnswer = answer.octets }
            provisional(call, status: 183, body: answer.octets, hasOffer: false, at: now)
        } else if call.media.isStable, !call.media.isNegotiated, isReliable, let offer = try? call.media.offer(local) {
            // An offer may stand in a reliable response only (RFC 3262 section 5).
            provisional(call, status: 183, body: offer.octets, hasOffer: true, at: now)
        } else {
            provisional(call, status: 183, body: nil, hasOffer: false, at: now)
        }
        return calls[handle]?.media.negotiated
    }

    private func sendsReliably(_ call: SIPCall) -> Bool {
        let requires = call.invite.requiredTags.contains { $0.equalsIgnoringCase("100rel") }
        let supports = call.invite.supportedTags.contains { $0.equalsIgnoringCase("100rel") }
        return requires || (supports && call.peer.usesReliableProvisionals)
    }

    private mutating func provisional(
        _ original: SIPCall, status: Int, body: [UInt8]?, hasOffer: Bool, at now: Instant
    ) {
        var call = original
        guard let key = call.serverKey else { return }
        var response = call.invite.response(status, tag: call.localTag)
        response.headers.append(.contact, contact(call))
        copyRecordRoutes(of: call.invite, to: &response)
        response.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        if let body { set(&response, body: body) }
        let requires = call.invite.requiredTags.contains { $0.equalsIgnoringCase("100rel") }
        if sendsReliably(call), call.reliable == nil, let cseq = call.invite.cseq,
            let hop = servers[key]?.hop
        {
            let rseq = call.nextRSeq
            call.nextRSeq &+= 1
            response.headers.append(.require, "100rel")
            response.headers.append(.rseq, "\(rseq)")
            call.reliable = SIPCall.ReliableProvisional(
                rseq: rseq, cseq: cseq, hasOffer: hasOffer,
                retransmission: SIPCall.Retransmission(
                    octets: response.octets, hop: hop, next: now + configuration.timers.t1,
                    interval: configuration.timers.t1, giveUp: now + configuration.timers.transactionTime))
        } else if requires, call.reliable != nil {
            // One reliable response at a time; this one says nothing that the next will not.
            store(call)
            return
        }
        store(call)
        respond(key, to: call.invite, response, at: now)
    }

    func copyRecordRoutes(of request: SIPMessage, to response: inout SIPMessage) {
        for field in request.headers.fields where field.name == .recordRoute {
            response.headers.append(.recordRoute, octets: field.octets)
        }
    }

    func set(_ message: inout SIPMessage, body: [UInt8]) {
        message.body = body
        message.headers.replace(.contentType, "application/sdp")
    }

    /// Answers a call: 200.
    /// - Parameters:
    ///   - headers: fields to add, such as `X-` ones; those with control characters are left out.
    ///   - other: a call that this one takes the place of, and what listens to it goes on: only formats of its rate are
    ///     spoken.
    /// - Returns: the media of the call; `nil` with a late offer, whose media come with the ACK.
    /// - Throws: when the offer cannot be answered; the call was refused with 488 and has ended.
    @discardableResult
    package mutating func answer(
        _ handle: SIPCallHandle, local: LocalMedia, headers: [(name: HeaderName, value: String)] = [],
        keepingRateOf other: SIPCallHandle? = nil, at now: Instant
    ) throws(OfferAnswer.Failure) -> NegotiatedMedia? {
        guard var call = calls[handle], call.state == .offered else { return calls[handle]?.media.negotiated }
        call.local = local
        call.media.keptFormat = other.flatMap { calls[$0]?.media.negotiated?.format }
        var response = call.invite.response(200, tag: call.localTag)
        response.headers.append(.contact, contact(call))
        copyRecordRoutes(of: call.invite, to: &response)
        response.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        response.headers.append(.supported, configuration.screening.extensions.joined(separator: ", "))
        for header in headers { response.headers.append(header.name, header.value) }
        do throws(OfferAnswer.Failure) {
            if call.media.hasRemoteOffer {
                set(&response, body: try call.media.answer(local).octets)
            } else if let early = call.earlyAnswer {
                set(&response, body: early)
            } else if !call.media.isNegotiated, call.media.isStable {
                set(&response, body: try call.media.offer(local).octets)
            }
        } catch {
            let (code, text) = error.warning
            reject(handle, status: 488, headers: [(.warning, "\(code) parley \"\(text)\"")], at: now)
            throw error
        }
        startSessionTimer(&call, asUASof: call.invite, &response, at: now)
        if call.reliable != nil {
            // The PRACK comes first: its provisional response may have carried media (RFC 3262 section 3).
            call.waitingAnswer = response
            store(call)
        } else {
            store(call)
            sendAnswer(handle, response, at: now)
        }
        return calls[handle]?.media.negotiated
    }

    mutating func sendAnswer(_ handle: SIPCallHandle, _ response: SIPMessage, at now: Instant) {
        guard var call = calls[handle], let key = call.serverKey, let hop = servers[key]?.hop else { return }
        call.waitingAnswer = nil
        call.state = .answered
        call.dialog?.confirm()
        var response = response
        response.headers.append(.server, configuration.product)
        call.answerRetransmission = retransmission(of: response, to: hop, at: now)
        call.answeredCSeq = call.invite.cseq?.number
        store(call)
        respond(key, to: call.invite, response, at: now)
        noteDialog(handle)
    }

    func retransmission(of response: SIPMessage, to hop: Hop, at now: Instant) -> SIPCall.Retransmission {
        // A 2xx is resent over reliable transports too: it may have been lost behind a proxy.
        SIPCall.Retransmission(
            octets: response.octets, hop: hop, next: now + configuration.timers.t1, interval: configuration.timers.t1,
            giveUp: now + configuration.timers.transactionTime)
    }

    /// Refuses a call that was not answered.
    /// - Parameter retryAfter: in seconds, with a 503, 486 or 480.
    package mutating func reject(
        _ handle: SIPCallHandle, status: Int, retryAfter: Int? = nil, reason: Reason? = nil,
        headers: [(name: HeaderName, value: String)] = [], at now: Instant
    ) {
        guard let call = calls[handle], call.state == .offered, let key = call.serverKey else { return }
        var response = call.invite.response((300...699).contains(status) ? status : 500, tag: call.localTag)
        if let retryAfter { response.headers.append(.retryAfter, "\(retryAfter)") }
        if let reason { response.headers.append(.reason, reason.description) }
        for header in headers { response.headers.append(header.name, header.value) }
        respond(key, to: call.invite, response, at: now)
        finish(handle, CallEnding(.local, q850: StatusCode.q850(status)), at: now)
    }

    /// An ACK outside of a transaction: it has the branch of its own that a 2xx's ACK has.
    mutating func receiveAcknowledgement(_ request: SIPMessage, from hop: Hop, peer: PeerProfile, at now: Instant) {
        guard let id = SIPDialogID(request: request), let handle = dialogs[id], calls[handle]?.peer.name == peer.name
        else {
            drops.strayAcknowledgements += 1
            return
        }
        acknowledge(handle, with: request, at: now)
    }

    /// A 2xx was acknowledged: to the first INVITE, or to a later one.
    mutating func acknowledge(_ handle: SIPCallHandle, with request: SIPMessage, at now: Instant) {
        guard var call = calls[handle], call.answerRetransmission != nil,
            call.state == .answered || call.state == .established, request.cseq?.number == call.answeredCSeq,
            SIPDialogID(request: request) == call.dialog?.id
        else { return }
        call.answerRetransmission = nil
        let wasFirst = call.state == .answered
        call.state = .established
        if call.media.hasLocalOffer {
            let answer = request.sessionDescriptionOctets.flatMap { try? SessionDescription(parsing: $0) }
            guard let answer, (try? call.media.receive(answer: answer)) != nil else {
                call.media.rollBack()
                store(call)
                hangUp(handle, cause: 65, as: .media, at: now)
                return
            }
            if !wasFirst, let media = call.media.negotiated { emit(.mediaChanged(handle, media)) }
        }
        store(call)
        guard let media = call.media.negotiated else {
            hangUp(handle, cause: 65, as: .media, at: now)
            return
        }
        if wasFirst { emit(.established(handle, media)) }
        if let cause = call.hangUpCause { hangUp(handle, cause: cause, at: now) }
    }
}
