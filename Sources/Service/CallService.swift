import AudioFiles
import Admin
import CallControl
import CallFlow
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
        let parts = try ServiceParts(configuration, logger)
        let sockets = ServiceTrunks(server: parts.server)
        let trunks = try await sockets.apply(configuration, agents: parts.agents)
        let places = sockets.places
        let shards = try (0..<configuration.media.shards).map {
            try parts.shard($0, trunks, at: places, observer: observer)
        }
        parts.use(shards, trunks)
        let loops = shards.map(\.loop)
        self.logger = logger
        self.configuration = configuration
        self.trunks = trunks
        self.shards = shards
        server = parts.server
        router = parts.router
        records = parts.records
        journals = parts.journals
        operations = parts.operations
        centre = parts.centre
        losses = SignallingLosses(parts.server, parts.router, loops)
        admin = try parts.admin(of: shards, losses)
        drainTime = configuration.limits.drain
        signals = ProcessSignals.stream([SIGTERM, SIGINT, SIGHUP])
        for line in sockets.description(of: configuration) { logger.info("\(line)") }
        registrations = TrunkRegistrations(shards[0].loop, resolver: NameResolver(), logger)
        probes = TrunkProbes(loops, configuration)
        shards[0].outside.registrations.withLock { [registrations] in $0 = registrations }
        reloading = Reloading(
            sockets, parts.shelf, parts.router, loops, registrations, parts.centre, logger,
            others: parts.rereaders(admin, probes, shards), reread)
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
        await counting.value
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
        loop.loadLimit = limits.load
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
