import HeapModule
import Telephony

/// Moments at which agents and entries have something to do. An owner that changes its mind leaves the old timer in:
/// it is passed over when it comes up, because the owner's own time differs.
struct TimerQueue: Sendable {
    enum Owner: Sendable, Equatable {
        case agent(Int)
        case entry(UInt64)
    }

    struct Timer: Sendable, Comparable {
        let due: Instant
        let sequence: UInt64
        let owner: Owner

        static func < (a: Timer, b: Timer) -> Bool { (a.due, a.sequence) < (b.due, b.sequence) }
    }

    private var heap: Heap<Timer> = []
    private var sequence: UInt64 = 0

    var first: Timer? { heap.min }
    var count: Int { heap.count }

    mutating func add(_ owner: Owner, at due: Instant) {
        sequence += 1
        heap.insert(Timer(due: due, sequence: sequence, owner: owner))
    }

    mutating func removeFirst() { _ = heap.popMin() }
}
