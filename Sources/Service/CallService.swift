import AudioFiles
import Admin
import CallControl
import Connectors
import CallFlow
import Documents
import Glibc
package import Logging
import Records
import SIP
import Synchronization
import Telephony
import Transport

/// A running service: SIP's sockets, shards of calls, agents, and what they need of the outside.
///
///     SIP sockets ──> ShardRouter ──> Shard (MediaLoop ──> ServiceOutside)   one a shard
package final class CallService: Sendable {
    private let logger: Logger
    private let server: SignallingServer
    private let router: ShardRouter
    private let shards: [Shard]
    private let records: ServiceRecords
    private let journals: LiveJournals?
    private let operations: Operations
    private let admin: AdminServer
    private let drainTime: Interval
    private let signals: AsyncStream<Int32>
    private let reloading: Reloading
    private let registrations: TrunkRegistrations
    private let centre: ContactCentre
    private let probes: TrunkProbes
    private let losses: SignallingLosses
    /// What the service began with.
    private let configuration: ServiceConfiguration
    private let trunks: [Trunk]

    /// Reads the agents, binds every socket and says where it listens.
    ///
    /// - Parameters:
    ///   - observer: is told of every call beside the records.
    ///   - reread: gives the configuration anew for a reload; without it there is none.
    /// - Throws: a sentence about what is wrong.
    package init(
        _ configuration: ServiceConfiguration, observer: (any CallObserver)? = nil, logger: Logger,
        reread: (@Sendable () async -> ServiceConfiguration.Reading)? = nil
    ) async throws {
        let shelf = AgentShelf(
            promptCache: configuration.promptCache, keepsDigests: configuration.journal != nil)
        let agents = try CallService.read(configuration, shelf, logger)
        let records = try ServiceRecords(configuration.records)
        let journals = try configuration.journal?.open()
        let operations = Operations()
        let loads = ShardLoads()
        let router = ShardRouter(load: { loads.calls(of: $0) })
        let server = SignallingServer(
            accepts: { router.knows($0) },
            receive: { arrival in
                operations.arrived(arrival)
                router.pass(arrival, at: MonotonicClock.now)
            })
        operations.use(server)
        let sockets = ServiceTrunks(server: server)
        let trunks = try await sockets.apply(configuration, agents: agents)
        let sharing = try ContextSharing(configuration.admin, configuration.outbound.pool)
        let centre = ContactCentre(
            configuration.distribution, router: { records.router }, sharing: sharing, records: records.records, logger)
        var shards: [Shard] = []
        for index in 0..<configuration.media.shards {
            let media = try MediaSockets(
                sockets.places, ports: configuration.ports(ofShard: index), dscp: configuration.media.dscp)
            let loop = try MediaLoop(
                configuration.switchboard(
                    trunks, pairs: media.pairs, shard: UInt8(index),
                    lookUpLimit: records.search?.limit ?? sharing.lookUpLimit),
                sockets: media, configuration: configuration.loop,
                send: { message in
                    operations.left(message)
                    server.send(message)
                })
            shards.append(
                Shard(
                    loop: loop,
                    outside: ServiceOutside(
                        agents: shelf, loop: loop, records: records, operations: operations, observer: observer,
                        centre: centre, sharing: sharing, journals: journals, logger: logger)))
        }
        centre.use(CallPlacer(shards.map(\.loop), shelf, configuration.records))
        loads.set(shards.map(\.outside))
        router.set(shards.map(\.loop))
        router.set(trunks)
        self.logger = logger
        self.server = server
        self.router = router
        self.shards = shards
        self.records = records
        self.journals = journals
        self.operations = operations
        var sources = AdminAPI.Sources(
            store: records.records?.store, archive: records.archive, calls: operations.calls,
            recorder: operations.recorder, controls: CallControls(shards, operations.calls, centre))
        sources.handed = sharing.handed
        sources.leaseholder = { sharing.leaseholder(of: $0) }
        let losses = SignallingLosses(server, router, shards.map(\.loop))
        self.losses = losses
        admin = try AdminServer(
            configuration.admin, sources: sources,
            health: operations.health(of: shards.map(\.loop), records, losses),
            links: sharing.links, logger: logger)
        drainTime = configuration.limits.drain
        signals = ProcessSignals.stream([SIGTERM, SIGINT, SIGHUP])
        for line in sockets.description(of: configuration) { logger.info("\(line)") }
        registrations = TrunkRegistrations(shards[0].loop, resolver: NameResolver(), logger)
        let probes = TrunkProbes(shards.map(\.loop), configuration)
        self.probes = probes
        self.configuration = configuration
        self.centre = centre
        self.trunks = trunks
        shards[0].outside.registrations.withLock { [registrations] in $0 = registrations }
        reloading = Reloading(
            sockets, shelf, router, shards.map(\.loop), registrations, centre, logger,
            others: [
                { [admin] in try admin.reread($0.admin) }, { [records] in try records.reread($0.records) },
                { [sharing] in try sharing.reread($0.admin, $0.outbound.pool) },
                { configuration in { probes.apply(configuration) } },
                { [records, sharing, shards] _ in
                    {
                        // The others are in force by now.
                        let limit = records.search?.limit ?? sharing.lookUpLimit
                        for shard in shards { shard.loop.post(.signalling(.lookUps(limit: limit))) }
                    }
                },
            ], reread)
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

    // MARK: - Running

    /// Answers calls until SIGTERM or SIGINT, and then until the last call is over. SIGHUP reads agents, trunks and
    /// certificates again.
    package func run() async throws {
        for shard in shards {
            try shard.loop.run()
            shard.loop.post(.signalling(.wallTime(MonotonicClock.wallTime)))
        }
        let reading = Task {
            await withTaskGroup(of: Void.self) { group in
                for shard in shards { group.addTask { await shard.outside.run() } }
            }
        }
        let keeping = Task { [records, centre, logger] in await records.keep(logger, centre) }
        let distributing = Task { [centre] in await centre.run() }
        let probing = Task { [probes] in await probes.run() }
        let counting = Task { [losses, logger] in await losses.run(logger) }
        let administration = Task { await administrate() }
        await LostDialogs(records.records).end(
            by: shards, records.records, trunks: Set(trunks.map(\.name)), logger)
        await registrations.apply(configuration, trunks)
        let watching =
            configuration.watchesFiles
            ? Task { [reloading, files = configuration.files] in await reloading.watch(files) } : nil
        SystemdNotice.send("READY=1\nSTATUS=answering calls")
        for await signal in signals {
            guard signal == SIGHUP else { break }
            SystemdNotice.send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.now.nanoseconds / 1_000)")
            await reloading.reload()
            SystemdNotice.send("READY=1")
        }
        watching?.cancel()
        SystemdNotice.send("STOPPING=1\nSTATUS=no new calls; running ones finish")
        await registrations.end()
        await drain()
        for shard in shards { shard.loop.stop() }
        await reading.value
        administration.cancel()
        distributing.cancel()
        probing.cancel()
        counting.cancel()
        keeping.cancel()
        await keeping.value
        if let problem = journals?.stop() { logger.error("not all journals were kept: \(problem)") }
        if let problem = records.finish() { logger.error("not all records were kept: \(problem)") }
        await server.stop()
        logger.info("stopped")
    }

    private var running: [(shard: Shard, call: CallID)] {
        shards.flatMap { shard in
            shard.outside.running.sorted { $0.rawValue < $1.rawValue }.map { (shard, $0) }
        }
    }

    private func administrate() async {
        await admin.run { [logger] place in
            logger.info("listens on \(place)")
        } failed: { [logger] problem in
            logger.error("the service cannot be watched there: \(problem)")
        }
    }

    private func leavePromises() {
        let promised = centre.promisedCalls
        guard promised > 0 else { return }
        if centre.keepsPromises {
            centre.leavePromises()
            logger.info("\(promised) callers are still to be called back; whoever has the store next does it")
        } else {
            logger.warning(
                "\(promised) callers were promised to be called back and will not be; their contexts say so")
        }
    }

    private func drain() async {
        operations.drain()
        for shard in shards { shard.loop.post(.signalling(.drain)) }
        leavePromises()
        logger.info("no new calls; waiting for \(running.count) to finish")
        let end = ContinuousClock.now + .nanoseconds(drainTime.nanoseconds)
        while !running.isEmpty, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(100)) }
        for (shard, call) in running { shard.loop.post(.hangUp(call, .normalClearing)) }
        // The BYEs go out, and their answers come.
        let last = ContinuousClock.now + .seconds(2)
        repeat {
            try? await Task.sleep(for: .milliseconds(200))
        } while !running.isEmpty && ContinuousClock.now < last
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

