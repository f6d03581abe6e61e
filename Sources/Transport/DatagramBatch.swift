import CLinux
import Glibc
import Telephony

/// Room for the datagrams that one call of the kernel takes from a socket, with where they came from and when.
struct DatagramBatch: ~Copyable {
    /// A datagram that was taken.
    struct Arrival {
        var octets: UnsafeRawBufferPointer
        var source: TransportAddress
        /// When the kernel had it: nanoseconds of the clock on the wall; 0 when it does not say.
        var wallNanoseconds: Int64
    }

    /// Datagrams that are taken at a time.
    static let capacity = 4
    /// Longer datagrams are cut, and refused by their length.
    private static let longestDatagram = 4_096
    private static let controlLength = 64

    private let octets: UnsafeMutableRawBufferPointer
    private let controls: UnsafeMutableRawBufferPointer
    private let sources: UnsafeMutableBufferPointer<sockaddr_in6>
    private let vectors: UnsafeMutableBufferPointer<iovec>
    private let messages: UnsafeMutableBufferPointer<parley_message>

    init() {
        let count = DatagramBatch.capacity
        octets = .allocate(byteCount: count * DatagramBatch.longestDatagram, alignment: 16)
        controls = .allocate(byteCount: count * DatagramBatch.controlLength, alignment: 16)
        sources = .allocate(capacity: count)
        sources.initialize(repeating: sockaddr_in6())
        vectors = .allocate(capacity: count)
        vectors.initialize(repeating: iovec())
        messages = .allocate(capacity: count)
        messages.initialize(repeating: parley_message())
        for index in 0..<count { prepare(index) }
    }

    deinit {
        octets.deallocate()
        controls.deallocate()
        sources.deallocate()
        vectors.deallocate()
        messages.deallocate()
    }

    private func prepare(_ index: Int) {
        vectors[index].iov_base = octets.baseAddress.map { $0 + index * DatagramBatch.longestDatagram }
        vectors[index].iov_len = DatagramBatch.longestDatagram
        messages[index].head.msg_iov = UnsafeMutableRawPointer(vectors.baseAddress.map { $0 + index })
        messages[index].head.msg_iovlen = 1
        messages[index].head.msg_name = UnsafeMutableRawPointer(sources.baseAddress.map { $0 + index })
        messages[index].head.msg_control = controls.baseAddress.map { $0 + index * DatagramBatch.controlLength }
        offer(index)
    }

    /// The kernel writes over what room there is with what it took of it.
    private func offer(_ index: Int) {
        messages[index].head.msg_namelen = UInt32(MemoryLayout<sockaddr_in6>.size)
        messages[index].head.msg_controllen = UInt(DatagramBatch.controlLength)
    }

    /// Takes what has come, up to ``capacity`` datagrams.
    ///
    /// - Returns: how many.
    mutating func receive(from descriptor: Int32) -> Int {
        let count = parley_receive(
            descriptor, messages.baseAddress, UInt32(DatagramBatch.capacity), Int32(MSG_DONTWAIT), nil)
        return Int(max(0, count))
    }

    /// One of the datagrams that were taken last; to be asked for once.
    mutating func take(_ index: Int) -> Arrival? {
        let length = min(Int(messages[index].length), DatagramBatch.longestDatagram)
        let base = index * DatagramBatch.longestDatagram
        let control = UnsafeMutableRawBufferPointer(
            rebasing: controls[(index * DatagramBatch.controlLength)..<((index + 1) * DatagramBatch.controlLength)])
        let wall = DatagramSocket.arrival(control, length: Int(messages[index].head.msg_controllen))
        defer { offer(index) }
        guard let source = source(index) else { return nil }
        return Arrival(
            octets: UnsafeRawBufferPointer(rebasing: octets[base..<base + length]), source: source,
            wallNanoseconds: wall)
    }

    private func source(_ index: Int) -> TransportAddress? {
        let address = sources[index]
        switch Int32(address.sin6_family) {
        case AF_INET6: return TransportAddress(address)
        case AF_INET:
            return withUnsafeBytes(of: address) { TransportAddress($0.load(as: sockaddr_in.self)) }
        default: return nil
        }
    }
}
