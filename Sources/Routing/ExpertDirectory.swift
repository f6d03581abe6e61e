package import Telephony

/// Somebody who is asked for advice during calls.
package struct ExpertProfile: Hashable, Sendable {
    package var id: ExpertID
    package var name: String
    package var skills: [Skill]
    /// `nil`: at any time.
    package var hours: WeeklyHours?
    package var address: AgentAddress
    /// Is reached by Teams, which wants E.164 numbers and no Replaces.
    package var isTeams: Bool

    package init(
        id: ExpertID, name: String, skills: [Skill] = [], hours: WeeklyHours? = nil, address: AgentAddress,
        isTeams: Bool = false
    ) {
        self.id = id
        self.name = name
        self.skills = skills
        self.hours = hours
        self.address = address
        self.isTeams = isTeams
    }
}

/// Who is wanted.
package enum ExpertQuery: Hashable, Sendable {
    /// By the name in the configuration, or the person's name or a part of it, upper and lower case alike.
    case person(String)
    case skills([SkillRequirement])
}

/// Whether an expert can be asked.
package enum ExpertAvailability: Hashable, Sendable {
    case free
    case outOfHours
    case busy
}

/// Experts, and who of them is free.
package struct ExpertDirectory: Sendable {
    private struct Record: Sendable {
        let profile: ExpertProfile
        /// Conferences and consultations that the expert is in.
        var calls: [CallID] = []
        /// How many calls had been given out when this one got the last.
        var lastAsked: UInt64 = 0
        var hasMark = false
    }

    private var records: [Record] = []
    private var asked: UInt64 = 0

    /// - Parameter experts: in the order that decides between equals; a name that comes twice counts once.
    package init(_ experts: [ExpertProfile]) {
        for profile in experts where !records.contains(where: { $0.profile.id == profile.id }) {
            records.append(Record(profile: profile))
        }
    }

    package func profile(of expert: ExpertID) -> ExpertProfile? { index(expert).map { records[$0].profile } }

    package func availability(of expert: ExpertID, at time: WallTime) -> ExpertAvailability? {
        index(expert).map { availability(records[$0], at: time) }
    }

    /// Who is free and fits, best first: the exact name before a part of it, the better skill match before the lesser,
    /// then the one not asked for longest, then the order of the configuration.
    package func experts(for query: ExpertQuery, at time: WallTime) -> [ExpertProfile] {
        let found = records.enumerated().compactMap { index, record -> (rank: Int, asked: UInt64, index: Int)? in
            guard availability(record, at: time) == .free, let match = ExpertDirectory.match(record.profile, query)
            else { return nil }
            return (-match, record.lastAsked, index)
        }
        return found.sorted { $0 < $1 }.map { records[$0.index].profile }
    }

    /// The expert has joined a call, or rings for it.
    ///
    /// - Returns: `false` for an unknown one, and for one who is in that call already.
    @discardableResult
    package mutating func joined(_ expert: ExpertID, call: CallID) -> Bool {
        guard let index = index(expert), !records[index].calls.contains(call) else { return false }
        asked += 1
        records[index].lastAsked = asked
        records[index].calls.append(call)
        return true
    }

    /// The expert has left a call.
    @discardableResult
    package mutating func left(_ expert: ExpertID, call: CallID) -> Bool {
        guard let index = index(expert), records[index].calls.contains(call) else { return false }
        records[index].calls.removeAll { $0 == call }
        return true
    }

    /// A call is over: nobody is in it any more.
    package mutating func callEnded(_ call: CallID) {
        for index in records.indices { records[index].calls.removeAll { $0 == call } }
    }

    /// The expert says, or a presence service does, whether to be left alone.
    @discardableResult
    package mutating func setBusy(_ isBusy: Bool, _ expert: ExpertID) -> Bool {
        guard let index = index(expert) else { return false }
        records[index].hasMark = isBusy
        return true
    }

    private func index(_ expert: ExpertID) -> Int? { records.firstIndex { $0.profile.id == expert } }

    private func availability(_ record: Record, at time: WallTime) -> ExpertAvailability {
        if record.hasMark || !record.calls.isEmpty { return .busy }
        return record.profile.hours?.contains(time) ?? true ? .free : .outOfHours
    }

    private static func match(_ profile: ExpertProfile, _ query: ExpertQuery) -> Int? {
        switch query {
        case .skills(let requirements): return profile.skills.match(requirements)
        case .person(let wanted):
            let wanted = wanted.lowercased()
            let name = profile.name.lowercased()
            if wanted.isEmpty { return nil }
            if profile.id.rawValue.lowercased() == wanted || name == wanted { return 3 }
            if name.split(separator: " ").contains(where: { $0 == wanted }) { return 2 }
            return name.contains(wanted) ? 1 : nil
        }
    }
}
