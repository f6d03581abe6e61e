import BasicContainers
import CallFlow
import SIP
import Telephony

// Calls that Parley places by itself: a caller is called back.
//
//     originate ──> dial ──> answered ──> a call begins
//                     └────> busy, no answer, refused, withdrawn ──> its account is sealed

extension Switchboard {
    /// A caller who is being called.
    struct Placed {
        var origination: Origination
        var since: Instant
    }

    mutating func originate(_ origination: Origination, at now: Instant) {
        guard let plan = origination.plan else { return seal(origination, .expired) }
        guard originations[origination.call] == nil, serials[origination.call] == nil,
            callCount < configuration.callLimit,
            signalling?.userAgent.isDraining != true
        else { return seal(origination, .failed) }
        originations[origination.call] = Placed(origination: origination, since: now)
        command(.dial(.caller, plan), of: origination.call)
    }

    /// Gives up a caller who has not answered yet; one who has stays.
    mutating func withdraw(_ call: CallID, _ result: CallBackResult, at now: Instant) {
        guard let placed = originations.removeValue(forKey: call) else { return }
        command(.release(.caller, .normalClearing), of: call)
        seal(placed.origination, result)
    }

    private mutating func command(_ command: LegCommand, of call: CallID) {
        if signalling != nil { legCommands.append((call, command)) } else { outputs.append(.leg(call, command)) }
    }

    /// Takes what becomes of a caller who was dialled, and what such a caller does once the call is up.
    ///
    /// - Returns: whether it was about one.
    mutating func takeOfDialledCaller(_ call: CallID, _ event: LegEvent, at now: Instant) -> Bool {
        if let placed = originations[call] {
            take(event, of: placed, at: now)
            return true
        }
        switch event {
        case .hungUp(.caller), .refused(.caller, _, _, _, _): receive(.callerHungUp(call), at: now)
        case .infoDigit(.caller, let digit, let duration):
            receive(.infoDigit(call, digit, durationInMilliseconds: duration), at: now)
        default: return false
        }
        return true
    }

    private mutating func take(_ event: LegEvent, of placed: Placed, at now: Instant) {
        let origination = placed.origination
        switch event {
        case .answered(.caller, let media):
            originations[origination.call] = nil
            let phase = signalling == nil ? 0 : emptiestPhase
            admit(origination.admission(media, phase: phase, after: now - placed.since), at: now)
            guard serials[origination.call] == nil else { return }
            command(.release(.caller, .temporaryFailure), of: origination.call)
            seal(origination, .failed)
        case .refused(.caller, let reason, _, _, let rule):
            originations[origination.call] = nil
            seal(origination, CallBackResult(reason), rule)
        case .hungUp(.caller):
            originations[origination.call] = nil
            seal(origination, .failed)
        default: break
        }
    }

    /// Tells of a call that never came about, as of every other.
    private mutating func seal(
        _ origination: Origination, _ result: CallBackResult, _ rule: OutboundRefusal? = nil
    ) {
        var context = CallContext(call: origination.call)
        for body in origination.account(result, rule) {
            let event = CallEvent(at: .zero, call: origination.call, body: body)
            context.record(event)
            outputs.append(.fact(event))
        }
        outputs.append(.sealed(context))
    }
}

extension CallBackResult {
    /// Why a caller who was dialled did not come.
    fileprivate init(_ reason: LegEndReason) {
        self =
            switch reason {
            case .busy: .busy
            case .noAnswer: .noAnswer
            case .refused: .refused
            case .notAllowed: .notAllowed
            case .failed, .hungUp, .released: .failed
            }
    }
}
