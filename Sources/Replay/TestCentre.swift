package import CallFlow
package import Distribution
package import Routing
package import Telephony

/// The contact centre of a test call: its queues, other callers in them, and the outside router.
package struct TestCentre: Sendable {
    package var queues: [QueueProfile] = []
    package var messages: [QueueID: WaitMessages] = [:]
    package var voicemail: [QueueID: VoicemailTerms] = [:]
    package var callBacks: [QueueID: CallBackMessages] = [:]
    /// Callers beside the one of the test call.
    package var others: [OtherCaller] = []
    package var router: TestRouter?

    package init() {}

    /// A caller who is no more than a place in a queue, and takes an agent's time.
    package struct OtherCaller: Sendable {
        package var queue: QueueID
        /// When it asks for an agent, from the beginning of the test call.
        package var joins: Interval
        /// How long it talks once an agent has answered.
        package var talks: Interval
        /// It hangs up when nobody has answered for so long.
        package var patience: Interval?
        package var priority: Int?

        package init(
            queue: QueueID, joins: Interval = .zero, talks: Interval = .seconds(60), patience: Interval? = nil,
            priority: Int? = nil
        ) {
            self.queue = queue
            self.joins = joins
            self.talks = talks
            self.patience = patience
            self.priority = priority
        }
    }
}

/// The outside router of a test call.
package struct TestRouter: Sendable {
    package var terms = RouterTerms()
    /// In order; the last one holds for all that follow.
    package var answers: [Answer] = []

    package init() {}

    /// What one request to the router comes to.
    package struct Answer: Sendable {
        package var reply: RouterReply
        package var delay: Interval
        /// How a REFER fares that the answer brings about; `nil`: no NOTIFY ever comes.
        package var referral: TransferOutcome?

        package init(_ reply: RouterReply, delay: Interval = .zero, referral: TransferOutcome? = .completed) {
            self.reply = reply
            self.delay = delay
            self.referral = referral
        }
    }
}

extension TestCentre {
    /// What the distributor of the test call is told.
    func configuration(_ parties: [TestParty]) -> DistributionConfiguration {
        var configuration = DistributionConfiguration()
        configuration.queues = queues
        configuration.messages = messages
        configuration.voicemail = voicemail
        configuration.callBacks = callBacks
        configuration.defaultQueue = queues.first?.id
        configuration.router = router?.terms
        func skills(_ party: TestParty) -> [Skill] { party.skills.compactMap { Skill(reading: $0) } }
        configuration.agents = parties.filter { $0.role == .agent }.map { party in
            AgentProfile(
                id: AgentID(party.name), name: party.name, address: .uri(party.name), skills: skills(party),
                queues: party.queues.isEmpty ? queues.map(\.id) : party.queues.map { QueueID($0) })
        }
        configuration.experts = parties.filter { $0.role == .expert }.map { party in
            ExpertProfile(
                id: ExpertID(party.name), name: party.name, skills: skills(party), address: .uri(party.name))
        }
        return configuration
    }
}
