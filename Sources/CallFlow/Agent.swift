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

    package init(name: String, settings: VoiceSettings, topics: [Topic], environment: [String: Value]) {
        self.name = name
        self.settings = settings
        self.topics = topics
        self.environment = environment
    }

    /// The index of a topic that a dialog names: by its name, or as `agent.topic.Name`.
    package func topicIndex(named name: String) -> Int? {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return topics.firstIndex { $0.name == name } ?? topics.firstIndex { $0.name == last }
    }
}

/// Agent-wide voice settings (`BotSpeechSettings`), with the schema's defaults.
package struct VoiceSettings: Sendable {
    /// BCP 47.
    package var language = "en-US"
    /// A voice of the synthesiser; empty for its default.
    package var voice = ""
    package var interdigitTimeoutInMilliseconds = 3_000
    package var terminationTimeoutInMilliseconds = 2_000
    package var isDtmfSettingsEnabled = true
    package var dtmfTerminationKey: Digit? = .pound
    /// 0 waits for ever.
    package var silenceDetectionTimeoutInMilliseconds = 0
    package var utteranceEndTimeoutInMilliseconds = 1_500
    package var speechRecognitionTimeoutInMilliseconds = 12_000

    package init() {}
}

/// A topic: what starts it and what it does.
package struct Topic: Sendable {
    /// The file's name without extension.
    package var name: String
    package var trigger: Trigger
    package var actions: [Action]

    package init(name: String, trigger: Trigger, actions: [Action]) {
        self.name = name
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
        /// After so many milliseconds without input; the agent's own when `nil`.
        case onSilence(Int?)
        case onUnrecognizedSpeech
        case onEscalate
        case onError
        /// Words of the caller.
        case onRecognizedIntent([String])
        /// Only another topic starts it.
        case onRedirect

        /// The kind's name in the schema.
        package var name: String {
            switch self {
            case .onConversationStart: "OnConversationStart"
            case .onDtmfKeyPress: "OnDtmfKeyPress"
            case .onUnknownDtmfKey: "OnUnknownDtmfKey"
            case .onSilence: "OnSilence"
            case .onUnrecognizedSpeech: "OnUnrecognizedSpeech"
            case .onEscalate: "OnEscalate"
            case .onError: "OnError"
            case .onRecognizedIntent: "OnRecognizedIntent"
            case .onRedirect: "OnRedirect"
            }
        }
    }

    package var kind: Kind
    package var condition: Expression?
    package var priority: Double

    package init(kind: Kind, condition: Expression? = nil, priority: Double = 0) {
        self.kind = kind
        self.condition = condition
        self.priority = priority
    }
}
