package import Telephony

// What changes when the configuration is read anew.

extension Directory {
    /// Takes other agents and queues while calls go on.
    ///
    /// An agent or queue of the same name stays the same one, with its state, its calls and what has been learnt. Who
    /// is new begins as in ``init(agents:queues:at:wall:)``. An agent who is gone gets no further calls: one that rings
    /// there goes to the next, one that is spoken is finished. A queue that is gone takes no further calls; those in it
    /// are served. Between equals who was known first goes first.
    package mutating func reconfigure(
        agents profiles: [AgentProfile], queues newQueues: [QueueProfile], at time: Instant
    ) {
        advance(to: time)
        for index in queues.indices { queues[index].isGone = true }
        var namedQueues: Set<QueueID> = []
        for profile in newQueues where namedQueues.insert(profile.id).inserted { take(profile) }
        var named: Set<AgentID> = []
        for profile in profiles where named.insert(profile.id).inserted { take(profile) }
        for index in entries.indices {
            let queue = entries[index].queue
            entries[index].fits = fits(queue, queues[queue].profile.skills + entries[index].ownSkills)
        }
        for index in agents.indices where !named.contains(agents[index].profile.id) {
            agents[index].isGone = true
            agents[index].chosenAbsence = "not in the configuration"
            agents[index].pause = nil
            giveBack(index, .agentAway)
        }
        for entry in entries.map(\.place.number) { arm(entry) }
        settle()
    }

    private mutating func take(_ profile: QueueProfile) {
        guard let index = queueIndices[profile.id] else {
            queueIndices[profile.id] = queues.count
            return queues.append(QueueRecord(profile))
        }
        let before = queues[index].profile
        queues[index].profile = profile
        queues[index].isGone = false
        for entry in entries.indices where entries[entry].queue == index && entries[entry].isOnTheLine {
            // Rules are told apart by their place in the list: of another list all apply.
            if before.overflow != profile.overflow, entries[entry].triedRules != .max { entries[entry].triedRules = 0 }
            if before.comfort != profile.comfort || before.announcements != profile.announcements {
                entries[entry].armMessages(profile, at: now)
            }
        }
    }

    private mutating func take(_ profile: AgentProfile) {
        let indices = profile.queues.compactMap { queueIndices[$0] }
        guard let index = agentIndices[profile.id] else {
            agentIndices[profile.id] = agents.count
            agents.append(AgentRecord(profile, queues: indices, at: now))
            return refresh(agents.count - 1)
        }
        let isMoved = agents[index].profile.address != profile.address
        agents[index].profile = profile
        agents[index].queues = indices
        if agents[index].isGone {
            agents[index].isGone = false
            agents[index].chosenAbsence = nil
        }
        if isMoved {
            if case .uri = profile.address {
                agents[index].isReachable = true
            } else {
                agents[index].isReachable = false
            }
            // What rings, rings at the old address.
            giveBack(index, .unregistered)
        }
        refresh(index)
    }
}
