package import SIP
package import Telephony

/// Everything that one running Parley is told: with whom it signals, who answers, where media and records go.
package struct ServiceConfiguration: Sendable {
    /// Media ports and shards.
    package struct Media: Sendable, Equatable {
        /// The first and the last UDP port; a call takes two.
        package var ports: ClosedRange<UInt16> = 10_000...13_999
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

        package init() {}
    }

    /// The agent folder that answers.
    package var agent: String
    /// The port of SIP on loopback, UDP and TCP.
    package var sipPort = 5_060
    package var srtp = SRTPPolicy.offered
    package var media = Media()
    package var limits = Limits()
    /// The store of call contexts: a SQLite file or an address of PostgreSQL.
    package var store: String?
    /// The folder of recordings; nothing is recorded without it.
    package var recordings: String?
    /// Where spoken text is kept between runs.
    package var promptCache: String?

    package init(agent: String) { self.agent = agent }
}
