package import Routing
package import Telephony

/// Whom callers are handed over to, and how they wait.
package struct DistributionConfiguration: Sendable {
    package var agents: [AgentProfile] = []
    package var queues: [QueueProfile] = []
    /// Those who are asked for advice.
    package var experts: [ExpertProfile] = []
    /// What is heard in a queue; the usual where a queue has no entry.
    package var messages: [QueueID: WaitMessages] = [:]
    /// The queue of calls that ask for an agent and name none.
    package var defaultQueue: QueueID?
    /// The number or SIP URI of calls that ask for an agent where there is no queue.
    package var agentsTarget: String?
    /// For how long somebody who is called outside a queue may be rung.
    package var ringTimeout = Interval.seconds(30)

    /// How messages are left in a queue's place; the usual where a queue has no entry.
    package var voicemail: [QueueID: VoicemailTerms] = [:]
    /// What is said to those who are called back; the usual where a queue has no entry.
    package var callBacks: [QueueID: CallBackMessages] = [:]
    /// Whom Parley may call; `nil` lets everybody be promised a call.
    package var outbound: OutboundRules?
    /// Calls are recorded: without it nobody can leave a message.
    package var keepsRecordings = true
    /// When the outside router is asked; `nil` where there is none.
    package var router: RouterTerms?

    package init() {}
}
