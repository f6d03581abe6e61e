import Telephony

/// Makes one stream of digits of three sources: telephone-events, tones in the audio, SIP INFO. One digit a key press.
///
/// Two reports are the same press when they name the same key, come from different sources and their key-down times lie
/// within ``tolerance``: a gateway may let the first tens of milliseconds of a tone through before it signals the key,
/// and a detector dates a tone by a few milliseconds. SIP INFO has no media time: it is the press of any other source
/// within ``infoTolerance``.
struct DigitStream: Sendable {
    private struct Press: Sendable {
        var digit: Digit
        var start: SampleTime
        var sources: Set3
    }

    /// Which sources have reported a press.
    private struct Set3: OptionSet {
        var rawValue: UInt8
        static let telephoneEvent = Set3(rawValue: 1)
        static let inBand = Set3(rawValue: 2)
        static let sipInfo = Set3(rawValue: 4)
    }

    private static let toleranceInMilliseconds: Int64 = 70
    private static let infoToleranceInMilliseconds: Int64 = 1_000
    private static let remembered = 16

    private let clockRate: ClockRate
    /// The last presses, oldest first.
    private var presses: [Press] = []
    private var pending: [DigitEvent] = []

    init(clockRate: ClockRate) {
        self.clockRate = clockRate
        presses.reserveCapacity(DigitStream.remembered + 1)
        pending.reserveCapacity(DigitStream.remembered)
    }

    mutating func telephoneEvent(_ digit: Digit, keyDown: SampleTime) {
        report(digit, .telephoneEvent, .telephoneEvent, at: keyDown)
    }

    mutating func inBand(_ digit: Digit, start: SampleTime) { report(digit, .inBand, .inBand, at: start) }

    mutating func sipInfo(_ digit: Digit, at position: SampleTime) { report(digit, .sipInfo, .sipInfo, at: position) }

    mutating func next() -> DigitEvent? { pending.isEmpty ? nil : pending.removeFirst() }

    private mutating func report(_ digit: Digit, _ bit: Set3, _ source: DigitSource, at time: SampleTime) {
        for index in presses.indices.reversed() where presses[index].digit == digit {
            let isFromInfo = bit == .sipInfo || presses[index].sources == .sipInfo
            let milliseconds =
                isFromInfo ? DigitStream.infoToleranceInMilliseconds : DigitStream.toleranceInMilliseconds
            let tolerance = clockRate.ticks(milliseconds: milliseconds)
            guard !presses[index].sources.contains(bit), abs(presses[index].start - time) <= tolerance else { continue }
            presses[index].sources.insert(bit)
            return
        }
        if presses.count == DigitStream.remembered { presses.removeFirst() }
        presses.append(Press(digit: digit, start: time, sources: bit))
        pending.append(DigitEvent(digit: digit, source: source, start: time))
    }
}
