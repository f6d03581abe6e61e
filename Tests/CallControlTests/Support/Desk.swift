import CallControl
import CallFlow
import Routing
import SIP
import Telephony
import Testing

/// A caller whom the dialog hands over, and an agent's phone behind a gateway that is played by hand.
struct Desk: ~Copyable {
    static let gateway = TransportAddress(ipv4: 0x7F00_0002, port: 5_080)
    static let agentMedia = TransportAddress(ipv4: 0x7F00_0002, port: 7_000)

    var service: Service
    let callerTag: String

    init(
        _ rules: TransferRules, ports: Int = 4, allowed: [String] = ["+1555*"], servesPhones: Bool = false,
        concurrent: Int? = nil
    ) throws {
        let transfer = Action(
            id: "transfer",
            kind: .transfer(
                TransferAction(
                    kind: .agent, phoneNumber: nil, messageToAgent: nil, context: .all, userToUser: nil, headers: [],
                    dtmfSequence: nil)), kindName: "TransferConversationV2")
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [transfer])
        let idle = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        var configuration = Exchange.configuration(ports: ports)
        // No media comes from anybody.
        configuration.mediaTimeout = .seconds(600)
        configuration.signalling?.trunks[0].agents = [
            "100": Agent(name: "desk", settings: VoiceSettings(), topics: [start, idle], environment: [:])
        ]
        configuration.signalling?.trunks[0].gateways = [Hop(.udp, Desk.gateway)]
        configuration.signalling?.trunks[0].transfers = rules
        configuration.signalling?.trunks[0].servesRegistrations = servesPhones
        configuration.signalling?.outbound.allowed = allowed.compactMap { TargetPattern($0) }
        configuration.signalling?.outbound.trunks = [OutboundTrunk(name: "phones", numberShown: "+15550199")]
        configuration.signalling?.outbound.concurrent = concurrent
        service = Service(configuration)
        service.receive(Exchange.invite("a"))
        callerTag = service.tag
        service.receive(Exchange.invite("a", body: "", method: "ACK", toTag: callerTag))
        service.run(for: .milliseconds(100))
    }

    /// Answers the dialog's wish.
    mutating func route(_ route: Route) throws {
        service.give(.reply(try #require(service.handovers.last), .routed(route)))
    }

    mutating func dial() throws {
        var plan = DialPlan(.agent, target: "+15550123")
        plan.ringTimeout = .seconds(20)
        try route(.dial(plan))
    }

    /// The last phone that was called answers so.
    mutating func answerAgent(_ status: Int, tag: String = "far") throws {
        let invite = try #require(service.messages.last { $0.method == .invite })
        var response = invite.response(status, tag: tag)
        response.headers.append(.contact, "<sip:bob@127.0.0.2:5080>")
        if status == 200 || status == 183 {
            response.headers.append(.contentType, "application/sdp")
            response.body = Array(Exchange.offer(address: "127.0.0.2", port: 7_000).utf8)
        }
        service.receive(response.octets, from: Desk.gateway)
    }

    /// Caller and agent speak.
    mutating func bridge() throws {
        try dial()
        try answerAgent(200)
        service.run(for: .milliseconds(100))
    }

    /// A far end's view of a SIP dialog.
    struct Dialog {
        var callID: String
        /// From and To of its requests.
        var from: String
        var to: String
        /// Parley's tag and its own.
        var tags: (parley: String, own: String)

        /// Names it in a Replaces.
        var replaces: String { "\(callID);to-tag=\(tags.parley);from-tag=\(tags.own)" }

        func request(_ method: String, cseq: Int = 1, headers: [String] = []) -> [UInt8] {
            let more = headers.map { $0 + "\r\n" }.joined()
            return Array(
                """
                \(method) sip:parley@127.0.0.1:5060 SIP/2.0\r
                Via: SIP/2.0/UDP 127.0.0.2:5080;branch=z9hG4bK-\(method)-\(callID)-\(cseq);rport\r
                Max-Forwards: 70\r
                From: \(from)\r
                To: \(to)\r
                Call-ID: \(callID)\r
                CSeq: \(cseq) \(method)\r
                Contact: <sip:bob@127.0.0.2:5080>\r
                \(more)Content-Length: 0\r
                \r

                """.utf8)
        }
    }

    /// The dialog of the phone that answered last.
    func agentDialog() throws -> Dialog {
        let ack = try #require(service.messages.last { $0.method == .ack })
        return Dialog(
            callID: ack.callID ?? "", from: ack.headers[.to] ?? "", to: ack.headers[.from] ?? "",
            tags: (ack.from?.tag ?? "", ack.to?.tag ?? ""))
    }

    /// The caller's dialog.
    func callerDialog() -> Dialog {
        Dialog(
            callID: "a", from: "\"Ann\" <sip:+15550100@127.0.0.1>;tag=a", to: "<sip:100@127.0.0.1>;tag=\(callerTag)",
            tags: (callerTag, "a"))
    }

    /// Parley's tag of a call that came in.
    func tag(of callID: String) throws -> String {
        try #require(service.messages.last { $0.status == 200 && $0.callID == callID }?.to?.tag)
    }

    /// Parley's own name of the call.
    var callName: String { service.facts.first?.call.rawValue ?? "" }

    var outcomes: [TransferOutcome] {
        service.facts.compactMap { if case .transferEnded(let body) = $0.body { body.outcome } else { nil } }
    }

    /// What a referrer was told: the status lines of the NOTIFYs.
    var reports: [String] {
        service.messages.filter { $0.method == .notify }.map {
            String(decoding: $0.body, as: UTF8.self).trimmingPrefix("SIP/2.0 ").split(separator: "\r\n").first
                .map(String.init) ?? ""
        }
    }
}
