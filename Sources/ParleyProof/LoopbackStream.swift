import CLinux
import Glibc

/// A TCP connection to a port of loopback, from an address of loopback: what one of many hosts opens.
final class LoopbackStream {
    private let descriptor: Int32

    /// - Parameters:
    ///   - port: of who listens on 127.0.0.1.
    ///   - address: where it comes from, 127.0.0.0 to 127.255.255.255.
    /// - Returns: `nil` when nobody takes it within two seconds.
    init?(to port: UInt16, from address: UInt32 = FarEnd.loopback) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let isThere =
            LoopbackStream.with(address, 0) { bind(descriptor, $0, $1) } == 0
            && LoopbackStream.with(FarEnd.loopback, port) { connect(descriptor, $0, $1) } == 0
        guard isThere else { return nil }
    }

    deinit { close(descriptor) }

    private static func with(
        _ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Whether the far end has closed it, or said something.
    var isClosed: Bool {
        var octet: UInt8 = 0
        let count = recv(descriptor, &octet, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    /// Sends a text and takes what comes back until a text is in it, or nothing more comes.
    func ask(_ text: String, until end: String) -> String {
        _ = send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        var answer = ""
        var octets = [UInt8](repeating: 0, count: 65_536)
        while !answer.contains(end) {
            let count = recv(descriptor, &octets, octets.count, 0)
            guard count > 0 else { break }
            answer += String(decoding: octets[0..<count], as: UTF8.self)
        }
        return answer
    }
}
