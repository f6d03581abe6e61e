package import Telephony

/// A call that is offered to an agent.
package struct Offer: Hashable, Sendable {
    package var id: OfferID
    package var call: CallID
    package var queue: QueueID
    package var agent: AgentID
    package var address: AgentAddress
    /// After so long the directory withdraws the offer by itself.
    package var ringTimeout: Interval
    /// How long the call has waited.
    package var waited: Interval

    package init(
        id: OfferID, call: CallID, queue: QueueID, agent: AgentID, address: AgentAddress, ringTimeout: Interval,
        waited: Interval
    ) {
        self.id = id
        self.call = call
        self.queue = queue
        self.agent = agent
        self.address = address
        self.ringTimeout = ringTimeout
        self.waited = waited
    }
}

/// How an offer ended at the agent's phone.
package enum OfferOutcome: String, Hashable, Sendable, CaseIterable {
    case answered
    case refused
    case busy
    case noAnswer
    /// The phone could not be reached.
    case failed
}

/// Why an agent's phone must stop ringing.
package enum WithdrawalReason: String, Hashable, Sendable, CaseIterable {
    case callerGone
    case noAnswer
    /// The agent went away.
    case agentAway
    /// The agent's phone is not registered any more.
    case unregistered
}

/// A caller to be dialled because the place has come.
package struct CallBackAttempt: Hashable, Sendable {
    package var id: CallBackID
    package var queue: QueueID
    /// What the caller gave, as it came.
    package var number: String
    /// From 1.
    package var attempt: Int
    /// How many follow when this one does not reach the caller.
    package var attemptsLeft: Int
    package var ringTimeout: Interval
    /// Kept free for the caller.
    package var agent: AgentID
    /// The call in which the caller asked for it.
    package var origin: CallID
}

/// How a call-back ended.
package enum CallBackOutcome: String, Hashable, Sendable, CaseIterable {
    /// The caller answered and waits as a call, at the head of the queue.
    case reached
    /// No attempt is left.
    case notReached
    case expired
    case cancelled
}

/// What a directory asks for and tells. Everything is in the order in which it happened.
package enum DirectoryOutput: Hashable, Sendable {
    /// Ring there.
    case offer(Offer)
    /// Stop ringing.
    case withdraw(OfferID, agent: AgentID, call: CallID, WithdrawalReason)
    /// The agent answered: join the two.
    case connected(OfferID, agent: AgentID, call: CallID, waited: Interval)
    /// Tell the caller the place and the wait, as far as they are there.
    case announce(CallID, queue: QueueID, position: Int?, wait: Interval?)
    /// Play a prompt to the caller.
    case comfort(CallID, prompt: String)
    /// The call waits in another queue now, with other music.
    case moved(CallID, from: QueueID, to: QueueID)
    /// Ask the caller whether to be called back; the place is kept meanwhile.
    case offerCallBack(CallID, queue: QueueID)
    /// The call has left the queue unserved and goes there.
    case overflow(CallID, queue: QueueID, OverflowTarget, OverflowCondition)
    /// Dial the caller.
    case callBack(CallBackAttempt)
    /// Stop dialling the caller.
    case withdrawCallBack(CallBackID, agent: AgentID)
    case callBackEnded(CallBackID, origin: CallID, CallBackOutcome)
    /// The agent's state is this now.
    case agent(AgentID, AgentState)
}
