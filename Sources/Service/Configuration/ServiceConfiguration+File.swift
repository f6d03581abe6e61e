import Admin
import AudioFiles
import CallFlow
import Distribution
package import Documents
import Foundation
import Logging
import Routing
import SIP
import Telephony

extension ServiceConfiguration {
    /// What a configuration file says, and all that is wrong with it.
    package struct Reading: Sendable {
        /// `nil` when there is an error among the diagnostics.
        package var configuration: ServiceConfiguration?
        package var diagnostics: [Diagnostic]
        /// The agent folders that it names, whatever else is wrong.
        package var agents: [NamedFolder] = []
    }

    /// Reads a configuration: flags before environment variables before the file.
    ///
    /// - Parameters:
    ///   - path: of the file; what it names is relative to its folder.
    ///   - flags: values of the command line, by names joined with dots: `media.ports`.
    package static func read(
        _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        flags: [String: String] = [:]
    ) async -> Reading {
        let values = await ConfigurationValues(path: path, environment: environment, flags: flags)
        let folder = URL(filePath: path).standardizedFileURL.deletingLastPathComponent()
        var configuration = ServiceConfiguration()
        configuration.agents = values.names(under: ["agents"]).compactMap { name in
            values.text(["agents", name]).map {
                NamedFolder(name: name, path: URL(filePath: $0, relativeTo: folder).standardizedFileURL.path)
            }
        }
        configuration.trunks = values.names(under: ["trunks"]).map {
            TrunkReader($0, values, folder: folder).read()
        }
        guard values.isRead else {
            return Reading(diagnostics: values.collector.diagnostics.sorted())
        }
        if configuration.trunks.isEmpty {
            values.complain(["trunks"], "there is no trunk, so nobody can call; add one under 'trunks'")
        }
        configuration.readMedia(values)
        configuration.readLimits(values)
        configuration.distribution = DistributionReader(values, folder: folder).read()
        configuration.readOutbound(values)
        configuration.readPlaces(values, folder)
        configuration.checkNeighbours(values)
        configuration.checkPlaces(values)
        configuration.noteFiles(path, values, folder)
        let diagnostics = values.collector.diagnostics.sorted()
        return Reading(
            configuration: values.collector.hasErrors ? nil : configuration, diagnostics: diagnostics,
            agents: configuration.agents)
    }

    /// What is read again when it changes.
    private mutating func noteFiles(_ path: String, _ values: ConfigurationValues, _ folder: URL) {
        files = [URL(filePath: path).standardizedFileURL.path] + agents.map(\.path)
        files += [records.connectors, admin.certificate, admin.privateKey].compactMap { $0 }
        for trunk in trunks {
            if let tls = trunk.tls { files += [tls.certificate, tls.key] + (tls.trust.map { [$0] } ?? []) }
            for key in [["credentials", "password-file"], ["users", "file"]] {
                guard let text = values.text(["trunks", trunk.name] + key) else { continue }
                files.append(URL(filePath: text, relativeTo: folder).standardizedFileURL.path)
            }
        }
    }

    private mutating func readMedia(_ values: ConfigurationValues) {
        if let text = values.text(["media", "address"]) {
            if let address = TransportAddress(host: text) {
                media.address = address
            } else {
                values.complain(["media", "address"], "'\(text)' is not an address such as 192.0.2.1 or ::")
            }
        } else if trunks.contains(where: { $0.listeners.contains { $0.address.family == .ipv6 } }) {
            // Who calls over IPv6 has media there too.
            media.address = TransportAddress(high: 0, low: 0, port: 0)
        }
        if let text = values.text(["media", "ports"]) {
            if let range = PortRange(text) {
                media.ports = range.ports
            } else {
                values.complain(["media", "ports"], "'\(text)' is no range of ports; write it as 10000-13999")
            }
        }
        media.shards = values.number(["media", "shards"]) ?? media.shards
        media.dscp = values.number(["media", "dscp"]).map { UInt8(clamping: $0) } ?? media.dscp
        if media.ports.count < 2 * media.shards {
            values.complain(["media", "shards"], "\(media.shards) shards need more than \(media.ports.count) ports")
        }
    }

