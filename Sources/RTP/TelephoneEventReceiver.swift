package import Telephony

/// Makes one key press of the telephone-event packets of each key (RFC 4733), in the order of key-down times.
///
/// A press is identified by its timestamp. Packets may be lost, doubled or out of order, the marker bit and the end may
/// be missing: any one packet is enough. A press is released when the playout position reaches its key-down time, so
/// that packets which the network delayed can still take their place in front of later keys; one that comes after a
/// later key has been released is counted as late and dropped.
///
/// Two habits of gateways are undone: a long event that continues with a new timestamp when 16 bits of duration are
/// full (section 2.5.1.3), and a timestamp that moves with each packet of the same key. Both are taken as the same
/// press when the packet has no marker bit, says the same key, and begins not later than the time that the press is
/// known to have lasted plus ``continuationGapInMilliseconds``; or when it is the very next packet of a press that has not
/// ended, wherever its timestamp has jumped.
package struct TelephoneEventReceiver: Sendable {
    /// A key that went down.
    package struct KeyPress: Sendable, Equatable {
        package var digit: Digit
        package var keyDown: SampleTime
        /// Power level in dBm0 with the sign dropped.
        package var volume: UInt8
        /// The latest time at which the key is known to be down.
        package var knownUntil: SampleTime
    }

    /// What became of a packet.
    package enum Reception: Sendable, Equatable {
        /// A press that had not been heard of.
        case new
        /// More of a press that is known.
        case update
        /// A press that would come before one already released.
        case late
        /// No DTMF key, or not a telephone-event at all.
        case ignored
        /// More presses at once than any caller makes.
        case overflow
    }

    private struct Entry: Sendable {
        var digit: Digit
        var keyDown: SampleTime
        /// The latest time at which the key is known to be down.
        var knownUntil: SampleTime
        var volume: UInt8
        var isEnded: Bool
        var isReleased: Bool
        /// The sequence number of the latest packet, unwrapped.
        var lastSequence: Int64
    }

    /// How far apart two reports of one press may be.
    private static let continuationGapInMilliseconds: Int64 = 60
    private static let capacity = 32
    /// Presses of ten seconds, as most callers make them.
    private static let usual = 8

    private let clockRate: ClockRate
    /// Ticks of the stream's clock in one of a report's duration: more than 1 where telephone-event has a slower clock
    /// than the codec beside it.
    package var ticksPerDuration: Int64 = 1
    /// In the order of key-down times.
    private var entries: [Entry] = []
    private var lastReleased = SampleTime(ticks: .min)
    /// Up to when any key is known to be down: nothing need be looked for long after.
    private var latest = SampleTime(ticks: .min)
    /// Packets of presses that came too late to be released in order.
    package private(set) var lateReports = 0
    package private(set) var ignoredPackets = 0

    package init(clockRate: ClockRate) {
        self.clockRate = clockRate
        entries.reserveCapacity(TelephoneEventReceiver.usual)
    }

    /// A key is known to be down at a position: there is no audio then, and none is missing.
    package func covers(_ position: SampleTime) -> Bool {
        let slack = clockRate.ticks(milliseconds: 80)
        guard position.ticks &- latest.ticks <= slack || latest > position else { return false }
        for entry in entries where entry.keyDown <= position && position <= entry.knownUntil + slack { return true }
        return false
    }

    /// The key that was released last, as long as it is known to be down: until its end, or 80 ms after its last packet.
    package func heldKey(at position: SampleTime) -> Digit? {
        let slack = clockRate.ticks(milliseconds: 80)
        guard position.ticks &- latest.ticks <= slack || latest > position else { return nil }
        for entry in entries where entry.isReleased && entry.keyDown <= position {
            if position <= entry.knownUntil + (entry.isEnded ? 0 : slack) { return entry.digit }
        }
        return nil
    }

    /// Takes one packet.
    ///
    /// - Parameters:
    ///   - timestamp: the packet's timestamp on the stream's unwrapped timeline.
    ///   - sequence: its unwrapped sequence number.
    @discardableResult
    package mutating func receive(
        _ payload: Span<UInt8>, marker: Bool, timestamp: SampleTime, sequence: Int64
    ) -> Reception {
        guard let event = TelephoneEvent(payload), let digit = Digit(code: event.code) else {
            ignoredPackets &+= 1
            return .ignored
        }
        let until = timestamp + Int64(event.duration) * ticksPerDuration
        latest = max(latest, until)
        if let index = indexOfPress(event, digit, timestamp, marker: marker, sequence: sequence) {
            // A timestamp that has jumped says nothing of how long the key is down.
            let gap = clockRate.ticks(milliseconds: TelephoneEventReceiver.continuationGapInMilliseconds)
            let known = entries[index].knownUntil
            let hasJumped = timestamp != entries[index].keyDown && timestamp > known + gap
            entries[index].knownUntil = max(known, hasJumped ? min(until, known + gap) : until)
            entries[index].lastSequence = max(entries[index].lastSequence, sequence)
            if event.isEnd { entries[index].isEnded = true }
            return .update
        }
        guard timestamp > lastReleased else {
            lateReports &+= 1
            return .late
        }
        forgetOld(before: timestamp)
        guard entries.count < TelephoneEventReceiver.capacity else { return .overflow }
        let entry = Entry(
            digit: digit, keyDown: timestamp, knownUntil: until, volume: event.volume, isEnded: event.isEnd,
            isReleased: false, lastSequence: sequence)
        let index = entries.firstIndex { $0.keyDown > timestamp } ?? entries.count
        entries.insert(entry, at: index)
        return .new
    }

    /// The press that a packet belongs to.
    private func indexOfPress(
        _ event: TelephoneEvent, _ digit: Digit, _ timestamp: SampleTime, marker: Bool, sequence: Int64
    ) -> Int? {
        let gap = clockRate.ticks(milliseconds: TelephoneEventReceiver.continuationGapInMilliseconds)
        for index in entries.indices.reversed() where entries[index].digit == digit {
            let entry = entries[index]
            if entry.keyDown == timestamp { return index }
            let isContinuation =
                !marker && !entry.isEnded && timestamp > entry.keyDown && timestamp <= entry.knownUntil + gap
                && sequence > entry.lastSequence
            // With no packet in between nothing ended the press: whatever became of the timestamp, it is the same. Its end
            // is said three times.
            let isMore = !entry.isEnded || event.isEnd
            let isNextPacket = !marker && isMore && sequence == entry.lastSequence + 1
            if isContinuation || isNextPacket { return index }
        }
        return nil
    }

    /// The next press whose key-down time the position has reached.
    package mutating func next(upTo position: SampleTime) -> KeyPress? {
        for index in entries.indices where !entries[index].isReleased {
            let entry = entries[index]
            guard entry.keyDown <= position else { return nil }
            entries[index].isReleased = true
            lastReleased = entry.keyDown
            return KeyPress(
                digit: entry.digit, keyDown: entry.keyDown, volume: entry.volume, knownUntil: entry.knownUntil)
        }
        return nil
    }

    /// Drops released presses that no packet can belong to any more.
    private mutating func forgetOld(before time: SampleTime) {
        let horizon = time - clockRate.ticks(milliseconds: 10_000)
        while let first = entries.first, first.isReleased,
            first.knownUntil < horizon || entries.count == TelephoneEventReceiver.capacity
        {
            entries.removeFirst()
        }
    }

    /// Forgets everything: the stream began anew.
    package mutating func reset() {
        entries.removeAll(keepingCapacity: true)
        lastReleased = SampleTime(ticks: .min)
        latest = SampleTime(ticks: .min)
    }
}
