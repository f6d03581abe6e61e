import Telephony

/// The transit times of the last seconds: the shortest, and the one that all but a hundredth have kept.
///
/// Kept as blocks of half a second with the few longest transits of each, so that adding costs a few comparisons and
/// nothing is sorted.
struct TransitWindow: Sendable {
    private struct Block: Sendable {
        var count = 0
        var shortest = Interval(nanoseconds: .max)
        /// The four longest, in falling order.
        var longest: InlineArray<4, Int64> = InlineArray(repeating: .min)
    }

    private static let blockLength = Interval.milliseconds(500)
    private static let blockCount = 10

    private var blocks: InlineArray<10, Block> = InlineArray(repeating: Block())
    private var current = 0
    private var currentEnds: Instant?
    private var blocksSeen = 0
    /// The shortest transit in the window; `nil` before the first packet.
    private(set) var shortest: Interval?
    /// The transit that all but about a hundredth of the packets have kept.
    private(set) var nearlyLongest: Interval?

    /// Enough has been seen to shorten the delay.
    var isSettled: Bool { blocksSeen >= 4 }

    mutating func add(_ transit: Interval, at now: Instant) {
        turn(to: now)
        blocks[current].count &+= 1
        blocks[current].shortest = min(blocks[current].shortest, transit)
        insert(transit.nanoseconds)
        shortest = min(shortest ?? transit, transit)
        if blocks[current].count & 7 == 1 || transit > nearlyLongest ?? transit - .nanoseconds(1) { summarise() }
    }

    private mutating func insert(_ transit: Int64) {
        var rank = 0
        while rank < 4, blocks[current].longest[rank] >= transit { rank += 1 }
        guard rank < 4 else { return }
        var index = 3
        while index > rank {
            blocks[current].longest[index] = blocks[current].longest[index - 1]
            index -= 1
        }
        blocks[current].longest[rank] = transit
    }

    private mutating func turn(to now: Instant) {
        guard let ends = currentEnds else {
            currentEnds = now + TransitWindow.blockLength
            return
        }
        guard now >= ends else { return }
        currentEnds = now + TransitWindow.blockLength
        blocksSeen &+= 1
        current = (current + 1) % TransitWindow.blockCount
        blocks[current] = Block()
        shortest = nil
        summarise()
    }

    /// Finds the shortest transit and the one of the rank that leaves out a hundredth, across all blocks.
    private mutating func summarise() {
        var count = 0
        var least = Int64.max
        for index in 0..<TransitWindow.blockCount where blocks[index].count > 0 {
            count += blocks[index].count
            least = min(least, blocks[index].shortest.nanoseconds)
        }
        guard count > 0 else { return }
        shortest = Interval(nanoseconds: least)
        var bound = Int64.max
        for _ in 0...(count / 100) {
            var next = Int64.min
            for index in 0..<TransitWindow.blockCount where blocks[index].count > 0 {
                for rank in 0..<4 {
                    let value = blocks[index].longest[rank]
                    if value < bound {
                        next = max(next, value)
                        break
                    }
                }
            }
            if next == .min { break }
            bound = next
        }
        nearlyLongest = Interval(nanoseconds: bound)
    }
}
