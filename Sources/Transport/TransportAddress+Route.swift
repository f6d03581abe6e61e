import Glibc
package import Telephony

extension TransportAddress {
    /// The address of this machine from which another is reached, with port 0; `nil` when it is not reached.
    ///
    /// The kernel chooses it for a datagram socket that is connected; nothing is sent.
    package static func ofRoute(to other: TransportAddress) -> TransportAddress? {
        let isIPv6 = !other.isIPv4
        let descriptor = socket(
            isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue | UInt32(bitPattern: O_CLOEXEC)), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard other.withSocketAddress(isIPv6: isIPv6, { connect(descriptor, $0, $1) }) == 0 else { return nil }
        return isIPv6
            ? local(of: descriptor, sockaddr_in6()) { TransportAddress($0) }
            : local(of: descriptor, sockaddr_in()) { TransportAddress($0) }
    }

    private static func local<Address>(
        of descriptor: Int32, _ empty: Address, _ read: (Address) -> TransportAddress
    ) -> TransportAddress? {
        var address = empty
        var length = socklen_t(MemoryLayout<Address>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return nil }
        var found = read(address)
        found.port = 0
        return found
    }
}
