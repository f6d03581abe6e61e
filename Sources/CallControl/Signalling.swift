package import Routing
package import SIP
package import Telephony

/// How a shard signals: with whom, from where, and with which ports for media.
package struct SignallingConfiguration: Sendable {
    package var trunks: [Trunk]
    /// Where Parley listens, as its peers are told.
    package var advertised: [SIPTransport: AdvertisedAddress]
    /// The address for media that is told.
    package var mediaHost: Host
    package let ports: [MediaPortPair]
    /// The media ports' numbers on the wire, RTCP's among them.
    let mediaNumbers: Set<UInt16>
    /// Those of the other shards.
    package var mediaNumbersOfOthers: ClosedRange<UInt16>?
    /// Live from the system's generator, seeded in replay and tests.
    package var entropy: Entropy
    /// The caller's time zone in the tz database, as far as a trunk says nothing else.
    package var timeZone = "UTC"
    /// Calls are recorded.
    package var recordsAudio = false
    /// Each further party has a recording of its own besides.
    package var recordsLegs = false
    /// Who may be called; as made, nobody.
    package var outbound = OutboundRules()
    /// Callers are looked up, and an answer is of use for so long; `nil` where nobody is asked.
    package var lookUpLimit: Interval?

    package init(
        trunks: [Trunk], advertised: [SIPTransport: AdvertisedAddress], mediaHost: Host, ports: [MediaPortPair],
        entropy: Entropy
    ) {
        self.trunks = trunks
        self.advertised = advertised
        self.mediaHost = mediaHost
        self.ports = ports
        mediaNumbers = Set(ports.flatMap { [$0.number, $0.number &+ 1] })
        self.entropy = entropy
    }

    /// The user agent's view of it: a message from nowhere known gets no answer.
    func userAgent(callLimit: Int) -> UserAgentConfiguration {
        var configuration = UserAgentConfiguration(
            advertised: advertised, maximumCalls: callLimit,
            registrar: trunks.contains { $0.servesRegistrations } ? Registrar() : nil,
            policy: SignallingConfiguration.policy(trunks, mediaHost: mediaHost))
        configuration.maximumTransactions = max(configuration.maximumTransactions, callLimit * 4)
        return configuration
    }
}

extension SignallingConfiguration {
    /// Whom the user agent serves: a message from nowhere known gets no answer.
    static func policy(_ trunks: [Trunk], mediaHost: Host) -> @Sendable (Hop) -> PeerVerdict {
        let profiles = trunks.map { trunk in
            (
                trunk.profile(mediaHost: mediaHost),
                Dictionary(
                    trunk.places.map { ($0.listener, trunk.profile(on: $0.listener, mediaHost: mediaHost)) }
                ) { first, _ in first }
            )
        }
        return { hop in
            guard let index = trunks.index(for: hop) else { return .drop }
            let (any, byListener) = profiles[index]
            return .serve(hop.listener.flatMap { byListener[$0] } ?? any)
        }
    }
}

/// The SIP side of a shard: the user agent, and which of its calls is which.
struct Signalling {
    /// A SIP call that has a port and is, or will be, a call of the switchboard.
    struct Line {
        var call: CallID
        /// As it was when the call began.
        var trunk: Trunk
        var ports: MediaPortPair
        var incoming: IncomingCall
        /// It waits for the ACK before its media begins.
        var isWaiting = true
        /// The far end has hung up, and the call waits for another in its place.
        var isGone = false
        /// REFERs of the far end that were taken on.
        var referrals: Set<UInt32> = []
    }

