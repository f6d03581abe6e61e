import Foundation
import Synchronization
package import Telephony

/// What a running service keeps of its calls: facts and contexts in the store, recordings in the archive, the outbox on
/// its way to the connectors, and what is left of calls that a crash cut off.
package final class LiveRecords: Sendable {
    /// Where and how.
    package struct Settings: Sendable {
        /// A SQLite file or an address of PostgreSQL.
        package var store: String
        package var destinations: [any DeliveryDestination] = []
        package var subscribers: [any FactSubscriber] = []
        /// Recordings are kept in it; `nil` where nothing is recorded.
        package var archive: RecordingArchive?
        /// Who sends; unique among the processes that share the store.
        package var node: String

        package init(store: String, node: String) {
            self.store = store
            self.node = node
        }
    }

    /// Something that whoever runs the service wants to know.
    package enum Notice: Sendable {
        /// Nothing can be written at the moment, and it waits.
        case problem(RecordsError)
        /// All that waited is written.
        case recovered
        /// A round of deliveries in which some failed.
        case delivery(connector: String, OutboxSender.Round)
        /// A subscriber of facts cannot be told, or can again (`nil`).
        case subscriber(name: String, problem: String?)
        /// Recordings were removed by the rule of retention.
        case expired([CallID])
        /// Calls that a crash had cut off were sealed.
        case interrupted([CallID])
        /// Calls of a node that is gone were sealed.
        case takenOver([CallID])
        /// Callers whom a process that is gone had promised to call back: that is this one's now.
        case promisesTaken([StoredCallBack])
        /// Recordings that a crash had cut off were kept as far as they went.
        case recordingsKept([CallID])
    }

    /// What the service's metrics say of its records.
    package struct Figures: Sendable, Equatable {
        package var waitingFacts = 0
        package var droppedFacts = 0
        package var isBlocked = false
        /// Attempts to deliver since the start, and what came of them.
        package var deliveries = OutboxSender.Round()
    }

    package let store: any ContextStore
    package let recordings: LiveRecordings?
    private let settings: Settings
    private let writer: RecordWriter
    private let lock: OutboxLock?
    private let total = Mutex(OutboxSender.Round())
    private let early: [Notice]
    private let connections: Mutex<Connections>
    private let changes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    private struct Connections: Sendable {
        var destinations: [any DeliveryDestination]
        var subscribers: [any FactSubscriber]
    }
    /// The SIP dialogs of processes that are gone: somebody is to end them.
    package let lostDialogs: [StoredDialog]

    /// Opens the store, makes it when it is not there, and cleans up behind a process that crashed.
    ///
    /// - Throws: ``RecordsError``, also when another process serves or sends from the same file.
    package init(_ settings: Settings) throws(RecordsError) {
        self.settings = settings
        connections = Mutex(Connections(destinations: settings.destinations, subscribers: settings.subscribers))
        store = try StoreAddress.open(settings.store, creates: true)
        let isShared = StoreAddress.isShared(settings.store)
        lock = try isShared ? nil : OutboxLock(storePath: settings.store)
        var early: [Notice] = []
        let subscriptions = settings.destinations.map(\.subscription)
        if !isShared {
            // Whoever held the file before is gone: its claims are void, and its calls are over.
            try store.releaseClaims(of: nil)
            let sealed = try store.sealInterruptedCalls(subscriptions, at: .current())
            if !sealed.isEmpty { early.append(.interrupted(sealed.map(\.call))) }
        } else {
            // Known before the first call comes: a call of a node that nobody knows is taken for a dead one's.
            _ = try store.keepAlive(node: settings.node, subscriptions: subscriptions, at: .current())
        }
        let promises = try store.takeCallBacks(node: settings.node, isStarting: true)
        if !promises.isEmpty { early.append(.promisesTaken(promises)) }
        lostDialogs = try store.openDialogs().filter { !isShared || NodeName.isGone($0.node) }
        if let archive = settings.archive {
            let recordings = try LiveRecordings(archive, store: store)
            if !recordings.recovered.calls.isEmpty { early.append(.recordingsKept(recordings.recovered.calls)) }
            early += recordings.recovered.problems.map { .problem($0) }
            self.recordings = recordings
        } else {
            recordings = nil
        }
        self.early = early
        writer = RecordWriter(store, subscriptions: subscriptions, node: isShared ? settings.node : nil)
    }

    package func append(_ event: CallEvent) { writer.append(event) }

    package func append(_ context: CallContext) { writer.append(context) }

    /// A SIP dialog is open, or is another than it was.
    ///
    /// - Parameters:
    ///   - name: tells it from all others.
    ///   - json: what another process needs to end it; without secrets.
    package func appendDialog(_ name: String, of call: CallID, json: String) {
        writer.append(.open(StoredDialog(name: name, call: call, node: settings.node, json: json)))
    }

    /// A SIP dialog is over.
    package func endDialog(_ name: String) { writer.append(.over(name: name)) }

    /// A caller is promised to be called back.
    package func appendCallBack(_ callBack: StoredCallBack) { writer.append(.promised(own(callBack))) }

    /// Something else is known of that promise now.
    package func changeCallBack(_ callBack: StoredCallBack) { writer.append(.changed(own(callBack))) }

    /// What this process says of a promise.
    private func own(_ callBack: StoredCallBack) -> StoredCallBack {
        var callBack = callBack
        callBack.node = settings.node
        return callBack
    }

    /// The promise was kept, or cannot be.
    package func endCallBack(of call: CallID) { writer.append(.over(call)) }

    /// Whose a promise to call back is to keep.
    package enum CallBackHolder: Sendable { case thisProcess, another, unknown }

    /// Whether a promise is still to be kept here: it was not erased, and no other process has taken it over. Whoever calls
    /// claims it before: no attempt is made twice, because the claim is in the store before anybody's phone rings, and
    /// nobody else takes over what is claimed.
    ///
    /// - Parameter claim: what is known of it once the caller is being called; `nil` where nobody is going to be.
    /// - Returns: ``CallBackHolder/unknown`` while the store is away, does not have the promise yet, or knows later of it.
    package func holder(ofCallBack call: CallID, claiming claim: StoredCallBack?) -> CallBackHolder {
        if writer.isToWritePromise(of: call) { return .unknown }
        do throws(RecordsError) {
            guard let claim else {
                return try store.holdsCallBack(of: call, node: settings.node) ? .thisProcess : .another
            }
            return switch try store.claimCallBack(own(claim)) {
            case .held: .thisProcess
            case .superseded: .unknown
            case .lost: .another
            }
        } catch {
            return .unknown
        }
    }

    /// Whether new calls should be refused: what running ones leave cannot be written fast enough.
    package var isNearlyFull: Bool { writer.isNearlyFull }

    /// Why nothing is written at the moment; `nil` when all is well.
    package var problem: RecordsError? { writer.problem ?? recordings?.problem }

    package var figures: Figures {
        Figures(
            waitingFacts: writer.waitingFacts, droppedFacts: writer.droppedFacts, isBlocked: problem != nil,
            deliveries: total.withLock { $0 })
    }

    /// Whom it sends to, and tells of facts, from now on. What waits for one that is no longer among them stays in the
    /// outbox.
    package func connect(_ destinations: [any DeliveryDestination], _ subscribers: [any FactSubscriber]) {
        connections.withLock { $0 = Connections(destinations: destinations, subscribers: subscribers) }
        writer.subscribe(destinations.map(\.subscription))
        changes.continuation.yield()
    }

    /// Sends the outbox, lets recordings go whose time is over, and watches the disk, until the task is cancelled.
    ///
    /// - Parameter report: told of what happens; each problem once, until it is over.
    package func run(report: @escaping @Sendable (Notice) -> Void) async {
        for notice in early { report(notice) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.serveConnections(report) }
            group.addTask { await self.watch(report) }
            group.addTask { await self.expire(report) }
            if StoreAddress.isShared(settings.store) { group.addTask { await self.keepAlive(report) } }
        }
    }

    /// Sends and tells, and begins anew with each change of those who are sent to and told.
    private func serveConnections(_ report: @escaping @Sendable (Notice) -> Void) async {
        while !Task.isCancelled {
            let now = connections.withLock { $0 }
            await withTaskGroup(of: Void.self) { group in
                if !now.destinations.isEmpty { group.addTask { await self.send(to: now.destinations, report) } }
                for subscriber in now.subscribers { group.addTask { await self.feed(subscriber, report) } }
                for await _ in changes.stream { break }
                group.cancelAll()
            }
        }
    }

    /// Tells the other nodes that this one lives, and takes care of what those leave that do not.
    private func keepAlive(_ report: @Sendable (Notice) -> Void) async {
        while !Task.isCancelled {
            let subscriptions = connections.withLock { $0.destinations }.map(\.subscription)
            // A database that is away is told of by the writer.
            let sealed = try? store.keepAlive(node: settings.node, subscriptions: subscriptions, at: .current())
            if let sealed, !sealed.isEmpty { report(.takenOver(sealed.map(\.call))) }
            if let promises = try? store.takeCallBacks(node: settings.node, isStarting: false),
                !promises.isEmpty
            {
                report(.promisesTaken(promises))
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func send(
        to destinations: [any DeliveryDestination], _ report: @escaping @Sendable (Notice) -> Void
    ) async {
        let sender = OutboxSender(
            store, to: destinations, node: settings.node, recordings: settings.archive, seed: .random(in: 0 ... .max))
        do throws(RecordsError) {
            try await sender.run(untilEmpty: false) { connector, round in
                self.total.withLock { total in
                    total.attempts += round.attempts
                    total.delivered += round.delivered
                    total.setAside += round.setAside
                    total.postponed += round.postponed
                }
                if round.problem != nil { report(.delivery(connector: connector, round)) }
            }
        } catch {
            report(.problem(error))
        }
    }

    private func feed(_ subscriber: any FactSubscriber, _ report: @Sendable (Notice) -> Void) async {
        var feed = FactFeed(store, to: subscriber)
        var isFailing = false
        while !Task.isCancelled {
            let now = WallTime.current()
            var due = now + .seconds(1)
            do throws(RecordsError) { due = try await feed.step(at: now) } catch { report(.problem(error)) }
            if (feed.problem != nil) != isFailing {
                isFailing.toggle()
                report(.subscriber(name: subscriber.name, problem: feed.problem))
            }
            let pause = due.millisecondsSince1970 - WallTime.current().millisecondsSince1970
            if pause > 0 { try? await Task.sleep(for: .milliseconds(pause)) }
        }
    }

    private func watch(_ report: @Sendable (Notice) -> Void) async {
        var told: RecordsError?
        while !Task.isCancelled {
            let problem = problem
            if let problem, told == nil { report(.problem(problem)) }
            if problem == nil, told != nil { report(.recovered) }
            told = problem
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private func expire(_ report: @Sendable (Notice) -> Void) async {
        while !Task.isCancelled {
            do throws(RecordsError) {
                let calls = try RecordingArchive.expire(at: .current(), in: store, who: "retention")
                if !calls.isEmpty { report(.expired(calls)) }
            } catch {
                report(.problem(error))
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Writes what there is and ends.
    ///
    /// - Returns: why something was lost; `nil` when nothing was.
    package func finish() -> RecordsError? {
        let recordingProblem = recordings?.stop()
        return writer.finish() ?? recordingProblem
    }
}
