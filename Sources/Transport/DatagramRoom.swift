import Glibc
import Telephony

/// Room for the datagram that is taken from a socket, with where it came from and when: made once, used for all.
struct DatagramRoom: ~Copyable {
    /// A datagram that was taken, in the room until the next is.
    struct Arrival {
        var octets: UnsafeRawBufferPointer
        var source: TransportAddress
        /// When the kernel had it: nanoseconds of the clock on the wall; 0 when it does not say.
        var wallNanoseconds: Int64
    }

    /// Longer datagrams are cut, and refused by their length.
    private static let longestDatagram = 4_096
    private static let controlLength = 64

    private let octets: UnsafeMutableRawBufferPointer
    private let control: UnsafeMutableRawBufferPointer
    private let source: UnsafeMutablePointer<sockaddr_in6>
    private let vector: UnsafeMutablePointer<iovec>
    private let message: UnsafeMutablePointer<msghdr>

    init() {
        octets = .allocate(byteCount: DatagramRoom.longestDatagram, alignment: 16)
        control = .allocate(byteCount: DatagramRoom.controlLength, alignment: 16)
        source = .allocate(capacity: 1)
        source.initialize(to: sockaddr_in6())
        vector = .allocate(capacity: 1)
        vector.initialize(to: iovec(iov_base: octets.baseAddress, iov_len: DatagramRoom.longestDatagram))
        message = .allocate(capacity: 1)
        message.initialize(to: msghdr())
        message.pointee.msg_iov = vector
        message.pointee.msg_iovlen = 1
        message.pointee.msg_name = UnsafeMutableRawPointer(source)
        message.pointee.msg_control = control.baseAddress
    }

    deinit {
        octets.deallocate()
        control.deallocate()
        source.deallocate()
        vector.deallocate()
        message.deallocate()
    }

    /// Takes the next datagram that has come.
    ///
    /// - Returns: `nil` when there is none.
    mutating func receive(from descriptor: Int32) -> Arrival? {
        // The kernel writes over what room there is with what it took of it.
        message.pointee.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        message.pointee.msg_controllen = DatagramRoom.controlLength
        var count = recvmsg(descriptor, message, Int32(MSG_DONTWAIT))
        // What became of a datagram that was sent before is told once, in the place of one that came.
        if count < 0, errno == ECONNREFUSED { count = recvmsg(descriptor, message, Int32(MSG_DONTWAIT)) }
        guard count >= 0, let address = sourceAddress else { return nil }
        let wall = DatagramSocket.arrival(control, length: message.pointee.msg_controllen)
        return Arrival(
            octets: UnsafeRawBufferPointer(rebasing: octets[0..<min(count, DatagramRoom.longestDatagram)]),
            source: address, wallNanoseconds: wall)
    }

    private var sourceAddress: TransportAddress? {
        switch Int32(source.pointee.sin6_family) {
        case AF_INET6: TransportAddress(source.pointee)
        case AF_INET:
            UnsafeRawPointer(source).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                TransportAddress($0.pointee)
            }
        default: nil
        }
    }
}
