package import Telephony

/// How late the ticks of a media loop are: the measure of too much work. Past a limit for two seconds no new calls are
/// taken until things are better by half, so that running ones hear nothing of it; a moment's hiccup refuses nobody.
package struct TickLateness: Sendable {
    /// The span over which lateness is averaged.
    package static let window = Interval.seconds(1)

    private let limit: Interval?
    private var begin: Instant?
    private var sum = Interval.zero
    private var count: Int64 = 0
    /// Windows past the limit, one after the other.
    private var lateWindows = 0
    /// Of the last whole window.
    package private(set) var mean = Interval.zero
    package private(set) var isTooMuch = false

    /// - Parameter limit: of the mean; with `nil` nothing is too much.
    package init(limit: Interval?) { self.limit = limit }

    /// A tick that was due at one moment began at another.
    package mutating func note(due: Instant, at now: Instant) {
        let first = begin ?? now
        begin = first
        sum += max(.zero, now - due)
        count &+= 1
        guard now - first >= TickLateness.window else { return }
        mean = Interval(nanoseconds: sum.nanoseconds / max(1, count))
        begin = now
        sum = .zero
        count = 0
        guard let limit else { return }
        lateWindows = mean > limit ? lateWindows &+ 1 : 0
        isTooMuch = isTooMuch ? mean > Interval(nanoseconds: limit.nanoseconds / 2) : lateWindows >= 2
    }
}
