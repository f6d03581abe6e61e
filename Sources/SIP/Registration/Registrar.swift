package import Telephony

/// A small registrar for phones (RFC 3261 section 10.3): bindings of addresses-of-record as one value, each with its end.
package struct Registrar: Sendable {
    package struct Binding: Sendable, Equatable {
        package var contact: NameAddress
        package var hop: Hop
        package var callID: String
        package var cseq: UInt32
        package var expiresAt: Instant
    }

    /// The lifetime a phone gets when it names none, and the bounds, in seconds.
    package var defaultExpires: UInt32
    package var leastExpires: UInt32
    package var greatestExpires: UInt32
    /// Addresses-of-record that are kept at most.
    package var maximumAddresses: Int
    private var bindings: [String: [Binding]] = [:]

    package init(
        defaultExpires: UInt32 = 300, leastExpires: UInt32 = 60, greatestExpires: UInt32 = 3_600,
        maximumAddresses: Int = SIPLimits.registeredAddresses
    ) {
        self.maximumAddresses = maximumAddresses
        self.defaultExpires = defaultExpires
        self.leastExpires = leastExpires
        self.greatestExpires = greatestExpires
    }

    /// How many addresses-of-record have bindings.
    package var addressCount: Int { bindings.count }

    /// The key of an address-of-record: user and host, escapes undone.
    package static func address(of uri: AnyURI) -> String? {
        guard case .sip(let uri) = uri, let user = uri.user else { return nil }
        return "\(user)@\(uri.host)"
    }

    /// Live bindings of an address-of-record, the newest first.
    package func bindings(of address: String, at now: Instant) -> [Binding] {
        (bindings[address] ?? []).filter { $0.expiresAt > now }.sorted { $0.expiresAt > $1.expiresAt }
    }

    /// The binding that a URI means: the newest of its address-of-record, or the one with that contact, of several that of
    /// the first address.
    package func binding(reaching uri: SIPURI, at now: Instant) -> Binding? {
        if let address = Registrar.address(of: .sip(uri)), let newest = bindings(of: address, at: now).first {
            return newest
        }
        var found: (address: String, binding: Binding)?
        for (address, list) in bindings where found.map({ address < $0.address }) ?? true {
            let binding = list.first { binding in
                guard binding.expiresAt > now, let contact = binding.contact.uri.sip else { return false }
                return contact.escapedUser == uri.escapedUser && contact.host == uri.host
                    && (contact.port ?? 5_060) == (uri.port ?? 5_060)
            }
            if let binding { found = (address, binding) }
        }
        return found?.binding
    }

    /// When the next binding ends.
    package var deadline: Instant? { bindings.values.lazy.flatMap { $0 }.map(\.expiresAt).min() }

    /// Drops bindings whose time is over.
    /// - Returns: the addresses-of-record that lost one, sorted.
    package mutating func expire(at now: Instant) -> [String] {
        var changed: [String] = []
        for (address, list) in bindings {
            let kept = list.filter { $0.expiresAt > now }
            guard kept.count != list.count else { continue }
            changed.append(address)
            bindings[address] = kept.isEmpty ? nil : kept
        }
        return changed.sorted()
    }

    /// Answers a REGISTER that passed screening and authentication.
    /// - Returns: the response, and the address-of-record when its bindings changed.
    package mutating func receive(_ request: SIPMessage, from hop: Hop, tag: String, at now: Instant)
        -> (response: SIPMessage, changed: String?)
    {
        guard let to = request.to, let address = Registrar.address(of: to.uri), let callID = request.callID,
            let cseq = request.cseq
        else { return (request.response(400, tag: tag), nil) }
        var list = bindings(of: address, at: now)
        var changed = false
        switch request.contacts {
        case nil: break
        case .all?:
            guard request.expires == 0, request.headers.contains(.expires) else {
                return (request.response(400, tag: tag), nil)
            }
            changed = !list.isEmpty
            list = []
        case .list(let contacts)?:
            if let refusal = update(&list, contacts, request, hop, (callID, cseq.number), tag, now) {
                return (refusal, nil)
            }
            changed = true
        }
        if !list.isEmpty, bindings[address] == nil, bindings.count >= maximumAddresses {
            return (request.response(503, tag: tag), nil)
        }
        bindings[address] = list.isEmpty ? nil : list
        return (success(request, list, tag, now), changed ? address : nil)
    }

    private func update(
        _ list: inout [Binding], _ contacts: [NameAddress], _ request: SIPMessage, _ hop: Hop,
        _ origin: (callID: String, cseq: UInt32), _ tag: String, _ now: Instant
    ) -> SIPMessage? {
        for contact in contacts {
            guard let uri = contact.uri.sip else { return request.response(400, tag: tag) }
            let asked = contact.parameters.value("expires").flatMap { SIPMessage.deltaSeconds($0) } ?? request.expires
            let seconds = min(asked ?? defaultExpires, greatestExpires)
            if seconds > 0, seconds < leastExpires {
                var response = request.response(423, tag: tag)
                response.headers.append(.minExpires, "\(leastExpires)")
                return response
            }
            if let index = list.firstIndex(where: { $0.contact.uri.sip?.isEquivalent(to: uri) ?? false }) {
                // A request of the same client that is not newer comes late or again (section 10.3, step 7).
                if list[index].callID == origin.callID, list[index].cseq >= origin.cseq {
                    return request.response(500, tag: tag)
                }
                list.remove(at: index)
            }
            guard seconds > 0 else { continue }
            guard list.count < SIPLimits.bindingsPerAddress else { return request.response(403, tag: tag) }
            var stored = contact
            stored.parameters["expires"] = nil
            list.append(
                Binding(
                    contact: stored, hop: hop, callID: origin.callID, cseq: origin.cseq,
                    expiresAt: now + .seconds(Int64(seconds))))
        }
        return nil
    }

    private func success(_ request: SIPMessage, _ list: [Binding], _ tag: String, _ now: Instant) -> SIPMessage {
        var response = request.response(200, tag: tag)
        for binding in list {
            var contact = binding.contact
            let left = max(0, (binding.expiresAt - now).milliseconds / 1_000)
            contact.parameters["expires"] = .some("\(left)")
            response.headers.append(.contact, contact.description)
        }
        return response
    }
}
