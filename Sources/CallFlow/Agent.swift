package import Formula
package import Telephony

/// An agent: the topics of a phone line and its settings. Loaded once, shared by all calls.
package final class Agent: Sendable {
    /// The folder's name.
    package let name: String
    package let settings: VoiceSettings
    package let topics: [Topic]
    /// Environment variables, by name.
    package let environment: [String: Value]
    /// Global variables that files declare, in the order of their names.
    package let variables: [GlobalVariable]

    package init(
        name: String, settings: VoiceSettings, topics: [Topic], environment: [String: Value],
        variables: [GlobalVariable] = []
    ) {
        self.name = name
        self.settings = settings
        self.topics = topics
        self.environment = environment
        self.variables = variables
        listensForInactivity = topics.contains { $0.trigger.kind == .onInactivity }
    }

    /// Some topic waits for callers who do nothing.
    let listensForInactivity: Bool

    /// The index of a topic that a dialog names: by its name, or as `agent.topic.Name`.
    package func topicIndex(named name: String) -> Int? {
        if let index = topics.firstIndex(where: { $0.name == name }) { return index }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return topics.firstIndex { $0.name == last }
    }
}

/// A global variable that a file of the folder declares.
package struct GlobalVariable: Sendable {
    package var name: String
    package var defaultValue: Expression?
    /// A header of the call may set it before the dialog begins.
    package var isSetFromOutside: Bool
    /// It belongs to the caller, not to the conversation: `ClearAllVariables` tells the two apart.
    package var isUserScoped: Bool

    package init(name: String, defaultValue: Expression?, isSetFromOutside: Bool, isUserScoped: Bool) {
        self.name = name
        self.defaultValue = defaultValue
        self.isSetFromOutside = isSetFromOutside
        self.isUserScoped = isUserScoped
    }
}

/// Agent-wide voice settings (`BotSpeechSettings`, `IvrBotSettings`), with the schema's defaults.
package struct VoiceSettings: Sendable {
    /// BCP 47.
    package var language = "en-US"
    /// A voice of the synthesiser; empty for its default.
    package var voice = ""
    /// Times the voice's own speed (`speakingSpeed`).
    package var speakingSpeed = 1.0
    package var interdigitTimeoutInMilliseconds = 3_000
    package var terminationTimeoutInMilliseconds = 2_000
    package var isDtmfSettingsEnabled = true
    package var dtmfTerminationKey: Digit? = .pound
    /// 0 waits for ever.
    package var silenceDetectionTimeoutInMilliseconds = 0
    package var utteranceEndTimeoutInMilliseconds = 1_500
    package var speechRecognitionTimeoutInMilliseconds = 12_000
    /// Said while the outside is slow, where an action has no message of its own.
    package var latencyMessage: Message?
    package var latencyMessageDelayInMilliseconds = 500
    package var minimumPlaybackInMilliseconds = 5_000
    /// For the recogniser, 0 to 1.
    package var speechRecognitionSensitivity = 0.5
    package var speechRecognitionSpeedVersusAccuracy = 0.5
    package var wordsetsWeight = 0.1
    /// Phrases of the agent's topics go to the recogniser with every question.
    package var isDomainLanguageModelEnabled = true
    package var hold: HoldSettings?

    package init() {}
}

/// A topic: what starts it and what it does.
package struct Topic: Sendable {
    /// The file's name without extension.
    package var name: String
    /// The name for people; the file's name when the document has none.
    package var displayName: String
    package var trigger: Trigger
    package var actions: [Action]
    package var inputs: [DataType.Property] = []
    package var outputs: [DataType.Property] = []
    /// The topics that run are left when it begins.
    package var cancelsOthers = false
    /// False when it stays on the line after its last action, until an `EndDialog`.
    package var endsAutomatically: Setting<Bool> = .constant(true)

    package init(name: String, displayName: String? = nil, trigger: Trigger, actions: [Action]) {
        self.name = name
        self.displayName = displayName ?? name
        self.trigger = trigger
        self.actions = actions
    }
}

/// What starts a topic.
package struct Trigger: Sendable {
    package enum Kind: Sendable, Equatable {
        case onConversationStart
        case onDtmfKeyPress(Digit)
        case onUnknownDtmfKey
        /// After ``Trigger/timeoutInMilliseconds`` without input; the agent's own time when `nil`.
        case onSilence
        /// After ``Trigger/timeoutInMilliseconds`` without anything that the caller does, also while a question waits.
        case onInactivity
        case onUnrecognizedSpeech
        /// Words that are the trigger phrases of no topic.
        case onUnknownIntent
        case onEscalate
        case onError
        /// Words of the caller, near ``Trigger/intent``.
        case onRecognizedIntent
        /// Words that several topics' phrases are equally near to.
        case onSelectIntent(isAlways: Bool)
        case onAnsweringMachineDetected
        /// Only another topic starts it.
        case onRedirect
    }

    package var kind: Kind
    /// The kind's name in the schema.
    package var kindName: String
    package var condition: Expression?
    package var priority: Double
    /// It starts its topic once in a call.
    package var runsOnce = false
    package var intent: Intent?
    package var timeoutInMilliseconds: Setting<Int>?

    package init(kind: Kind, kindName: String? = nil, condition: Expression? = nil, priority: Double = 0) {
        self.kind = kind
        self.kindName = kindName ?? kind.name
        self.condition = condition
        self.priority = priority
    }
}

extension Trigger.Kind {
    /// The kind's name in the schema.
    package var name: String {
        switch self {
        case .onConversationStart: "OnConversationStart"
        case .onDtmfKeyPress: "OnDtmfKeyPress"
        case .onUnknownDtmfKey: "OnUnknownDtmfKey"
        case .onSilence: "OnSilence"
        case .onInactivity: "OnInactivity"
        case .onUnrecognizedSpeech: "OnUnrecognizedSpeech"
        case .onUnknownIntent: "OnUnknownIntent"
        case .onEscalate: "OnEscalate"
        case .onError: "OnError"
        case .onRecognizedIntent: "OnRecognizedIntent"
        case .onSelectIntent: "OnSelectIntent"
        case .onAnsweringMachineDetected: "OnAnsweringMachineDetected"
        case .onRedirect: "OnRedirect"
        }
    }
}

/// What a caller may want, by phrases.
package struct Intent: Sendable, Equatable {
    package var displayName: String
    package var phrases: [String]
    /// It is offered when several topics fit.
    package var isOffered: Bool

    package init(displayName: String, phrases: [String], isOffered: Bool = true) {
        self.displayName = displayName
        self.phrases = phrases
        self.isOffered = isOffered
    }
}
