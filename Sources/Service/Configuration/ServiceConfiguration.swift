package import Admin
import CallControl
package import Distribution
package import Logging
import RTP
package import Routing
package import SIP
package import Telephony

/// Everything that one running Parley is told: with whom it signals, who answers, where media and records go.
package struct ServiceConfiguration: Sendable {
    /// Media ports and shards.
    package struct Media: Sendable, Equatable {
        /// Where sockets are bound that no trunk binds elsewhere: 0.0.0.0 is every IPv4 address, :: every address.
        package var address = TransportAddress(ipv4: 0, port: 0)
        /// The first and the last UDP port; a call takes two.
        package var ports: ClosedRange<UInt16> = 10_000...13_999
        /// Media loops, each a thread with its share of the ports.
        package var shards = 1
        /// The path of what who is on hold hears again and again; `nil` leaves silence.
        package var holdMusic: String?
        /// Of RTP and RTCP (RFC 2474): 46 is expedited forwarding.
        package var dscp: UInt8 = 46

        package init() {}
    }

    /// What a call, and all calls together, may take.
    package struct Limits: Sendable, Equatable {
        /// The most calls at a time; more are answered 503.
        package var calls = 2_000
        package var longestCall = Interval.seconds(4 * 3_600)
        /// A call from which no RTP has come for so long ends.
        package var mediaTimeout = Interval.seconds(30)
        /// A call in which Parley says nothing and asks nothing for so long ends; `nil` lets it.
        package var deadAir: Interval? = .seconds(60)
        /// How long running calls may go on when the service is to end; then they are hung up.
        package var drain = Interval.seconds(60)
        /// New calls are refused while media is late by this on average; `nil` never does.
        package var lateness: Interval? = .milliseconds(30)
        /// New calls are refused while a media thread uses more of a core than this, 0 to 1; `nil` never does.
        package var load: Double? = 0.85

        package init() {}
    }

    /// Whom callers are handed over to.
    package struct Outbound: Sendable {
        /// Who may be called; as made, nobody.
        package var rules = OutboundRules()
        /// Numbers that are leased for transfers to systems that strip every header.
        package var pool = PoolConfiguration()

        package init() {}
    }

    /// How the log is written.
    package struct Log: Sendable, Equatable {
        package enum Format: String, Sendable, CaseIterable {
            case text, json
        }

        package var level = Logger.Level.info
        package var format = Format.text

        package init() {}
    }

    /// Agent folders by name, in the order of the file.
    package var agents: [NamedFolder] = []
    package var trunks: [TrunkConfiguration] = []
    package var media = Media()
    package var outbound = Outbound()
    /// Agents and queues.
    package var distribution = DistributionConfiguration()
    package var limits = Limits()
    package var log = Log()
    /// Where operators, their tools and other systems reach the service.
    package var admin = AdminServer.Configuration()
    package var records = RecordsConfiguration()
    /// Where journals of calls are kept; `nil` keeps none.
    package var journal: JournalConfiguration?
    /// Where spoken text is kept between runs.
    package var promptCache: String?
    /// Agents, trunks and certificates are read again when their files change.
    package var watchesFiles = false
    /// The files and folders that it was read from.
    package var files: [String] = []

    package init() {}

    /// A service on loopback alone: one agent for every number, no trunk beyond this machine.
    package static func loopback(agent folder: String, port: UInt16, srtp: SRTPPolicy) -> ServiceConfiguration {
        let name = "agent"
        let address = TransportAddress(ipv4: 0x7F00_0001, port: port)
        var trunk = TrunkConfiguration(name: "loopback")
        trunk.listeners = [.init(.udp, address), .init(.tcp, address)]
        trunk.allowed = [.loopback]
        trunk.media.networks = [.loopback]
        trunk.media.address = address
        // A phone that knows itself by the machine's other address names it for its media, which comes from loopback.
        trunk.media.sourceRule = .latching
        trunk.media.capabilities.srtp = srtp
        trunk.otherwise = name
        var configuration = ServiceConfiguration()
        configuration.agents = [NamedFolder(name: name, path: folder)]
        configuration.trunks = [trunk]
        configuration.media.address = address
        return configuration
    }
}

/// A folder, and the name by which the configuration calls it.
package struct NamedFolder: Sendable, Equatable {
    package var name: String
    package var path: String

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}
