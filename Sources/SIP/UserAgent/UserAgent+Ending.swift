package import Telephony

// How calls end, and the timers of calls.
extension UserAgent {
    /// Hangs up, whatever the state: BYE, CANCEL or a refusal.
    /// - Parameter cause: of Q.850, which a Reason field says.
    package mutating func hangUp(_ handle: SIPCallHandle, cause: Int = 16, at now: Instant) {
        hangUp(handle, cause: cause, as: .local, at: now)
    }

    mutating func hangUp(_ handle: SIPCallHandle, cause: Int, as why: CallEnding.Cause, at now: Instant) {
        guard var call = calls[handle] else { return }
        let reason = Reason.q850(cause)
        switch call.state {
        case .offered: reject(handle, status: StatusCode.status(q850: cause), reason: reason, at: now)
        case .answered where call.answerRetransmission != nil:
            // A callee sends no BYE before the ACK (RFC 3261 section 15).
            if call.hangUpCause == nil { call.hangUpCause = cause }
            store(call)
        case .calling:
            call.isCanceled = true
            call.state = .ending
            call.ringingEnds = nil
            call.forgottenAt = now + configuration.timers.transactionTime * 2
            store(call)
            emit(.ended(handle, CallEnding(why, q850: cause)))
            sendCancelIfWanted(handle, at: now)
        case .answered, .established:
            call.state = .ending
            call.answerRetransmission = nil
            call.sessionTimer = nil
            call.reoffer = nil
            call.forgottenAt = now + configuration.timers.transactionTime * 2
            store(call)
            emit(.ended(handle, CallEnding(why, q850: cause)))
            sendInDialog(.bye, of: handle, for: .bye, headers: [(.reason, reason.description)], at: now)
        case .ending: break
        }
    }

    /// Ends a call with everything that is known of it, and tells.
    mutating func finish(_ handle: SIPCallHandle, _ ending: CallEnding, at now: Instant) {
        guard let call = calls[handle] else { return }
        let wasTold = call.state == .ending
        forget(handle, at: now)
        if !wasTold { emit(.ended(handle, ending)) }
    }

    /// Lets go of a call, and of what is open on it: a REFER without an answer is refused, an INVITE that has had nothing but
    /// provisional responses has 64 T1 more for the final one.
    mutating func forget(_ handle: SIPCallHandle, at now: Instant) {
        guard let call = calls.removeValue(forKey: handle) else { return }
        for subscription in call.referSubscriptions {
            guard let key = subscription.transaction else { continue }
            respond(key, to: subscription.request, subscription.request.response(603, tag: nil), at: now)
        }
        if let key = call.clientKey, case .invite(var machine)? = clients[key]?.machine {
            machine.limit(at: now)
            clients[key]?.machine = .invite(machine)
            scheduleClient(key)
        }
        callDeadlines[handle] = nil
        if let dialog = call.dialog {
            dialogs[dialog.id] = nil
            if dialog.state == .confirmed {
                emit(.dialogOver(dialog.id))
                endedDialogs.note(dialog.id, at: now)
            }
        }
        if call.isOfAnotherProcess { foreignCalls -= 1 }
        for fork in call.forks { dialogs[fork.dialog.id] = nil }
        if call.isOutgoing, let callID = call.invite.callID { origins[callID + "|" + call.localTag] = nil }
    }

    mutating func advanceCall(_ handle: SIPCallHandle, to now: Instant) {
        advanceRetransmissions(handle, to: now)
        guard let call = calls[handle] else { return }
        if let at = call.forgottenAt, at <= now {
            forget(handle, at: now)
            return
        }
        if let at = call.ringingEnds, at <= now {
            hangUp(handle, cause: 18, as: .timeout, at: now)
        }
        if call.runsSessionTimer, let at = call.sessionTimer?.expiresAt, at <= now {
            hangUp(handle, cause: 102, as: .sessionExpired, at: now)
        }
        if let call = calls[handle], call.runsSessionTimer, let at = call.sessionTimer?.refreshAt, at <= now {
            refreshSession(handle, at: now)
        }
        if let at = calls[handle]?.reoffer?.retryAt, at <= now, let local = calls[handle]?.reoffer?.local {
            calls[handle]?.reoffer = nil
            reoffer(handle, local: local, at: now)
        }
        if let call = calls[handle] { store(call, after: now) }
    }

