import Routing
import Telephony

// What goes wrong, and what a service does about it.

extension LossRun {
    mutating func happen(_ event: Event, at now: Instant, isOpen: Bool) {
        switch event {
        case .arrives(let index): arrive(index, CallID("call-\(index)"), at: now)
        case .callerGone(let call): callerGone(call, at: now)
        case .legEnds(let offer, let outcome):
            let stood = directory.offerEnded(offer, as: outcome, at: now)
            if stood, outcome != .answered { drop(offer, at: now) }
            // The same message again.
            if random.happens(0.05) { directory.offerEnded(offer, as: outcome, at: now) }
        case .agentLegDrops(let agent, let call): agentLegDrops(agent, call, at: now)
        case .callBackAccepted(let call): acceptCallBack(call, at: now)
        case .callBackCancelled(let id): directory.cancelCallBack(id, at: now)
        case .callBackAnswered(let id, let caller, let call): callBackAnswered(id, caller, call, at: now)
        case .callBackFailed(let id): directory.callBackFailed(id, at: now)
        case .agentWhim(let index):
            whims += 1
            whim(agents[index].id, agents[index].address, at: now)
            // When the doors close the agents stop changing their minds.
            if isOpen { agenda.add(.agentWhim(index), at: now + delay(mean: 120)) }
        }
    }

    func caller(_ call: CallID) -> Int? { callers[call] }

    private mutating func delay(mean: Double) -> Interval {
        .milliseconds(Int64(random.exponential(mean: mean) * 1_000))
    }

    private mutating func arrive(_ index: Int, _ call: CallID, at now: Instant) {
        callers[call] = index
        let request = QueueRequest(
            call: call, queue: random.happens(0.7) ? "first" : "second",
            priority: random.happens(0.2) ? random.index(below: 4) : nil)
        switch directory.enqueue(request, at: now) {
        case .queued: agenda.add(.callerGone(call), at: now + delay(mean: 90))
        case .overflow: end(call, .overflowed)
        case .refused: end(call, .refused)
        }
    }

    private mutating func end(_ call: CallID, _ ending: Ending) {
        guard let index = callers.removeValue(forKey: call) else { return }
        endings[index].append(ending)
    }

    /// The caller hangs up, wherever the call is.
    private mutating func callerGone(_ call: CallID, at now: Instant) {
        directory.callEnded(call, at: now)
        if let offer = talks.removeValue(forKey: call) {
            drop(offer, at: now)
            end(call, .served)
        } else {
            end(call, .abandoned)
        }
        pool.callEnded(call, at: now)
        experts.callEnded(call)
    }

    private mutating func agentLegDrops(_ agent: AgentID, _ call: CallID, at now: Instant) {
        guard let offer = talks.removeValue(forKey: call) else { return }
        drop(offer, at: now)
        directory.released(agent, at: now)
        if random.happens(0.5) {
            // The caller wants somebody else.
            let request = QueueRequest(call: call, queue: "first", priority: 9)
            if case .queued = directory.enqueue(request, at: now) { return }
        }
        end(call, .served)
    }

    private mutating func acceptCallBack(_ call: CallID, at now: Instant) {
        guard let id = directory.acceptCallBack(call, number: "+442079461234", at: now) else { return }
        pending[id] = callers.removeValue(forKey: call)
        if random.happens(0.1) { agenda.add(.callBackCancelled(id), at: now + delay(mean: 100)) }
    }

    private mutating func callBackAnswered(_ id: CallBackID, _ caller: Int, _ call: CallID, at now: Instant) {
        callers[call] = caller
        guard directory.callBackAnswered(id, as: call, at: now) else {
            callers[call] = nil
            return
        }
        agenda.add(.callerGone(call), at: now + delay(mean: 60))
    }

    private mutating func whim(_ agent: AgentID, _ address: AgentAddress, at now: Instant) {
        switch random.index(below: 6) {
        case 0: directory.setAway(agent, reason: "break", at: now)
        case 1:
            if case .registered(let phone) = address {
                directory.registrationChanged(of: phone, isRegistered: random.happens(0.6), at: now)
            }
        case 2:
            let own = CallID("own-\(whims)")
            if directory.occupy(agent, with: own, at: now) {
                agenda.add(.callerGone(own), at: now + delay(mean: 30))
            }
        case 3: directory.released("nobody", at: now)
        default: directory.setAvailable(agent, at: now)
        }
    }

    // MARK: - Legs

    mutating func drain(at now: Instant) {
        while let output = directory.poll() { follow(output, at: now) }
    }

    private mutating func follow(_ output: DirectoryOutput, at now: Instant) {
        switch output {
        case .offer(let offer): ring(offer, at: now)
        case .withdraw(let offer, _, _, _): drop(offer, at: now)
        case .connected(let offer, let agent, let call, _):
            talks[call] = offer
            if random.happens(0.3) { experts.joined("expert", call: call) }
            if random.happens(0.3) { agenda.add(.agentLegDrops(agent, call), at: now + delay(mean: 30)) }
        case .offerCallBack(let call, _):
            if random.happens(0.5) { agenda.add(.callBackAccepted(call), at: now + delay(mean: 5)) }
        case .overflow(let call, _, _, _): end(call, .overflowed)
        case .callBack(let attempt): dial(attempt, at: now)
        case .callBackEnded(let id, _, let outcome):
            guard let index = pending.removeValue(forKey: id), outcome != .reached else { return }
            endings[index].append(.callBackFailed)
        case .announce, .comfort, .moved, .withdrawCallBack, .agent: break
        }
    }

    private mutating func dial(_ attempt: CallBackAttempt, at now: Instant) {
        attempts += 1
        guard let caller = pending[attempt.id] else { return }
        let call = CallID("back-\(attempts)")
        switch random.index(below: 4) {
        case 0: break
        case 1: agenda.add(.callBackFailed(attempt.id), at: now + delay(mean: 8))
        default: agenda.add(.callBackAnswered(attempt.id, caller, call), at: now + delay(mean: 8))
        }
    }

    /// The agent's leg is dialled; how it ends, if it does, is chance.
    private mutating func ring(_ offer: Offer, at now: Instant) {
        guard case .uri(let uri) = offer.address else { return reach(offer, permit: nil, at: now) }
        switch policy.request(uri, caller: nil, trunk: "pbx", at: now) {
        case .allowed(let permit): reach(offer, permit: permit.id, at: now)
        case .refused: agenda.add(.legEnds(offer.id, .failed), at: now)
        }
    }

    private mutating func reach(_ offer: Offer, permit: UInt64?, at now: Instant) {
        let lease = pool.lease(
            for: offer.call, contextKey: "\(offer.id.rawValue)", lasting: .seconds(300), at: now)
        if lease == nil { leasesWithoutNumber += 1 }
        legs[offer.id] = Leg(call: offer.call, permit: permit, number: lease?.number)
        guard !random.happens(0.1) else { return }
        let outcomes: [OfferOutcome] = [.answered, .answered, .answered, .refused, .busy, .noAnswer, .failed]
        agenda.add(.legEnds(offer.id, outcomes[random.index(below: outcomes.count)]), at: now + delay(mean: 6))
    }

    /// The agent's leg is gone, and with it what it held.
    mutating func drop(_ offer: OfferID, at now: Instant) {
        guard let leg = legs.removeValue(forKey: offer) else { return }
        if let permit = leg.permit { policy.ended(permit) }
        if let number = leg.number { pool.release(number, of: leg.call, at: now) }
    }
}
