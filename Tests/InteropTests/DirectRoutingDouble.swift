import Foundation
import SIP
import Synchronization
import Telephony
import Transport

/// Microsoft Teams as a session border controller sees it, built from what is documented of Direct Routing: three SIP
/// proxies over TLS that refuse what Teams refuses. There is no tenant behind it.
final class DirectRoutingDouble: Sendable {
    /// The rules of Teams for what a session border controller sends.
    struct Rules: Sendable {
        /// The names of the session border controllers of the tenant.
        var controllers: [String]
        /// An OPTIONS of it was answered 200: calls are taken from now on.
        var hasBeenAsked = false
        /// What the last OPTIONS allowed; without REFER and NOTIFY nothing is referred.
        var allowed: Set<String> = []

        /// - Returns: why a request that makes a dialog, or is outside of one, is refused; `nil` when it is taken.
        mutating func refusal(of request: SIPMessage) -> (status: Int, why: String)? {
            guard request.method == .invite || request.method == .options, request.to?.tag == nil else {
                return request.headers.contains(.replaces) ? (400, "Replaces") : nil
            }
            guard let uri = request.requestURI?.sip, !uri.isSecure else { return (400, "sips") }
            if uri.escapedUser?.isEmpty == true { return (400, "empty user before @") }
            guard case .list(let contacts)? = request.contacts, case .name(let host)? = contacts.first?.uri.sip?.host,
                controllers.contains(host)
            else { return (403, "Contact is no name of the tenant") }
            if request.method == .options {
                hasBeenAsked = true
                allowed = Set(request.headers.tokens(.allow))
                return nil
            }
            return refusal(ofCall: request, uri)
        }

        private func refusal(ofCall request: SIPMessage, _ uri: SIPURI) -> (status: Int, why: String)? {
            if !hasBeenAsked { return (403, "no OPTIONS before") }
            if request.headers.contains(.replaces) { return (400, "Replaces") }
            // Where a REFER led, its opaque parameters say who is meant.
            let isReferred = uri.parameters.contains("x-m")
            let user = uri.user ?? ""
            if !isReferred, !user.hasPrefix("+") || !(2...16).contains(user.count) || Int(user.dropFirst()) == nil {
                return (400, "no number of E.164")
            }
            guard let octets = request.sessionDescriptionOctets,
                let offer = try? SessionDescription(parsing: octets)
            else { return (488, "no offer") }
            let audio = offer.media.first { $0.kind == "audio" && $0.port != 0 }
            guard let audio, audio.proto == "RTP/SAVP",
                audio.attributes.contains(where: {
                    $0.name == "crypto" && $0.value?.contains("AES_CM_128_HMAC_SHA1_80") == true
                })
            else { return (488, "no SRTP") }
            return nil
        }
    }

    /// What a proxy does with calls.
    enum Mood: Sendable { case takes, isUnavailable }

    /// A user whose clients ring one after the other, and who answers when told to.
    static let forkedNumber = "+15550124"
    /// A user who declines for all clients: nobody is to try another proxy.
    static let decliningNumber = "+15550125"

    private struct State: Sendable {
        var agent: UserAgent
        var rules: Rules
        var moods: [ListenerID: Mood] = [:]
        var listeners: [ListenerID] = []
        var refusals: [String] = []
        var unavailable = 0
        var invites: [SIPMessage] = []
        var incoming: [SIPCallHandle] = []
        var answered: Set<SIPCallHandle> = []
        var ended: Set<SIPCallHandle> = []
        var reports: [Int] = []
        var responses: [SIPMessage] = []
        var byes = 0
    }

    static let names = ["sip", "sip2", "sip3"].map { "\($0).pstnhub.microsoft.com" }
    static let controller = "sbc.example.com"

    private let state: Mutex<State>
    private let link = Link()
    private var server: SignallingServer? { link.server.withLock { $0 } }

    /// The sockets, which are there only once their owner is.
    private final class Link: Sendable {
        let server = Mutex<SignallingServer?>(nil)
        let timer = Mutex<Task<Void, Never>?>(nil)
    }

