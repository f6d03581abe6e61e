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
