import AgentFiles
package import Telephony

/// How many calls took each way through a dialog, from their contexts.
package struct CallShares {
    /// Calls that were counted.
    package private(set) var calls = 0
    /// Calls that came to a node at least once.
    package private(set) var visits: [Int]
    /// Calls that took an edge at least once, by the edge's index.
    package private(set) var edges: [Int]
    /// Calls whose caller hung up at a node.
    package private(set) var abandoned: [Int]
    /// Actions of the contexts that the dialog does not have: it was changed since.
    package private(set) var unknownSteps = 0

    private let graph: DialogGraph
    private let topicOfName: [String: Int]
    private let outgoing: [[Int]]

    package init(_ graph: DialogGraph, _ contexts: [CallContext]) {
        self.graph = graph
        visits = Array(repeating: 0, count: graph.nodes.count)
        edges = Array(repeating: 0, count: graph.edges.count)
        abandoned = visits
        topicOfName = Dictionary(graph.agent.topics.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var outgoing = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, edge) in graph.edges.enumerated() { outgoing[edge.from].append(index) }
        self.outgoing = outgoing
        for context in contexts { count(context) }
    }

    /// A part of all calls, from 0 to 1.
    package func share(_ count: Int) -> Double { calls > 0 ? Double(count) / Double(calls) : 0 }

    private mutating func count(_ context: CallContext) {
        calls += 1
        var visited: Set<Int> = []
        var taken: Set<Int> = []
        // The node where each running topic stands; the last one runs.
        var stack: [Int] = []
        for step in context.path {
            guard let topic = topicOfName[step.topic], let node = graph.node(of: step.action, topic: topic) else {
                unknownSteps += 1
                continue
            }
            if let depth = stack.lastIndex(where: { graph.nodes[$0].topic == topic }) {
                if depth + 1 < stack.count {
                    for ended in stack[(depth + 1)...] { take(ended, graph.ends[graph.nodes[ended].topic], &taken) }
                }
                stack.removeLast(stack.count - depth - 1)
                take(stack[depth], node, &taken)
                stack[depth] = node
            } else {
                if let caller = stack.last { enter(caller, topic, context, before: step.at, &taken) }
                take(graph.starts[topic], node, &taken)
                visited.insert(graph.starts[topic])
                stack.append(node)
            }
            visited.insert(node)
        }
        for node in visited { visits[node] += 1 }
        for edge in taken { edges[edge] += 1 }
        if context.outcome == .abandoned, let last = stack.last { abandoned[last] += 1 }
    }

    private func take(_ from: Int, _ to: Int, _ taken: inout Set<Int>) {
        guard let edge = outgoing[from].first(where: { graph.edges[$0].to == to && isOwn(graph.edges[$0].kind) }) else {
            return
        }
        taken.insert(edge)
    }

    private func isOwn(_ kind: DialogGraph.Edge.Kind) -> Bool { ![.noInput, .noMatch, .call].contains(kind) }

    /// From an action into another topic: by a call, or because a question stayed without an answer.
    private func enter(
        _ from: Int, _ topic: Int, _ context: CallContext, before time: Double, _ taken: inout Set<Int>
    ) {
        let candidates = outgoing[from].filter { graph.edges[$0].to == graph.starts[topic] }
        guard candidates.count > 1, let action = graph.nodes[from].action else {
            taken.formUnion(candidates.prefix(1))
            return
        }
        let last = context.inputs.last { $0.action == action.id && $0.at <= time }
        let kind: DialogGraph.Edge.Kind = last?.result == .noInput ? .noInput : .noMatch
        taken.formUnion((candidates.first { graph.edges[$0].kind == kind } ?? candidates.first).map { [$0] } ?? [])
    }
}
