import Telephony

// Requests that come in, up to the point where a call, a dialog or the registrar takes over.
extension UserAgent {
    mutating func receive(request original: SIPMessage, from hop: Hop, peer: PeerProfile, at now: Instant) {
        var request = original
        let via = stampTopVia(of: &request, from: hop)
        // Where Via cannot be read, the 400 that says so goes back to where the request came from.
        let replyHop = via.map { UserAgent.replyHop(via: $0, from: hop) } ?? hop
        let key = request.defect == nil ? TransactionKey(request: request) : nil
        if let key, let entry = servers[key] {
            receiveAgain(request, key, entry, at: now)
            return
        }
        switch configuration.screening.verdict(on: request, tag: entropy.token()) {
        case .accept: break
        case .drop:
            drops.malformed += 1
            return
        case .answer(let response):
            send(response: response, to: replyHop)
            return
        }
        guard let key, let method = request.method else { return }
        guard admit(request, method, replyHop, peer, at: now) else { return }
        if method == .ack {
            receiveAcknowledgement(request, from: hop, peer: peer, at: now)
            return
        }
        open(request, method, key, replyHop, at: now)
        route(request, method, key, from: hop, peer: peer, at: now)
    }

    /// Adds `received` and `rport` to the topmost Via (RFC 3261 section 18.2.1, RFC 3581 section 4), so that every response
    /// carries them.
    private func stampTopVia(of request: inout SIPMessage, from hop: Hop) -> Via? {
        guard let vias = request.vias, var top = vias.first else { return nil }
        let source = Host(hop.address)
        let wantsPort = top.parameters.contains("rport")
        if wantsPort { top.parameters["rport"] = .some("\(hop.address.port)") }
        if wantsPort || top.host != source {
            top.parameters["received"] = .some(source.bare)
        }
        let text = ([top] + vias.dropFirst()).map(\.description)
        request.headers.remove(.via)
        for value in text.reversed() { request.headers.prepend(.via, value) }
        return top
    }

    /// Where responses go (RFC 3261 section 18.2.2, RFC 3581 section 4): back on the stream; by datagram to the address that
    /// the request came from, at its port with `rport`, else at the one that Via names. `maddr` is not obeyed: it would let
    /// anybody choose the target.
    static func replyHop(via: Via, from hop: Hop) -> Hop {
        guard hop.transport == .udp, !via.parameters.contains("rport") else { return hop }
        var reply = hop
        reply.address.port = via.port ?? SIPTransport.udp.defaultPort
        return reply
    }

    /// A request for a transaction that is there: a retransmission, or an ACK.
    private mutating func receiveAgain(
        _ request: SIPMessage, _ key: TransactionKey, _ entry: ServerTransaction, at now: Instant
    ) {
        switch entry.machine {
        case .invite(var machine):
            guard request.method == .ack else {
                if let octets = machine.receiveRetransmission() { send(octets, to: entry.hop) }
                return
            }
            let meaning = machine.receiveACK(at: now)
            servers[key]?.machine = .invite(machine)
            if machine.isTerminated { removeServer(key) } else { rescheduleServer(key) }
            if meaning == .core, let handle = entry.call { acknowledge(handle, with: request, at: now) }
        case .other(let machine):
            if let octets = machine.receiveRetransmission() { send(octets, to: entry.hop) }
        }
    }

    private mutating func rescheduleServer(_ key: TransactionKey) {
        servers[key]?.scheduled = nil
        scheduleServer(key)
    }

    /// Whether there is room for another transaction, and whether the request did not come twice by different ways.
    private mutating func admit(
        _ request: SIPMessage, _ method: SIPMethod, _ hop: Hop, _ peer: PeerProfile, at now: Instant
    ) -> Bool {
        if method == .ack { return true }
        let isNew = request.to?.tag == nil
        if servers.count >= configuration.maximumTransactions
            || (method == .invite && isNew && ((isDraining && request.replaces == nil) || !hasRoom))
        {
            drops.overload += 1
            var response = request.response(503, tag: entropy.token())
            response.headers.append(.retryAfter, "\(configuration.retryAfter)")
            send(response: response, to: hop)
            return false
        }
        guard isNew, method != .cancel, let mergeKey = UserAgent.mergeKey(request), merges[mergeKey] != nil else {
            return true
        }
        send(response: request.response(482, tag: entropy.token()), to: hop)
        return false
    }

