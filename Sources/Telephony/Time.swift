/// A length of time in whole nanoseconds; negative when it points back.
///
/// `Swift.Duration` counts 128-bit attoseconds, which is dear on the media path and finer than any clock here.
@frozen
public struct Interval: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func nanoseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count) }
    @inlinable public static func microseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count &* 1_000) }
    @inlinable public static func milliseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count &* 1_000_000)
    }
    @inlinable public static func seconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count &* 1_000_000_000)
    }
    public static let zero = Interval(nanoseconds: 0)

    /// Whole milliseconds, rounded towards zero.
    @inlinable public var milliseconds: Int64 { nanoseconds / 1_000_000 }
    /// Seconds as a floating-point number, for people and reports.
    @inlinable public var inSeconds: Double { Double(nanoseconds) / 1_000_000_000 }

    @inlinable public static func < (a: Interval, b: Interval) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Interval, b: Interval) -> Interval {
        Interval(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }
    @inlinable public static func - (a: Interval, b: Interval) -> Interval {
        Interval(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }
    @inlinable public static prefix func - (a: Interval) -> Interval { Interval(nanoseconds: 0 &- a.nanoseconds) }
    @inlinable public static func * (a: Interval, factor: Int64) -> Interval {
        Interval(nanoseconds: a.nanoseconds &* factor)
    }
    @inlinable public static func += (a: inout Interval, b: Interval) { a = a + b }
    @inlinable public static func -= (a: inout Interval, b: Interval) { a = a - b }
}

/// A moment on the monotonic clock of whoever turns the crank: nanoseconds from an origin that means nothing by itself.
///
/// Live service passes the kernel's monotonic clock, replay passes a virtual one. Nothing below the edges reads a clock.
@frozen
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public static let zero = Instant(nanoseconds: 0)

    @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Instant, b: Interval) -> Instant {
        Instant(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }
    @inlinable public static func - (a: Instant, b: Interval) -> Instant {
        Instant(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }
    @inlinable public static func - (a: Instant, b: Instant) -> Interval {
        Interval(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }
    @inlinable public static func += (a: inout Instant, b: Interval) { a = a + b }
}

/// A position in a media stream: RTP clock ticks, unwrapped to 64 bits (RFC 3550 section 5.1 has 32).
///
/// Ticks alone say nothing of seconds: the clock rate belongs to the stream (8,000 Hz for PCMU, PCMA and, by
/// RFC 3551 section 4.5.2, for G.722; 48,000 Hz for Opus).
@frozen
public struct SampleTime: Hashable, Comparable, Sendable {
    public var ticks: Int64

    @inlinable public init(ticks: Int64) { self.ticks = ticks }
    public static let zero = SampleTime(ticks: 0)

    @inlinable public static func < (a: SampleTime, b: SampleTime) -> Bool { a.ticks < b.ticks }
    @inlinable public static func + (a: SampleTime, ticks: Int64) -> SampleTime {
        SampleTime(ticks: a.ticks &+ ticks)
    }
    @inlinable public static func - (a: SampleTime, b: SampleTime) -> Int64 { a.ticks &- b.ticks }
    @inlinable public static func - (a: SampleTime, ticks: Int64) -> SampleTime {
        SampleTime(ticks: a.ticks &- ticks)
    }
    @inlinable public static func += (a: inout SampleTime, ticks: Int64) { a = a + ticks }
}

/// The rate of a media clock in ticks a second, with exact conversions between ticks and time.
@frozen
public struct ClockRate: Hashable, Sendable {
    public var ticksPerSecond: Int64

    /// - Parameter ticksPerSecond: from 1 to 384,000.
    @inlinable public init(_ ticksPerSecond: Int64) {
        precondition((1...384_000).contains(ticksPerSecond), "a media clock runs at 1 to 384,000 ticks a second")
        self.ticksPerSecond = ticksPerSecond
    }

    /// Ticks in so many milliseconds; exact for every rate that is a multiple of 1,000.
    @inlinable public func ticks(milliseconds: Int64) -> Int64 { milliseconds &* ticksPerSecond / 1_000 }
    /// Ticks in an interval, rounded down.
    @inlinable public func ticks(_ interval: Interval) -> Int64 {
        let seconds = interval.nanoseconds / 1_000_000_000
        let rest = interval.nanoseconds % 1_000_000_000
        return seconds &* ticksPerSecond &+ rest &* ticksPerSecond / 1_000_000_000
    }
    /// The time that so many ticks take, rounded down to a nanosecond.
    @inlinable public func interval(ticks: Int64) -> Interval {
        let seconds = ticks / ticksPerSecond
        let rest = ticks % ticksPerSecond
        return Interval(nanoseconds: seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / ticksPerSecond)
    }
    /// Seconds from the stream's zero, for events and reports.
    @inlinable public func seconds(_ time: SampleTime) -> Double { Double(time.ticks) / Double(ticksPerSecond) }
}
