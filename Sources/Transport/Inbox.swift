import CLinux
import CallControl
import Glibc
import SIP
import Synchronization

/// What the service lane has for a media loop: a queue behind a lock, and an eventfd that wakes the loop.
///
/// The lock is held for as long as it takes to append or to swap two arrays. SIP messages are bounded: what comes faster than
/// it is taken must wait somewhere, and whoever sends it sends it again. What begins something is the first to be left out,
/// so that running calls can be ended in a flood.
final class Inbox: Sendable {
    /// SIP messages that may wait; requests outside of SIP dialogs only until there are half as many.
    static let mostMessages = 2_048

    private struct Waiting: Sendable {
        var inputs: [SwitchboardInput] = []
        var messages = 0
        var dropped: Int64 = 0
    }

    private let waiting = Mutex(Waiting())
    let descriptor: Int32

    init() throws(TransportError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw TransportError("no eventfd can be had (errno \(errno))") }
    }

    deinit { close(descriptor) }

    func post(_ input: SwitchboardInput) {
        let limit = Inbox.limit(of: input)
        let wasEmpty = waiting.withLock { waiting in
            if let limit {
                guard waiting.messages < limit else {
                    waiting.dropped += 1
                    return false
                }
                waiting.messages += 1
            }
            waiting.inputs.append(input)
            return waiting.inputs.count == 1
        }
        if wasEmpty { wake() }
    }

    /// How many messages may wait already when this one comes; `nil` for what always has room.
    private static func limit(of input: SwitchboardInput) -> Int? {
        guard case .signalling(let signalling) = input else { return nil }
        switch signalling {
        case .message(let message, _):
            let begins =
                message.isRequest && message.method != .ack && message.method != .cancel && message.to?.tag == nil
            return begins ? mostMessages / 2 : mostMessages
        case .datagram: return mostMessages
        default: return nil
        }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// SIP messages for which there was no room.
    var dropped: Int64 { waiting.withLock { $0.dropped } }

    /// Takes all that has come.
    func take(into inputs: inout [SwitchboardInput]) {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        inputs.removeAll(keepingCapacity: true)
        waiting.withLock { waiting in
            swap(&waiting.inputs, &inputs)
            waiting.messages = 0
        }
    }
}
