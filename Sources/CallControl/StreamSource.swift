import RTP
import Telephony

/// Which stream is being heard, and where its packets lie on the leg's timeline.
///
/// The first packet places the stream: its first sample is to be played at the anchor. A new source takes over when it
/// has sent ``probation`` packets in sequence (RFC 3550 appendix A.1), so that a stray or injected packet does nothing.
/// A timestamp that jumps by more than ``longestJump`` places the stream anew, so that the timeline goes on.
struct StreamSource {
    /// Where a packet lies.
    struct Place {
        var timestamp: SampleTime
        var sequence: Int64
    }

    enum Verdict {
        /// A packet of the stream that is heard.
        case known
        /// The first of a stream: what was known of the one before is void.
        case began
        /// Not of this stream, and not yet of the next.
        case foreign
    }

    private static let probation = 3
    private static let longestJumpInSeconds: Int64 = 2

    private let clockRate: ClockRate
    /// The source that is heard.
    private(set) var ssrc: UInt32?
    private var timestamps = TimestampUnwrapper()
    private var sequences = SequenceUnwrapper()
    /// Added to an unwrapped timestamp to give a media time.
    private var offset: Int64 = 0
    private var candidate: (ssrc: UInt32, next: UInt16, count: Int)?
    private(set) var current = Place(timestamp: .zero, sequence: 0)
    private var sequenceOffset: Int64 = 0

    init(clockRate: ClockRate) { self.clockRate = clockRate }

    /// A stream is being heard.
    var isPlaced: Bool { ssrc != nil }

    /// Places a packet.
    ///
    /// - Parameters:
    ///   - position: the media time of the next sample to be decoded.
    ///   - anchor: the media time at which the first sample of a new stream is to be played.
    mutating func place(_ header: RTPHeader, playing position: SampleTime, anchor: SampleTime) -> Verdict {
        guard ssrc == header.ssrc || ssrc == nil || isConfirmed(header) else { return .foreign }
        if ssrc != header.ssrc {
            begin(header, at: anchor)
            return .began
        }
        candidate = nil
        let timestamp = SampleTime(ticks: timestamps.unwrap(header.timestamp).ticks &+ offset)
        if abs(timestamp - position) > clockRate.ticksPerSecond * StreamSource.longestJumpInSeconds {
            begin(header, at: anchor)
            return .began
        }
        current = Place(timestamp: timestamp, sequence: sequences.unwrap(header.sequenceNumber) &+ sequenceOffset)
        return .known
    }

    private mutating func isConfirmed(_ header: RTPHeader) -> Bool {
        if let known = candidate, known.ssrc == header.ssrc, known.next == header.sequenceNumber {
            candidate = (known.ssrc, header.sequenceNumber &+ 1, known.count + 1)
        } else {
            candidate = (header.ssrc, header.sequenceNumber &+ 1, 1)
        }
        return (candidate?.count ?? 0) >= StreamSource.probation
    }

    private mutating func begin(_ header: RTPHeader, at anchor: SampleTime) {
        ssrc = header.ssrc
        candidate = nil
        timestamps = TimestampUnwrapper()
        sequences = SequenceUnwrapper()
        let sequence = sequences.unwrap(header.sequenceNumber)
        sequenceOffset = current.sequence &+ 1 &- sequence
        offset = anchor.ticks &- timestamps.unwrap(header.timestamp).ticks
        current = Place(timestamp: anchor, sequence: current.sequence &+ 1)
    }
}
