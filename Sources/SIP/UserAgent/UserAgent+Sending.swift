package import Telephony

// Requests that go out, and their responses.
extension UserAgent {
    func advertised(_ transport: SIPTransport, _ peer: PeerProfile) -> AdvertisedAddress {
        peer.advertised[transport] ?? configuration.advertised[transport]
            ?? AdvertisedAddress(host: .ipv4(0x7F00_0001), port: transport.defaultPort)
    }

    /// The Contact of a call: where requests of the dialog reach Parley.
    func contact(_ call: SIPCall) -> String { contact(call.peer, call.hop.transport) }

    func contact(_ peer: PeerProfile, _ transport: SIPTransport) -> String {
        let address = advertised(transport, peer)
        var uri = SIPURI(user: "parley", host: address.host, port: address.port)
        if transport != .udp { uri.parameters["transport"] = .some(transport.rawValue) }
        return "<\(uri)>"
    }

    /// Opens a client transaction and sends the request; its Via goes on here.
    @discardableResult
    mutating func send(
        _ request: SIPMessage, for purpose: Purpose, call: SIPCallHandle?, peer: PeerProfile?, to hop: Hop,
        branch: String? = nil, at now: Instant
    ) -> TransactionKey? {
        guard let method = request.method else { return nil }
        var request = request
        let hop = hop.completed(for: peer)
        let branch = branch ?? entropy.branch()
        request.headers.remove(.via)
        request.headers.prepend(.via, via(hop.transport, peer, branch).description)
        if !request.headers.contains(.userAgent) { request.headers.append(.userAgent, configuration.product) }
        let octets = request.octets
        let isReliable = hop.transport.isReliable
        let machine: ClientTransaction.Machine =
            method == .invite
            ? .invite(InviteClientTransaction(isReliable: isReliable, timers: configuration.timers, at: now))
            : .other(NonInviteClientTransaction(isReliable: isReliable, timers: configuration.timers, at: now))
        let key = TransactionKey(branch: branch, method: method)
        clients[key] = ClientTransaction(
            machine: machine, request: request, octets: octets, hop: hop, call: call, purpose: purpose)
        send(octets, to: hop)
        scheduleClient(key)
        return key
    }

    func via(_ transport: SIPTransport, _ peer: PeerProfile?, _ branch: String) -> Via {
        let address =
            peer.map { advertised(transport, $0) } ?? configuration.advertised[transport]
            ?? AdvertisedAddress(host: .ipv4(0x7F00_0001), port: transport.defaultPort)
        var via = Via(transport: transport, host: address.host, port: address.port, branch: branch)
        if transport == .udp { via.parameters["rport"] = .some(nil) }
        return via
    }

    /// Sends a request of the dialog of a call.
    @discardableResult
    mutating func sendInDialog(
        _ method: SIPMethod, of handle: SIPCallHandle, for purpose: Purpose, body: [UInt8]? = nil,
        headers: [(HeaderName, String)] = [], at now: Instant
    ) -> TransactionKey? {
        guard var call = calls[handle], var dialog = call.dialog else { return nil }
        var request = dialog.request(method)
        call.dialog = dialog
        if [.invite, .update, .refer, .notify].contains(method) { request.headers.append(.contact, contact(call)) }
        if [.invite, .update].contains(method) {
            request.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
            request.headers.append(.supported, configuration.screening.extensions.joined(separator: ", "))
        }
        for (name, value) in headers { request.headers.append(name, value) }
        if let body {
            request.body = body
            if !request.headers.contains(.contentType) { request.headers.append(.contentType, "application/sdp") }
        }
        dialog = call.dialog ?? dialog
        calls[handle] = call
        let key = send(request, for: purpose, call: handle, peer: call.peer, to: dialogHop(call), at: now)
        if method == .invite { calls[handle]?.clientKey = key }
        if method != .bye { noteDialog(handle) }
        return key
    }

