import CallControl
import CallFlow
import Documents
import Foundation
import Logging
import SIP
import Telephony
import Transport

/// Reads agents, trunks, certificates, tokens and connectors again: what is new holds for calls that come from then on,
/// and only when all of it passes its check.
actor Reloading {
    private let sockets: ServiceTrunks
    private let shelf: AgentShelf
    private let router: ShardRouter
    private let loops: [MediaLoop]
    private let registrations: TrunkRegistrations
    private let centre: ContactCentre
    private let logger: Logger
    /// Read what else there is of a configuration, and give what takes it into force; each throws when it is wrong.
    private let others: [@Sendable (ServiceConfiguration) throws -> @Sendable () -> Void]
    private let reread: (@Sendable () async -> ServiceConfiguration.Reading)?

    init(
        _ sockets: sending ServiceTrunks, _ shelf: AgentShelf, _ router: ShardRouter, _ loops: [MediaLoop],
        _ registrations: TrunkRegistrations, _ centre: ContactCentre, _ logger: Logger,
        others: [@Sendable (ServiceConfiguration) throws -> @Sendable () -> Void] = [],
        _ reread: (@Sendable () async -> ServiceConfiguration.Reading)?
    ) {
        self.sockets = sockets
        self.shelf = shelf
        self.router = router
        self.loops = loops
        self.registrations = registrations
        self.centre = centre
        self.logger = logger
        self.others = others
        self.reread = reread
    }

    /// Reads everything again whenever a file of it is another than before, until the task is cancelled.
    ///
    /// - Parameter files: of the configuration that runs.
    func watch(_ files: [String]) async {
        var watch = FileWatch(files)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard watch.hasChanged() else { continue }
            logger.info("a file has changed; reading the configuration again")
            if let files = await reload() { watch.watch(files) }
        }
    }

    /// Reads everything again.
    ///
    /// - Returns: the files of what runs now; `nil` when nothing was reloaded.
    @discardableResult
    func reload() async -> [String]? {
        guard let reread else {
            logger.warning("there is no configuration file to read again; begin with 'parley serve --config FILE'")
            return nil
        }
        let reading = await reread()
        let agents = shelf.read(reading.configuration?.agents ?? [])
        let diagnostics = reading.diagnostics + agents.diagnostics
        for diagnostic in diagnostics {
            logger.log(level: diagnostic.severity == .error ? .error : .warning, "\(diagnostic)")
        }
        guard let configuration = reading.configuration, !agents.diagnostics.contains(where: { $0.severity == .error })
        else {
            logger.error("nothing was reloaded; what runs goes on as it was")
            return nil
        }
        do {
            let commits = try others.map { try $0(configuration) }
            let trunks = try await sockets.apply(configuration, agents: agents.agents)
            for loop in loops {
                loop.post(.signalling(.trunks(trunks)))
                loop.post(.signalling(.outbound(configuration.outbound.rules)))
            }
            router.set(trunks)
            for commit in commits { commit() }
            // Connectors are in force by now: the outside router is one of them.
            centre.reconfigure(configuration.distribution)
            await registrations.apply(configuration, trunks)
            logger.info("reloaded; calls that run stay with what they began with")
            return configuration.files
        } catch {
            logger.error("nothing was reloaded: \(error)")
            return nil
        }
    }
}
