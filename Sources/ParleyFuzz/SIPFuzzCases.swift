import SIP
import Telephony

/// What is done with octets that come in as signalling.
enum SIPFuzzCases {
    /// One message: read, judged, taken apart, written and read again; and the same as a stream.
    static func message(_ bytes: Span<UInt8>) {
        let octets = array(bytes)
        precondition(SignallingMask.masked(octets).count == octets.count, "a mask keeps every length")
        if let message = try? SIPMessage(parsing: octets) {
            _ = Screening().verdict(on: message, tag: "tag")
            takeApart(message)
            let again = try? SIPMessage(parsing: message.octets)
            precondition(again != nil, "a message that was written reads back")
        }
        var framer = StreamFramer(at: .zero)
        var start = 0
        while start < octets.count {
            let end = min(start + 1 + Int(octets[start]), octets.count)
            framer.receive(octets[start..<end], at: .zero)
            start = end
            cutting: while true {
                switch framer.next(at: .zero) {
                case .message, .ping: continue
                case .needMore: break cutting
                case .failed: return
                }
            }
        }
    }

    private static func takeApart(_ message: SIPMessage) {
        _ = (
            message.vias, message.contacts, message.routes, message.recordRoutes, message.bodyParts, message.description
        )
        _ = (message.replaces, message.reasons, message.sessionExpires, message.rack, message.subscriptionState)
        _ = (message.referTo, message.referredBy, message.assertedIdentities, message.diversions, message.historyInfo)
        _ = (message.userToUser, message.requestURI?.user, message.minSE, message.retryAfter, message.expires)
        _ = TransactionKey(request: message)
        _ = TransactionKey(response: message)
        _ = SIPDialog(uas: message, localTag: "tag")
        let response = message.response(200, tag: "tag")
        precondition((try? SIPMessage(parsing: response.octets)) != nil, "a response that was made reads back")
    }

    /// A session description, as offer and as answer.
    static func sessionDescription(_ bytes: Span<UInt8>) {
        guard let description = try? SessionDescription(parsing: array(bytes)) else { return }
        let again = try? SessionDescription(parsing: description.octets)
        precondition(again != nil, "a description that was written reads back")
        let local = LocalMedia(address: .ipv4(0x7F00_0001), port: 4_000)
        for policy in SRTPPolicy.allCases {
            var entropy = Entropy(SeededGenerator(seed: 1))
            let capabilities = MediaCapabilities(comfortNoise: true, srtp: policy)
            var session = OfferAnswer(capabilities: capabilities, address: local.address, entropy: &entropy)
            if (try? session.receive(offer: description)) != nil, (try? session.answer(local)) != nil {
                _ = try? session.offer(local)
                _ = try? session.receive(answer: description)
            }
            var offering = OfferAnswer(capabilities: capabilities, address: local.address, entropy: &entropy)
            _ = try? offering.offer(local)
            _ = try? offering.receive(answer: description)
        }
    }

    /// The body of an INFO request with a key: what is read of it reads back from both forms.
    static func info(_ bytes: Span<UInt8>) {
        for type in ["application/dtmf-relay", "application/dtmf", "Application/DTMF-Relay ;x=y"] {
            guard let key = InfoDigit(contentType: type, body: bytes) else { continue }
            let relay = "Signal=\(key.digit)\r\nDuration=\(key.durationInMilliseconds ?? 0)\r\n"
            let again = InfoDigit(contentType: "application/dtmf-relay", body: Array(relay.utf8).span)
            precondition(again?.digit == key.digit, "a key that was written reads back")
            precondition(again?.durationInMilliseconds == key.durationInMilliseconds ?? 0, "so does its duration")
        }
        let text = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        _ = InfoDigit(contentType: text, body: bytes)
    }

    /// Challenges and credentials.
    static func digest(_ bytes: Span<UInt8>) {
        let text = String(decoding: array(bytes), as: UTF8.self)
        if let challenge = DigestChallenge(text) { _ = DigestChallenge(challenge.description) }
        if let response = DigestResponse(text) { _ = DigestResponse(response.description) }
        var server = DigestServer(realm: "r", key: [1, 2, 3], passwords: ["u": "p"])
        var request = SIPMessage(.request(.register, uri: "sip:r"))
        request.headers.append(.authorization, text)
        _ = server.verdict(on: request, from: TransportAddress(ipv4: 1, port: 1), at: .zero)
        var client = DigestClient(DigestCredentials(username: "u", password: "p"))
        var entropy = Entropy(SeededGenerator(seed: 1))
        var response = request.response(401, tag: nil)
        response.headers.append(.wwwAuthenticate, text)
        _ = client.answer(response, to: request, entropy: &entropy)
    }

