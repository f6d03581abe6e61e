package import Telephony

/// One stream connection of the edge; never used again for another.
package struct ConnectionID: Hashable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// A socket of Parley's own that SIP comes to and goes from.
package struct ListenerID: Hashable, Sendable, Comparable {
    package var rawValue: Int
    package init(_ rawValue: Int) { self.rawValue = rawValue }
    package static func < (a: ListenerID, b: ListenerID) -> Bool { a.rawValue < b.rawValue }
}

/// Where a message comes from or goes to next.
package struct Hop: Hashable, Sendable {
    package var transport: SIPTransport
    package var address: TransportAddress
    /// The stream that it came on; for what goes out, the stream to prefer while it lives.
    package var connection: ConnectionID?
    /// The name that a TLS server must prove, when the hop was found by name.
    package var serverName: String?
    /// The socket of Parley's own on this way; for what goes out `nil` leaves it to the peer's profile.
    package var listener: ListenerID?

    package init(
        _ transport: SIPTransport, _ address: TransportAddress, connection: ConnectionID? = nil,
        serverName: String? = nil, listener: ListenerID? = nil
    ) {
        self.transport = transport
        self.address = address
        self.connection = connection
        self.serverName = serverName
        self.listener = listener
    }
}

/// Octets to send.
package struct OutgoingMessage: Sendable, Equatable {
    package var octets: [UInt8]
    package var hop: Hop

    package init(octets: [UInt8], hop: Hop) {
        self.octets = octets
        self.hop = hop
    }
}

/// A place where Parley listens, as peers are told of it.
package struct AdvertisedAddress: Sendable, Hashable {
    package var host: Host
    package var port: UInt16

    package init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// What the configuration says of a peer: a trunk, or the phones of a site.
package struct PeerProfile: Sendable {
    /// Its name in the configuration; a dialog belongs to the peer that began it.
    package var name: String
    package var media: MediaCapabilities
    /// Replace the user agent's own addresses in Via and Contact, by transport.
    package var advertised: [SIPTransport: AdvertisedAddress]
    /// The sockets that messages to it go from, by transport.
    package var listeners: [SIPTransport: ListenerID]
    /// The name that its TLS server must prove, when the hop has none.
    package var serverName: String?
    /// Whether requests within a dialog go to the address that its messages came from, whatever Contact says: for peers
    /// behind NAT.
    package var usesSourceAddress: Bool
    /// Whether its REFERs are offered to the call; otherwise they are answered 603.
    package var allowsRefer: Bool
    /// Whether an INVITE may take the place of another call.
    package var allowsReplaces: Bool
    /// Whether provisional responses with media go out reliably where the peer supports it (RFC 3262).
    package var usesReliableProvisionals: Bool
    /// With these it identifies itself to us (RFC 7616); `nil` asks for nothing.
    package var authentication: DigestServer?
    /// With these we identify ourselves to it.
    package var credentials: DigestCredentials?

    package init(
        name: String, media: MediaCapabilities = MediaCapabilities(),
        advertised: [SIPTransport: AdvertisedAddress] = [:],
        listeners: [SIPTransport: ListenerID] = [:], serverName: String? = nil, usesSourceAddress: Bool = false,
        allowsRefer: Bool = false, allowsReplaces: Bool = false,
        usesReliableProvisionals: Bool = true, authentication: DigestServer? = nil,
        credentials: DigestCredentials? = nil
    ) {
        self.name = name
        self.media = media
        self.advertised = advertised
        self.listeners = listeners
        self.serverName = serverName
        self.usesSourceAddress = usesSourceAddress
        self.allowsRefer = allowsRefer
        self.allowsReplaces = allowsReplaces
        self.usesReliableProvisionals = usesReliableProvisionals
        self.authentication = authentication
        self.credentials = credentials
    }
}

/// What is done with messages of a source.
package enum PeerVerdict: Sendable {
    /// No word goes back.
    case drop
    case serve(PeerProfile)
}

extension Hop {
    /// The hop with the socket and the name of the peer's profile, where it says nothing of them itself.
    func completed(for peer: PeerProfile?) -> Hop {
        guard let peer else { return self }
        var hop = self
        hop.listener = listener ?? peer.listeners[transport]
        if transport == .tls { hop.serverName = serverName ?? peer.serverName }
        return hop
    }
}
