package import Telephony

/// How callers whom a queue does not serve leave a message.
package struct VoicemailTerms: Sendable, Equatable {
    /// Said before the tone.
    package var greeting = "Nobody can take your call at the moment. Please leave a message after the tone."
    package var longest = Interval.seconds(120)
    /// So much silence ends it.
    package var silence = Interval.seconds(5)

    package init() {}
}
