import Routing
import Telephony

// What people do, and what they do in answer to the directory.

extension QueueDay {
    mutating func happen(_ event: Event, at now: Instant) {
        switch event {
        case .arrives(let index): arrive(index, at: now)
        case .hangsUp(let call): hangUp(call, at: now)
        case .responds(let offer, let outcome):
            if outcome != .answered { report.failedOffers += 1 }
            checker.offerEnded(offer, as: outcome, at: now)
            directory.offerEnded(offer, as: outcome, at: now)
        case .talkEnds(let call):
            standings[callers[call] ?? 0] = .over
            checker.callEnded(call, at: now)
            directory.callEnded(call, at: now)
        case .comes(let agent):
            present.insert(agent)
            checker.saidAvailable(agent, at: now)
            directory.setAvailable(agent, at: now)
        case .goes(let agent, let reason):
            present.remove(agent)
            checker.saidAway(agent, at: now)
            directory.setAway(agent, reason: reason, at: now)
        case .recovers(let agent):
            guard present.contains(agent) else { return }
            checker.saidAvailable(agent, at: now)
            directory.setAvailable(agent, at: now)
        case .acceptsCallBack(let call): acceptCallBack(call, at: now)
        case .callerAnswers(let id, let origin): answerCallBack(id, origin, at: now)
        }
    }

    private mutating func arrive(_ index: Int, at now: Instant) {
        let caller = plan.callers[index]
        callers[caller.request.call] = index
        checker.joined(caller.request, at: now)
        standings[index] = .waiting
        _ = directory.enqueue(caller.request, at: now)
        report.longestQueue = max(report.longestQueue, directory.waitingCalls.count)
        schedule(.hangsUp(caller.request.call), at: now + caller.patience)
    }

    private mutating func hangUp(_ call: CallID, at now: Instant) {
        guard let index = callers[call], standings[index] == .waiting, directory.position(of: call) != nil
        else { return }
        standings[index] = .over
        report.abandoned += 1
        checker.callEnded(call, at: now)
        directory.callEnded(call, at: now)
    }

    private mutating func acceptCallBack(_ call: CallID, at now: Instant) {
        guard let index = callers[call], standings[index] == .waiting,
            let id = directory.acceptCallBack(call, number: "+4420794600\(index % 90 + 10)", at: now)
        else { return }
        standings[index] = .toBeCalledBack
        announced[index] = []
        report.calledBack += 1
        checker.accepted(id, by: call)
    }

    private mutating func answerCallBack(_ id: CallBackID, _ origin: CallID, at now: Instant) {
        guard let index = callers[origin] else { return }
        let call = CallID("\(origin)-again")
        checker.callBackAnswered(id, as: call)
        guard directory.callBackAnswered(id, as: call, at: now) else { return }
        callers[call] = index
        standings[index] = .waiting
        schedule(.hangsUp(call), at: now + plan.callers[index].patience)
    }

    mutating func follow(_ output: DirectoryOutput, at now: Instant) {
        switch output {
        case .offer(let offer): respond(to: offer, at: now)
        case .withdraw(_, let agent, _, .noAnswer):
            report.failedOffers += 1
            schedule(.recovers(agent), at: now + .seconds(60 + Int64(random.nextUnit() * 180)))
        case .connected(_, _, let call, let waited): connect(call, waited: waited, at: now)
        case .announce(let call, _, _, let wait):
            if let index = callers[call], let wait { announced[index].append((now, wait)) }
        case .offerCallBack(let call, _):
            guard let index = callers[call], plan.callers[index].takesCallBack else { return }
            schedule(.acceptsCallBack(call), at: now + .seconds(8))
        case .overflow(let call, _, _, _):
            report.overflowed += 1
            if let index = callers[call] { standings[index] = .over }
        case .callBack(let attempt):
            guard random.happens(0.8) else { return }
            let delay = Interval.milliseconds(4_000 + Int64(random.nextUnit() * 12_000))
            schedule(.callerAnswers(attempt.id, attempt.origin), at: now + delay)
        case .callBackEnded(_, let origin, let outcome):
            guard outcome != .reached, let index = callers[origin] else { return }
            report.callBacksEnded += 1
            standings[index] = .over
        case .withdraw, .comfort, .moved, .withdrawCallBack, .agent: break
        }
    }

    private mutating func respond(to offer: Offer, at now: Instant) {
        let delay = Interval.milliseconds(1_500 + Int64(random.nextUnit() * 7_000))
        switch random.nextUnit() {
        case ..<0.015: break
        case ..<0.023: schedule(.responds(offer.id, .refused), at: now + delay)
        case ..<0.028: schedule(.responds(offer.id, .busy), at: now + .milliseconds(200))
        case ..<0.031: schedule(.responds(offer.id, .failed), at: now + .milliseconds(500))
        default: schedule(.responds(offer.id, .answered), at: now + delay)
        }
    }

    private mutating func connect(_ call: CallID, waited: Interval, at now: Instant) {
        guard let index = callers[call] else { return }
        standings[index] = .talking
        report.answered += 1
        waits.append(waited.inSeconds)
        schedule(.talkEnds(call), at: now + plan.callers[index].talk)
        for (number, announcement) in announced[index].enumerated() {
            let actual = (now - announcement.time).inSeconds
            guard actual > 0 else { continue }
            let error = abs(announcement.wait.inSeconds - actual) / actual
            errors.append(error)
            ratios.append(announcement.wait.inSeconds / actual)
            if number == 0 { firstErrors.append(error) }
        }
    }
}
