import Telephony

/// The exchange of session descriptions of one call (RFC 3264).
package struct OfferAnswer: Sendable {
    private enum State: Sendable {
        /// Nothing was said yet, or the last exchange is complete.
        case stable
        case haveLocalOffer(SessionDescription, LocalMedia)
        case haveRemoteOffer(SessionDescription)
    }

    /// Why an offer or an answer cannot be used.
    package enum Failure: Error, Sendable, Equatable {
        /// An offer came or was made while another is open.
        case glare
        /// No audio: 488.
        case noAudio
        /// No audio that is spoken here: 488.
        case noCommonFormat
        /// The media would go to a name or nobody: 488.
        case address
        /// The media would go to a group: 488.
        case group
        /// The media would go to a network that is not the Internet: 488.
        case network
        /// The media would go to an address of a family, or a form, that nothing can be sent to from here: 488.
        case addressFormat
        /// SRTP is required and was not offered, or the other way about: 488.
        case srtp
        /// The answer does not match the offer.
        case answer
        /// A payload type is out of range, or an audio line contradicts itself.
        case malformed
    }

    package let capabilities: MediaCapabilities
    private var state = State.stable
    private var origin: SessionDescription.Origin
    /// What went out last, whose lines a later description keeps in order.
    private var lastLocal: SessionDescription?
    package private(set) var negotiated: NegotiatedMedia?
    private var localKeys: [CryptoSuite: SRTPKey] = [:]
    /// A format of whose rate every other must be, from before the first exchange on.
    var keptFormat: AudioFormat?

    package init(capabilities: MediaCapabilities, address: Host, entropy: inout Entropy) {
        self.capabilities = capabilities
        let id = entropy.next() >> 2
        origin = SessionDescription.Origin(username: "-", sessionID: id, version: id, address: address)
        if capabilities.srtp != .off {
            for suite in CryptoSuite.allCases { localKeys[suite] = SRTPKey(entropy.octets(suite.keyLength)) }
        }
    }

    /// What may be spoken from now on. Once a format is settled, those that are played at its rate: what listens to a leg
    /// and what is recorded of it go on through a change of format, and not through one of rate.
    private var formats: [AudioFormat] {
        guard let settled = negotiated?.format ?? keptFormat else { return capabilities.formats }
        return capabilities.formats.filter {
            $0.clockRate == settled.clockRate && $0.sampleRate == settled.sampleRate
        }
    }

    package var hasLocalOffer: Bool { if case .haveLocalOffer = state { true } else { false } }
    package var hasRemoteOffer: Bool { if case .haveRemoteOffer = state { true } else { false } }
    package var isStable: Bool { if case .stable = state { true } else { false } }
    /// Whether a whole exchange took place.
    package var isNegotiated: Bool { negotiated != nil }

    /// The open offer came to nothing: the session stays as it was.
    package mutating func rollBack() { state = .stable }

    /// Makes an offer: the first, or a later one that keeps the order of the media lines.
    package mutating func offer(_ local: LocalMedia) throws(Failure) -> SessionDescription {
        guard case .stable = state else { throw .glare }
        var description = begin(local)
        if let last = lastLocal {
            let audio =
                last.media.firstIndex { $0.kind == "audio" && $0.port != 0 }
                ?? last.media.firstIndex { $0.kind == "audio" }
            for (index, medium) in last.media.enumerated() {
                description.media.append(index == audio ? audioLine(local) : OfferAnswer.rejected(medium))
            }
            if audio == nil { description.media.append(audioLine(local)) }
        } else {
            description.media = [audioLine(local)]
        }
        commit(&description)
        state = .haveLocalOffer(description, local)
        return description
    }

    /// An offer came in.
    package mutating func receive(offer: SessionDescription) throws(Failure) {
        guard case .stable = state else { throw .glare }
        if !isWithoutMedia(offer) { _ = try choose(in: offer, families) }
        state = .haveRemoteOffer(offer)
    }

    /// Answers the offer that came in.
    package mutating func answer(_ local: LocalMedia) throws(Failure) -> SessionDescription {
        guard case .haveRemoteOffer(let offer) = state else { throw .answer }
        var description = begin(local)
        if isWithoutMedia(offer), let silent = negotiated ?? formats.first.map({ NegotiatedMedia(silent: $0) }) {
            description.media = offer.media.map(OfferAnswer.rejected)
            commit(&description)
            negotiated = silent
            negotiated?.stop()
            state = .stable
            return description
        }
        let choice = try choose(in: offer, OfferAnswer.families(of: local.address, capabilities))
        var media = choice.media
        media.direction = choice.media.direction.limited(to: local.direction)
        for (index, medium) in offer.media.enumerated() {
            guard index == choice.index else {
                description.media.append(OfferAnswer.rejected(medium))
                continue
            }
            description.media.append(answerLine(medium, media, choice, local))
        }
        commit(&description)
        negotiated = media
        state = .stable
        return description
    }

    /// The answer to the offer that went out.
    @discardableResult
    package mutating func receive(answer: SessionDescription) throws(Failure) -> NegotiatedMedia {
        guard case .haveLocalOffer(let offer, let local) = state else { throw .answer }
        guard answer.media.count == offer.media.count,
            let index = offer.media.firstIndex(where: { $0.kind == "audio" && $0.port != 0 })
        else { throw .answer }
        let medium = answer.media[index]
        guard medium.kind == "audio", medium.port != 0 else { throw .noCommonFormat }
        guard let theirs = PayloadMap(medium), let ours = PayloadMap(offer.media[index]) else { throw .malformed }
        let usable = theirs.entries.first { entry in formats.contains { $0.isSame(as: entry.format) } }
        guard let chosen = usable, let own = ours.entry(of: chosen.format) else { throw .noCommonFormat }
        let families = OfferAnswer.families(of: local.address, capabilities)
        var media = try describe(answer, medium, chosen, theirs, families)
        media.receivePayloadType = own.payloadType
        if media.sendTelephoneEventType != nil {
            media.receiveTelephoneEventType =
                ours.entry(of: .telephoneEvent(clockRate: media.telephoneEventRate))?.payloadType
        }
        media.direction = media.direction.limited(to: local.direction)
        media.srtp = try answeredKeys(medium, offer.media[index])
        negotiated = media
        state = .stable
        return media
    }
}

