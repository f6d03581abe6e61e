import Foundation
import Glibc

/// Tells systemd how a unit of Type=notify fares: a datagram to the socket that it names (sd_notify(3)).
enum SystemdNotice {
    /// Sends lines such as `READY=1`; does nothing where no service manager asked for it.
    static func send(_ text: String, to path: String? = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]) {
        guard let path, !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | UInt32(bitPattern: O_CLOEXEC)), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return }
        // A name that begins with @ is in the abstract space, where it begins with 0.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let octets = Array(text.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
