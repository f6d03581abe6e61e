package import AgentFiles

/// Which way a call can take through an agent: every action, and what may follow it.
///
/// A topic is a start, its actions and an end, where the topic that called it goes on. A call of a topic has two edges:
/// into the topic, and to what follows when it returns.
package struct DialogGraph {
    package struct Node {
        package enum Role {
            case start
            case action(ActionOutline)
            /// The topic is through; whoever called it goes on.
            case end
            /// The call is over.
            case hangUp
        }

        package let topic: Int
        package let role: Role

        package var action: ActionOutline? { if case .action(let action) = role { action } else { nil } }
    }

    package struct Edge {
        package enum Kind: Hashable, Sendable {
            case next
            /// A condition that holds; the branch's index.
            case branch(Int)
            case otherwise
            case goto
            /// Into a topic that returns.
            case call
            /// Into a topic that does not.
            case replace
            /// Behind a topic that returned.
            case returned
            case noInput
            case noMatch
            case failure
            /// The next round of a loop.
            case again
        }

        package let from: Int
        package let to: Int
        package let kind: Kind
    }

    package let agent: AgentOutline
    package private(set) var nodes: [Node] = []
    package private(set) var edges: [Edge] = []
    /// The edges by the node they leave.
    package private(set) var outgoing: [[Edge]] = []
    /// The edges by the node they come to.
    package private(set) var incoming: [[Edge]] = []
    /// The node where each topic begins.
    package private(set) var starts: [Int] = []
    /// The node where each topic is through.
    package private(set) var ends: [Int] = []
    /// The node of each action by its id, a topic at a time; the first of two with one id.
    private var nodeOfID: [[String: Int]] = []
    private var hangUps: [Int?] = []
    private var nextNode = 0

    package init(_ agent: AgentOutline) {
        self.agent = agent
        for (index, topic) in agent.topics.enumerated() {
            starts.append(add(.start, index))
            var ids: [String: Int] = [:]
            for action in topic.allActions {
                let node = add(.action(action), index)
                if ids[action.id] == nil { ids[action.id] = node }
            }
            nodeOfID.append(ids)
            ends.append(add(.end, index))
        }
        hangUps = agent.topics.map { _ in nil }
        for (index, topic) in agent.topics.enumerated() {
            nextNode = starts[index] + 1
            let first = connect(topic.actions, next: ends[index], loop: nil, topic: index)
            edges.append(Edge(from: starts[index], to: first, kind: .next))
        }
        outgoing = Array(repeating: [], count: nodes.count)
        incoming = outgoing
        for edge in edges {
            outgoing[edge.from].append(edge)
            incoming[edge.to].append(edge)
        }
    }

    private mutating func add(_ role: Node.Role, _ topic: Int) -> Int {
        nodes.append(Node(topic: topic, role: role))
        return nodes.count - 1
    }

    /// The node of an action; `nil` when there is none of that id in the topic.
    package func node(of id: String, topic: Int) -> Int? { nodeOfID[topic][id] }

    // MARK: - Edges

    private struct Loop {
        let node: Int
        let exit: Int
    }

    /// Connects a list of actions, whose nodes stand in the order of the document, and tells its first node.
    private mutating func connect(_ actions: [ActionOutline], next: Int, loop: Loop?, topic: Int) -> Int {
        var own: [Int] = []
        var sizes: [Int] = []
        var node = nextNode
        for action in actions {
            own.append(node)
            sizes.append(action.withInner.count)
            node += sizes[sizes.count - 1]
        }
        nextNode = node
        func successor(_ index: Int) -> Int { index + 1 < own.count ? own[index + 1] : next }
        for (index, action) in actions.enumerated() {
            let saved = nextNode
            nextNode = own[index] + 1
            connect(action, own[index], next: successor(index), loop: loop, topic: topic)
            nextNode = saved
        }
        return own.first ?? next
    }

    private mutating func edge(_ from: Int, _ to: Int, _ kind: Edge.Kind) {
        edges.append(Edge(from: from, to: to, kind: kind))
    }

    private mutating func connect(_ action: ActionOutline, _ node: Int, next: Int, loop: Loop?, topic: Int) {
        if action.isDisabled { return edge(node, next, .next) }
        switch action.kind {
        case "ConditionGroup": connectCondition(action, node, next: next, loop: loop, topic: topic)
        case "Foreach":
            for block in action.blocks where block.role == .body {
                let first = connect(
                    block.actions, next: node, loop: Loop(node: node, exit: next), topic: topic)
                edge(node, first, .again)
            }
            edge(node, next, .next)
        case "BreakLoop": edge(node, loop?.exit ?? next, .next)
        case "ContinueLoop": edge(node, loop?.node ?? next, .next)
        case "GotoAction":
            if let target = action.value["actionId"]?.string.flatMap({ nodeOfID[topic][$0] }) {
                edge(node, target, .goto)
            }
        case "RepeatDialog": edge(node, starts[topic], .goto)
        case "ActionScope":
            let first = action.blocks.first.map { connect($0.actions, next: next, loop: loop, topic: topic) }
            edge(node, first ?? next, .next)
        case "DisconnectedNodeContainer":
            for block in action.blocks { _ = connect(block.actions, next: next, loop: loop, topic: topic) }
            edge(node, next, .next)
        case "EndDialog", "CancelDialog": edge(node, ends[topic], .next)
        case "CancelAllDialogs", "EndConversation": break
        case "BeginDialog":
            if let target = self.topic(action.value["dialog"]) { edge(node, starts[target], .call) }
            edge(node, next, .returned)
        case "ReplaceDialog":
            if let target = self.topic(action.value["dialog"]) {
                edge(node, starts[target], .replace)
            } else if action.value["dialog"]?.string?.hasPrefix("=") == true {
                edge(node, ends[topic], .next)
            }
        case "Question": connectQuestion(action, node, next: next, topic: topic)
        case "HttpRequestAction":
            edge(node, next, .next)
            if action.value.at("errorHandling", "kind")?.string != "ContinueOnErrorBehavior",
                let handler = agent.topics.firstIndex(where: { $0.triggerKind == "OnError" }), handler != topic
            {
                edge(node, starts[handler], .failure)
            }
        case "TransferConversation", "TransferConversationV2", "Parley.Queue", "Parley.Swarm":
            edge(node, next, .failure)
        default:
            for block in action.blocks {
                edge(node, connect(block.actions, next: next, loop: loop, topic: topic), .otherwise)
            }
            edge(node, next, .next)
        }
    }

    private mutating func connectCondition(
        _ action: ActionOutline, _ node: Int, next: Int, loop: Loop?, topic: Int
    ) {
        var hasOtherwise = false
        for block in action.blocks {
            let first = connect(block.actions, next: next, loop: loop, topic: topic)
            switch block.role {
            case .branch(let index): edge(node, first, .branch(index))
            case .otherwise, .body:
                hasOtherwise = true
                edge(node, first, .otherwise)
            }
        }
        if !hasOtherwise { edge(node, next, .otherwise) }
    }

    private mutating func connectQuestion(_ action: ActionOutline, _ node: Int, next: Int, topic: Int) {
        edge(node, next, .next)
        let escalation = agent.topics.firstIndex { $0.triggerKind == "OnEscalate" }
        if action.value["defaultValue"] == nil {
            if let target = self.topic(action.value["fallbackDialogOnInvalidEntity"]) ?? escalation {
                edge(node, starts[target], .noMatch)
            } else {
                edge(node, hangUp(topic), .noMatch)
            }
        }
        let voice = action.value["voiceInputSettings"]
        if voice?["defaultValueOnSilence"] != nil { return }
        if let target = self.topic(voice?["fallbackDialogOnSilence"]) { return edge(node, starts[target], .noInput) }
        switch voice?["defaultValueMissingAction"]?.string {
        case "SetEmpty", "SetValue": break
        case "Escalate":
            if let escalation { edge(node, starts[escalation], .noInput) } else { edge(node, hangUp(topic), .noInput) }
        default: edge(node, hangUp(topic), .noInput)
        }
    }

    private mutating func hangUp(_ topic: Int) -> Int {
        if let node = hangUps[topic] { return node }
        let node = add(.hangUp, topic)
        hangUps[topic] = node
        return node
    }

    private func topic(_ dialog: SourceValue?) -> Int? {
        guard let name = dialog?.string, !name.hasPrefix("=") else { return nil }
        return agent.topicIndex(named: name)
    }
}

