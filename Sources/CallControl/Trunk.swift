package import CallFlow
package import RTP
package import SIP
package import Telephony

/// A range of addresses: those that agree with one in so many leading bits.
package struct AddressRange: Sendable, Equatable {
    private let base: TransportAddress
    /// Leading bits of the 128 that count; 96 more than those of an IPv4 range.
    private let prefix: Int

    /// - Parameter bits: 0 to 32.
    package init(ipv4: UInt32, bits: Int) {
        base = TransportAddress(ipv4: ipv4, port: 0)
        prefix = 96 + min(32, max(0, bits))
    }

    /// - Parameter bits: 0 to 128.
    package init(ipv6 base: TransportAddress, bits: Int) {
        self.base = base
        prefix = min(128, max(0, bits))
    }

    /// 127.0.0.0/8.
    package static let loopback = AddressRange(ipv4: 0x7F00_0000, bits: 8)

    /// How narrow it is, in bits of 128.
    package var width: Int { prefix }

    package func contains(_ address: TransportAddress) -> Bool {
        let high = UInt64.max << UInt64(64 - min(64, prefix))
        let low = prefix <= 64 ? 0 : UInt64.max << UInt64(128 - prefix)
        return (address.high ^ base.high) & high == 0 && (address.low ^ base.low) & low == 0
    }
}

/// A proxy that a trunk's calls go out through.
package struct OutboundProxy: Sendable {
    /// As it stands in Route.
    package var route: NameAddress
    /// Where it is, the best first.
    package var hops: [Hop]

    /// - Parameter uri: is taken for a loose router, as every proxy of RFC 3261 is.
    package init(_ uri: SIPURI, hops: [Hop]) {
        var uri = uri
        uri.parameters["lr"] = .some(nil)
        route = NameAddress(uri: .sip(uri))
        self.hops = hops
    }
}

/// How calls of a trunk are transferred by its parties, and by Parley.
package struct TransferRules: Sendable, Equatable {
    /// What a trunk's far end does for callers who are handed on.
    package enum Referral: String, Sendable, CaseIterable {
        /// Nothing: Parley calls whom they are handed to and stays between the two.
        case off
        /// A REFER takes them to a number (RFC 3515).
        case blind
        /// And, with Replaces in its Refer-To, to somebody who has been spoken with (RFC 3891).
        case attended
    }

    /// How a trunk's far end learns that it is on hold.
    package enum Hold: String, Sendable, CaseIterable {
        /// Not at all: it hears music.
        case media
        /// By a re-INVITE as well, and by another when it is taken off.
        case reinvite
    }

    /// A REFER of those whom Parley called is taken on.
    package var takesRefer = false
    /// A REFER of callers is taken on: somebody else comes in the caller's place.
    package var takesReferOfCallers = false
    /// An INVITE may take the place of a call of the same trunk.
    package var takesReplaces = false
    package var referral = Referral.off
    package var hold = Hold.media
    /// The far end knows `X-` fields in lower case only.
    package var lowersHeaderNames = false

    package init() {}
}

