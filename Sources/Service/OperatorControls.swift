import Admin
import CallControl
import Distribution
import Routing
import Telephony
import Transport

extension CallControls {
    /// What operators can do with the calls of these shards and with their agents.
    init(_ shards: [Shard], _ calls: LiveCalls, _ centre: ContactCentre) {
        self.init(
            judge: { call, wish in
                guard let shard = shards.first(where: { $0.outside.running.contains(call) }) else {
                    return .refused("the call is over")
                }
                if let problem = calls.all.first(where: { $0.call == call })?.problem(with: wish) {
                    return .refused(problem)
                }
                do throws(InvitationRefusal) {
                    let (input, invited) = try centre.input(for: wish, of: call)
                    return .granted(
                        perform: {
                            if case .consult = wish { calls.awaitsConsultation(call) }
                            shard.loop.post(input)
                        },
                        abandon: { if let invited { centre.uninvite(invited) } })
                } catch {
                    return .refused(error.description)
                }
            },
            agents: {
                centre.agents.map { profile, state in
                    Agent(
                        agent: profile.id.rawValue, name: profile.name, state: state.word,
                        queues: profile.queues.map(\.rawValue))
                }
            },
            queues: {
                centre.queues.map { profile, length, callBacks in
                    Queue(queue: profile.id.rawValue, name: profile.name, length: length, callBacks: callBacks)
                }
            },
            setAway: { reason, agent in centre.setAway(reason, AgentID(agent)) })
    }
}

extension ContactCentre {
    /// What the switchboard is told, and how somebody is called where the wish is about somebody.
    fileprivate func input(
        for wish: OperatorWish, of call: CallID
    ) throws(InvitationRefusal) -> (input: SwitchboardInput, invited: DialPlan?) {
        func plain(_ command: CallCommand) -> (SwitchboardInput, DialPlan?) { (.command(call, command), nil) }
        func inviting(
            _ who: String, as role: LegRole, _ command: (DialPlan) -> CallCommand
        ) throws(InvitationRefusal) -> (SwitchboardInput, DialPlan?) {
            var plan = try invite(who, as: role, to: call)
            if role == .supervisor { plan.participation = .listening }
            return (.command(call, command(plan)), plan)
        }
        switch wish {
        case .hold(let leg): return plain(.place(leg, .held))
        case .resume(let leg), .unmute(let leg), .bargeIn(let leg): return plain(.place(leg, .speaking))
        case .mute(let leg): return plain(.place(leg, .listening))
        case .whisper(let leg, let to): return plain(.place(leg, .whispering(to: to)))
        case .release(.caller), .hangUp: return (.hangUp(call, .normalClearing), nil)
        case .release(let leg): return plain(.release(leg))
        case .transfer(let who): return try inviting(who, as: .agent) { .transfer($0) }
        case .consult(let who): return try inviting(who, as: .expert) { .consult($0) }
        case .pullIn(let who): return try inviting(who, as: .expert) { .pullIn($0) }
        case .listen(let who): return try inviting(who, as: .supervisor) { .pullIn($0) }
        case .takeOver(let leg): return plain(.takeOver(leg))
        case .complete: return plain(.complete)
        case .swap: return plain(.swap)
        case .conference: return plain(.conference)
        case .back: return plain(.back)
        }
    }
}

extension LiveCalls.Summary {
    /// Parties that a call may have beside the caller: an agent, eight experts and a supervisor.
    private static let mostLegs = 10
    private static let mostExperts = 8

    /// Why a wish makes no sense in this call as it is; a sentence.
    func problem(with wish: OperatorWish) -> String? {
        switch wish {
        case .hold(let leg), .resume(let leg), .mute(let leg), .unmute(let leg), .release(let leg):
            return problem(withLeg: leg)
        case .bargeIn(let leg):
            return leg == .caller ? "leg 0 is the caller: 'resume' has a caller heard again" : problem(withLeg: leg)
        case .whisper(let leg, let other):
            if leg == other { return "leg \(leg.rawValue) cannot be heard by itself alone" }
            return problem(withLeg: leg) ?? problem(withLeg: other)
        case .takeOver(let leg): return problem(withLeg: leg) ?? problemAlone ?? problem(takingOver: leg)
        case .transfer: return problemAlone
        case .complete, .swap, .conference, .back:
            return problemAlone ?? (isConsulting ? nil : "nobody is consulted; 'consult' calls somebody")
        case .consult:
            return problemAlone ?? (isConsulting ? "somebody is consulted already" : nil) ?? problemOfExperts
                ?? problemCrowded
        case .pullIn: return problemOfExperts ?? problemCrowded
        case .listen: return problemCrowded
        case .hangUp: return nil
        }
    }

    /// The agent asks somebody, or is back with the caller while that one waits.
    private var isConsulting: Bool {
        awaitsConsultation == true
            || legs.contains {
                $0.place.hasPrefix(LegRoom.consultation.rawValue)
                    || $0.role == .expert && $0.place.hasPrefix(LegRoom.hold.rawValue)
            }
    }

    private func problem(takingOver leg: LegID) -> String? {
        guard legs.contains(where: { $0.leg == leg && $0.hasAnswered }) else {
            return leg == .caller ? "leg 0 is the caller" : "leg \(leg.rawValue) has not answered yet"
        }
        let others = legs.contains { $0.leg != leg && $0.hasAnswered }
        return others ? nil : "leg \(leg.rawValue) is alone with the caller: there is nobody to take over from"
    }

    private func problem(withLeg leg: LegID) -> String? {
        if leg == .caller || legs.contains(where: { $0.leg == leg }) { return nil }
        let known = ["0 is the caller"] + legs.map { "\($0.leg.rawValue) is the \($0.role.rawValue)" }
        return "the call has no leg \(leg.rawValue); \(known.joined(separator: ", "))"
    }

    private var problemAlone: String? {
        legs.contains(where: \.hasAnswered) ? nil : "the caller is with nobody yet"
    }

    private var problemOfExperts: String? {
        let most = LiveCalls.Summary.mostExperts
        return legs.count { $0.role == .expert } < most ? nil : "there are \(most) experts in the call already"
    }

    private var problemCrowded: String? {
        legs.count < LiveCalls.Summary.mostLegs ? nil : "there are \(legs.count) in the call besides the caller already"
    }
}
