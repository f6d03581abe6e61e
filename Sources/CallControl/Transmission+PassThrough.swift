import RTP
import Telephony

// Pass-through: where both sides of a bridge speak the same codec in packets of the same length, what one side sent is
// forwarded to the other octet for octet, in numbers of the stream that it becomes part of.

/// How far a stream that is passed on has come.
struct PassThrough {
    /// What is added to a timestamp of the stream that is passed on; `nil` while the own frames are sent.
    fileprivate var offset: UInt32?
    /// Ticks in which there was nothing to pass on.
    fileprivate var idleTicks = 0

    /// For so long a stream that pauses is waited for; then what is heard in its place is sent.
    fileprivate static let longestPause = 10
    /// So many packets may be missing for the gap to be shown in the sequence numbers.
    fileprivate static let mostMissing: UInt32 = 100
}

extension Transmission {
    /// Sends payloads of another leg in the place of the frame.
    ///
    /// A packet that was lost on its way here is missing in the numbers too, so that the far end conceals it, or recovers it
    /// from the next, as its codec can.
    ///
    /// - Returns: whether they stand for the frame; otherwise it is to be encoded.
    mutating func pass(
        _ payloads: PlayedPayloads, to peer: MediaPeer, into queue: inout DatagramQueue
    ) -> Bool {
        for index in 0..<payloads.count where payloads.duration(index) != Int64(ticksPerPacket) { return false }
        guard payloads.count > 0 else {
            guard passThrough.offset != nil, passThrough.idleTicks < PassThrough.longestPause else { return false }
            passThrough.idleTicks += 1
            return true
        }
        if passThrough.offset == nil { beginPassing(payloads.timestamp(0)) }
        for index in 0..<payloads.count { pass(payloads, index, to: peer, into: &queue) }
        passThrough.idleTicks = 0
        return true
    }

    private mutating func beginPassing(_ first: SampleTime) {
        passThrough.offset = timestamp &- UInt32(truncatingIfNeeded: first.ticks)
        dropWaiting()
        isFirst = true
    }

    private mutating func pass(
        _ payloads: PlayedPayloads, _ index: Int, to peer: MediaPeer, into queue: inout DatagramQueue
    ) {
        let new = UInt32(truncatingIfNeeded: payloads.timestamp(index).ticks) &+ (passThrough.offset ?? 0)
        let missing = (new &- timestamp) / ticksPerPacket
        if missing <= PassThrough.mostMissing { sequenceNumber &+= UInt16(missing) }
        timestamp = new
        sendPayload(payloads.payload(index), to: peer, into: &queue)
    }

    /// The own frames are sent again: the stream goes on where the one that was passed on would be.
    mutating func endPassing(ticksPerFrame: Int64) {
        guard passThrough.offset != nil else { return }
        timestamp &+= UInt32(truncatingIfNeeded: Int64(passThrough.idleTicks) * ticksPerFrame)
        passThrough = PassThrough()
        isFirst = true
    }
}
