import SIP
import Telephony

/// One user agent, and messages written by hand.
struct Bench {
    var agent: UserAgent
    var now = Instant(nanoseconds: 1_000_000_000)
    var hop: Hop
    private(set) var events: [UserAgentEvent] = []

    static let own = TransportAddress(ipv4: 0xC000_0202, port: 5_060)
    static let far = TransportAddress(ipv4: 0xC000_0201, port: 5_060)
    static let local = LocalMedia(address: .ipv4(0xC000_0202), port: 20_000)

    init(
        transport: SIPTransport = .udp, peer: PeerProfile = PeerProfile(name: "trunk"), seed: UInt64 = 7,
        configure: (inout UserAgentConfiguration) -> Void = { _ in }
    ) {
        hop = Hop(transport, Bench.far, connection: transport == .udp ? nil : ConnectionID(1))
        var configuration = UserAgentConfiguration(
            advertised: [transport: AdvertisedAddress(host: Host(Bench.own), port: 5_060)],
            policy: { _ in .serve(peer) })
        configure(&configuration)
        agent = UserAgent(configuration, entropy: Entropy(SeededGenerator(seed: seed)))
    }

    /// Hands octets in.
    /// - Returns: the messages that go out.
    @discardableResult
    mutating func receive(_ octets: [UInt8], from source: Hop? = nil) -> [SIPMessage] {
        agent.receive(octets, from: source ?? hop, at: now)
        return drain()
    }

    @discardableResult
    mutating func receive(_ text: String, from source: Hop? = nil) -> [SIPMessage] {
        receive(Bench.octets(text), from: source)
    }

    /// Goes forward in time, timer by timer.
    @discardableResult
    mutating func run(for interval: Interval) -> [SIPMessage] {
        let end = now + interval
        var sent: [SIPMessage] = []
        while let next = agent.deadline, next <= end {
            now = max(now, next)
            agent.advance(to: now)
            sent += drain()
        }
        now = end
        return sent
    }

    @discardableResult
    mutating func drain() -> [SIPMessage] {
        var sent: [SIPMessage] = []
        while let event = agent.poll() { events.append(event) }
        while let message = agent.nextMessage() {
            if let parsed = try? SIPMessage(parsing: message.octets) { sent.append(parsed) }
        }
        return sent
    }

    var story: [String] { events.compactMap(Rig.word) }

    var incoming: SIPCallHandle? {
        for event in events.reversed() {
            if case .incoming(let handle, _) = event { return handle }
        }
        return nil
    }

    /// Text with line ends as SIP has them, and a right Content-Length when the text has none.
    static func octets(_ text: String) -> [UInt8] {
        var text = text.replacingLineEnds()
        if !text.contains("\r\n\r\n") { text += "\r\n\r\n" }
        return Array(text.utf8)
    }

    static let offer = """
        v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=0 0
        m=audio 10000 RTP/AVP 0 8 101
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15

        """

    /// A request as a peer writes it.
    static func request(
        _ method: String, uri: String = "sip:1000@192.0.2.2", branch: String = "z9hG4bKa", callID: String = "call1",
        fromTag: String = "ft", toTag: String? = nil, cseq: Int = 1, cseqMethod: String? = nil, headers: [String] = [],
        body: String? = nil
    ) -> String {
        var lines = [
            "\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=\(branch);rport", "Max-Forwards: 70",
            "From: <sip:ann@192.0.2.1>;tag=\(fromTag)", "To: <sip:1000@192.0.2.2>" + (toTag.map { ";tag=\($0)" } ?? ""),
            "Call-ID: \(callID)", "CSeq: \(cseq) \(cseqMethod ?? method)", "Contact: <sip:ann@192.0.2.1:5060>",
        ]
        lines += headers
        if body != nil { lines.append("Content-Type: application/sdp") }
        lines.append("Content-Length: \((body ?? "").replacingLineEnds().utf8.count)")
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "").replacingLineEnds()
    }

    /// An INVITE that comes in and is answered; the 200.
    mutating func answeredCall(headers: [String] = [], body: String? = Bench.offer, callID: String = "call1")
        -> SIPMessage?
    {
        receive(Bench.request("INVITE", branch: "z9hG4bKi\(callID)", callID: callID, headers: headers, body: body))
        guard let handle = incoming else { return nil }
        _ = try? agent.answer(handle, local: Bench.local, at: now)
        return drain().first { $0.status == 200 }
    }

    struct NoCall: Error {}

    /// The 200 of a call that comes in and is answered.
    mutating func answered(body: String? = Bench.offer) throws -> SIPMessage {
        guard let ok = answeredCall(body: body) else { throw NoCall() }
        return ok
    }

    /// A call that comes in, is answered and acknowledged.
    mutating func established(headers: [String] = [], callID: String = "call1") throws -> (SIPCallHandle, toTag: String)
    {
        guard let call = establishedCall(headers: headers, callID: callID) else { throw NoCall() }
        return call
    }

    /// The same, acknowledged.
    mutating func establishedCall(headers: [String] = [], callID: String = "call1") -> (SIPCallHandle, toTag: String)? {
        guard let ok = answeredCall(headers: headers, callID: callID), let tag = ok.to?.tag, let handle = incoming
        else {
            return nil
        }
        receive(Bench.request("ACK", branch: "z9hG4bKk\(callID)", callID: callID, toTag: tag))
        return (handle, tag)
    }
}

extension String {
    fileprivate func replacingLineEnds() -> String {
        var result = ""
        for scalar in unicodeScalars where scalar != "\r" {
            if scalar == "\n" { result += "\r\n" } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }
}
