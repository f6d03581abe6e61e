package import Telephony

/// Call contexts, the facts they were folded from, what is still to be sent of them, the recordings and the audit log,
/// at rest.
///
/// One interface, so that engines can differ. Every method does its work whole or not at all, and what it has written
/// is on the disk when it returns. Methods block; the media lane never calls them.
package protocol ContextStore: Sendable {
    /// Keeps facts and sealed contexts, and puts into the outbox what they cause, in one transaction.
    func write(_ batch: RecordBatch) throws(RecordsError)

    /// The contexts that a filter lets through, the newest first.
    func contexts(_ filter: ContextFilter) throws(RecordsError) -> [CallContext]
    /// The contexts whose call's identifier begins with a text, ten at most.
    func contexts(of prefix: String) throws(RecordsError) -> [CallContext]
    /// The facts of a call, in order.
    func events(of call: CallID) throws(RecordsError) -> [CallEvent]
    /// Facts of all calls after a position, in order: what a subscriber reads who comes back.
    func facts(after position: Int64, limit: Int) throws(RecordsError) -> [StoredFact]
    /// The position of the last fact; 0 when there is none.
    func lastPosition() throws(RecordsError) -> Int64
    /// Where a subscriber of facts is; `nil` for one that is new.
    func cursor(_ subscriber: String) throws(RecordsError) -> Int64?
    /// Keeps where a subscriber of facts is.
    func keepCursor(_ subscriber: String, at position: Int64) throws(RecordsError)
    /// Whether this node is the one that tells a subscriber of facts: of several that share a store, one at a time.
    func leads(_ subscriber: String) throws(RecordsError) -> Bool
    /// The calls that have facts but no sealed context, oldest first: running ones, and those that a crash cut off.
    func unsealedCalls() throws(RecordsError) -> [CallID]

    /// Says that a node lives, and seals the calls of nodes that have not said so for a while, as failed; what they had
    /// taken of the outbox is given back. Called every second by each node of a store that several share.
    ///
    /// - Returns: the contexts that were sealed.
    func keepAlive(
        node: String, subscriptions: [OutboxSubscription], at now: WallTime
    ) throws(RecordsError) -> [CallContext]
    /// The SIP dialogs that are open, oldest first.
    func openDialogs() throws(RecordsError) -> [StoredDialog]

    /// The callers who were promised to be called back and have not been, in the order in which they joined.
    func callBacks() throws(RecordsError) -> [StoredCallBack]
    /// Makes the promises of processes that are gone this one's to keep; no two get the same. Where a process is only
    /// silent, what it has under way is left to it, until the promise has run out: that is then told as not kept.
    ///
    /// - Parameter isStarting: the process has promised nothing yet: what stands under its name is of one before it that
    ///   had the same, as in a container.
    /// - Returns: those, in the order in which the callers joined; under way where nobody may be called for it any more.
    func takeCallBacks(node: String, isStarting: Bool) throws(RecordsError) -> [StoredCallBack]
    /// Whether a promise is still that process's to keep: it was not erased, and no other has taken it over.
    func holdsCallBack(of call: CallID, node: String) throws(RecordsError) -> Bool
    /// Has it in the store that the caller is being called, in one step with the look at whose the promise is.
    func claimCallBack(_ callBack: StoredCallBack) throws(RecordsError) -> CallBackClaim
    /// A node will not come back, says somebody who knows: whom it was calling others call again.
    ///
    /// - Returns: the calls in which that was promised.
    /// - Throws: where the node was heard a moment ago, or nobody can take anything over from it.
    func voidClaims(of node: String) throws(RecordsError) -> [CallID]

    /// Takes entries to send that are due, the first of each call alone, and notes an attempt at each before it is made.
    func claim(_ claim: OutboxClaim) throws(RecordsError) -> [OutboxEntry]
    /// Notes what came of attempts.
    func settle(_ settlements: [OutboxSettlement]) throws(RecordsError)
    /// When the next entry of a connector is due; `nil` when none waits.
    func nextDue(connector: String) throws(RecordsError) -> WallTime?
    /// Entries of the outbox in their order.
    func deliveries(_ filter: DeliveryFilter) throws(RecordsError) -> [OutboxEntry]
    /// Puts calls' contexts into the outbox again, those set aside included.
    func resend(_ calls: [CallID], connectors: [String], at now: WallTime) throws(RecordsError) -> Int
    /// Gives back the claims of a process that is gone.
    func releaseClaims(of node: String?) throws(RecordsError)

    func addRecording(_ recording: RecordingEntry) throws(RecordsError)
    func recordings(of call: CallID) throws(RecordsError) -> [RecordingEntry]
    /// The recordings whose time is over.
    func recordings(expiredAt now: WallTime) throws(RecordsError) -> [RecordingEntry]
    func removeRecording(_ path: String) throws(RecordsError)

    /// Appends to the audit log.
    func audit(_ action: AuditAction) throws(RecordsError)
    /// The whole audit log, in order.
    func auditTrail() throws(RecordsError) -> [AuditEntry]

    /// Removes every trace of calls: facts, contexts, outbox, promises to call back; the pages they stood on are overwritten. Their recordings'
    /// files are the caller's to remove first.
    func erase(_ calls: [CallID]) throws(RecordsError)
}

extension ContextStore {
    package func voidClaims(of node: String) throws(RecordsError) -> [CallID] {
        throw RecordsError(
            "a store in a file has one process at a time, and the next one that begins calls those again whom it was calling"
        )
    }
}