    /// Where requests of a dialog go: the first route or the remote target where that is an address; else, and where the
    /// peer's profile says so, to where its messages came from. Names that a peer wrote are not resolved.
    func dialogHop(_ call: SIPCall) -> Hop {
        guard let dialog = call.dialog, !call.peer.usesSourceAddress else { return call.hop }
        let next = dialog.nextHop
        let transport = call.hop.transport
        guard (next.isSecure ? .tls : next.transport ?? transport) == transport,
            let address = next.host.address(port: next.port ?? transport.defaultPort), address.isUnicast
        else { return call.hop }
        // The stream that the call came on is taken while it lives, a new one to the address after it.
        var hop = call.hop
        hop.address = address
        return hop
    }

    mutating func receive(response: SIPMessage, at now: Instant) {
        guard configuration.screening.verdict(on: response, tag: "") == .accept, response.vias?.count == 1,
            let status = response.status, let key = TransactionKey(response: response), var entry = clients[key]
        else {
            drops.strayResponses += 1
            return
        }
        let isForCore: Bool
        switch entry.machine {
        case .invite(var machine):
            let action = machine.receive(status: status, at: now)
            if entry.call.map({ calls[$0] == nil }) ?? true { machine.limit(at: now) }
            entry.machine = .invite(machine)
            if action == .passAndAcknowledge || action == .acknowledge { acknowledge(response, entry) }
            isForCore = action == .pass || action == .passAndAcknowledge
            if machine.isTerminated { clients[key] = nil } else { clients[key] = entry }
        case .other(var machine):
            isForCore = machine.receive(status: status, at: now)
            entry.machine = .other(machine)
            if machine.isTerminated { clients[key] = nil } else { clients[key] = entry }
        }
        clients[key]?.scheduled = nil
        scheduleClient(key)
        guard isForCore else { return }
        if status < 200 {
            receive(provisional: response, of: entry, at: now)
        } else {
            receive(final: response, status: status, of: entry, at: now)
        }
    }

    /// The ACK of a response of 300 to 699, with the INVITE's branch (RFC 3261 section 17.1.1.3).
    private mutating func acknowledge(_ response: SIPMessage, _ entry: ClientTransaction) {
        guard case .request(_, let uri) = entry.request.startLine, let cseq = entry.request.cseq else { return }
        var ack = SIPMessage(.request(.ack, uri: uri))
        for name in [HeaderName.via, .route, .from] {
            for value in entry.request.headers.values(name) { ack.headers.append(name, value) }
        }
        ack.headers.append(.to, response.headers[.to] ?? "")
        ack.headers.append(.callID, entry.request.headers[.callID] ?? "")
        ack.headers.append(.cseq, CSeq(number: cseq.number, method: .ack).description)
        ack.headers.append(.maxForwards, "70")
        send(ack.octets, to: entry.hop)
    }

    private mutating func receive(provisional response: SIPMessage, of entry: ClientTransaction, at now: Instant) {
        guard let handle = entry.call, case .invite = entry.purpose, response.status != 100 else {
            if let handle = entry.call, case .invite = entry.purpose { sendCancelIfWanted(handle, at: now) }
            return
        }
        receiveProgress(handle, response, at: now)
        sendCancelIfWanted(handle, at: now)
    }

    /// A final response, or none in time (`status` 408) or a broken transport (503).
    mutating func receive(final response: SIPMessage?, status: Int, of entry: ClientTransaction, at now: Instant) {
        if status == 401 || status == 407, let response, retryWithCredentials(response, entry, at: now) { return }
        switch entry.purpose {
        case .invite: receiveInviteFinal(response, status, entry, at: now)
        case .reoffer, .refreshByUpdate: receiveReofferFinal(response, status, entry, at: now)
        case .bye: if let handle = entry.call { forget(handle, at: now) }
        case .cancel: break
        case .prack, .info, .notify: failDialogIfGone(entry.call, status, at: now)
        case .refer: receiveReferFinal(status, entry, at: now)
        case .register(let id): receiveRegistrationFinal(id, response, status, at: now)
        case .probe: emit(.probed(entry.hop, status: response?.status))
        }
    }

