import Foundation
import Glibc

/// How a process that shares a store is called: by its host and its number there.
package enum NodeName {
    /// This process.
    package static var current: String { "\(host)-\(getpid())" }

    /// Whether a process is known to be gone: one of this host, and no such process runs. What runs elsewhere cannot be
    /// seen from here.
    package static func isGone(_ name: String) -> Bool {
        guard name.hasPrefix(host + "-"), let number = pid_t(name.dropFirst(host.count + 1)), number > 0 else {
            return false
        }
        // A process before this one, where each has the same number, as in a container.
        if number == getpid() { return true }
        return kill(number, 0) != 0 && errno == ESRCH
    }

    private static var host: String { ProcessInfo.processInfo.hostName }
}
