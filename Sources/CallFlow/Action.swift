package import Formula
package import Telephony

/// A step of a topic.
package struct Action: Sendable {
    package var id: String
    package var kind: Kind
    /// What the schema calls it.
    package var kindName: String
    package var outcome: CallOutcome?
    /// The action begins when it is known who the caller is, or when that is not waited for any more.
    package var waitsForCaller = false

    package init(id: String, kind: Kind, kindName: String, outcome: CallOutcome? = nil) {
        self.id = id
        self.kind = kind
        self.kindName = kindName
        self.outcome = outcome
    }

    package indirect enum Kind: Sendable {
        // Saying and asking.
        case sendActivity(Message)
        case question(Question)
        case csatQuestion(VariablePath?)

        // Flow.
        case conditionGroup([Branch], otherwise: [Action])
        /// `ActionScope`: actions that belong together.
        case scope([Action])
        /// `DisconnectedNodeContainer`: actions that nothing leads to but a `GotoAction`.
        case disconnected([Action])
        case foreach(ForeachAction)
        case breakLoop
        case continueLoop
        case goto(actionID: String)
        case beginDialog(DialogCall)
        case replaceDialog(DialogCall)
        case repeatDialog(inputs: [Binding])
        case endDialog(clearsTopicQueue: Bool, value: Expression?)
        /// `CancelDialog`: ends the topic without outputs.
        case cancelDialog
        case cancelAllDialogs
        case endConversation
        case recognizeIntent(Template)

        // Variables.
        case setVariable(VariablePath, Expression)
        case setVariables([Assignment])
        case parseValue(ParseAction)
        case editTable(TableAction)
        case clearVariables(Setting<VariablesToClear>)
        case resetVariable(VariablePath)

        // Outside.
        case httpRequest(HTTPAction)
        case invokeFlow(FlowAction)
        case answer(AnswerAction)
        case transfer(TransferAction)
        /// The caller waits with music.
        case pause(PauseAction)
        /// What whoever takes the call next is told before the caller is there.
        case whisper(Template)
        case logEvent(name: Template, properties: Expression?)
    }

    /// A condition of a group with what it leads to.
    package struct Branch: Sendable {
        /// The item's `id`; empty when it has none.
        package var id: String
        package var condition: Expression
        package var actions: [Action]
        package init(id: String = "", condition: Expression, actions: [Action]) {
            self.id = id
            self.condition = condition
            self.actions = actions
        }
    }

    /// A value given to a topic or a flow.
    package struct Binding: Sendable {
        package var name: String
        package var value: Expression
        package init(name: String, value: Expression) {
            self.name = name
            self.value = value
        }
    }

    /// A variable with the value that it gets.
    package struct Assignment: Sendable {
        package var variable: VariablePath
        package var value: Expression
        package init(variable: VariablePath, value: Expression) {
            self.variable = variable
            self.value = value
        }
    }

    /// The lists of actions within this one, in the order of the document.
    package var lists: [[Action]] {
        switch kind {
        case .conditionGroup(let branches, let otherwise): branches.map(\.actions) + [otherwise]
        case .scope(let actions), .disconnected(let actions): [actions]
        case .foreach(let foreach): [foreach.actions]
        default: []
        }
    }
}

/// What `ClearAllVariables` clears.
package enum VariablesToClear: String, Sendable, CaseIterable {
    case conversationScopedVariables = "ConversationScopedVariables"
    /// What was said before: a telephone dialog keeps none that formulas could read.
    case conversationHistory = "ConversationHistory"
    case userScopedVariables = "UserScopedVariables"
    case allGlobalVariables = "AllGlobalVariables"
}

/// `Foreach`: the actions once for every row of a table.
package struct ForeachAction: Sendable {
    package var items: Expression
    package var value: VariablePath
    package var index: VariablePath?
    package var actions: [Action]

    package init(items: Expression, value: VariablePath, index: VariablePath?, actions: [Action]) {
        self.items = items
        self.value = value
        self.index = index
        self.actions = actions
    }
}

/// The start of another topic, with what goes in and what comes back.
package struct DialogCall: Sendable {
    /// `agent.topic.Name` or a topic's name.
    package var topic: Setting<String>
    package var inputs: [Action.Binding]
    package var outputs: [OutputBinding]

    package init(topic: Setting<String>, inputs: [Action.Binding] = [], outputs: [OutputBinding] = []) {
        self.topic = topic
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// Where a value that comes back goes.
package struct OutputBinding: Sendable {
    /// The member of what comes back; `nil` for the whole.
    package var member: String?
    package var variable: VariablePath
    /// `outputOverrides` say that it is a secret.
    package var isSensitive: Bool

    package init(member: String?, variable: VariablePath, isSensitive: Bool = false) {
        self.member = member
        self.variable = variable
        self.isSensitive = isSensitive
    }
}

/// `ParseValue`: a value of a declared type made of another.
package struct ParseAction: Sendable {
    package var variable: VariablePath
    package var type: DataType
    package var value: Expression
    /// A value that does not fit fails the dialog instead of being blank.
    package var throwsError: Bool

    package init(variable: VariablePath, type: DataType, value: Expression, throwsError: Bool) {
        self.variable = variable
        self.type = type
        self.value = value
        self.throwsError = throwsError
    }
}

/// `EditTable` and `EditTableV2`.
package struct TableAction: Sendable {
    package enum Change: Sendable {
        case add(Expression)
        case remove(Expression)
        case takeFirst
        case takeLast
        case clear
    }

    package var items: VariablePath
    package var change: Change
    /// Gets the row that was taken, or the table as it is now.
    package var result: VariablePath?

    package init(items: VariablePath, change: Change, result: VariablePath?) {
        self.items = items
        self.change = change
        self.result = result
    }
}
