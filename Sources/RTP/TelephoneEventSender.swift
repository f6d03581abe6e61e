package import Telephony

/// The packets of one key press, in the order in which they are sent (RFC 4733 section 2.5.1).
///
/// The first has the marker bit; each update repeats the timestamp with a longer duration; the last is sent three
/// times.
package struct TelephoneEventSender: Sendable {
    /// What the next packet says.
    package struct Report: Sendable, Equatable {
        package var event: TelephoneEvent
        package var marker: Bool
    }

    private let digit: Digit
    private let volume: UInt8
    /// Timestamp units of the whole press, at most 65,535.
    private let total: Int64
    /// Timestamp units between updates.
    private let interval: Int64
    private var sent = 0
    private var endsSent = 0

    /// How often the end is said, against loss.
    private static let repeats = 3

    /// - Parameters:
    ///   - duration: how long the key is down; at most what 16 bits of ticks hold.
    ///   - volume: power level in dBm0 with the sign dropped.
    package init(_ digit: Digit, duration: Interval, clockRate: ClockRate, volume: UInt8 = 10) {
        self.digit = digit
        self.volume = volume
        interval = clockRate.ticks(tickDuration)
        total = min(max(interval, clockRate.ticks(duration)), 65_535)
    }

    /// The report that is due now; call once a tick of 20 ms until it returns `nil`.
    package mutating func next() -> Report? {
        guard endsSent < TelephoneEventSender.repeats else { return nil }
        sent += 1
        let elapsed = min(Int64(sent) * interval, total)
        let isEnd = elapsed == total
        if isEnd { endsSent += 1 }
        let event = TelephoneEvent(
            code: digit.code, isEnd: isEnd, volume: volume, duration: UInt16(truncatingIfNeeded: elapsed))
        return Report(event: event, marker: sent == 1)
    }

    /// The key is up; what is still sent are repeats of the end.
    package var isUp: Bool { endsSent > 0 }
}
