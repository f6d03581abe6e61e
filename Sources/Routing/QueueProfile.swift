package import Telephony

/// Something said to those who wait, again and again.
package struct ComfortMessage: Hashable, Sendable {
    /// The name of the prompt.
    package var prompt: String
    /// How long after joining it is said for the first time.
    package var after: Interval
    /// How long after that it is said again; `nil`: it is said once. At least a second.
    package var every: Interval?

    package init(prompt: String, after: Interval, every: Interval? = nil) {
        self.prompt = prompt
        self.after = after
        self.every = every.map { max($0, .seconds(1)) }
    }
}

/// How often the place and the wait are announced.
package struct WaitAnnouncements: Hashable, Sendable {
    package var saysPosition: Bool
    package var saysWait: Bool
    /// How long after joining the first comes.
    package var after: Interval
    /// How long after one the next comes; `nil`: there is only one. At least a second.
    package var every: Interval?

    package init(saysPosition: Bool = true, saysWait: Bool = true, after: Interval, every: Interval? = nil) {
        self.saysPosition = saysPosition
        self.saysWait = saysWait
        self.after = after
        self.every = every.map { max($0, .seconds(1)) }
    }
}

/// Where a call goes that a queue does not serve.
package enum OverflowTarget: Hashable, Sendable {
    /// Another queue; the place there is by the whole time waited.
    case queue(QueueID)
    case voicemail
    /// The caller is asked whether to be called back, and keeps the place meanwhile.
    case callBackOffer
    /// A number or URI, which the outbound policy must still allow.
    case number(String)
    /// Back into the dialog behind the action, with no answer.
    case dialog
}

/// When a call leaves a queue unserved.
package enum OverflowCondition: Hashable, Sendable {
    /// It has waited so long in this queue. A call that rings at an agent is not taken away from there; it goes when
    /// the agent does not answer.
    case waited(Interval)
    /// So many calls are in the queue already when it joins.
    case length(Int)
    /// The queue is closed when it joins.
    case closed
    /// No agent who could take it is on duty when it joins.
    case nobodyOnDuty
}

/// One rule of overflow.
package struct OverflowRule: Hashable, Sendable {
    package var condition: OverflowCondition
    package var target: OverflowTarget

    package init(when condition: OverflowCondition, goTo target: OverflowTarget) {
        self.condition = condition
        self.target = target
    }
}

/// The terms on which callers are called back.
package struct CallBackTerms: Hashable, Sendable {
    /// How often a caller is dialled. At least 1.
    package var attempts: Int
    /// How long after a caller did not answer the next attempt comes.
    package var pause: Interval
    /// How long an attempt may ring.
    package var ringTimeout: Interval
    /// How long after joining the queue nobody is called back any more.
    package var expiry: Interval
    /// How long after the call is over in which it was promised the first attempt comes at the earliest.
    package var settling = Interval.seconds(5)

    package init(
        attempts: Int = 3, pause: Interval = .seconds(300), ringTimeout: Interval = .seconds(30),
        expiry: Interval = .seconds(4 * 3_600)
    ) {
        self.attempts = max(1, attempts)
        self.pause = pause
        self.ringTimeout = ringTimeout
        self.expiry = expiry
    }
}

/// What the configuration says of a queue.
package struct QueueProfile: Hashable, Sendable {
    package var id: QueueID
    /// For people.
    package var name: String
    /// What every agent must know who takes its calls.
    package var skills: [SkillRequirement] = []
    /// The priority of a call that names none; the higher goes first.
    package var priority = 0
    /// The name of the music.
    package var music: String?
    package var comfort: [ComfortMessage] = []
    package var announcements: WaitAnnouncements?
    /// In order: the first that applies decides.
    package var overflow: [OverflowRule] = []
    /// How long a call rings at an agent before the next is asked.
    package var ringTimeout: Interval = .seconds(20)
    /// How long an agent has after a call before the next may come.
    package var wrapUp: Interval = .zero
    /// How long an agent who declined, was busy or could not be reached gets no calls.
    package var restAfterRefusal: Interval = .seconds(30)
    /// Calls in the queue at once; further ones are refused, or go where the overflow says.
    package var maximumLength = 1_000
    /// `nil`: always open.
    package var hours: WeeklyHours?
    package var callBack = CallBackTerms()
    /// The length of a talk, for estimates, until some have been seen.
    package var expectedTalk: Interval = .seconds(180)

    package init(id: QueueID, name: String) {
        self.id = id
        self.name = name
    }
}
