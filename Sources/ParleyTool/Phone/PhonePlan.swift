import Replay
import SIP
import Telephony

/// A test call that is to be placed.
struct PhonePlan: Sendable {
    var target: AnyURI
    var from: NameAddress
    /// Where the INVITE goes, the best first.
    var hops: [Hop]
    /// Set beforehand: an outbound proxy.
    var routes: [NameAddress] = []
    var headers: [(name: HeaderName, value: String)] = []
    var peer: PeerProfile
    /// The address that the far end is told.
    var host: Host
    /// What the caller does from the answer on.
    var steps: [CallerStep] = []
    var keys = KeyMethod.telephoneEvent
    var network = NetworkImpairment.perfect
    var ringing = Interval.seconds(60)
    /// From the answer; then the caller hangs up.
    var limit = Interval.seconds(120)
    /// What is heard goes to this file.
    var recording: String?

    /// The call's name in events.
    var call: CallID
    var to: String { target.user ?? target.description }
}

/// What came of a test call.
enum PhoneOutcome: Sendable {
    /// It was answered, and ended.
    case completed(CallContext)
    /// It was not, for this status or none.
    case refused(Int?)
    /// What was settled cannot be spoken here.
    case noMedia
}

/// Who looks on while a test call runs.
protocol PhoneObserver {
    mutating func happened(_ event: CallEvent)
    /// Something that is no event of a call: a step of signalling.
    mutating func progressed(_ text: String)
}
