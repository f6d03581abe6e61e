/// The caller keeps the place in a queue, hangs up and will be called back.
public struct CallBackPromised: Sendable, Equatable, Codable {
    public var queue: String
    /// Where the caller will be called.
    public var number: String

    public init(queue: String, number: String) {
        self.queue = queue
        self.number = number
    }
}

/// One attempt to call a caller back, which is a call of its own.
public struct CallBackTried: Sendable, Equatable, Codable {
    /// The call in which it was promised.
    public var promisedIn: CallID
    public var queue: String
    /// From 1; what a withdrawn attempt had rung for does not count.
    public var attempt: Int
    /// How many more there will be if this one does not reach the caller.
    public var attemptsLeft: Int
    public var outcome: CallBackResult
    /// Which rule says that the number may not be called; absent where the outcome is another.
    public var rule: OutboundRefusal?

    public init(
        promisedIn: CallID, queue: String, attempt: Int, attemptsLeft: Int, outcome: CallBackResult,
        rule: OutboundRefusal? = nil
    ) {
        self.rule = rule
        self.promisedIn = promisedIn
        self.queue = queue
        self.attempt = attempt
        self.attemptsLeft = attemptsLeft
        self.outcome = outcome
    }
}

/// What came of calling a caller back.
public enum CallBackResult: String, Sendable, Codable, CaseIterable {
    /// The caller answered.
    case reached
    case busy
    case noAnswer
    case refused
    /// The number cannot be reached.
    case failed
    /// The number may not be called, or not so often: it is not tried again, unless only too many calls were up at once.
    case notAllowed
    /// The agent who was kept for the caller left while it rang.
    case withdrawn
    /// The promise ran out before the caller's turn came: nobody was called.
    case expired
}
