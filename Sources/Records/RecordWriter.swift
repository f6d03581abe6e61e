import Foundation
import Synchronization
package import Telephony

/// Takes facts from the media lane and writes them behind its back.
///
/// ``append(_:)`` costs an uncontended lock and an append to an array: the writer takes the lock only to swap that array for
/// an empty one, ten times a second. Everything else, encoding included, happens on the writer's own thread; what has
/// come in since the last time is one transaction. A fact is on the disk ``interval`` and one transaction after it
/// happened: under a second, unless the disk is full, and then it waits in memory for room.
package final class RecordWriter: Sendable {
    /// Between two transactions.
    package static let interval = Interval.milliseconds(100)

    private struct Pending {
        var facts: [CallEvent] = []
        var sealed: [CallContext] = []
        var dialogs: [DialogChange] = []
        var callBacks: [CallBackChange] = []
        /// Calls whose promise to call back is not written yet.
        var newPromises: Set<CallID> = []
        /// Facts taken off the queue and not yet written.
        var unwritten = 0
        var dropped = 0
        var isStopping = false
        var problem: RecordsError?
    }

    private let store: any ContextStore
    private let subscriptions: Mutex<[OutboxSubscription]>
    private let node: String?
    private let bound: Int
    private let clock: @Sendable () -> WallTime
    private let pending = Mutex(Pending())
    private let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - bound: facts in memory from which ``isNearlyFull`` is true; at four times as many, facts (never sealed
    ///      contexts) are dropped and counted.
    ///   - node: who runs the calls.
    package init(
        _ store: any ContextStore, subscriptions: [OutboxSubscription] = [], node: String? = nil,
        bound: Int = 100_000,
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) {
        self.store = store
        self.subscriptions = Mutex(subscriptions)
        self.node = node
        self.bound = bound
        self.clock = clock
        let thread = Thread { [self] in run() }
        thread.name = "records"
        thread.start()
    }

    /// Who is told from now on.
    package func subscribe(_ new: [OutboxSubscription]) { subscriptions.withLock { $0 = new } }

    /// Takes a fact. Never blocks on the disk.
    package func append(_ event: CallEvent) {
        pending.withLock { pending in
            if pending.facts.count + pending.unwritten < bound * 4 {
                pending.facts.append(event)
            } else {
                pending.dropped += 1
            }
        }
    }

    /// Takes a sealed context.
    package func append(_ context: CallContext) {
        pending.withLock { $0.sealed.append(context) }
    }

    /// Takes what became of a SIP dialog.
    package func append(_ change: DialogChange) {
        pending.withLock { $0.dialogs.append(change) }
    }

    /// Takes what became of a promise to call back.
    package func append(_ change: CallBackChange) {
        pending.withLock { pending in
            pending.callBacks.append(change)
            if case .promised(let callBack) = change { pending.newPromises.insert(callBack.call) }
        }
    }

    /// Whether a promise that was made in a call waits to be written.
    package func isToWritePromise(of call: CallID) -> Bool { pending.withLock { $0.newPromises.contains(call) } }

    /// Whether new calls should be refused, because what the running ones leave cannot be written fast enough.
    package var isNearlyFull: Bool { pending.withLock { $0.facts.count + $0.unwritten >= bound } }

    /// Facts that are not on the disk yet.
    package var waitingFacts: Int { pending.withLock { $0.facts.count + $0.unwritten } }

    /// Facts that were lost because neither the disk nor the memory had room.
    package var droppedFacts: Int { pending.withLock { $0.dropped } }

    /// Why nothing is written at the moment; `nil` when all is well.
    package var problem: RecordsError? { pending.withLock { $0.problem } }

    /// Writes what there is and ends. Waits for it; what the disk does not take within the given tries is lost.
    ///
    /// - Returns: why something was lost; `nil` when nothing was.
    @discardableResult
    package func finish() -> RecordsError? {
        pending.withLock { $0.isStopping = true }
        wake.signal()
        stopped.wait()
        return problem
    }

    private func run() {
        var batch = emptyBatch
        while true {
            _ = wake.wait(timeout: .now() + .milliseconds(Int(RecordWriter.interval.milliseconds)))
            let isStopping = take(into: &batch)
            let problem = write(batch)
            let promised = problem == nil ? batch.callBacks.map(\.call) : []
            if problem == nil { batch = emptyBatch }
            pending.withLock { pending in
                pending.problem = problem
                for call in promised { pending.newPromises.remove(call) }
                pending.unwritten = batch.facts.count
            }
            if isStopping { break }
        }
        stopped.signal()
    }

    private var emptyBatch: RecordBatch {
        RecordBatch(subscriptions: subscriptions.withLock { $0 }, now: clock(), node: node)
    }

    /// Moves what has come in to what is to be written.
    private func take(into batch: inout RecordBatch) -> Bool {
        var facts: [CallEvent] = []
        facts.reserveCapacity(1_024)
        var sealed: [CallContext] = []
        var dialogs: [DialogChange] = []
        var callBacks: [CallBackChange] = []
        let isStopping = pending.withLock { pending in
            swap(&facts, &pending.facts)
            swap(&sealed, &pending.sealed)
            swap(&dialogs, &pending.dialogs)
            swap(&callBacks, &pending.callBacks)
            pending.unwritten += facts.count
            return pending.isStopping
        }
        batch.facts += facts
        batch.sealed += sealed
        batch.dialogs += dialogs
        batch.callBacks += callBacks
        batch.now = clock()
        batch.subscriptions = subscriptions.withLock { $0 }
        return isStopping
    }

    private func write(_ batch: RecordBatch) -> RecordsError? {
        guard
            !batch.facts.isEmpty || !batch.sealed.isEmpty || !batch.dialogs.isEmpty || !batch.callBacks.isEmpty
        else { return nil }
        do throws(RecordsError) {
            try store.write(batch)
            return nil
        } catch {
            return error
        }
    }
}

extension WallTime {
    /// The time on the clock of this machine.
    package static func current() -> WallTime {
        WallTime(millisecondsSince1970: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
    }
}