    private mutating func readLimits(_ values: ConfigurationValues) {
        func seconds(_ name: String) -> Interval? { values.number(["limits", name]).map { .seconds(Int64($0)) } }
        limits.calls = values.number(["limits", "calls"]) ?? limits.calls
        limits.longestCall = seconds("call-seconds") ?? limits.longestCall
        limits.mediaTimeout = seconds("media-timeout-seconds") ?? limits.mediaTimeout
        limits.drain = seconds("drain-seconds") ?? limits.drain
        if let deadAir = seconds("dead-air-seconds") { limits.deadAir = deadAir == .zero ? nil : deadAir }
        if let milliseconds = values.number(["limits", "lateness-milliseconds"]) {
            limits.lateness = milliseconds == 0 ? nil : .milliseconds(Int64(milliseconds))
        }
        if let percent = values.number(["limits", "load-percent"]) {
            limits.load = percent == 0 ? nil : Double(percent) / 100
        }
        log.level = values.word(["log", "level"], of: Logger.Level.self) ?? log.level
        log.format = values.word(["log", "format"], of: Log.Format.self) ?? log.format
        watchesFiles = values.flag(["watch"]) ?? watchesFiles
    }

    /// Who may be called, and where callers who ask for an agent go.
    private mutating func readPool(_ values: ConfigurationValues) {
        let path = ["outbound", "pool"]
        outbound.pool.numbers = values.texts(path + ["numbers"]) ?? []
        for number in outbound.pool.numbers where PhoneNumber(number) == nil {
            values.complain(path + ["numbers"], "'\(number)' is no number; write it as +15550123")
        }
        if let seconds = values.number(path + ["lease-seconds"]) { outbound.pool.lease = .seconds(Int64(seconds)) }
        if let seconds = values.number(path + ["rest-seconds"]) { outbound.pool.rest = .seconds(Int64(seconds)) }
    }

    private mutating func readOutbound(_ values: ConfigurationValues) {
        readPool(values)
        func patterns(_ name: String) -> [TargetPattern] {
            values.texts(["outbound", name])?.compactMap { text in
                let pattern = TargetPattern(text)
                if pattern == nil {
                    values.complain(
                        ["outbound", name],
                        "'\(text)' is nobody who can be called; write +442079460000, +4420*, sip:alice@example.com or *@example.com"
                    )
                }
                return pattern
            } ?? []
        }
        outbound.rules.allowed = patterns("allowed")
        outbound.rules.denied = patterns("denied")
        outbound.rules.perCaller = values.number(["outbound", "per-caller"])
        outbound.rules.perDay = values.number(["outbound", "per-day"])
        outbound.rules.concurrent = values.number(["outbound", "concurrent"])
        outbound.rules.trunks = trunks.filter { !$0.gateways.isEmpty || !$0.proxies.isEmpty }.map {
            OutboundTrunk(name: $0.name, numberShown: $0.numberShown)
        }
        // Who is configured may be called.
        let addresses = distribution.agents.map(\.address) + distribution.experts.map(\.address)
        let outside = addresses.compactMap { if case .uri(let address) = $0 { address } else { nil } }
        outbound.rules.allowed += (outside + outbound.pool.numbers).compactMap { TargetPattern($0) }
        let callsBack = distribution.queues.contains { $0.overflow.contains { $0.target == .callBackOffer } }
        if callsBack, outbound.rules.trunks.isEmpty {
            values.complain(["queues"], "callers cannot be called back: no trunk has 'gateways' that lead to them")
        }
        if !outside.isEmpty, outbound.rules.trunks.isEmpty {
            values.complain(["people"], "agents cannot be called: no trunk has 'gateways' that lead to them")
        }
        distribution.outbound = outbound.rules
        checkAgentsTarget(values)
        checkOverflowNumbers(values)
        checkPhones(values)
    }

    /// Whom queues send their callers to may be called.
    private func checkOverflowNumbers(_ values: ConfigurationValues) {
        var policy = OutboundPolicy(outbound.rules)
        let trunk = outbound.rules.trunks.first?.name ?? ""
        for queue in distribution.queues {
            for case .number(let number) in queue.overflow.map(\.target) {
                guard case .refused(let refusal) = policy.request(number, caller: nil, trunk: trunk, at: .zero) else {
                    continue
                }
                values.complain(["queues", queue.id.rawValue, "overflow"], "callers cannot be sent there. \(refusal)")
            }
        }
    }

    /// There is a trunk at which the phones of people register.
    private func checkPhones(_ values: ConfigurationValues) {
        guard !trunks.contains(where: { $0.kind == .phones }) else { return }
        let people =
            distribution.agents.map { (["people", $0.id.rawValue], $0.address) }
            + distribution.experts.map { (["experts", $0.id.rawValue], $0.address) }
        for case (let path, .registered(let phone)) in people {
            values.complain(
                path + ["address"], "the phone '\(phone)' cannot register: no trunk is of 'kind: phones'")
        }
    }

