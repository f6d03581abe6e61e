import Glibc
import SIP
import Telephony
import Transport

/// Calls to a service that is killed now and then, seen from both of its far ends: what each must have come to.
struct KilledCalls: ~Copyable {
    /// A SIP dialog with the service.
    struct Dialog {
        /// The call's name, which the answer tells a caller.
        var call: String?
        var answeredAt: Instant
        /// The far end has hung up.
        var hungUpAt: Instant?
        /// The service's BYE came.
        var byeAt: Instant?
        /// The process that it began with.
        var round: Int
    }

    /// What an interrupted call must show in the store.
    struct Expectation {
        var call: String
        /// Cut off, or ended in its own time.
        var isInterrupted: Bool
    }

    private var callers: FarEnd
    private var agents: FarEnd
    private let target: UInt16
    private var calls: [SIPCallHandle: Dialog] = [:]
    private var legs: [SIPCallHandle: Dialog] = [:]
    private var hangUps: [(at: Instant, call: SIPCallHandle)] = []
    private var generator = SystemRandomNumberGenerator()
    private var round = 0
    private var nextCall = Instant.zero
    private(set) var answered = 0
    private(set) var expectations: [Expectation] = []
    /// Dialogs that were open for over a second when the service was killed, and those on which no BYE came in time.
    private(set) var lost = (calls: 0, legs: 0)
    private(set) var missing = 0
    /// The longest from the start of the next process to a BYE.
    private(set) var longest = Interval.zero

    /// - Parameters:
    ///   - target: SIP of the service.
    ///   - gateway: where it sends the calls that it places.
    init(target: UInt16, gateway: UInt16) throws {
        let callers = try FarEnd()
        let agents = try FarEnd(port: gateway)
        self.callers = callers
        self.agents = agents
        self.target = target
    }

    /// Calls at a rate until a moment; each is hung up after one to four seconds. A third is handed over to an agent.
    mutating func load(until end: Instant, rate: Int) {
        round += 1
        nextCall = MonotonicClock.now
        while MonotonicClock.now < end {
            if nextCall <= MonotonicClock.now {
                nextCall = nextCall + Interval(nanoseconds: 1_000_000_000 / Int64(max(1, rate)))
                _ = callers.call(generator.next() % 3 == 0 ? "200" : "100", at: target)
            }
            turn()
            hangUp()
            usleep(1_000)
        }
    }

    private mutating func hangUp() {
        let now = MonotonicClock.now
        for (at, call) in hangUps where at <= now && calls[call]?.byeAt == nil {
            calls[call]?.hungUpAt = now
            callers.hangUp(call)
        }
        hangUps.removeAll { $0.at <= now }
    }

    private mutating func turn() {
        for event in callers.turn() {
            switch event {
            case .answered(let handle, _, let response):
                answered += 1
                let now = MonotonicClock.now
                calls[handle] = Dialog(
                    call: response.headers[HeaderName("X-Parley-Call")], answeredAt: now, round: round)
                hangUps.append((now + .milliseconds(1_000 + Int64(generator.next() % 3_000)), handle))
            case .ended(let handle, let ending):
                if ending.cause == .farEnd { calls[handle]?.byeAt = MonotonicClock.now }
            default: break
            }
        }
        for event in agents.turn() {
            switch event {
            case .incoming(let handle, _): agents.answer(handle)
            case .established(let handle, _): legs[handle] = Dialog(answeredAt: MonotonicClock.now, round: round)
            case .ended(let handle, let ending):
                if ending.cause == .farEnd { legs[handle]?.byeAt = MonotonicClock.now }
            default: break
            }
        }
    }

    /// The service was killed, and another process began: waits for the BYEs, and notes what must be in the store.
    mutating func settle(killedAt: Instant, startedAt: Instant, limit: Interval) {
        hangUps = []
        let end = startedAt + limit
        while MonotonicClock.now < end, !isSettled(killedAt) {
            turn()
            usleep(1_000)
        }
        for (_, dialog) in calls where dialog.isOld(at: killedAt) {
            note(dialog, killedAt, startedAt, isLeg: false)
        }
        for (_, dialog) in legs where dialog.isOld(at: killedAt) { note(dialog, killedAt, startedAt, isLeg: true) }
        for handle in calls.keys { callers.hangUp(handle) }
        for handle in legs.keys { agents.hangUp(handle) }
        calls = [:]
        legs = [:]
    }

    /// Answers what still comes for so long: a dialog that was younger than a second is ended too.
    mutating func linger(for time: Interval) {
        let end = MonotonicClock.now + time
        while MonotonicClock.now < end {
            turn()
            usleep(1_000)
        }
    }

    private func isSettled(_ killedAt: Instant) -> Bool {
        !calls.values.contains { $0.isOpen(at: killedAt) && $0.byeAt == nil }
            && !legs.values.contains { $0.isOpen(at: killedAt) && $0.byeAt == nil }
    }

    private mutating func note(_ dialog: Dialog, _ killedAt: Instant, _ startedAt: Instant, isLeg: Bool) {
        if let call = dialog.call, dialog.isOpen(at: killedAt) || dialog.hasEnded(before: killedAt) {
            expectations.append(Expectation(call: call, isInterrupted: dialog.isOpen(at: killedAt)))
        }
        guard dialog.isOpen(at: killedAt) else { return }
        if isLeg { lost.legs += 1 } else { lost.calls += 1 }
        if let bye = dialog.byeAt { longest = max(longest, bye - startedAt) } else { missing += 1 }
    }
}

extension KilledCalls.Dialog {
    /// It had been answered for over a second.
    fileprivate func isOld(at killedAt: Instant) -> Bool { killedAt - answeredAt > .seconds(1) }

    /// It was up when the service was killed, so the next process must end it.
    fileprivate func isOpen(at killedAt: Instant) -> Bool {
        isOld(at: killedAt) && hungUpAt == nil && (byeAt.map { $0 > killedAt } ?? true)
    }

    /// It was over for so long that the service must have kept it.
    fileprivate func hasEnded(before killedAt: Instant) -> Bool {
        guard let over = hungUpAt ?? byeAt else { return false }
        return killedAt - over > .seconds(1)
    }
}
