package import Telephony

/// What a receiver knows of one stream (RFC 3550 section 6.4.1, appendices A.1, A.3 and A.8).
package struct ReceptionStatistics: Sendable {
    private let clockRate: ClockRate
    private var firstSequence: Int64?
    private var highestSequence: Int64 = 0
    private var lastTransit: Int64?
    /// Scaled by 16, as in appendix A.8.
    private var scaledJitter: Int64 = 0
    private var expectedAtLastReport: Int64 = 0
    private var receivedAtLastReport: Int64 = 0
    /// Packets received, repeats included.
    package private(set) var received: Int64 = 0
    /// Lengths of runs of lost packets, as far as packets came in order.
    private var lossRuns: Int64 = 0
    private var lostInRuns: Int64 = 0
    /// Bursts and gaps of what was lost or came too late.
    package private(set) var bursts = BurstMetrics()

    /// The longest gap that counts packet by packet.
    private static let longestGap: Int64 = 500

    package init(clockRate: ClockRate) { self.clockRate = clockRate }

    /// Takes a packet's unwrapped sequence number, its unwrapped timestamp and its arrival.
    package mutating func receive(sequence: Int64, timestamp: SampleTime, at now: Instant) {
        if firstSequence == nil {
            firstSequence = sequence
            highestSequence = sequence
        } else if sequence > highestSequence {
            let gap = sequence - highestSequence - 1
            if gap > 0 {
                lossRuns += 1
                lostInRuns += gap
                for _ in 0..<min(gap, ReceptionStatistics.longestGap) { bursts.missed() }
            }
            highestSequence = sequence
            bursts.received()
        }
        received += 1
        let transit = clockRate.ticks(Interval(nanoseconds: now.nanoseconds)) &- timestamp.ticks
        if let lastTransit {
            let difference = abs(transit - lastTransit)
            if difference < clockRate.ticksPerSecond * 10 {
                scaledJitter += difference - (scaledJitter + 8) / 16
            }
        }
        lastTransit = transit
    }

    /// A packet that was received came too late to be played.
    package mutating func discarded() { bursts.missed() }

    /// Packets that should have come.
    package var expected: Int64 { firstSequence.map { highestSequence - $0 + 1 } ?? 0 }
    /// Expected less received: negative when there are more repeats than losses (section 6.4.1).
    package var cumulativeLost: Int64 { expected - received }
    /// Interarrival jitter in RTP ticks.
    package var jitter: Int64 { scaledJitter / 16 }
    /// The highest sequence number with its cycles, modulo 32 bits.
    package var extendedHighestSequence: UInt32 { UInt32(truncatingIfNeeded: highestSequence) }
    /// The mean length of a run of lost packets against what random loss of the same share would have (ITU-T G.107
    /// BurstR); 1 when nothing was lost.
    package var burstRatio: Double {
        guard lossRuns > 0, expected > 0 else { return 1 }
        let meanRun = Double(lostInRuns) / Double(lossRuns)
        let share = min(0.99, Double(max(0, cumulativeLost)) / Double(expected))
        return max(1, meanRun * (1 - share))
    }

    /// The fraction lost since the last report, in 256ths.
    package mutating func takeFractionLost() -> UInt8 {
        let expectedInterval = expected - expectedAtLastReport
        let lostInterval = expectedInterval - (received - receivedAtLastReport)
        expectedAtLastReport = expected
        receivedAtLastReport = received
        guard expectedInterval > 0, lostInterval > 0 else { return 0 }
        return UInt8(min(255, lostInterval * 256 / expectedInterval))
    }
}
