import CLinux
import Glibc

/// What the kernel tells of a socket's buffers (`SO_MEMINFO`, Linux 4.12 and later): nine numbers of 32 bits, of which the
/// last counts the datagrams for which there was no room.
struct SocketMemory: Sendable {
    /// `SO_MEMINFO`.
    static let option: Int32 = 55

    private var numbers:
        (
            UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
        ) = (0, 0, 0, 0, 0, 0, 0, 0, 0)

    /// Datagrams that were lost since the socket was opened, modulo 2^32.
    var lost: UInt32 { numbers.8 }

    init() {}

    /// - Returns: zeros where the kernel does not say.
    init(of descriptor: Int32) {
        var length = socklen_t(MemoryLayout<SocketMemory>.size)
        _ = withUnsafeMutablePointer(to: &self) { getsockopt(descriptor, SOL_SOCKET, SocketMemory.option, $0, &length) }
    }
}
