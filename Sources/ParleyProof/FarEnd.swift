import SIP
import Telephony
import Transport

/// A SIP user agent on a UDP socket of its own on loopback, which is turned by hand: whoever calls the service under proof,
/// or is called by it.
struct FarEnd: ~Copyable {
    private(set) var agent: UserAgent
    private let socket: DatagramSocket
    /// Where media may be sent, which nobody listens to.
    private let sink: DatagramSocket
    private let room: UnsafeMutableRawBufferPointer

    static let loopback: UInt32 = 0x7F00_0001

    /// - Parameter port: of SIP; with 0 the kernel finds one.
    init(port: UInt16 = 0) throws {
        let socket = try DatagramSocket(TransportAddress(ipv4: FarEnd.loopback, port: port))
        let sink = try DatagramSocket(TransportAddress(ipv4: FarEnd.loopback, port: 0))
        var configuration = UserAgentConfiguration(
            advertised: [.udp: AdvertisedAddress(host: .ipv4(FarEnd.loopback), port: socket.local.port)],
            policy: { _ in .serve(PeerProfile(name: "service")) })
        configuration.sessionInterval = nil
        agent = UserAgent(configuration, entropy: Entropy(SystemRandomNumberGenerator()))
        self.socket = socket
        self.sink = sink
        room = .allocate(byteCount: 8_192, alignment: 16)
    }

    deinit { room.deallocate() }

    private var media: LocalMedia { LocalMedia(address: .ipv4(FarEnd.loopback), port: sink.local.port) }

    /// Calls a number of the service at a port of loopback.
    mutating func call(_ number: String, at port: UInt16) -> SIPCallHandle? {
        let target = SIPURI(user: number, host: .ipv4(FarEnd.loopback), port: port)
        let own = SIPURI(user: "caller", host: .ipv4(FarEnd.loopback), port: socket.local.port)
        return agent.invite(
            OutgoingCall(
                to: .sip(target), from: NameAddress(uri: .sip(own)),
                hops: [Hop(.udp, TransportAddress(ipv4: FarEnd.loopback, port: port))],
                peer: PeerProfile(name: "service"), local: media),
            at: MonotonicClock.now)
    }

    mutating func answer(_ call: SIPCallHandle) {
        agent.ring(call, at: MonotonicClock.now)
        _ = try? agent.answer(call, local: media, at: MonotonicClock.now)
    }

    mutating func hangUp(_ call: SIPCallHandle) { agent.hangUp(call, at: MonotonicClock.now) }

    /// Takes what has come, sends what is to be sent, and tells what happened.
    mutating func turn() -> [UserAgentEvent] {
        while let arrival = socket.receive(into: room) {
            let octets = Array(UnsafeRawBufferPointer(rebasing: room[0..<min(arrival.count, room.count)]))
            agent.receive(octets, from: Hop(.udp, arrival.source), at: MonotonicClock.now)
            send()
        }
        agent.advance(to: MonotonicClock.now)
        send()
        var events: [UserAgentEvent] = []
        while let event = agent.poll() { events.append(event) }
        return events
    }

    private mutating func send() {
        while let message = agent.nextMessage() {
            message.octets.withUnsafeBytes { _ = socket.send($0, to: message.hop.address) }
        }
    }
}
