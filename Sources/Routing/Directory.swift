import DequeModule
package import Telephony

/// Who takes calls, who waits for them, and who is called next: agents, their states, queues and call-backs, as one
/// value.
///
/// Inputs come with the time; after each, drain ``poll()`` to `nil`. ``deadline`` says when ``advance(to:)`` must next
/// run; every input first does what was due before it, so a late crank loses nothing. A time before the last one
/// counts as the last one. The same inputs give the same outputs.
///
/// **The rule of choice.** Calls stand in one order over all queues: higher priority first, then the longest waiting
/// by when the call joined, then who joined first. Each call in that order takes, of the agents who are available,
/// belong to its queue and know what it needs, the one with the best skill match (the sum of the levels of the needed
/// skills), of those the one longest idle, of those the one named first in the configuration. So an agent who becomes
/// free gets the first call in the order that the agent can take, and a call that arrives goes to the best of those
/// who are free. What is due at the same instant is done before anybody is chosen. An agent is idle from the end of
/// the last call's wrap-up, or of the last absence; a call that rang and went away does not count.
///
/// An agent has one call at most, offers and reservations included. After no answer the call goes to the next agent,
/// its place unchanged, and the one who did not answer is away until told otherwise.
package struct Directory: Sendable {
    var queues: [QueueRecord]
    var queueIndices: [QueueID: Int] = [:]
    var agents: [AgentRecord]
    var agentIndices: [AgentID: Int] = [:]
    /// In the order in which they are served.
    var entries: [Entry] = []
    /// Where an entry stands, by its number.
    var places: [UInt64: Place] = [:]
    /// The entries of calls on the line.
    var numbers: [CallID: UInt64] = [:]
    /// The entries of callers who hung up to be called back.
    var callBacks: [CallBackID: UInt64] = [:]
    /// The entries of callers who are to be called back once their call is over.
    var promised: [CallID: UInt64] = [:]
    var availableCount = 0
    var timers = TimerQueue()
    var outputs: Deque<DirectoryOutput> = []
    var now: Instant
    let wall: WallAnchor?
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - agents: in the order that decides between equals. A name that comes twice counts once, the first time. SIP
    ///     addresses begin available, registered phones away until ``registrationChanged(of:isRegistered:at:)``.
    ///   - queues: those that the agents name; unknown names are passed over.
    ///   - wall: the wall time at `start`, for opening hours; without it every queue is open.
    package init(agents: [AgentProfile], queues: [QueueProfile], at start: Instant, wall: WallTime? = nil) {
        self.queues = []
        self.agents = []
        now = start
        self.wall = wall.map { WallAnchor(wall: $0, instant: start) }
        for profile in queues where queueIndices[profile.id] == nil {
            queueIndices[profile.id] = self.queues.count
            self.queues.append(QueueRecord(profile))
        }
        for profile in agents where agentIndices[profile.id] == nil {
            agentIndices[profile.id] = self.agents.count
            let indices = profile.queues.compactMap { queueIndices[$0] }
            self.agents.append(AgentRecord(profile, queues: indices, at: start))
        }
        for index in self.agents.indices { refresh(index) }
        outputs.removeAll()
    }

    /// When ``advance(to:)`` must next run; `nil` when nothing is due at all.
    package var deadline: Instant? {
        mutating get { nextTimer()?.due }
    }

    /// Does what is due until then.
    package mutating func advance(to time: Instant) {
        while let timer = nextTimer(), timer.due <= time {
            now = max(now, timer.due)
            runTimers()
            match()
        }
        now = max(now, time)
    }

    /// The next output; `nil` when all are drained.
    package mutating func poll() -> DirectoryOutput? { outputs.popFirst() }

    /// Does at once what an input has made due, and lets everybody choose who can.
    mutating func settle() {
        runTimers()
        match()
        // Another queue may send on at once what has just moved there.
        advance(to: now)
    }

    /// A number that nothing else of this directory has.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func runTimers() {
        while let timer = nextTimer(), timer.due <= now {
            timers.removeFirst()
            switch timer.owner {
            case .agent(let index): agentTimerFired(index)
            case .entry(let number): entryTimerFired(number)
            }
        }
    }

    /// The first timer that its owner still has.
    private mutating func nextTimer() -> TimerQueue.Timer? {
        while let timer = timers.first {
            let due =
                switch timer.owner {
                case .agent(let index): agents[index].timer
                case .entry(let number): places[number].flatMap { position(of: $0) }.flatMap { entries[$0].timer }
                }
            if due == timer.due { return timer }
            timers.removeFirst()
        }
        return nil
    }
}

/// A moment by both clocks.
struct WallAnchor: Sendable {
    let wall: WallTime
    let instant: Instant

    func wallTime(at time: Instant) -> WallTime { wall + (time - instant) }
}