// What goes out.
extension OfferAnswer {
    private func begin(_ local: LocalMedia) -> SessionDescription {
        var origin = origin
        origin.address = local.address
        return SessionDescription(origin: origin, connection: local.address)
    }

    /// Increments the version when anything changed (RFC 3264 section 8).
    private mutating func commit(_ description: inout SessionDescription) {
        if let lastLocal {
            description.origin.version = lastLocal.origin.version
            if description != lastLocal { description.origin.version &+= 1 }
        }
        lastLocal = description
    }

    /// A line that refuses a medium but keeps its place.
    private static func rejected(_ medium: SessionDescription.Media) -> SessionDescription.Media {
        SessionDescription.Media(
            kind: medium.kind.isToken ? medium.kind : "audio", port: 0, proto: medium.proto,
            formats: [medium.formats.first ?? "0"])
    }

    private func audioLine(_ local: LocalMedia) -> SessionDescription.Media {
        let isSecure = capabilities.srtp != .off
        var medium = SessionDescription.Media(
            kind: "audio", port: local.port,
            proto: capabilities.srtp == .required || negotiated?.srtp != nil ? "RTP/SAVP" : "RTP/AVP", formats: [])
        var rates: [Int] = []
        for format in formats {
            add(format, to: &medium)
            if !rates.contains(format.clockRate) { rates.append(format.clockRate) }
        }
        for rate in rates where capabilities.telephoneEvents { add(.telephoneEvent(clockRate: rate), to: &medium) }
        if capabilities.comfortNoise, rates.contains(8_000) { add(.comfortNoise(clockRate: 8_000), to: &medium) }
        medium.attributes += common(local)
        medium.attributes.append(SessionDescription.Attribute(local.direction.rawValue))
        if isSecure {
            for (index, suite) in capabilities.suites.enumerated() {
                guard let key = localKeys[suite] else { continue }
                medium.attributes.append(
                    CryptoAttribute(tag: UInt32(index + 1), suite: suite, key: key).attribute)
            }
        }
        return medium
    }

