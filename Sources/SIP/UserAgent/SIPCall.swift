import Telephony

/// One call of a user agent: an INVITE, the SIP dialog it made, and what is under way on it.
struct SIPCall: Sendable {
    enum State: Sendable, Equatable {
        /// In: no final response went out.
        case offered
        /// In: a 2xx went out, no ACK came.
        case answered
        /// Out: no final response came.
        case calling
        case established
        /// A BYE, or a CANCEL, is under way.
        case ending
    }

    /// A response that the core itself resends until it is acknowledged (RFC 3261 section 13.3.1.4, RFC 3262 section 3).
    struct Retransmission: Sendable {
        var octets: [UInt8]
        var hop: Hop
        var next: Instant
        var interval: Interval
        var giveUp: Instant
    }

    /// A provisional response that waits for its PRACK.
    struct ReliableProvisional: Sendable {
        var rseq: UInt32
        var cseq: CSeq
        var hasOffer: Bool
        var retransmission: Retransmission
    }

    /// One early dialog of an outgoing INVITE.
    struct Fork: Sendable {
        var dialog: SIPDialog
        var media: OfferAnswer
        /// The last RSeq that was acknowledged.
        var rseq: UInt32?
    }

    /// An INVITE or UPDATE of ours on the dialog.
    struct Reoffer: Sendable {
        var local: LocalMedia
        /// When it is sent again after a 491.
        var retryAt: Instant?
        var isRefresh: Bool
    }

    /// RFC 4028.
    struct SessionTimer: Sendable {
        var interval: Interval
        var isRefresher: Bool
        var refreshAt: Instant?
        var expiresAt: Instant
    }

    /// A REFER that came in and is reported on.
    struct ReferSubscription: Sendable {
        var id: UInt32
        /// To be answered; `nil` when it was.
        var transaction: TransactionKey?
        var request: SIPMessage
    }

    let handle: SIPCallHandle
    let isOutgoing: Bool
    var state: State
    let peer: PeerProfile
    /// Where messages of the dialog go unless its route says otherwise.
    var hop: Hop
    var dialog: SIPDialog?
    var media: OfferAnswer
    var local: LocalMedia?
    let createdAt: Instant

    // In.
    var invite: SIPMessage
    var serverKey: TransactionKey?
    var localTag: String
    var answerRetransmission: Retransmission?
    /// The CSeq of the INVITE whose 2xx waits for its ACK.
    var answeredCSeq: UInt32?
    /// Set when the call is to be hung up as soon as the ACK is there (RFC 3261 section 15).
    var hangUpCause: Int?
    var reliable: ReliableProvisional?
    var nextRSeq: UInt32
    /// The answer that went out in an unreliable provisional response, which the 2xx repeats (RFC 3261 section 13.2.1).
    var earlyAnswer: [UInt8]?
    /// An answer that waits for a PRACK (RFC 3262 section 5).
    var waitingAnswer: SIPMessage?

    // Out.
    var clientKey: TransactionKey?
    var hops: [Hop] = []
    var forks: [Fork] = []
    /// The early dialog whose media is heard before the answer: the first that had any.
    var heardFork: SIPDialogID?
    var digest: DigestClient?
    var isCanceled = false
    var isCancelSent = false
    var ringingEnds: Instant?
    /// The ACK of the last 2xx, by CSeq, to resend when the 2xx comes again.
    var acknowledgement: (cseq: UInt32, octets: [UInt8], hop: Hop)?

    // On the dialog.
    var reoffer: Reoffer?
    var remoteMethods: Set<String> = []
    var sessionTimer: SessionTimer?
    var leastSessionInterval: UInt32
    var referSubscriptions: [ReferSubscription] = []
    /// CSeqs of REFERs that were sent and are reported on.
    var sentRefers: [UInt32] = []
    var lastOffer: [UInt8]?
    /// The dialog is one that another process had, which is only to be ended.
    var isOfAnotherProcess = false
    /// When a call that ends is forgotten though no response came.
    var forgottenAt: Instant?

    init(
        handle: SIPCallHandle, isOutgoing: Bool, peer: PeerProfile, hop: Hop, media: OfferAnswer, invite: SIPMessage,
        localTag: String, nextRSeq: UInt32, leastSessionInterval: UInt32, at now: Instant
    ) {
        self.handle = handle
        self.isOutgoing = isOutgoing
        self.peer = peer
        self.hop = hop
        self.media = media
        self.invite = invite
        self.localTag = localTag
        self.nextRSeq = nextRSeq
        self.leastSessionInterval = leastSessionInterval
        state = isOutgoing ? .calling : .offered
        createdAt = now
        if let credentials = peer.credentials { digest = DigestClient(credentials) }
    }

    /// Whether the session timer may end or refresh the session now: not before the ACK, without which neither a BYE nor a
    /// re-INVITE goes out, and not once the call ends.
    var runsSessionTimer: Bool { state == .established && answerRetransmission == nil }

    /// When a timer of the call is due. What cannot be done in the state that the call is in must not be among them.
    var deadline: Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            earliest = earliest.map { min($0, instant) } ?? instant
        }
        consider(answerRetransmission?.next)
        consider(reliable?.retransmission.next)
        consider(reoffer?.retryAt)
        if runsSessionTimer {
            consider(sessionTimer?.refreshAt)
            consider(sessionTimer?.expiresAt)
        }
        consider(ringingEnds)
        consider(forgottenAt)
        return earliest
    }

    /// Takes note of what the far end can do.
    mutating func learn(from message: SIPMessage) {
        let methods = message.headers.tokens(.allow)
        if !methods.isEmpty { remoteMethods = Set(methods) }
    }
}
