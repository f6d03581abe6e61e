/// How an agent is reached.
package enum AgentAddress: Hashable, Sendable {
    /// A SIP or telephone URI that is dialled, behind a trunk for instance; it is reachable until told otherwise.
    case uri(String)
    /// A phone that registers under this address-of-record; reachable while it is registered.
    case registered(String)
}

/// What the configuration says of an agent.
package struct AgentProfile: Hashable, Sendable {
    package var id: AgentID
    /// For people: consoles, the whisper, the context.
    package var name: String
    package var address: AgentAddress
    package var skills: [Skill]
    /// The queues whose calls the agent takes.
    package var queues: [QueueID]

    package init(id: AgentID, name: String, address: AgentAddress, skills: [Skill] = [], queues: [QueueID]) {
        self.id = id
        self.name = name
        self.address = address
        self.skills = skills
        self.queues = queues
    }
}
