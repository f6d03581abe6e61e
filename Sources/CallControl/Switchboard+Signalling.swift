import BasicContainers
import CallFlow
import DSP
import RTP
import Routing
package import SIP
import Telephony

// SIP and calls: what the user agent tells becomes calls, and what calls want becomes signalling.
//
//     INVITE ──> trunk ──> agent, ports ──> 200 with the answer ──> call ──> ... ──> BYE

extension Switchboard {
    /// Takes what came on a signalling connection, and does what follows from it.
    mutating func receive(_ input: SignallingInput, at now: Instant) {
        guard signalling != nil else { return }
        switch input {
        case .datagram(let octets, let hop): signalling?.userAgent.receive(octets, from: hop, at: now)
        case .message(let message, let hop): signalling?.userAgent.receive(message, from: hop, at: now)
        case .failed(let hop): signalling?.userAgent.transportFailed(hop, at: now)
        case .wallTime(let time): signalling?.wall = (time, now)
        case .drain: signalling?.userAgent.isDraining = true
        case .trunks(let trunks): signalling?.take(trunks)
        case .outbound(let rules): signalling?.outbound.take(rules)
        case .lookUps(let limit): signalling?.lookUp(limit)
        case .phone(let address, let contacts): signalling?.phones[address] = contacts.isEmpty ? nil : contacts
        case .probe(let trunk): signalling?.probe(trunk, at: now)
        case .register(let name, let request): signalling?.register(name, request, at: now)
        case .unregister(let name): signalling?.unregister(name, at: now)
        case .endDialog(let record):
            if signalling?.end(record, at: now) != true { outputs.append(.dialogOver(record.id)) }
        }
        drainSignalling(at: now)
    }

    /// Does what the user agent tells, until it tells nothing more.
    mutating func drainSignalling(at now: Instant) {
        while true {
            if let event = signalling?.userAgent.poll() {
                if !takeOfReplacement(event, at: now), !takeOfLeg(event, at: now) { take(event, at: now) }
                signalling?.resumeOffers(after: event, at: now)
            } else if legCommands.isEmpty {
                break
            } else {
                performLegCommands(at: now)
            }
        }
        while let message = signalling?.userAgent.nextMessage() { outputs.append(.signal(message)) }
        signallingDeadline = signalling?.nextDeadline()
    }

    private mutating func take(_ event: UserAgentEvent, at now: Instant) {
        switch event {
        case .incoming(let handle, let call): answer(handle, call, at: now)
        case .established(let handle, let media):
            if signalling?.lines[handle]?.isWaiting == true { begin(handle, media, at: now) }
        case .mediaChanged(let handle, let media): change(handle, media, at: now)
        case .digit(let handle, let digit, let duration):
            guard let id = signalling?.lines[handle]?.call else { return }
            receive(.infoDigit(id, digit, durationInMilliseconds: duration), at: now)
        case .ended(let handle, _): release(handle, at: now)
        case .referProgress(let handle, let status, let isFinal):
            guard let id = signalling?.lines[handle]?.call else { return }
            receive(.leg(id, .referProgress(.caller, status: status, isFinal: isFinal)), at: now)
        case .dialogChanged(let handle, let record):
            if let line = signalling?.lines[handle] { outputs.append(.dialog(line.call, record)) }
        case .dialogOver(let id): outputs.append(.dialogOver(id))
        case .bindingsChanged(let address):
            let bindings = signalling?.userAgent.bindings(of: address, at: now) ?? []
            outputs.append(
                .phone(address: address, bindings.map { PhoneContact(uri: $0.contact.uri, hop: $0.hop) }))
        case .referred(let handle, let request): callerReferred(request, handle, at: now)
        case .progress, .answered, .reofferRefused, .info: break
        case .probed(let hop, let status): signalling?.heard(of: hop, status)
        case .registration(let id, let state):
            guard let name = signalling?.registrations.first(where: { $0.id == id })?.name else { return }
            outputs.append(.registration(name: name, state))
        }
    }

    // MARK: - A call comes in

