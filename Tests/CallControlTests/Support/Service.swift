import CallControl
import CallFlow
import SIP
import Telephony

/// A switchboard that signals, and a phone that is played by hand: whole SIP calls in virtual time, octets in and out.
struct Exchange {
    static let phone = TransportAddress(ipv4: 0x7F00_0001, port: 5_070)
    static let media = TransportAddress(ipv4: 0x7F00_0001, port: 6_000)

    static func configuration(
        ports: Int = 4, calls: Int = 4_000, networks: [AddressRange] = [.loopback],
        capabilities: MediaCapabilities = MediaCapabilities()
    ) -> SwitchboardConfiguration {
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "line", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        let trunk = Trunk(
            name: "phones", signalling: [.loopback], media: networks, capabilities: capabilities,
            agents: ["100": agent])
        let host = Host.ipv4(0x7F00_0001)
        let pairs = (0..<Int32(ports)).map {
            MediaPortPair(rtp: Port(2 * $0), rtcp: Port(2 * $0 + 1), number: UInt16(10_000 + 2 * $0))
        }
        var configuration = SwitchboardConfiguration()
        configuration.callLimit = calls
        configuration.signalling = SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: AdvertisedAddress(host: host, port: 5_060)], mediaHost: host,
            ports: pairs, entropy: Entropy(SeededGenerator(seed: 3)))
        return configuration
    }

    static func invite(
        _ name: String, to number: String = "100", body: String = offer(), method: String = "INVITE", cseq: Int = 1,
        toTag: String = "", headers: [String] = [], forwards: Int = 70
    ) -> [UInt8] {
        let type = body.isEmpty ? "" : "Content-Type: application/sdp\r\n"
        return Array(
            """
            \(method) sip:\(number)@127.0.0.1 SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-\(name)-\(method)-\(cseq);rport\r
            Max-Forwards: \(forwards)\r
            From: "Ann" <sip:+15550100@127.0.0.1>;tag=\(name)\r
            To: <sip:\(number)@127.0.0.1>\(toTag.isEmpty ? "" : ";tag=\(toTag)")\r
            Call-ID: \(name)\r
            CSeq: \(cseq) \(method)\r
            Contact: <sip:ann@127.0.0.1:5070>\r
            X-Account: 42\r
            \(headers.map { $0 + "\r\n" }.joined())\(type)Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    static func offer(
        address: String = "127.0.0.1", port: Int = 6_000, direction: String = "sendrecv", version: Int = 1
    ) -> String {
        """
        v=0\r
        o=- 1 \(version) IN IP4 \(address)\r
        s=-\r
        c=IN IP4 \(address)\r
        t=0 0\r
        m=audio \(port) RTP/AVP 0 101\r
        a=rtpmap:0 PCMU/8000\r
        a=rtpmap:101 telephone-event/8000\r
        a=\(direction)\r

        """
    }
}

/// A switchboard with what it gave.
struct Service: ~Copyable {
    private(set) var switchboard: Switchboard
    private(set) var now = Instant.zero + .seconds(1)
    private(set) var messages: [SIPMessage] = []
    private(set) var facts: [CallEvent] = []
    private(set) var opened: [Port] = []
    private(set) var closed: [Port] = []
    /// Hand-overs that wait for a route.
    private(set) var handovers: [RequestID] = []
    /// Where the last message went.
    private(set) var lastHop: Hop?
    /// Accounts of calls that are over.
    private(set) var sealed: [CallContext] = []
    /// The Call-IDs of each call.
    fileprivate(set) var lines: [CallID: [String]] = [:]
    private(set) var packets = 0
    private(set) var keys: [(digit: Digit, timestamp: [UInt8])] = []
    /// Where packets went.
    private(set) var destinations: Set<TransportAddress> = []
    /// What the caller was told: payloads of PCMU.
    private(set) var said: [UInt8] = []
    private var datagram: [UInt8] = []

    init(_ configuration: SwitchboardConfiguration = Exchange.configuration()) {
        switchboard = Switchboard(configuration)
        give(.signalling(.wallTime(WallTime(millisecondsSince1970: 1_000_000))))
    }

    mutating func give(_ input: SwitchboardInput) {
        switchboard.receive(input, at: now)
        drain()
    }

    mutating func receive(_ octets: [UInt8], from address: TransportAddress = Exchange.phone) {
        give(.signalling(.datagram(octets, Hop(.udp, address))))
    }

    mutating func run(for time: Interval) {
        let end = now + time
        while let due = switchboard.deadline, due <= end {
            now = max(now, due)
            switchboard.advance(to: now)
            drain()
        }
        now = end
    }

    private mutating func drain() {
        while let outgoing = switchboard.nextDatagram(into: &datagram) {
            packets += 1
            note(datagram)
            destinations.insert(outgoing.destination)
            if outgoing.destination == Exchange.media, datagram.count == 172, datagram[1] & 0x7F == 0 {
                said += datagram[12...]
            }
        }
        while let output = switchboard.poll() {
            switch output {
            case .signal(let message):
                lastHop = message.hop
                if let message = try? SIPMessage(parsing: message.octets) { messages.append(message) }
            case .fact(let event): facts.append(event)
            case .sealed(let context): sealed.append(context)
            case .opened(let port): opened.append(port)
            case .closed(let port): closed.append(port)
            case .line(let call, let callID): note(callID, of: call)
            case .request(let id, .transfer), .request(let id, .routeFailed): handovers.append(id)
            default: break
            }
        }
    }

    /// Media comes on a port.
    mutating func hear(_ packet: [UInt8], on port: Int32, from source: TransportAddress) {
        switchboard.receive(datagram: packet.span, on: Port(port), from: source, at: now)
        drain()
    }

    /// Where packets went since the last time this was asked.
    mutating func takeDestinations() -> Set<TransportAddress> {
        defer { destinations = [] }
        return destinations
    }

    /// What the caller was told since the last time this was asked.
    mutating func takeSaid() -> [UInt8] {
        defer { said = [] }
        return said
    }

    /// Keys that went out as events, by their last packets.
    private mutating func note(_ packet: [UInt8]) {
        guard packet.count == 16, packet[1] & 0x7F == 101, packet[13] & 0x80 != 0, let digit = Digit(code: packet[12])
        else { return }
        let timestamp = Array(packet[4..<8])
        if keys.last?.timestamp != timestamp { keys.append((digit, timestamp)) }
    }

    /// Forgets what was sent.
    mutating func forget() { messages = [] }

    /// The tag of the last answer.
    var tag: String { messages.last { $0.status != nil }?.to?.tag ?? "" }

    var statuses: [Int] { messages.compactMap(\.status) }

    /// Places a call up to its ACK.
    mutating func call(_ name: String, forwards: Int = 70) {
        receive(Exchange.invite(name, forwards: forwards))
        receive(Exchange.invite(name, body: "", method: "ACK", toTag: tag))
    }

    func ended() -> CallEnded? {
        facts.lazy.compactMap { if case .callEnded(let body) = $0.body { body } else { nil } }.first
    }
}

extension Service {
    /// Apart, because the compiler checks a dictionary's element that is changed in place, among the cases of a value that
    /// cannot be copied, without end.
    fileprivate mutating func note(_ callID: String, of call: CallID) { lines[call] = (lines[call] ?? []) + [callID] }
}