    /// Packet time and RTCP.
    private func common(_ local: LocalMedia) -> [SessionDescription.Attribute] {
        var attributes = [
            SessionDescription.Attribute("ptime", "\(capabilities.packetTime)"),
            SessionDescription.Attribute("maxptime", "60"),
        ]
        if Int(local.rtcpPort) != Int(local.port) + 1 {
            attributes.append(SessionDescription.Attribute("rtcp", "\(local.rtcpPort)"))
        }
        if capabilities.rtcpMux { attributes.append(SessionDescription.Attribute("rtcp-mux")) }
        return attributes
    }

    private func add(_ format: AudioFormat, to medium: inout SessionDescription.Media) {
        let type = format.staticPayloadType ?? dynamicPayloadType(of: format, in: medium)
        medium.formats.append("\(type)")
        medium.attributes.append(SessionDescription.Attribute("rtpmap", "\(type) \(format.rtpmap)"))
        if let parameters = format.formatParameters {
            medium.attributes.append(SessionDescription.Attribute("fmtp", "\(type) \(parameters)"))
        }
    }

    /// The number that a format has in this session already, which must not change (RFC 3264 section 8.3.2), or one that
    /// is free.
    private func dynamicPayloadType(of format: AudioFormat, in medium: SessionDescription.Media) -> UInt8 {
        if let lastLocal {
            for last in lastLocal.media where last.kind == "audio" {
                if let known = PayloadMap(last)?.entry(of: format) { return known.payloadType }
            }
        }
        let preferred: UInt8 =
            switch (format.name, format.clockRate) {
            case ("opus", _): 111
            case ("telephone-event", 8_000): 101
            case ("telephone-event", 48_000): 110
            default: 96
            }
        var taken = Set(medium.formats.compactMap { UInt8($0) })
        for last in lastLocal?.media ?? [] { taken.formUnion((PayloadMap(last)?.entries ?? []).map(\.payloadType)) }
        if !taken.contains(preferred) { return preferred }
        return (UInt8(96)...127).first { !taken.contains($0) } ?? preferred
    }

    private func answerLine(
        _ offered: SessionDescription.Media, _ media: NegotiatedMedia, _ choice: Choice, _ local: LocalMedia
    ) -> SessionDescription.Media {
        var medium = SessionDescription.Media(
            kind: "audio", port: local.port, proto: offered.proto, formats: ["\(media.sendPayloadType)"])
        func describe(_ type: UInt8, _ format: AudioFormat) {
            medium.attributes.append(SessionDescription.Attribute("rtpmap", "\(type) \(format.rtpmap)"))
            guard let parameters = format.formatParameters else { return }
            medium.attributes.append(SessionDescription.Attribute("fmtp", "\(type) \(parameters)"))
        }
        describe(media.sendPayloadType, media.format)
        if let type = media.sendTelephoneEventType {
            medium.formats.append("\(type)")
            describe(type, .telephoneEvent(clockRate: media.telephoneEventRate))
        }
        if let type = media.comfortNoiseType {
            medium.formats.append("\(type)")
            describe(type, .comfortNoise(clockRate: media.format.clockRate))
        }
        medium.attributes.append(SessionDescription.Attribute("ptime", "\(media.packetTime)"))
        if Int(local.rtcpPort) != Int(local.port) + 1, !media.rtcpMux {
            medium.attributes.append(SessionDescription.Attribute("rtcp", "\(local.rtcpPort)"))
        }
        if media.rtcpMux { medium.attributes.append(SessionDescription.Attribute("rtcp-mux")) }
        medium.attributes.append(SessionDescription.Attribute(media.direction.rawValue))
        if let crypto = choice.crypto, let key = localKeys[crypto.suite] {
            medium.attributes.append(CryptoAttribute(tag: crypto.tag, suite: crypto.suite, key: key).attribute)
        }
        return medium
    }
}

// What comes in.
extension OfferAnswer {
    /// The line of an offer that is taken, and what it settles.
    private struct Choice {
        var index: Int
        var media: NegotiatedMedia
        var crypto: CryptoAttribute?
    }

