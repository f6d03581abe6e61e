package import SIP
import Telephony

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
    /// Live from the system's generator, seeded in replay and tests.
    package var entropy: Entropy
    /// The caller's time zone in the tz database, as far as a trunk says nothing else.
    package var timeZone = "UTC"
    /// Calls are recorded.
    package var recordsAudio = false

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
        let known = trunks.map { (ranges: $0.signalling, profile: $0.profile) }
        var configuration = UserAgentConfiguration(advertised: advertised, maximumCalls: callLimit) { hop in
            for trunk in known where trunk.ranges.contains(where: { $0.contains(hop.address) }) {
                return .serve(trunk.profile)
            }
            return .drop
        }
        configuration.maximumTransactions = max(configuration.maximumTransactions, callLimit * 4)
        return configuration
    }
}

/// The SIP side of a shard: the user agent, and which of its calls is which.
struct Signalling {
    /// A SIP call that has a port and is, or will be, a call of the switchboard.
    struct Line {
        var call: CallID
        var trunk: Int
        var ports: MediaPortPair
        var incoming: IncomingCall
        /// It waits for the ACK before its media begins.
        var isWaiting = true
    }

    let configuration: SignallingConfiguration
    var userAgent: UserAgent
    var ports: MediaPortPool
    var lines: [SIPCallHandle: Line] = [:]
    var handles: [CallID: SIPCallHandle] = [:]
    var random: LiveEntropy
    /// What the clock on the wall said, and when.
    var wall: (time: WallTime, at: Instant)?

    init(_ configuration: SignallingConfiguration, callLimit: Int) {
        self.configuration = configuration
        userAgent = UserAgent(configuration.userAgent(callLimit: callLimit), entropy: configuration.entropy)
        ports = MediaPortPool(configuration.ports)
        random = LiveEntropy(configuration.entropy)
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