/// What is written in one transaction.
package struct RecordBatch: Sendable {
    package var facts: [CallEvent]
    package var sealed: [CallContext]
    /// What became of SIP dialogs, in order.
    package var dialogs: [DialogChange] = []
    /// What became of promises to call back, in order.
    package var callBacks: [CallBackChange] = []
    /// Which connectors are told of which moments of a call.
    package var subscriptions: [OutboxSubscription]
    /// Wall time of the write.
    package var now: WallTime
    /// The node that runs the calls which begin; `nil` for calls that nobody runs.
    package var node: String?

    package init(
        facts: [CallEvent] = [], sealed: [CallContext] = [], subscriptions: [OutboxSubscription] = [], now: WallTime,
        node: String? = nil
    ) {
        self.node = node
        self.facts = facts
        self.sealed = sealed
        self.subscriptions = subscriptions
        self.now = now
    }
}

/// A fact and its place among all facts of a store.
package struct StoredFact: Sendable {
    package var position: Int64
    package var event: CallEvent
}

/// Which contexts are wanted.
package struct ContextFilter: Sendable {
    package var since: WallTime?
    package var until: WallTime?
    package var caller: String?
    package var called: String?
    package var agent: String?
    package var outcome: CallOutcome?
    /// At most so many; `nil` for all.
    package var limit: Int? = 50
    package init() {}
}

/// Which entries of the outbox are wanted.
package struct DeliveryFilter: Sendable {
    package var connector: String?
    package var call: CallID?
    package var state: OutboxEntry.State?
    package var limit: Int?
    package init() {}
}

/// A recording at rest.
package struct RecordingEntry: Sendable, Equatable, Codable {
    package var call: CallID
    package var path: String
    /// The media type of what is inside.
    package var mediaType: String
    package var isEncrypted: Bool
    /// SHA-256 of the file as it lies on the disk, in hexadecimal.
    package var checksum: String
    package var byteCount: Int
    /// Seconds.
    package var duration: Double
    package var createdAt: WallTime
    /// When the rule of retention lets it go; `nil` for never.
    package var keptUntil: WallTime?
    /// `nil` in entries that were written before recordings could have one.
    package var channelCount: Int?
    /// `nil` in entries of a call's own recording.
    package var track: RecordingTrack?

    package init(
        call: CallID, path: String, mediaType: String, isEncrypted: Bool, checksum: String, byteCount: Int,
        duration: Double, createdAt: WallTime, keptUntil: WallTime?, channelCount: Int? = nil,
        track: RecordingTrack? = nil
    ) {
        self.channelCount = channelCount
        self.track = track
        self.call = call
        self.path = path
        self.mediaType = mediaType
        self.isEncrypted = isEncrypted
        self.checksum = checksum
        self.byteCount = byteCount
        self.duration = duration
        self.createdAt = createdAt
        self.keptUntil = keptUntil
    }
}

extension ContextStore {
    /// A store of one process alone knows at its start that its calls are over.
    package func keepAlive(
        node: String, subscriptions: [OutboxSubscription], at now: WallTime
    ) throws(RecordsError) -> [CallContext] { [] }

    /// A store of one process alone is told of by it.
    package func leads(_ subscriber: String) throws(RecordsError) -> Bool { true }

    /// Keeps one sealed context.
    package func save(_ context: CallContext) throws(RecordsError) {
        try write(RecordBatch(sealed: [context], now: context.endedAt ?? context.startedAt))
    }

    /// A call as it is known: sealed, or folded from the facts that there are so far; `nil` when nothing is known.
    package func record(of call: CallID) throws(RecordsError) -> CallRecord? {
        let events = try events(of: call)
        if let context = try contexts(of: call.rawValue).first(where: { $0.call == call }) {
            return CallRecord(context: context, events: events)
        }
        guard !events.isEmpty else { return nil }
        var context = CallContext(call: call)
        for event in events { context.record(event) }
        return CallRecord(context: context, events: events)
    }

    /// Seals the calls that a crash cut off, as failed, with the facts that were kept of them.
    ///
    /// Only for a process that knows that none of the unsealed calls runs any more.
    ///
    /// - Returns: the contexts that were sealed.
    package func sealInterruptedCalls(
        _ subscriptions: [OutboxSubscription] = [], at now: WallTime
    ) throws(RecordsError) -> [CallContext] {
        try seal(try unsealedCalls(), subscriptions, at: now)
    }

    /// Seals calls that nobody runs any more, as failed, with the facts that were kept of them.
    func seal(
        _ calls: [CallID], _ subscriptions: [OutboxSubscription], at now: WallTime
    ) throws(RecordsError) -> [CallContext] {
        var batch = RecordBatch(subscriptions: subscriptions, now: now)
        for call in calls {
            guard var record = try record(of: call) else { continue }
            let last = record.events.last?.at ?? .zero
            let failure = CallEvent(
                at: last, call: call,
                body: .failure(
                    Failure(
                        code: "interrupted", message: "The service stopped while the call was running.", topic: "",
                        action: "")))
            let end = CallEvent(
                at: last, call: call,
                body: .callEnded(
                    CallEnded(
                        by: .parley, cause: .temporaryFailure, outcome: .failed, duration: last.roundedSeconds)))
            for event in [failure, end] {
                record.context.record(event)
                batch.facts.append(event)
            }
            batch.sealed.append(record.context)
        }
        guard !batch.sealed.isEmpty else { return [] }
        try write(batch)
        return batch.sealed
    }
}
