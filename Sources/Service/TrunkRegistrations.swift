import CallControl
import Logging
import SIP
import Telephony
import Transport

/// Keeps the trunks registered that ask for it: finds their registrars by name, and finds them again when one fails.
actor TrunkRegistrations {
    private struct Entry {
        var configuration: TrunkConfiguration.Registration
        var proxy: SIPURI?
        var peer: PeerProfile
        var hops: [Hop] = []
    }

    private let loop: MediaLoop
    private let resolver: NameResolver
    private let logger: Logger
    private var entropy = Entropy(SystemRandomNumberGenerator())
    private var entries: [String: Entry] = [:]

    /// - Parameter loop: of the shard that registers.
    init(_ loop: MediaLoop, resolver: NameResolver, _ logger: Logger) {
        self.loop = loop
        self.resolver = resolver
        self.logger = logger
    }

    /// Registers what asks for it now, and takes back what no longer does.
    func apply(_ configuration: ServiceConfiguration, _ trunks: [Trunk]) async {
        var wanted: [String: Entry] = [:]
        for trunk in configuration.trunks {
            guard let registration = trunk.registration, let known = trunks.first(where: { $0.name == trunk.name })
            else { continue }
            wanted[trunk.name] = Entry(
                configuration: registration, proxy: trunk.outboundProxy, peer: known.profile())
        }
        for name in entries.keys.sorted() where wanted[name] == nil {
            loop.post(.signalling(.unregister(name: name)))
        }
        entries = wanted
        for name in wanted.keys.sorted() { await register(name) }
    }

    /// Takes every binding back.
    func end() {
        for name in entries.keys.sorted() { loop.post(.signalling(.unregister(name: name))) }
        entries = [:]
    }

    /// A registration fares so.
    func heard(_ name: String, _ state: RegistrationState) async {
        switch state {
        case .registered(let seconds): logger.info("trunk \(name) is registered for \(seconds) s")
        case .unregistered: logger.info("trunk \(name) is no longer registered")
        case .failed(let status, let retry):
            logger.warning("trunk \(name) is not registered: \(status); it is tried again in \(retry) s")
            // Every target was tried: the names may mean others by now.
            if let hops = entries[name]?.hops, hops.isEmpty || status == 408 || status == 503 {
                await find(name, keeping: hops)
            }
        }
    }

    private func register(_ name: String) async {
        guard let entry = entries[name] else { return }
        let hops = await self.hops(of: entry)
        guard entries[name] != nil else { return }
        entries[name]?.hops = hops
        guard !hops.isEmpty else {
            return logger.error(
                "trunk \(name) is not registered: nothing is found for \(entry.configuration.registrar.host); check the name and the DNS"
            )
        }
        post(name, entry, hops)
    }

    /// Asks the names again, and begins anew when they mean something else.
    private func find(_ name: String, keeping known: [Hop]) async {
        guard let entry = entries[name] else { return }
        let hops = await self.hops(of: entry)
        guard !hops.isEmpty, Set(hops) != Set(known), entries[name] != nil else { return }
        entries[name]?.hops = hops
        post(name, entry, hops)
    }

    private func hops(of entry: Entry) async -> [Hop] {
        let transports = SIPTransport.allCases.filter { entry.peer.listeners[$0] != nil }
        let target = entry.proxy ?? entry.configuration.registrar
        var entropy = self.entropy
        let hops = await resolver.hops(for: target, transports: transports, entropy: &entropy)
        self.entropy = entropy
        return hops
    }

    private func post(_ name: String, _ entry: Entry, _ hops: [Hop]) {
        let request = RegistrationRequest(
            registrar: entry.configuration.registrar, address: NameAddress(uri: .sip(entry.configuration.address)),
            hops: hops, peer: entry.peer, expires: entry.configuration.expiresInSeconds)
        loop.post(.signalling(.register(name: name, request)))
    }
}
