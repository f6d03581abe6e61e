import Admin
import CallControl
import CallFlow
import Connectors
import Documents
import Logging
import Records
import Synchronization
import Telephony
import Transport

/// What a service is made of before it has shards, and how shards, interface and reloading are made of it.
struct ServiceParts: Sendable {
    let configuration: ServiceConfiguration
    let logger: Logger
    let shelf: AgentShelf
    let agents: [String: Agent]
    let records: ServiceRecords
    let journals: LiveJournals?
    let operations = Operations()
    let router: ShardRouter
    let server: SignallingServer
    let sharing: ContextSharing
    let centre: ContactCentre
    private let loads: ShardLoads

    /// Reads the agents and opens what records are kept in; nothing listens yet.
    ///
    /// - Throws: a sentence about what is wrong.
    init(_ configuration: ServiceConfiguration, _ logger: Logger) throws {
        let shelf = AgentShelf(promptCache: configuration.promptCache, keepsDigests: configuration.journal != nil)
        agents = try ServiceParts.read(configuration, shelf, logger)
        let records = try ServiceRecords(configuration.records)
        journals = try configuration.journal?.open()
        let loads = ShardLoads()
        let router = ShardRouter(load: { loads.calls(of: $0) })
        server = SignallingServer(
            accepts: { router.knows($0) },
            receive: { [operations] arrival in
                operations.arrived(arrival)
                router.pass(arrival, at: MonotonicClock.now)
            })
        operations.use(server)
        let sharing = try ContextSharing(configuration.admin, configuration.outbound.pool)
        centre = ContactCentre(
            configuration.distribution, router: { records.router }, sharing: sharing, records: records.records, logger)
        self.configuration = configuration
        self.logger = logger
        self.shelf = shelf
        self.records = records
        self.router = router
        self.sharing = sharing
        self.loads = loads
    }

    private static func read(_ configuration: ServiceConfiguration, _ shelf: AgentShelf, _ logger: Logger)
        throws(ServiceError) -> [String: Agent]
    {
        let (agents, diagnostics) = shelf.read(configuration.agents)
        let errors = diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ServiceError(errors.map(\.description).joined(separator: "\n")) }
        for diagnostic in diagnostics { logger.warning("\(diagnostic)") }
        return agents
    }

    /// Binds the sockets of a shard's media, and makes the shard.
    func shard(
        _ index: Int, _ trunks: [Trunk], at places: [TransportAddress], observer: (any CallObserver)?
    ) throws -> Shard {
        let media = try MediaSockets(
            places, ports: configuration.ports(ofShard: index), dscp: configuration.media.dscp)
        let loop = try MediaLoop(
            configuration.switchboard(trunks, pairs: media.pairs, shard: UInt8(index), lookUpLimit: lookUpLimit),
            sockets: media, configuration: configuration.loop,
            send: { [operations, server] message in
                operations.left(message)
                server.send(message)
            })
        return Shard(
            loop: loop,
            outside: ServiceOutside(
                agents: shelf, loop: loop, records: records, operations: operations, observer: observer,
                centre: centre, sharing: sharing, journals: journals, logger: logger))
    }

    /// Tells everybody who passes calls on to shards of them.
    func use(_ shards: [Shard], _ trunks: [Trunk]) {
        centre.use(CallPlacer(shards.map(\.loop), shelf, configuration.records))
        loads.set(shards.map(\.outside))
        router.set(shards.map(\.loop))
        router.set(trunks)
    }

    /// How long a caller may be looked up at the begin of a call.
    private var lookUpLimit: Interval? { records.search?.limit ?? sharing.lookUpLimit }

    /// The interface for operators.
    func admin(of shards: [Shard], _ losses: SignallingLosses) throws -> AdminServer {
        var sources = AdminAPI.Sources(
            store: records.records?.store, archive: records.archive, calls: operations.calls,
            recorder: operations.recorder, controls: CallControls(shards, operations.calls, centre))
        sources.handed = sharing.handed
        sources.leaseholder = { [sharing] in sharing.leaseholder(of: $0) }
        return try AdminServer(
            configuration.admin, sources: sources, health: operations.health(of: shards.map(\.loop), records, losses),
            links: sharing.links, logger: logger)
    }

    /// What takes another configuration on beside agents and trunks: each checks its part first.
    func rereaders(
        _ admin: AdminServer, _ probes: TrunkProbes, _ shards: [Shard]
    ) -> [@Sendable (ServiceConfiguration) throws -> @Sendable () -> Void] {
        [
            { [admin] in try admin.reread($0.admin) }, { [records] in try records.reread($0.records) },
            { [sharing] in try sharing.reread($0.admin, $0.outbound.pool) },
            { configuration in { probes.apply(configuration) } },
            { [self] _ in
                {
                    // The others are in force by now.
                    for shard in shards { shard.loop.post(.signalling(.lookUps(limit: lookUpLimit))) }
                }
            },
        ]
    }
}

/// How many calls each shard has, known only once there are shards.
private final class ShardLoads: Sendable {
    private let outsides = Mutex<[ServiceOutside]>([])

    func set(_ new: [ServiceOutside]) { outsides.withLock { $0 = new } }

    func calls(of shard: Int) -> Int {
        outsides.withLock { $0.indices.contains(shard) ? $0[shard] : nil }?.running.count ?? 0
    }
}
