import Admin
import Logging
import SIP
import Synchronization
import Telephony
import Transport

/// SIP that came and was not taken: counted for the metrics, and said in the log when there was no room for it.
final class SignallingLosses: Sendable {
    struct Counts: Sendable, Equatable {
        /// Datagrams that a socket had no room for.
        var unread: Int64 = 0
        /// Messages that came faster than calls could take them.
        var crowdedOut: Int64 = 0

        var all: Int64 { unread + crowdedOut }
    }

    private static let interval = Duration.seconds(5)
    /// Scanners come all day: what may be theirs is said no more often.
    private static let quiet = Interval.seconds(60)

    private let server: SignallingServer
    private let router: ShardRouter
    private let loops: [MediaLoop]
    private let counts = Mutex(Counts())

    init(_ server: SignallingServer, _ router: ShardRouter, _ loops: [MediaLoop]) {
        self.server = server
        self.router = router
        self.loops = loops
    }

    /// Looks again and again until it is cancelled.
    func run(_ logger: Logger) async {
        var told = ShardRouter.Drops()
        var toldAt: Instant?
        while !Task.isCancelled {
            do { try await Task.sleep(for: SignallingLosses.interval) } catch { return }
            let drops = router.drops
            let isTime = toldAt.map { MonotonicClock.now - $0 >= SignallingLosses.quiet } ?? true
            if isTime, drops.unknownPeer != told.unknownPeer || drops.unsecured != told.unsecured {
                for sentence in SignallingLosses.sentences(drops, since: told) { logger.info("\(sentence)") }
                (told, toldAt) = (drops, MonotonicClock.now)
            }
            var now = Counts()
            now.unread = await server.lostDatagrams()
            now.crowdedOut = loops.reduce(0) { $0 + $1.statistics.droppedMessages }
            guard let lost = take(now), lost > 0 else { continue }
            logger.warning(
                "\(lost) SIP messages came faster than they could be read and were dropped; if no peer is sending without end, give the service more of the machine"
            )
        }
    }

    /// What whoever waits for a call in vain has to know: nobody is told it who calls.
    static func sentences(_ now: ShardRouter.Drops, since before: ShardRouter.Drops) -> [String] {
        var sentences: [String] = []
        if now.unknownPeer > before.unknownPeer, let last = now.lastUnknown {
            sentences.append(
                "\(now.unknownPeer - before.unknownPeer) SIP messages or connections came from where nobody may call, last from \(Host(last).bare), and were dropped; who may call is said by 'allow' of a trunk, and without --config by 127.0.0.0/8 alone"
            )
        }
        if now.unsecured > before.unsecured, let last = now.lastUnsecured {
            sentences.append(
                "\(now.unsecured - before.unsecured) connections of TLS did not come about, last that of \(Host(last.peer).bare): \(last.problem)"
            )
        }
        return sentences
    }

    /// Takes note of counts.
    ///
    /// - Returns: how many more they are than before; `nil` when a socket is not there any more, and its count with it.
    func take(_ new: Counts) -> Int64? {
        counts.withLock { known in
            defer { known = new }
            return new.all >= known.all ? new.all - known.all : nil
        }
    }

    func write(to text: inout PrometheusText) {
        let counts = counts.withLock { $0 }
        let drops = router.drops
        text.counters(
            "parley_sip_dropped_total", "SIP messages that came and were not taken, by reason.", "reason",
            [
                ("socketFull", Int(clamping: counts.unread)), ("tooMany", Int(clamping: counts.crowdedOut)),
                ("unknownPeer", drops.unknownPeer), ("malformed", drops.malformed), ("unsecured", drops.unsecured),
            ])
        text.counter(
            "parley_calls_refused_total", "New calls that were answered 503: full, late or ending.",
            loops.reduce(0) { $0 + $1.statistics.refusedCalls })
    }
}