    /// A sequence of messages on a user agent with calls both ways: a first octet chooses the message, the next how it is
    /// changed and how much time passes.
    static func sequence(_ bytes: Span<UInt8>) {
        var far = FarEnd()
        var index = 0
        while index + 2 < bytes.count {
            far.act(bytes[index], bytes[index + 1], bytes[index + 2])
            index += 3
        }
        far.finish()
    }

    private static func array(_ bytes: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for index in bytes.indices { result.append(bytes[index]) }
        return result
    }
}

/// A far end that says anything at any time, to a user agent that does anything too.
private struct FarEnd {
    private var agent: UserAgent
    private var now = Instant.zero
    private var calls: [SIPCallHandle] = []
    private var referIDs: [UInt32] = []
    private var lastSent: [SIPMessage] = []
    private var registration: RegistrationID?
    private let hop = Hop(.udp, TransportAddress(ipv4: 0xC000_0201, port: 5_060))
    private let local = LocalMedia(address: .ipv4(0xC000_0202), port: 4_000)
    private let profile = PeerProfile(
        name: "p", allowsRefer: true, allowsReplaces: true, credentials: DigestCredentials(username: "u", password: "p")
    )

    private static let methods: [SIPMethod] = [
        .invite, .ack, .bye, .cancel, .options, .prack, .update, .info, .refer, .notify, .register, "OTHER",
    ]
    private static let statuses = [100, 180, 183, 200, 200, 202, 302, 401, 407, 408, 422, 423, 481, 486, 491, 503]
    private static let offer = """
        v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n
        """

    init() {
        let profile = profile
        agent = UserAgent(
            UserAgentConfiguration(
                advertised: [.udp: AdvertisedAddress(host: .ipv4(0xC000_0202), port: 5_060)], maximumCalls: 8,
                maximumTransactions: 64, registrar: Registrar(), policy: { _ in .serve(profile) }),
            entropy: Entropy(SeededGenerator(seed: 1)))
    }

    mutating func act(_ what: UInt8, _ how: UInt8, _ more: UInt8) {
        switch what & 3 {
        case 0: receiveRequest(how, more)
        case 1: receiveResponse(how, more)
        case 2: command(how, more)
        default:
            let milliseconds = Int64(how) * Int64(how) * (more & 1 == 0 ? 1 : 40)
            now += .milliseconds(milliseconds)
            agent.advance(to: now)
        }
        drain()
    }

