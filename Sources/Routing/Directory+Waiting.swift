import Telephony

// What happens to those who wait as time passes.

extension Directory {
    mutating func entryTimerFired(_ number: UInt64) {
        guard let index = index(of: number) else { return }
        entries[index].timer = nil
        guard entries[index].isOnTheLine else { return callBackTimerFired(number) }
        speak(index)
        overflow(number)
        arm(number)
    }

    /// Says what is due to one who waits. While the call rings at an agent it is passed over.
    private mutating func speak(_ index: Int) {
        let profile = queues[entries[index].queue].profile
        let isWaiting = entries[index].state == .waiting
        if let due = entries[index].nextAnnouncement, due <= now, let terms = profile.announcements {
            entries[index].nextAnnouncement = terms.every.map { next(after: due, every: $0) }
            if isWaiting { announce(index, terms) }
        }
        for message in profile.comfort.indices {
            guard message < entries[index].nextComfort.count, let due = entries[index].nextComfort[message], due <= now
            else { continue }
            entries[index].nextComfort[message] = profile.comfort[message].every.map { next(after: due, every: $0) }
            if isWaiting { emit(.comfort(entries[index].call, prompt: profile.comfort[message].prompt)) }
        }
    }

    /// The next of a series that is later than now.
    private func next(after due: Instant, every: Interval) -> Instant {
        let period = max(every, .seconds(1)).nanoseconds
        let missed = (now - due).nanoseconds / period
        return due + Interval(nanoseconds: (missed &+ 1) &* period)
    }

    private mutating func announce(_ index: Int, _ terms: WaitAnnouncements) {
        let entry = entries[index]
        emit(
            .announce(
                entry.call, queue: queues[entry.queue].profile.id,
                position: terms.saysPosition ? position(of: entry.call) : nil,
                wait: terms.saysWait ? estimatedWait(at: index) : nil))
    }

    /// Applies the rules of overflow by time that are due to one who waits.
    private mutating func overflow(_ number: UInt64) {
        while let index = index(of: number), entries[index].isOnTheLine, entries[index].state == .waiting,
            let (rule, due) = entries[index].nextOverflow(queues[entries[index].queue].profile), due <= now
        {
            entries[index].triedRules |= 1 << UInt64(rule)
            let entry = entries[index]
            let profile = queues[entry.queue].profile
            switch profile.overflow[rule].target {
            case .queue(let id): move(number, to: id)
            case .callBackOffer: emit(.offerCallBack(entry.call, queue: profile.id))
            case .voicemail, .number, .dialog:
                leave(number, isAbandonment: false)
                emit(
                    .overflow(
                        entry.call, queue: profile.id, profile.overflow[rule].target, profile.overflow[rule].condition))
            }
        }
    }

    /// Sends a call on to another queue, unless that is full, closed or one where it has been.
    private mutating func move(_ number: UInt64, to id: QueueID) {
        guard let target = openIndex(of: id), let index = index(of: number), !entries[index].visited.contains(target),
            isOpen(target), queues[target].length < queues[target].profile.maximumLength,
            var entry = remove(number)
        else { return }
        let from = queues[entry.queue].profile.id
        let profile = queues[target].profile
        entry.queue = target
        entry.place.priority = entry.ownPriority ?? profile.priority
        entry.fits = fits(target, profile.skills + entry.ownSkills)
        entry.arrived = now
        entry.visited.append(target)
        entry.triedRules = 0
        entry.firstEstimate = nil
        entry.timer = nil
        entry.armMessages(profile, at: now)
        numbers[entry.call] = number
        queues[target].history.callJoined(priority: entry.place.priority, at: now)
        insert(entry)
        emit(.moved(entry.call, from: from, to: id))
    }

    /// The caller waits on, at the place held before.
    mutating func waitOn(_ number: UInt64) { changeEntry(number) { $0.state = .waiting } }
}
