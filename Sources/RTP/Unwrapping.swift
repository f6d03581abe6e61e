package import Telephony

/// Extends the 16-bit sequence numbers of a stream to 64 bits (RFC 3550 appendix A.1).
///
/// A number is taken to be the one nearest to the highest seen so far.
package struct SequenceUnwrapper: Sendable {
    private var highest: Int64?

    package init() {}

    package mutating func unwrap(_ number: UInt16) -> Int64 {
        guard let highest else {
            self.highest = Int64(number)
            return Int64(number)
        }
        let delta = Int64(Int16(truncatingIfNeeded: Int64(number) &- highest))
        let unwrapped = highest &+ delta
        if delta > 0 { self.highest = unwrapped }
        return unwrapped
    }
}

/// Extends the 32-bit timestamps of a stream to 64 bits.
package struct TimestampUnwrapper: Sendable {
    private var highest: Int64?

    package init() {}

    package mutating func unwrap(_ timestamp: UInt32) -> SampleTime {
        guard let highest else {
            self.highest = Int64(timestamp)
            return SampleTime(ticks: Int64(timestamp))
        }
        let delta = Int64(Int32(truncatingIfNeeded: Int64(timestamp) &- highest))
        let unwrapped = highest &+ delta
        if delta > 0 { self.highest = unwrapped }
        return SampleTime(ticks: unwrapped)
    }
}
