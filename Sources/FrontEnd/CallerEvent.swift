package import Telephony

/// Something that the caller did. Times are on the leg's timeline.
package enum CallerEvent: Sendable, Equatable {
    /// A key went down.
    case digit(DigitEvent)
    /// Somebody began to speak, at the onset of the speech; heard after ``FrontEndProfile/minimumSpeechInMilliseconds``
    /// of it.
    case speechStarted(at: SampleTime)
    /// Somebody has stopped speaking, between these times; heard after the speech-end time-out.
    case speechEnded(from: SampleTime, to: SampleTime)
    /// A key's tones were heard in the audio from this time on, whatever else has reported the key.
    case keySounds(Digit, from: SampleTime)
    /// A key whose tones were heard in the audio went up.
    case keyReleased(KeyTones)
    /// A tone of the network or of a machine was recognised; it began at this time and goes on.
    case toneStarted(CallProgressTone, at: SampleTime)
    /// It has ended.
    case toneEnded(ToneSpan)
}

extension CallerEvent {
    /// The same on another time line.
    ///
    /// - Parameter place: gives a time of the one on the other.
    package func moved(_ place: (SampleTime) -> SampleTime) -> CallerEvent {
        switch self {
        case .digit(var digit):
            digit.start = place(digit.start)
            return .digit(digit)
        case .speechStarted(let start): return .speechStarted(at: place(start))
        case .speechEnded(let start, let end): return .speechEnded(from: place(start), to: place(end))
        case .keySounds(let digit, let start): return .keySounds(digit, from: place(start))
        case .keyReleased(var tones):
            tones.start = place(tones.start)
            tones.end = place(tones.end)
            return .keyReleased(tones)
        case .toneStarted(let tone, let start): return .toneStarted(tone, at: place(start))
        case .toneEnded(var span):
            span.start = place(span.start)
            span.end = place(span.end)
            return .toneEnded(span)
        }
    }
}

/// One key press, whatever it was heard by.
package struct DigitEvent: Sendable, Equatable {
    package var digit: Digit
    package var source: DigitSource
    /// When the key went down.
    package var start: SampleTime

    package init(digit: Digit, source: DigitSource, start: SampleTime) {
        self.digit = digit
        self.source = source
        self.start = start
    }
}

/// The tones of one key in the audio, from first to last.
package struct KeyTones: Sendable, Equatable {
    package var digit: Digit
    package var start: SampleTime
    package var end: SampleTime
    /// RMS of both tones together, in dB over full scale.
    package var levelInDBOV: Double

    package init(digit: Digit, start: SampleTime, end: SampleTime, levelInDBOV: Double) {
        self.digit = digit
        self.start = start
        self.end = end
        self.levelInDBOV = levelInDBOV
    }
}
