package import Formula
package import Telephony

/// A request to the outside.
package struct HTTPAction: Sendable {
    package enum Body: Sendable {
        /// A value, sent as JSON.
        case json(Expression)
        /// Text as it stands, with its media type.
        case raw(Template, contentType: Template?)
    }

    package var method: Setting<String>
    package var url: Template
    package var headers: [(name: String, value: Template)] = []
    package var body: Body?
    package var timeoutInMilliseconds: Setting<Int> = .constant(30_000)
    package var response: VariablePath?
    package var responseType: DataType?
    package var responseHeaders: VariablePath?
    /// Goes on after a failure, with what is known of it in these variables.
    package var continuesOnError = false
    package var statusCode: VariablePath?
    package var errorBody: VariablePath?
    package var latency = LatencySettings()
    /// The variables with secrets that the document says it may have; `*` for all. Without them no secret goes out.
    package var takes: [String] = []

    package init(method: Setting<String>, url: Template) {
        self.method = method
        self.url = url
    }
}

/// What is said while an answer from the outside is awaited.
package struct LatencySettings: Sendable {
    /// `nil`: as the agent has it.
    package var isAllowed: Setting<Bool>?
    package var message: Message?
    package var delayInMilliseconds: Setting<Int>?
    /// Once begun it plays so long, unless it is shorter.
    package var minimumPlaybackInMilliseconds: Setting<Int>?

    package init() {}
}

/// `InvokeFlowAction`: a request to the endpoint that the agent's settings give for the flow.
package struct FlowAction: Sendable {
    package var flowID: String
    package var endpoint: FlowEndpoint
    package var inputs: [Action.Binding]
    package var outputs: [OutputBinding]
    package var latency = LatencySettings()
    /// As in ``HTTPAction/takes``.
    package var takes: [String] = []

    package init(flowID: String, endpoint: FlowEndpoint, inputs: [Action.Binding], outputs: [OutputBinding]) {
        self.flowID = flowID
        self.endpoint = endpoint
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// Where a flow is reached: it takes its inputs as a JSON object and answers with its outputs as one.
package struct FlowEndpoint: Sendable {
    package var url: Template
    package var headers: [(name: String, value: Template)]
    package var timeoutInMilliseconds: Int

    package init(url: Template, headers: [(name: String, value: Template)], timeoutInMilliseconds: Int) {
        self.url = url
        self.headers = headers
        self.timeoutInMilliseconds = timeoutInMilliseconds
    }
}

/// `AnswerQuestionWithAI` and `SearchAndSummarizeContent`.
package struct AnswerAction: Sendable {
    package var userInput: Template
    /// Gets the answer; blank when there is none.
    package var variable: VariablePath?
    /// The answer is said at once.
    package var isSent: Bool
    package var instructions: Template?
    /// The answer may use the agent's own knowledge sources, not only the model's.
    package var searchesContent: Bool
    /// Names of the knowledge sources; empty for all.
    package var sources: [String]
    package var moderation: Setting<String>
    /// The whole record goes into the variable, not its text alone.
    package var capturesRecord: Bool
    package var latency = LatencySettings()

    package init(
        userInput: Template, variable: VariablePath?, isSent: Bool, instructions: Template?, searchesContent: Bool,
        sources: [String], moderation: Setting<String>, capturesRecord: Bool
    ) {
        self.userInput = userInput
        self.variable = variable
        self.isSent = isSent
        self.instructions = instructions
        self.searchesContent = searchesContent
        self.sources = sources
        self.moderation = moderation
        self.capturesRecord = capturesRecord
    }
}

/// A wait of the caller, with music.
package struct PauseAction: Sendable {
    package var seconds: Setting<Int>
    /// An audio file of the agent, played again and again; `nil` leaves silence.
    package var music: Template?

    package init(seconds: Setting<Int>, music: Template?) {
        self.seconds = seconds
        self.music = music
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
    /// The queue by name; `nil` leaves it to the service.
    package var queue: Template?
    /// What whoever takes the call must know.
    package var skills: [Template] = []
    /// The higher goes first; `nil`: the queue's.
    package var priority: Setting<Int>?
    /// Who is called when experts are: names or `skill:NAME`, at most eight.
    package var experts: [Template] = []
    /// The dialog goes on behind the action when the last of them has left.
    package var returnsToDialog = false
    /// The longest message, and the silence that ends it, in seconds.
    package var longestMessageInSeconds: Setting<Int>?
    package var endingSilenceInSeconds: Setting<Int>?

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
