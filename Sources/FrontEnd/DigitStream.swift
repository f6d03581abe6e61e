import Telephony

/// Makes one stream of digits of three sources: telephone-events, tones in the audio, SIP INFO. One digit a key press.
///
/// A source reports a press once, so two reports of one source are two presses; reports of different sources are one
/// press when they name the same key and their times agree. Reports are matched in their order: the oldest press that a
/// source has not reported yet is the one that it reports now. Times agree
///
/// - of tones and telephone-events when the key-down times lie within 70 ms, or one of them within the time for which the
///   other source had the key down: a gateway that makes events of tones dates them by when it recognised them, and lets
///   the beginning of the tone through;
/// - of SIP INFO, which has no media time and may come when the key goes up, when it comes within 1.5 s of the key-down
///   time, of the time that the key is known to be down, or of either of them plus the duration that it states.
///
/// While a key is held down, no other source makes a second press of it: not tones after a gap in the audio, nor
/// telephone-events that begin anew. Whether it was held, or pressed again, shows only 100 ms later: so long, or until
/// another key comes, such a report waits. Allocates nothing a report.
struct DigitStream: Sendable {
    private struct Press: Sendable {
        var digit: Digit
        var start: SampleTime
        /// The last time at which the key is known to be down.
        var until: SampleTime
        var sources: Sources
        /// Its tones are in the audio still.
        var isSounding = false
    }

    /// Which sources have reported a press.
    fileprivate struct Sources: OptionSet, Sendable {
        var rawValue: UInt8
        static let telephoneEvent = Sources(rawValue: 1)
        static let inBand = Sources(rawValue: 2)
        static let sipInfo = Sources(rawValue: 4)
    }

    private static let toleranceInMilliseconds: Int64 = 70
    /// Between the end of a tone and the event that was made of it.
    private static let tailInMilliseconds: Int64 = 30
    private static let infoToleranceInMilliseconds: Int64 = 1_500
    private static let remembered = 16

    private let clockRate: ClockRate
    /// The last presses, oldest first.
    private var presses: [Press] = []
    private var pending: [DigitEvent] = []
    private var taken = 0

    /// A second report of a source, which may belong to a press that another source says to go on.
    private struct Doubtful: Sendable {
        var digit: Digit
        var source: DigitSource
        var time: SampleTime
        var until: SampleTime
        /// Its tones sound.
        var isSounding: Bool { source == .inBand && !isOver }
        var isOver = false
    }

    private var doubtful: [Doubtful] = []
    private static let doubtInMilliseconds: Int64 = 100

    init(clockRate: ClockRate) {
        self.clockRate = clockRate
        presses.reserveCapacity(DigitStream.remembered + 1)
        pending.reserveCapacity(DigitStream.remembered)
        doubtful.reserveCapacity(DigitStream.remembered)
    }

    /// Time has passed.
    mutating func advance(to now: SampleTime) {
        let doubt = clockRate.ticks(milliseconds: DigitStream.doubtInMilliseconds)
        while let first = doubtful.first, now - first.time >= doubt { settle() }
    }

    /// Decides about the oldest doubtful report.
    private mutating func settle() {
        guard !doubtful.isEmpty else { return }
        let report = doubtful.removeFirst()
        let tolerance = clockRate.ticks(milliseconds: DigitStream.toleranceInMilliseconds)
        for index in presses.indices.reversed() where presses[index].digit == report.digit {
            let press = presses[index]
            guard press.sources.contains(report.source.bit), report.time > press.start else { continue }
            let goesOn = report.source == .telephoneEvent && press.isSounding || press.until >= report.time + tolerance
            guard goesOn else { break }
            if report.isSounding { presses[index].isSounding = true }
            return
        }
        take(report)
    }

    /// An event of a key that went down.
    ///
    /// - Parameter until: the time until which the key is known to be down.
    mutating func telephoneEvent(_ digit: Digit, keyDown: SampleTime, until: SampleTime) {
        report(Doubtful(digit: digit, source: .telephoneEvent, time: keyDown, until: max(keyDown, until)))
    }

