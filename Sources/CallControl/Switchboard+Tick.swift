import BasicContainers
import SIP
package import Telephony

// The tick: every 20 ms each call is heard, led and answered.
//
//     RTP in ──> jitter buffer ──> decode or conceal ──> digits, speech ──> call flow
//                                                                              │
//     RTP out <── packetise <── encode <── mix <── prompts <────────── actions ┘
//
// The batches run one after another over a few calls at a time, so that each batch's code and tables stay warm, and what
// one batch has fetched of a call is still near for the next.

/// The batches of a tick, in the order in which they run.
package enum TickBatch: String, CaseIterable, Sendable {
    case playOut
    case listen
    case decide
    case mix
    case send
}

extension Switchboard {
    /// Runs every media tick and every timer that is due.
    package mutating func advance(to now: Instant) { advance(to: now) { _ in } }

    /// Runs what is due, and says after each batch of each group which one it was: for those who measure, because
    /// nothing in here reads a clock.
    package mutating func advance(to now: Instant, afterEach isDone: (TickBatch) -> Void) {
        let rules = configuration.rules
        for index in 0..<groups.count {
            while !groups[index].calls.isEmpty, groups[index].nextTick <= now {
                let tick = groups[index].nextTick
                groups[index].nextTick = tick + tickDuration
                runTick(of: index, rules, at: tick, isDone)
            }
        }
        if let due = signallingDeadline, due <= now {
            signalling?.userAgent.advance(to: now)
            pickUp(at: now)
        }
        drainSignalling(at: now)
    }

    private mutating func runTick(
        of group: Int, _ rules: CallRules, at tick: Instant, _ isDone: (TickBatch) -> Void
    ) {
        for turn in groups[group].turns { runBatches(turn, of: group, rules, at: tick, isDone) }
        clear(group, at: tick)
    }

    private mutating func runBatches(
        _ turn: Range<Int>, of group: Int, _ rules: CallRules, at tick: Instant, _ isDone: (TickBatch) -> Void
    ) {
        groups[group].playOut(turn, at: tick)
        isDone(.playOut)
        groups[group].listen(turn)
        isDone(.listen)
        groups[group].decide(turn, rules, at: tick)
        isDone(.decide)
        groups[group].mix(turn, at: tick)
        isDone(.mix)
        groups[group].send(turn, into: &datagrams, at: tick)
        isDone(.send)
    }

    /// Takes what the calls have to say and lets ended calls go.
    private mutating func clear(_ group: Int, at now: Instant) {
        for index in stride(from: groups[group].calls.count - 1, through: 0, by: -1)
        where !groups[group].calls[index].outputs.isEmpty || groups[group].calls[index].isOver {
            collect(CallPlace(group: group, index: index), at: now)
        }
    }
}

// MARK: - A few calls at a time

/// A few calls whose tick is due.
package struct Turn: Sendable {
    /// At so many ports media of these calls may have come.
    package fileprivate(set) var portCount: Int
    fileprivate let group: Int
    fileprivate let calls: Range<Int>
    /// The group's last: its tick is over with it.
    fileprivate let isLast: Bool
}

extension Switchboard {
    /// Adds what ``run(_:afterEach:)`` may be given now, in the order in which it is to be, and the ports at which media of
    /// these calls may have come, in the order of the calls. What has come there is needed in the turn and not before: who
    /// takes it just before finds the calls still near when it has their turn run. Until all turns have been run nothing but
    /// datagrams may go in.
    package mutating func addDueTurns(at now: Instant, to turns: inout [Turn], ports: inout [Port]) {
        for index in 0..<groups.count where !groups[index].calls.isEmpty && groups[index].nextTick <= now {
            if !groups[index].isInOrder { order(index) }
            let count = groups[index].calls.count
            var next = 0
            for calls in groups[index].turns {
                let before = ports.count
                while next < groups[index].mediaPorts.count, groups[index].mediaPorts[next].call < calls.upperBound {
                    ports.append(groups[index].mediaPorts[next].port)
                    next += 1
                }
                turns.append(
                    Turn(
                        portCount: ports.count - before, group: index, calls: calls,
                        isLast: calls.upperBound == count))
            }
        }
    }

    /// Runs the tick of a few calls. What they send may be taken after each turn.
    package mutating func run(_ turn: Turn, afterEach isDone: (TickBatch) -> Void = { _ in }) {
        guard groups.indices.contains(turn.group), turn.calls.upperBound <= groups[turn.group].calls.count else {
            return
        }
        let tick = groups[turn.group].nextTick
        runBatches(turn.calls, of: turn.group, configuration.rules, at: tick, isDone)
        guard turn.isLast else { return }
        groups[turn.group].nextTick = tick + tickDuration
        clear(turn.group, at: tick)
    }

    /// Brings the ports of a group into the order of its calls.
    private mutating func order(_ group: Int) {
        for index in groups[group].mediaPorts.indices {
            let port = Int(groups[group].mediaPorts[index].port.rawValue)
            groups[group].mediaPorts[index].call = ports[port].map { slots[$0.slot].index } ?? 0
        }
        groups[group].mediaPorts.sort { ($0.call, $0.port.rawValue) < ($1.call, $1.port.rawValue) }
        groups[group].isInOrder = true
    }
}

extension TickGroup {
    /// The calls that go through the batches of a tick together.
    fileprivate var turns: some Sequence<Range<Int>> {
        let count = calls.count
        return stride(from: 0, to: count, by: TickGroup.callsAtATime).lazy.map {
            $0..<min($0 + TickGroup.callsAtATime, count)
        }
    }

    /// Jitter buffer to frame.
    fileprivate mutating func playOut(_ turn: Range<Int>, at tick: Instant) {
        var calls = calls.mutableSpan
        for index in turn { calls[index].playOut(at: tick) }
    }

    /// Frame to digits and speech.
    fileprivate mutating func listen(_ turn: Range<Int>) {
        var calls = calls.mutableSpan
        for index in turn { calls[index].listen() }
    }

    /// News to actions.
    fileprivate mutating func decide(_ turn: Range<Int>, _ rules: CallRules, at tick: Instant) {
        var calls = calls.mutableSpan
        for index in turn { calls[index].decide(at: tick, rules) }
    }

    /// Prompts to frame.
    fileprivate mutating func mix(_ turn: Range<Int>, at tick: Instant) {
        var calls = calls.mutableSpan
        for index in turn { calls[index].mix(at: tick) }
    }

    /// Frame to packet.
    fileprivate mutating func send(_ turn: Range<Int>, into datagrams: inout DatagramQueue, at tick: Instant) {
        var calls = calls.mutableSpan
        for index in turn { calls[index].send(into: &datagrams, at: tick) }
    }
}
