import Dispatch
import Records
import Synchronization
import Telephony

/// A store whose disk is full for the first few writes.
final class FullDiskStore: ContextStore {
    let inner: SQLiteStore
    private let remaining: Mutex<Int>
    /// Signalled with the last refusal.
    private let lastRefusal = DispatchSemaphore(value: 0)

    init(_ inner: SQLiteStore, refusals: Int) {
        self.inner = inner
        remaining = Mutex(refusals)
    }

    /// Waits until the disk has refused as often as it was told to.
    func waitForRoom() { lastRefusal.wait() }

    func write(_ batch: RecordBatch) throws(RecordsError) {
        let isFull = remaining.withLock { remaining in
            defer { remaining = max(0, remaining - 1) }
            if remaining == 1 { lastRefusal.signal() }
            return remaining > 0
        }
        if isFull { throw RecordsError("the disk is full", isDiskFull: true) }
        try inner.write(batch)
    }

    func contexts(_ filter: ContextFilter) throws(RecordsError) -> [CallContext] { try inner.contexts(filter) }
    func contexts(of prefix: String) throws(RecordsError) -> [CallContext] { try inner.contexts(of: prefix) }
    func events(of call: CallID) throws(RecordsError) -> [CallEvent] { try inner.events(of: call) }
    func facts(after position: Int64, limit: Int) throws(RecordsError) -> [StoredFact] {
        try inner.facts(after: position, limit: limit)
    }
    func lastPosition() throws(RecordsError) -> Int64 { try inner.lastPosition() }
    func cursor(_ subscriber: String) throws(RecordsError) -> Int64? { try inner.cursor(subscriber) }
    func keepCursor(_ subscriber: String, at position: Int64) throws(RecordsError) {
        try inner.keepCursor(subscriber, at: position)
    }
    func unsealedCalls() throws(RecordsError) -> [CallID] { try inner.unsealedCalls() }
    func callBacks() throws(RecordsError) -> [StoredCallBack] { try inner.callBacks() }
    func takeCallBacks(node: String, isStarting: Bool) throws(RecordsError) -> [StoredCallBack] {
        try inner.takeCallBacks(node: node, isStarting: isStarting)
    }
    func holdsCallBack(of call: CallID, node: String) throws(RecordsError) -> Bool {
        try inner.holdsCallBack(of: call, node: node)
    }
    func claimCallBack(_ callBack: StoredCallBack) throws(RecordsError) -> CallBackClaim {
        try inner.claimCallBack(callBack)
    }
    func openDialogs() throws(RecordsError) -> [StoredDialog] { try inner.openDialogs() }
    func claim(_ claim: OutboxClaim) throws(RecordsError) -> [OutboxEntry] { try inner.claim(claim) }
    func settle(_ settlements: [OutboxSettlement]) throws(RecordsError) { try inner.settle(settlements) }
    func nextDue(connector: String) throws(RecordsError) -> WallTime? { try inner.nextDue(connector: connector) }
    func deliveries(_ filter: DeliveryFilter) throws(RecordsError) -> [OutboxEntry] { try inner.deliveries(filter) }
    func resend(_ calls: [CallID], connectors: [String], at now: WallTime) throws(RecordsError) -> Int {
        try inner.resend(calls, connectors: connectors, at: now)
    }
    func releaseClaims(of node: String?) throws(RecordsError) { try inner.releaseClaims(of: node) }
    func addRecording(_ recording: RecordingEntry) throws(RecordsError) { try inner.addRecording(recording) }
    func recordings(of call: CallID) throws(RecordsError) -> [RecordingEntry] { try inner.recordings(of: call) }
    func recordings(expiredAt now: WallTime) throws(RecordsError) -> [RecordingEntry] {
        try inner.recordings(expiredAt: now)
    }
    func removeRecording(_ path: String) throws(RecordsError) { try inner.removeRecording(path) }
    func audit(_ action: AuditAction) throws(RecordsError) { try inner.audit(action) }
    func auditTrail() throws(RecordsError) -> [AuditEntry] { try inner.auditTrail() }
    func erase(_ calls: [CallID]) throws(RecordsError) { try inner.erase(calls) }
}
