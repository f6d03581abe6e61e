package import Telephony

/// What may interrupt a prompt.
package enum BargeInPermission: String, Sendable, CaseIterable {
    case keysAndSpeech = "KeysAndSpeech"
    /// For prompts that are played where others talk.
    case keys = "Keys"
    case speech = "Speech"
    case nothing = "Nothing"

    /// Whether this may interrupt.
    package func contains(_ cause: BargeInCause) -> Bool {
        switch (self, cause) {
        case (.keysAndSpeech, _), (.keys, .digit), (.speech, .speech): true
        case (.nothing, _), (.keys, .speech), (.speech, .digit): false
        }
    }
}
