import HeapModule
import Telephony

/// What will happen in a simulation, in order; what is due at the same time comes as it was added.
struct Agenda<Event> {
    private struct Entry: Comparable {
        let time: Instant
        let number: Int
        let event: Event

        static func < (a: Entry, b: Entry) -> Bool { (a.time, a.number) < (b.time, b.number) }
        static func == (a: Entry, b: Entry) -> Bool { a.number == b.number }
    }

    private var heap: Heap<Entry> = []
    private var added = 0

    var next: Instant? { heap.min?.time }

    mutating func add(_ event: Event, at time: Instant) {
        added += 1
        heap.insert(Entry(time: time, number: added, event: event))
    }

    mutating func take(until time: Instant) -> Event? {
        guard let next, next <= time else { return nil }
        return heap.popMin()?.event
    }
}
