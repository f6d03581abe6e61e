import DequeModule
import HeapModule
package import Telephony

/// A SIP user agent as one value: messages and time go in, messages and events come out.
///
/// One mutation, then drain ``nextMessage()`` and ``poll()`` to `nil`, then the next. ``deadline`` tells when
/// ``advance(to:)`` must run next. Nothing here resolves a name: hops come in with commands.
package struct UserAgent: Sendable {
    /// Messages that were dropped, by reason, for metrics.
    package struct Drops: Sendable, Equatable {
        package var unknownPeer = 0
        package var malformed = 0
        package var strayResponses = 0
        package var strayAcknowledgements = 0
        package var overload = 0
    }

    /// Why a client transaction runs.
    enum Purpose: Sendable {
        case invite, reoffer, refreshByUpdate, bye, cancel, prack, refer, notify, info
        case register(RegistrationID)
        case probe
    }

    struct ClientTransaction: Sendable {
        enum Machine: Sendable {
            case invite(InviteClientTransaction)
            case other(NonInviteClientTransaction)
        }
        var machine: Machine
        var request: SIPMessage
        var octets: [UInt8]
        var hop: Hop
        var call: SIPCallHandle?
        var purpose: Purpose
        var scheduled: Instant?

        var deadline: Instant? {
            switch machine {
            case .invite(let machine): machine.deadline
            case .other(let machine): machine.deadline
            }
        }
    }

    struct ServerTransaction: Sendable {
        enum Machine: Sendable {
            case invite(InviteServerTransaction)
            case other(NonInviteServerTransaction)
        }
        var machine: Machine
        var request: SIPMessage?
        /// Where responses go.
        var hop: Hop
        var call: SIPCallHandle?
        /// Under which merged requests are told (RFC 3261 section 8.2.2.2).
        var mergeKey: String?
        var scheduled: Instant?

        var deadline: Instant? {
            switch machine {
            case .invite(let machine): machine.deadline
            case .other(let machine): machine.deadline
            }
        }
    }

    enum TimerTarget: Sendable {
        case client(TransactionKey)
        case server(TransactionKey)
        case call(SIPCallHandle)
        case registration(RegistrationID)
        case registrar
    }

    /// A due time; the number keeps the order of equal times.
    struct TimerEntry: Sendable, Comparable {
        var at: Instant
        var number: UInt64
        var target: TimerTarget
        static func == (a: TimerEntry, b: TimerEntry) -> Bool { a.at == b.at && a.number == b.number }
        static func < (a: TimerEntry, b: TimerEntry) -> Bool {
            a.at == b.at ? a.number < b.number : a.at < b.at
        }
    }

    package var configuration: UserAgentConfiguration
    /// Of calls that began before others were served, by host.
    var formerPeers: [TransportAddress: PeerProfile] = [:]
    var entropy: Entropy
    var clients: [TransactionKey: ClientTransaction] = [:]
    var servers: [TransactionKey: ServerTransaction] = [:]
    var merges: [String: TransactionKey] = [:]
    var calls: [SIPCallHandle: SIPCall] = [:]
    var callDeadlines: [SIPCallHandle: Instant] = [:]
    var dialogs: [SIPDialogID: SIPCallHandle] = [:]
    /// Outgoing calls by Call-ID and From tag.
    var origins: [String: SIPCallHandle] = [:]
    /// Nonce counts, by the peer's name.
    var digestServers: [String: DigestServer] = [:]
    var registrations: [RegistrationID: Registration] = [:]
    var endedDialogs = EndedDialogs()
    var timers = Heap<TimerEntry>()
    /// How many there have been since their room was last given back.
    private var timersAtMost = 0
    var timerNumber: UInt64 = 0
    /// When the registrar's next timer is due.
    var registrarTimer: Instant?
    var lastHandle: UInt64 = 0
    /// Calls of another process that are being ended; they take nobody's place.
    var foreignCalls = 0
    var outgoing = Deque<OutgoingMessage>()
    var events = Deque<UserAgentEvent>()
    package internal(set) var drops = Drops()
    /// Set while the service drains: new calls get 503, running ones go on (RFC 3261 section 21.5.4).
    package var isDraining = false

    package init(_ configuration: UserAgentConfiguration, entropy: Entropy) {
        self.configuration = configuration
        self.entropy = entropy
    }

    package var callCount: Int { calls.count }
    /// Another call may begin.
    var hasRoom: Bool { calls.count - foreignCalls < configuration.maximumCalls }
    package var transactionCount: Int { clients.count + servers.count }
    /// Timers that are set, those of calls that are gone included.
    package var timerCount: Int { timers.count }

    /// When ``advance(to:)`` must run next.
    package var deadline: Instant? { timers.min?.at }

    /// The next message to send.
    package mutating func nextMessage() -> OutgoingMessage? { outgoing.popFirst() }

    /// The next thing that happened.
    package mutating func poll() -> UserAgentEvent? { events.popFirst() }

    /// Octets came in a datagram.
    package mutating func receive(_ octets: [UInt8], from hop: Hop, at now: Instant) {
        let verdict = configuration.policy(hop)
        // What comes from nowhere known is not even read.
        if case .drop = verdict, !mayBeFormer(hop) {
            drops.unknownPeer += 1
            return
        }
        guard let message = try? SIPMessage(parsing: octets) else {
            drops.malformed += 1
            return
        }
        dispatch(message, from: hop, verdict, at: now)
    }

    /// A message came on a stream, cut by a ``StreamFramer``.
    package mutating func receive(_ message: SIPMessage, from hop: Hop, at now: Instant) {
        dispatch(message, from: hop, configuration.policy(hop), at: now)
    }

    private mutating func dispatch(_ message: SIPMessage, from hop: Hop, _ verdict: PeerVerdict, at now: Instant) {
        let peer: PeerProfile
        if mayBeFormer(hop), let former = formerPeer(of: message, from: hop) {
            peer = former
        } else if case .serve(let served) = verdict {
            peer = served
        } else {
            drops.unknownPeer += 1
            return
        }
        if message.isRequest {
            receive(request: message, from: hop, peer: peer, at: now)
        } else {
            receive(response: message, at: now)
        }
    }

    func call(_ handle: SIPCallHandle) -> SIPCall? { calls[handle] }

    mutating func nextHandle() -> UInt64 {
        lastHandle += 1
        return lastHandle
    }

    mutating func emit(_ event: UserAgentEvent) { events.append(event) }
    mutating func send(_ octets: [UInt8], to hop: Hop) {
        guard hop.address.isUnicast else { return }
        outgoing.append(OutgoingMessage(octets: octets, hop: hop))
    }
}

