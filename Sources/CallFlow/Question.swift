package import Formula

/// A question with all that may come of it.
package struct Question: Sendable {
    package var prompt: Message
    package var unrecognizedPrompt: Message?
    package var invalidPrompt: Message?
    package var variable: VariablePath
    package var entity: Entity
    package var validation: Expression?
    package var repeatCount: Setting<Int> = .constant(2)
    package var alwaysPrompt: Setting<Bool> = .constant(false)
    package var skipMode: Setting<SkipMode> = .constant(.skipOnFirstExecution)
    package var allowsInterruption = true
    /// The topics that may interrupt; `nil` for all.
    package var interruptingTopics: [String]?
    package var defaultValue: Expression?
    package var defaultValueResponse: Message?
    /// Where the dialog goes when no answer is one.
    package var fallbackOnInvalid: Setting<String>?
    package var voice = VoiceInput()
    /// `nil`: as the agent has it.
    package var hold: HoldSettings?

    package init(prompt: Message, variable: VariablePath, entity: Entity) {
        self.prompt = prompt
        self.variable = variable
        self.entity = entity
    }

    /// When a question is not asked because its variable has a value.
    package enum SkipMode: String, Sendable, CaseIterable {
        case alwaysAsk = "AlwaysAsk"
        case skipOnFirstExecution = "SkipOnFirstExecutionIfVariableHasValue"
        case alwaysSkip = "AlwaysSkipIfVariableHasValue"
    }

    /// `VoiceInputSettings`.
    package struct VoiceInput: Sendable {
        package var inputTimeoutResponse: Message?
        package var repeatCountOnSilence: Setting<Int> = .constant(2)
        package var silenceTimeoutInMilliseconds: Setting<Int>?
        package var recognitionTimeoutInMilliseconds: Setting<Int>?
        package var utteranceEndTimeoutInMilliseconds: Setting<Int>?
        package var defaultValueOnSilence: Expression?
        package var missingAction: Setting<DefaultValueMissingAction> = .constant(.hangUp)
        package var fallbackOnSilence: Setting<String>?
        /// For the recogniser, 0 to 1; `nil` for the agent's own.
        package var sensitivity: Setting<Double>?
        package var speedVersusAccuracy: Setting<Double>?
        package var wordsetsWeight: Setting<Double>?

        package init() {}
    }

    /// What happens when a question stays without an answer.
    package enum DefaultValueMissingAction: String, Sendable, CaseIterable {
        case hangUp = "HangUp"
        case escalate = "Escalate"
        case setValue = "SetValue"
        case setEmpty = "SetEmpty"
        case goToDialog = "GoToDialog"
    }
}

/// How a caller makes the line wait, and what is heard meanwhile.
package struct HoldSettings: Sendable {
    package enum Mode: Sendable {
        case never
        /// The line waits as soon as the question has been said.
        case automatic
        /// The line waits when the caller says a hold word.
        case onRequest
    }

    package var mode: Mode
    package var holdWords: [String] = []
    package var holdMessage: Message?
    package var resumeWords: [String] = []
    /// An audio file of the agent's folder.
    package var music: Template?
    package var timeoutInMilliseconds: Setting<Int> = .constant(15_000)
    package var repeatCount: Setting<Int> = .constant(2)
    package var timeoutMessage: Message?
    package var resumeResponse: Message?

    package init(mode: Mode) { self.mode = mode }
}