extension ServiceConfiguration {
    /// The share of the ports that a shard has: an even number of them each.
    func ports(ofShard index: Int) -> ClosedRange<UInt16> {
        let first = Int(media.ports.lowerBound) + Int(media.ports.lowerBound) % 2
        let each = (Int(media.ports.upperBound) + 1 - first) / media.shards / 2 * 2
        let begin = first + index * each
        return UInt16(clamping: begin)...UInt16(clamping: begin + max(each, 2) - 1)
    }

    /// How a media loop runs.
    var loop: MediaLoop.Configuration {
        var loop = MediaLoop.Configuration()
        loop.latenessLimit = limits.lateness
        return loop
    }

    /// What a shard's switchboard is told.
    func switchboard(_ trunks: [Trunk], pairs: [MediaPortPair], shard: UInt8, lookUpLimit: Interval?)
        -> SwitchboardConfiguration
    {
        var signalling = SignallingConfiguration(
            trunks: trunks, advertised: [:], mediaHost: .ipv4(0x7F00_0001), ports: pairs,
            entropy: Entropy(SystemRandomNumberGenerator(), shard: shard))
        signalling.recordsAudio = records.recordings != nil
        signalling.recordsLegs = records.recordings != nil && records.channels == .legs
        signalling.lookUpLimit = lookUpLimit
        signalling.outbound = outbound.rules
        if media.shards > 1 { signalling.mediaNumbersOfOthers = media.ports }
        var configuration = SwitchboardConfiguration()
        configuration.signalling = signalling
        let share = limits.calls / media.shards + (Int(shard) < limits.calls % media.shards ? 1 : 0)
        configuration.callLimit = share
        configuration.longestCall = limits.longestCall
        configuration.mediaTimeout = limits.mediaTimeout
        configuration.deadAirLimit = limits.deadAir
        configuration.hasRecogniser = false
        configuration.journalLimit = journal?.callLimit
        configuration.holdMusic = media.holdMusic.map { .serviceFile(path: $0) }
        return configuration
    }
}
