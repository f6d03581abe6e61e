package import Telephony

/// Takes the tones of secret keys out of a party's audio before it is recorded or forwarded: silence of equal length, from
/// the onset of each tone to its end.
///
/// A key is known to be one only when some of its tone has passed, and known to be no secret only when the dialog has
/// taken it. So the audio waits for 200 ms, and a key's tone is silenced unless it is revealed before it leaves: a key that
/// a question for something open has taken is heard in the recording, one that was pressed ahead, or belongs to a secret,
/// is not.
package struct ToneSuppressor: Sendable {
    /// Frames of 20 ms by which the audio is delayed.
    package static let delayInFrames = 10

    /// The time of a key.
    private struct Hidden: Sendable {
        var digit: Digit
        var start: SampleTime
        /// When it ends; `nil` while it goes on.
        var end: SampleTime?
        var isRevealed = false
    }

    private static let slots = delayInFrames + 1
    private static let remembered = 32

    private let clockRate: ClockRate
    private let frameSamples: Int
    private let frameTicks: Int64
    /// The frames that wait, in a ring.
    private var samples: [Int16]
    private var positions: [SampleTime]
    private var first = 0
    private var count = 0
    private var hidden: [Hidden] = []
    /// The time of the first sample that has not left.
    private var leaving = SampleTime(ticks: .min)

    /// - Parameters:
    ///   - frameSamples: samples of a frame of 20 ms.
    ///   - clockRate: of the times.
    package init(frameSamples: Int, clockRate: ClockRate) {
        self.frameSamples = frameSamples
        self.clockRate = clockRate
        frameTicks = clockRate.ticks(tickDuration)
        samples = [Int16](repeating: 0, count: ToneSuppressor.slots * frameSamples)
        positions = [SampleTime](repeating: .zero, count: ToneSuppressor.slots)
        hidden.reserveCapacity(ToneSuppressor.remembered)
    }

    // MARK: - Keys

    /// A key sounds from a time on: it is silenced from there unless it is revealed.
    ///
    /// - Parameter end: when it ends, if that is known.
    package mutating func hide(_ digit: Digit, from start: SampleTime, to end: SampleTime? = nil) {
        hidden.removeAll { ($0.end ?? $0.start) < leaving && $0.end != nil }
        if hidden.count == ToneSuppressor.remembered { hidden.removeFirst() }
        // The same key as another source heard it: what is known of the one holds for the other.
        let tolerance = clockRate.ticks(milliseconds: 150)
        let isRevealed = hidden.contains { $0.digit == digit && $0.isRevealed && abs($0.start - start) <= tolerance }
        hidden.append(Hidden(digit: digit, start: start, end: end, isRevealed: isRevealed))
    }

    /// The key that sounds has ended.
    package mutating func end(_ digit: Digit, at end: SampleTime) {
        for index in hidden.indices where hidden[index].digit == digit && hidden[index].end == nil {
            hidden[index].end = end
        }
    }

    /// A key was taken as an answer that is no secret.
    package mutating func reveal(_ digit: Digit, at start: SampleTime) {
        let tolerance = clockRate.ticks(milliseconds: 150)
        for index in hidden.indices where hidden[index].digit == digit && abs(hidden[index].start - start) <= tolerance
        {
            hidden[index].isRevealed = true
        }
    }

    // MARK: - Audio

    /// Takes a frame and gives the one of 200 ms before.
    ///
    /// - Parameters:
    ///   - position: the time of the frame's first sample.
    ///   - isSecret: all of the frame is silenced.
    ///   - output: room for a frame.
    /// - Returns: whether a frame came out: not before ten have gone in.
    package mutating func pass(
        _ frame: Span<Int16>, at position: SampleTime, isSecret: Bool, into output: inout [Int16]
    ) -> Bool {
        let slot = (first + count) % ToneSuppressor.slots
        let base = slot * frameSamples
        for index in 0..<min(frameSamples, frame.count) { samples[base + index] = isSecret ? 0 : frame[index] }
        positions[slot] = position
        count += 1
        return count > ToneSuppressor.delayInFrames ? take(into: &output) : false
    }

    /// Gives the oldest frame that waits; `false` when none does.
    package mutating func take(into output: inout [Int16]) -> Bool {
        guard count > 0 else { return false }
        let base = first * frameSamples
        let position = positions[first]
        for index in 0..<min(frameSamples, output.count) { output[index] = samples[base + index] }
        for key in hidden where !key.isRevealed { silence(key, in: &output, at: position) }
        first = (first + 1) % ToneSuppressor.slots
        count -= 1
        leaving = position + frameTicks
        return true
    }

    private func silence(_ key: Hidden, in output: inout [Int16], at position: SampleTime) {
        let from = max(0, key.start - position)
        let to = min(frameTicks, key.end.map { $0 - position } ?? frameTicks)
        guard from < to else { return }
        let scale = Int64(frameSamples)
        // Rounded outwards.
        let last = min(output.count, Int((to * scale + frameTicks - 1) / frameTicks))
        for index in Int(from * scale / frameTicks)..<max(Int(from * scale / frameTicks), last) { output[index] = 0 }
    }
}

// MARK: - Keys as they are heard

extension ToneSuppressor {
    /// A key was heard; what else there is in the audio of it is not known yet.
    package mutating func heard(_ digit: DigitEvent) {
        // A gateway that signals a key lets the beginning of its tone through.
        let margin = clockRate.ticks(milliseconds: 40)
        hide(digit.digit, from: digit.start - margin, to: digit.start + 3 * margin)
    }

    /// A key's tones began.
    package mutating func tonesBegan(_ digit: Digit, at start: SampleTime) {
        hide(digit, from: start - clockRate.ticks(milliseconds: 10))
    }

    /// A key's tones have ended.
    package mutating func tonesEnded(_ tones: KeyTones) {
        end(tones.digit, at: tones.end + clockRate.ticks(milliseconds: 15))
    }
}
