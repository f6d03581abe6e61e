import FrontEnd
import Telephony

/// Which keys and which audio of a call may stand in its journal.
///
/// A key may when the dialog has taken it for one that is no secret. Audio may unless it came while a secret was given, or
/// has the tones of a key in it that may not.
struct JournalSecrets {
    private enum Verdict { case undecided, open, secret }

    private struct Key {
        var id: Int
        var digit: Digit
        var source: DigitSource
        var arrival: Instant
        /// Of its packets.
        var timestamp: UInt32?
        /// When it went down on the caller's time line: as it was heard, and until then as it is supposed.
        var start: SampleTime
        var isHeard = false
        var verdict = Verdict.undecided
    }

    /// When audio was heard in which a secret may be.
    private struct Span {
        /// When it was found.
        var since: Instant
        var from: Instant
        /// `nil` while it goes on.
        var to: Instant?
        /// The key whose tones it has; `nil` for whatever is said while a secret is given.
        var key: Int?
    }

    private let clockRate: ClockRate
    private var keys: [Key] = []
    private var spans: [Span] = []
    private var lastKey = 0
    private var isGiving = false
    /// Digits of secrets, as they were given.
    private var given: [[UInt8]] = []

    /// Longer than the jitter buffer holds anything.
    private static let longestDelay = Interval.milliseconds(400)
    /// What is said to be heard at a time may be heard so much before or after it.
    private static let margin = Interval.milliseconds(60)
    /// A gateway that signals a key lets so much of its tone through.
    private static let longestLeak = Interval.milliseconds(120)
    /// How far the times may be apart, in milliseconds, at which one source and another say that a key went down.
    private static let tolerance: Int64 = 150
    private static let toleranceOfSupposed: Int64 = 400
    /// A key that nobody has heard by then is one that another source told of.
    private static let longestToHear = Interval.seconds(2)
    /// Fewer digits stand in too many texts by chance.
    private static let fewestDigits = 3

    init(clockRate: ClockRate) { self.clockRate = clockRate }

    /// Digits that must not stand in what the outside answers.
    var spoken: [[UInt8]] { given.filter { $0.count >= JournalSecrets.fewestDigits } }

    /// From when on entries wait for the dialog to say what a key is.
    var undecidedSince: Instant? {
        keys.filter { $0.verdict == .undecided }.map(\.arrival).min().map { $0 - JournalSecrets.longestDelay }
    }

    // MARK: - Keys

    /// A key was signalled.
    ///
    /// - Returns: its number.
    mutating func signalled(
        _ digit: Digit, _ source: DigitSource, timestamp: UInt32?, _ start: SampleTime, at now: Instant
    ) -> Int {
        if let timestamp, let known = keys.last(where: { $0.timestamp == timestamp && $0.digit == digit }) {
            return known.id
        }
        return add(digit, source, timestamp, from: start, at: now)
    }

    private mutating func add(
        _ digit: Digit, _ source: DigitSource, _ timestamp: UInt32?, from start: SampleTime, at now: Instant
    ) -> Int {
        lastKey += 1
        keys.append(
            Key(id: lastKey, digit: digit, source: source, arrival: now, timestamp: timestamp, start: start))
        return lastKey
    }

    /// A key was heard.
    mutating func heard(_ digit: DigitEvent, playing position: SampleTime, at now: Instant) {
        let index = keys.firstIndex {
            $0.source == digit.source && $0.digit == digit.digit && !$0.isHeard && $0.verdict == .undecided
        }
        if let index {
            keys[index].isHeard = true
            keys[index].start = digit.start
            guard digit.source != .inBand else { return }
            let start = now - clockRate.interval(ticks: position - digit.start)
            spans.append(
                Span(
                    since: now, from: start - JournalSecrets.margin,
                    to: start + JournalSecrets.longestLeak + JournalSecrets.margin, key: keys[index].id))
        } else if digit.source == .inBand {
            tonesBegan(digit.digit, from: digit.start, playing: position, at: now)
            if let last = keys.indices.last { keys[last].isHeard = true }
        }
    }

