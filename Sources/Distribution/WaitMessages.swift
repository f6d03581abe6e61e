package import CallFlow
import Telephony

/// What those who wait in a queue hear.
package struct WaitMessages: Sendable {
    /// Played again and again; `nil` leaves silence.
    package var music: PromptSource?
    /// Said about place and wait: `{position}` and `{minutes}` stand for them. A sentence with one that is not known is
    /// left out.
    package var announcement = WaitMessages.announcement
    /// What an agent is told before the caller is there: `{queue}` and `{message}` stand for the queue's name and the
    /// dialog's message; `nil` tells nothing.
    package var whisper: String?
    /// BCP 47.
    package var language = "en-US"

    package static let announcement = "You are number {position} in line. The wait is about {minutes} minutes."

    package init() {}

    /// The announcement with the place and the wait put in; `nil` when nothing is left of it.
    func announcement(position: Int?, wait: Interval?) -> PromptSource? {
        var sentences: [Substring] = []
        // A wait is told as it is felt: nobody waits no minutes.
        let minutes = wait.map { max(1, Int(($0.inSeconds / 60).rounded(.up))) }
        for sentence in announcement.split(separator: ".", omittingEmptySubsequences: true) {
            if sentence.contains("{position}"), position == nil { continue }
            if sentence.contains("{minutes}"), minutes == nil { continue }
            sentences.append(sentence)
        }
        let text = sentences.joined(separator: ".")
            .replacing("{position}", with: position.map(String.init) ?? "")
            .replacing("about {minutes} minutes", with: minutes == 1 ? "about 1 minute" : "about {minutes} minutes")
            .replacing("{minutes}", with: minutes.map(String.init) ?? "")
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        return say(text + ".")
    }

    /// What an agent is told.
    func whisper(queue: String, message: String) -> PromptSource? {
        guard let whisper else { return nil }
        return say(whisper.replacing("{queue}", with: queue).replacing("{message}", with: message))
    }

    func say(_ text: String, isPrivate: Bool = false) -> PromptSource {
        .text(SpokenText(text: text, language: language, voice: "", isPrivate: isPrivate, isSensitive: false))
    }
}
