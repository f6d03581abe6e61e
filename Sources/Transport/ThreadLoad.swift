package import Telephony

/// The share of a core that a media loop's thread uses: the measure of how many more calls it can carry. Past a limit no new
/// calls are taken until there are fewer, before running ones hear anything of it: a thread of a real-time class that
/// leaves nothing to others is stopped by the kernel for a while (sched(7)), and what brings SIP messages on the same core
/// is kept waiting.
package struct ThreadLoad: Sendable {
    /// The span over which the share is taken.
    package static let window = Interval.milliseconds(250)
    /// New calls are taken again when the share is so much below the limit.
    private static let recovery = 0.05

    private let limit: Double?
    private var begin: Instant?
    private var timeBefore = Interval.zero
    /// Of the last whole window, 0 to 1.
    package private(set) var share = 0.0
    package private(set) var isTooMuch = false

    /// - Parameter limit: of the share, 0 to 1; with `nil` nothing is too much.
    package init(limit: Double?) { self.limit = limit }

    /// Whether a window is over, so that ``note(threadTime:at:)`` has something to do.
    package func isDue(at now: Instant) -> Bool { begin.map { now - $0 >= ThreadLoad.window } ?? true }

    /// Takes the CPU time that the thread has used so far.
    package mutating func note(threadTime: Interval, at now: Instant) {
        defer { (begin, timeBefore) = (now, threadTime) }
        guard let begin, now > begin else { return }
        share = Double((threadTime - timeBefore).nanoseconds) / Double((now - begin).nanoseconds)
        guard let limit else { return }
        isTooMuch = share > (isTooMuch ? limit - ThreadLoad.recovery : limit)
    }
}
