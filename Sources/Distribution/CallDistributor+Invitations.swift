package import CallControl
import CallFlow
import Routing
package import Telephony

// People who are called into a running call by name, by skill or by number.

/// Why nobody can be called into a call; a sentence.
package struct InvitationRefusal: Error, CustomStringConvertible {
    package let description: String
}

extension CallDistributor {
    /// Numbers of invitations are above all numbers of offers.
    private static let firstReference: UInt64 = 1 << 48

    /// The plan for calling somebody into a call.
    ///
    /// - Parameters:
    ///   - wanted: the name of an expert or agent, `skill:NAME` for the expert who knows most of it and is free,
    ///     `phone:USER@HOST` for a phone that registered, or a number or SIP URI.
    /// - Throws: a sentence that says who is free instead.
    package mutating func invite(
        _ wanted: String, as role: LegRole, to call: CallID, at now: Instant
    ) throws(InvitationRefusal) -> DialPlan {
        if wanted.hasPrefix("skill:") {
            let skill = wanted.dropFirst("skill:".count)
            guard let expert = free(.skills([SkillRequirement(String(skill))]), at: now).first else {
                throw refusal("nobody who knows '\(skill)' is free", at: now)
            }
            return try plan(for: expert, role, call, at: now)
        }
        if let expert = configuration.experts.first(where: { $0.id.rawValue == wanted }) {
            return try plan(for: expert, role, call, at: now)
        }
        if let agent = directory.profile(of: AgentID(wanted)) { return try plan(for: agent, role, call) }
        if let expert = free(.person(wanted), at: now).first { return try plan(for: expert, role, call, at: now) }
        if wanted.hasPrefix("phone:") {
            guard let plan = plan(role, .registered(String(wanted.dropFirst("phone:".count)))) else {
                throw InvitationRefusal(description: "'\(wanted)' is not registered")
            }
            return plan
        }
        guard wanted == NumberPool.target || OutboundTarget(wanted) != nil else {
            throw refusal("'\(wanted)' is no expert, agent, number or SIP URI", at: now)
        }
        // Said before anybody has left for whoever is called.
        guard wanted == NumberPool.target || isCallable(wanted) else {
            throw InvitationRefusal(
                description: "'\(wanted)' may not be called; outbound.allowed has nothing that fits it")
        }
        return DialPlan(role, target: wanted)
    }

    /// Somebody who was invited is not called after all, and is free for others.
    package mutating func uninvite(_ reference: UInt64) {
        guard let (call, member) = expected.removeValue(forKey: reference) else { return }
        if case .expert(let expert) = member.person { experts.left(expert, call: call) }
    }

    /// The plans for the experts that a dialog wants; those who cannot be called are left out.
    mutating func plans(for transfer: TransferRequest, in call: CallID, at now: Instant) -> [DialPlan] {
        var plans: [DialPlan] = []
        for wanted in transfer.experts {
            guard var plan = try? invite(wanted, as: .expert, to: call, at: now) else { continue }
            plan.ringTimeout = configuration.ringTimeout
            tell(transfer, to: &plan)
            let message = transfer.messageToAgent.disclosed ?? ""
            if plan.whisper == nil, !message.isEmpty { plan.whisper = WaitMessages().say(message, isPrivate: true) }
            plans.append(plan)
        }
        return plans
    }

    private func free(_ query: ExpertQuery, at now: Instant) -> [ExpertProfile] {
        experts.experts(for: query, at: wallTime(at: now)).filter { isReachable($0) }
    }

    private func isReachable(_ expert: ExpertProfile) -> Bool {
        guard case .registered(let address) = expert.address else { return true }
        return phones[address]?.isEmpty == false
    }

    private func wallTime(at now: Instant) -> WallTime {
        (wall ?? WallTime(millisecondsSince1970: 0)) + (now - start)
    }

    private mutating func plan(
        for expert: ExpertProfile, _ role: LegRole, _ call: CallID, at now: Instant
    ) throws(InvitationRefusal) -> DialPlan {
        switch experts.availability(of: expert.id, at: wallTime(at: now)) {
        case .free?: break
        case .busy?: throw refusal("\(expert.name) is busy", at: now)
        case .outOfHours?, nil: throw refusal("\(expert.name) is not on duty at this time", at: now)
        }
        guard var plan = plan(role, expert.address) else {
            throw refusal("the phone of \(expert.name) is not registered", at: now)
        }
        experts.joined(expert.id, call: call)
        expect(Member(person: .expert(expert.id)), in: call, &plan)
        return plan
    }

    private mutating func plan(
        for agent: AgentProfile, _ role: LegRole, _ call: CallID
    ) throws(InvitationRefusal) -> DialPlan {
        guard directory.state(of: agent.id)?.isAvailable == true, var plan = plan(role, agent.address) else {
            throw InvitationRefusal(description: "\(agent.name) is not available")
        }
        expect(Member(person: .agent(agent.id)), in: call, &plan)
        return plan
    }

    private mutating func expect(_ member: Member, in call: CallID, _ plan: inout DialPlan) {
        lastInvitation += 1
        let reference = CallDistributor.firstReference + lastInvitation
        plan.reference = reference
        expected[reference] = (call, member)
    }

    private func refusal(_ problem: String, at now: Instant) -> InvitationRefusal {
        let free = configuration.experts.filter {
            experts.availability(of: $0.id, at: wallTime(at: now)) == .free && isReachable($0)
        }.map(\.id.rawValue)
        return InvitationRefusal(
            description: free.isEmpty ? problem : "\(problem); free are \(free.joined(separator: ", "))")
    }
}
