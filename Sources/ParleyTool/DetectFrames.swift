import FrontEnd
import Telephony

/// What `parley detect --frames` prints of a file: one line a decision of 20 ms.
struct DetectFrames {
    /// A line.
    struct Line: Encodable {
        var file: String
        /// Seconds of audio that had been consumed when the decision was there; there is no look-ahead.
        var end: Double
        /// The probability of speech, 0 to 1.
        var speech: Double
        var active: Bool
    }

    private var listener: Listener
    private let file: String
    private let sampleRate: Int
    private var heard = 0

    init(file: String, sampleRate: Int, profile: FrontEndProfile) {
        self.file = file
        self.sampleRate = sampleRate
        listener = Listener(profile, sampleRate: sampleRate, clockRate: ClockRate(Int64(sampleRate)))
    }

    /// Takes 20 ms of audio and gives its line.
    mutating func hear(_ frame: Span<Int16>) -> Line {
        listener.hear(frame, at: SampleTime(ticks: Int64(heard)), isConcealed: false)
        while listener.next() != nil {}
        heard += frame.count
        let speech = (Double(listener.decision.probability) * 10_000).rounded() / 10_000
        return Line(
            file: file, end: Double(heard) / Double(sampleRate), speech: speech, active: listener.decision.isActive)
    }

    /// The lines of a whole recording; a rest shorter than 20 ms is not judged.
    static func lines(of audio: PCMAudio, file: String, profile: FrontEndProfile) -> [Line] {
        var frames = DetectFrames(file: file, sampleRate: audio.sampleRate, profile: profile)
        let length = audio.sampleRate / 50
        return stride(from: 0, through: audio.samples.count - length, by: length).map { start in
            frames.hear(audio.samples.span.extracting(start..<(start + length)))
        }
    }
}
