/// By what a message finds its SIP dialog (RFC 3261 section 12).
package struct SIPDialogID: Hashable, Sendable {
    package var callID: String
    package var localTag: String
    /// Empty when the far end is of RFC 2543 and has none.
    package var remoteTag: String

    package init(callID: String, localTag: String, remoteTag: String) {
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
    }

    /// Of a request that came in, when its To has a tag.
    package init?(request: SIPMessage) {
        guard let callID = request.callID, let localTag = request.to?.tag, let from = request.from else { return nil }
        self.init(callID: callID, localTag: localTag, remoteTag: from.tag ?? "")
    }

    /// Of a response that came in.
    package init?(response: SIPMessage) {
        guard let callID = response.callID, let localTag = response.from?.tag, let to = response.to else { return nil }
        self.init(callID: callID, localTag: localTag, remoteTag: to.tag ?? "")
    }
}

/// A SIP dialog: the peer-to-peer relation of two user agents (RFC 3261 section 12).
package struct SIPDialog: Sendable {
    package enum State: Sendable, Equatable {
        case early
        case confirmed
        case terminated
    }

    /// Where a request stands in the order of the dialog (RFC 3261 section 12.2.2).
    package enum Order: Sendable, Equatable {
        case inOrder
        /// Its CSeq is not greater than one that came before: 500.
        case outOfOrder
    }

    package private(set) var state: State
    package let id: SIPDialogID
    /// With the tag.
    package let local: NameAddress
    package private(set) var remote: NameAddress
    package private(set) var remoteTarget: SIPURI
    package private(set) var routeSet: [NameAddress]
    package private(set) var localCSeq: UInt32
    package private(set) var remoteCSeq: UInt32?

    /// The UAS side of a request that makes a dialog (section 12.1.1); `nil` without a Contact to answer to. A caller of RFC
    /// 2543, which has no From tag, need not have one: its From is the target then.
    package init?(uas request: SIPMessage, localTag: String) {
        guard let callID = request.callID, var to = request.to, let from = request.from, let cseq = request.cseq,
            let target = request.remoteTarget ?? (from.tag == nil ? from.uri.sip : nil)
        else { return nil }
        to.tag = localTag
        state = .early
        id = SIPDialogID(callID: callID, localTag: localTag, remoteTag: from.tag ?? "")
        local = to
        remote = from
        remoteTarget = target
        routeSet = request.recordRoutes
        localCSeq = 0
        remoteCSeq = cseq.number
    }

    /// The UAC side, from a response with a To tag (section 12.1.2); `nil` without a Contact.
    /// - Parameter fallbackTarget: for provisional responses without a Contact, whose dialog is only told apart.
    package init?(uac request: SIPMessage, response: SIPMessage, fallbackTarget: SIPURI?) {
        guard let callID = response.callID, let to = response.to, let from = request.from, let cseq = request.cseq,
            let localTag = from.tag, let target = response.remoteTarget ?? fallbackTarget
        else { return nil }
        state = .early
        id = SIPDialogID(callID: callID, localTag: localTag, remoteTag: to.tag ?? "")
        local = from
        remote = to
        remoteTarget = target
        routeSet = response.recordRoutes.reversed()
        localCSeq = cseq.number
        remoteCSeq = nil
    }

    /// A confirmed dialog as it was known elsewhere.
    init(
        id: SIPDialogID, local: NameAddress, remote: NameAddress, remoteTarget: SIPURI, routeSet: [NameAddress],
        localCSeq: UInt32
    ) {
        state = .confirmed
        self.id = id
        self.local = local
        self.remote = remote
        self.remoteTarget = remoteTarget
        self.routeSet = routeSet
        self.localCSeq = localCSeq
        remoteCSeq = nil
    }

    /// The dialog is confirmed by a 2xx, whose route set and target replace those of an early one (section 13.2.2.4).
    package mutating func confirm(with response: SIPMessage? = nil) {
        guard state != .terminated else { return }
        if let response, state == .early {
            if response.headers.contains(.recordRoute) { routeSet = response.recordRoutes.reversed() }
            if let target = response.remoteTarget { remoteTarget = target }
        }
        state = .confirmed
    }

    package mutating func terminate() { state = .terminated }

    /// Remote target refresh by an INVITE or UPDATE or its 2xx (section 12.2).
    package mutating func refreshTarget(from message: SIPMessage) {
        if let target = message.remoteTarget { remoteTarget = target }
    }

    /// A request came in on the dialog. ACK and CANCEL have the number of their INVITE and are not judged here.
    package mutating func receive(_ cseq: CSeq) -> Order {
        if let remoteCSeq, cseq.number <= remoteCSeq { return .outOfOrder }
        remoteCSeq = cseq.number
        return .inOrder
    }

    /// The next request on the dialog, without Via and Contact (section 12.2.1.1).
    /// - Parameter cseq: of the INVITE, for its ACK; `nil` takes the next number.
    package mutating func request(_ method: SIPMethod, cseq: UInt32? = nil) -> SIPMessage {
        if cseq == nil { localCSeq &+= 1 }
        var uri = remoteTarget
        var routes = routeSet
        if let first = routeSet.first?.uri.sip, !first.isLooseRouter {
            // A strict router takes the Request-URI and puts the target at the end of the route.
            uri = first
            uri.headers = nil
            routes = Array(routeSet.dropFirst()) + [NameAddress(uri: .sip(remoteTarget))]
        }
        uri.headers = nil
        uri.parameters["method"] = nil
        var message = SIPMessage(.request(method, uri: uri.description))
        for route in routes { message.headers.append(.route, route.description) }
        message.headers.append(.maxForwards, "70")
        message.headers.append(.from, local.description)
        message.headers.append(.to, remote.description)
        message.headers.append(.callID, id.callID)
        message.headers.append(.cseq, CSeq(number: cseq ?? localCSeq, method: method).description)
        return message
    }

    /// The URI to which the next request goes: the first route, or the target (section 8.1.2).
    package var nextHop: SIPURI { routeSet.first?.uri.sip ?? remoteTarget }

    /// Lets a request that is sent again with credentials have the next number (section 22.2).
    package mutating func takeCSeq() -> UInt32 {
        localCSeq &+= 1
        return localCSeq
    }
}