// Timers.
extension UserAgent {
    mutating func schedule(_ target: TimerTarget, at instant: Instant) {
        timerNumber += 1
        timers.insert(TimerEntry(at: instant, number: timerNumber, target: target))
        timersAtMost = max(timersAtMost, timers.count)
    }

    /// Puts a call back after a change and sees to its timer; one entry a call is in the heap unless the deadline moves
    /// forward.
    mutating func store(_ call: SIPCall) {
        calls[call.handle] = call
        scheduleCall(call.handle, call.deadline)
    }

    /// The same once its timers ran: what is due still waits a millisecond, so that no call can keep all others waiting.
    mutating func store(_ call: SIPCall, after now: Instant) {
        calls[call.handle] = call
        scheduleCall(call.handle, call.deadline.map { max($0, now + .milliseconds(1)) })
    }

    private mutating func scheduleCall(_ handle: SIPCallHandle, _ deadline: Instant?) {
        guard let deadline else { return }
        if let known = callDeadlines[handle], known <= deadline { return }
        callDeadlines[handle] = deadline
        schedule(.call(handle), at: deadline)
    }

    mutating func scheduleClient(_ key: TransactionKey) {
        guard let entry = clients[key], let deadline = entry.deadline else { return }
        if let scheduled = entry.scheduled, scheduled <= deadline { return }
        clients[key]?.scheduled = deadline
        schedule(.client(key), at: deadline)
    }

    mutating func scheduleServer(_ key: TransactionKey) {
        guard let entry = servers[key], let deadline = entry.deadline else { return }
        if let scheduled = entry.scheduled, scheduled <= deadline { return }
        servers[key]?.scheduled = deadline
        schedule(.server(key), at: deadline)
    }