    private(set) var configuration: SignallingConfiguration
    var userAgent: UserAgent
    /// Calls that found no room.
    var refusedCalls = 0
    /// By media address.
    var ports: [MediaPortPool]
    var lines: [SIPCallHandle: Line] = [:]
    var handles: [CallID: SIPCallHandle] = [:]
    /// Those that ring, or have early media.
    var pickUps = PickUps()
    /// Those that were placed for further legs.
    var dialled: [SIPCallHandle: Dialled] = [:]
    /// Gateways that did not answer when they were asked last.
    var silentGateways: Set<Hop> = []
    /// Whether those are on hold whose far end is yet to be told.
    var holds: [SIPCallHandle: Bool] = [:]
    /// Those that are to take another's place.
    var replacements: [SIPCallHandle: Replacement] = [:]
    var outbound: OutboundPolicy
    var random: LiveEntropy
    /// Where phones are that registered, with whichever shard, by address-of-record.
    var phones: [String: [PhoneContact]] = [:]
    /// Bindings that are kept up, by name.
    var registrations: [(name: String, id: RegistrationID)] = []
    /// What the clock on the wall said, and when.
    var wall: (time: WallTime, at: Instant)?

    init(_ configuration: SignallingConfiguration, callLimit: Int) {
        self.configuration = configuration
        userAgent = UserAgent(configuration.userAgent(callLimit: callLimit), entropy: configuration.entropy)
        let places = 1 + (configuration.ports.map(\.place).max() ?? 0)
        ports = (0..<places).map { place in MediaPortPool(configuration.ports.filter { $0.place == place }) }
        random = LiveEntropy(configuration.entropy)
        outbound = OutboundPolicy(configuration.outbound)
    }

    /// Calls that come from now on belong to these trunks.
    mutating func take(_ trunks: [Trunk]) {
        configuration.trunks = trunks
        userAgent.serve(SignallingConfiguration.policy(trunks, mediaHost: configuration.mediaHost))
        let serves = trunks.contains { $0.servesRegistrations }
        if serves, userAgent.configuration.registrar == nil {
            userAgent.configuration.registrar = Registrar()
        } else if !serves {
            userAgent.configuration.registrar = nil
        }
    }

    mutating func lookUp(_ limit: Interval?) { configuration.lookUpLimit = limit }

    mutating func register(_ name: String, _ request: RegistrationRequest, at now: Instant) {
        unregister(name, at: now)
        registrations.append((name, userAgent.register(request, at: now)))
    }

    mutating func unregister(_ name: String, at now: Instant) {
        guard let index = registrations.firstIndex(where: { $0.name == name }) else { return }
        userAgent.unregister(registrations.remove(at: index).id, at: now)
    }

    /// Ends a dialog of a process that is gone, over the trunk that it was with.
    ///
    /// - Returns: whether a BYE is on its way.
    mutating func end(_ record: SIPDialogRecord, at now: Instant) -> Bool {
        guard let trunk = configuration.trunks.first(where: { $0.name == record.peer }) else { return false }
        return userAgent.end(record, of: trunk.profile(), at: now)
    }

    /// When the user agent must next run. Mutating only so that an optional holder need not be copied for it.
    mutating func nextDeadline() -> Instant? {
        guard let next = pickUps.next else { return userAgent.deadline }
        return userAgent.deadline.map { min($0, next) } ?? next
    }

    func wallTime(at now: Instant) -> WallTime {
        guard let wall else { return WallTime(millisecondsSince1970: 0) }
        return WallTime(millisecondsSince1970: wall.time.millisecondsSince1970 + (now - wall.at).milliseconds)
    }
}

/// The shard's entropy as a generator.
struct LiveEntropy: RandomNumberGenerator {
    private var entropy: Entropy

    init(_ entropy: Entropy) { self.entropy = entropy }

    mutating func next() -> UInt64 { entropy.next() }
}

extension Signalling {
    /// Lets go of a line, and of the room that many had: a dictionary keeps it.
    mutating func removeLine(_ handle: SIPCallHandle) -> Line? {
        guard let line = lines.removeValue(forKey: handle) else { return nil }
        handles[line.call] = nil
        if lines.capacity > 256, lines.count < lines.capacity / 8 { lines = lines.filter { _ in true } }
        if handles.capacity > 256, handles.count < handles.capacity / 8 { handles = handles.filter { _ in true } }
        return line
    }
}
