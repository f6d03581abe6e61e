import CallControl
import CallFlow
import Routing
package import Telephony

// Virtual hold: callers who keep their place without staying on the line.

extension CallDistributor {
    /// The key by which a caller who waits takes the offer.
    private static let key = Digit(code: 1)
    /// How long one who is to be called back waits while nobody says whose promise it is, before that is asked again.
    private static let claimPause = Interval.seconds(2)

    /// A caller who is to be called back.
    struct Promise: Sendable {
        /// The call in which it was promised.
        var call: CallID
        var queue: QueueID
        /// What was asked for.
        var transfer: TransferRequest
        var from: String
        var to: String
        /// The name of the dialog that led that call.
        var agent: String
        /// Calls that have been placed.
        var placed = 0
        /// The one that is under way.
        var line: CallID?
        /// When the directory gives that one up.
        var ringEnds = Instant.zero
        /// Those of them that counted.
        var attempts = 0
        /// How often it was told.
        var version: Int64 = 0

        /// The name of the call that is placed last.
        var nextCall: CallID { CallID("\(call.rawValue)-callback-\(placed)") }
    }

    /// Whether a number may be called, as far as it can be known before it is.
    func isCallable(_ number: String) -> Bool {
        guard let rules = configuration.outbound else { return OutboundTarget(number) != nil }
        return OutboundPolicy(rules).permits(number) != nil
    }

    // MARK: - The promise

    /// Asks one who waits, where the number can be called.
    mutating func offerCallBack(_ call: CallID, _ queue: QueueID) {
        guard let context = seekers[call]?.context, isCallable(context.from), let key = CallDistributor.key else {
            return
        }
        let text = (configuration.callBacks[queue] ?? CallBackMessages()).offer
        // One that is asked on joining waits before it is asked.
        if seekers[call]?.isWaiting == false { wait(call) }
        reply(.routed(.offerCallBack(CallBackOffer(messages(of: call).say(text), key: key))), to: call)
    }

    /// One who waits has said yes. Whose phone rings at an agent already needs no call-back.
    package mutating func callBackWanted(_ call: CallID, at now: Instant) {
        guard let seeker = seekers[call], let context = seeker.context, let queue = seeker.queue,
            let id = directory.acceptCallBack(call, number: context.from, isOnTheLine: true, at: now)
        else { return }
        promise(id, queue, number: context.from, of: call, seeker)
        let farewell = messages(of: call).say((configuration.callBacks[queue] ?? CallBackMessages()).farewell)
        reply(
            .routed(
                .promiseCallBack(
                    CallBackPromise(queue: queue.rawValue, number: context.from, farewell: farewell))), to: call)
        seekers[call] = nil
        drain(at: now)
    }

    /// A dialog wants its caller to be called back.
    mutating func promiseCallBack(_ call: CallID, _ transfer: TransferRequest, at now: Instant) {
        guard let seeker = seekers[call], let queue = queue(for: transfer) else { return give(up: call, .failed) }
        guard let target = transfer.target.disclosed else { return give(up: call, .refused) }
        let number = target.isEmpty ? seeker.context?.from ?? "" : target
        guard isCallable(number) else { return give(up: call, .refused) }
        let skills = transfer.queue?.skills.map { SkillRequirement($0) } ?? []
        let request = QueueRequest(call: call, queue: queue, priority: transfer.queue?.priority, skills: skills)
        switch directory.enqueueCallBack(request, number: number, at: now) {
        case .promised(let id, let queue):
            promise(id, queue, number: number, of: call, seeker)
            reply(.routed(.promiseCallBack(CallBackPromise(queue: queue.rawValue, number: number))), to: call)
            seekers[call] = nil
        case .refused(.full), .refused(.closed): give(up: call, .refused)
        case .refused(.unknownQueue), .refused(.callIsKnown): give(up: call, .failed)
        }
    }

    private mutating func promise(
        _ id: CallBackID, _ queue: QueueID, number: String, of call: CallID, _ seeker: Seeker
    ) {
        var transfer = seeker.transfer
        transfer.kind = .agent
        transfer.target = .open("")
        transfer.returnsToDialog = false
        var wish = transfer.queue ?? QueueWish()
        wish.name = queue.rawValue
        transfer.queue = wish
        promises[id] = Promise(
            call: call, queue: queue, transfer: transfer, from: number, to: seeker.context?.to ?? "",
            agent: seeker.context?.agent ?? "")
        tell(id, isNew: true)
    }

    // MARK: - The call

    /// Calls a caller whose turn has come. One whose phone rings already for an agent who left is not called again.
    mutating func place(_ attempt: CallBackAttempt, at now: Instant) {
        guard var promise = promises[attempt.id] else { return }
        promise.ringEnds = now + attempt.ringTimeout
        promise.attempts = attempt.attempt
        let wasTakenBack = takenBack.contains(attempt.id)
        takenBack.removeAll { $0 == attempt.id }
        if !wasTakenBack || promise.line == nil {
            promise.placed += 1
            let call = promise.nextCall
            promise.line = call
            lines[call] = attempt.id
            var plan = DialPlan(.caller, target: attempt.number)
            plan.ringTimeout = attempt.ringTimeout
            outputs.append(
                .place(placement(promise, call, plan, attempt: attempt.attempt, left: attempt.attemptsLeft)))
        }
        promises[attempt.id] = promise
        tell(attempt.id, isNew: false)
    }

