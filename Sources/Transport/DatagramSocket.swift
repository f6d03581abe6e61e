import Glibc
package import Telephony

/// A UDP socket that never waits: a plain file descriptor, which it owns.
///
/// Half of an IVR's work is the kernel's, so there is nothing between the loop and the system call: one call a datagram.
package struct DatagramSocket: ~Copyable {
    package let descriptor: Int32
    private let isIPv6: Bool
    /// Where it is bound.
    package let local: TransportAddress
    /// The only one from whom the kernel takes anything for it, see ``settle(on:)``.
    private var peer: TransportAddress?

    /// Opens and binds a socket.
    ///
    /// - Parameters:
    ///   - address: with port 0 the kernel finds one.
    ///   - dscp: the differentiated services code point of what is sent, 0 to 63 (RFC 2474).
    /// - Throws: ``TransportError``.
    package init(_ address: TransportAddress, dscp: UInt8 = 0) throws(TransportError) {
        let isIPv6 = !address.isIPv4
        let descriptor = socket(
            isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue | UInt32(bitPattern: O_NONBLOCK | O_CLOEXEC)), 0)
        guard descriptor >= 0 else {
            throw TransportError("no more sockets can be opened (errno \(errno)); raise the limit on open files")
        }
        guard let local = DatagramSocket.bind(descriptor, to: address, isIPv6: isIPv6) else {
            let reason = errno
            close(descriptor)
            throw TransportError("UDP port \(address.port) cannot be bound (errno \(reason))")
        }
        var value = Int32(dscp & 63) << 2
        setsockopt(
            descriptor, Int32(isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP), isIPv6 ? IPV6_TCLASS : IP_TOS, &value,
            socklen_t(MemoryLayout<Int32>.size))
        self.descriptor = descriptor
        self.isIPv6 = isIPv6
        self.local = local
    }

    deinit { close(descriptor) }

    private static func bind(_ descriptor: Int32, to address: TransportAddress, isIPv6: Bool) -> TransportAddress? {
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = address.withSocketAddress(isIPv6: isIPv6) { Glibc.bind(descriptor, $0, $1) }
        guard status == 0 else { return nil }
        let named = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return named == 0 ? TransportAddress(bound) : nil
    }

    /// Takes the next datagram.
    ///
    /// - Parameter room: a longer datagram is cut.
    /// - Returns: its length and where it came from; `nil` when there is none.
    package func receive(into room: UnsafeMutableRawBufferPointer) -> (count: Int, source: TransportAddress)? {
        if isIPv6 {
            var source = sockaddr_in6()
            guard let count = DatagramSocket.receive(descriptor, room, &source) else { return nil }
            return (count, TransportAddress(source))
        }
        var source = sockaddr_in()
        guard let count = DatagramSocket.receive(descriptor, room, &source) else { return nil }
        return (count, TransportAddress(source))
    }

    private static func receive<Address>(
        _ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer, _ source: inout Address
    ) -> Int? {
        var length = socklen_t(MemoryLayout<Address>.size)
        let count = withUnsafeMutablePointer(to: &source) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT), $0, &length)
            }
        }
        return count >= 0 ? count : nil
    }

    /// Has the kernel note when each datagram comes, for ``receive(into:control:)``.
    package func noteArrivals() {
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A datagram that has come.
    package struct Arrival {
        package var count: Int
        package var source: TransportAddress
        /// When the kernel had it: nanoseconds of the clock on the wall; 0 when it does not say.
        package var wallNanoseconds: Int64
    }

    /// Takes the next datagram with its time of arrival.
    ///
    /// - Parameters:
    ///   - room: a longer datagram is cut.
    ///   - control: room for what the kernel says of it, 64 octets or more.
    package func receive(
        into room: UnsafeMutableRawBufferPointer, control: UnsafeMutableRawBufferPointer
    ) -> Arrival? {
        if isIPv6 {
            var source = sockaddr_in6()
            guard let taken = DatagramSocket.receive(descriptor, room, control, &source) else { return nil }
            return Arrival(
                count: taken.count, source: TransportAddress(source), wallNanoseconds: taken.wallNanoseconds)
        }
        var source = sockaddr_in()
        guard let taken = DatagramSocket.receive(descriptor, room, control, &source) else { return nil }
        return Arrival(count: taken.count, source: TransportAddress(source), wallNanoseconds: taken.wallNanoseconds)
    }

    private static func receive<Address>(
        _ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer, _ control: UnsafeMutableRawBufferPointer,
        _ source: inout Address
    ) -> (count: Int, wallNanoseconds: Int64)? {
        var vector = iovec(iov_base: room.baseAddress, iov_len: room.count)
        var message = msghdr()
        message.msg_namelen = socklen_t(MemoryLayout<Address>.size)
        message.msg_iovlen = 1
        message.msg_control = control.baseAddress
        message.msg_controllen = control.count
        let count = withUnsafeMutablePointer(to: &source) { name in
            withUnsafeMutablePointer(to: &vector) { vector in
                message.msg_name = UnsafeMutableRawPointer(name)
                message.msg_iov = vector
                return recvmsg(descriptor, &message, Int32(MSG_DONTWAIT))
            }
        }
        return count >= 0 ? (count, arrival(control, length: message.msg_controllen)) : nil
    }

    /// The time in the one control message that was asked for: 16 octets of its head, then seconds and nanoseconds.
    static func arrival(_ control: UnsafeMutableRawBufferPointer, length: Int) -> Int64 {
        guard length >= 32, control.load(fromByteOffset: 8, as: Int32.self) == SOL_SOCKET,
            control.load(fromByteOffset: 12, as: Int32.self) == SO_TIMESTAMPNS
        else { return 0 }
        let seconds = control.load(fromByteOffset: 16, as: Int64.self)
        return seconds &* 1_000_000_000 &+ control.load(fromByteOffset: 24, as: Int64.self)
    }

    /// Has the kernel take nothing that comes from elsewhere, and look up the way to the peer once and not for each datagram.
    ///
    /// What cannot be done is left: then the one who takes what comes looks at where it comes from, and only there.
    package mutating func settle(on address: TransportAddress) {
        guard peer != address else { return }
        let status = address.withSocketAddress(isIPv6: isIPv6) { connect(descriptor, $0, $1) }
        peer = status == 0 ? address : nil
    }

    /// Has the kernel take what comes from anywhere again. A socket of which the kernel chose the number loses it.
    package mutating func unsettle() {
        guard peer != nil else { return }
        peer = nil
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Sends a datagram.
    ///
    /// - Returns: whether the kernel took it.
    @discardableResult
    package func send(_ octets: UnsafeRawBufferPointer, to destination: TransportAddress) -> Bool {
        guard destination != peer else { return sendToPeer(octets) }
        return destination.withSocketAddress(isIPv6: isIPv6) { address, length in
            sendto(descriptor, octets.baseAddress, octets.count, Int32(MSG_DONTWAIT), address, length)
        } == octets.count
    }

    private func sendToPeer(_ octets: UnsafeRawBufferPointer) -> Bool {
        let count = Glibc.send(descriptor, octets.baseAddress, octets.count, Int32(MSG_DONTWAIT))
        if count == octets.count { return true }
        // What became of a datagram that was sent before is told in the place of one that is to be sent.
        guard errno == ECONNREFUSED else { return false }
        return Glibc.send(descriptor, octets.baseAddress, octets.count, Int32(MSG_DONTWAIT)) == octets.count
    }

    /// Datagrams for which it had no room since it was opened.
    package var lost: Int { Int(SocketMemory(of: descriptor).lost) }

    /// Throws away what has come.
    func drain(_ room: UnsafeMutableRawBufferPointer) {
        while recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT)) >= 0 {}
    }
}

extension TransportAddress {
    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    init(_ address: sockaddr_in) {
        self.init(ipv4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    }

    init(_ address: sockaddr_in6) {
        let words = withUnsafeBytes(of: address.sin6_addr) { octets in
            (octets.loadUnaligned(as: UInt64.self), octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(
            high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1),
            port: UInt16(bigEndian: address.sin6_port))
    }

    fileprivate init?(_ storage: sockaddr_storage) {
        let address: TransportAddress? = withUnsafeBytes(of: storage) { octets in
            switch Int32(storage.ss_family) {
            case AF_INET: TransportAddress(octets.load(as: sockaddr_in.self))
            case AF_INET6: TransportAddress(octets.load(as: sockaddr_in6.self))
            default: nil
            }
        }
        guard let address else { return nil }
        self = address
    }

    /// The address as the system calls take it.
    func withSocketAddress<Result>(
        isIPv6: Bool, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { octets in
                octets.storeBytes(of: high.bigEndian, as: UInt64.self)
                octets.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
