import CallFlow
import SIP
import Telephony

/// A hand-over from the dialog's wish until the caller is with somebody, and while he is.
struct Handover {
    let request: TransferRequest
    /// The one who is called for it, or with whom the caller is.
    var leg: LegID?
    /// The caller is with somebody.
    var isBridged = false
    /// The caller has been with somebody: whoever was asked for has come, and nobody else is.
    var wasBridged = false
    /// How the caller waits for somebody to be free.
    var wait: WaitPlan?
    /// The key by which the caller who waits takes a call-back; `nil` where none is offered.
    var callBackKey: Digit?
    /// The caller leaves a message.
    var voicemail: Voicemail?
    /// Those who are called at once and have not answered; none is ``leg`` before it has.
    var swarm: [LegID] = []
    /// The one whose advice is asked.
    var consulted: LegID?
    /// The caller's own trunk has been asked to take the caller there, until this moment.
    var referralEnds: Instant?
    /// Who is called when it does not.
    var insteadOfReferral: DialPlan?
    /// A party that referred and is told how the call it asked for fares.
    var referrer: Referrer?

    struct Referrer {
        var party: LegID
        var id: UInt32
        /// The leg that was dialled for it.
        var leg: LegID
    }
}

// From the dialog to a person and back.
//
//     dialog ──> route? ──> dial ──> whisper ──> bridged ──> the agent hangs up: the call ends
//                  ^          │                     │
//                  └─ refused ┘                     └──> consult, transfer, conference

extension Call {
    var routeRequest: RequestID { requestID(.transfer, 0) }

    mutating func beginHandover(_ request: TransferRequest) {
        handover = Handover(request: request)
        outputs.append(.request(routeRequest, .transfer(call: id, request, context)))
    }

    /// The outside says where the caller goes.
    mutating func take(_ route: Route, at now: Instant) {
        guard handover != nil, handover?.isBridged == false else { return }
        switch route {
        case .dial(let plan):
            guard handover?.leg == nil, handover?.referralEnds == nil else { return }
            if canRefer(plan) { return refer(to: plan, at: now) }
            let leg = dial(plan, ringsFor: .caller, at: now)
            handover?.leg = leg
        case .dialAll(let plans):
            guard handover?.leg == nil, handover?.swarm.isEmpty == true else { return }
            var legs: [LegID] = []
            for plan in plans { legs.append(dial(plan, ringsFor: .caller, at: now)) }
            handover?.swarm = legs
            if plans.isEmpty { retry(.failed) }
        case .refer(let referral):
            guard handover?.leg == nil else { return }
            refer(referral, at: now)
        case .wait(let plan): wait(plan)
        case .say(let prompt): announce(prompt)
        case .withdraw(let reference, let reason): withdraw(reference, as: reason, at: now)
        case .voicemail(let plan): beginVoicemail(plan)
        case .offerCallBack(let offer): self.offer(offer)
        case .promiseCallBack(let promise): self.promise(promise)
        }
    }

    private mutating func wait(_ plan: WaitPlan) {
        handover?.wait = plan
        record(
            .queueEntered(
                QueueEntered(
                    queue: plan.queue, position: plan.position, wait: plan.estimatedWait?.roundedSeconds)))
        if handover?.leg == nil { stopRinging(for: .caller) }
    }

    mutating func announce(_ prompt: PromptSource) {
        play(Playback(id: nextAnnouncement(), source: prompt, topic: "", action: "queue", bargeIn: .nothing))
    }

    /// Numbers that the session's prompts never reach.
    mutating func nextAnnouncement() -> PlaybackID {
        announcements += 1
        return PlaybackID(1 << 24 + announcements)
    }

    /// Lets the one go who was dialled under a reference; who has the caller already keeps the caller.
    private mutating func withdraw(_ reference: UInt64, as reason: LegEndReason, at now: Instant) {
        guard let leg = joined.first(where: { $0.plan.reference == reference && !$0.isConnected })?.id else { return }
        if handover?.leg == leg { handover?.leg = nil }
        release(leg, as: reason, at: now)
        stopRinging(for: .caller)
    }

    /// A leg that was dialled is connected.
    mutating func connected(_ leg: LegID, at now: Instant) {
        guard let current = handover else { return }
        if let index = current.swarm.firstIndex(of: leg) {
            handover?.swarm.remove(at: index)
            if current.leg == nil { handover?.leg = leg }
            if !current.isBridged { bridge() }
        }
        if current.leg == leg, !current.isBridged { bridge() }
        guard let referrer = current.referrer, referrer.leg == leg else { return }
        // The party that referred has what it wanted: its leg is no longer needed.
        handover?.referrer = nil
        handover?.leg = leg
        place(.caller, .speaking)
        release(referrer.party, .transferred, at: now)
    }

    private mutating func bridge() {
        handover?.isBridged = true
        handover?.wasBridged = true
        if !isLed {
            // Whoever answers says who calls.
            player.stop(.stopped)
            reportPrompts()
        }
        place(.caller, .speaking)
        record(.transferEnded(TransferEnded(outcome: .completed)))
    }