    /// Whether a first offer has no streams yet (RFC 3264 section 5), or a later one takes every stream away (section 8.2).
    /// It is answered in kind: the call is silent until another offer brings a stream.
    private func isWithoutMedia(_ offer: SessionDescription) -> Bool {
        guard lastLocal != nil else { return offer.media.isEmpty }
        return !offer.media.isEmpty && offer.media.allSatisfy { $0.port == 0 }
    }

    /// Families of addresses that a stream may have: of what was told before, which does not change, or any that is spoken.
    private var families: [AddressFamily] {
        lastLocal?.connection.map { OfferAnswer.families(of: $0, capabilities) } ?? capabilities.families
    }

    /// What can be exchanged with an address of Parley's own: others of its family. Of a name nothing is known.
    private static func families(of local: Host, _ capabilities: MediaCapabilities) -> [AddressFamily] {
        local.family.map { [$0] } ?? capabilities.families
    }

    /// The family that the open offer's audio is of, by which an address to answer with is chosen; `nil` where there is
    /// no offer, or nothing is to be sent.
    package var offeredFamily: AddressFamily? {
        guard case .haveRemoteOffer(let offer) = state, let choice = try? choose(in: offer, families) else {
            return nil
        }
        return choice.media.remote?.family
    }

    private func choose(in offer: SessionDescription, _ families: [AddressFamily]) throws(Failure) -> Choice {
        var failure = Failure.noAudio
        var plain: Choice?
        for (index, medium) in offer.media.enumerated() where medium.kind == "audio" && medium.port != 0 {
            do throws(Failure) {
                let choice = try choose(offer, medium, index, families)
                if choice.crypto != nil || capabilities.srtp == .off { return choice }
                if plain == nil { plain = choice }
            } catch {
                // A stream that only lacks an address came nearest to being used.
                if failure != .addressFormat { failure = error }
            }
        }
        guard let plain else { throw failure }
        return plain
    }

    private func choose(
        _ offer: SessionDescription, _ medium: SessionDescription.Media, _ index: Int, _ families: [AddressFamily]
    ) throws(Failure) -> Choice {
        let crypto = try offeredKey(medium)
        guard let theirs = PayloadMap(medium) else { throw .malformed }
        var chosen: PayloadMap.Entry?
        if capabilities.prefersLocalOrder {
            chosen = formats.lazy.compactMap { theirs.entry(of: $0) }.first
        } else {
            chosen = theirs.entries.first { entry in formats.contains { $0.isSame(as: entry.format) } }
        }
        guard let chosen else { throw .noCommonFormat }
        var media = try describe(offer, medium, chosen, theirs, families)
        if let crypto, let own = localKeys[crypto.suite] {
            media.srtp = NegotiatedMedia.SRTP(suite: crypto.suite, localKey: own, remoteKey: crypto.key)
        }
        return Choice(index: index, media: media, crypto: crypto)
    }

    /// The key of an offered line under the policy; `nil` for plain RTP.
    private func offeredKey(_ medium: SessionDescription.Media) throws(Failure) -> CryptoAttribute? {
        let isSecure: Bool
        switch medium.proto {
        case "RTP/AVP", "RTP/AVPF": isSecure = false
        case "RTP/SAVP", "RTP/SAVPF": isSecure = true
        default: throw .srtp
        }
        let keys = medium.attributes(named: "crypto").prefix(SIPLimits.cryptoLines).compactMap { CryptoAttribute($0) }
        // The offer's first is what it likes best (RFC 4568 section 5.1.1).
        let key =
            capabilities.prefersLocalOrder
            ? capabilities.suites.lazy.compactMap { suite in keys.first { $0.suite == suite } }.first
            : keys.first { capabilities.suites.contains($0.suite) }
        switch capabilities.srtp {
        case .off:
            if isSecure { throw .srtp }
            return nil
        case .offered:
            if isSecure, key == nil { throw .srtp }
            return key
        case .required:
            guard isSecure, let key else { throw .srtp }
            return key
        }
    }