    private mutating func answer(_ handle: SIPCallHandle, _ incoming: IncomingCall, at now: Instant) {
        if let old = incoming.replaces { return beginReplacing(old, with: handle, incoming, at: now) }
        guard let trunk = signalling?.configuration.trunks.first(where: { $0.name == incoming.peer }),
            trunk.agent(for: incoming.called) != nil
        else {
            signalling?.userAgent.reject(handle, status: 404, at: now)
            return
        }
        guard callCount < configuration.callLimit, !isFull,
            let ports = signalling?.takePorts(trunk.mediaPlace, at: now)
        else {
            signalling?.refusedCalls += 1
            signalling?.userAgent.reject(handle, status: 503, retryAfter: 5, at: now)
            return
        }
        let id = nextCallID()
        signalling?.lines[handle] = Signalling.Line(call: id, trunk: trunk, ports: ports, incoming: incoming)
        signalling?.handles[id] = handle
        outputs.append(.line(id, sipCallID: incoming.request.callID ?? ""))
        greet(handle, at: now)
    }

    /// A name that nobody can guess and that says nothing.
    private mutating func nextCallID() -> CallID {
        CallID(signalling?.nextCallName() ?? "")
    }

    /// The call's media begins.
    mutating func begin(_ handle: SIPCallHandle, _ media: NegotiatedMedia, at now: Instant) {
        guard var line = signalling?.lines[handle], let agent = line.trunk.agent(for: line.incoming.called),
            let description = signalling?.description(media, of: line)
        else {
            signalling?.userAgent.hangUp(handle, cause: 65, at: now)
            return
        }
        line.isWaiting = false
        signalling?.lines[handle] = line
        let phase = emptiestPhase
        guard let admission = signalling?.admission(of: line, agent: agent, description, phase: phase, at: now)
        else { return }
        admit(admission, at: now)
        // A codec that cannot be opened.
        if serials[line.call] == nil { signalling?.userAgent.hangUp(handle, cause: 41, at: now) }
    }

    /// A re-offer changed the media: hold, resume, another address or codec.
    private mutating func change(_ handle: SIPCallHandle, _ media: NegotiatedMedia, at now: Instant) {
        guard let line = signalling?.lines[handle] else { return }
        guard !line.isWaiting else { return beginIfKnown(handle, media, at: now) }
        guard let description = signalling?.description(media, of: line) else {
            return receive(.hangUp(line.call, .temporaryFailure), at: now)
        }
        receive(.leg(line.call, .mediaChanged(.caller, description)), at: now)
    }

    /// The phase of the tick for the next call: the one with the fewest calls, of so few that each has 125. To sleep and to be
    /// woken costs as much as many calls do, and so many take about the millisecond until the next phase's turn comes.
    var emptiestPhase: Int {
        let wanted = max(1, min(TickGroup.phases, callCount / 125))
        var best = 0
        for index in 1..<wanted {
            // Seven is prime to twenty: three parts of the tick are filled first, and each by its neighbour then.
            let phase = index * 7 % TickGroup.phases
            if groups[phase].calls.count < groups[best].calls.count { best = phase }
        }
        return best
    }

    // MARK: - A call ends

    /// The far end is gone: the call ends if it has not yet, and its ports rest.
    mutating func release(_ handle: SIPCallHandle, at now: Instant) {
        guard let known = signalling?.lines[handle] else { return }
        if let place = serials[known.call].flatMap({ places[$0] }),
            groups[place.group].calls[place.index].callerLeft()
        {
            // The ports stay the call's until somebody else is the caller.
            signalling?.lines[handle]?.isGone = true
            return collect(place, at: now)
        }
        guard let line = signalling?.removeLine(handle) else { return }
        signalling?.ports[line.ports.place].giveBack(line.ports, at: now)
        if serials[line.call] != nil { receive(.callerHungUp(line.call), at: now) }
    }

    /// Parley ended a call: its SIP call ends with it.
    mutating func signalEnd(of id: CallID, _ cause: HangupCause, at now: Instant) {
        guard let handle = signalling?.handles[id] else { return }
        if signalling?.lines[handle]?.isGone == true { return release(handle, at: now) }
        signalling?.userAgent.hangUp(handle, cause: cause.q850, at: now)
    }
}

extension Signalling {
    /// A pair of ports of a media address.
    mutating func takePorts(_ place: Int, at now: Instant) -> MediaPortPair? {
        ports.indices.contains(place) ? ports[place].take(at: now) : nil
    }