    /// The key that events say to be down at a time.
    mutating func telephoneEventHolds(_ digit: Digit, at time: SampleTime) {
        for index in presses.indices.reversed()
        where presses[index].digit == digit && presses[index].sources.contains(.telephoneEvent) {
            presses[index].until = max(presses[index].until, time)
            return
        }
    }

    /// A key's tones began.
    mutating func inBand(_ digit: Digit, start: SampleTime) {
        report(Doubtful(digit: digit, source: .inBand, time: start, until: start))
    }

    /// A key's tones have ended.
    mutating func inBandEnded(_ digit: Digit, end: SampleTime) {
        for index in presses.indices where presses[index].isSounding && presses[index].digit == digit {
            presses[index].isSounding = false
            presses[index].until = max(presses[index].until, end)
        }
        for index in doubtful.indices where doubtful[index].isSounding && doubtful[index].digit == digit {
            doubtful[index].isOver = true
            doubtful[index].until = max(doubtful[index].until, end)
        }
    }

    /// An INFO request for a key came.
    ///
    /// - Parameter duration: for how long the key was down, if it says so.
    mutating func sipInfo(_ digit: Digit, at position: SampleTime, duration: Interval) {
        report(
            Doubtful(digit: digit, source: .sipInfo, time: position, until: position),
            from: position - clockRate.ticks(max(.zero, min(duration, .seconds(60)))))
    }

    mutating func next() -> DigitEvent? {
        guard taken < pending.count else {
            pending.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        taken += 1
        return pending[taken - 1]
    }

    private mutating func report(_ report: Doubtful, from: SampleTime? = nil) {
        // What is in doubt comes first.
        while let first = doubtful.first, first.digit != report.digit { settle() }
        for press in presses.reversed() where press.digit == report.digit {
            guard mayBeHeld(press, report) else { continue }
            doubtful.append(report)
            return
        }
        take(report, from: from)
    }

    private mutating func take(_ report: Doubtful, from: SampleTime? = nil) {
        for index in presses.indices where presses[index].digit == report.digit {
            guard isSame(presses[index], report.source.bit, from: from ?? report.time, to: report.time) else {
                continue
            }
            presses[index].sources.insert(report.source.bit)
            presses[index].until = max(presses[index].until, report.until)
            if report.isSounding { presses[index].isSounding = true }
            return
        }
        if presses.count == DigitStream.remembered { presses.removeFirst() }
        presses.append(
            Press(
                digit: report.digit, start: report.time, until: report.until, sources: report.source.bit,
                isSounding: report.isSounding))
        pending.append(DigitEvent(digit: report.digit, source: report.source, start: report.time))
    }

    /// Whether a report between two times, which are one but for INFO, is of a press.
    private func isSame(_ press: Press, _ bit: Sources, from: SampleTime, to: SampleTime) -> Bool {
        guard !press.sources.contains(bit) else { return false }
        let isInfo = bit == .sipInfo || press.sources == .sipInfo
        let tolerance = clockRate.ticks(
            milliseconds: isInfo ? DigitStream.infoToleranceInMilliseconds : DigitStream.toleranceInMilliseconds)
        if press.start - tolerance <= to, from <= press.start + tolerance { return true }
        let tail = isInfo ? tolerance : clockRate.ticks(milliseconds: DigitStream.tailInMilliseconds)
        return to >= press.start && (press.isSounding || from <= press.until + tail)
    }

    /// Whether a second report of a source falls into the time for which another one has, or may have, the key down.
    private func mayBeHeld(_ press: Press, _ report: Doubtful) -> Bool {
        guard press.sources.contains(report.source.bit), report.time > press.start else { return false }
        switch report.source {
        case .inBand: return press.sources.contains(.telephoneEvent) && report.time <= press.until
        case .telephoneEvent: return press.isSounding
        case .sipInfo: return false
        }
    }
}

extension DigitSource {
    fileprivate var bit: DigitStream.Sources {
        switch self {
        case .telephoneEvent: .telephoneEvent
        case .inBand: .inBand
        case .sipInfo: .sipInfo
        }
    }
}
