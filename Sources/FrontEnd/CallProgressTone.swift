package import Telephony

/// A signal of the network or of a machine at the other end, by its meaning rather than by its frequencies.
package enum CallProgressTone: String, Sendable, Hashable, CaseIterable {
    /// The line waits for a number.
    case dialTone
    /// The other end rings.
    case ringBack
    /// The other end is taken.
    case busy
    /// The network is; also called reorder or fast busy.
    case congestion
    /// The number does not exist or cannot be reached: a steady tone in the UK.
    case unobtainable
    /// The three rising tones before an announcement, of a kind that is not among the following (ITU-T E.180: 950, 1400
    /// and 1800 Hz of 330 ms each).
    case sit
    /// Special information tones with the lengths and frequencies of North America: intercept, vacant code, reorder and no
    /// circuit, the last two of the local and of the long-distance network.
    case sitIntercept
    case sitVacant
    case sitReorder
    case sitNoCircuit
    /// A fax machine calls (ITU-T T.30: 1100 Hz, half a second every three and a half).
    case faxCalling
    /// A fax machine or modem answers: 2100 Hz (ITU-T T.30 CED, V.25 ANS).
    case modemAnswer
    /// The same with a phase reversal every 450 ms, which switches echo cancellers off (V.25).
    case modemAnswerReversing
    /// The same with 15 Hz of amplitude modulation (V.8 ANSam), with or without reversals.
    case modemAnswerModulated
    /// One beep that stands alone: a machine records from here on.
    case beep
    /// A greeting too long for a person: an answering machine. Only where the profile listens for it.
    case answeringMachine
}

/// A tone from its first burst to its last.
package struct ToneSpan: Sendable, Equatable {
    package var tone: CallProgressTone
    package var start: SampleTime
    package var end: SampleTime

    package init(tone: CallProgressTone, start: SampleTime, end: SampleTime) {
        self.tone = tone
        self.start = start
        self.end = end
    }
}
