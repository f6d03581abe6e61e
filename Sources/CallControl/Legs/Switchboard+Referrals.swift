import BasicContainers
import Routing
import SIP
import Telephony

// REFER both ways (RFC 3515): what a party wants of Parley, and what Parley wants of the caller's trunk.

extension Switchboard {
    // MARK: - In

    /// A party wants its call to go to somebody else.
    mutating func referred(
        _ request: ReferRequest, _ handle: SIPCallHandle, _ line: Signalling.Dialled, at now: Instant
    ) {
        guard let wishes = ReferredCall(request, by: line.leg), let uri = wishes.uri else {
            signalling?.userAgent.rejectRefer(handle, id: request.id, at: now)
            return
        }
        receive(
            .leg(
                line.call,
                .referred(
                    line.leg, id: request.id, target: uri.description, replaces: leg(of: request, line), wishes: wishes)
            ), at: now)
    }

    /// A caller wants somebody else to go on with whoever speaks with the caller.
    mutating func callerReferred(_ request: ReferRequest, _ handle: SIPCallHandle, at now: Instant) {
        guard let line = signalling?.lines[handle], line.trunk.transfers.takesReferOfCallers, serials[line.call] != nil,
            let wishes = ReferredCall(request, by: .caller), let uri = wishes.uri
        else {
            signalling?.userAgent.rejectRefer(handle, id: request.id, at: now)
            return
        }
        receive(
            .leg(
                line.call,
                .referred(.caller, id: request.id, target: uri.description, replaces: nil, wishes: wishes)), at: now)
    }

    /// The one to whom the caller referred is the caller from now on: the former one is told so, and let go.
    mutating func succeedCaller(_ leg: LegID, _ media: MediaDescription, of place: CallPlace, at now: Instant) {
        let call = groups[place.group].calls[place.index].id
        if let id = groups[place.group].calls[place.index].comeInCallersPlace(media, at: now) {
            if signalling == nil {
                outputs.append(.leg(call, .referProgress(.caller, id: id, status: 200)))
            } else {
                report(200, of: id, .caller, of: call, at: now)
                signalling?.succeedCaller(of: call, leg, at: now)
            }
            use(media, by: .caller, of: place)
        }
        groups[place.group].calls[place.index].drainSession()
        collect(place, at: now)
    }

    /// The leg of the same call that a REFER wants replaced.
    private func leg(of request: ReferRequest, _ line: Signalling.Dialled) -> LegID? {
        guard let replaces = request.replaces, let signalling else { return nil }
        for (handle, other) in signalling.dialled.sorted(by: { $0.key < $1.key }) where other.call == line.call {
            if signalling.userAgent.replaces(of: handle)?.callID == replaces.callID { return other.leg }
        }
        return nil
    }

    /// Answers a REFER with its first news, and reports on it with the others (RFC 3515 section 2.4.4).
    mutating func report(_ status: Int, of id: UInt32, _ leg: LegID, of call: CallID, at now: Instant) {
        guard let handle = signalling?.handle(of: call, leg) else { return }
        if signalling?.hasTakenOn(id, handle) == true {
            signalling?.userAgent.notifyRefer(handle, id: id, status: status, at: now)
        } else if status >= 300 {
            signalling?.userAgent.rejectRefer(handle, id: id, status: status, at: now)
        } else {
            signalling?.takeOn(id, handle)
            // This says 100 by itself.
            signalling?.userAgent.acceptRefer(handle, id: id, at: now)
            if status > 100 { signalling?.userAgent.notifyRefer(handle, id: id, status: status, at: now) }
        }
    }

    // MARK: - Out

    mutating func refer(_ referral: Referral, _ leg: LegID, of call: CallID, at now: Instant) {
        guard let handle = signalling?.handle(of: call, leg), let uri = signalling?.target(of: referral, handle),
            signalling?.refer(handle, to: uri, referral, of: call, at: now) == true
        else { return receive(.leg(call, .referProgress(leg, status: 403, isFinal: true)), at: now) }
    }
}