    /// A call's name: 80 random bits, the shard in front.
    mutating func nextCallName() -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        return String(decoding: (0..<16).map { _ in alphabet[Int(random.next() & 31)] }, as: UTF8.self)
    }

    /// A leg of what offer and answer settled. To Parley's own sockets nothing is sent: two calls that were told of each
    /// other's ports, or of SIP's, would keep each other busy.
    fileprivate func description(_ media: NegotiatedMedia, of line: Line) -> MediaDescription? {
        description(media, line.ports, line.trunk)
    }

    func description(_ media: NegotiatedMedia, _ ports: MediaPortPair, _ trunk: Trunk) -> MediaDescription? {
        guard var description = MediaDescription(media, ports: ports, trunk: trunk) else { return nil }
        let nowhere = TransportAddress(ipv4: 0, port: 0)
        if isOwn(description.remote) {
            description.remote = nowhere
            description.sends = false
        }
        if isOwn(description.remoteRTCP) { description.remoteRTCP = nowhere }
        return description
    }

    private func isOwn(_ address: TransportAddress) -> Bool {
        let port = address.port
        func isTold(_ place: AdvertisedAddress) -> Bool { place.host.address(port: place.port) == address }
        func isOurs(_ host: Host?) -> Bool { host?.address(port: port) == address }
        if configuration.advertised.values.contains(where: isTold) { return true }
        for trunk in configuration.trunks where trunk.places.contains(where: { isTold($0.advertised) }) { return true }
        guard
            configuration.mediaNumbers.contains(port) || configuration.mediaNumbersOfOthers?.contains(port) ?? false
        else { return false }
        return isOurs(configuration.mediaHost)
            || configuration.trunks.contains { isOurs($0.mediaHost) || isOurs($0.mediaHostOfIPv6) }
    }

    fileprivate mutating func admission(
        of line: Line, agent: Agent, _ description: MediaDescription, phase: Int, at now: Instant
    ) -> Admission {
        let headers = line.incoming.request.headers.fields.compactMap { field in
            let name = field.name.lowercased
            return line.trunk.passes(name) || Diversion.fields.contains(name) ? (name: name, value: field.value) : nil
        }
        var admission = Admission(
            call: line.call, from: line.incoming.calling, to: line.incoming.called, startedAt: wallTime(at: now),
            timeZone: configuration.timeZone, headers: headers, agent: agent, caller: description,
            tickPhase: phase, entropy: CallEntropy(from: &random), recordsAudio: configuration.recordsAudio,
            lookUpLimit: configuration.lookUpLimit)
        admission.referral = line.trunk.transfers.referral
        admission.recordsLegs = configuration.recordsLegs
        return admission
    }
}

extension IncomingCall {
    /// The number that was called: the user part of the request's URI.
    var called: String { request.requestURI?.user ?? "" }
    /// The caller's number, as the network asserts it (RFC 3325) or else as the caller says.
    var calling: String { request.assertedIdentities.first?.uri.user ?? request.from?.uri.user ?? "" }
}

extension MediaDescription {
    /// A leg of what offer and answer settled.
    ///
    /// - Returns: `nil` for a format that is not spoken here.
    package init?(_ media: NegotiatedMedia, ports: MediaPortPair, trunk: Trunk) {
        guard let codec = Codec.all.first(where: { $0.isMeant(by: media.format) }) else { return nil }
        let nowhere = TransportAddress(ipv4: 0, port: 0)
        self.init(
            codec: codec, payloadType: media.sendPayloadType, telephoneEventPayloadType: media.sendTelephoneEventType,
            port: ports.rtp, rtcpPort: media.rtcpMux ? ports.rtp : ports.rtcp, remote: media.remote ?? nowhere,
            remoteRTCP: media.remoteRTCP ?? nowhere)
        comfortNoisePayloadType = media.comfortNoiseType
        telephoneEventRate = media.telephoneEventRate
        ptime = media.packetTime
        sourceRule = trunk.sourceRule
        sends = media.direction.sends && media.remote != nil
        receives = media.direction.receives
        if let srtp = media.srtp {
            guard let suite = SRTPSuite(rawValue: srtp.suite.rawValue),
                let inbound = SRTPMasterKey(suite, material: srtp.remoteKey.octets),
                let outbound = SRTPMasterKey(suite, material: srtp.localKey.octets)
            else { return nil }
            keys = SRTPKeys(inbound: inbound, outbound: outbound)
        }
    }
}

extension Codec {
    func isMeant(by format: AudioFormat) -> Bool {
        format.name.lowercased() == name.lowercased() && format.clockRate == Int(clockRate.ticksPerSecond)
            && format.channels == (self == .opus ? 2 : 1)
    }
}
