package import Telephony

/// How a user agent behaves.
package struct UserAgentConfiguration: Sendable {
    /// What Server and User-Agent say.
    package var product: String
    /// Where Parley listens, by transport.
    package var advertised: [SIPTransport: AdvertisedAddress]
    package var timers: TransactionTimers
    package var screening: Screening
    /// Who a message's sender is. The default drops everything.
    package var policy: @Sendable (Hop) -> PeerVerdict
    /// Seconds of a session timer that is asked for (RFC 4028); `nil` asks for none but goes along with the peer's.
    package var sessionInterval: UInt32?
    /// The shortest session timer that is accepted, in seconds, not below 90 (RFC 4028 section 5).
    package var leastSessionInterval: UInt32
    /// Calls at a time, in and out together; more are answered 503.
    package var maximumCalls: Int
    /// Transactions at a time; more are answered 503 without keeping any state.
    package var maximumTransactions: Int
    /// Seconds of the Retry-After of a 503.
    package var retryAfter: Int
    /// How long an outgoing INVITE may go unanswered before it is canceled.
    package var longestRinging: Interval
    /// The registrar for phones; `nil` answers REGISTER with 405.
    package var registrar: Registrar?

    package init(
        product: String = "Parley", advertised: [SIPTransport: AdvertisedAddress],
        timers: TransactionTimers = TransactionTimers(), screening: Screening = Screening(),
        sessionInterval: UInt32? = 1_800, leastSessionInterval: UInt32 = 90, maximumCalls: Int = 5_000,
        maximumTransactions: Int = 20_000, retryAfter: Int = 5, longestRinging: Interval = .seconds(180),
        registrar: Registrar? = nil, policy: @escaping @Sendable (Hop) -> PeerVerdict = { _ in .drop }
    ) {
        self.product = product
        self.advertised = advertised
        self.timers = timers
        self.screening = screening
        self.sessionInterval = sessionInterval
        self.leastSessionInterval = leastSessionInterval
        self.maximumCalls = maximumCalls
        self.maximumTransactions = maximumTransactions
        self.retryAfter = retryAfter
        self.longestRinging = longestRinging
        self.registrar = registrar
        self.policy = policy
        if registrar != nil { self.screening.methods.append(.register) }
    }
}
