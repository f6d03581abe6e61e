package import Telephony

/// How a registration fares.
package enum RegistrationState: Sendable, Equatable {
    /// The registrar keeps the binding for so many seconds.
    case registered(seconds: UInt32)
    /// It was taken back.
    case unregistered
    /// The registrar refused, or did not answer (408); it is tried again after so many seconds.
    case failed(status: Int, retryInSeconds: UInt32)
}

/// A binding to keep up at a registrar (RFC 3261 section 10.2).
package struct RegistrationRequest: Sendable {
    /// Such as `sip:example.com`.
    package var registrar: SIPURI
    package var address: NameAddress
    package var hops: [Hop]
    package var peer: PeerProfile
    /// Seconds that are asked for.
    package var expires: UInt32

    package init(registrar: SIPURI, address: NameAddress, hops: [Hop], peer: PeerProfile, expires: UInt32 = 600) {
        self.registrar = registrar
        self.address = address
        self.hops = hops
        self.peer = peer
        self.expires = expires
    }
}

/// A registration that is kept up.
struct Registration: Sendable {
    var request: RegistrationRequest
    let callID: String
    let tag: String
    var cseq: UInt32 = 0
    var expires: UInt32
    var digest: DigestClient?
    var refreshAt: Instant?
    var failures: Int64 = 0
    var isEnding = false
}

// Registering with others.
extension UserAgent {
    /// Registers, and keeps it up.
    package mutating func register(_ request: RegistrationRequest, at now: Instant) -> RegistrationID {
        let id = RegistrationID(nextHandle())
        var registration = Registration(
            request: request, callID: entropy.token(), tag: entropy.token(), expires: request.expires)
        if let credentials = request.peer.credentials { registration.digest = DigestClient(credentials) }
        registrations[id] = registration
        sendRegister(id, at: now)
        return id
    }

    /// Takes the binding back.
    package mutating func unregister(_ id: RegistrationID, at now: Instant) {
        guard registrations[id] != nil else { return }
        registrations[id]?.isEnding = true
        registrations[id]?.expires = 0
        sendRegister(id, at: now)
    }

    private mutating func sendRegister(_ id: RegistrationID, at now: Instant) {
        guard var registration = registrations[id], !registration.request.hops.isEmpty else { return }
        let hop = registration.request.hops[Int(registration.failures) % registration.request.hops.count]
        registration.cseq &+= 1
        registration.refreshAt = nil
        if let credentials = registration.request.peer.credentials { registration.digest = DigestClient(credentials) }
        registrations[id] = registration
        var address = registration.request.address
        var message = SIPMessage(.request(.register, uri: registration.request.registrar.description))
        message.headers.append(.maxForwards, "70")
        address.tag = nil
        message.headers.append(.to, address.description)
        address.tag = registration.tag
        message.headers.append(.from, address.description)
        message.headers.append(.callID, registration.callID)
        message.headers.append(.cseq, "\(registration.cseq) REGISTER")
        message.headers.append(.contact, contact(registration.request.peer, hop.transport))
        message.headers.append(.expires, "\(registration.expires)")
        message.headers.append(.allow, configuration.screening.methods.map(\.name).joined(separator: ", "))
        send(message, for: .register(id), call: nil, peer: registration.request.peer, to: hop, at: now)
    }

    mutating func retryRegistration(
        _ id: RegistrationID, _ response: SIPMessage, _ entry: ClientTransaction, at now: Instant
    ) -> Bool {
        guard var registration = registrations[id], var digest = registration.digest,
            case .retry(let name, let value) = digest.answer(response, to: entry.request, entropy: &entropy)
        else { return false }
        registration.digest = digest
        registration.cseq &+= 1
        registrations[id] = registration
        var request = entry.request
        request.headers.replace(.cseq, "\(registration.cseq) REGISTER")
        request.headers.replace(name, value)
        send(request, for: .register(id), call: nil, peer: registration.request.peer, to: entry.hop, at: now)
        return true
    }

