import CallControl
package import CallFlow
import Routing
package import Telephony

// The outside router and what follows from its word, or from its silence.

extension CallDistributor {
    /// When the first of those who are asked has had its time.
    var routerDeadline: Instant? { seekers.values.lazy.compactMap(\.routerDue).min() }

    /// Asks where a call goes.
    mutating func askRouter(_ call: CallID, _ terms: RouterTerms, at now: Instant) {
        guard let seeker = seekers[call] else { return }
        lastInquiry += 1
        seekers[call]?.routerDue = now + terms.timeout
        seekers[call]?.inquiry = lastInquiry
        outputs.append(
            .askRouter(
                RouterInquiry(
                    number: lastInquiry, call: call, transfer: seeker.transfer,
                    context: seeker.context ?? CallContext(call: call))))
    }

    /// The outside router has answered, or failed. An answer that nobody waits for any more is dropped.
    package mutating func routerAnswered(_ inquiry: RouterInquiry, _ reply: RouterReply, at now: Instant) {
        let call = inquiry.call
        guard seekers[call]?.routerDue != nil, seekers[call]?.inquiry == inquiry.number else { return }
        seekers[call]?.routerDue = nil
        switch reply {
        case .answered(let answer): follow(answer, call, at: now)
        case .failed(let reason): routerFailed(call, reason, at: now)
        }
        drain(at: now)
    }

    /// Goes on without those that had their time.
    mutating func expireRouter(at now: Instant) {
        let late = seekers.filter { $0.value.routerDue.map { $0 <= now } ?? false }.keys
        for call in late.sorted(by: { $0.rawValue < $1.rawValue }) {
            seekers[call]?.routerDue = nil
            routerFailed(call, "had no answer in time", at: now)
        }
    }

    private mutating func routerFailed(_ call: CallID, _ reason: String, at now: Instant) {
        outputs.append(.routerFailed(call, reason))
        goOnWithoutRouter(call, at: now)
    }

    private mutating func goOnWithoutRouter(_ call: CallID, at now: Instant) {
        if configuration.router?.isAskedFirst == true {
            distribute(call, at: now)
        } else {
            give(up: call, seekers[call]?.lastOutcome ?? .failed)
        }
    }

    private mutating func follow(_ answer: RouterAnswer, _ call: CallID, at now: Instant) {
        switch answer {
        case .nobody: goOnWithoutRouter(call, at: now)
        case .queue(let wish):
            if let name = wish.name, directory.queueName(QueueID(name)) == nil {
                return routerFailed(call, "named the queue '\(name)', and there is none", at: now)
            }
            seekers[call]?.transfer.queue = wish
            distribute(call, at: now)
        case .dial(let target):
            guard let plan = plan(target, call, at: now) else { return }
            seekers[call]?.isRouted = true
            reply(.routed(.dial(plan)), to: call)
        case .refer(let target):
            guard let plan = plan(target, call, at: now) else { return }
            seekers[call]?.isRouted = true
            var referral = Referral(target: plan.target)
            referral.userToUser = plan.userToUser
            referral.headers = plan.headers
            reply(.routed(.refer(referral)), to: call)
        }
    }

    /// How the target is called; `nil`, and the call goes on without, when it cannot be taken as it is.
    private mutating func plan(_ target: RouterTarget, _ call: CallID, at now: Instant) -> DialPlan? {
        guard let seeker = seekers[call] else { return nil }
        if let problem = target.problem {
            routerFailed(call, "gave an answer that cannot be taken: \(problem)", at: now)
            return nil
        }
        guard target.target == NumberPool.target || isCallable(target.target) else {
            routerFailed(call, "named a target that outbound.allowed does not have", at: now)
            return nil
        }
        var plan = plan(.agent, target.target, seeker.transfer)
        plan.ringTimeout = target.ringTimeout ?? configuration.ringTimeout
        plan.userToUser = target.userToUser ?? plan.userToUser
        let names = target.headers.map { $0.name.lowercased() }
        let own = plan.headers.filter { !names.contains($0.name.lowercased()) }
        plan.headers = Array((target.headers + own).prefix(ContextHeaders.most))
        if let whisper = target.whisper { plan.whisper = WaitMessages().say(whisper, isPrivate: true) }
        return plan
    }
}