    /// The keys of an answered line: the tag and suite of one that was offered.
    private func answeredKeys(_ medium: SessionDescription.Media, _ offered: SessionDescription.Media) throws(Failure)
        -> NegotiatedMedia.SRTP?
    {
        let offers = offered.attributes(named: "crypto").compactMap { CryptoAttribute($0) }
        let key = medium.attributes(named: "crypto").prefix(SIPLimits.cryptoLines).compactMap { CryptoAttribute($0) }
            .first
        guard let key, let own = offers.first(where: { $0.tag == key.tag && $0.suite == key.suite }) else {
            if offered.proto.hasPrefix("RTP/SAVP") { throw .srtp }
            return nil
        }
        return NegotiatedMedia.SRTP(suite: key.suite, localKey: own.key, remoteKey: key.key)
    }

    /// What a line says, as the local side sees it.
    private func describe(
        _ description: SessionDescription, _ medium: SessionDescription.Media, _ chosen: PayloadMap.Entry,
        _ map: PayloadMap, _ families: [AddressFamily]
    ) throws(Failure) -> NegotiatedMedia {
        let host = try description.destination(of: medium)
        let rate = chosen.format.clockRate
        let eventRate = [rate, 8_000].first { map.entry(of: .telephoneEvent(clockRate: $0)) != nil } ?? rate
        let events =
            capabilities.telephoneEvents ? map.entry(of: .telephoneEvent(clockRate: eventRate))?.payloadType : nil
        let noise = capabilities.comfortNoise ? map.entry(of: .comfortNoise(clockRate: rate))?.payloadType : nil
        let isMuxed = capabilities.rtcpMux && medium.attribute("rtcp-mux") != nil
        let format = capabilities.formats.first { $0.isSame(as: chosen.format) } ?? chosen.format
        var media = NegotiatedMedia(
            format: format, formatParameters: chosen.parameters, sendPayloadType: chosen.payloadType,
            receivePayloadType: chosen.payloadType, sendTelephoneEventType: events, receiveTelephoneEventType: events,
            comfortNoiseType: noise, packetTime: packetTime(medium, description),
            direction: OfferAnswer.direction(medium, description).reversed, remote: nil, remoteRTCP: nil,
            rtcpMux: isMuxed)
        media.telephoneEventRate = eventRate
        if host.isNowhere { return media }
        guard let remote = host.address(port: medium.port) else { throw .address }
        guard remote.isUnicast else { throw .group }
        guard families.contains(remote.family) else { throw .addressFormat }
        media.remote = remote
        let reports = isMuxed ? remote : try OfferAnswer.rtcpAddress(medium, remote)
        media.remoteRTCP = reports.flatMap { families.contains($0.family) ? $0 : nil }
        return media
    }

    private static func direction(_ medium: SessionDescription.Media, _ session: SessionDescription) -> MediaDirection {
        for attribute in medium.attributes + session.attributes where attribute.value == nil {
            if let direction = MediaDirection(rawValue: attribute.name) { return direction }
        }
        return .sendAndReceive
    }

    /// The far end's packet time where it can be sent, in milliseconds.
    private func packetTime(_ medium: SessionDescription.Media, _ session: SessionDescription) -> Int {
        let most = medium.attribute("maxptime").flatMap { Int($0) } ?? 60
        let asked = medium.attribute("ptime").flatMap { Int($0) } ?? capabilities.packetTime
        let usable = (10...60).contains(asked) ? asked / 10 * 10 : capabilities.packetTime
        // Shorter than 10 ms is not sent.
        return max(10, (1...60).contains(most) ? min(usable, most / 10 * 10) : usable)
    }

    /// RFC 3605, or the next port.
    private static func rtcpAddress(_ medium: SessionDescription.Media, _ remote: TransportAddress) throws(Failure)
        -> TransportAddress?
    {
        guard let value = medium.attribute("rtcp") else {
            var next = remote
            guard remote.port < .max else { return nil }
            next.port += 1
            return next
        }
        let words = value.split(separator: " ", maxSplits: 1)
        guard let first = words.first, let port = UInt16(first) else { throw .malformed }
        guard port != 0 else { return nil }
        var address = remote
        if words.count == 2 {
            guard let other = SessionDescription.connectionAddress(String(words[1]))?.address(port: port) else {
                throw .address
            }
            address = other
        }
        address.port = port
        guard address.isUnicast else { throw .group }
        return address
    }
}
