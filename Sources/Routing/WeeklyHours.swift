package import Telephony

/// Times of the week by the clock on the wall of those whose hours they are.
package struct WeeklyHours: Hashable, Sendable {
    /// One span of a day. It may end at 24:00; what goes on past midnight is two spans.
    package struct Span: Hashable, Sendable {
        /// 1, Monday, to 7, Sunday (ISO 8601).
        package var weekday: Int
        /// Minutes since midnight, 0 to 1,440; `end` itself is outside.
        package var start: Int
        package var end: Int

        package init(weekday: Int, from start: Int, to end: Int) {
            self.weekday = weekday
            self.start = start
            self.end = end
        }
    }

    package var spans: [Span]
    /// Minutes east of Greenwich, as they are now: whoever knows the zone's rules sets it anew when they change.
    package var offsetInMinutes: Int

    package init(_ spans: [Span], offsetInMinutes: Int = 0) {
        self.spans = spans
        self.offsetInMinutes = offsetInMinutes
    }

    /// The same hours on several days.
    package init(weekdays: ClosedRange<Int>, from start: Int, to end: Int, offsetInMinutes: Int = 0) {
        self.init(
            weekdays.map { Span(weekday: $0, from: start, to: end) }, offsetInMinutes: offsetInMinutes)
    }

    package func contains(_ time: WallTime) -> Bool {
        let minutes = (time.millisecondsSince1970 &+ Int64(offsetInMinutes) &* 60_000).floored(by: 60_000)
        let day = minutes.floored(by: 1_440)
        let minute = minutes - day * 1_440
        // 1970-01-01 was a Thursday.
        let weekday = (day &+ 3) - (day &+ 3).floored(by: 7) * 7 + 1
        return spans.contains {
            Int64($0.weekday) == weekday && ($0.start..<max($0.start, $0.end)).contains(Int(minute))
        }
    }
}

extension Int64 {
    /// The quotient rounded down; the divisor is positive.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
