package import CallControl
package import RTP
package import SIP
package import Telephony

/// A trunk as the configuration has it: a provider, a contact centre, or the phones of a site.
package struct TrunkConfiguration: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A provider or a contact centre: it is known by its address.
        case trunk
        /// Phones: they register here, each with its name and password.
        case phones
        /// Microsoft Teams, to which Parley is a session border controller of Direct Routing.
        case teamsDirectRouting
    }

    /// A socket that SIP comes to, or a far end's that it goes to.
    package struct Listener: Sendable, Hashable {
        package var transport: SIPTransport
        package var address: TransportAddress

        package init(_ transport: SIPTransport, _ address: TransportAddress) {
            self.transport = transport
            self.address = address
        }
    }

    /// A host that peers are told instead of the one that is bound, with a port where that differs too.
    package struct Advertised: Sendable, Hashable {
        package var host: Host
        package var port: UInt16?
    }

    package struct Media: Sendable {
        /// Where sockets are bound; `nil` is the service's.
        package var address: TransportAddress?
        package var advertised: Host?
        /// Where media may be sent before the far end has acknowledged the answer.
        package var networks: [AddressRange] = []
        package var capabilities = MediaCapabilities(comfortNoise: true)
        package var sourceRule = SourceLatch.Rule.negotiated
    }

    /// Certificates of the TLS listeners, and what is asked of the far end's.
    package struct TLS: Sendable, Equatable {
        package enum ClientCertificate: String, Sendable, CaseIterable {
            /// None is asked for.
            case off
            /// The far end shows one that ``trust`` vouches for.
            case required
        }

        /// A file with the certificate and those that vouch for it, PEM.
        package var certificate: String
        /// The file of its key, PEM.
        package var key: String
        /// A file of certificate authorities, PEM; `nil` trusts the system's.
        package var trust: String?
        package var clientCertificate = ClientCertificate.off
        /// A far end's certificate is good although it says nothing of clientAuth (RFC 5280 section 4.2.1.12): many
        /// session border controllers have only the certificate of a server.
        package var acceptsServerCertificates = false
        /// The name that a server called by its address must prove.
        package var serverName: String?
    }

    /// A binding that is kept up at a registrar.
    package struct Registration: Sendable {
        package var registrar: SIPURI
        package var address: SIPURI
        package var expiresInSeconds: UInt32
    }

    package var name: String
    package var kind = Kind.trunk
    package var listeners: [Listener] = []
    package var advertised: Advertised?
    /// Of SIP over UDP (RFC 2474): 24 is CS3, which RFC 4594 has for signalling.
    package var dscp: UInt8 = 24
    /// Who may send calls.
    package var allowed: [AddressRange] = []
    package var media = Media()
    package var tls: TLS?
    /// With these Parley identifies itself.
    package var credentials: DigestCredentials?
    /// With these the far end, or its phones, identify themselves: passwords by name.
    package var realm: String?
    /// What they are offered, the best first.
    package var algorithms: [DigestAlgorithm] = [.sha256, .md5]
    package var passwords: [String: String] = [:]
    package var registration: Registration?
    package var outboundProxy: SIPURI?
    /// Where calls that Parley places go, the best first.
    package var gateways: [Listener] = []
    /// The number that those who are called see.
    package var numberShown = ""
    /// Names of agents by the number that was called.
    package var numbers: [String: String] = [:]
    /// The name of the agent for every other number.
    package var otherwise: String?
    /// Names of header fields that a call's context gets, lower case; one that ends with `*` names all that begin so.
    package var headersIn = ["x-*", "user-to-user"]
    /// Fields of the answer; `{call}` stands for the call's name.
    package var headersOut: [(name: String, value: String)] = []

    package var transfers = TransferRules()
    package var pickUp = PickUp()
    /// The names of Teams' SIP proxies, the best first; none on other trunks.
    package var proxies: [SIPURI] = []
    /// How often the gateways are asked by OPTIONS whether they are there, in seconds; 0 never.
    package var probeSeconds = 0

    package init(name: String) { self.name = name }
}
