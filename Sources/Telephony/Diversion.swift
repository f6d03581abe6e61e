/// That a call was for somebody else first: whom the caller had called, and why the call is here.
public struct Diversion: Sendable, Equatable, Codable {
    /// Why a call left a party, in the words of RFC 5806 section 4.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        case userBusy = "user-busy"
        case noAnswer = "no-answer"
        case unavailable
        case unconditional
        case timeOfDay = "time-of-day"
        case doNotDisturb = "do-not-disturb"
        case deflection
        case followMe = "follow-me"
        case outOfService = "out-of-service"
        case away
        case unknown
    }

    /// The number or address that the caller had called.
    public var firstCalled: String
    /// Why the call left that one.
    public var reason: Reason
    /// The last who had the call before, and why it left that one; the same as the first where there was one diversion.
    public var lastCalled: String
    public var lastReason: Reason
    /// How many diversions there were; 1 to 99.
    public var count: Int

    public init(firstCalled: String, reason: Reason, lastCalled: String, lastReason: Reason, count: Int) {
        self.firstCalled = firstCalled
        self.reason = reason
        self.lastCalled = lastCalled
        self.lastReason = lastReason
        self.count = count
    }
}
