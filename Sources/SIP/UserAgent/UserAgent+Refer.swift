package import Telephony

// Call transfer (RFC 3515), keys and other requests that commands send.
extension UserAgent {
    mutating func receiveRefer(_ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant) {
        guard var call = calls[handle], let target = request.referTo, let cseq = request.cseq else { return }
        guard call.peer.allowsRefer, call.state == .established else {
            respond(key, to: request, request.response(603, tag: nil), at: now)
            return
        }
        guard call.referSubscriptions.count < SIPLimits.referSubscriptions else {
            respond(key, to: request, request.response(486, tag: nil), at: now)
            return
        }
        call.referSubscriptions.append(
            SIPCall.ReferSubscription(id: cseq.number, transaction: key, request: request))
        store(call)
        let replaces = target.uri.sip?.headerPairs.first { $0.name.equalsIgnoringCase("Replaces") }
            .flatMap { Replaces($0.value) }
        emit(
            .referred(
                handle,
                ReferRequest(
                    id: cseq.number, target: target, referredBy: request.referredBy, replaces: replaces,
                    request: request)))
    }

    /// Takes a REFER on: 202, and the first NOTIFY.
    package mutating func acceptRefer(_ handle: SIPCallHandle, id: UInt32, at now: Instant) {
        if takeOn(handle, id: id, at: now) { notifyRefer(handle, id: id, status: 100, at: now) }
    }

    /// Answers a REFER with 202.
    /// - Returns: whether it had no answer yet.
    private mutating func takeOn(_ handle: SIPCallHandle, id: UInt32, at now: Instant) -> Bool {
        guard let call = calls[handle], let index = call.referSubscriptions.firstIndex(where: { $0.id == id }),
            let key = call.referSubscriptions[index].transaction
        else { return false }
        let request = call.referSubscriptions[index].request
        calls[handle]?.referSubscriptions[index].transaction = nil
        var response = request.response(202, tag: nil)
        response.headers.append(.contact, contact(call))
        respond(key, to: request, response, at: now)
        return true
    }

    package mutating func rejectRefer(_ handle: SIPCallHandle, id: UInt32, status: Int = 603, at now: Instant) {
        guard var call = calls[handle], let index = call.referSubscriptions.firstIndex(where: { $0.id == id }),
            let key = call.referSubscriptions[index].transaction
        else { return }
        let request = call.referSubscriptions.remove(at: index).request
        store(call)
        respond(key, to: request, request.response(status, tag: nil), at: now)
    }

    /// Reports how the new call fares; a final status ends the subscription. A REFER that is reported on before it had an
    /// answer is taken on with it: no NOTIFY goes out for one that is open.
    package mutating func notifyRefer(_ handle: SIPCallHandle, id: UInt32, status: Int, at now: Instant) {
        _ = takeOn(handle, id: id, at: now)
        guard var call = calls[handle], let index = call.referSubscriptions.firstIndex(where: { $0.id == id }) else {
            return
        }
        let isFinal = status >= 200
        if isFinal {
            call.referSubscriptions.remove(at: index)
            store(call)
        }
        let state =
            isFinal
            ? SubscriptionState(state: "terminated", reason: "noresource")
            : SubscriptionState(state: "active", expires: 60)
        sendInDialog(
            .notify, of: handle, for: .notify, body: Array("SIP/2.0 \(status) \(StatusCode.reason(status))\r\n".utf8),
            headers: [
                (.event, "refer;id=\(id)"), (.subscriptionState, state.description),
                (.contentType, "message/sipfrag;version=2.0"),
            ], at: now)
    }

