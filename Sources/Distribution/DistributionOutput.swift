package import CallControl
package import CallFlow
package import Routing
package import Telephony

/// What a ``CallDistributor`` wants done, and tells.
package enum DistributionOutput: Sendable {
    /// The answer to a call's request for somebody, or a further one.
    case reply(CallID, RequestID, SwitchboardInput.Reply)
    /// An agent's state is this now.
    case agent(AgentID, AgentState)
    /// The outside router is to be asked; what comes of it goes to ``CallDistributor/routerAnswered(_:_:at:)``.
    case askRouter(RouterInquiry)
    /// A caller is to be called back.
    case place(CallBackPlacement)
    /// The caller who is called back under that name is given up, unless the call was answered.
    case withdraw(CallID, CallBackResult)
    /// A caller was promised to be called back: what another process needs to keep that, should this one be gone.
    case promised(KeptPromise)
    /// That promise stands otherwise now.
    case promiseChanged(KeptPromise)
    /// What was promised in that call was kept, or cannot be.
    case promiseOver(CallID)
    /// The outside router was of no use; a sentence without its subject. The call goes on without it.
    case routerFailed(CallID, String)
}

/// What whoever keeps promises for all processes says to one that is about to call somebody back.
package enum PromiseClaim: Sendable {
    /// It is kept that this process calls now; no other does.
    case held
    /// The promise was erased, or is another process's.
    case lost
    /// Nothing can be learnt at the moment.
    case unknown
}