    /// Runs every timer that is due.
    package mutating func advance(to now: Instant) {
        while let entry = timers.min, entry.at <= now {
            _ = timers.popMin()
            switch entry.target {
            case .client(let key):
                guard clients[key]?.scheduled == entry.at else { continue }
                clients[key]?.scheduled = nil
                advanceClient(key, to: now)
            case .server(let key):
                guard servers[key]?.scheduled == entry.at else { continue }
                servers[key]?.scheduled = nil
                advanceServer(key, to: now)
            case .call(let handle):
                guard callDeadlines[handle] == entry.at else { continue }
                callDeadlines[handle] = nil
                advanceCall(handle, to: now)
            case .registration(let id): advanceRegistration(id, to: now)
            case .registrar: expireBindings(at: now)
            }
        }
        shrink()
    }

    /// Gives memory back after a flood: a dictionary keeps the room it once had.
    private mutating func shrink() {
        if clients.capacity > 1_024, clients.count < clients.capacity / 8 { clients = clients.filter { _ in true } }
        if servers.capacity > 1_024, servers.count < servers.capacity / 8 { servers = servers.filter { _ in true } }
        if merges.capacity > 1_024, merges.count < merges.capacity / 8 { merges = merges.filter { _ in true } }
        if calls.capacity > 1_024, calls.count < calls.capacity / 8 { calls = calls.filter { _ in true } }
        if dialogs.capacity > 1_024, dialogs.count < dialogs.capacity / 8 { dialogs = dialogs.filter { _ in true } }
        if origins.capacity > 1_024, origins.count < origins.capacity / 8 { origins = origins.filter { _ in true } }
        if callDeadlines.capacity > 1_024, callDeadlines.count < callDeadlines.capacity / 8 {
            callDeadlines = callDeadlines.filter { _ in true }
        }
        compactTimers()
        if outgoing.isEmpty, timerNumber > 1_024 { outgoing = Deque() }
    }

    /// Drops entries of calls and transactions that are gone, when they are many, and gives the room back that many had.
    private mutating func compactTimers() {
        let live = clients.count + servers.count + calls.count + registrations.count
        if timers.count > 1_024 + 4 * live {
            timers = Heap(timers.unordered.filter { isLive($0) })
        } else if timersAtMost > 1_024, timers.count < timersAtMost / 8 {
            timers = Heap(timers.unordered.map { $0 })
        } else {
            return
        }
        timersAtMost = timers.count
    }

    private func isLive(_ entry: TimerEntry) -> Bool {
        switch entry.target {
        case .client(let key): clients[key]?.scheduled == entry.at
        case .server(let key): servers[key]?.scheduled == entry.at
        case .call(let handle): callDeadlines[handle] == entry.at
        case .registration(let id): registrations[id]?.refreshAt == entry.at
        case .registrar: registrarTimer == entry.at
        }
    }

    private mutating func advanceServer(_ key: TransactionKey, to now: Instant) {
        guard var entry = servers[key] else { return }
        switch entry.machine {
        case .invite(var machine):
            let action = machine.advance(to: now)
            entry.machine = .invite(machine)
            servers[key] = entry
            switch action {
            case .none: break
            case .resend(let octets): send(octets, to: entry.hop)
            case .timedOut, .terminated: removeServer(key)
            }
        case .other(var machine):
            let isOver = machine.advance(to: now)
            entry.machine = .other(machine)
            servers[key] = entry
            if isOver { removeServer(key) }
        }
        scheduleServer(key)
    }

    mutating func removeServer(_ key: TransactionKey) {
        guard let entry = servers.removeValue(forKey: key) else { return }
        if let mergeKey = entry.mergeKey { merges[mergeKey] = nil }
    }

    private mutating func advanceClient(_ key: TransactionKey, to now: Instant) {
        guard var entry = clients[key] else { return }
        let action: ClientTimerAction
        switch entry.machine {
        case .invite(var machine):
            action = machine.advance(to: now)
            entry.machine = .invite(machine)
        case .other(var machine):
            action = machine.advance(to: now)
            entry.machine = .other(machine)
        }
        clients[key] = entry
        switch action {
        case .none: break
        case .resend: send(entry.octets, to: entry.hop)
        case .timedOut:
            clients[key] = nil
            // A time-out is treated as a 408 (RFC 3261 section 8.1.3.1).
            receive(final: nil, status: 408, of: entry, at: now)
        case .terminated: clients[key] = nil
        }
        scheduleClient(key)
    }
}