extension Signalling {
    fileprivate func hasTakenOn(_ id: UInt32, _ handle: SIPCallHandle) -> Bool {
        dialled[handle]?.referrals.contains(id) ?? lines[handle]?.referrals.contains(id) ?? false
    }

    fileprivate mutating func takeOn(_ id: UInt32, _ handle: SIPCallHandle) {
        dialled[handle]?.referrals.insert(id)
        lines[handle]?.referrals.insert(id)
    }

    /// A leg's SIP call is the caller's from now on; the former one ends.
    fileprivate mutating func succeedCaller(of call: CallID, _ leg: LegID, at now: Instant) {
        guard let new = handle(of: call, leg) else { return }
        let old = handles[call]
        dialled[new]?.leg = .caller
        handles[call] = new
        guard let old else { return }
        if let line = lines.removeValue(forKey: old) {
            ports[line.ports.place].giveBack(line.ports, at: now)
            if !line.isGone { userAgent.hangUp(old, at: now) }
        } else if let line = dialled.removeValue(forKey: old) {
            ports[line.ports.place].giveBack(line.ports, at: now)
            if let permit = line.permit { outbound.ended(permit) }
            userAgent.hangUp(old, at: now)
        }
    }

    private func trunk(of handle: SIPCallHandle) -> Trunk? { lines[handle]?.trunk ?? dialled[handle]?.trunk }

    /// Where a referred call goes: to a phone that registered here, over the trunk of the party that referred where it
    /// leads out, else over any other.
    func resolved(_ wanted: DialPlan, of call: CallID, at now: Instant) -> DialPlan {
        var plan = wanted
        guard let referred = plan.referred, let trunk = handle(of: call, referred.by).flatMap({ trunk(of: $0) }) else {
            return plan
        }
        if !trunk.gateways.isEmpty { plan.trunk = trunk.name }
        guard case .sip(var uri)? = referred.uri else { return plan }
        if trunk.servesRegistrations, let contact = phone(reaching: uri, at: now) {
            plan.contact = contact
            return plan
        }
        if let user = uri.user, isOwn(uri, trunk) {
            // A phone writes a number as one of its own domain.
            plan.target = user
            return plan
        }
        let known = ["user", "transport"]
        uri.parameters = Parameters(
            known.compactMap { name in uri.parameters.value(name).map { (name, Optional($0)) } })
        plan.target = uri.description
        return plan
    }

    /// The phone that a URI means, with whichever shard it registered: by its address-of-record, or by the contact itself.
    private func phone(reaching uri: SIPURI, at now: Instant) -> PhoneContact? {
        if let binding = userAgent.binding(reaching: uri, at: now) {
            return PhoneContact(uri: binding.contact.uri, hop: binding.hop)
        }
        if let address = Registrar.address(of: .sip(uri)), let newest = phones[address]?.first { return newest }
        for address in phones.keys.sorted() {
            let found = phones[address]?.first { contact in
                guard case .sip(let known) = contact.uri else { return false }
                return known.user == uri.user && known.host == uri.host && (known.port ?? 5_060) == (uri.port ?? 5_060)
            }
            if let found { return found }
        }
        return nil
    }

    /// A URI that leads to Parley itself, where nobody but its phones and numbers are.
    private func isOwn(_ uri: SIPURI, _ trunk: Trunk) -> Bool {
        func isTold(_ place: AdvertisedAddress) -> Bool {
            place.host == uri.host && (uri.port == nil || uri.port == place.port)
        }
        return trunk.places.contains { isTold($0.advertised) }
            || configuration.advertised.values.contains(where: isTold)
            || trunk.authentication.map { $0.realm.lowercased() == uri.host.description.lowercased() } ?? false
    }

