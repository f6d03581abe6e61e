import CallControl
import CallFlow
import Routing
package import Telephony

// Agents who are called for those who wait, and what the facts of the calls tell of them.

extension CallDistributor {
    /// Lets a call ring at an agent.
    mutating func ring(_ offer: Offer, at now: Instant) {
        guard let seeker = seekers[offer.call], var plan = plan(for: offer, seeker) else {
            directory.offerEnded(offer.id, as: .failed, at: now)
            return
        }
        let messages = configuration.messages[offer.queue] ?? WaitMessages()
        plan.reference = offer.id.rawValue
        // The directory says when it has rung for long enough; the leg's own limit is for when that is lost.
        plan.ringTimeout = offer.ringTimeout + .seconds(2)
        plan.whisper =
            plan.whisper
            ?? messages.whisper(
                queue: directory.queueName(offer.queue) ?? "", message: seeker.transfer.messageToAgent.disclosed ?? "")
        if seeker.isWaiting, let music = messages.music { plan.ringback = .music(music) }
        seekers[offer.call]?.offer = offer.id
        expected[offer.id.rawValue] = (offer.call, Member(person: .agent(offer.agent), offer: offer.id))
        outputs.append(.reply(offer.call, seeker.request, .routed(.dial(plan))))
    }

    private func plan(for offer: Offer, _ seeker: Seeker) -> DialPlan? {
        guard var plan = plan(.agent, offer.address) else { return nil }
        tell(seeker.transfer, to: &plan)
        return plan
    }

    /// How somebody is called; `nil` for a phone that is not registered.
    func plan(_ role: LegRole, _ address: AgentAddress) -> DialPlan? {
        switch address {
        case .uri(let uri): return DialPlan(role, target: uri)
        case .registered(let address):
            guard let contact = phones[address]?.first else { return nil }
            var plan = DialPlan(role, target: "sip:" + address)
            plan.contact = contact
            return plan
        }
    }

    /// The plan of a call that no queue gives to anybody; `nil` where there is nobody to call.
    func directPlan(for transfer: TransferRequest) -> DialPlan? {
        let isForAgent = transfer.kind == .agent
        guard let target = isForAgent ? configuration.agentsTarget : transfer.target.disclosed, !target.isEmpty else {
            return nil
        }
        var plan = plan(isForAgent ? .agent : .outsideNumber, target, transfer)
        plan.ringTimeout = configuration.ringTimeout
        return plan
    }

    func plan(_ role: LegRole, _ target: String, _ transfer: TransferRequest) -> DialPlan {
        var plan = DialPlan(role, target: target)
        tell(transfer, to: &plan)
        return plan
    }

    /// What whoever is called is told in the INVITE: an opaque key and the `X-` fields that the dialog chose, nothing
    /// secret.
    func tell(_ transfer: TransferRequest, to plan: inout DialPlan) {
        plan.ringback = .farEnd
        plan.userToUser = transfer.userToUser?.disclosed.map { String($0.prefix(ContextHeaders.longestKey)) }
        plan.headers = transfer.headers.prefix(ContextHeaders.most).compactMap { header in
            guard let value = header.value.disclosed.map({ String($0.prefix(ContextHeaders.longestValue)) }),
                ContextHeaders.problem(header.name, value) == nil
            else { return nil }
            return (header.name, value)
        }
        if let whisper = transfer.whisper?.disclosed, !whisper.isEmpty {
            plan.whisper = WaitMessages().say(whisper, isPrivate: true)
        }
        plan.dtmfSequence = transfer.dtmfSequence
    }

    // MARK: - Facts

    /// A call has dialled somebody under a reference.
    package mutating func dialled(_ call: CallID, _ leg: LegID, reference: UInt64) {
        guard let member = expected.removeValue(forKey: reference)?.member else { return }
        legs[LegKey(call: call, leg: leg)] = member
    }

    /// Something happened in a call.
    package mutating func happened(_ event: CallEvent, at now: Instant) {
        switch event.body {
        case .legAnswered(let body): answered(LegKey(call: event.call, leg: body.leg), at: now)
        case .legReplaced(let body): replaced(LegKey(call: event.call, leg: body.leg), at: now)
        case .legEnded(let body): ended(LegKey(call: event.call, leg: body.leg), body.reason, at: now)
        case .callBackTried(let body): tried(event.call, body, at: now)
        case .transferEnded: served[event.call] = nil
        case .callEnded: ended(event.call, at: now)
        default: return
        }
        drain(at: now)
    }

    private mutating func answered(_ key: LegKey, at now: Instant) {
        guard let member = legs[key], !member.hasAnswered, case .agent(let agent) = member.person else { return }
        legs[key]?.hasAnswered = true
        if let offer = member.offer {
            guard !directory.offerEnded(offer, as: .answered, at: now) else { return }
            // The agent answered in the moment in which the call was taken back: the two are together all the same, and
            // nobody else is to be called.
            directory.callEnded(key.call, at: now)
            found(key.call, waited: .zero)
        }
        directory.occupy(agent, with: key.call, at: now)
    }

    /// Somebody else took the call while it rang at an agent: the agent is free again, and nobody else is to be called.
    private mutating func replaced(_ key: LegKey, at now: Instant) {
        guard let member = legs[key], !member.hasAnswered, member.offer != nil else { return }
        directory.callEnded(key.call, at: now)
        seekers[key.call] = nil
    }

    private mutating func ended(_ key: LegKey, _ reason: LegEndReason, at now: Instant) {
        guard let member = legs.removeValue(forKey: key) else { return }
        switch member.person {
        case .expert(let expert): experts.left(expert, call: key.call)
        case .agent(let agent):
            if member.hasAnswered {
                // One who leaves in the whisper: the caller is back at the place before anybody is free for another.
                if member.offer != nil, let seeker = served.removeValue(forKey: key.call) {
                    takePlaceAgain(key.call, seeker, at: now)
                }
                directory.released(agent, at: now)
            } else if reason != .released, let offer = member.offer,
                directory.offerEnded(offer, as: OfferOutcome(reason), at: now)
            {
                // One that the call itself let go is the directory's wish, or the caller is gone.
                seekers[key.call]?.offer = nil
            }
        }
    }

    private mutating func ended(_ call: CallID, at now: Instant) {
        seekers[call] = nil
        served[call] = nil
        // A call to somebody who is called back that ended before it came to anything, as when a process ends.
        if let id = lines.removeValue(forKey: call), promises[id]?.line == call { failed(id, at: now) }
        directory.callEnded(call, at: now)
        experts.callEnded(call)
        expected = expected.filter { $0.value.call != call }
        legs = legs.filter { $0.key.call != call }
    }
}

extension OfferOutcome {
    fileprivate init(_ reason: LegEndReason) {
        self =
            switch reason {
            case .busy: .busy
            case .noAnswer: .noAnswer
            case .refused: .refused
            case .hungUp, .released, .failed, .notAllowed: .failed
            }
    }
}

extension DisclosableText {
    /// The text, unless it is secret: then it is in no header, nobody is dialled by it and nobody is told.
    var disclosed: String? {
        if case .open(let text) = self { text } else { nil }
    }
}
