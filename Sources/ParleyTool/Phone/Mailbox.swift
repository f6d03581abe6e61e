import Synchronization
import Transport

/// What came on the signalling sockets, until the phone's thread takes it, and whether its user wants to end the call.
final class Mailbox: Sendable {
    private let arrivals = Mutex<[SignallingServer.Arrival]>([])
    private let isOver = Atomic<Bool>(false)

    func hangUp() { isOver.store(true, ordering: .relaxed) }
    var isHungUp: Bool { isOver.load(ordering: .relaxed) }

    func put(_ arrival: SignallingServer.Arrival) { arrivals.withLock { $0.append(arrival) } }

    func take() -> [SignallingServer.Arrival] {
        arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
    }
}
