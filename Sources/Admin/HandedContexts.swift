import Synchronization
package import Telephony

/// What is known of calls that are being handed over: whoever is called for them reads it before it is sealed.
package final class HandedContexts: Sendable {
    private struct State {
        var contexts: [CallID: CallContext] = [:]
        /// In the order in which they came; the first go when there are too many.
        var order: [CallID] = []
    }

    private let state = Mutex(State())
    /// Contexts that are held: more than calls wait and ring at once.
    private let limit: Int

    package init(limit: Int = 10_000) { self.limit = limit }

    /// A call is handed over with this.
    package func set(_ context: CallContext) {
        state.withLock { state in
            if state.contexts.updateValue(context, forKey: context.call) == nil { state.order.append(context.call) }
            guard state.order.count > limit else { return }
            state.contexts[state.order.removeFirst()] = nil
        }
    }

    package func context(of call: CallID) -> CallContext? { state.withLock { $0.contexts[call] } }

    /// The call is over and its context sealed: from now on it is among the records.
    package func remove(_ call: CallID) {
        state.withLock { state in
            guard state.contexts.removeValue(forKey: call) != nil else { return }
            state.order.removeAll { $0 == call }
        }
    }
}
