import DequeModule
package import Telephony

/// A number that names one call's context for a while.
package struct NumberLease: Hashable, Sendable {
    package let number: PhoneNumber
    package let call: CallID
    /// An opaque key by which whoever is called at the number finds what was said.
    package let contextKey: String
    package let expires: Instant
}

/// Numbers that are leased one a transfer, for systems that strip every header: the number called names the context.
///
/// No number has two leases. After a lease a number rests, so that a call that comes late finds nothing rather than
/// somebody else's context; then the one unused the longest goes first.
package struct NumberPool: Sendable {
    private struct Free: Sendable {
        let number: PhoneNumber
        let from: Instant
    }

    /// In the place of a target: a number of the pool.
    package static let target = "pool"

    /// Written as the configuration has them and not numbers.
    package private(set) var malformed: [String]
    private var rest: Interval
    private let plan: NumberingPlan
    /// The one unused the longest first, and so the one free first.
    private var free: Deque<Free> = []
    /// In the order in which they were taken.
    private var leases: [NumberLease] = []
    /// Leased numbers that are the pool's no more.
    private var gone: Set<PhoneNumber> = []

    /// - Parameters:
    ///   - numbers: as people write them; one that comes twice counts once.
    ///   - rest: how long a number is not leased after a lease has ended.
    package init(
        numbers: [String], rest: Interval = .seconds(60), plan: NumberingPlan = NumberingPlan(), at start: Instant
    ) {
        self.rest = max(.zero, rest)
        self.plan = plan
        var seen: Set<PhoneNumber> = []
        var malformed: [String] = []
        for text in numbers {
            if let number = PhoneNumber(text, plan: plan) {
                if seen.insert(number).inserted { free.append(Free(number: number, from: start)) }
            } else {
                malformed.append(text)
            }
        }
        self.malformed = malformed
    }

    /// Takes other numbers: leases of numbers that are gone run on until they end, and those come back no more.
    package mutating func reconfigure(numbers: [String], rest: Interval, at now: Instant) {
        advance(to: now)
        var new = NumberPool(numbers: numbers, rest: rest, plan: plan, at: now)
        let wanted = Set(new.free.map(\.number))
        let leased = Set(leases.map(\.number))
        // A number that rests goes on resting.
        let known = free.filter { wanted.contains($0.number) }
        let names = Set(known.map(\.number))
        new.free.removeAll { leased.contains($0.number) || names.contains($0.number) }
        for entry in known {
            let place = new.free.firstIndex { $0.from > entry.from } ?? new.free.endIndex
            new.free.insert(entry, at: place)
        }
        new.leases = leases
        new.gone = leased.subtracting(wanted)
        self = new
    }

    /// Leases that run.
    package var count: Int { leases.count }

    /// When the next lease ends by itself.
    package var deadline: Instant? { leases.map(\.expires).min() }

    /// Ends the leases that have run out.
    ///
    /// - Returns: those, in the order in which they were taken.
    @discardableResult
    package mutating func advance(to now: Instant) -> [NumberLease] {
        let over = leases.filter { $0.expires <= now }
        for lease in over { end(lease, at: lease.expires) }
        return over
    }

    /// Takes a number for a transfer.
    ///
    /// - Returns: `nil` when every number is taken or rests; the transfer then goes without context.
    package mutating func lease(
        for call: CallID, contextKey: String, lasting length: Interval, at now: Instant
    ) -> NumberLease? {
        advance(to: now)
        guard let first = free.first, first.from <= now else { return nil }
        free.removeFirst()
        let lease = NumberLease(
            number: first.number, call: call, contextKey: contextKey, expires: now + max(.zero, length))
        leases.append(lease)
        return lease
    }

    /// The lease of the number that was called, with or without `+`, if one runs.
    package func lease(ofCalled number: String, at now: Instant) -> NumberLease? {
        guard let called = PhoneNumber(number, plan: plan) else { return nil }
        return leases.first { $0.number.digits == called.digits && $0.expires > now }
    }

    /// Ends a lease: the transfer is done or has failed.
    ///
    /// - Returns: whether the call had the number.
    @discardableResult
    package mutating func release(_ number: PhoneNumber, of call: CallID, at now: Instant) -> Bool {
        advance(to: now)
        guard let lease = leases.first(where: { $0.number == number && $0.call == call }) else { return false }
        end(lease, at: now)
        return true
    }

    /// Ends every lease of a call that is over.
    package mutating func callEnded(_ call: CallID, at now: Instant) {
        advance(to: now)
        for lease in leases where lease.call == call { end(lease, at: now) }
    }

    private mutating func end(_ lease: NumberLease, at now: Instant) {
        leases.removeAll { $0.number == lease.number }
        guard gone.remove(lease.number) == nil else { return }
        let entry = Free(number: lease.number, from: now + rest)
        let place = free.firstIndex { $0.from > entry.from } ?? free.endIndex
        free.insert(entry, at: place)
    }
}
