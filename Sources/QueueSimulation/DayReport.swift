/// What came of a simulated day. Times in seconds, shares from 0 to 1.
package struct DayReport: Sendable, Codable {
    package var seed: UInt64 = 0
    package var calls = 0
    package var agents = 0
    package var answered = 0
    package var abandoned = 0
    package var overflowed = 0
    package var calledBack = 0
    package var callBacksEnded = 0
    /// Callers of whom nothing is known at the end. 0, or the program is wrong.
    package var lost = 0
    /// Answered within 20 seconds, of all.
    package var serviceLevel = 0.0
    package var abandonment = 0.0
    package var meanWait = 0.0
    package var p95Wait = 0.0
    package var longestQueue = 0
    /// Pairs of call and agent that were checked one by one.
    package var choices = 0
    /// Offers that were not answered, declined, or could not be made.
    package var failedOffers = 0
    package var violations: [String] = []
    /// Waits that were announced to callers who were answered later.
    package var announcements = 0
    /// Of the difference of announced and true wait, over the true one.
    package var medianError = 0.0
    /// The same of the first announcement to each caller.
    package var medianErrorOfFirst = 0.0
    /// Announced over true, the middle one: over 1 is too long.
    package var medianRatio = 0.0
    /// Of all that came out, in order: the same seed gives the same.
    package var digest = ""

    package init() {}

    /// The middle value; 0 without any.
    static func median(_ values: [Double]) -> Double { quantile(values, 0.5) }

    static func quantile(_ values: [Double], _ part: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}

/// A checksum of text in order (FNV-1a, 64 bits).
struct Digest {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        for octet in text.utf8 {
            state = (state ^ UInt64(octet)) &* 0x100_0000_01B3
        }
    }

    var text: String { String(state, radix: 16) }
}
