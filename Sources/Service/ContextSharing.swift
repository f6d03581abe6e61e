package import Admin
package import CallControl
package import CallFlow
import Connectors
import Formula
package import Records
import Routing
import Synchronization
package import Telephony
import Transport

/// How those who are called for a caller come to know what was said: a link that holds for a while, and a pool of numbers
/// for systems that strip every header.
package final class ContextSharing: Sendable {
    private struct State: Sendable {
        var pool: NumberPool
        var hasPool: Bool
        var leaseTime: Interval
        var base: String?
        var lifetime: Interval
    }

    package let handed: HandedContexts
    package let links: ContextLinks
    private let state: Mutex<State>

    /// The field of an INVITE that has the link.
    package static let header = "X-Parley-Context"

    /// - Throws: `RecordsError` when the key of links cannot be read, in a sentence.
    package init(_ admin: AdminServer.Configuration, _ pool: PoolConfiguration) throws(RecordsError) {
        handed = HandedContexts()
        links = ContextLinks(try ContextLinks.read(admin.linksKey))
        state = Mutex(
            State(
                pool: NumberPool(numbers: pool.numbers, rest: pool.rest, at: MonotonicClock.now),
                hasPool: !pool.numbers.isEmpty, leaseTime: pool.lease, base: admin.api == nil ? nil : admin.links,
                lifetime: admin.linkLifetime))
    }

    /// Reads key, links and pool again.
    ///
    /// - Returns: what takes them into force.
    /// - Throws: `RecordsError` when the key of links cannot be read, in a sentence; then nothing changes.
    package func reread(
        _ admin: AdminServer.Configuration, _ pool: PoolConfiguration
    ) throws(RecordsError) -> @Sendable () -> Void {
        let key = try ContextLinks.read(admin.linksKey)
        return { [self] in
            links.use(key)
            state.withLock { state in
                state.pool.reconfigure(numbers: pool.numbers, rest: pool.rest, at: MonotonicClock.now)
                state.hasPool = !pool.numbers.isEmpty
                state.leaseTime = pool.lease
                // An interface that is not served cannot begin to be without a restart.
                if state.base != nil || admin.links == nil { state.base = admin.links }
                state.lifetime = admin.linkLifetime
            }
        }
    }

    /// How long the look-up of a caller may take where a called number can name a context; `nil` where there is no pool.
    package var lookUpLimit: Interval? { state.withLock { !$0.hasPool ? nil : CallerSearch.standardLimit } }

    /// Tells whoever is dialled for a call where its context is.
    ///
    /// - Returns: `nil` where the target is a number of the pool, and none is free.
    package func prepare(_ plan: DialPlan, for call: CallID) -> DialPlan? {
        var plan = plan
        if plan.target == NumberPool.target {
            guard let number = lease(for: call) else { return nil }
            plan.target = number
        }
        let (base, lifetime) = state.withLock { ($0.base, $0.lifetime) }
        guard let base, plan.role == .agent || plan.role == .expert, plan.headers.count < 5 else { return plan }
        let expiry = MonotonicClock.wallTime + lifetime
        plan.headers.append((name: ContextSharing.header, value: base + links.path(of: call, until: expiry)))
        return plan
    }

    private func lease(for call: CallID) -> String? {
        state.withLock { state in
            let lease = state.leaseTime
            return state.pool.lease(
                for: call, contextKey: call.rawValue, lasting: lease, at: MonotonicClock.now)?.number.description
        }
    }

    /// The call for which a number is leased.
    package func leaseholder(of number: String) -> CallID? {
        state.withLock { $0.pool.lease(ofCalled: number, at: MonotonicClock.now)?.call }
    }

    /// Who the caller is of a call that came to a leased number: what is known of the call that it was leased for.
    package func caller(called number: String) -> CallerReply? {
        guard let call = leaseholder(of: number), let context = handed.context(of: call) else { return nil }
        var fields = [Value.Field("Call", .text(call.rawValue)), Value.Field("Number", .text(context.from))]
        if let message = context.transfer?.message { fields.append(Value.Field("Message", .text(message.redacted))) }
        let variables = context.variables.sorted { $0.key < $1.key }.compactMap { entry -> Value.Field? in
            guard case .open(let text) = entry.value else { return nil }
            return Value.Field(entry.key.replacing(".", with: "_"), .text(text))
        }
        fields.append(Value.Field("Variables", .record(variables)))
        return .found(.record(fields))
    }

    /// A call is over: its numbers go back to the pool, and its context is among the records.
    package func ended(_ call: CallID) {
        state.withLock { $0.pool.callEnded(call, at: MonotonicClock.now) }
        handed.remove(call)
    }
}

/// Numbers that are leased, one a transfer.
package struct PoolConfiguration: Sendable, Equatable {
    package var numbers: [String] = []
    /// A lease ends by itself after so long.
    package var lease = Interval.seconds(120)
    /// How long a number is not leased after a lease.
    package var rest = Interval.seconds(60)

    package init() {}
}
