import Records
import Telephony

// What operators do with running calls and with agents. What lets somebody hear a call, or be heard in it, is in the
// audit log before it is done, and so is that it was refused.

extension AdminAPI {
    /// Does what is wanted of a call; `nil` when that is no wish.
    func command(_ call: String, _ name: String, _ request: Request, _ who: String) throws(RecordsError) -> Answer? {
        let wish: OperatorWish
        do {
            wish = try OperatorWish(name) { request.query[$0] }
        } catch let problem as OperatorWish.MissingParameter {
            return Answer(400, error: problem.description)
        } catch {
            return nil
        }
        let id = CallID(call)
        guard let controls = sources.controls else { return Answer(404, error: "calls cannot be led here") }
        guard sources.calls.all.contains(where: { $0.call == id }) else {
            return Answer(404, error: "there is no such call, or it is over")
        }
        if let kind = wish.audited {
            guard let store = sources.store else {
                return Answer(
                    409,
                    error:
                        "'\(name)' goes into the audit log, which needs a store; begin with 'parley serve --store FILE'"
                )
            }
            return try perform(wish, named: name, of: id, controls) { (outcome) throws(RecordsError) in
                try store.audit(
                    AuditAction(at: clock(), who: who, kind: kind, calls: [id], detail: wish.detail, outcome: outcome))
            }
        }
        return try perform(wish, named: name, of: id, controls) { (_) throws(RecordsError) in }
    }

    /// - Parameter note: what comes between the verdict and the deed; without it nothing is done.
    private func perform(
        _ wish: OperatorWish, named name: String, of call: CallID, _ controls: CallControls,
        _ note: (AuditAction.Outcome) throws(RecordsError) -> Void
    ) throws(RecordsError) -> Answer {
        switch controls.judge(call, wish) {
        case .refused(let problem):
            try note(.refused)
            return Answer(409, error: problem)
        case .granted(let perform, let abandon):
            do throws(RecordsError) {
                try note(.granted)
            } catch {
                abandon()
                throw error
            }
            perform()
            return Answer(202, json: ["call": call.rawValue, "done": name])
        }
    }

    func agents() -> Answer {
        guard let controls = sources.controls else { return Answer(404, error: "there are no agents here") }
        return Answer(json: ["agents": controls.agents()])
    }

    func queues() -> Answer {
        guard let controls = sources.controls else { return Answer(404, error: "there are no queues here") }
        return Answer(json: ["queues": controls.queues()])
    }

    /// Makes an agent ready, or away.
    func setAgent(_ agent: String, _ state: String, _ request: Request) -> Answer {
        guard state == "ready" || state == "away" else { return Answer(404, error: "an agent is 'ready' or 'away'") }
        let reason = state == "ready" ? nil : request.query["reason"] ?? "away"
        guard let controls = sources.controls, controls.setAway(reason, agent) else {
            return Answer(404, error: "there is no agent '\(agent)'")
        }
        return Answer(202, json: ["agent": agent, "state": reason ?? "ready"])
    }
}

extension OperatorWish {
    /// What is wanted, without whom: a name or a number would outlive its erasure.
    fileprivate var detail: String {
        switch self {
        case .listen: "listen"
        case .whisper(let leg, let other): "whisper, leg \(leg.rawValue) to leg \(other.rawValue)"
        case .bargeIn(let leg): "barge-in, leg \(leg.rawValue)"
        case .takeOver(let leg): "take-over, leg \(leg.rawValue)"
        case .pullIn: "pull-in"
        case .hold, .resume, .mute, .unmute, .release, .hangUp, .transfer, .consult, .complete, .swap, .conference,
            .back:
            ""
        }
    }

    /// How it stands in the audit log: who hears a call that is not theirs, and who is heard in it.
    fileprivate var audited: AuditAction.Kind? {
        switch self {
        case .listen: .listen
        case .whisper: .whisper
        case .bargeIn: .bargeIn
        case .takeOver: .takeOver
        case .pullIn: .pullIn
        case .hold, .resume, .mute, .unmute, .release, .hangUp, .transfer, .consult, .complete, .swap, .conference,
            .back:
            nil
        }
    }
}