    mutating func receiveRegistrationFinal(
        _ id: RegistrationID, _ response: SIPMessage?, _ status: Int, at now: Instant
    ) {
        guard var registration = registrations[id] else { return }
        if registration.isEnding {
            registrations[id] = nil
            emit(.registration(id, .unregistered))
            return
        }
        if status == 423, let least = response?.minExpires, least > registration.expires, least <= 86_400 {
            registration.expires = least
            registrations[id] = registration
            sendRegister(id, at: now)
            return
        }
        if status < 300, let response {
            let granted = granted(response, registration)
            registration.failures = 0
            // Well before the end, so that a lost request or two do no harm.
            let seconds = granted > 120 ? Int64(granted) - 60 : Int64(granted) / 2
            registration.refreshAt = now + .seconds(max(1, seconds))
            emit(.registration(id, .registered(seconds: granted)))
        } else {
            registration.failures += 1
            let steps = min(registration.failures - 1, 5)
            let wait = response?.retryAfter.map { min(Int64($0), 3_600) } ?? min(30 << steps, 600)
            // Spread, so that many trunks do not come back in one instant.
            let seconds = wait + Int64(entropy.number(below: UInt64(wait / 4 + 1)))
            registration.refreshAt = now + .seconds(seconds)
            emit(.registration(id, .failed(status: status, retryInSeconds: UInt32(seconds))))
        }
        registrations[id] = registration
        if let at = registration.refreshAt { schedule(.registration(id), at: at) }
    }

    /// The lifetime of our own binding among those that the registrar lists (RFC 3261 section 10.2.4).
    private func granted(_ response: SIPMessage, _ registration: Registration) -> UInt32 {
        let user = "parley"
        var seconds = response.expires ?? registration.expires
        if case .list(let contacts)? = response.contacts {
            let own = contacts.first { $0.uri.sip?.user == user } ?? contacts.first
            if let value = own?.parameters.value("expires").flatMap({ SIPMessage.deltaSeconds($0) }) { seconds = value }
        }
        return min(max(seconds, 1), 86_400)
    }

    mutating func advanceRegistration(_ id: RegistrationID, to now: Instant) {
        guard let at = registrations[id]?.refreshAt, at <= now else { return }
        sendRegister(id, at: now)
    }
}

// Phones that register here.
extension UserAgent {
    mutating func receiveRegister(
        _ request: SIPMessage, _ key: TransactionKey, from hop: Hop, peer: PeerProfile, at now: Instant
    ) {
        guard isAuthenticated(request, key, from: hop, peer: peer, at: now), configuration.registrar != nil else {
            return
        }
        let tag = entropy.token()
        guard var registrar = configuration.registrar else { return }
        let (response, changed) = registrar.receive(request, from: hop, tag: tag, at: now)
        configuration.registrar = registrar
        respond(key, to: request, response, at: now)
        guard let changed else { return }
        emit(.bindingsChanged(address: changed))
        scheduleRegistrar(registrar.bindings(of: changed, at: now).last?.expiresAt)
    }

    /// One entry at a time, so that a flood of REGISTERs fills no heap.
    private mutating func scheduleRegistrar(_ end: Instant?) {
        guard let end else { return }
        if let known = registrarTimer, known <= end { return }
        registrarTimer = end
        schedule(.registrar, at: end)
    }

    mutating func expireBindings(at now: Instant) {
        guard let due = registrarTimer, due <= now else { return }
        registrarTimer = nil
        guard var registrar = configuration.registrar else { return }
        for address in registrar.expire(at: now) { emit(.bindingsChanged(address: address)) }
        configuration.registrar = registrar
        scheduleRegistrar(registrar.deadline)
    }

    /// The binding that a URI means, by its address-of-record or by the contact itself.
    package func binding(reaching uri: SIPURI, at now: Instant) -> Registrar.Binding? {
        configuration.registrar?.binding(reaching: uri, at: now)
    }

    /// Live bindings of an address-of-record, such as `alice@example.com`.
    package func bindings(of address: String, at now: Instant) -> [Registrar.Binding] {
        configuration.registrar?.bindings(of: address, at: now) ?? []
    }
}