    private mutating func advanceRetransmissions(_ handle: SIPCallHandle, to now: Instant) {
        guard var call = calls[handle] else { return }
        if var answer = call.answerRetransmission, answer.next <= now {
            if answer.giveUp <= now {
                // No ACK: the session is over (RFC 3261 section 13.3.1.4).
                call.answerRetransmission = nil
                store(call)
                hangUp(handle, cause: call.hangUpCause ?? 102, as: .timeout, at: now)
                return
            }
            send(answer.octets, to: answer.hop)
            answer.interval = min(answer.interval * 2, configuration.timers.t2)
            answer.next = min(answer.next + answer.interval, answer.giveUp)
            call.answerRetransmission = answer
        }
        if var reliable = call.reliable, reliable.retransmission.next <= now {
            if reliable.retransmission.giveUp <= now {
                // No PRACK: the INVITE is refused with a 5xx (RFC 3262 section 3).
                call.reliable = nil
                store(call)
                reject(handle, status: 504, at: now)
                return
            }
            send(reliable.retransmission.octets, to: reliable.retransmission.hop)
            reliable.retransmission.interval = reliable.retransmission.interval * 2
            reliable.retransmission.next = min(
                reliable.retransmission.next + reliable.retransmission.interval, reliable.retransmission.giveUp)
            call.reliable = reliable
        }
        calls[handle] = call
    }
}

// Session timers (RFC 4028).
extension UserAgent {
    /// The 422 for an interval that is too short; it goes only to a peer that knows session timers.
    func refusedSessionTimer(_ request: SIPMessage, _ tag: String) -> SIPMessage? {
        guard let asked = request.sessionExpires, asked.interval < configuration.leastSessionInterval,
            request.supportedTags.contains(where: { $0.equalsIgnoringCase("timer") })
        else { return nil }
        var response = request.response(422, tag: tag.isEmpty ? nil : tag)
        response.headers.append(.minSE, "\(configuration.leastSessionInterval)")
        return response
    }

    /// As UAS of an INVITE or UPDATE: goes along with what is asked, or asks for a timer itself (section 9).
    mutating func startSessionTimer(
        _ call: inout SIPCall, asUASof request: SIPMessage, _ response: inout SIPMessage, at now: Instant
    ) {
        let knowsTimers = request.supportedTags.contains { $0.equalsIgnoringCase("timer") }
        let asked = request.sessionExpires
        guard let interval = asked?.interval ?? configuration.sessionInterval else {
            call.sessionTimer = nil
            return
        }
        let least = max(configuration.leastSessionInterval, request.minSE ?? 0)
        let seconds = min(max(interval, least), 86_400)
        let refresher: Refresher = knowsTimers ? asked?.refresher ?? .uac : .uas
        response.headers.append(.sessionExpires, SessionExpires(interval: seconds, refresher: refresher).description)
        if knowsTimers, refresher == .uac { response.headers.append(.require, "timer") }
        setSessionTimer(&call, seconds: seconds, isRefresher: refresher == .uas, at: now)
    }

    /// As UAC, from a 2xx to an INVITE or UPDATE (section 7.2).
    func startSessionTimer(_ call: inout SIPCall, asUACOf response: SIPMessage, at now: Instant) {
        guard let granted = response.sessionExpires, granted.interval > 0 else {
            call.sessionTimer = nil
            return
        }
        let seconds = min(max(granted.interval, 30), 86_400)
        setSessionTimer(&call, seconds: seconds, isRefresher: granted.refresher != .uas, at: now)
    }

    private func setSessionTimer(_ call: inout SIPCall, seconds: UInt32, isRefresher: Bool, at now: Instant) {
        let interval = Interval.seconds(Int64(seconds))
        let margin = min(Interval.seconds(32), Interval(nanoseconds: interval.nanoseconds / 3))
        call.sessionTimer = SIPCall.SessionTimer(
            interval: interval, isRefresher: isRefresher,
            refreshAt: isRefresher ? now + Interval(nanoseconds: interval.nanoseconds / 2) : nil,
            expiresAt: now + interval - (isRefresher ? .zero : margin))
    }

    /// Sends the refresh: an UPDATE without an offer where the far end takes one, else a re-INVITE with the media as they
    /// are.
    private mutating func refreshSession(_ handle: SIPCallHandle, at now: Instant) {
        guard var call = calls[handle], call.state == .established, let timer = call.sessionTimer else { return }
        if call.reoffer != nil {
            // One request at a time; this one is not to be lost.
            calls[handle]?.sessionTimer?.refreshAt = now + .seconds(1)
            return
        }
        call.sessionTimer?.refreshAt = nil
        calls[handle] = call
        let interval = UInt32(truncatingIfNeeded: timer.interval.milliseconds / 1_000)
        let header = SessionExpires(interval: interval, refresher: .uac).description
        if call.remoteMethods.contains("UPDATE") {
            calls[handle]?.reoffer = call.local.map { SIPCall.Reoffer(local: $0, retryAt: nil, isRefresh: true) }
            sendInDialog(
                .update, of: handle, for: .refreshByUpdate, headers: [(.sessionExpires, header)], at: now)
        } else if let local = call.local {
            reoffer(handle, local: local, isRefresh: true, at: now)
        }
    }
}

