import Admin
import CallControl
import Records
import SIP
import Synchronization
import Telephony
import Transport

/// What an operator sees of a running service: its calls, its counts, the last signalling.
final class Operations: Sendable {
    let calls = LiveCalls()
    let recorder = FlightRecorder()
    private let metrics = CallMetrics()
    private let isDraining = Atomic<Bool>(false)
    private let started = MonotonicClock.now
    /// The server is held by those who run it.
    private struct Sockets { weak var server: SignallingServer? }
    private let server = Mutex(Sockets())
    /// From which address of this machine peers are reached.
    private let routes = Mutex<[TransportAddress: TransportAddress]>([:])
    private static let mostRoutes = 1_024

    func happened(_ event: CallEvent) {
        calls.happened(event)
        metrics.happened(event)
        recorder.happened(event)
    }

    /// The sockets whose addresses traces show.
    func use(_ new: SignallingServer) { server.withLock { $0.server = new } }

    /// What came on a signalling connection.
    func arrived(_ arrival: SignallingServer.Arrival) {
        switch arrival {
        case .datagram(let octets, let hop): recorder.passed(octets, isIncoming: true, hop, local: local(of: hop))
        case .message(let message, let hop):
            recorder.passed(message.octets, isIncoming: true, hop, local: local(of: hop))
        case .failed, .unsecured: break
        }
    }

    /// What goes out on one.
    func left(_ message: OutgoingMessage) {
        recorder.passed(message.octets, isIncoming: false, message.hop, local: local(of: message.hop))
    }

    /// Parley's own end of a way; where its socket is bound to every address, the one that the peer is reached from.
    private func local(of hop: Hop) -> TransportAddress? {
        guard var local = server.withLock({ $0.server })?.local(of: hop) else { return nil }
        guard local.isEveryAddress else { return local }
        let port = local.port
        var peer = hop.address
        peer.port = 9
        if let known = routes.withLock({ $0[peer] }) {
            local = known
        } else if let found = TransportAddress.ofRoute(to: peer) {
            local = found
            routes.withLock { routes in
                if routes.count >= Operations.mostRoutes { routes = [:] }
                routes[peer] = found
            }
        }
        local.port = port
        return local
    }

    /// New calls are refused from now on.
    func drain() { isDraining.store(true, ordering: .relaxed) }

    /// Health and metrics of a service with these loops and records.
    func health(of loops: [MediaLoop], _ records: ServiceRecords, _ losses: SignallingLosses) -> AdminServer.Health {
        AdminServer.Health {
            self.text(loops, records, losses)
        } problems: {
            var problems: [String] = []
            if self.isDraining.load(ordering: .relaxed) { problems.append("the service is about to end") }
            if loops.contains(where: { $0.statistics.isLate }) {
                problems.append(
                    "media leaves too late, so new calls are refused; there are more calls than this machine carries")
            }
            if loops.contains(where: { $0.statistics.isBusy }) {
                problems.append(
                    "a media thread has nearly all of its core, so new calls are refused; give it more shards and cores"
                )
            }
            if loops.contains(where: \.refusesCalls) {
                problems.append("what calls leave behind cannot be written fast enough")
            }
            return problems
        } warnings: {
            guard let problem = records.problem else { return [] }
            return ["records wait in memory, and calls go on: \(problem)"]
        }
    }

    private func text(_ loops: [MediaLoop], _ records: ServiceRecords, _ losses: SignallingLosses) -> PrometheusText {
        var text = PrometheusText()
        let uptime = (MonotonicClock.now - started).roundedSeconds
        text.gauge("parley_uptime_seconds", "Since the service began.", uptime)
        metrics.write(to: &text)
        write(loops.map(\.statistics), to: &text)
        losses.write(to: &text)
        guard let figures = records.records?.figures else { return text }
        text.gauge("parley_store_blocked", "1 while nothing can be written.", figures.isBlocked ? 1 : 0)
        text.gauge("parley_facts_waiting", "Facts that are not on the disk yet.", Double(figures.waitingFacts))
        text.counter("parley_facts_dropped_total", "Facts for which there was no room.", figures.droppedFacts)
        text.counter("parley_deliveries_attempted_total", "Attempts to deliver.", figures.deliveries.attempts)
        text.counter("parley_deliveries_total", "Deliveries that succeeded.", figures.deliveries.delivered)
        text.counter("parley_deliveries_postponed_total", "Attempts that failed.", figures.deliveries.postponed)
        text.counter("parley_deliveries_set_aside_total", "Deliveries given up.", figures.deliveries.setAside)
        return text
    }

    private func write(_ loops: [MediaLoop.Statistics], to text: inout PrometheusText) {
        func sum(_ value: (MediaLoop.Statistics) -> Int64) -> Int64 { loops.reduce(0) { $0 + value($1) } }
        text.counter("parley_media_packets_in_total", "Datagrams of media that came.", sum(\.packetsIn))
        text.counter("parley_media_packets_out_total", "Datagrams of media that went.", sum(\.packetsOut))
        text.counter("parley_media_unsent_total", "Datagrams that the kernel did not take.", sum(\.unsent))
        text.counter(
            "parley_media_lost_total", "Datagrams of media that a socket had no room for, of calls that are over.",
            sum(\.lost))
        let late = loops.map(\.lateness.roundedSeconds).max() ?? 0
        text.gauge(
            "parley_media_lateness_seconds", "Mean lateness of ticks in the last second, the worst loop's.", late)
        text.gauge(
            "parley_media_load_ratio", "Share of a core that a media thread used lately, the busiest one's.",
            loops.map(\.load).max() ?? 0)
        let refusals: [(String, KeyPath<RefusalCounts, Int>)] = [
            ("unknownPort", \.unknownPort), ("malformed", \.malformed), ("unknownPayloadType", \.unknownPayloadType),
            ("foreignSource", \.foreignSource), ("foreignAddress", \.foreignAddress),
            ("unauthenticated", \.unauthenticated), ("replayed", \.replayed),
        ]
        text.counters(
            "parley_media_refused_total", "Datagrams of which nothing was taken, by reason.", "reason",
            refusals.map { name, path in (name, loops.reduce(0) { $0 + $1.refusals[keyPath: path] }) })
        let cpu = loops.reduce(0.0) { $0 + $1.cpuTime.roundedSeconds }
        text.gauge("parley_media_cpu_seconds", "CPU time of the media loops.", cpu)
    }
}
