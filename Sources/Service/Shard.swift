import CallControl
import Transport

/// One shard: the loop that turns its switchboard, and what it needs of the outside.
final class Shard: Sendable {
    let loop: MediaLoop
    let outside: ServiceOutside

    init(loop: MediaLoop, outside: ServiceOutside) {
        self.loop = loop
        self.outside = outside
    }
}
