package import CallControl
package import Routing
package import Telephony

/// What a ``CallDistributor`` wants done, and tells.
package enum DistributionOutput: Sendable {
    /// The answer to a call's request for somebody, or a further one.
    case reply(CallID, RequestID, SwitchboardInput.Reply)
    /// An agent's state is this now.
    case agent(AgentID, AgentState)
}
