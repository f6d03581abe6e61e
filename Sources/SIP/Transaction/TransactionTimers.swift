package import Telephony

/// The base times of RFC 3261 section 17 (table 4).
package struct TransactionTimers: Sendable {
    /// Estimate of the round trip.
    package var t1: Interval
    /// The longest time between two retransmissions of a non-INVITE request or an INVITE's response.
    package var t2: Interval
    /// How long a message stays in the network.
    package var t4: Interval

    package init(t1: Interval = .milliseconds(500), t2: Interval = .seconds(4), t4: Interval = .seconds(5)) {
        self.t1 = t1
        self.t2 = t2
        self.t4 = t4
    }

    /// Timers B, F, H, J, L and M.
    package var transactionTime: Interval { t1 * 64 }
    /// Timer D over a transport that loses.
    package var completedTime: Interval { max(.seconds(32), t1 * 64) }
}

/// By what a message finds its transaction (RFC 3261 sections 17.1.3 and 17.2.3).
package struct TransactionKey: Hashable, Sendable {
    private let text: String

    private init(_ text: String) { self.text = text }

    /// Of a request that came in: the branch, the sender and the method, with ACK counted as its INVITE; without a branch
    /// of RFC 3261 the fields that RFC 2543 compares, without the To tag, which only the ACK has.
    package init?(request: SIPMessage) {
        guard let via = request.vias?.first, let method = request.method else { return nil }
        let kind = method == .ack ? SIPMethod.invite : method
        if via.hasUniqueBranch, let branch = via.branch {
            self.init("s|\(branch)|\(via.sentBy)|\(kind)")
            return
        }
        guard let callID = request.callID, let cseq = request.cseq, case .request(_, let uri) = request.startLine else {
            return nil
        }
        let tag = request.from?.tag ?? ""
        self.init("2543|\(callID)|\(tag)|\(cseq.number)|\(kind)|\(via.sentBy)|\(via.branch ?? "")|\(uri)")
    }

    /// Of the request that a CANCEL means.
    package init?(canceledBy cancel: SIPMessage) {
        guard case .request(_, let uri) = cancel.startLine, let cseq = cancel.cseq else { return nil }
        var request = cancel
        request.startLine = .request(.invite, uri: uri)
        request.headers.replace(.cseq, CSeq(number: cseq.number, method: .invite).description)
        self.init(request: request)
    }

    /// Of a response: the branch that the client made, and the method.
    package init?(response: SIPMessage) {
        guard let branch = response.vias?.first?.branch, let cseq = response.cseq else { return nil }
        self.init(branch: branch, method: cseq.method)
    }

    package init(branch: String, method: SIPMethod) { self.init("c|\(branch)|\(method)") }
}
