import Telephony

/// Where an entry stands in the order of service.
struct Place: Sendable, Comparable {
    var priority: Int
    var joined: Instant
    var number: UInt64

    static func < (a: Place, b: Place) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        return (a.joined, a.number) < (b.joined, b.number)
    }
}

/// A caller who waits: on the line, or to be called back.
struct Entry: Sendable {
    enum State: Sendable, Equatable {
        case waiting
        /// The caller is to be called back and still on the line: nobody is called before that call is over.
        case promised
        /// Rings at an agent, by index.
        case offered(Int)
        /// The caller is being dialled, with an agent kept free.
        case dialling(Int)
        /// The caller did not answer; the next attempt comes then.
        case resting(until: Instant)
    }

    struct CallBack: Sendable {
        let id: CallBackID
        let number: String
        var attempts = 0
        let expiry: Instant
    }

    var place: Place
    /// The call on the line; the one that asked for it when the caller is to be called back.
    var call: CallID
    var queue: Int
    /// What the caller's own request adds to the queue's.
    let ownPriority: Int?
    let ownSkills: [SkillRequirement]
    /// How well each agent fits, by index; below 0 for one who may not have it.
    var fits: [Int16]
    var state = State.waiting
    var callBack: CallBack?
    /// When it came into this queue.
    var arrived: Instant
    /// Queues in which it has been, so that overflow cannot go round in circles.
    var visited: [Int]
    /// Rules of overflow of this queue that have been tried, a bit each.
    var triedRules: UInt64 = 0
    var nextAnnouncement: Instant?
    var nextComfort: [Instant?] = []
    /// The first estimate, to learn from when it was wrong.
    var firstEstimate: Interval?
    var estimatedAt: Instant
    var firstOffered: Instant?
    /// What stands in the queue of timers for this entry.
    var timer: Instant?

    var isOnTheLine: Bool { callBack == nil }
}

extension Entry {
    /// When it has something to do next.
    func due(_ profile: QueueProfile) -> Instant? {
        if let callBack {
            return switch state {
            case .waiting, .promised: callBack.expiry
            case .resting(let until): min(until, callBack.expiry)
            case .offered, .dialling: nil
            }
        }
        var due = nextAnnouncement
        func consider(_ time: Instant?) {
            if let time { due = min(due ?? time, time) }
        }
        for time in nextComfort { consider(time) }
        if state == .waiting { consider(nextOverflow(profile)?.due) }
        return due
    }

    /// The rule of overflow by time that comes first of those not tried yet.
    func nextOverflow(_ profile: QueueProfile) -> (rule: Int, due: Instant)? {
        var first: (rule: Int, due: Instant)?
        for (index, rule) in profile.overflow.prefix(64).enumerated() {
            guard case .waited(let time) = rule.condition, triedRules & 1 << UInt64(index) == 0 else { continue }
            let due = arrived + time
            if due < first?.due ?? Instant(nanoseconds: .max) { first = (index, due) }
        }
        return first
    }

    /// Sets when the waiting are spoken to, counted from now.
    mutating func armMessages(_ profile: QueueProfile, at now: Instant) {
        nextAnnouncement = profile.announcements.map { now + $0.after }
        nextComfort = profile.comfort.map { now + $0.after }
    }
}
