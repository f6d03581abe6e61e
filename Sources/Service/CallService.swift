import AgentFiles
import CallControl
import CallFlow
import Documents
import Glibc
package import Logging
import Records
import SIP
import Speech
import Synchronization
import Telephony
import Transport

/// A running service: one shard's media loop, the SIP sockets, and what they need of the outside.
package final class CallService: Sendable {
    private let logger: Logger
    private let server: SignallingServer
    private let loop: MediaLoop
    private let outside: ServiceOutside
    private let records: RecordWriter?
    private let drainTime: Interval
    private let signals: AsyncStream<Int32>

    /// Reads the agent, binds every socket and says where it listens.
    ///
    /// - Parameter observer: is told of every call beside the records.
    /// - Throws: a sentence about what is wrong.
    package init(_ configuration: ServiceConfiguration, observer: (any CallObserver)? = nil, logger: Logger)
        async throws
    {
        let agent = try CallService.read(configuration.agent, logger)
        let relay = LoopRelay()
        let trunk = CallService.loopbackTrunk(agent, configuration)
        let server = SignallingServer(
            accepts: { address in trunk.signalling.contains { $0.contains(address) } }, receive: { relay.pass($0) })
        let port = try await server.bind(host: "127.0.0.1", port: configuration.sipPort)
        let sockets = try MediaSockets(
            TransportAddress(ipv4: 0x7F00_0001, port: 0), ports: configuration.media.ports,
            dscp: configuration.media.dscp)
        let pairs = sockets.pairs
        let loop = try MediaLoop(
            CallService.switchboard(trunk, port: port, pairs: pairs, configuration), sockets: sockets,
            send: { server.send($0) })
        relay.set(loop)
        self.logger = logger
        self.server = server
        self.loop = loop
        records = try configuration.store.map { RecordWriter(try StoreAddress.open($0, creates: true)) }
        outside = ServiceOutside(
            prompts: PromptLibrary(agentFolder: configuration.agent, cacheFolder: configuration.promptCache),
            loop: loop, records: records, recordings: try configuration.recordings.map { try RecordingFolder($0) },
            observer: observer, logger: logger)
        drainTime = configuration.limits.drain
        signals = ProcessSignals.stream([SIGTERM, SIGINT])
        logger.info(
            "\(agent.name) answers on sip:127.0.0.1:\(port) over UDP and TCP; \(pairs.count) pairs of media ports")
    }

    private static func read(_ path: String, _ logger: Logger) throws(ServiceError) -> Agent {
        let reading = AgentFolder.read(path)
        for diagnostic in reading.diagnostics where diagnostic.severity == .warning {
            logger.warning("\(diagnostic)")
        }
        guard let agent = reading.agent else {
            throw ServiceError(
                reading.diagnostics.filter { $0.severity == .error }.map(\.description).joined(separator: "\n"))
        }
        return agent
    }

    private static func loopbackTrunk(_ agent: Agent, _ configuration: ServiceConfiguration) -> Trunk {
        var media = MediaCapabilities()
        media.comfortNoise = true
        media.srtp = configuration.srtp
        return Trunk(
            name: "loopback", signalling: [.loopback], media: [.loopback], capabilities: media, otherwise: agent)
    }

    private static func switchboard(
        _ trunk: Trunk, port: Int, pairs: [MediaPortPair], _ service: ServiceConfiguration
    ) -> SwitchboardConfiguration {
        let host = Host.ipv4(0x7F00_0001)
        let address = AdvertisedAddress(host: host, port: UInt16(clamping: port))
        var signalling = SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: address, .tcp: address], mediaHost: host, ports: pairs,
            entropy: Entropy(SystemRandomNumberGenerator()))
        signalling.recordsAudio = service.recordings != nil
        var configuration = SwitchboardConfiguration()
        configuration.signalling = signalling
        configuration.callLimit = service.limits.calls
        configuration.longestCall = service.limits.longestCall
        configuration.mediaTimeout = service.limits.mediaTimeout
        configuration.deadAirLimit = service.limits.deadAir
        configuration.hasRecogniser = false
        return configuration
    }

    /// Answers calls until SIGTERM or SIGINT, and then until the last call is over.
    package func run() async throws {
        try loop.run()
        loop.post(.signalling(.wallTime(MonotonicClock.wallTime)))
        let reading = Task { await outside.run() }
        for await _ in signals { break }
        await drain()
        loop.stop()
        await reading.value
        if let problem = records?.finish() { logger.error("not all records were kept: \(problem)") }
        await server.stop()
        logger.info("stopped")
    }

    private func drain() async {
        loop.post(.signalling(.drain))
        logger.info("no new calls; waiting for \(outside.running.count) to finish")
        let end = ContinuousClock.now + .nanoseconds(drainTime.nanoseconds)
        while !outside.running.isEmpty, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(100)) }
        for call in outside.running.sorted(by: { $0.rawValue < $1.rawValue }) {
            loop.post(.hangUp(call, .normalClearing))
        }
        // The BYEs go out, and their answers come.
        let last = ContinuousClock.now + .seconds(2)
        repeat {
            try? await Task.sleep(for: .milliseconds(200))
        } while !outside.running.isEmpty && ContinuousClock.now < last
    }
}

/// Passes on what comes from the sockets, once there is a loop.
private final class LoopRelay: Sendable {
    private let loop = Mutex<MediaLoop?>(nil)

    func set(_ new: MediaLoop) { loop.withLock { $0 = new } }

    func pass(_ arrival: SignallingServer.Arrival) {
        guard let loop = loop.withLock({ $0 }) else { return }
        switch arrival {
        case .datagram(let octets, let hop): loop.post(.signalling(.datagram(octets, hop)))
        case .message(let message, let hop): loop.post(.signalling(.message(message, hop)))
        case .failed(let hop): loop.post(.signalling(.failed(hop)))
        }
    }
}
