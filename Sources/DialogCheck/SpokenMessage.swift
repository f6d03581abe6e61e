import AgentFiles

/// A message as it was written: its variants, each a text with its place.
struct SpokenMessage {
    let variants: [(value: SourceValue, text: SpokenText)]

    init(_ value: SourceValue?) {
        guard let value else {
            variants = []
            return
        }
        let source = value.isMapping ? value["speak"] ?? value["text"] : value
        let texts = source.map { $0.string == nil ? $0.items : [$0] } ?? []
        variants = texts.compactMap { text in text.string.map { (text, SpokenText($0)) } }
    }

    /// It has words, not only audio files.
    var hasWords: Bool { variants.contains { !$0.text.tokens.isEmpty } }

    /// The members of an action that are said.
    static let members = [
        "prompt", "unrecognizedPrompt", "invalidPrompt", "defaultValueResponse", "activity",
    ]

    /// All messages of an action that are said to the caller.
    static func all(of action: ActionOutline) -> [SourceValue] {
        var values = members.compactMap { action.value[$0] }
        values += [
            action.value.at("voiceInputSettings", "inputTimeoutResponse"),
            action.value.at("latencyMessageSettings", "latencyMessage"),
        ].compactMap { $0 }
        if let hold = action.value["holdSettings"] {
            values += ["holdMessage", "holdTimeoutMessage", "resumeResponse"].compactMap { hold[$0] }
        }
        return values
    }
}