    mutating func tonesBegan(_ digit: Digit, from start: SampleTime, playing position: SampleTime, at now: Instant) {
        guard digit.number != nil else { return }
        let tolerance = clockRate.ticks(milliseconds: JournalSecrets.tolerance)
        let isKnown = keys.contains {
            $0.source == .inBand && $0.digit == digit && abs($0.start - start) <= tolerance
        }
        guard !isKnown else { return }
        let began = now - clockRate.interval(ticks: max(0, position - start)) - JournalSecrets.margin
        spans.append(
            Span(since: now, from: began, to: nil, key: add(digit, .inBand, nil, from: start, at: began)))
    }

    mutating func tonesEnded(_ digit: Digit, at now: Instant) {
        for index in spans.indices where spans[index].to == nil {
            if let key = spans[index].key, find(key)?.digit == digit {
                spans[index].to = now + JournalSecrets.margin
            }
        }
    }

    private func find(_ id: Int) -> Key? { keys.first { $0.id == id } }

    /// The dialog has taken a key, or will take it no more.
    mutating func settled(_ heard: DigitHeard) {
        let start = SampleTime(ticks: Int64((heard.start * Double(clockRate.ticksPerSecond)).rounded()))
        let isSecret = heard.digit.isSensitive
        settle(start, heard.source, isSecret ? nil : Digit(heard.digit.redacted), isSecret: isSecret)
    }

    /// What a key is that a source told of is known, and with it what the others told of the same key.
    mutating func settle(_ start: SampleTime, _ told: DigitSource, _ digit: Digit?, isSecret: Bool) {
        for source in DigitSource.allCases {
            guard let index = nearest(to: start, from: source, digit, told: told) else { continue }
            keys[index].verdict = isSecret ? .secret : .open
            if isSecret, source == told { note(keys[index].digit) }
        }
    }

    /// The key that is not decided yet and that a source means which told of a key at a time.
    private func nearest(
        to start: SampleTime, from source: DigitSource, _ digit: Digit?, told: DigitSource
    ) -> Int? {
        var best: (index: Int, distance: Int64)?
        for (index, key) in keys.enumerated() where key.source == source && key.verdict == .undecided {
            guard digit == nil || key.digit == digit else { continue }
            let tolerance: Int64 =
                source == told ? 1 : key.isHeard ? JournalSecrets.tolerance : JournalSecrets.toleranceOfSupposed
            let distance = abs(key.start - start)
            guard distance <= clockRate.ticks(milliseconds: tolerance), distance < best?.distance ?? .max else {
                continue
            }
            best = (index, distance)
        }
        return best?.index
    }

    private mutating func note(_ digit: Digit) {
        guard let octet = digit.character.asciiValue else { return }
        if given.isEmpty || !isGiving { given.append([]) }
        isGiving = true
        given[given.count - 1].append(octet)
    }

    // MARK: - Audio

    mutating func isGiven(_ isGiven: Bool, at tick: Instant) {
        let open = spans.lastIndex { $0.key == nil && $0.to == nil }
        if isGiven, open == nil {
            spans.append(Span(since: tick, from: tick - JournalSecrets.margin, to: nil, key: nil))
        } else if !isGiven {
            isGiving = false
            if let open { spans[open].to = tick + JournalSecrets.margin }
        }
    }

    /// Whether a key may be known.
    func isOpen(_ id: Int) -> Bool { find(id)?.verdict == .open }

    /// Whether there may be a secret in audio that was heard at a time. The tones of the key that brought the question for
    /// a secret are none.
    func hidesAudio(at time: Instant) -> Bool {
        var given: Instant?
        var openSince: Instant?
        for span in spans where span.from <= time && span.to.map({ time < $0 }) ?? true {
            guard let key = span.key else {
                given = max(given ?? span.since, span.since)
                continue
            }
            guard isOpen(key) else { return true }
            openSince = min(openSince ?? span.since, span.since)
        }
        guard let given else { return false }
        return openSince.map { $0 > given } ?? true
    }

    // MARK: - Time

    /// What nobody has heard is not waited for any more.
    mutating func expire(at now: Instant) {
        for index in keys.indices where keys[index].verdict == .undecided && !keys[index].isHeard {
            if now - keys[index].arrival > JournalSecrets.longestToHear { keys[index].verdict = .secret }
        }
    }

    /// Entries from before a time have left.
    mutating func forget(before time: Instant) {
        let kept = Interval.seconds(5)
        spans.removeAll { $0.to.map { $0 + kept < time } ?? false }
        let spanned = spans.compactMap(\.key)
        keys.removeAll { $0.verdict != .undecided && $0.arrival + kept < time && !spanned.contains($0.id) }
    }
}