    private func checkAgentsTarget(_ values: ConfigurationValues) {
        guard let agents = distribution.agentsTarget else { return }
        if agents == NumberPool.target {
            if outbound.pool.numbers.isEmpty {
                values.complain(["outbound", "agents"], "the pool has no number; add some under outbound.pool.numbers")
            }
            return
        }
        var policy = OutboundPolicy(outbound.rules)
        let trunk = outbound.rules.trunks.first?.name ?? ""
        if case .refused(let refusal) = policy.request(agents, caller: nil, trunk: trunk, at: .zero) {
            values.complain(["outbound", "agents"], "agents cannot be called there. \(refusal)")
        }
    }

    /// The music of queues, and where each is named.
    private var queueMusic: [(path: [String], file: String?)] {
        distribution.queues.compactMap { queue in
            guard case .serviceFile(let file)? = distribution.messages[queue.id]?.music else { return nil }
            return (["queues", queue.id.rawValue, "music"], file)
        }
    }

    private mutating func readPlaces(_ values: ConfigurationValues, _ folder: URL) {
        func place(_ path: [String]) -> String? {
            values.text(path).map { URL(filePath: $0, relativeTo: folder).standardizedFileURL.path }
        }
        media.holdMusic = place(["media", "hold-music"])
        for (path, file) in [(["media", "hold-music"], media.holdMusic)] + queueMusic {
            if let file, !FileManager.default.isReadableFile(atPath: file) {
                values.complain(path, "\(file) cannot be read; name an audio file that this process may read")
            }
        }
        records.store = values.text(["store"]).map { text in
            text.contains("://") ? text : URL(filePath: text, relativeTo: folder).standardizedFileURL.path
        }
        records.recordings = place(["recordings", "folder"])
        records.format = values.word(["recordings", "format"], of: RecordingFormat.self) ?? records.format
        records.channels =
            values.word(["recordings", "channels"], of: RecordingChannels.self) ?? records.channels
        records.key = values.text(["recordings", "key"])
        records.retention = values.number(["recordings", "days"]).map { .seconds(Int64($0) * 86_400) }
        if records.store == nil, records.key != nil || records.retention != nil {
            values.complain(
                ["recordings"], "a key and days need 'store', which knows what is encrypted and how old it is")
        }
        records.connectors = place(["connectors"])
        if records.store == nil, records.connectors != nil {
            values.complain(["connectors"], "connectors need 'store', which holds what is to be sent")
        }
        readJournal(values, place)
        admin.socket = place(["admin", "socket"])
        admin.metrics = endpoint(["admin", "address"], values)
        readAPI(values, place)
    }

    private mutating func readJournal(_ values: ConfigurationValues, _ place: ([String]) -> String?) {
        let key = values.text(["journal", "key"])
        guard let folder = place(["journal", "folder"]) else {
            if key != nil {
                values.complain(["journal", "key"], "there is nothing to encrypt without 'journal.folder'")
            }
            return
        }
        guard let key else { return values.complain(["journal", "folder"], JournalConfiguration.needsKey) }
        var journal = JournalConfiguration(folder: folder, key: key)
        if let megabytes = values.number(["journal", "call-megabytes"]) { journal.callLimit = megabytes << 20 }
        if let megabytes = values.number(["journal", "total-megabytes"]) { journal.folderLimit = megabytes << 20 }
        self.journal = journal
    }

    private func endpoint(_ path: [String], _ values: ConfigurationValues) -> AdminServer.Endpoint? {
        guard let text = values.text(path) else { return nil }
        guard let address = TransportAddress(hostAndPort: text), let endpoint = AdminServer.Endpoint(text),
            endpoint.port == Int(address.port)
        else {
            values.complain(path, "'\(text)' is no address with a port, such as 127.0.0.1:9090")
            return nil
        }
        return endpoint
    }

