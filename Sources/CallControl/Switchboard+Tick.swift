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
        let count = groups[group].calls.count
        for first in stride(from: 0, to: count, by: TickGroup.callsAtATime) {
            let turn = first..<min(first + TickGroup.callsAtATime, count)
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
        clear(group, at: tick)
    }

    /// Takes what the calls have to say and lets ended calls go.
    private mutating func clear(_ group: Int, at now: Instant) {
        for index in stride(from: groups[group].calls.count - 1, through: 0, by: -1)
        where !groups[group].calls[index].outputs.isEmpty || groups[group].calls[index].isOver {
            collect(CallPlace(group: group, index: index), at: now)
        }
    }
}

extension TickGroup {
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
