package import Telephony

/// Who is told of every call of a service, beside its records: a terminal, a subscriber of facts.
///
/// Called in the order in which things happen in a shard; it must not wait.
package protocol CallObserver: Sendable {
    func happened(_ event: CallEvent)
    /// The call is over; nothing of it comes after.
    func sealed(_ context: CallContext)
}
