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
            perform: { call, wish in
                guard let shard = shards.first(where: { $0.outside.running.contains(call) }) else {
                    return "the call is over"
                }
                if let problem = calls.all.first(where: { $0.call == call })?.problem(with: wish) { return problem }
                do throws(InvitationRefusal) {
                    shard.loop.post(try centre.input(for: wish, of: call))
                    return nil
                } catch {
                    return error.description
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
    /// What the switchboard is told.
    fileprivate func input(for wish: OperatorWish, of call: CallID) throws(InvitationRefusal) -> SwitchboardInput {
        func place(_ leg: LegID, _ participation: Participation) -> SwitchboardInput {
            .command(call, .place(leg, participation))
        }
        switch wish {
        case .hold(let leg): return place(leg, .held)
        case .resume(let leg), .unmute(let leg), .bargeIn(let leg): return place(leg, .speaking)
        case .mute(let leg): return place(leg, .listening)
        case .whisper(let leg, let to): return place(leg, .whispering(to: to))
        case .release(.caller), .hangUp: return .hangUp(call, .normalClearing)
        case .release(let leg): return .command(call, .release(leg))
        case .transfer(let who): return .command(call, .transfer(try invite(who, as: .agent, to: call)))
        case .consult(let who): return .command(call, .consult(try invite(who, as: .expert, to: call)))
        case .pullIn(let who): return .command(call, .pullIn(try invite(who, as: .expert, to: call)))
        case .listen(let who):
            var plan = try invite(who, as: .supervisor, to: call)
            plan.participation = .listening
            return .command(call, .pullIn(plan))
        case .takeOver(let leg): return .command(call, .takeOver(leg))
        case .complete: return .command(call, .complete)
        case .swap: return .command(call, .swap)
        case .conference: return .command(call, .conference)
        case .back: return .command(call, .back)
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
        case .hold(let leg), .resume(let leg), .mute(let leg), .unmute(let leg), .release(let leg), .bargeIn(let leg):
            return problem(withLeg: leg)
        case .whisper(let leg, let other): return problem(withLeg: leg) ?? problem(withLeg: other)
        case .takeOver(let leg): return problem(withLeg: leg) ?? problemAlone
        case .transfer, .complete, .swap, .conference, .back: return problemAlone
        case .consult: return problemAlone ?? problemOfExperts ?? problemCrowded
        case .pullIn: return problemOfExperts ?? problemCrowded
        case .listen: return problemCrowded
        case .hangUp: return nil
        }
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