/// Where calls come from, by name: who may send them, how their media is, and which agent answers which number.
package struct Trunk: Sendable {
    package var name: String
    /// The sockets that its calls come to; empty stands for every one.
    package var places: [Place] = []
    /// The address for media that is told; `nil` leaves it to the shard's configuration.
    package var mediaHost: Host?
    /// The address for media that is told who calls over IPv6; `nil` is the same.
    package var mediaHostOfIPv6: Host?
    /// Which of the shard's media addresses its calls use.
    package var mediaPlace = 0
    /// Who may send calls.
    package var signalling: [AddressRange]
    /// Where media may be sent before the far end has acknowledged the answer: nobody can be made to send media to
    /// somebody else by one forged datagram.
    package var media: [AddressRange]
    package var capabilities: MediaCapabilities
    package var sourceRule: SourceLatch.Rule
    /// The agents by the number that was called.
    package var agents: [String: Agent]
    /// Answers every other number.
    package var otherwise: Agent?
    /// Names of header fields that a call gets, lower case; one that ends with `*` names all that begin so.
    package var headersIn = ["x-*"]
    /// Fields of the answer; `{call}` stands for the call's name.
    package var headersOut: [(name: HeaderName, value: String)] = []
    /// With these Parley identifies itself to it.
    package var credentials: DigestCredentials?
    /// With these it, or each of its phones, identifies itself.
    package var authentication: DigestServer?
    /// Its phones register here.
    package var servesRegistrations = false
    /// Where calls that Parley places go, the best first; none where none go out.
    package var gateways: [Hop] = []
    /// Calls to the gateways go through it (RFC 3261 section 8.1.2).
    package var proxy: OutboundProxy?
    /// It is Microsoft Teams: numbers are of E.164 and marked as such, its proxies are called by their names, calls that it
    /// refers to itself go back as it wrote them, and no Replaces is sent to it.
    package var isDirectRouting = false
    /// What its parties may do with calls beside ending them.
    package var transfers = TransferRules()
    /// What its callers get before the answer.
    package var pickUp = PickUp()
    /// The name that its TLS server must prove, when it is called by its address.
    package var serverName: String?

    /// A socket of SIP, and how this trunk is told of it.
    package struct Place: Sendable {
        package var transport: SIPTransport
        package var listener: ListenerID
        package var advertised: AdvertisedAddress

        package init(_ transport: SIPTransport, _ listener: ListenerID, _ advertised: AdvertisedAddress) {
            self.transport = transport
            self.listener = listener
            self.advertised = advertised
        }
    }

    package init(
        name: String, signalling: [AddressRange], media: [AddressRange],
        capabilities: MediaCapabilities = MediaCapabilities(), sourceRule: SourceLatch.Rule = .negotiated,
        agents: [String: Agent] = [:], otherwise: Agent? = nil
    ) {
        self.name = name
        self.signalling = signalling
        self.media = media
        self.capabilities = capabilities
        self.sourceRule = sourceRule
        self.agents = agents
        self.otherwise = otherwise
    }

    /// Whether a host is one of those that its calls go out to, by name.
    func isGateway(_ host: Host) -> Bool {
        gateways.contains { $0.serverName?.lowercased() == host.description.lowercased() }
    }

    /// The agent that answers a number.
    func agent(for number: String) -> Agent? { agents[number] ?? otherwise }

    /// What the user agent is told of this trunk.
    ///
    /// - Parameters:
    ///   - listener: the socket that a message came to; its address is the one that the answer tells.
    ///   - host: the address for media that is told where the trunk has none of its own.
    package func profile(on listener: ListenerID? = nil, mediaHost host: Host? = nil) -> PeerProfile {
        var profile = PeerProfile(
            name: name, media: capabilities, serverName: serverName,
            allowsRefer: transfers.takesRefer || transfers.takesReferOfCallers, allowsReplaces: transfers.takesReplaces,
            authentication: authentication,
            credentials: credentials)
        // An address that is a name may be of either family.
        let hosts = [mediaHost ?? host, mediaHostOfIPv6].compactMap { $0 }
        if !hosts.isEmpty, !hosts.contains(where: \.isName) { profile.media.families = hosts.compactMap(\.family) }
        for place in places where profile.listeners[place.transport] == nil || place.listener == listener {
            profile.listeners[place.transport] = place.listener
            profile.advertised[place.transport] = place.advertised
        }
        return profile
    }

    /// The address for media that a far end is told whose addresses are of a family.
    func mediaHost(for family: AddressFamily) -> Host? {
        family == .ipv6 ? mediaHostOfIPv6 ?? mediaHost : mediaHost
    }

    /// How narrowly it is meant by a message on a way: the bits of the narrowest range that has its sender.
    func width(for hop: Hop) -> Int? {
        if let listener = hop.listener, !places.isEmpty {
            guard places.contains(where: { $0.listener == listener }) else { return nil }
        }
        return signalling.lazy.filter { $0.contains(hop.address) }.map(\.width).max()
    }

    /// Whether a header field that came with a call is passed on.
    func passes(_ name: String) -> Bool {
        headersIn.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
    }
}

extension [Trunk] {
    /// The trunk that a message belongs to: the one that allows its sender most narrowly, the first of several.
    package func index(for hop: Hop) -> Int? {
        var best: (index: Int, width: Int)?
        for (index, trunk) in enumerated() {
            if let width = trunk.width(for: hop), width > best?.width ?? -1 { best = (index, width) }
        }
        return best?.index
    }
}
