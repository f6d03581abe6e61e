import AgentFiles
import CallControl
import CallFlow
import Dispatch
import Documents
import Foundation
import Logging
import Records
import SIP
import Speech
import Synchronization
import Telephony
import Transport

/// A running service: one shard's media loop, the SIP sockets, and what they need of the outside.
final class Service: Sendable {
    private let logger: Logger
    private let server: SignallingServer
    private let loop: MediaLoop
    private let outside: ServiceOutside
    private let drainTime: Duration
    private let signals: AsyncStream<Int32>

    /// Reads the agent, binds every socket and says where it listens.
    ///
    /// - Throws: a sentence about what is wrong.
    init(_ options: ServeCommand) async throws {
        var logger = Logger(label: "parley") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        let path = try Service.agentFolder(options.agent)
        let agent = try Service.read(path)
        let relay = LoopRelay()
        let trunk = Service.loopbackTrunk(agent, options)
        let server = SignallingServer(
            accepts: { address in trunk.signalling.contains { $0.contains(address) } }, receive: { relay.pass($0) })
        let port = try await server.bind(host: "127.0.0.1", port: options.sipPort)
        let sockets = try MediaSockets(
            TransportAddress(ipv4: 0x7F00_0001, port: 0), ports: options.mediaPorts.ports, dscp: 46)
        let pairs = sockets.pairs
        let loop = try MediaLoop(
            Service.configuration(trunk, port: port, pairs: pairs, options), sockets: sockets,
            send: { server.send($0) })
        relay.set(loop)
        self.logger = logger
        self.server = server
        self.loop = loop
        outside = try ServiceOutside(
            prompts: PromptLibrary(agentFolder: path, cacheFolder: CallRunner.cacheFolder), loop: loop, logger: logger,
            options)
        drainTime = .seconds(options.drainSeconds)
        signals = Service.signals()
        logger.info(
            "\(agent.name) answers on sip:127.0.0.1:\(port) over UDP and TCP; \(pairs.count) pairs of media ports")
    }

    private static func read(_ path: String) throws -> Agent {
        let reading = AgentFolder.read(path)
        for diagnostic in reading.diagnostics where diagnostic.severity == .warning {
            Terminal.explain("\(diagnostic)")
        }
        guard let agent = reading.agent else {
            throw CommandError(
                description: reading.diagnostics.filter { $0.severity == .error }.map(\.description).joined(
                    separator: "\n"))
        }
        return agent
    }

    /// The folder that was named, or the sample agent beside the working directory or the program.
    private static func agentFolder(_ named: String?) throws -> String {
        if let named { return named }
        let sample = "Audio/Agents/riverbend"
        var folder = URL(filePath: CommandLine.arguments[0]).standardizedFileURL.deletingLastPathComponent()
        var candidates = [sample]
        while folder.pathComponents.count > 1 {
            candidates.append(folder.appending(path: sample).path)
            folder.deleteLastPathComponent()
        }
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CommandError(description: "\(sample) is not here; name an agent with --agent FOLDER")
        }
        return found
    }

    private static func loopbackTrunk(_ agent: Agent, _ options: ServeCommand) -> Trunk {
        var media = MediaCapabilities()
        media.comfortNoise = true
        media.srtp =
            switch options.srtp {
            case .off: .off
            case .offered: .offered
            case .required: .required
            }
        return Trunk(
            name: "loopback", signalling: [.loopback], media: [.loopback], capabilities: media, otherwise: agent)
    }

    private static func configuration(
        _ trunk: Trunk, port: Int, pairs: [MediaPortPair], _ options: ServeCommand
    ) -> SwitchboardConfiguration {
        let host = Host.ipv4(0x7F00_0001)
        let address = AdvertisedAddress(host: host, port: UInt16(clamping: port))
        var signalling = SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: address, .tcp: address], mediaHost: host, ports: pairs,
            entropy: Entropy(SystemRandomNumberGenerator()))
        signalling.recordsAudio = options.record != nil
        var configuration = SwitchboardConfiguration()
        configuration.signalling = signalling
        configuration.callLimit = options.maxCalls
        configuration.deadAirLimit = .seconds(60)
        configuration.hasRecogniser = false
        return configuration
    }

    private static func signals() -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            // The handler keeps its source for as long as the process runs.
            source.setEventHandler {
                _ = source.data
                continuation.yield(number)
            }
            source.resume()
        }
        return stream
    }

    /// Answers calls until SIGTERM or SIGINT, and then until the last call is over.
    func run() async throws {
        try loop.run()
        loop.post(.signalling(.wallTime(MonotonicClock.wallTime)))
        let reading = Task { await outside.run() }
        for await _ in signals { break }
        await drain()
        loop.stop()
        await reading.value
        await server.stop()
        logger.info("stopped")
    }

    private func drain() async {
        loop.post(.signalling(.drain))
        logger.info("no new calls; waiting for \(outside.running.count) to finish")
        let end = ContinuousClock.now + drainTime
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
