import CallControl
import CallFlow
import Routing
package import Telephony

// Promises to call back outlive the process that made them: each is told as it is made and as it changes, and another
// process takes it over at the place that it had.

extension CallDistributor {
    /// No promise is older, or holds for longer, than this.
    private static let longestPromise = Interval.seconds(30 * 86_400)

    /// Tells a promise, so that it is kept elsewhere as well.
    mutating func tell(_ id: CallBackID, isNew: Bool) {
        promises[id]?.version &+= 1
        guard let kept = kept(id) else { return }
        outputs.append(isNew ? .promised(kept) : .promiseChanged(kept))
    }

    /// A promise whose call is to be placed, as it stands.
    package func promise(toPlace call: CallID) -> KeptPromise? {
        isToBePlaced(call) ? lines[call].flatMap { kept($0) } : nil
    }

    private func kept(_ id: CallBackID) -> KeptPromise? {
        guard let promise = promises[id], let standing = directory.standing(of: id) else { return nil }
        return KeptPromise(
            promise, standing, joinedAt: wallTime(at: standing.joined), expiresAt: wallTime(at: standing.expiry))
    }

    /// Takes over what another process promised, in that order. Where its queue is no longer there the usual one has it;
    /// where there is none either, only the account says so.
    package mutating func takeOver(_ kept: [KeptPromise], at now: Instant) {
        directory.advance(to: now)
        for kept in kept {
            if let own = promises.values.first(where: { $0.call == kept.call }) {
                // It was another's meanwhile, and comes back: what that one knew last counts.
                guard kept.version ?? 0 > own.version else { continue }
                forgetPromise(of: kept.call, at: now)
            }
            takeOver(kept, at: now)
        }
        drain(at: now)
    }

    private mutating func takeOver(_ kept: KeptPromise, at now: Instant) {
        var promise = Promise(kept)
        // One that was cut off counts: nobody knows whether the caller was reached, and nobody is called twice at once.
        let wasCutOff = kept.isUnderWay == true
        let attempts = min(max(0, kept.attempts), 1_000) + (wasCutOff ? 1 : 0)
        promise.attempts = attempts
        var standing = CallBackStanding(
            joined: instant(ofWall: kept.joinedAt, near: now), expiry: instant(ofWall: kept.expiresAt, near: now),
            priority: kept.priority, skills: kept.skills.map { SkillRequirement($0) }, attempts: attempts)
        standing.hasJustFailed = wasCutOff
        for queue in [promise.queue, configuration.defaultQueue].compactMap({ $0 }) {
            let terms = configuration.queues.first { $0.id == queue }?.callBack
            if wasCutOff, let terms, attempts >= terms.attempts { return outputs.append(.promiseOver(kept.call)) }
            guard
                let id = directory.takeOverCallBack(kept.call, in: queue, number: kept.number, standing, at: now)
            else { continue }
            promise.queue = queue
            promise.transfer.queue?.name = queue.rawValue
            promises[id] = promise
            // Should this process end as well, it is not counted twice.
            if wasCutOff { tell(id, isNew: false) }
            return
        }
        account(for: promise)
    }

    /// Tells of promises that ran out while a process had them under way which nobody can ask: whether it reached the
    /// callers is not known, and nobody calls them.
    package mutating func accountForLost(_ kept: [KeptPromise], at now: Instant) {
        for kept in kept {
            var promise = Promise(kept)
            promise.attempts = min(max(0, kept.attempts), 1_000)
            account(for: promise)
        }
        drain(at: now)
    }

    /// A promise is not this process's to keep any more: it was erased, or another process keeps it.
    package mutating func forgetPromise(of call: CallID, at now: Instant) {
        for (id, promise) in promises where promise.call == call {
            promises[id] = nil
            if let line = promise.line { lines[line] = nil }
            takenBack.removeAll { $0 == id }
            directory.cancelCallBack(id, at: now)
        }
        drain(at: now)
    }

    /// Leaves every promise to the next process; a caller whose phone rings is called all the same.
    package mutating func leavePromises(at now: Instant) {
        for call in promises.values.filter({ $0.line == nil }).map(\.call).sorted(by: { $0.rawValue < $1.rawValue }) {
            forgetPromise(of: call, at: now)
        }
    }

    /// Whether a call that was to be placed still is.
    package func isToBePlaced(_ call: CallID) -> Bool {
        guard let id = lines[call] else { return false }
        return promises[id]?.line == call
    }

    // MARK: - Two clocks

    private func wallTime(at time: Instant) -> WallTime {
        (wall ?? WallTime(millisecondsSince1970: 0)) + (time - start)
    }

    /// A moment by the wall, as far from now as a promise can be.
    private func instant(ofWall milliseconds: Int64, near now: Instant) -> Instant {
        let (difference, overflows) = milliseconds.subtractingReportingOverflow(
            wallTime(at: now).millisecondsSince1970)
        let bound = CallDistributor.longestPromise.milliseconds
        let far = overflows ? (milliseconds < 0 ? -bound : bound) : min(max(difference, -bound), bound)
        return now + .milliseconds(far)
    }
}

extension CallDistributor.Promise {
    /// One that another process made, before anybody has been called for it here.
    fileprivate init(_ kept: KeptPromise) {
        self.init(
            call: kept.call, queue: QueueID(kept.queue), transfer: kept.transfer, from: kept.number, to: kept.called,
            agent: kept.agent)
        placed = min(max(0, kept.placed), 1_000_000)
        version = min(max(0, kept.version ?? 0), .max / 2)
    }
}