    /// Asks the far end to call somebody else: a blind transfer, or with `replacing` an attended one (RFC 5589).
    ///
    /// - Parameter headers: fields to add beside Refer-To, such as `X-` ones and User-to-User.
    /// - Returns: whether a REFER is on its way, whose fate ``UserAgentEvent/referProgress(_:status:isFinal:)`` tells.
    @discardableResult
    package mutating func refer(
        _ handle: SIPCallHandle, to target: AnyURI, replacing other: SIPCallHandle? = nil,
        referredBy: NameAddress? = nil, headers more: [(name: HeaderName, value: String)] = [], at now: Instant
    ) -> Bool {
        guard let call = calls[handle], call.state == .established else { return false }
        var target = target
        if let other, let dialog = calls[other]?.dialog, case .sip(var uri) = target {
            // As the party that is called sees it: its own tag is our remote one.
            let replaces = Replaces(callID: dialog.id.callID, toTag: dialog.id.remoteTag, fromTag: dialog.id.localTag)
            let field = "Replaces=" + EscapedText.escaped(replaces.description)
            uri.headers = uri.headers.map { field + "&" + $0 } ?? field
            target = .sip(uri)
        }
        var headers: [(HeaderName, String)] = [(.referTo, NameAddress(uri: target).description)]
        let sender = referredBy ?? call.dialog.map { NameAddress(uri: $0.local.uri) }
        if let sender { headers.append((.referredBy, sender.description)) }
        headers += more.map { ($0.name, $0.value) }
        guard let key = sendInDialog(.refer, of: handle, for: .refer, headers: headers, at: now),
            let number = clients[key]?.request.cseq?.number
        else { return false }
        calls[handle]?.sentRefers.append(number)
        return true
    }

    mutating func receiveReferFinal(_ status: Int, _ entry: ClientTransaction, at now: Instant) {
        guard let handle = entry.call, calls[handle] != nil, status >= 300 else { return }
        if let number = entry.request.cseq?.number { calls[handle]?.sentRefers.removeAll { $0 == number } }
        emit(.referProgress(handle, status: status, isFinal: true))
        if endsDialog(status) { hangUp(handle, cause: StatusCode.q850(status), at: now) }
    }

    mutating func receiveNotify(_ handle: SIPCallHandle, _ request: SIPMessage, _ key: TransactionKey, at now: Instant)
    {
        guard var call = calls[handle] else { return }
        let event = (request.headers[.event] ?? "").split(separator: ";").map { String($0.filter { $0 != " " }) }
        guard event.first == "refer", !call.sentRefers.isEmpty, let state = request.subscriptionState else {
            respond(key, to: request, request.response(event.first == "refer" ? 481 : 489, tag: nil), at: now)
            return
        }
        let id = event.dropFirst().first { $0.hasPrefix("id=") }.flatMap { UInt32($0.dropFirst(3)) }
        if let id, !call.sentRefers.contains(id) {
            respond(key, to: request, request.response(481, tag: nil), at: now)
            return
        }
        respond(key, to: request, request.response(200, tag: nil), at: now)
        // The fragment is a status line, perhaps with fields behind it.
        let line = Array(request.body.prefix { $0 != 0x0D && $0 != 0x0A })
        let status = (try? SIPMessage(parsing: line + Array("\r\n\r\n".utf8)))?.status ?? 0
        let isFinal = state.state == "terminated"
        if isFinal {
            if let id { call.sentRefers.removeAll { $0 == id } } else { call.sentRefers.removeFirst() }
            calls[handle]?.sentRefers = call.sentRefers
        }
        emit(.referProgress(handle, status: status, isFinal: isFinal))
    }

    /// Sends a key by INFO, as `application/dtmf-relay`.
    package mutating func sendKey(
        _ handle: SIPCallHandle, _ digit: Digit, durationInMilliseconds: Int = 160, at now: Instant
    ) {
        guard calls[handle]?.state == .established else { return }
        sendInDialog(
            .info, of: handle, for: .info,
            body: Array("Signal=\(digit)\r\nDuration=\(durationInMilliseconds)\r\n".utf8),
            headers: [(.contentType, "application/dtmf-relay")], at: now)
    }

    /// What a Replaces must say to take the place of a call of ours: from the point of view of the far end.
    package func replaces(of handle: SIPCallHandle) -> Replaces? {
        calls[handle]?.dialog.map { Replaces(callID: $0.id.callID, toTag: $0.id.remoteTag, fromTag: $0.id.localTag) }
    }

    /// Where the far end of a call is reached: the Contact that it gave.
    package func remoteTarget(of handle: SIPCallHandle) -> SIPURI? { calls[handle]?.dialog?.remoteTarget }

    package func media(of handle: SIPCallHandle) -> NegotiatedMedia? { calls[handle]?.media.negotiated }

    /// The family of addresses that the open offer of a call wants its media on; `nil` where it says none.
    package func offeredFamily(of handle: SIPCallHandle) -> AddressFamily? { calls[handle]?.media.offeredFamily }
}
