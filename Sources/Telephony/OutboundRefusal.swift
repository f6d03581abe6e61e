/// Why a call is not placed: the rule of the outbound policy that it breaks.
public enum OutboundRefusal: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
    case malformed
    case denied
    case notListed
    case unknownTrunk
    case callerLimit
    case dayLimit
    case trunkDayLimit
    case concurrentLimit
    case trunkConcurrentLimit

    /// It is over as soon as another call is: the same call may be placed a little later.
    public var isMomentary: Bool {
        switch self {
        case .concurrentLimit, .trunkConcurrentLimit: true
        case .malformed, .denied, .notListed, .unknownTrunk, .callerLimit, .dayLimit, .trunkDayLimit: false
        }
    }

    /// One sentence, without the target, which may be a person's number.
    public var description: String {
        switch self {
        case .malformed: "The target is neither a telephone number nor a SIP URI that can be dialled."
        case .denied: "The target is on the list of those who must not be called."
        case .notListed: "The target is not on the list of those who may be called; the list is outbound.allowed."
        case .unknownTrunk: "There is no such trunk for calls to the outside."
        case .callerLimit: "As many calls as one caller may cause in 24 hours have been placed for this one."
        case .dayLimit: "As many calls as may be placed in 24 hours have been placed."
        case .trunkDayLimit: "As many calls as the trunk may have in 24 hours have been placed."
        case .concurrentLimit: "As many calls to the outside as there may be at once are up."
        case .trunkConcurrentLimit: "As many calls as the trunk may have at once are up."
        }
    }
}
