import CallControl
import CallFlow
import SIP
import Telephony
import Transport

/// The sockets of the trunks and what the switchboards are told of them: opened once, changed by a reload.
final class ServiceTrunks {

    private let server: SignallingServer
    private let nonceKey: [UInt8]
    private var open: [(listener: TrunkConfiguration.Listener, id: ListenerID, port: UInt16)] = []
    /// Of the first configuration: sockets of media are bound once.
    private(set) var places: [TransportAddress] = []

    init(server: SignallingServer) {
        self.server = server
        var generator = SystemRandomNumberGenerator()
        nonceKey = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Opens what is not open, closes what no trunk names any more, and reads every certificate again.
    ///
    /// - Parameter agents: by name.
    /// - Throws: `TransportError` or ``ServiceError``; then everything is as it was before.
    func apply(_ configuration: ServiceConfiguration, agents: [String: Agent]) async throws -> [Trunk] {
        let identities = try ServiceTrunks.identities(configuration)
        let mediaPlaces = try placesOfMedia(configuration)
        var opened: [(listener: TrunkConfiguration.Listener, id: ListenerID, port: UInt16)] = []
        do {
            for trunk in configuration.trunks {
                for listener in trunk.listeners
                where !(open + opened).contains(where: { $0.listener == listener }) {
                    let (id, port) = try await server.open(
                        listener.transport, try address(of: listener, opened), dscp: trunk.dscp,
                        tls: identities[trunk.name])
                    opened.append((listener, id, port))
                }
            }
        } catch {
            for listener in opened { await server.close(listener.id) }
            throw error
        }
        open += opened
        places = mediaPlaces
        await closeUnused(configuration)
        for trunk in configuration.trunks {
            guard let identity = identities[trunk.name] else { continue }
            for listener in trunk.listeners where listener.transport != .udp {
                if let known = find(listener) { server.replace(tls: identity, of: known.id) }
            }
        }
        var trunks: [Trunk] = []
        for trunk in configuration.trunks {
            var made = made(trunk, configuration, agents)
            if !trunk.proxies.isEmpty { made.gateways = try await gateways(trunk.proxies, made) }
            if let proxy = trunk.outboundProxy, !made.gateways.isEmpty {
                made.proxy = try await outboundProxy(proxy, made)
            }
            trunks.append(made)
        }
        return trunks
    }

    /// Finds Teams' proxies, each with the name that it must prove. One that is not found now is left out.
    private func gateways(_ proxies: [SIPURI], _ trunk: Trunk) async throws -> [Hop] {
        var entropy = Entropy(SystemRandomNumberGenerator())
        var hops: [Hop] = []
        for proxy in proxies {
            for var hop in await NameResolver().hops(for: proxy, transports: [.tls], entropy: &entropy) {
                hop.serverName = proxy.host.description
                hops.append(hop)
            }
        }
        guard !hops.isEmpty else {
            let names = proxies.map(\.host.description).joined(separator: ", ")
            throw ServiceError("trunk \(trunk.name): none of \(names) is found; check the names and the DNS")
        }
        return hops
    }

    /// Finds the proxy of a trunk (RFC 3263).
    private func outboundProxy(_ uri: SIPURI, _ trunk: Trunk) async throws -> OutboundProxy {
        let listeners = trunk.profile().listeners
        var entropy = Entropy(SystemRandomNumberGenerator())
        let hops = await NameResolver().hops(
            for: uri, transports: SIPTransport.allCases.filter { listeners[$0] != nil }, entropy: &entropy)
        guard !hops.isEmpty else {
            throw ServiceError(
                "trunk \(trunk.name): nothing is found for its outbound proxy \(uri.host); check the name, the DNS, and that the trunk listens on the proxy's transport"
            )
        }
        return OutboundProxy(uri, hops: hops)
    }

    /// TCP takes the port that the kernel found for UDP where both are left to it.
    private func address(
        of listener: TrunkConfiguration.Listener,
        _ opened: [(listener: TrunkConfiguration.Listener, id: ListenerID, port: UInt16)]
    ) throws -> TransportAddress {
        var address = listener.address
        if address.port == 0, let other = opened.first(where: { $0.listener.address == listener.address }) {
            address.port = other.port
        }
        return address
    }

    private func find(_ listener: TrunkConfiguration.Listener) -> (id: ListenerID, port: UInt16)? {
        open.first { $0.listener == listener }.map { ($0.id, $0.port) }
    }

    private func closeUnused(_ configuration: ServiceConfiguration) async {
        let used = Set(configuration.trunks.flatMap(\.listeners))
        for listener in open where !used.contains(listener.listener) { await server.close(listener.id) }
        open.removeAll { !used.contains($0.listener) }
    }

    static func identity(_ tls: TrunkConfiguration.TLS) throws(TransportError) -> TLSIdentity {
        try TLSIdentity(
            TLSIdentity.Files(
                certificate: tls.certificate, key: tls.key, trust: tls.trust,
                requiresClientCertificate: tls.clientCertificate == .required,
                acceptsServerCertificates: tls.acceptsServerCertificates))
    }

    private static func identities(_ configuration: ServiceConfiguration) throws -> [String: TLSIdentity] {
        var identities: [String: TLSIdentity] = [:]
        for trunk in configuration.trunks {
            guard let tls = trunk.tls else { continue }
            identities[trunk.name] = try identity(tls)
        }
        return identities
    }

    /// The addresses that media is bound to; a reload may not bring a new one.
    private func placesOfMedia(_ configuration: ServiceConfiguration) throws(ServiceError) -> [TransportAddress] {
        var wanted: [TransportAddress] = []
        for trunk in configuration.trunks {
            let address = trunk.media.address ?? configuration.media.address
            if !wanted.contains(where: { $0.hasSameHost(as: address) }) { wanted.append(address) }
        }
        if places.isEmpty { return wanted }
        for address in wanted where !places.contains(where: { $0.hasSameHost(as: address) }) {
            throw ServiceError("media on \(Host(address).bare) needs sockets that are bound at the start; restart")
        }
        return places
    }

    /// Where it listens, a line each.
    func description(of configuration: ServiceConfiguration) -> [String] {
        configuration.trunks.map { trunk in
            let places = trunk.listeners.map { listener in
                "\(listener.transport.rawValue):\(Host(listener.address)):\(find(listener)?.port ?? listener.address.port)"
            }
            return "trunk \(trunk.name) listens on \(places.joined(separator: ", "))"
        }
    }

    // MARK: - What shards are told

    private func made(_ trunk: TrunkConfiguration, _ configuration: ServiceConfiguration, _ agents: [String: Agent])
        -> Trunk
    {
        var made = Trunk(
            name: trunk.name, signalling: trunk.allowed, media: trunk.media.networks,
            capabilities: trunk.media.capabilities, sourceRule: trunk.media.sourceRule,
            agents: trunk.numbers.compactMapValues { agents[$0] }, otherwise: trunk.otherwise.flatMap { agents[$0] })
        for listener in trunk.listeners {
            guard let known = find(listener) else { continue }
            let advertised = AdvertisedAddress(
                host: trunk.advertised?.host ?? Host(listener.address), port: trunk.advertised?.port ?? known.port)
            made.places.append(Trunk.Place(listener.transport, known.id, advertised))
        }
        let address = trunk.media.address ?? configuration.media.address
        made.mediaPlace = places.firstIndex { $0.hasSameHost(as: address) } ?? 0
        (made.mediaHost, made.mediaHostOfIPv6) = ServiceTrunks.mediaHosts(trunk, address)
        made.headersIn = trunk.headersIn
        made.headersOut = trunk.headersOut.map { (HeaderName($0.name), $0.value) }
        made.credentials = trunk.credentials
        made.gateways = trunk.gateways.map { Hop($0.transport, $0.address, serverName: trunk.tls?.serverName) }
        made.servesRegistrations = trunk.kind == .phones
        made.serverName = trunk.tls?.serverName
        made.transfers = trunk.transfers
        made.pickUp = trunk.pickUp
        made.isDirectRouting = trunk.kind == .teamsDirectRouting
        if let realm = trunk.realm {
            made.authentication = DigestServer(
                realm: realm, key: nonceKey, algorithms: trunk.algorithms, passwords: trunk.passwords)
        }
        return made
    }

    /// What is told of media: what the trunk says, the one address that is bound, or the address of SIP in each family.
    private static func mediaHosts(_ trunk: TrunkConfiguration, _ address: TransportAddress) -> (Host?, Host?) {
        if let host = trunk.media.advertised { return (host, nil) }
        if !address.isEveryAddress { return (Host(address), nil) }
        let bound = trunk.listeners.map(\.address).filter { !$0.isEveryAddress }
        let ipv4 = bound.first { $0.ipv4 != nil }.map { Host($0) }
        // Sockets of IPv4 alone do not reach IPv6.
        let ipv6 = address.ipv4 == nil ? bound.first { $0.ipv4 == nil }.map { Host($0) } : nil
        // What SIP is told to be at stands in the place of its own family's address.
        let told = trunk.advertised?.host
        let toldIPv4 = told?.family == .ipv4 ? told : ipv4
        let toldIPv6 = told?.family == .ipv6 ? told : ipv6
        return (toldIPv4 ?? toldIPv6, toldIPv6)
    }
}
