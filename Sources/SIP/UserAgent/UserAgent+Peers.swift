import Telephony

// Who is served: whom the policy lets in, and the far ends of calls that run, wherever may call by now.

extension UserAgent {
    /// Serves other peers from here on. Calls that run stay with those they began with, and so does what belongs to them.
    package mutating func serve(_ policy: @escaping @Sendable (Hop) -> PeerVerdict) {
        configuration.policy = policy
        formerPeers = [:]
        for call in calls.values.sorted(by: { $0.handle < $1.handle }) {
            if case .serve(let peer) = policy(call.hop), peer.name == call.peer.name { continue }
            formerPeers[call.hop.address.host] = call.peer
        }
    }

    /// Something from there may belong to a call that began before others were served.
    func mayBeFormer(_ hop: Hop) -> Bool { !formerPeers.isEmpty && formerPeers[hop.address.host] != nil }

    /// The peer of a call that began before others were served, of a message that belongs to it.
    func formerPeer(of message: SIPMessage, from hop: Hop) -> PeerProfile? {
        guard let former = formerPeers[hop.address.host] else { return nil }
        if let call = runningCall(of: message) {
            return call.hop.address.host == hop.address.host ? call.peer : nil
        }
        // What is under way is finished, and what was answered is answered again.
        let place =
            message.isRequest
            ? TransactionKey(request: message).flatMap { servers[$0]?.hop }
            : TransactionKey(response: message).flatMap { clients[$0]?.hop }
        return place?.address.host == hop.address.host ? former : nil
    }

    /// The call whose dialog or transaction a message belongs to.
    private func runningCall(of message: SIPMessage) -> SIPCall? {
        let handle: SIPCallHandle?
        if !message.isRequest {
            handle = TransactionKey(response: message).flatMap { clients[$0]?.call }
        } else if let id = SIPDialogID(request: message) {
            handle = dialogs[id]
        } else if message.method == .cancel {
            handle = TransactionKey(canceledBy: message).flatMap { servers[$0]?.call }
        } else {
            handle = nil
        }
        return handle.flatMap { calls[$0] }
    }
}

extension TransportAddress {
    /// The host alone.
    fileprivate var host: TransportAddress {
        var host = self
        host.port = 0
        return host
    }
}
