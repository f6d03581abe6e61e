import CallControl
import Synchronization
import Telephony
import Transport

/// Has every shard ask the gateways of trunks whether they are there (RFC 3261 section 11), each trunk as often as its
/// configuration says. Teams takes no calls from who has not asked.
final class TrunkProbes: Sendable {
    private struct Entry: Sendable {
        var name: String
        var seconds: Int
        var due = Instant.zero
    }

    private let loops: [MediaLoop]
    private let entries = Mutex<[Entry]>([])

    init(_ loops: [MediaLoop], _ configuration: ServiceConfiguration) {
        self.loops = loops
        apply(configuration)
    }

    /// What is asked from now on, at once and then again and again.
    func apply(_ configuration: ServiceConfiguration) {
        let new = configuration.trunks.filter { $0.probeSeconds > 0 }.map {
            Entry(name: $0.name, seconds: $0.probeSeconds)
        }
        entries.withLock { $0 = new }
    }

    /// Asks until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            let now = MonotonicClock.now
            let due = entries.withLock { entries in
                var due: [String] = []
                for index in entries.indices where entries[index].due <= now {
                    due.append(entries[index].name)
                    entries[index].due = now + .seconds(Int64(entries[index].seconds))
                }
                return due
            }
            for name in due {
                for loop in loops { loop.post(.signalling(.probe(trunk: name))) }
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
