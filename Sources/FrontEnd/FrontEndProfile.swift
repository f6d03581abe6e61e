/// The settings of the front end, with the names and defaults of the dialog language where it has them.
package struct FrontEndProfile: Sendable, Equatable {
    /// How much audio before the onset belongs to an utterance, in milliseconds, 0 to 2,000. More of it keeps soft first
    /// sounds; it does not delay anything.
    package var prefixPaddingInMilliseconds = 300
    /// Silence that ends speech, in milliseconds, 100 to 5,000. Less answers sooner and cuts off who pauses.
    package var speechEndTimeoutInMilliseconds = 500
    /// The speech probability from which a frame counts as speech, 0 to 1. Higher takes less noise for speech and hears
    /// soft speakers later.
    package var audioThreshold = 0.5
    /// Speech counts from so much of it, in milliseconds, 20 to 1,000. More keeps coughs from interrupting a prompt and
    /// makes barge-in slower. A frame counts as 40 ms that is beyond doubt, or that stands out clearly from a prompt's
    /// echo; over a prompt on which nobody has spoken for a second less is enough for it, see ``OnsetJudge``.
    package var minimumSpeechInMilliseconds = 40
    /// The echo of what a party is told is cancelled before anything is decided (21 to 28 us a frame and 38 to 71 KiB a
    /// leg); without it the decision is made against the echo, which stays.
    package var cancelsEcho = false
    /// How late an echo may be that is cancelled, in milliseconds, 16 to 512.
    package var echoTailInMilliseconds = 128
    /// Tones in the audio count as keys.
    package var hearsInBandDigits = true

    /// Tones of the network and of machines are heard: ring-back, busy, fax and so on (0.2 us a frame).
    package var hearsCallProgress = true
    /// A long greeting at the beginning is reported as ``CallProgressTone/answeringMachine``; for calls that Parley dials.
    package var detectsAnsweringMachines = false
    /// Speech without a pause of 0.7 s that makes a greeting of a machine, in milliseconds, 500 to 10,000. Less of it
    /// knows machines sooner and takes more people for one.
    package var greetingInMilliseconds = 2_200

    package init() {}
}
