package import Telephony

/// A call of a user agent; never used again for another.
package struct SIPCallHandle: Hashable, Sendable, Comparable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: SIPCallHandle, b: SIPCallHandle) -> Bool { a.rawValue < b.rawValue }
}

/// A registration that a user agent keeps up at a registrar.
package struct RegistrationID: Hashable, Sendable, Comparable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: RegistrationID, b: RegistrationID) -> Bool { a.rawValue < b.rawValue }
}

/// A call that came in.
package struct IncomingCall: Sendable {
    /// The whole INVITE: its typed fields (`from`, `assertedIdentities`, `diversions`, `historyInfo`, `userToUser`,
    /// `referredBy`) and all header fields as data.
    package var request: SIPMessage
    /// The name of the peer's profile.
    package var peer: String
    package var hop: Hop
    /// The call that it takes the place of (RFC 3891), which the receiver ends when it has answered this one.
    package var replaces: SIPCallHandle?
    /// Whether it came without an offer, so that Parley makes one in its answer.
    package var isLateOffer: Bool
}

/// Why and by whom a call ended.
package struct CallEnding: Sendable, Equatable {
    package enum Cause: Sendable, Equatable {
        /// The far end hung up.
        case farEnd
        /// The far end gave up before the answer.
        case canceled
        /// A command ended it.
        case local
        /// The far end, or the network, refused with this status.
        case refused(status: Int)
        /// No answer to a request came, or no ACK.
        case timeout
        /// The session timer ran out (RFC 4028).
        case sessionExpired
        /// The connection to the peer failed.
        case transport
        /// Offer and answer did not come together.
        case media
    }

    package var cause: Cause
    /// ITU-T Q.850.
    package var q850: Int
    /// What Reason fields said.
    package var reasons: [Reason]

    package init(_ cause: Cause, q850: Int, reasons: [Reason] = []) {
        self.cause = cause
        self.q850 = q850
        self.reasons = reasons
    }

    /// The final status by which the far end refused; `nil` where it gave none.
    package var refusingStatus: Int? {
        guard case .refused(let status) = cause, (300..<700).contains(status) else { return nil }
        return status
    }

    /// What it says of a call that was placed and had not been answered.
    package var outcome: TransferOutcome {
        switch cause {
        case .refused(let status): StatusCode.outcome(status)
        case .timeout, .canceled, .local: .noAnswer
        case .farEnd: .completed
        case .sessionExpired, .transport, .media: .failed
        }
    }
}

/// A REFER that came in on a call (RFC 3515).
package struct ReferRequest: Sendable {
    /// Names the subscription in further commands: the CSeq of the REFER.
    package var id: UInt32
    package var target: NameAddress
    package var referredBy: NameAddress?
    /// The SIP dialog that the new call is to replace: an attended transfer.
    package var replaces: Replaces?
    package var request: SIPMessage
}

/// What a user agent tells.
package enum UserAgentEvent: Sendable {
    /// A call came in; a 100 went out.
    case incoming(SIPCallHandle, IncomingCall)
    /// A provisional response above 100 to an outgoing call, with early media if there is any.
    case progress(SIPCallHandle, status: Int, NegotiatedMedia?, SIPMessage)
    /// An outgoing call was answered and acknowledged.
    case answered(SIPCallHandle, NegotiatedMedia, SIPMessage)
    /// The answer to an incoming call was acknowledged. Its media are known now even with a late offer.
    case established(SIPCallHandle, NegotiatedMedia)
    /// A re-offer, of either side, was answered.
    case mediaChanged(SIPCallHandle, NegotiatedMedia)
    /// The far end refused a re-offer; everything stays as it was.
    case reofferRefused(SIPCallHandle, status: Int)
    case ended(SIPCallHandle, CallEnding)
    /// A key by INFO, with its length in milliseconds if it was said.
    case digit(SIPCallHandle, Digit, durationInMilliseconds: Int?)
    /// Another INFO; it was answered 200.
    case info(SIPCallHandle, SIPMessage)
    case referred(SIPCallHandle, ReferRequest)
    /// How a REFER that was sent fares: the status that the far end reports of the new call, 0 when it says nothing.
    case referProgress(SIPCallHandle, status: Int, isFinal: Bool)
    case registration(RegistrationID, RegistrationState)
    /// A phone's bindings at the registrar changed.
    case bindingsChanged(address: String)
    /// A call's SIP dialog was confirmed, or is another than it was: what it takes to end it.
    case dialogChanged(SIPCallHandle, SIPDialogRecord)
    /// A confirmed SIP dialog is over, and both sides know.
    case dialogOver(SIPDialogID)
    /// The answer to an OPTIONS that was sent; `nil` when none came.
    case probed(Hop, status: Int?)
}
