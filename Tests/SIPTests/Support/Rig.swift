import SIP
import Telephony

/// Two user agents joined by a seeded network, in virtual time.
struct Rig {
    enum Side: Int { case caller, callee }

    /// What the network does to a datagram.
    struct Network {
        /// 0 to 1.
        var loss = 0.0
        var duplication = 0.0
        /// Milliseconds, evenly from 5 to this.
        var delay: Int64 = 5
    }

    struct Flight {
        var at: Instant
        var number: Int
        var to: Side
        var octets: [UInt8]
    }

    var agents: [UserAgent]
    var network: Network
    var generator: SeededGenerator
    var now = Instant(nanoseconds: 1_000_000_000)
    var flights: [Flight] = []
    var events: [[UserAgentEvent]] = [[], []]
    /// Everything that was sent, by who sent it.
    var sent: [[SIPMessage]] = [[], []]
    var count = 0
    var transport = SIPTransport.udp
    /// Whether datagrams of a side are swallowed.
    var isCut = [false, false]
    /// What the callee does with a call that comes in.
    var calleeAnswers = true

    static let addresses = [
        TransportAddress(ipv4: 0xC000_0201, port: 5_060), TransportAddress(ipv4: 0xC000_0202, port: 5_060),
    ]
    static let local = [
        LocalMedia(address: .ipv4(0xC000_0201), port: 10_000), LocalMedia(address: .ipv4(0xC000_0202), port: 20_000),
    ]

    init(
        seed: UInt64 = 1, network: Network = Network(), transport: SIPTransport = .udp,
        profiles: [PeerProfile] = [PeerProfile(name: "callee"), PeerProfile(name: "caller")],
        configure: (inout UserAgentConfiguration, Side) -> Void = { _, _ in }
    ) {
        self.network = network
        self.transport = transport
        generator = SeededGenerator(seed: seed)
        agents = []
        for side in [Side.caller, .callee] {
            let profile = profiles[side.rawValue]
            let own = Rig.addresses[side.rawValue]
            var configuration = UserAgentConfiguration(
                advertised: [transport: AdvertisedAddress(host: Host(own), port: own.port)],
                policy: { _ in .serve(profile) })
            configure(&configuration, side)
            agents.append(
                UserAgent(
                    configuration,
                    entropy: Entropy(
                        SeededGenerator(seed: seed &* 77 &+ UInt64(side.rawValue)), shard: UInt8(side.rawValue))))
        }
    }

    func hop(to side: Side) -> Hop {
        Hop(transport, Rig.addresses[side.rawValue], connection: transport == .udp ? nil : ConnectionID(1))
    }

    subscript(side: Side) -> UserAgent {
        get { agents[side.rawValue] }
        set { agents[side.rawValue] = newValue }
    }

    /// Places a call from the caller.
    mutating func call(
        peer: PeerProfile = PeerProfile(name: "callee"), headers: [(HeaderName, String)] = [], hops: [Hop]? = nil
    ) -> SIPCallHandle {
        let outgoing = OutgoingCall(
            to: .sip(SIPURI(user: "1000", host: Host(Rig.addresses[1]))),
            from: NameAddress(displayName: "Ann", uri: .sip(SIPURI(user: "ann", host: Host(Rig.addresses[0])))),
            hops: hops ?? [hop(to: .callee)], peer: peer, local: Rig.local[0],
            headers: headers.map { (name: $0.0, value: $0.1) })
        let handle = self[.caller].invite(outgoing, at: now) ?? SIPCallHandle(0)
        drain()
        return handle
    }

    /// The callee's handle of the call that came in last.
    var incoming: SIPCallHandle? {
        for event in events[1].reversed() {
            if case .incoming(let handle, _) = event { return handle }
        }
        return nil
    }

    /// Empties both outputs of both sides.
    mutating func drain() {
        for side in [Side.caller, .callee] {
            while let event = self[side].poll() {
                events[side.rawValue].append(event)
                react(side, event)
            }
            while let message = self[side].nextMessage() { fly(message, from: side) }
        }
    }

    private mutating func react(_ side: Side, _ event: UserAgentEvent) {
        guard side == .callee, calleeAnswers, case .incoming(let handle, _) = event else { return }
        self[.callee].ring(handle, at: now)
        _ = try? self[.callee].answer(handle, local: Rig.local[1], at: now)
    }

    private mutating func fly(_ message: OutgoingMessage, from side: Side) {
        if let parsed = try? SIPMessage(parsing: message.octets) { sent[side.rawValue].append(parsed) }
        let to: Side = side == .caller ? .callee : .caller
        guard message.hop.address == Rig.addresses[to.rawValue], !isCut[side.rawValue] else { return }
        for copy in 0..<2 {
            if copy == 1, generator.nextUnit() >= network.duplication { continue }
            if generator.nextUnit() < network.loss { continue }
            let span = UInt64(max(1, network.delay - 4))
            let delay = 5 + Int64(generator.next() % span)
            count += 1
            flights.append(Flight(at: now + .milliseconds(delay), number: count, to: to, octets: message.octets))
        }
    }

    /// Runs until a moment, or until nothing is left to do.
    mutating func run(for interval: Interval) {
        let end = now + interval
        drain()
        while true {
            let flight = flights.enumerated().min {
                $0.element.at == $1.element.at ? $0.element.number < $1.element.number : $0.element.at < $1.element.at
            }
            let timer = [Side.caller, .callee].compactMap { self[$0].deadline }.min()
            guard let next = [flight?.element.at, timer].compactMap({ $0 }).min(), next <= end else { break }
            now = max(now, next)
            if let flight, flight.element.at <= now {
                flights.remove(at: flight.offset)
                let from: Side = flight.element.to == .caller ? .callee : .caller
                self[flight.element.to].receive(flight.element.octets, from: hop(to: from), at: now)
            } else {
                for side in [Side.caller, .callee] { self[side].advance(to: now) }
            }
            drain()
        }
        now = end
    }

    /// The words of a side's events, for comparing; what is told of dialogs for another process is none of it.
    func story(_ side: Side) -> [String] { events[side.rawValue].compactMap(Rig.word) }

    static func word(_ event: UserAgentEvent) -> String? {
        switch event {
        case .incoming: "incoming"
        case .progress(_, let status, let media, _): "progress \(status)" + (media == nil ? "" : " media")
        case .answered(_, let media, _): "answered \(media.format.name)"
        case .established(_, let media): "established \(media.format.name)"
        case .mediaChanged(_, let media): "media \(media.direction.rawValue)"
        case .reofferRefused(_, let status): "reoffer refused \(status)"
        case .ended(_, let ending): "ended \(ending.cause) \(ending.q850)"
        case .digit(_, let digit, let duration): "digit \(digit) \(duration ?? 0)"
        case .info: "info"
        case .referred(_, let refer): "referred \(refer.target.uri)"
        case .referProgress(_, let status, let isFinal): "refer \(status)\(isFinal ? " final" : "")"
        case .registration(_, let state): "registration \(state)"
        case .bindingsChanged(let address): "bindings \(address)"
        case .dialogChanged, .dialogOver: nil
        case .probed(_, let status): "probed \(status ?? 0)"
        }
    }
}
