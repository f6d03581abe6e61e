import CallControl
import SIP
import Telephony
import Transport

// What Microsoft Teams asks of a session border controller, so that a mistake is told here and not by a call that fails.

extension TrunkReader {
    private static let proxies = ["sip", "sip2", "sip3"].map { "\($0).pstnhub.microsoft.com:5061" }

    func readDirectRouting(_ trunk: inout TrunkConfiguration) {
        let isTeams = trunk.kind == .teamsDirectRouting
        trunk.probeSeconds = values.number(path("probe-seconds")) ?? (isTeams ? 60 : 0)
        let given = list("proxies", "a name with a port such as sip.pstnhub.microsoft.com:5061") { text in
            SIPURI("sip:\(text);transport=tls").flatMap { $0.host.isName ? $0 : nil }
        }
        guard isTeams else { return }
        trunk.proxies = given ?? TrunkReader.proxies.compactMap { SIPURI("sip:\($0);transport=tls") }
        if trunk.proxies.isEmpty { complain("proxies", "Teams is nowhere; leave the key out for its own three names") }
        if !trunk.gateways.isEmpty { complain("gateways", "Teams is reached by name; write 'proxies', or neither") }
        if trunk.listeners.contains(where: { $0.transport != .tls }) {
            complain("listen", "Teams speaks TLS alone; write 'listen: [\"tls:192.0.2.1:5061\"]'")
        }
        readController(trunk)
        if !trunk.numberShown.hasPrefix("+") {
            complain("number-shown", "those who are called see no number of E.164; write 'number-shown: \"+15550100\"'")
        }
        if let policy = values.text(path("media.srtp")), policy != "required" {
            complain("media.srtp", "Teams takes no call without SRTP; leave the key out")
        }
        trunk.media.capabilities.srtp = .required
        trunk.media.capabilities.suites = [.aesCM128HMACSHA1Tag80]
        trunk.transfers.takesRefer = values.flag(path("transfers.refer")) ?? true
        trunk.transfers.takesReplaces = values.flag(path("transfers.replaces")) ?? true
        if trunk.transfers.referral == .attended {
            complain("transfers.out", "Teams takes no Replaces; write 'out: off', and Parley bridges")
        }
    }

    /// The name by which Teams knows this session border controller, and its certificate.
    private func readController(_ trunk: TrunkConfiguration) {
        guard case .name(let name)? = trunk.advertised?.host, name.contains(".") else {
            return complain(
                "advertise", "Teams knows a session border controller by name; write 'advertise: sbc.example.com'")
        }
        if name.lowercased().hasSuffix(".onmicrosoft.com") {
            complain("advertise", "Teams takes no name under onmicrosoft.com; use one of a domain of your own")
        }
        guard let file = trunk.tls?.certificate else { return }
        let names = TLSIdentity.names(inCertificate: file)
        if !TLSIdentity.isProved(name, by: names) {
            complain(
                "tls.certificate",
                "the certificate proves \(names.isEmpty ? "no name" : names.joined(separator: ", ")) and not \(name): Teams would refuse every call; get one for that name"
            )
        }
    }

    private func complain(_ name: String, _ message: String) { values.complain(path(name), message) }
}