// Re-offers of ours.
extension UserAgent {
    /// Offers other media: hold, resume, another address. Settles later with ``UserAgentEvent/mediaChanged(_:_:)`` or
    /// ``UserAgentEvent/reofferRefused(_:status:)``.
    /// - Returns: whether an offer went out or waits; `false` while another is open.
    @discardableResult
    package mutating func reoffer(_ handle: SIPCallHandle, local: LocalMedia, at now: Instant) -> Bool {
        reoffer(handle, local: local, isRefresh: false, at: now)
    }

    /// Offers the media as it is in another direction: ``MediaDirection/sendOnly`` puts the far end on hold (RFC 3264
    /// section 8.4).
    /// - Returns: whether an offer went out; `false` while another is open.
    @discardableResult
    package mutating func reoffer(_ handle: SIPCallHandle, direction: MediaDirection, at now: Instant) -> Bool {
        guard var local = calls[handle]?.local else { return false }
        local.direction = direction
        return reoffer(handle, local: local, isRefresh: false, at: now)
    }

    @discardableResult
    mutating func reoffer(_ handle: SIPCallHandle, local: LocalMedia, isRefresh: Bool, at now: Instant) -> Bool {
        guard var call = calls[handle], call.state == .established, call.reoffer == nil,
            call.answerRetransmission == nil, let offer = try? call.media.offer(local)
        else { return false }
        call.reoffer = SIPCall.Reoffer(local: local, retryAt: nil, isRefresh: isRefresh)
        store(call)
        var headers: [(HeaderName, String)] = []
        if let timer = call.sessionTimer {
            let seconds = UInt32(truncatingIfNeeded: timer.interval.milliseconds / 1_000)
            let refresher: Refresher = timer.isRefresher ? .uac : .uas
            headers.append((.sessionExpires, SessionExpires(interval: seconds, refresher: refresher).description))
        }
        sendInDialog(.invite, of: handle, for: .reoffer, body: offer.octets, headers: headers, at: now)
        return true
    }

    mutating func receiveReofferFinal(
        _ response: SIPMessage?, _ status: Int, _ entry: ClientTransaction, at now: Instant
    ) {
        guard let handle = entry.call, var call = calls[handle] else { return }
        let isInvite = entry.request.method == .invite
        if status < 300, let response {
            if isInvite, let known = call.acknowledgement, known.cseq == response.cseq?.number {
                send(known.octets, to: known.hop)
                return
            }
            acceptReoffer(&call, response, entry, isInvite: isInvite, at: now)
            return
        }
        guard let reoffer = call.reoffer, call.state == .established else { return }
        call.media.rollBack()
        if status == 491 {
            // RFC 3261 section 14.1: the owner of the Call-ID waits longer.
            let wait = call.isOutgoing ? 210 + entropy.number(below: 191) : entropy.number(below: 201)
            call.reoffer?.retryAt = now + .milliseconds(Int64(wait) * 10)
            store(call)
            return
        }
        call.reoffer = nil
        store(call)
        if endsDialog(status) {
            let why: CallEnding.Cause = status == 408 ? .timeout : .refused(status: status)
            hangUp(handle, cause: StatusCode.q850(status), as: why, at: now)
        } else if !reoffer.isRefresh {
            emit(.reofferRefused(handle, status: status))
        }
    }

    private mutating func acceptReoffer(
        _ original: inout SIPCall, _ response: SIPMessage, _ entry: ClientTransaction, isInvite: Bool, at now: Instant
    ) {
        let handle = original.handle
        var call = original
        refreshTarget(&call, from: response)
        startSessionTimer(&call, asUACOf: response, at: now)
        var media: NegotiatedMedia?
        if isInvite {
            let answer = response.sessionDescriptionOctets.flatMap { try? SessionDescription(parsing: $0) }
            if let answer { media = try? call.media.receive(answer: answer) }
            if call.media.hasLocalOffer { call.media.rollBack() }
        }
        if media != nil, let local = call.reoffer?.local { call.local = local }
        let isRefresh = call.reoffer?.isRefresh ?? false
        call.reoffer = nil
        store(call)
        if isInvite { sendAcknowledgement(handle, cseq: entry.request.cseq?.number ?? 1, at: now) }
        guard !isRefresh, call.state == .established else { return }
        if let media { emit(.mediaChanged(handle, media)) } else { emit(.reofferRefused(handle, status: 488)) }
    }
}
