import CLinux
import CallControl
import Glibc
import Synchronization

/// What the service lane has for a media loop: a queue behind a lock, and an eventfd that wakes the loop.
///
/// The lock is held for as long as it takes to append or to swap two arrays.
final class Inbox: Sendable {
    private let waiting = Mutex<[SwitchboardInput]>([])
    let descriptor: Int32

    init() throws(TransportError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw TransportError("no eventfd can be had (errno \(errno))") }
    }

    deinit { close(descriptor) }

    func post(_ input: SwitchboardInput) {
        let wasEmpty = waiting.withLock { queue in
            queue.append(input)
            return queue.count == 1
        }
        if wasEmpty { wake() }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Takes all that has come.
    func take(into inputs: inout [SwitchboardInput]) {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        inputs.removeAll(keepingCapacity: true)
        waiting.withLock { swap(&$0, &inputs) }
    }
}
