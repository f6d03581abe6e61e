import AgentFiles
import CallFlow

/// Loops that never wait for the caller.
///
/// The graph without the actions that wait and without the rounds of Foreach is parted into its strongly connected
/// components. One with a cycle is a loop; it is let pass when a condition that leads out of it reads something that
/// the loop itself changes: a counter, the answer to a request, the time.
struct LoopRules {
    private let inspection: Inspection
    private var graph: DialogGraph { inspection.graph }

    /// Kinds that wait for the caller or for people.
    private static let waiting: Set<String> = [
        "Question", "CSATQuestion", "TransferConversation", "TransferConversationV2", "Parley.Queue",
        "Parley.Consult", "Parley.Swarm", "Parley.Voicemail", "Parley.Hold", "AdaptiveCardPrompt",
        "OAuthInput",
    ]

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        let asking = topicsThatAsk()
        let isWaiting = graph.nodes.map { $0.action.map { LoopRules.waiting.contains($0.kind) } ?? false }
        let successors = inspection.outgoing.enumerated().map { node, edges -> [Int] in
            if isWaiting[node] { return [] }
            let called = edges.first { $0.kind == .call }.map { graph.nodes[$0.to].topic }
            return edges.compactMap { edge in
                if isWaiting[edge.to] || edge.kind == .again || edge.kind == .failure { return nil }
                if edge.kind == .returned, let called, asking.contains(called) { return nil }
                return edge.to
            }
        }
        for component in StrongComponents(successors).components {
            guard component.count > 1 || successors[component[0]].contains(component[0]) else { continue }
            check(Set(component), successors)
        }
    }

    private func check(_ loop: Set<Int>, _ successors: [[Int]]) {
        let changed = changedVariables(loop)
        for node in loop {
            guard let action = graph.nodes[node].action, successors[node].contains(where: { !loop.contains($0) }),
                action.kind == "ConditionGroup"
            else { continue }
            let conditions = action.blocks.compactMap(\.condition)
            for site in conditions.flatMap({ FormulaSite.all(in: $0, isCondition: true) }) {
                if site.references.contains(where: { changed.contains($0.path.prefix(2).joined(separator: ".")) }) {
                    return
                }
                if site.formulas.contains(where: LoopRules.isVolatile) { return }
            }
        }
        // The action that goes back: the last of the loop in the document that leads to an earlier one.
        let back = loop.sorted().filter { node in
            guard let kind = graph.nodes[node].action?.kind else { return false }
            return ["GotoAction", "RepeatDialog", "ReplaceDialog", "BeginDialog"].contains(kind)
        }
        guard let node = back.last ?? loop.filter({ graph.nodes[$0].action != nil }).max(),
            let action = graph.nodes[node].action
        else { return }
        inspection.report(
            "loop-without-input", action.value,
            "\(action.id) goes round in a loop that asks nothing and changes nothing it could end by; ask something in it, or count the rounds and test the count"
        )
    }

    /// What the actions of a loop set, as `Topic.Name`.
    private func changedVariables(_ loop: Set<Int>) -> Set<String> {
        var names: Set<String> = []
        for node in loop {
            guard let action = graph.nodes[node].action, action.kind != "ConditionGroup" else { continue }
            for site in VariableSite.all(in: action.value, isRecursive: false) { names.insert("\(site.variable)") }
            if ["ClearAllVariables", "EditTable"].contains(action.kind) { names.insert("\(action.kind)") }
        }
        return names
    }

    private static func isVolatile(_ formula: String) -> Bool {
        let text = formula.lowercased()
        return ["now(", "today(", "rand(", "randbetween(", "utcnow(", "utctoday(", "system."].contains {
            text.contains($0)
        }
    }

    /// Topics with an action that waits, or that call one.
    private func topicsThatAsk() -> Set<Int> {
        var asking: Set<Int> = []
        for node in graph.nodes {
            if let kind = node.action?.kind, LoopRules.waiting.contains(kind) { asking.insert(node.topic) }
        }
        for (index, topic) in graph.agent.topics.enumerated() where topic.root["inputs"] != nil { asking.insert(index) }
        while true {
            var found = asking
            for edge in graph.edges where [.call, .replace].contains(edge.kind) {
                if asking.contains(graph.nodes[edge.to].topic) { found.insert(graph.nodes[edge.from].topic) }
            }
            if found == asking { return asking }
            asking = found
        }
    }
}

/// The strongly connected components of a graph (Tarjan's algorithm, without recursion).
struct StrongComponents {
    private(set) var components: [[Int]] = []
    private let successors: [[Int]]
    private var index: [Int]
    private var low: [Int]
    private var isOnStack: [Bool]
    private var stack: [Int] = []
    private var counter = 0

    init(_ successors: [[Int]]) {
        self.successors = successors
        index = Array(repeating: -1, count: successors.count)
        low = Array(repeating: 0, count: successors.count)
        isOnStack = Array(repeating: false, count: successors.count)
        for node in successors.indices where index[node] < 0 { visit(node) }
    }

    private mutating func visit(_ root: Int) {
        var frames: [(node: Int, next: Int)] = [(root, 0)]
        enter(root)
        while let (node, next) = frames.last {
            if next < successors[node].count {
                frames[frames.count - 1].next += 1
                let successor = successors[node][next]
                if index[successor] < 0 {
                    enter(successor)
                    frames.append((successor, 0))
                } else if isOnStack[successor] {
                    low[node] = min(low[node], index[successor])
                }
            } else {
                frames.removeLast()
                if let parent = frames.last?.node { low[parent] = min(low[parent], low[node]) }
                if low[node] == index[node] { close(node) }
            }
        }
    }

    private mutating func enter(_ node: Int) {
        index[node] = counter
        low[node] = counter
        counter += 1
        stack.append(node)
        isOnStack[node] = true
    }

    private mutating func close(_ node: Int) {
        var component: [Int] = []
        while let last = stack.popLast() {
            isOnStack[last] = false
            component.append(last)
            if last == node { break }
        }
        components.append(component)
    }
}
