import CallFlow
import Formula
import Telephony

// Virtual hold: the caller keeps the place in the queue, hangs up and is called back.
//
//     waits ──> offer ──> key ──> promise ──> farewell ──> the call ends
//                                                             :
//     agent kept free ──> the caller is dialled ──> greeting ──> the agent is called ──> bridged      a call of its own

extension Call {
    /// A dialog leads the call; one that calls a caller back has none.
    var isLed: Bool { admission.callBack == nil }

    /// Asks a caller who waits.
    mutating func offer(_ offer: CallBackOffer) {
        guard handover?.isBridged == false, handover?.wait != nil || handover?.leg == nil else { return }
        handover?.callBackKey = offer.key
        if let prompt = offer.prompt { announce(prompt) }
    }

    /// The key that says yes to a call-back. It is no answer to what the dialog asks next.
    ///
    /// - Returns: whether it was.
    mutating func acceptsCallBack(by digit: Digit) -> Bool {
        guard let key = handover?.callBackKey, key == digit, handover?.isBridged == false else { return false }
        outputs.append(.request(routeRequest, .callBackWanted(call: id)))
        return true
    }

    /// The place is kept. Where the dialog asked for it the dialog goes on; else the caller is told, and the call ends.
    mutating func promise(_ promise: CallBackPromise) {
        guard let current = handover, !current.isBridged, current.leg == nil, current.referralEnds == nil else {
            return
        }
        record(.callBackPromised(CallBackPromised(queue: promise.queue, number: promise.number)))
        guard current.request.kind != .callBack else { return failHandover(.callBack) }
        handover = nil
        player.stop(.stopped)
        reportPrompts()
        stopRinging(for: .caller)
        record(.transferEnded(TransferEnded(outcome: .callBack)))
        if let farewell = promise.farewell { announce(farewell) }
        closing = .hangUp(.normalClearing)
    }

    /// The caller has answered: he is told who calls while an agent is.
    mutating func begin(_ callBack: CallBackCall) {
        record(.callBackTried(callBack.tried(.reached)))
        let transfer = callBack.transfer
        var headers = Dictionary(transfer.headers.map { ($0.name, $0.value) }) { first, _ in first }
        headers["User-to-User"] = transfer.userToUser
        record(
            .transferRequested(
                TransferRequested(
                    topic: "", action: "callback", kind: transfer.kind, target: transfer.target,
                    message: transfer.messageToAgent,
                    variables: Dictionary(transfer.variables.map { ($0.name, $0.value.disclosable) }) { first, _ in
                        first
                    }, headers: headers)))
        if let greeting = callBack.greeting { announce(greeting) }
        beginHandover(transfer)
    }

    /// Nobody is there for the caller who was called back.
    mutating func apologise(for callBack: CallBackCall) {
        if let apology = callBack.apology { announce(apology) }
        closing = .hangUp(.temporaryFailure)
    }

    /// The caller who was called back has been with somebody.
    var wasServedByCallBack: Bool { !isLed && context.transfer?.outcome == .completed }
}
