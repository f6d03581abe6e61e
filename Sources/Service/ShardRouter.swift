import CallControl
import SIP
import Synchronization
import Telephony
import Transport

/// Takes each SIP message to the shard that its call is on.
///
/// A shard's index stands in every tag, branch and Call-ID that it makes, so nearly every message tells where it belongs.
/// What does not is the beginning of a call: an INVITE goes to the shard with the fewest calls, and what belongs to the
/// same INVITE, its retransmissions, ACK and CANCEL, follows it for as long as its transaction can live.
final class ShardRouter: Sendable {
    /// Messages that went nowhere, for metrics.
    struct Drops: Sendable {
        var unknownPeer = 0
        var malformed = 0
        /// Streams of TLS that did not come about.
        var unsecured = 0
        /// Who was dropped last, and why, for whoever looks for the reason.
        var lastUnknown: TransportAddress?
        var lastUnsecured: (peer: TransportAddress, problem: String)?
    }

    private struct State: Sendable {
        var trunks: [Trunk] = []
        /// Those before them, with which calls that run may have begun.
        var former: [[Trunk]] = []
        var shards: [MediaLoop] = []
        /// Where INVITEs went, by Call-ID and tag: those of now, and those of before.
        var recent: [String: Int] = [:]
        var older: [String: Int] = [:]
        var turned = Instant.zero
        var next = 0
        var drops = Drops()

        mutating func turn(at now: Instant) {
            guard now - turned > ShardRouter.memory || recent.count > ShardRouter.mostRemembered else { return }
            turned = now
            older = recent
            recent = [:]
        }
    }

    /// Longer than any transaction: 64 times T1 is 32 s (RFC 3261 section 17).
    private static let memory = Interval.seconds(40)
    /// INVITEs that are remembered; more begin a new generation before its time.
    private static let mostRemembered = 50_000

    /// So many sets of trunks before those of now are remembered.
    private static let mostFormer = 16

    private let state = Mutex(State())
    /// How many calls a shard has.
    private let load: @Sendable (Int) -> Int

    init(load: @escaping @Sendable (Int) -> Int) { self.load = load }

    func set(_ shards: [MediaLoop]) { state.withLock { $0.shards = shards } }

    /// Calls come from these from now on. What comes from those before goes on to the shards for as long as there are calls
    /// that may have begun with them: a user agent takes of it what belongs to a call of its own.
    func set(_ trunks: [Trunk]) {
        let count = max(1, state.withLock { $0.shards.count })
        let hasCalls = (0..<count).contains { load($0) > 0 }
        state.withLock { state in
            // Who may call is kept of them, and not their agents.
            let places = state.trunks.map { trunk in
                var place = trunk
                (place.agents, place.otherwise) = ([:], nil)
                return place
            }
            state.former = hasCalls ? Array(([places] + state.former).prefix(ShardRouter.mostFormer)) : []
            state.trunks = trunks
        }
    }

    var drops: Drops { state.withLock { $0.drops } }

    /// Whether somebody is known there; asked before anything that came is read.
    func knows(_ hop: Hop) -> Bool {
        state.withLock { state in
            let isKnown =
                state.trunks.index(for: hop) != nil || state.former.contains { $0.index(for: hop) != nil }
            if !isKnown {
                state.drops.unknownPeer += 1
                state.drops.lastUnknown = hop.address
            }
            return isKnown
        }
    }

    /// Takes what came to its shard.
    func pass(_ arrival: SignallingServer.Arrival, at now: Instant) {
        switch arrival {
        case .datagram(let octets, let hop):
            guard let message = try? SIPMessage(parsing: octets) else {
                return state.withLock { $0.drops.malformed += 1 }
            }
            pass(message, hop, now)
        case .message(let message, let hop): pass(message, hop, now)
        case .unsecured(let hop, let problem):
            state.withLock { state in
                state.drops.unsecured += 1
                state.drops.lastUnsecured = (hop.address, problem)
            }
        case .failed(let hop, _):
            for shard in state.withLock({ $0.shards }) { shard.post(.signalling(.failed(hop))) }
        }
    }

    private func pass(_ message: SIPMessage, _ hop: Hop, _ now: Instant) {
        let shards = state.withLock { $0.shards }
        guard !shards.isEmpty else { return }
        let index = shards.count == 1 ? 0 : shard(of: message, among: shards.count, at: now)
        shards[index].post(.signalling(.message(message, hop)))
    }

    /// The shard of a message.
    func shard(of message: SIPMessage, among count: Int, at now: Instant) -> Int {
        if let named = ShardRouter.named(in: message), named < count {
            // What belongs to an INVITE that replaces a call names no shard by itself.
            if message.method == .invite, message.to?.tag == nil { remember(message, named, at: now) }
            return named
        }
        guard let callID = message.callID,
            message.method == .invite || message.method == .ack || message.method == .cancel
        else { return 0 }
        let name = ShardRouter.name(callID, message)
        let known = state.withLock { state -> Int? in
            state.turn(at: now)
            return state.recent[name] ?? state.older[name]
        }
        if let known { return known }
        guard message.method == .invite else { return 0 }
        let chosen = leastLoaded(count)
        state.withLock { $0.recent[name] = chosen }
        return chosen
    }

    private func remember(_ message: SIPMessage, _ shard: Int, at now: Instant) {
        guard let callID = message.callID else { return }
        state.withLock { state in
            state.turn(at: now)
            state.recent[ShardRouter.name(callID, message)] = shard
        }
    }

    private static func name(_ callID: String, _ message: SIPMessage) -> String {
        callID + "|" + (message.from?.tag ?? "")
    }

    /// The shard that a message names, by what Parley itself made.
    private static func named(in message: SIPMessage) -> Int? {
        if !message.isRequest {
            return message.vias?.first?.branch.flatMap { branch in
                branch.hasPrefix(Via.magicCookie)
                    ? Entropy.shard(of: String(branch.dropFirst(Via.magicCookie.count))) : nil
            }.map(Int.init)
        }
        let tag = message.to?.tag ?? message.replaces?.toTag
        return tag.flatMap { Entropy.shard(of: $0) }.map(Int.init)
    }

    /// The shard with the fewest calls; of several each in turn.
    private func leastLoaded(_ count: Int) -> Int {
        let first = state.withLock { state in
            state.next = (state.next + 1) % count
            return state.next
        }
        var best = (index: first, load: load(first))
        for step in 1..<max(1, count) {
            let index = (first + step) % count
            let load = load(index)
            if load < best.load { best = (index, load) }
        }
        return best.index
    }
}
