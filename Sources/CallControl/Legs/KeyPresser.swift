import DSP
import DequeModule
import RTP
import Telephony

/// Keys that Parley presses on a leg, one after the other: RFC 4733 where the far end speaks it, tones in the audio
/// otherwise.
///
/// A sequence has keys, and `,` for a pause of two seconds; anything else in it is passed over.
struct KeyPresser {
    private enum Step {
        case key(Digit)
        /// In ticks.
        case pause(Int)
    }

    private var steps: Deque<Step> = []
    private var sender: TelephoneEventSender?
    private var tone: ToneGenerator?
    /// Ticks of a tone, or until the next step.
    private var rest = 0

    /// A key of 100 ms, silence of 100 ms, half a second before the first.
    private static let keyTicks = 5
    private static let gapTicks = 5
    private static let firstTicks = 25
    private static let pauseTicks = 100
    /// Longer sequences are cut.
    private static let longest = 128

    init?(_ sequence: String) {
        for character in sequence.prefix(KeyPresser.longest) {
            if let digit = Digit(character) {
                steps.append(.key(digit))
            } else if character == "," {
                steps.append(.pause(KeyPresser.pauseTicks))
            }
        }
        guard !steps.isEmpty else { return nil }
        steps.prepend(.pause(KeyPresser.firstTicks))
    }

    /// A key that another party pressed, at once.
    init(relaying digit: Digit) { steps.append(.key(digit)) }

    /// Another key behind those that are being pressed. More than fit are passed over: nobody waits for so many.
    mutating func relay(_ digit: Digit) {
        guard steps.count < KeyPresser.longest else { return }
        steps.append(.key(digit))
    }

    var isDone: Bool { steps.isEmpty && sender == nil && tone == nil && rest == 0 }

    /// The report that goes out with this tick in the place of audio.
    ///
    /// - Parameters:
    ///   - media: of the leg.
    ///   - frame: gets the tone of a key where the far end takes no events.
    mutating func next(_ media: MediaDescription, _ frame: inout [Int16]) -> TelephoneEventSender.Report? {
        if sender == nil, tone == nil { begin(media) }
        if sender != nil {
            if let report = sender?.next() { return report }
            sender = nil
            rest = KeyPresser.gapTicks
        } else if tone != nil {
            KeyPresser.add(&tone, to: &frame)
            rest -= 1
            if rest == 0 {
                tone = nil
                rest = KeyPresser.gapTicks
            }
        }
        return nil
    }

    private mutating func begin(_ media: MediaDescription) {
        guard rest == 0 else {
            rest -= 1
            return
        }
        switch steps.popFirst() {
        case nil: break
        case .pause(let ticks): rest = ticks
        case .key(let digit):
            let duration = tickDuration * Int64(KeyPresser.keyTicks)
            if media.telephoneEventPayloadType != nil {
                let rate = media.telephoneEventRate.map { ClockRate(Int64($0)) } ?? media.codec.clockRate
                sender = TelephoneEventSender(digit, duration: duration, clockRate: rate)
            } else {
                tone = ToneGenerator(digit, sampleRate: media.codec.sampleRate)
                rest = KeyPresser.keyTicks
            }
        }
    }

    private static func add(_ tone: inout ToneGenerator?, to frame: inout [Int16]) {
        var room = frame.mutableSpan
        tone?.add(to: &room)
    }
}
