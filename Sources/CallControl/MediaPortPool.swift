import DequeModule
package import Telephony

/// A pair of ports that were bound beforehand: RTP, and RTCP on the next number.
package struct MediaPortPair: Sendable, Equatable {
    package var rtp: Port
    package var rtcp: Port
    /// The number of the RTP port on the wire.
    package var number: UInt16
    /// Which of the shard's media addresses it is bound to.
    package var place: Int

    package init(rtp: Port, rtcp: Port, number: UInt16, place: Int = 0) {
        self.place = place
        self.rtp = rtp
        self.rtcp = rtcp
        self.number = number
    }
}

/// The ports of a shard that no call uses. One that was used rests, so that what is still on its way to the call before
/// does not reach the next.
struct MediaPortPool {
    private var free: Deque<MediaPortPair>
    /// In the order in which they were given back.
    private var resting: Deque<(pair: MediaPortPair, until: Instant)> = []

    private static let rest = Interval.seconds(5)

    init(_ pairs: [MediaPortPair]) { free = Deque(pairs) }

    mutating func take(at now: Instant) -> MediaPortPair? {
        while let first = resting.first, first.until <= now {
            resting.removeFirst()
            free.append(first.pair)
        }
        return free.popFirst()
    }

    mutating func giveBack(_ pair: MediaPortPair, at now: Instant) {
        resting.append((pair, now + MediaPortPool.rest))
    }

    /// Pairs that are not in use, resting ones among them.
    var count: Int { free.count + resting.count }
}
