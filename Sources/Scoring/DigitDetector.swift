package import FrontEnd
package import Telephony

/// Something that hears keys in audio: Parley's front end or a rival.
package struct DigitDetector: Sendable {
    package let name: String
    /// The rates that it takes; `nil` for all.
    package let sampleRates: Set<Int>?
    package let hear: @Sendable (PCMAudio) -> [HeardDigit]

    package init(name: String, sampleRates: Set<Int>? = nil, hear: @escaping @Sendable (PCMAudio) -> [HeardDigit]) {
        self.name = name
        self.sampleRates = sampleRates
        self.hear = hear
    }

    /// The front end that a call has.
    package static func parley(_ profile: FrontEndProfile = FrontEndProfile()) -> DigitDetector {
        DigitDetector(name: "parley") { audio in
            Hearing.events(in: audio, profile).compactMap { event in
                guard case .digit(let digit) = event else { return nil }
                return HeardDigit(
                    digit: digit.digit, start: Double(digit.start.ticks) / Double(audio.sampleRate))
            }
        }
    }
}

/// Runs the front end over a whole piece of audio.
package enum Hearing {
    /// Everything that a party does in its audio; times in samples.
    package static func events(in audio: PCMAudio, _ profile: FrontEndProfile) -> [CallerEvent] {
        var listener = Listener(
            profile, sampleRate: audio.sampleRate, clockRate: ClockRate(Int64(audio.sampleRate)))
        let frame = audio.sampleRate / 50
        var events: [CallerEvent] = []
        let samples = audio.samples
        for start in stride(from: 0, through: samples.count - frame, by: frame) {
            listener.hear(
                samples.span.extracting(start..<(start + frame)), at: SampleTime(ticks: Int64(start)),
                isConcealed: false)
            while let event = listener.next() { events.append(event) }
        }
        return events
    }
}