    /// The URI of a Refer-To. Whom it may name is ruled by the same lists as whom Parley may call.
    fileprivate func target(of referral: Referral, _ handle: SIPCallHandle) -> AnyURI? {
        if let other = referral.replaces {
            guard let place = lines[handle]?.call, let held = self.handle(of: place, other),
                trunk(of: held)?.name == trunk(of: handle)?.name, let uri = userAgent.remoteTarget(of: held)
            else { return nil }
            return .sip(uri)
        }
        guard let target = outbound.permits(referral.target) else { return nil }
        switch target.form {
        case .uri: return AnyURI(target.description)
        case .number(let number):
            let gateway = trunk(of: handle)?.gateways.first ?? lines[handle]?.incoming.hop
            guard let address = gateway?.address else { return nil }
            return AnyURI("sip:\(number)@\(Host(address)):\(address.port);user=phone")
        }
    }

    /// Sends a REFER: what the new call is to be told stands in the Refer-To for those who take it from there, and beside it
    /// for the others.
    fileprivate mutating func refer(
        _ handle: SIPCallHandle, to target: AnyURI, _ referral: Referral, of call: CallID, at now: Instant
    ) -> Bool {
        guard let trunk = trunk(of: handle), case .sip(var uri) = target else { return false }
        var headers = trunk.fields(referral.headers)
        var asked = headers.map { "\(EscapedText.escaped($0.name.spelling))=\(EscapedText.escaped($0.value))" }
        if let key = referral.userToUser {
            headers.append((name: .userToUser, value: key))
            asked.insert("User-to-User=" + EscapedText.escaped(key), at: 0)
        }
        uri.headers = asked.isEmpty ? nil : asked.joined(separator: "&")
        let other = referral.replaces.flatMap { self.handle(of: call, $0) }
        return userAgent.refer(handle, to: .sip(uri), replacing: other, headers: headers, at: now)
    }
}

extension Trunk {
    /// Header fields as the trunk's far end knows their names.
    func fields(_ headers: [(name: String, value: String)]) -> [(name: HeaderName, value: String)] {
        headers.map { (HeaderName(transfers.lowersHeaderNames ? $0.name.lowercased() : $0.name), $0.value) }
    }
}

extension ReferredCall {
    /// Fields of an INVITE that nobody but its sender writes: those of the request's own make (RFC 3261 section 19.1.5) and
    /// those that say who somebody is.
    private static let own: Set<String> = [
        "accept", "accept-encoding", "accept-language", "alert-info", "allow", "allow-events", "authorization", "b",
        "body", "c", "call-id", "call-info", "contact", "content-disposition", "content-encoding", "content-language",
        "content-length", "content-type", "cseq", "date", "diversion", "e", "expires", "f", "from", "history-info", "i",
        "identity", "identity-info", "k", "l", "m", "max-forwards", "mime-version", "min-se", "o", "organization",
        "p-asserted-identity", "p-preferred-identity", "priority", "privacy", "proxy-authorization", "proxy-require",
        "r", "record-route", "refer-to", "referred-by", "remote-party-id", "replaces", "require", "route", "s",
        "session-expires", "subject", "supported", "t", "timestamp", "to", "u", "user-agent", "v", "via", "x",
    ]

    /// - Returns: `nil` for what is no request for a call.
    fileprivate init?(_ request: ReferRequest, by leg: LegID) {
        self.init(by: leg, id: request.id)
        var target = request.target.uri
        if case .sip(var sip) = target {
            if let method = sip.parameters.value("method") {
                guard method == "INVITE" else { return nil }
                sip.parameters["method"] = nil
            }
            for pair in sip.headerPairs where !ReferredCall.own.contains(pair.name.lowercased()) {
                guard headers.count < 8 else { break }
                headers.append(pair)
            }
            sip.headers = nil
            target = .sip(sip)
        }
        uri = target
        replaces = request.replaces
        referredBy = request.request.headers[.referredBy]
    }

    /// What the new INVITE is told.
    var fields: [(name: HeaderName, value: String)] {
        var fields = headers.map { (name: HeaderName($0.name), value: $0.value) }
        if let referredBy { fields.append((name: .referredBy, value: referredBy)) }
        return fields
    }
}
