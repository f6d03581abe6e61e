import DequeModule
package import Telephony

/// The right to place one call; it counts until it is given back.
package struct OutboundPermit: Hashable, Sendable {
    package let id: UInt64
    /// What to dial: the target in the form that was checked.
    package let target: OutboundTarget
    package let trunk: String
    package let numberShown: String
}

/// Whether a call may be placed.
package enum OutboundDecision: Hashable, Sendable {
    case allowed(OutboundPermit)
    case refused(OutboundRefusal)
}

/// Decides who is called, and counts.
///
/// A day is the last 24 hours, so that no limit starts anew for everybody at midnight.
package struct OutboundPolicy: Sendable {
    private struct Placed: Sendable {
        let time: Instant
        let caller: String
        let trunk: String
    }

    package private(set) var rules: OutboundRules
    private var placed: Deque<Placed> = []
    private var byCaller: [String: Int] = [:]
    private var byTrunk: [String: Int] = [:]
    /// The trunks of the calls that are up, by permit.
    private var up: [UInt64: String] = [:]
    private var upByTrunk: [String: Int] = [:]
    private var lastPermit: UInt64 = 0

    package init(_ rules: OutboundRules) { self.rules = rules }

    /// Takes other rules. What was placed before counts on, as far as it was counted.
    package mutating func take(_ new: OutboundRules) { rules = new }

    /// Calls that are up.
    package var count: Int { up.count }

    /// Asks for a call; when it is allowed it counts at once.
    ///
    /// - Parameters:
    ///   - target: as the dialog, the agent or the REFER has it.
    ///   - caller: the number of the caller for whom it is placed, as known; `nil` for one who hides it.
    ///   - trunk: by which it would go.
    package mutating func request(
        _ target: String, caller: String?, trunk name: String, at now: Instant
    ) -> OutboundDecision {
        guard let target = OutboundTarget(target, plan: rules.plan) else { return .refused(.malformed) }
        if rules.denied.contains(where: { $0.forbids(target) }) { return .refused(.denied) }
        guard rules.allowed.contains(where: { $0.allows(target) }) else { return .refused(.notListed) }
        guard let trunk = rules.trunks.first(where: { $0.name == name }) else { return .refused(.unknownTrunk) }
        forget(before: now - .seconds(86_400))
        let caller = caller.map { PhoneNumber($0, plan: rules.plan)?.description ?? $0 } ?? ""
        if let refusal = limit(caller, trunk) { return .refused(refusal) }
        lastPermit += 1
        up[lastPermit] = name
        upByTrunk[name, default: 0] += 1
        if rules.perCaller != nil || rules.perDay != nil || rules.trunks.contains(where: { $0.perDay != nil }) {
            placed.append(Placed(time: now, caller: caller, trunk: name))
            byCaller[caller, default: 0] += 1
            byTrunk[name, default: 0] += 1
        }
        return .allowed(
            OutboundPermit(id: lastPermit, target: target, trunk: name, numberShown: trunk.numberShown))
    }

    /// The target as it is dialled, when the lists let it be called: for a REFER, by which no call is placed here.
    package func permits(_ target: String) -> OutboundTarget? {
        guard let target = OutboundTarget(target, plan: rules.plan),
            !rules.denied.contains(where: { $0.forbids(target) }), rules.allowed.contains(where: { $0.allows(target) })
        else { return nil }
        return target
    }

    /// The call is over, or was never answered.
    ///
    /// - Returns: whether it counted.
    @discardableResult
    package mutating func ended(_ permit: UInt64) -> Bool {
        guard let trunk = up.removeValue(forKey: permit) else { return false }
        OutboundPolicy.decrement(&upByTrunk, trunk)
        return true
    }

    private func limit(_ caller: String, _ trunk: OutboundTrunk) -> OutboundRefusal? {
        func isReached(_ limit: Int?, by count: Int?) -> Bool { limit.map { count ?? 0 >= $0 } ?? false }
        if isReached(rules.perCaller, by: byCaller[caller]) { return .callerLimit }
        if isReached(rules.perDay, by: placed.count) { return .dayLimit }
        if isReached(trunk.perDay, by: byTrunk[trunk.name]) { return .trunkDayLimit }
        if isReached(rules.concurrent, by: up.count) { return .concurrentLimit }
        if isReached(trunk.concurrent, by: upByTrunk[trunk.name]) { return .trunkConcurrentLimit }
        return nil
    }

    private mutating func forget(before limit: Instant) {
        while let first = placed.first, first.time <= limit {
            placed.removeFirst()
            OutboundPolicy.decrement(&byCaller, first.caller)
            OutboundPolicy.decrement(&byTrunk, first.trunk)
        }
    }

    private static func decrement(_ counts: inout [String: Int], _ key: String) {
        let count = counts[key] ?? 0
        counts[key] = count > 1 ? count - 1 : nil
    }
}
