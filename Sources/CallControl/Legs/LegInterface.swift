package import CallFlow
package import SIP
package import Telephony

// What a call says of its further legs and is told of them. Live, `Switchboard` carries it to and from its user agent;
// in replay the actors of a test call take its place.

/// Whom to call, and how.
package struct DialPlan: Sendable {
    package var role: LegRole
    /// A number or SIP address.
    package var target: String
    /// By name; `nil` lets the allow-list choose.
    package var trunk: String?
    /// The number shown; `nil` leaves it to the trunk.
    package var from: String?
    /// User-to-User (RFC 7433), as data of at most 128 characters: an opaque key, never personal data.
    package var userToUser: String?
    /// `X-` headers: at most five, names of at most 64 and values of at most 256 characters.
    package var headers: [(name: String, value: String)] = []
    /// So long it may ring.
    package var ringTimeout = Interval.seconds(30)
    /// What the one who answers is told before the caller is there.
    package var whisper: PromptSource?
    /// How the leg takes part once it has answered.
    package var participation = Participation.speaking
    /// What the caller hears while it rings.
    package var ringback = Ringback.tone

    /// Keys that are pressed once it has answered: `,` is a pause of two seconds.
    package var dtmfSequence = ""
    /// Whoever chose the target knows the leg by it; never used twice.
    package var reference: UInt64?
    /// Where a phone that registered is, in place of a trunk's gateways.
    package var contact: PhoneContact?
    /// It is called because a party of the call referred to it.
    package var referred: ReferredCall?

    package init(_ role: LegRole, target: String) {
        self.role = role
        self.target = target
    }
}

/// What a party that referred wants of the new call beside its target (RFC 3515, RFC 3892).
package struct ReferredCall: Sendable {
    /// Whose party referred.
    package var by: LegID
    /// The REFER, as the user agent knows it.
    package var id: UInt32
    /// The target as it came, all its parameters with it.
    package var uri: AnyURI?
    /// The SIP dialog of the target's that the new call takes the place of: an attended transfer (RFC 3891).
    package var replaces: Replaces?
    /// Referred-By, as it came.
    package var referredBy: String?
    /// Fields of the new INVITE that the Refer-To asks for, as they came.
    package var headers: [(name: String, value: String)] = []

    package init(by leg: LegID, id: UInt32) {
        by = leg
        self.id = id
    }
}

/// Where a phone is that registered (RFC 3261 section 10).
package struct PhoneContact: Sendable, Equatable {
    package var uri: AnyURI
    package var hop: Hop

    package init(uri: AnyURI, hop: Hop) {
        self.uri = uri
        self.hop = hop
    }
}

/// What a caller hears while somebody is called.
package enum Ringback: Sendable, Equatable {
    /// The ring-back tone of North America.
    case tone
    /// What the far end sends before the answer, and the tone as long as it sends nothing.
    case farEnd
    /// Played again and again.
    case music(PromptSource)
}

/// What a call does with one of its further legs.
package enum LegCommand: Sendable {
    case dial(LegID, DialPlan)
    /// Ends a leg, or gives it up while it rings.
    case release(LegID, HangupCause)
    /// A leg's party is on hold from now on, or no longer.
    case hold(LegID, isHeld: Bool)
    /// Asks a leg's party to call somebody else itself (RFC 3515), in the place of another leg of this call where one is
    /// named (RFC 3891).
    case refer(LegID, Referral)
    /// Tells a party that referred how the new call fares: a SIP status.
    case referProgress(LegID, id: UInt32, status: Int)
}

/// A REFER that goes out.
package struct Referral: Sendable {
    package var target: String
    package var replaces: LegID?
    package var userToUser: String?
    package var headers: [(name: String, value: String)] = []

    package init(target: String) { self.target = target }
}

/// What became of one of a call's further legs.
package enum LegEvent: Sendable {
    case ringing(LegID)
    /// The far end sends media before the answer (RFC 3960).
    case early(LegID, MediaDescription)
    case answered(LegID, MediaDescription)
    case mediaChanged(LegID, MediaDescription)
    /// Another party took the leg's place of its own accord (RFC 3891); its address.
    case replaced(LegID, MediaDescription, by: String)
    /// The leg never came: the far end's own final status where it gave one, and the rule where nobody may be called there.
    case refused(LegID, LegEndReason, cause: Int, status: Int? = nil, rule: OutboundRefusal? = nil)
    case hungUp(LegID)
    /// A key by SIP INFO, with its length if it was said.
    case infoDigit(LegID, Digit, durationInMilliseconds: Int? = nil)
    /// A leg's party wants the call to go to somebody else, or to the party of another leg of this call.
    case referred(LegID, id: UInt32, target: String, replaces: LegID?, wishes: ReferredCall? = nil)
    /// How a REFER that went out fares: the status that the far end reports; 0 when it reports none.
    case referProgress(LegID, status: Int, isFinal: Bool)
}

/// Where the outside sends a caller who is to be handed over.
package enum Route: Sendable {
    case dial(DialPlan)
    /// All of them are called, and whoever answers is with the caller.
    case dialAll([DialPlan])
    /// The caller's own trunk takes the caller there.
    case refer(Referral)
    /// The caller waits. A further one holds in the place of the first.
    case wait(WaitPlan)
    /// The caller, who waits, is told something once, over the music.
    case say(PromptSource)
    /// The one who was dialled under that reference is no longer wanted, or has not answered in time: the caller waits on.
    case withdraw(UInt64, LegEndReason = .released)
    /// The caller leaves a message.
    case voicemail(VoicemailPlan)
    /// The caller who waits is asked whether to be called back.
    case offerCallBack(CallBackOffer)
    /// The caller will be called back, and need not wait.
    case promiseCallBack(CallBackPromise)
}

/// How a caller leaves a message.
package struct VoicemailPlan: Sendable {
    /// For whom; empty where nobody is named.
    package var queue: String
    /// Said before the tone.
    package var greeting: PromptSource?
    package var longest = Interval.seconds(120)
    /// So much silence ends it.
    package var silence = Interval.seconds(5)

    package init(queue: String) { self.queue = queue }

    /// As a dialog wishes it.
    package init(_ transfer: TransferRequest) {
        queue = transfer.queue?.name ?? ""
        longest = transfer.longestMessage ?? longest
        silence = transfer.endingSilence ?? silence
    }
}

/// How a caller waits for somebody to be free.
package struct WaitPlan: Sendable {
    package var queue: String
    /// From 1.
    package var position: Int
    package var estimatedWait: Interval?
    /// Played again and again; `nil` leaves silence.
    package var music: PromptSource?

    package init(queue: String, position: Int, estimatedWait: Interval? = nil, music: PromptSource? = nil) {
        self.queue = queue
        self.position = position
        self.estimatedWait = estimatedWait
        self.music = music
    }
}

/// What somebody wants of a running call: an agent, a supervisor, an operator, the dialog.
package enum CallCommand: Sendable {
    /// Calls somebody into the call.
    case pullIn(DialPlan)
    /// The caller waits while the agent speaks with somebody who is called.
    case consult(DialPlan)
    /// The consultation ends and the caller goes on with the one who was consulted; the agent leaves.
    case complete
    /// The caller and the one who was consulted change places.
    case swap
    /// All are in one conversation.
    case conference
    /// The consultation ends without a result: back to the caller.
    case back
    case place(LegID, Participation)
    case release(LegID)
    /// The caller goes to somebody else; the agent leaves at once.
    case transfer(DialPlan)
    /// A supervisor takes the agent's place.
    case takeOver(LegID)
}