// MARK: - What can be reached

extension DialogGraph {
    /// Which topics come to their end, so that whoever called them goes on.
    package func returningTopics() -> Set<Int> {
        var returning: Set<Int> = []
        while true {
            var found = returning
            for topic in agent.topics.indices where !found.contains(topic) {
                let reached = reach(from: [starts[topic]], returning: returning, staysIn: topic)
                if reached.contains(ends[topic]) { found.insert(topic) }
            }
            if found == returning { return returning }
            returning = found
        }
    }

    /// Every node that a call can come to.
    ///
    /// - Parameter isNever: edges that no call takes.
    package func reachable(isNever: (Edge) -> Bool = { _ in false }) -> Set<Int> {
        let roots = agent.topics.indices.filter { !agent.topics[$0].isRedirect }.map { starts[$0] }
        return reach(from: roots, returning: returningTopics(), staysIn: nil, isNever: isNever)
    }

    private func reach(
        from roots: [Int], returning: Set<Int>, staysIn topic: Int?, isNever: (Edge) -> Bool = { _ in false }
    ) -> Set<Int> {
        var reached = Set(roots)
        var pending = roots
        while let node = pending.popLast() {
            let called = outgoing[node].first { $0.kind == .call }.map { nodes[$0.to].topic }
            for edge in outgoing[node] where !reached.contains(edge.to) && !isNever(edge) {
                if edge.kind == .returned, let called, !returning.contains(called) { continue }
                if let topic, nodes[edge.to].topic != topic { continue }
                reached.insert(edge.to)
                pending.append(edge.to)
            }
        }
        return reached
    }
}
