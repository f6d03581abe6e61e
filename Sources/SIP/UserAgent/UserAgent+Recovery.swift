package import Telephony

// Dialogs that outlive their process: what is told of them, and how one of another process is ended.
extension UserAgent {
    /// Tells what it takes to end the dialog of a call, as it is now.
    mutating func noteDialog(_ handle: SIPCallHandle) {
        guard let call = calls[handle], call.state == .answered || call.state == .established else { return }
        note(call)
    }

    private mutating func note(_ call: SIPCall) {
        guard let dialog = call.dialog, dialog.state == .confirmed else { return }
        let record = SIPDialogRecord(dialog, isOutgoing: call.isOutgoing, peer: call.peer.name, hop: call.hop)
        emit(.dialogChanged(call.handle, record))
    }

    /// Remote target refresh (RFC 3261 section 12.2).
    mutating func refreshTarget(_ call: inout SIPCall, from message: SIPMessage) {
        let before = call.dialog?.remoteTarget
        call.dialog?.refreshTarget(from: message)
        if call.dialog?.remoteTarget != before { note(call) }
    }

    /// Ends a dialog that a process had which is gone: a BYE, again until it is answered, with credentials where it is
    /// asked for them. ``UserAgentEvent/dialogOver(_:)`` tells when it is over.
    ///
    /// - Returns: `false` for a record that is damaged, or a dialog that is known here.
    package mutating func end(_ record: SIPDialogRecord, of peer: PeerProfile, at now: Instant) -> Bool {
        guard let dialog = SIPDialog(record), let hop = record.hop, dialogs[dialog.id] == nil else { return false }
        let handle = SIPCallHandle(nextHandle())
        var invite = SIPMessage(.request(.invite, uri: record.target))
        invite.headers.append(.callID, record.callID)
        let media = OfferAnswer(
            capabilities: peer.media, address: advertised(hop.transport, peer).host, entropy: &entropy)
        var call = SIPCall(
            handle: handle, isOutgoing: record.isOutgoing, peer: peer, hop: hop, media: media, invite: invite,
            localTag: record.localTag, nextRSeq: 1, leastSessionInterval: configuration.leastSessionInterval, at: now)
        call.dialog = dialog
        call.state = .established
        call.isOfAnotherProcess = true
        foreignCalls += 1
        dialogs[dialog.id] = handle
        store(call)
        // Q.850: temporary failure.
        hangUp(handle, cause: 41, at: now)
        return true
    }
}
