import DequeModule
import Telephony

/// Confirmed SIP dialogs that ended not long ago: an INVITE that wants to take the place of one is declined, and told apart
/// from one that names a dialog that never was (RFC 3891 section 3).
struct EndedDialogs: Sendable {
    /// How many are remembered, and for how long: no transaction that began before the end lasts longer.
    private static let most = 1_024
    private static let memory = Interval.seconds(32)

    private var ids: Set<SIPDialogID> = []
    private var order: Deque<(id: SIPDialogID, at: Instant)> = []

    mutating func note(_ id: SIPDialogID, at now: Instant) {
        forget(at: now)
        if order.count >= EndedDialogs.most, let oldest = order.popFirst() { ids.remove(oldest.id) }
        guard ids.insert(id).inserted else { return }
        order.append((id, now))
    }

    mutating func contains(_ id: SIPDialogID, at now: Instant) -> Bool {
        forget(at: now)
        return ids.contains(id)
    }

    private mutating func forget(at now: Instant) {
        while let first = order.first, first.at + EndedDialogs.memory <= now {
            order.removeFirst()
            ids.remove(first.id)
        }
        if order.isEmpty, ids.capacity > 64 {
            ids = []
            order = []
        }
    }
}
