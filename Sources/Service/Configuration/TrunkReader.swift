import CallControl
import Foundation
import RTP
import SIP
import Telephony

/// Reads one trunk of a configuration.
struct TrunkReader {
    let values: ConfigurationValues
    private let name: String
    private let folder: URL

    init(_ name: String, _ values: ConfigurationValues, folder: URL) {
        self.name = name
        self.values = values
        self.folder = folder
    }

    func path(_ name: String) -> [String] {
        ["trunks", self.name] + name.split(separator: ".").map(String.init)
    }

    private func text(_ name: String) -> String? { values.text(path(name)) }

    private func file(_ name: String) -> String? {
        guard let text = text(name) else { return nil }
        let place = URL(filePath: text, relativeTo: folder).standardizedFileURL.path
        guard FileManager.default.isReadableFile(atPath: place) else {
            values.complain(path(name), "\(place) cannot be read; name a file that this process may read")
            return nil
        }
        return place
    }

    /// A value made of a text; says what it should be when it cannot be made.
    private func made<Value>(_ name: String, _ what: String, _ make: (String) -> Value?) -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = make(text) else {
            values.complain(path(name), "'\(text)' is not \(what)")
            return nil
        }
        return value
    }

    func list<Value>(_ name: String, _ what: String, _ make: (String) -> Value?) -> [Value]? {
        values.texts(path(name))?.compactMap { text in
            let value = make(text)
            if value == nil { values.complain(path(name), "'\(text)' is not \(what)") }
            return value
        }
    }

    func read() -> TrunkConfiguration {
        var trunk = TrunkConfiguration(name: name)
        trunk.kind = values.word(path("kind"), of: TrunkConfiguration.Kind.self) ?? .trunk
        trunk.listeners =
            list("listen", "a place to listen: write it as udp:192.0.2.1:5060 or tls:[2001:db8::1]:5061") {
                TrunkConfiguration.Listener($0)
            } ?? []
        if trunk.listeners.isEmpty {
            values.complain(path("listen"), "trunk '\(name)' listens nowhere; add 'listen: [\"udp:192.0.2.1:5060\"]'")
        }
        trunk.advertised = made("advertise", "a host or host:port") { TrunkConfiguration.Advertised($0) }
        trunk.dscp = values.number(path("dscp")).map { UInt8(clamping: $0) } ?? trunk.dscp
        let network = "an address or a network: write it as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32"
        trunk.allowed = list("allow", network) { AddressRange($0) } ?? []
        if trunk.allowed.isEmpty {
            values.complain(path("allow"), "nobody may call over trunk '\(name)'; add 'allow: [203.0.113.0/24]'")
        }
        readTransfers(&trunk)
        trunk.pickUp.first = values.word(path("answer.first"), of: PickUp.First.self) ?? .answer
        if let seconds = values.number(path("answer.after-seconds")) {
            trunk.pickUp.answersAfter = .seconds(Int64(seconds))
        }
        readMedia(&trunk, network)
        readIdentity(&trunk)
        readNumbers(&trunk)
        readTLS(&trunk)
        readDirectRouting(&trunk)
        if trunk.advertised == nil, let first = trunk.listeners.first(where: { $0.address.isEveryAddress }) {
            values.complain(
                path("listen"),
                "\(Host(first.address)) is every address, and peers must be told one; add 'advertise: HOST' or listen on one address"
            )
        }
        return trunk
    }

    private func readTransfers(_ trunk: inout TrunkConfiguration) {
        trunk.transfers.takesRefer = values.flag(path("transfers.refer")) ?? (trunk.kind == .phones)
        trunk.transfers.takesReferOfCallers = values.flag(path("transfers.refer-of-callers")) ?? false
        trunk.transfers.takesReplaces = values.flag(path("transfers.replaces")) ?? (trunk.kind == .phones)
        trunk.transfers.referral = values.word(path("transfers.out"), of: TransferRules.Referral.self) ?? .off
        trunk.transfers.hold = values.word(path("transfers.hold"), of: TransferRules.Hold.self) ?? .media
        trunk.transfers.lowersHeaderNames = values.flag(path("headers.lower-case")) ?? false
    }

    private func readMedia(_ trunk: inout TrunkConfiguration, _ network: String) {
        trunk.media.networks = list("media.networks", network) { AddressRange($0) } ?? trunk.allowed
        trunk.media.address = made("media.address", "an address") { TransportAddress(host: $0) }
        trunk.media.advertised = made("media.advertise", "an address") { text in
            Host(text, allowsBareIPv6: true).flatMap { $0.isName ? nil : $0 }
        }
        if let formats = list(
            "media.codecs", "a codec: PCMU, PCMA, G722, opus, L16/8000 or L16/16000",
            {
                AudioFormat(configured: $0)
            })
        {
            trunk.media.capabilities.formats = formats
            trunk.media.capabilities.prefersLocalOrder = true
        }
        if trunk.media.capabilities.formats.isEmpty {
            values.complain(path("media.codecs"), "trunk '\(name)' has no codec; name one or leave the key out")
        }
        trunk.media.capabilities.packetTime = values.number(path("media.ptime")) ?? 20
        trunk.media.capabilities.srtp = values.word(path("media.srtp"), of: SRTPPolicy.self) ?? .off
        trunk.media.sourceRule = values.flag(path("media.latching")) == true ? .latching : .negotiated
    }

    private func readIdentity(_ trunk: inout TrunkConfiguration) {
        if let user = text("credentials.user") {
            if let password = password() {
                trunk.credentials = DigestCredentials(
                    username: user, password: password, realm: text("credentials.realm"))
            }
        }
        let uri = "a SIP URI such as sip:example.com"
        trunk.outboundProxy = made("outbound-proxy", uri) { SIPURI($0) }
        readGateways(&trunk)
        if let registrar = made("registration.registrar", uri, { SIPURI($0) }) {
            if let address = made("registration.address", "a SIP URI such as sip:+4930123@example.com", { SIPURI($0) })
            {
                trunk.registration = .init(
                    registrar: registrar, address: address,
                    expiresInSeconds: UInt32(clamping: values.number(path("registration.seconds")) ?? 600))
            } else if text("registration.address") == nil {
                values.complain(
                    path("registration.registrar"),
                    "what is registered there is not said; add 'address: sip:NUMBER@DOMAIN'")
            }
        }
        readUsers(&trunk)
    }

    private func readGateways(_ trunk: inout TrunkConfiguration) {
        trunk.gateways =
            list("gateways", "a place to send SIP to: write it as udp:203.0.113.5:5060") {
                TrunkConfiguration.Listener($0)
            } ?? []
        trunk.numberShown = text("number-shown") ?? ""
        for gateway in trunk.gateways
        where !trunk.listeners.contains(where: { $0.transport == gateway.transport }) {
            values.complain(
                path("gateways"),
                "trunk '\(name)' has no \(gateway.transport.rawValue) socket of its own to send from; add one under 'listen'"
            )
        }
        for gateway in trunk.gateways where !trunk.allowed.contains(where: { $0.contains(gateway.address) }) {
            values.complain(
                path("gateways"),
                "what \(Host(gateway.address)) answers would not be heard; add its address to 'allow' of trunk '\(name)'"
            )
        }
        if !trunk.gateways.isEmpty, trunk.numberShown.isEmpty {
            values.complain(path("gateways"), "those who are called see no number; add 'number-shown: \"+15550100\"'")
        }
    }

    private func password() -> String? {
        if let file = file("credentials.password-file") {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            if let line = text.split(whereSeparator: \.isNewline).first { return String(line) }
            values.complain(path("credentials.password-file"), "\(file) is empty; its first line is the password")
        } else if let variable = text("credentials.password-variable") {
            if let password = ProcessInfo.processInfo.environment[variable], !password.isEmpty { return password }
            values.complain(path("credentials.password-variable"), "the environment has no variable \(variable)")
        } else if text("credentials.password-file") == nil {
            values.complain(
                path("credentials.user"),
                "the password is missing; add 'password-file: FILE' or 'password-variable: NAME'")
        }
        return nil
    }

    private func readUsers(_ trunk: inout TrunkConfiguration) {
        trunk.realm = text("users.realm")
        let algorithms = list("users.algorithms", "a digest algorithm; write SHA-256 or MD5") {
            DigestAlgorithm(named: $0)
        }
        if let algorithms, !algorithms.isEmpty { trunk.algorithms = algorithms }
        guard let file = file("users.file") else {
            if trunk.kind == .phones, text("users.file") == nil {
                values.complain(
                    path("kind"), "phones identify themselves; add 'users:' with 'realm' and 'file'")
            }
            return
        }
        if trunk.realm == nil { values.complain(path("users.file"), "the users have no realm; add 'realm: NAME'") }
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.allSatisfy(\.isWhitespace), !line.hasPrefix("#") else { continue }
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                values.complain(path("users.file"), "\(file):\(index + 1) is no 'name: password'")
                continue
            }
            trunk.passwords[parts[0]] = parts[1]
        }
    }

    private func readNumbers(_ trunk: inout TrunkConfiguration) {
        let agents = values.names(under: ["agents"])
        func agent(_ key: [String]) -> String? {
            guard let agent = values.text(key) else { return nil }
            if !agents.contains(agent) {
                values.complain(
                    key,
                    "there is no agent '\(agent)'; "
                        + (agents.isEmpty ? "add it under 'agents'" : "'agents' has \(agents.joined(separator: ", "))"))
            }
            return agent
        }
        for number in values.names(under: path("numbers")) { trunk.numbers[number] = agent(path("numbers") + [number]) }
        trunk.otherwise = agent(path("otherwise"))
        // Agents' phones need not call.
        if trunk.numbers.isEmpty, trunk.otherwise == nil, trunk.kind == .trunk {
            values.complain(path("otherwise"), "no number of trunk '\(name)' is answered; add 'otherwise: AGENT'")
        }
        if let names = values.texts(path("headers.in")) { trunk.headersIn = names.map { $0.lowercased() } }
        trunk.headersOut = values.names(under: path("headers.out")).compactMap { field in
            values.text(path("headers.out") + [field]).map { (field, $0) }
        }
    }

    private func readTLS(_ trunk: inout TrunkConfiguration) {
        let isNeeded = trunk.listeners.contains { $0.transport == .tls }
        guard isNeeded || text("tls.certificate") != nil else { return }
        guard let certificate = file("tls.certificate"), let key = file("tls.key") else {
            if text("tls.certificate") == nil || text("tls.key") == nil {
                values.complain(path("tls"), "TLS needs 'certificate' and 'key' under 'tls' of trunk '\(name)'")
            }
            return
        }
        var tls = TrunkConfiguration.TLS(certificate: certificate, key: key)
        tls.trust = file("tls.trust")
        tls.clientCertificate =
            values.word(path("tls.client-certificate"), of: TrunkConfiguration.TLS.ClientCertificate.self) ?? .off
        tls.acceptsServerCertificates = values.flag(path("tls.accept-server-certificates")) ?? false
        tls.serverName = text("tls.server-name")
        trunk.tls = tls
    }
}
