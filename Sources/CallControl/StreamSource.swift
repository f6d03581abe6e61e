import RTP
import Telephony

/// Which stream is being heard, and where its packets lie on the leg's timeline.
///
/// The first packet places the stream: its first sample is to be played at the anchor. A new source takes over when the
/// one before has been silent for ``quiet`` and the new one has sent ``probation`` packets in sequence (RFC 3550
/// appendix A.1), so that stray or injected packets do nothing while the stream itself goes on; it takes over at once
/// where its packets have authenticated, or where offer and answer have just moved the stream. A timestamp that jumps by
/// more than ``longestJumpInSeconds`` places the stream anew, so that the timeline goes on.
struct StreamSource {
    /// Where a packet lies.
    struct Place {
        var timestamp: SampleTime
        var sequence: Int64
    }

    /// What a packet of another source means.
    enum Verdict {
        /// Its source is the stream from now on.
        case begins
        /// Its source may become the stream: the packet is worth keeping until that is decided.
        case isCandidate
        /// With this packet a candidate has become the stream: those that were kept come first.
        case isConfirmed
    }

    private struct Candidate {
        var ssrc: UInt32
        var next: UInt16
        var count: Int
    }

    /// Packets in sequence that make a source.
    static let probation = 3
    /// Packets that are longer than a tick weigh more.
    private static let probationOfLongPackets = 2
    /// For how long the source before has to be silent: longer than a packet of 20 ms and some jitter.
    private static let quiet = Interval.milliseconds(45)
    private static let longestJumpInSeconds: Int64 = 2

    private let clockRate: ClockRate
    /// The source that is heard.
    private(set) var ssrc: UInt32?
    private var timestamps = TimestampUnwrapper()
    private var sequences = SequenceUnwrapper()
    /// Added to an unwrapped timestamp to give a media time.
    private var offset: Int64 = 0
    private var candidate: Candidate?
    private var lastHeard = Instant.zero
    private(set) var current = Place(timestamp: .zero, sequence: 0)
    private var sequenceOffset: Int64 = 0
    /// Offer and answer have moved the stream: the next new source is it.
    private var expectsAnother = false

    init(clockRate: ClockRate) { self.clockRate = clockRate }

    /// A stream is being heard.
    var isPlaced: Bool { ssrc != nil }
    /// How many packets of a candidate have come in sequence.
    var candidatePackets: Int { candidate?.count ?? 0 }

    /// Offer and answer have moved the stream to somewhere else, where it may have another source.
    mutating func expectAnother() { expectsAnother = true }

    /// Places a packet of the source that is heard.
    ///
    /// - Parameter position: the media time of the next sample to be decoded.
    /// - Returns: `false` when its timestamp has jumped: then the stream begins anew with it.
    mutating func place(_ header: RTPHeader, playing position: SampleTime, at now: Instant) -> Bool {
        candidate = nil
        expectsAnother = false
        lastHeard = now
        let timestamp = SampleTime(ticks: timestamps.unwrap(header.timestamp).ticks &+ offset)
        let distance = abs(timestamp.ticks &- position.ticks)
        guard distance <= clockRate.ticksPerSecond * StreamSource.longestJumpInSeconds else { return false }
        current = Place(timestamp: timestamp, sequence: sequences.unwrap(header.sequenceNumber) &+ sequenceOffset)
        return true
    }

    /// Judges a packet of another source than the one that is heard.
    ///
    /// - Parameters:
    ///   - isTrusted: it was encrypted with the leg's key.
    ///   - isLong: it holds more than a tick of audio.
    mutating func judge(_ header: RTPHeader, isTrusted: Bool, isLong: Bool, at now: Instant) -> Verdict {
        if ssrc == nil || isTrusted || expectsAnother { return .begins }
        var count = 1
        if let candidate, candidate.ssrc == header.ssrc, candidate.next == header.sequenceNumber {
            count = candidate.count + 1
        }
        candidate = Candidate(ssrc: header.ssrc, next: header.sequenceNumber &+ 1, count: count)
        let needed = isLong ? StreamSource.probationOfLongPackets : StreamSource.probation
        return count >= needed && now - lastHeard >= StreamSource.quiet ? .isConfirmed : .isCandidate
    }

    /// Makes a packet's source the stream; its first sample is to be played at the anchor.
    mutating func begin(_ header: RTPHeader, anchor: SampleTime, at now: Instant) {
        ssrc = header.ssrc
        candidate = nil
        expectsAnother = false
        lastHeard = now
        timestamps = TimestampUnwrapper()
        sequences = SequenceUnwrapper()
        let sequence = sequences.unwrap(header.sequenceNumber)
        sequenceOffset = current.sequence &+ 1 &- sequence
        offset = anchor.ticks &- timestamps.unwrap(header.timestamp).ticks
        current = Place(timestamp: anchor, sequence: current.sequence &+ 1)
    }
}