    /// RFC 3261 section 12.2.1.2: 481 and 408 end the dialog.
    func endsDialog(_ status: Int) -> Bool { status == 481 || status == 408 }

    private mutating func failDialogIfGone(_ handle: SIPCallHandle?, _ status: Int, at now: Instant) {
        guard let handle, endsDialog(status) else { return }
        hangUp(handle, cause: StatusCode.q850(status), as: status == 408 ? .timeout : .refused(status: status), at: now)
    }

    /// Sends a challenged request again. Only calls that Parley placed, and registrations, have credentials to give: a peer
    /// that calls in cannot ask for them.
    private mutating func retryWithCredentials(_ response: SIPMessage, _ entry: ClientTransaction, at now: Instant)
        -> Bool
    {
        if case .register(let id) = entry.purpose { return retryRegistration(id, response, entry, at: now) }
        guard let handle = entry.call, var call = calls[handle], call.isOutgoing, var digest = call.digest else {
            return false
        }
        let action = digest.answer(response, to: entry.request, entropy: &entropy)
        call.digest = digest
        guard case .retry(let name, let value) = action, let cseq = entry.request.cseq else {
            calls[handle] = call
            return false
        }
        var request = entry.request
        let number = call.dialog?.takeCSeq() ?? cseq.number &+ 1
        request.headers.replace(.cseq, CSeq(number: number, method: cseq.method).description)
        request.headers.replace(name, value)
        if case .invite = entry.purpose { call.invite = request }
        calls[handle] = call
        let key = send(request, for: entry.purpose, call: handle, peer: call.peer, to: entry.hop, at: now)
        if cseq.method == .invite { calls[handle]?.clientKey = key }
        if cseq.method != .bye { noteDialog(handle) }
        return true
    }

    /// The stream to a peer broke, or could not be opened.
    package mutating func transportFailed(_ hop: Hop, at now: Instant) {
        let broken = clients.filter { $0.value.hop == hop }.sorted {
            $0.value.octets.lexicographicallyPrecedes($1.value.octets)
        }
        for (key, entry) in broken {
            let isWaiting =
                switch entry.machine {
                case .invite(let machine): machine.isCalling
                case .other(let machine): machine.deadline.map { _ in !machine.isTerminated } ?? false
                }
            guard isWaiting, clients[key] != nil else { continue }
            clients[key] = nil
            // RFC 3261 section 8.1.3.1: as a 503.
            receive(final: nil, status: 503, of: entry, at: now)
        }
    }

    /// Asks a peer whether it is there: OPTIONS. The answer comes as ``UserAgentEvent/probed(_:status:)``.
    ///
    /// - Parameter peer: by its profile Parley names itself, where it has one.
    package mutating func probe(_ uri: SIPURI, via hop: Hop, of peer: PeerProfile? = nil, at now: Instant) {
        let address = peer.map { advertised(hop.transport, $0) } ?? configuration.advertised[hop.transport]
        var request = SIPMessage(.request(.options, uri: uri.description))
        var own = SIPURI(user: "parley", host: address?.host ?? .ipv4(0x7F00_0001), port: address?.port)
        request.headers.append(.maxForwards, "70")
        request.headers.append(.from, "<\(own)>;tag=\(entropy.token())")
        request.headers.append(.to, "<\(uri)>")
        request.headers.append(.callID, entropy.token())
        request.headers.append(.cseq, "1 OPTIONS")
        if hop.transport != .udp { own.parameters["transport"] = .some(hop.transport.rawValue) }
        request.headers.append(.contact, "<\(own)>")
        request.headers.append(.accept, "application/sdp")
        request.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        send(request, for: .probe, call: nil, peer: peer, to: hop, at: now)
    }
}
