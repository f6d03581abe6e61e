import Synchronization
import Transport

/// What came on the signalling sockets, until the phone's thread takes it.
final class Mailbox: Sendable {
    private let arrivals = Mutex<[SignallingServer.Arrival]>([])

    func put(_ arrival: SignallingServer.Arrival) { arrivals.withLock { $0.append(arrival) } }

    func take() -> [SignallingServer.Arrival] {
        arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
    }
}