    init() {
        let host = Host.name(DirectRoutingDouble.names[0])
        let profile = DirectRoutingDouble.profile
        let configuration = UserAgentConfiguration(
            product: "Microsoft.PSTNHub.SIPProxy double",
            advertised: [.tls: AdvertisedAddress(host: host, port: 5_061)],
            policy: { _ in .serve(profile) })
        state = Mutex(
            State(
                agent: UserAgent(configuration, entropy: Entropy(SystemRandomNumberGenerator())),
                rules: Rules(controllers: [DirectRoutingDouble.controller])))
    }

    private static var profile: PeerProfile {
        PeerProfile(
            name: "sbc",
            media: MediaCapabilities(srtp: .required, suites: [.aesCM128HMACSHA1Tag80, .aesCM128HMACSHA1Tag32]),
            serverName: controller, allowsRefer: true, allowsReplaces: true)
    }

    /// Opens the three proxies.
    func begin(at place: (Int) -> TransportAddress, _ identity: (Int) throws -> TLSIdentity) async throws {
        let server = SignallingServer(accepts: { _ in true }, receive: { [weak self] in self?.take($0) })
        link.server.withLock { $0 = server }
        for (index, _) in DirectRoutingDouble.names.enumerated() {
            let (id, _) = try await server.open(.tls, place(index), tls: try identity(index))
            state.withLock {
                $0.listeners.append(id)
                $0.moods[id] = .takes
            }
        }
        let timer = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(20))
                self?.work { $0.agent.advance(to: MonotonicClock.now) }
            }
        }
        link.timer.withLock { $0 = timer }
    }

    func end() async {
        link.timer.withLock { $0?.cancel() }
        await server?.stop()
    }

    func set(_ mood: Mood, ofProxy index: Int) {
        state.withLock { $0.moods[$0.listeners[index]] = mood }
    }

    // MARK: - What comes

    private func take(_ arrival: SignallingServer.Arrival) {
        guard case .message(let message, let hop) = arrival else { return }
        work { state in
            if !message.isRequest { state.responses.append(message) }
            if let response = DirectRoutingDouble.refusal(of: message, on: hop, &state) {
                return [OutgoingMessage(octets: response.octets, hop: hop)]
            }
            let isForked =
                message.method == .invite && message.to?.tag == nil
                && message.requestURI?.user == DirectRoutingDouble.forkedNumber
            if message.method == .invite { state.invites.append(message) }
            if message.method == .bye { state.byes += 1 }
            state.agent.receive(message, from: hop, at: MonotonicClock.now)
            return isForked
                ? DirectRoutingDouble.forks(of: message).map { OutgoingMessage(octets: $0.octets, hop: hop) } : []
        }
    }

    /// Several clients ring, each with a To tag of its own, and two of them have early media.
    private static func forks(of invite: SIPMessage) -> [SIPMessage] {
        [(180, "phone"), (183, "desktop"), (180, "car"), (183, "browser")].map { status, tag in
            var response = invite.response(status, tag: tag)
            response.headers.append(.contact, "<sip:\(names[0]):5061;transport=tls>")
            guard status == 183 else { return response }
            response.headers.append(.contentType, "application/sdp")
            let key = Data(repeating: UInt8(tag.utf8.count), count: 30).base64EncodedString()
            response.body = Array(
                """
                v=0
                o=- 1 1 IN IP4 127.0.0.2
                s=-
                c=IN IP4 127.0.0.2
                t=0 0
                m=audio 49170 RTP/SAVP 0
                a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\(key)

                """.replacing("\n", with: "\r\n").utf8)
            return response
        }
    }

    private static func refusal(of message: SIPMessage, on hop: Hop, _ state: inout State) -> SIPMessage? {
        guard message.isRequest, message.method != .ack else { return nil }
        if let refusal = state.rules.refusal(of: message) {
            state.refusals.append(refusal.why)
            return message.response(refusal.status, tag: "teams")
        }
        guard message.method == .invite, message.to?.tag == nil, let listener = hop.listener else { return nil }
        if message.requestURI?.user == decliningNumber {
            state.invites.append(message)
            return message.response(603, tag: "teams")
        }
        guard state.moods[listener] == .isUnavailable else { return nil }
        state.unavailable += 1
        var response = message.response(503, tag: "teams")
        response.headers.append(.retryAfter, "30")
        return response
    }

    private func work(_ body: (inout State) -> [OutgoingMessage]) {
        var messages: [OutgoingMessage] = []
        state.withLock { state in
            messages = body(&state)
            while let event = state.agent.poll() { DirectRoutingDouble.follow(event, &state) }
            while let message = state.agent.nextMessage() { messages.append(message) }
        }
        for message in messages { server?.send(message) }
    }

    private func work(_ body: (inout State) -> Void) {
        work { state -> [OutgoingMessage] in
            body(&state)
            return []
        }
    }

    private static func follow(_ event: UserAgentEvent, _ state: inout State) {
        switch event {
        case .incoming(let handle, _):
            state.incoming.append(handle)
            guard state.invites.last?.requestURI?.user != forkedNumber else { return }
            state.agent.ring(handle, at: MonotonicClock.now)
            _ = try? state.agent.answer(handle, local: media, at: MonotonicClock.now)
        case .established(let handle, _), .answered(let handle, _, _): state.answered.insert(handle)
        case .ended(let handle, _): state.ended.insert(handle)
        case .referProgress(_, let status, _): state.reports.append(status)
        default: break
        }
    }

    private static let media = LocalMedia(address: .ipv4(0x7F00_0002), port: 49_152)

    // MARK: - What it does

    /// Somebody in Teams calls a number of the session border controller.
    func call(
        _ number: String, at address: TransportAddress, replacing replaces: Replaces? = nil,
        headers: [(name: HeaderName, value: String)] = []
    ) -> SIPCallHandle? {
        var handle: SIPCallHandle?
        work { state in
            guard let target = AnyURI("sip:\(number)@\(DirectRoutingDouble.controller):\(address.port);user=phone"),
                let from = AnyURI("sip:+15550177@\(DirectRoutingDouble.names[0]);user=phone")
            else { return }
            let hop = Hop(.tls, address, serverName: DirectRoutingDouble.controller, listener: state.listeners.first)
            handle = state.agent.invite(
                OutgoingCall(
                    to: target, from: NameAddress(displayName: "Alex", uri: from), hops: [hop],
                    peer: DirectRoutingDouble.profile, local: DirectRoutingDouble.media,
                    headers: [("User-to-User", "c0ffee;encoding=hex")] + headers, replaces: replaces),
                at: MonotonicClock.now)
        }
        return handle
    }

    /// A user in Teams transfers the call to somebody else in Teams.
    func refer(_ handle: SIPCallHandle, to target: String) {
        work { state in
            guard state.rules.allowed.isSuperset(of: ["REFER", "NOTIFY"]), let uri = AnyURI(target),
                let by = NameAddress(
                    "<sip:\(DirectRoutingDouble.names[0]);x-m=bob;x-ti=\(String(repeating: "7", count: 200))>")
            else { return }
            state.agent.refer(handle, to: uri, referredBy: by, at: MonotonicClock.now)
        }
    }

    /// The user whose clients ring takes the call.
    func answer(_ handle: SIPCallHandle) {
        work { _ = try? $0.agent.answer(handle, local: DirectRoutingDouble.media, at: MonotonicClock.now) }
    }

    func hangUp(_ handle: SIPCallHandle) { work { $0.agent.hangUp(handle, at: MonotonicClock.now) } }

    var allowed: Set<String> { state.withLock { $0.rules.allowed } }
    /// What Parley answered to calls, without what is provisional.
    var answers: [SIPMessage] {
        state.withLock { $0.responses.filter { $0.cseq?.method == .invite && ($0.status ?? 0) >= 200 } }
    }
    var refusals: [String] { state.withLock { $0.refusals } }
    var timesUnavailable: Int { state.withLock { $0.unavailable } }
    var hasBeenAsked: Bool { state.withLock { $0.rules.hasBeenAsked } }
    var incoming: [SIPCallHandle] { state.withLock { $0.incoming } }
    var invites: [SIPMessage] { state.withLock { $0.invites } }
    var reports: [Int] { state.withLock { $0.reports } }
    func isUp(_ handle: SIPCallHandle) -> Bool {
        state.withLock { $0.answered.contains(handle) && !$0.ended.contains(handle) }
    }
    func isOver(_ handle: SIPCallHandle) -> Bool { state.withLock { $0.ended.contains(handle) } }
    func replaces(of handle: SIPCallHandle) -> Replaces? { state.withLock { $0.agent.replaces(of: handle) } }
}