    /// RFC 3261 section 8.2.2.2.
    static func mergeKey(_ request: SIPMessage) -> String? {
        guard request.to?.tag == nil, let tag = request.from?.tag, let callID = request.callID, let cseq = request.cseq
        else { return nil }
        return "\(callID)|\(tag)|\(cseq)"
    }

    private mutating func open(
        _ request: SIPMessage, _ method: SIPMethod, _ key: TransactionKey, _ hop: Hop, at now: Instant
    ) {
        let isReliable = hop.transport.isReliable
        let machine: ServerTransaction.Machine =
            method == .invite
            ? .invite(InviteServerTransaction(isReliable: isReliable, timers: configuration.timers))
            : .other(NonInviteServerTransaction(isReliable: isReliable, timers: configuration.timers))
        let mergeKey = method == .cancel ? nil : UserAgent.mergeKey(request)
        servers[key] = ServerTransaction(machine: machine, request: request, hop: hop, call: nil, mergeKey: mergeKey)
        if let mergeKey { merges[mergeKey] = key }
    }

    private mutating func route(
        _ request: SIPMessage, _ method: SIPMethod, _ key: TransactionKey, from hop: Hop, peer: PeerProfile,
        at now: Instant
    ) {
        if method == .cancel {
            receiveCancel(request, key, at: now)
        } else if request.to?.tag != nil {
            receiveInDialog(request, method, key, from: hop, peer: peer, at: now)
        } else {
            switch method {
            case .invite: receiveInvite(request, key, from: hop, peer: peer, at: now)
            case .options: respond(key, to: request, optionsResponse(request), at: now)
            case .register: receiveRegister(request, key, from: hop, peer: peer, at: now)
            case .refer: respond(key, to: request, request.response(403, tag: entropy.token()), at: now)
            default: respond(key, to: request, request.response(481, tag: entropy.token()), at: now)
            }
        }
    }

    /// What Parley can do (RFC 3261 section 11.2); 503 while it drains.
    func optionsResponse(_ request: SIPMessage) -> SIPMessage {
        guard !isDraining, hasRoom else {
            var response = request.response(503, tag: "options")
            response.headers.append(.retryAfter, "\(configuration.retryAfter)")
            return response
        }
        var response = request.response(200, tag: "options")
        response.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        response.headers.append(.accept, "application/sdp")
        response.headers.append("Accept-Encoding", "identity")
        response.headers.append(.supported, configuration.screening.extensions.joined(separator: ", "))
        return response
    }

    private mutating func receiveCancel(_ request: SIPMessage, _ key: TransactionKey, at now: Instant) {
        guard let target = TransactionKey(canceledBy: request), let entry = servers[target],
            case .invite(let machine) = entry.machine
        else {
            respond(key, to: request, request.response(481, tag: entropy.token()), at: now)
            return
        }
        let tag = entry.call.flatMap { calls[$0]?.localTag } ?? entropy.token()
        respond(key, to: request, request.response(200, tag: tag), at: now)
        guard machine.isProceeding, let handle = entry.call, let invite = entry.request else { return }
        respond(target, to: invite, invite.response(487, tag: tag), at: now)
        // A re-INVITE is answered at once, so that only the first INVITE is ever open.
        finish(handle, CallEnding(.canceled, q850: 16, reasons: request.reasons), at: now)
    }

    /// Sends a response on a server transaction.
    mutating func respond(_ key: TransactionKey, to request: SIPMessage, _ response: SIPMessage, at now: Instant) {
        guard let status = response.status, var entry = servers[key] else { return }
        var response = response
        sign(&response)
        let octets = response.octets
        switch entry.machine {
        case .invite(var machine):
            guard machine.isProceeding else { return }
            machine.send(status: status, octets: octets, at: now)
            entry.machine = .invite(machine)
        case .other(var machine):
            machine.send(status: status, octets: octets, at: now)
            entry.machine = .other(machine)
        }
        // The request is needed only to make responses, and a flood of them is to be small.
        if status >= 200 { entry.request = nil }
        servers[key] = entry
        send(octets, to: entry.hop)
        if case .other(let machine) = entry.machine, machine.isTerminated {
            removeServer(key)
        } else {
            scheduleServer(key)
        }
    }

    /// Sends a response without keeping any state of it.
    mutating func send(response: SIPMessage, to hop: Hop) {
        var response = response
        sign(&response)
        send(response.octets, to: hop)
    }

    private func sign(_ response: inout SIPMessage) {
        if !response.headers.contains(.server) { response.headers.append(.server, configuration.product) }
    }
}