    private func placement(
        _ promise: Promise, _ call: CallID, _ plan: DialPlan?, attempt: Int, left: Int
    ) -> CallBackPlacement {
        let (texts, voice) = (
            configuration.callBacks[promise.queue] ?? CallBackMessages(),
            configuration.messages[promise.queue] ?? WaitMessages()
        )
        var callBack = CallBackCall(
            promisedIn: promise.call, queue: promise.queue.rawValue, attempt: attempt, attemptsLeft: left,
            transfer: promise.transfer)
        callBack.greeting = voice.say(texts.greeting)
        callBack.apology = voice.say(texts.apology)
        return CallBackPlacement(
            call: call, from: promise.from, to: promise.to, agent: promise.agent, plan: plan, callBack: callBack)
    }

    /// An attempt came to something.
    mutating func tried(_ call: CallID, _ body: CallBackTried, at now: Instant) {
        guard let id = lines[call], promises[id]?.line == call else { return }
        switch body.outcome {
        case .reached, .withdrawn, .expired: return
        case .notAllowed where body.rule?.isMomentary == true: failed(id, at: now)
        case .notAllowed:
            promises[id]?.line = nil
            directory.cancelCallBack(id, at: now)
        case .busy, .noAnswer, .refused, .failed:
            failed(id, at: now)
        }
    }

    mutating func failed(_ id: CallBackID, at now: Instant) {
        promises[id]?.line = nil
        directory.callBackFailed(id, at: now)
        tell(id, isNew: false)
    }

    /// A call cannot be placed at all.
    package mutating func cannotPlace(_ call: CallID, at now: Instant) {
        guard let id = lines.removeValue(forKey: call) else { return }
        failed(id, at: now)
        drain(at: now)
    }

    /// Whether a call is to be placed, now that whoever keeps promises for all processes has said whose this one is. Nobody
    /// is called while it says nothing: another process might have called meanwhile.
    package mutating func claimed(
        _ placement: CallBackPlacement, _ answer: PromiseClaim, at now: Instant
    ) -> Bool {
        switch answer {
        case .lost:
            forgetPromise(of: placement.callBack.promisedIn, at: now)
            return false
        case .unknown where placement.plan != nil:
            postponePlacing(placement.call, by: CallDistributor.claimPause, at: now)
            return false
        case .held, .unknown: return placement.plan == nil || isToBePlaced(placement.call)
        }
    }

    /// A call cannot be placed for now: it does not count, and its agent is there for others until it is tried again.
    mutating func postponePlacing(_ call: CallID, by pause: Interval, at now: Instant) {
        guard let id = lines[call], promises[id]?.line == call else { return }
        lines[call] = nil
        promises[id]?.line = nil
        promises[id]?.placed -= 1
        directory.postponeCallBack(id, by: pause, at: now)
        tell(id, isNew: false)
        drain(at: now)
    }

    /// The caller has answered and asks for the agent who was kept; where that one has left meanwhile the caller waits at
    /// the place that was kept.
    mutating func resume(_ call: CallID, _ id: CallBackID, at now: Instant) {
        guard let promise = promises.removeValue(forKey: id) else { return distribute(call, at: now) }
        lines[call] = nil
        outputs.append(.promiseOver(promise.call))
        takenBack.removeAll { $0 == id }
        // Another call was on its way for the next agent.
        if let other = promise.line, other != call { outputs.append(.withdraw(other, .withdrawn)) }
        seekers[call]?.queue = promise.queue
        if directory.callBackAnswered(id, as: call, at: now) || directory.callBackResumed(id, as: call, at: now) {
            return
        }
        seekers[call]?.queue = nil
        distribute(call, at: now)
    }

    /// The directory has taken attempts back, and nobody else's call goes to those callers: they rang for too long, or the
    /// agent who was kept has left.
    mutating func giveUpTakenBack(at now: Instant) {
        for id in takenBack {
            guard let promise = promises[id], let line = promise.line else { continue }
            promises[id]?.line = nil
            outputs.append(.withdraw(line, promise.ringEnds <= now ? .noAnswer : .withdrawn))
            tell(id, isNew: false)
        }
        takenBack = []
    }

    mutating func callBackEnded(_ id: CallBackID, _ outcome: CallBackOutcome) {
        guard outcome != .reached, let promise = promises.removeValue(forKey: id) else { return }
        if let line = promise.line {
            // It was taken back in the same moment.
            outputs.append(.withdraw(line, outcome == .notReached ? .noAnswer : .withdrawn))
        }
        guard outcome == .expired else { return outputs.append(.promiseOver(promise.call)) }
        account(for: promise)
    }

    /// What was promised and not kept is told as well.
    mutating func account(for promise: Promise) {
        var last = promise
        last.placed += 1
        outputs.append(.place(placement(last, last.nextCall, nil, attempt: last.attempts + 1, left: 0)))
    }
}
