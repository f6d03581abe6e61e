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
    /// It was not.
    case unanswered(Refusal)
    /// What was settled cannot be spoken here.
    case noMedia
}

extension PhoneOutcome {
    /// Why a call was not answered.
    struct Refusal: Sendable {
        var cause: CallEnding.Cause
        /// Where it went to last, and what is wrong with the way there.
        var hop: Hop?
        var problem: String?
        /// What the far end said of its refusal (RFC 3261 section 20.43).
        var warning: String?
        var ringing: Interval
        var hasCredentials: Bool

        /// What happened, and what to do, behind the name of whom was called.
        var sentence: String {
            let place = hop.map { " (\(Host($0.address)):\($0.address.port) over \($0.transport.viaName))" } ?? ""
            switch cause {
            case .refused(let status):
                let said = "was answered with \(status) \(StatusCode.reason(status))"
                return said + (warning.map { ": \($0)" } ?? "") + (advice(status).map { "; \($0)" } ?? "")
            case .transport:
                return "is not reached\(place): \(problem ?? "the connection broke")"
            case .timeout, .canceled:
                return
                    "was answered by nobody in time\(place); check address, port and transport, and that calls from here are allowed there"
            case .local: return "was given up before an answer"
            case .media: return "answered with media that were not offered"
            case .farEnd, .sessionExpired: return "was over before an answer"
            }
        }

        private func advice(_ status: Int) -> String? {
            switch status {
            case 401, 407:
                hasCredentials
                    ? "PARLEY_SIP_USER and PARLEY_SIP_PASSWORD were not taken"
                    : "it asks who calls: set PARLEY_SIP_USER and PARLEY_SIP_PASSWORD"
            case 403: "it does not take calls from here, or not for this number"
            case 404: "it knows no such number"
            case 488, 606: "it wants other media; try another --srtp or --codec"
            case 503: "it takes no more calls at the moment"
            default: nil
            }
        }
    }
}

/// Who looks on while a test call runs.
protocol PhoneObserver {
    mutating func happened(_ event: CallEvent)
    /// Something that is no event of a call: a step of signalling.
    mutating func progressed(_ text: String)
}