    /// Links to contexts, which are signed and audited, and so need the interface and the store.
    private mutating func readLinks(_ values: ConfigurationValues) {
        let path = ["admin", "api", "links"]
        if let seconds = values.number(["admin", "api", "link-seconds"]) {
            admin.linkLifetime = .seconds(Int64(seconds))
        }
        let keyPath = ["admin", "api", "links-key"]
        if let place = values.text(keyPath) {
            if place.hasPrefix("env:") || place.hasPrefix("file:") {
                admin.linksKey = place
            } else {
                values.complain(keyPath, "the key is named by env:NAME or file:PATH, and never written down")
            }
        }
        guard let text = values.text(path) else { return }
        let base = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard base.hasPrefix("https://"), URL(string: base)?.host()?.isEmpty == false, ContextLinks.fits(base) else {
            return values.complain(path, "'\(text)' is no address such as https://parley.example.com:8443")
        }
        if admin.api == nil || records.store == nil {
            values.complain(
                path, "links need 'admin.api.address', where they are read, and 'store', which has the audit log")
        }
        admin.links = base
    }

    /// The HTTP interface to records, which has TLS and tokens or is not there.
    private mutating func readAPI(_ values: ConfigurationValues, _ place: ([String]) -> String?) {
        admin.api = endpoint(["admin", "api", "address"], values)
        readLinks(values)
        admin.certificate = place(["admin", "api", "certificate"])
        admin.privateKey = place(["admin", "api", "key"])
        admin.tokens = values.names(under: ["admin", "api", "tokens"]).compactMap { name in
            let path = ["admin", "api", "tokens", name]
            guard let text = values.text(path) else { return nil }
            guard text.hasPrefix("env:") || text.hasPrefix("file:") else {
                values.complain(path, "a token is named by env:NAME or file:PATH, and never written down")
                return nil
            }
            return AdminServer.Token(name: name, place: text)
        }
        guard admin.api != nil else { return }
        if admin.certificate == nil || admin.privateKey == nil {
            values.complain(
                ["admin", "api"], "the interface wants 'certificate' and 'key'; it is not served in the clear")
        }
        if admin.tokens.isEmpty { values.complain(["admin", "api"], "the interface wants a token under 'tokens'") }
    }

    /// No two parts of the service listen in one place.
    private func checkPlaces(_ values: ConfigurationValues) {
        struct Place {
            var path: [String]
            var name: String
            var isUDP: Bool
            var address: TransportAddress
            var listener: TrunkConfiguration.Listener?
        }
        var places: [Place] = []
        for trunk in trunks {
            for listener in trunk.listeners where listener.address.port != 0 {
                places.append(
                    Place(
                        path: ["trunks", trunk.name, "listen"],
                        name: "trunk '\(trunk.name)' over \(listener.transport.viaName)",
                        isUDP: listener.transport == .udp, address: listener.address, listener: listener))
            }
        }
        for (path, name) in [(["admin", "address"], "metrics"), (["admin", "api", "address"], "the HTTP interface")] {
            guard let text = values.text(path), let address = TransportAddress(hostAndPort: text), address.port != 0
            else { continue }
            places.append(Place(path: path, name: name, isUDP: false, address: address, listener: nil))
        }
        for (index, place) in places.enumerated() {
            for other in places[..<index]
            where place.isUDP == other.isUDP && place.address.port == other.address.port {
                // Trunks may share a listener, which is one socket then.
                if let listener = place.listener, listener == other.listener { continue }
                guard place.address == other.address else { continue }
                values.complain(
                    place.path,
                    "port \(place.address.port) of \(Host(place.address).bare) is taken twice, for \(other.name) and \(place.name); give one of them another"
                )
            }
        }
    }

    /// Two trunks that share a listener are told apart by who calls; one TLS listener has one certificate.
    private func checkNeighbours(_ values: ConfigurationValues) {
        for (index, trunk) in trunks.enumerated() {
            for other in trunks[..<index] {
                let shared = trunk.listeners.filter { other.listeners.contains($0) }
                guard let first = shared.first else { continue }
                if trunk.allowed.contains(where: { other.allowed.contains($0) }) {
                    values.complain(
                        ["trunks", trunk.name, "allow"],
                        "trunks '\(other.name)' and '\(trunk.name)' listen on the same place and allow the same callers; tell them apart"
                    )
                }
                if first.transport == .tls, trunk.tls != other.tls {
                    values.complain(
                        ["trunks", trunk.name, "tls"],
                        "trunks '\(other.name)' and '\(trunk.name)' share a TLS listener but not its certificate; give each its own port"
                    )
                }
            }
        }
        let kinds = trunks.filter { $0.kind == .phones }
        if let second = kinds.dropFirst().first {
            values.complain(
                ["trunks", second.name, "kind"], "there is one registrar, so one trunk of phones; join them")
        }
    }
}
