import Foundation
import Synchronization
package import Telephony

/// Where contexts are sent: a CRM, a webhook, a folder.
package protocol DeliveryDestination: Sendable {
    /// As the configuration names it.
    var name: String { get }
    /// The moments of a call that it wants to be told of.
    var moments: [CallMoment] { get }
    /// Sends a record. Never throws: what went wrong is an outcome. Ends within a minute.
    ///
    /// - Parameter isRetry: whether an earlier attempt may have had its effect without an answer that says so.
    func deliver(_ record: CallRecord, _ entry: OutboxEntry, isRetry: Bool) async -> DeliveryOutcome
}

extension DeliveryDestination {
    package var subscription: OutboxSubscription { OutboxSubscription(connector: name, moments: moments) }
}

/// Sends what is in a store's outbox: claims, delivers, notes, in rounds.
///
/// A round takes what is due of one connector, at most ``OutboxPolicy/concurrency`` at a time, and notes all outcomes in
/// one transaction. A process that dies in a round leaves claims; who takes them over tries again, with the same keys.
package final class OutboxSender: Sendable {
    private let store: any ContextStore
    private let destinations: [any DeliveryDestination]
    private let policy: OutboxPolicy
    private let node: String
    private let recordings: RecordingArchive?
    private let lanes: Mutex<[ConnectorLane]>

    /// - Parameter node: who claims; unique among the processes that share the store.
    package init(
        _ store: any ContextStore, to destinations: [any DeliveryDestination], policy: OutboxPolicy = OutboxPolicy(),
        node: String, recordings: RecordingArchive? = nil, seed: UInt64
    ) {
        self.store = store
        self.destinations = destinations
        self.policy = policy
        self.node = node
        self.recordings = recordings
        var generator = SeededGenerator(seed: seed)
        lanes = Mutex(
            destinations.map { ConnectorLane(connector: $0.name, policy: policy, seed: generator.next()) })
    }

    /// What a round did.
    package struct Round: Sendable, Equatable {
        package var attempts = 0
        package var delivered = 0
        package var setAside = 0
        package var postponed = 0
        /// Why the last one that failed did.
        package var problem: String?

        package init() {}
    }

    /// One round with one connector, its time passed in.
    ///
    /// - Parameter clock: the time at which an attempt ends.
    package func round(
        _ index: Int, at now: WallTime, clock: @escaping @Sendable () -> WallTime
    ) async throws(RecordsError) -> Round {
        let destination = destinations[index]
        let capacity = lanes.withLock { $0[index].capacity(at: now) }
        let entries = try store.claim(
            OutboxClaim(
                connector: destination.name, limit: capacity, now: now, node: node, until: now + policy.claim))
        guard !entries.isEmpty else { return Round() }
        lanes.withLock { $0[index].begin(entries.count) }
        let outcomes = await outcomes(of: entries, to: destination)
        var round = Round()
        let end = clock()
        let settlements = lanes.withLock { lanes in
            zip(entries, outcomes).map { lanes[index].finish($0, $1, at: end) }
        }
        round.attempts = entries.count
        for settlement in settlements {
            switch settlement.state {
            case .sent: round.delivered += 1
            case .setAside: round.setAside += 1
            case .waiting: round.postponed += 1
            }
            round.problem = settlement.problem ?? round.problem
        }
        try store.settle(settlements)
        return round
    }

    private func outcomes(
        of entries: [OutboxEntry], to destination: any DeliveryDestination
    ) async -> [DeliveryOutcome] {
        await withTaskGroup(of: (Int, DeliveryOutcome).self) { group in
            for (index, entry) in entries.enumerated() {
                group.addTask { (index, await self.deliver(entry, to: destination)) }
            }
            var outcomes = [DeliveryOutcome](
                repeating: .postponed(reason: "", retryAfter: nil), count: entries.count)
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
    }

    private func deliver(_ entry: OutboxEntry, to destination: any DeliveryDestination) async -> DeliveryOutcome {
        do {
            guard var record = try store.record(of: entry.call) else {
                return .refused(reason: "nothing is known of the call any more")
            }
            record.recordings = try recordings?.recordings(of: entry.call, in: store) ?? []
            return await destination.deliver(record, entry, isRetry: entry.attempts > 1)
        } catch {
            return .postponed(reason: "\(error)", retryAfter: nil)
        }
    }

    /// When the next round of a connector has something to do; `nil` when nothing waits.
    package func nextRound(_ index: Int) throws(RecordsError) -> WallTime? {
        guard let due = try store.nextDue(connector: destinations[index].name) else { return nil }
        return lanes.withLock { $0[index].deadline }.map { max($0, due) } ?? due
    }

    /// Sends until the task is cancelled, or until nothing is left that waits.
    ///
    /// - Parameters:
    ///   - untilEmpty: end when nothing waits; entries set aside do not wait.
    ///   - report: told of every round that did something.
    package func run(
        untilEmpty: Bool, report: @escaping @Sendable (String, Round) -> Void = { _, _ in }
    ) async throws(RecordsError) {
        let problem = await withTaskGroup(of: RecordsError?.self) { group in
            for index in destinations.indices {
                group.addTask { await self.run(index, untilEmpty: untilEmpty, report: report) }
            }
            var problem: RecordsError?
            for await result in group { problem = problem ?? result }
            return problem
        }
        if let problem { throw problem }
    }

    private func run(
        _ index: Int, untilEmpty: Bool, report: @Sendable (String, Round) -> Void
    ) async -> RecordsError? {
        while !Task.isCancelled {
            do throws(RecordsError) {
                let round = try await round(index, at: .current(), clock: WallTime.current)
                if round.attempts > 0 {
                    report(destinations[index].name, round)
                    continue
                }
                let next = try nextRound(index)
                if next == nil, untilEmpty { return nil }
                // New entries come without notice: somebody else may write them.
                let now = WallTime.current().millisecondsSince1970
                let pause =
                    (next?.millisecondsSince1970 ?? .max) <= now + 250
                    ? max(5, (next?.millisecondsSince1970 ?? now) - now) : 250
                try? await Task.sleep(for: .milliseconds(pause))
            } catch {
                // The disk is full, or another process holds the store: what was claimed is tried again later.
                if untilEmpty, !error.isDiskFull { return error }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return nil
    }
}

/// The lock that makes one process the sender of a store in a file: the kernel lets go of it when the process dies.
package final class OutboxLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``RecordsError`` when another process sends from this store.
    package init(storePath: String) throws(RecordsError) {
        let path = storePath + ".sender"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RecordsError("\(path): cannot be made; check its folder") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw RecordsError("\(storePath): another process sends from this store; leave it to that one, or stop it")
        }
    }

    deinit { close(descriptor) }
}
