package import Formula
package import Telephony

/// A step of a topic.
package struct Action: Sendable {
    package var id: String
    package var kind: Kind
    /// What the schema calls it.
    package var kindName: String
    package var outcome: CallOutcome?

    package init(id: String, kind: Kind, kindName: String, outcome: CallOutcome? = nil) {
        self.id = id
        self.kind = kind
        self.kindName = kindName
        self.outcome = outcome
    }

    package indirect enum Kind: Sendable {
        case sendActivity(Message)
        case question(Question)
        case conditionGroup([Branch], otherwise: [Action])
        case setVariable(VariablePath, Expression)
        case goto(actionID: String)
        case beginDialog(topic: String, inputs: [Binding], outputs: [(from: String, to: VariablePath)])
        case endDialog
        case cancelAllDialogs
        case endConversation
        case httpRequest(HTTPAction)
        case transfer(TransferAction)
        case logEvent(name: Template, properties: Expression?)
    }

    /// A condition of a group with what it leads to.
    package struct Branch: Sendable {
        package var condition: Expression
        package var actions: [Action]
        package init(condition: Expression, actions: [Action]) {
            self.condition = condition
            self.actions = actions
        }
    }

    /// A value given to a topic.
    package struct Binding: Sendable {
        package var name: String
        package var value: Expression
        package init(name: String, value: Expression) {
            self.name = name
            self.value = value
        }
    }
}

/// A variable by its scope and name.
package struct VariablePath: Sendable, Hashable, CustomStringConvertible {
    package enum Scope: String, Sendable, CaseIterable {
        case topic = "Topic"
        case global = "Global"
    }

    package var scope: Scope
    package var name: String

    package init(scope: Scope, name: String) {
        self.scope = scope
        self.name = name
    }

    /// Reads `Topic.Name` or `Global.Name`, with or without `init:` in front.
    package init?(_ text: String) {
        let bare = text.hasPrefix("init:") ? text.dropFirst(5) : Substring(text)
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let scope = Scope(rawValue: String(parts[0])), !parts[1].isEmpty else { return nil }
        self.scope = scope
        name = String(parts[1])
    }

    package var description: String { "\(scope.rawValue).\(name)" }
}

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

/// Something to say.
package struct Message: Sendable {
    /// A piece of what is said, in order.
    package enum Part: Sendable {
        case text(Template)
        case audioFile(String)
        case pause(milliseconds: Int)
    }

    /// Variants, of which one is said.
    package var variants: [[Part]]
    package var bargeIn: BargeInPermission

    package init(variants: [[Part]], bargeIn: BargeInPermission = .keysAndSpeech) {
        self.variants = variants
        self.bargeIn = bargeIn
    }
}

/// A question with all that may come of it.
package struct Question: Sendable {
    package var prompt: Message
    package var unrecognizedPrompt: Message?
    package var invalidPrompt: Message?
    package var inputTimeoutResponse: Message?
    package var variable: VariablePath
    package var entity: Entity
    package var validation: Expression?
    package var repeatCount = 2
    package var repeatCountOnSilence = 2
    package var silenceTimeoutInMilliseconds: Int?
    package var speechRecognitionTimeoutInMilliseconds: Int?
    package var utteranceEndTimeoutInMilliseconds: Int?
    package var alwaysPrompt = false
    package var allowsInterruption = true
    package var defaultValue: Expression?
    package var defaultValueOnSilence: Expression?
    package var missingAction = DefaultValueMissingAction.hangUp
    package var fallbackOnSilence: String?

    package init(prompt: Message, variable: VariablePath, entity: Entity) {
        self.prompt = prompt
        self.variable = variable
        self.entity = entity
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

/// A request to the outside.
package struct HTTPAction: Sendable {
    package var method: String
    package var url: Template
    package var headers: [(name: String, value: Template)]
    package var body: Expression?
    package var timeoutInMilliseconds: Int
    package var response: VariablePath?
    /// Goes on after a failure, with what is known of it in these variables.
    package var continuesOnError: Bool
    package var statusCode: VariablePath?
    package var latencyMessage: Message?
    package var latencyDelayInMilliseconds: Int

    package init(
        method: String, url: Template, headers: [(name: String, value: Template)], body: Expression?,
        timeoutInMilliseconds: Int, response: VariablePath?, continuesOnError: Bool, statusCode: VariablePath?,
        latencyMessage: Message?, latencyDelayInMilliseconds: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutInMilliseconds = timeoutInMilliseconds
        self.response = response
        self.continuesOnError = continuesOnError
        self.statusCode = statusCode
        self.latencyMessage = latencyMessage
        self.latencyDelayInMilliseconds = latencyDelayInMilliseconds
    }
}

/// A hand-over.
package struct TransferAction: Sendable {
    package enum Context: Sendable {
        case topic
        case global
        case all
        case value(Expression)
    }

    package var kind: TransferKind
    package var phoneNumber: Template?
    package var messageToAgent: Template?
    package var context: Context
    package var userToUser: Template?
    package var headers: [(name: String, value: Template)]
    package var dtmfSequence: Template?

    package init(
        kind: TransferKind, phoneNumber: Template?, messageToAgent: Template?, context: Context, userToUser: Template?,
        headers: [(name: String, value: Template)], dtmfSequence: Template?
    ) {
        self.kind = kind
        self.phoneNumber = phoneNumber
        self.messageToAgent = messageToAgent
        self.context = context
        self.userToUser = userToUser
        self.headers = headers
        self.dtmfSequence = dtmfSequence
    }
}