    /// A request, within a dialog that is there when its bits say so.
    private mutating func receiveRequest(_ how: UInt8, _ more: UInt8) {
        let method = FarEnd.methods[Int(how) % FarEnd.methods.count]
        var request = SIPMessage(.request(method, uri: "sip:1@192.0.2.2"))
        request.headers.append(.via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\(more & 7)")
        let known = lastSent.last { $0.to?.tag != nil && $0.from?.tag != nil }
        let inDialog = how & 0x80 != 0
        if inDialog, let known {
            let isOurs = known.isRequest
            request.headers.append(.from, known.headers[isOurs ? .to : .from] ?? "")
            request.headers.append(.to, known.headers[isOurs ? .from : .to] ?? "")
            request.headers.append(.callID, known.headers[.callID] ?? "")
        } else {
            request.headers.append(.from, "<sip:a@192.0.2.1>;tag=\(more & 3)")
            request.headers.append(.to, "<sip:1@192.0.2.2>")
            request.headers.append(.callID, "c\(more & 3)")
        }
        request.headers.append(.cseq, "\(Int(more >> 3)) \(method)")
        request.headers.append(.contact, method == .register && more & 1 == 0 ? "*" : "<sip:a@192.0.2.1>")
        decorate(&request, how, more)
        agent.receive(request.octets, from: hop, at: now)
    }

    private mutating func decorate(_ message: inout SIPMessage, _ how: UInt8, _ more: UInt8) {
        if how & 0x40 != 0 { message.headers.append(.require, "100rel") }
        if how & 0x20 != 0 { message.headers.append(.sessionExpires, "\(90 + Int(more))") }
        message.headers.append(.supported, "timer, 100rel")
        message.headers.append(.referTo, "<sip:x@y?Replaces=c0%3Bto-tag%3D1%3Bfrom-tag%3D2>")
        message.headers.append(.event, "refer")
        message.headers.append(.subscriptionState, more & 1 == 0 ? "active" : "terminated")
        message.headers.append(.rack, "\(lastSent.last { $0.rseq != nil }?.rseq ?? 1) \(Int(more >> 3)) INVITE")
        message.headers.append(.rseq, "\(more >> 4)")
        message.headers.append(.expires, "\(more)")
        message.headers.append(.minSE, "\(Int(how) * 10)")
        message.headers.append(.wwwAuthenticate, "Digest realm=\"r\", nonce=\"n\(more)\", qop=\"auth\"")
        if how & 0x10 != 0 {
            message.headers.append(.contentType, "application/sdp")
            var text = FarEnd.offer
            if more & 0x40 != 0 { text += "a=sendonly\r\n" }
            message.body = Array(text.utf8)
        }
    }

    private mutating func receiveResponse(_ how: UInt8, _ more: UInt8) {
        let requests = lastSent.filter(\.isRequest)
        guard !requests.isEmpty else { return }
        let request = requests[Int(more) % requests.count]
        var response = request.response(FarEnd.statuses[Int(how & 15)], tag: how & 0x80 == 0 ? "t" : "u")
        response.headers.append(.contact, "<sip:a@192.0.2.1>")
        decorate(&response, how | 0x10, more)
        agent.receive(response.octets, from: hop, at: now)
    }

    private mutating func command(_ how: UInt8, _ more: UInt8) {
        let recent = calls.suffix(8)
        let handle = recent.isEmpty ? SIPCallHandle(0) : recent[recent.startIndex + Int(more) % recent.count]
        switch how % 15 {
        case 0: agent.ring(handle, at: now)
        case 1: agent.progress(handle, local: local, at: now)
        case 2: _ = try? agent.answer(handle, local: local, at: now)
        case 3: agent.reject(handle, status: 480 + Int(more & 15), at: now)
        case 4: agent.hangUp(handle, at: now)
        case 5: agent.reoffer(handle, local: local, at: now)
        case 6: agent.refer(handle, to: .sip(SIPURI(user: "x", host: .ipv4(1))), replacing: calls.first, at: now)
        case 7: for id in referIDs { agent.acceptRefer(handle, id: id, at: now) }
        case 8: for id in referIDs { agent.notifyRefer(handle, id: id, status: Int(more) + 100, at: now) }
        case 9: for id in referIDs { agent.rejectRefer(handle, id: id, at: now) }
        case 10: place()
        case 11: register()
        case 12: agent.transportFailed(hop, at: now)
        case 13:
            let profile = profile
            agent.serve { _ in more & 1 == 0 ? .drop : .serve(profile) }
        default: agent.probe(SIPURI(host: .ipv4(1)), via: hop, at: now)
        }
    }

    private mutating func place() {
        let call = OutgoingCall(
            to: .sip(SIPURI(user: "2", host: .ipv4(0xC000_0201))),
            from: NameAddress(uri: .sip(SIPURI(user: "1", host: .ipv4(0xC000_0202)))), hops: [hop, hop], peer: profile,
            local: local)
        if let handle = agent.invite(call, at: now) { calls.append(handle) }
    }

    private mutating func register() {
        if let id = registration {
            agent.unregister(id, at: now)
            registration = nil
        } else {
            registration = agent.register(
                RegistrationRequest(
                    registrar: SIPURI(host: .ipv4(0xC000_0201)),
                    address: NameAddress(uri: .sip(SIPURI(user: "1", host: .ipv4(0xC000_0201)))), hops: [hop],
                    peer: profile),
                at: now)
        }
    }

    private mutating func drain() {
        while let event = agent.poll() {
            if case .incoming(let handle, _) = event { calls.append(handle) }
            if case .referred(_, let refer) = event { referIDs.append(refer.id) }
        }
        referIDs = Array(referIDs.suffix(4))
        while let message = agent.nextMessage() {
            let parsed = try? SIPMessage(parsing: message.octets)
            precondition(parsed != nil && parsed?.defect == nil, "what the user agent sends is a message")
            if let parsed { lastSent.append(parsed) }
        }
        lastSent = Array(lastSent.suffix(12))
    }

    /// After long silence nothing may be left.
    mutating func finish() {
        for handle in calls { agent.hangUp(handle, at: now) }
        if let registration { agent.unregister(registration, at: now) }
        drain()
        let end = now + .seconds(100_000)
        while let next = agent.deadline, next <= end {
            now = max(now, next)
            agent.advance(to: now)
            drain()
        }
        precondition(agent.callCount == 0 && agent.transactionCount == 0, "calls and transactions end")
    }
}
