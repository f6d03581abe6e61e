package import Telephony

/// What the reports of a leg's far end say, and what answers to them must say (RFC 3550 section 6.4.1).
package struct ReportExchange: Sendable {
    /// Half of an NTP timestamp that report blocks carry, and when it came.
    private var lastSenderReport: (middle: UInt32, arrival: Instant)?
    private let began: Instant
    /// Compounds received.
    package private(set) var received = 0
    /// From Parley to the far end and back; `nil` before the far end has said when it got a report.
    package private(set) var roundTrip: Interval?
    /// How the far end receives what Parley sends, as its last block says.
    package private(set) var farEnd: RTCPPacket.ReportBlock?
    /// The far end's own measure of quality.
    package private(set) var farEndMetrics: RTCPPacket.VoIPMetrics?

    /// No path that a call can be held over takes longer.
    private static let longestRoundTrip = Interval.seconds(10)

    /// - Parameter now: where NTP timestamps begin: they only have to rise evenly (section 6.4.1).
    package init(at now: Instant) { began = now }

    /// Parley's clock as an NTP timestamp: seconds in the upper half, fractions in the lower.
    package func ntpTimestamp(at now: Instant) -> UInt64 {
        let elapsed = UInt64(max(0, (now - began).nanoseconds))
        return (elapsed / 1_000_000_000) << 32 | ((elapsed % 1_000_000_000) << 32) / 1_000_000_000
    }

    /// Takes a compound.
    ///
    /// - Parameter ssrc: Parley's own source: blocks about others are ignored.
    /// - Returns: whether it was RTCP throughout.
    package mutating func take(_ datagram: Span<UInt8>, ssrc: UInt32, at now: Instant) -> Bool {
        var reader = RTCPReader()
        var packets = 0
        while let packet = reader.next(in: datagram) {
            packets += 1
            switch packet {
            case .senderReport(let report):
                lastSenderReport = (UInt32(truncatingIfNeeded: report.ntpTimestamp >> 16), now)
            case .reportBlock(let block) where block.ssrc == ssrc:
                farEnd = block
                measureRoundTrip(block, at: now)
            case .voipMetrics(let metrics) where metrics.ssrc == ssrc: farEndMetrics = metrics
            default: break
            }
        }
        guard packets > 0, !reader.isMalformed else { return false }
        received &+= 1
        return true
    }

    /// The arrival less when the report was sent and how long the far end kept it.
    private mutating func measureRoundTrip(_ block: RTCPPacket.ReportBlock, at now: Instant) {
        guard block.lastSenderReport != 0 else { return }
        let arrival = UInt32(truncatingIfNeeded: ntpTimestamp(at: now) >> 16)
        let units = Int32(bitPattern: arrival &- block.lastSenderReport &- block.delaySinceLastSenderReport)
        let time = Interval(nanoseconds: (Int64(units) * 1_000_000_000) >> 16)
        guard time >= .zero, time < ReportExchange.longestRoundTrip else { return }
        roundTrip = time
    }

    /// Fills in the two fields of a block that say when the far end's last report came.
    package func complete(_ block: inout RTCPPacket.ReportBlock, at now: Instant) {
        guard let last = lastSenderReport else { return }
        block.lastSenderReport = last.middle
        let seconds = max(0, (now - last.arrival).nanoseconds)
        block.delaySinceLastSenderReport = UInt32(clamping: (seconds << 16) / 1_000_000_000)
    }
}
