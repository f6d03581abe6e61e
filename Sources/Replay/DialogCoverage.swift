package import CallFlow
package import Telephony

/// Which actions of an agent and which ways out of them some calls have taken.
///
/// | where the dialog can go more than one way | its edges |
/// |---|---|
/// | a topic | it began by its trigger, or by another topic where only that begins it |
/// | a condition group | each condition, and `else` |
/// | a question | `answered`; `again` after a wrong answer, `invalid` after one that its validation refuses and `silence` after none, where it is asked again; `unanswered` when it is given up |
/// | a request or a flow | `answered` and `failed` |
/// | a question in plain words | `answered` and `unanswered` |
/// | a hand-over | `completed` and `failed` |
package struct DialogCoverage: Sendable {
    /// An action, or a way out of it.
    package struct Item: Hashable, Sendable, Comparable, CustomStringConvertible {
        package var topic: String
        /// Empty for the topic's own beginning.
        package var action: String
        /// Empty for the action itself.
        package var way: String

        package var description: String {
            (action.isEmpty ? topic : "\(topic)/\(action)") + (way.isEmpty ? "" : " \(way)")
        }

        package static func < (a: Item, b: Item) -> Bool {
            (a.topic, a.action, a.way) < (b.topic, b.action, b.way)
        }
    }

    private let settings: VoiceSettings
    /// Everything there is.
    package private(set) var actions: Set<Item> = []
    package private(set) var edges: Set<Item> = []
    private var takenActions: Set<Item> = []
    private var takenEdges: Set<Item> = []

    package init(of agent: Agent) {
        settings = agent.settings
        for topic in agent.topics {
            edges.insert(Item(topic: topic.name, action: "", way: DialogCoverage.beginning(of: topic.trigger)))
            add(topic.actions, topic.name)
        }
    }

    /// How a topic begins by itself: by its trigger, or by another topic.
    private static func beginning(of trigger: Trigger) -> String {
        trigger.kind == .onRedirect ? "BeginDialog" : trigger.kindName
    }

    private mutating func add(_ list: [Action], _ topic: String) {
        for action in list {
            if case .disconnected = action.kind { continue }
            actions.insert(Item(topic: topic, action: action.id, way: ""))
            for way in ways(out: action) { edges.insert(Item(topic: topic, action: action.id, way: way)) }
            for inner in action.lists { add(inner, topic) }
        }
    }

    private func ways(out action: Action) -> [String] {
        switch action.kind {
        case .conditionGroup(let branches, _): return branches.enumerated().map { $1.name($0) } + ["else"]
        case .question(let question):
            var ways = ["answered", "unanswered"]
            if question.repeatCount.constant != 0 {
                ways.append("again")
                if question.validation != nil { ways.append("invalid") }
            }
            let silence =
                question.voice.silenceTimeoutInMilliseconds
                ?? .constant(settings.silenceDetectionTimeoutInMilliseconds)
            if silence.constant != 0, question.voice.repeatCountOnSilence.constant != 0 { ways.append("silence") }
            return ways
        case .csatQuestion: return ["answered", "unanswered"]
        case .httpRequest, .invokeFlow: return ["answered", "failed"]
        case .answer: return ["answered", "unanswered"]
        case .transfer: return ["completed", "failed"]
        default: return []
        }
    }

    // MARK: - Calls

    /// Takes the account of one call.
    package mutating func add(_ events: [CallEvent]) {
        var trace = CallTrace()
        for event in events { trace.add(event.body) }
        takenActions.formUnion(trace.actions)
        takenEdges.formUnion(trace.edges)
    }

    package var coveredActions: Int { actions.intersection(takenActions).count }
    package var coveredEdges: Int { edges.intersection(takenEdges).count }
    /// What no call took, in order.
    package var missing: [Item] { (actions.subtracting(takenActions).union(edges.subtracting(takenEdges))).sorted() }
}

/// Follows one call along its edges.
private struct CallTrace {
    var actions: Set<DialogCoverage.Item> = []
    var edges: Set<DialogCoverage.Item> = []
    /// The question whose last answer was none, and what it was.
    private var open: (topic: String, action: String, way: String)?
    private var requests: [UInt64: (topic: String, action: String)] = [:]
    private var transfer: (topic: String, action: String)?

    private mutating func edge(_ topic: String, _ action: String, _ way: String) {
        edges.insert(DialogCoverage.Item(topic: topic, action: action, way: way))
    }

    /// The question was asked again, or given up.
    private mutating func settle(again: Bool) {
        guard let open else { return }
        edge(open.topic, open.action, again ? open.way : "unanswered")
        self.open = nil
    }

    mutating func add(_ body: CallEventBody) {
        switch body {
        case .topicStarted(let body):
            settle(again: false)
            edge(body.topic, "", DialogTrigger.name(body.trigger))
        case .actionStarted(let body):
            settle(again: false)
            actions.insert(DialogCoverage.Item(topic: body.topic, action: body.action, way: ""))
        case .branchTaken(let body): edge(body.topic, body.action, body.branch)
        case .input(let body): add(body)
        case .httpRequested(let body): requests[body.request] = (body.topic, body.action)
        case .answerRequested(let body): requests[body.request] = (body.topic, body.action)
        case .httpAnswered(let body):
            guard let request = requests[body.request] else { return }
            let isSuccess = body.status.map { (200..<300).contains($0) } ?? false
            edge(request.topic, request.action, isSuccess ? "answered" : "failed")
        case .answerGiven(let body):
            guard let request = requests[body.request] else { return }
            edge(request.topic, request.action, body.isAnswered ? "answered" : "unanswered")
        case .transferRequested(let body): transfer = (body.topic, body.action)
        case .transferEnded(let body):
            if let transfer {
                edge(transfer.topic, transfer.action, body.outcome == .completed ? "completed" : "failed")
            }
        case .callEnded(let body): if body.by == .parley { settle(again: false) }
        default: break
        }
    }

    private mutating func add(_ body: InputTaken) {
        if let open, open == (body.topic, body.action, open.way) { settle(again: true) }
        switch body.result {
        case .accepted: edge(body.topic, body.action, "answered")
        case .noMatch: open = (body.topic, body.action, "again")
        case .invalid: open = (body.topic, body.action, "invalid")
        case .noInput: open = (body.topic, body.action, "silence")
        case .interrupted: break
        }
    }
}

/// Names of what begins topics.
private enum DialogTrigger {
    /// Topics begin one another in several ways, which count as one.
    static func name(_ trigger: String) -> String {
        ["ReplaceDialog", "fallbackDialogOnSilence", "fallbackDialogOnInvalidEntity"].contains(trigger)
            ? "BeginDialog" : trigger
    }
}