    /// A leg is gone that the call did not let go.
    mutating func left(_ leg: LegID, _ reason: LegEndReason, at now: Instant) {
        guard let current = handover else { return }
        if let index = current.swarm.firstIndex(of: leg) {
            handover?.swarm.remove(at: index)
            if current.leg == nil, current.swarm.count == 1 { retry(reason.outcome) }
            return
        }
        if let referrer = current.referrer, referrer.leg == leg {
            handover?.referrer = nil
            return index(of: referrer.party) == nil ? failHandover(reason.outcome) : rejoin(referrer.party)
        }
        if current.consulted == leg {
            handover?.consulted = nil
            if let agent = current.leg { rejoin(agent) } else { failHandover(reason.outcome) }
            return
        }
        guard current.leg == leg else { return }
        handover?.leg = nil
        if let consulted = current.consulted { return inherit(consulted, at: now) }
        if let referrer = current.referrer { return follow(referrer) }
        guard current.isBridged else { return retry(reason.outcome) }
        if let other = someoneElse() {
            handover?.leg = other
        } else if !current.swarm.isEmpty {
            handover?.isBridged = false
            ring(for: .caller, .tone)
        } else {
            endConversation()
        }
    }

    /// The agent is gone and another's phone still rings for the caller.
    private mutating func follow(_ referrer: Handover.Referrer) {
        place(.caller, .speaking)
        ring(for: .caller, .tone)
        handover?.leg = referrer.leg
        handover?.isBridged = false
        handover?.referrer = nil
    }

    /// The agent left in the middle of a consultation: the caller goes on with the one who was consulted.
    private mutating func inherit(_ consulted: LegID, at now: Instant) {
        handover?.consulted = nil
        handover?.leg = consulted
        guard let index = index(of: consulted) else { return endConversation() }
        let isConnected = joined[index].isConnected
        place(.caller, .speaking)
        place(consulted, .speaking)
        if !isConnected {
            handover?.isBridged = false
            ring(for: .caller, joined[index].plan.ringback)
        }
    }

    /// Somebody who speaks with the caller, the first who came.
    private func someoneElse() -> LegID? {
        joined.first { $0.isConnected && $0.participation == .speaking }?.id
    }

    /// The caller and a party are together again.
    private mutating func rejoin(_ party: LegID) {
        place(.caller, .speaking)
        place(party, .speaking)
    }

    /// The one who was dialled did not come: the outside may know another, unless it was somebody's wish to hand the caller
    /// there.
    mutating func retry(_ outcome: TransferOutcome) {
        if handover?.wasBridged == true { return failHandover(outcome) }
        outputs.append(.request(routeRequest, .routeFailed(call: id, outcome)))
    }

    /// The hand-over came to nothing: the dialog goes on where its author says.
    mutating func failHandover(_ outcome: TransferOutcome) {
        guard handover != nil else { return }
        handover = nil
        stopRinging(for: .caller)
        if callerPlace != .speaking { place(.caller, .speaking) }
        record(.transferEnded(TransferEnded(outcome: outcome)))
        if let callBack = admission.callBack { return apologise(for: callBack) }
        tell(.transferEnded(outcome), at: caller.position)
    }

    /// The outside has the last word on a hand-over that is not yet one: it was done elsewhere, or comes to nothing.
    mutating func finishHandover(_ outcome: TransferOutcome) {
        guard handover?.isBridged == false, handover?.leg == nil else { return }
        guard outcome == .completed else { return failHandover(outcome) }
        handover = nil
        record(.transferEnded(TransferEnded(outcome: outcome)))
        tell(.transferEnded(outcome), at: caller.position)
        closing = .hangUp(.transferred)
    }

    /// Nobody is left but the caller: the call ends, or the dialog goes on where it asked for company alone.
    private mutating func endConversation() {
        let returns = handover?.request.returnsToDialog == true
        handover = nil
        guard !returns else {
            place(.caller, .speaking)
            return tell(.transferEnded(.completed), at: caller.position)
        }
        tell(.transferEnded(.completed), at: caller.position)
        drainSession()
        end(by: .agent, .normalClearing)
    }

    // MARK: - REFER in

    /// A party wants the caller to go to somebody else (RFC 3515), or to somebody of this call (RFC 3891).
    mutating func referred(
        by party: LegID, id: UInt32, to target: String, replacing other: LegID?, _ wishes: ReferredCall, at now: Instant
    ) {
        if party == .caller { return callerRefers(id: id, to: target, wishes, at: now) }
        guard let current = handover, current.leg == party, current.referrer == nil else {
            return outputs.append(.leg(self.id, .referProgress(party, id: id, status: 603)))
        }
        if let other {
            guard index(of: other) != nil else {
                return outputs.append(.leg(self.id, .referProgress(party, id: id, status: 481)))
            }
            outputs.append(.leg(self.id, .referProgress(party, id: id, status: 200)))
            handover?.consulted = other
            return perform(.complete, at: now)
        }
        place(.caller, .speaking)
        place(party, .held)
        var plan = DialPlan(.outsideNumber, target: target)
        plan.referred = wishes
        let leg = dial(plan, ringsFor: .caller, at: now)
        handover?.referrer = Handover.Referrer(party: party, id: id, leg: leg)
    }

    /// Reports on a leg to the party that asked for it.
    mutating func tellReferrer(of leg: LegID, status: Int) {
        if let referral = callerReferral, referral.leg == leg {
            return outputs.append(.leg(id, .referProgress(.caller, id: referral.id, status: status)))
        }
        guard let referrer = handover?.referrer, referrer.leg == leg, index(of: referrer.party) != nil else { return }
        outputs.append(.leg(id, .referProgress(referrer.party, id: referrer.id, status: status)))
    }
}
