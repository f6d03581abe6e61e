import AgentFiles
import Documents

/// Actions, topics and branches that no call comes to.
struct FlowRules {
    private let inspection: Inspection
    private var agent: AgentOutline { inspection.agent }
    private var graph: DialogGraph { inspection.graph }

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        var never: Set<BranchKey> = []
        for (topic, action) in inspection.actions where action.kind == "ConditionGroup" {
            checkBranches(action, topic, &never)
            if let list = action.value["conditions"], list.items.isEmpty {
                inspection.report(
                    "missing-property", action.value.place(of: "conditions"), in: list.text.file,
                    "a ConditionGroup without conditions decides nothing; write one, or remove it")
            }
        }
        let reached = graph.reachable { edge in
            guard case .branch(let index) = edge.kind else {
                return edge.kind == .otherwise && never.contains(BranchKey(node: edge.from, branch: -1))
            }
            return never.contains(BranchKey(node: edge.from, branch: index))
        }
        for (index, topic) in agent.topics.enumerated() {
            guard let trigger = topic.trigger else { continue }
            guard reached.contains(graph.starts[index]) else {
                if isMeant(topic) { continue }
                reportTopic(topic, trigger)
                continue
            }
            checkActions(topic.actions, index, reached, never)
        }
        checkLoopControls()
    }

    private struct BranchKey: Hashable {
        let node: Int
        let branch: Int
    }

    private func reportTopic(_ topic: TopicOutline, _ trigger: SourceValue) {
        inspection.report(
            "unreachable-topic", trigger["kind"] ?? trigger,
            "nothing starts the topic \(topic.name); begin it from another topic, give it a trigger, or remove it")
    }

    /// Something that is wrong, and is reported for that, would begin the topic: a file that is no YAML, a misspelled
    /// name.
    private func isMeant(_ topic: TopicOutline) -> Bool {
        let last = { (name: Substring) in name.split(separator: ".").last.map(String.init) ?? "" }
        for source in agent.sources where source.role == .topic && source.root == nil {
            for line in source.text.lines {
                guard let match = String(line).firstMatch(of: /^\s*(?:dialog|fallbackDialog\w*):\s*([\w.]+)/) else {
                    continue
                }
                if last(match.output.1) == topic.name { return true }
            }
        }
        return inspection.actions.contains { _, action in
            guard let name = action.value["dialog"]?.string, agent.topicIndex(named: name) == nil else { return false }
            return nearestName(to: last(name[...]), among: agent.topicNames) == topic.name
        }
    }

    // MARK: - Branches

    private func checkBranches(_ action: ActionOutline, _ topic: Int, _ never: inout Set<BranchKey>) {
        guard let node = graph.node(of: action.id, topic: topic), graph.nodes[node].action?.place == action.place else {
            return
        }
        var above: [String: Int] = [:]
        var isDecided = false
        for block in action.blocks {
            guard case .branch(let index) = block.role else {
                if isDecided {
                    never.insert(BranchKey(node: node, branch: -1))
                    inspection.report(
                        "unreachable-branch", action.value.place(of: "elseActions"), in: action.value.text.file,
                        "no call comes to elseActions: a condition above always holds; remove them or correct it")
                }
                continue
            }
            guard let condition = block.condition, let text = condition.string else { continue }
            let bare = text.filter { !$0.isWhitespace }.drop { $0 == "=" }.description
            let isFalse = ["false", "false()"].contains(bare.lowercased())
            let reason: String? =
                isDecided
                ? "a condition above always holds"
                : isFalse
                    ? "it is false" : above[bare].map { "it repeats the condition in line \($0)" }
            if let reason {
                never.insert(BranchKey(node: node, branch: index))
                inspection.report(
                    "unreachable-branch", condition,
                    "this condition never leads anywhere: \(reason); correct it or remove the branch")
            }
            above[bare] = above[bare] ?? condition.place.line
            if ["true", "true()"].contains(bare.lowercased()) { isDecided = true }
        }
    }

    // MARK: - Actions

    /// Reports the first action of each part that no call comes to.
    private func checkActions(
        _ actions: [ActionOutline], _ topic: Int, _ reached: Set<Int>, _ never: Set<BranchKey>
    ) {
        var previous: ActionOutline?
        var wasReached = true
        for action in actions where !action.isDisabled {
            guard let node = node(of: action, topic) else { continue }
            let isReached = reached.contains(node)
            if !isReached, wasReached {
                let behind = previous.map { "it stands behind \($0.id) (\($0.kind)), which never goes on to it" }
                inspection.report(
                    "unreachable-action", action.value,
                    "no call comes to \(action.id): \(behind ?? "nothing leads to it"); remove it or lead to it")
            }
            if isReached, action.kind != "DisconnectedNodeContainer" {
                for block in action.blocks {
                    if case .branch(let index) = block.role, never.contains(BranchKey(node: node, branch: index)) {
                        continue
                    }
                    if block.role == .otherwise, never.contains(BranchKey(node: node, branch: -1)) { continue }
                    checkActions(block.actions, topic, reached, never)
                }
            }
            wasReached = isReached
            previous = action
        }
    }

    private func node(of action: ActionOutline, _ topic: Int) -> Int? {
        guard let node = graph.node(of: action.id, topic: topic), graph.nodes[node].action?.place == action.place else {
            return nil
        }
        return node
    }

    // MARK: - Break and continue

    private func checkLoopControls() {
        func check(_ actions: [ActionOutline], isInLoop: Bool) {
            for action in actions {
                if ["BreakLoop", "ContinueLoop"].contains(action.kind), !isInLoop {
                    inspection.report(
                        "loop-control", action.value,
                        "\(action.kind) stands outside a loop; move it into the actions of a Foreach")
                }
                for block in action.blocks { check(block.actions, isInLoop: isInLoop || action.kind == "Foreach") }
            }
        }
        for topic in agent.topics { check(topic.actions, isInLoop: false) }
    }
}
