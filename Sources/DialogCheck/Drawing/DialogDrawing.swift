package import AgentFiles
package import Documents
package import Telephony

/// Draws a dialog as one SVG document: a map of its topics, and the flow of each.
package struct DialogDrawing {
    let graph: DialogGraph
    let faces: FaceMaker
    let shares: CallShares?
    let name: String
    private let reached: Set<Int>
    private let findings: [Int: [Diagnostic]]

    /// - Parameters:
    ///   - name: the agent's name.
    ///   - findings: what `parley check` says about it.
    ///   - contexts: contexts of its calls; without any, no shares are drawn.
    package init(_ agent: AgentOutline, name: String, findings: [Diagnostic], contexts: [CallContext]? = nil) {
        graph = DialogGraph(agent)
        faces = FaceMaker(graph: graph)
        shares = contexts.map { [graph] in CallShares(graph, $0) }
        self.name = name
        reached = graph.reachable()
        self.findings = DialogDrawing.place(findings, graph)
    }

    /// Findings by the innermost action that holds their line.
    private static func place(_ findings: [Diagnostic], _ graph: DialogGraph) -> [Int: [Diagnostic]] {
        var placed: [Int: [Diagnostic]] = [:]
        var actions: [String: [(node: Int, lines: ClosedRange<Int>)]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            guard let action = node.action else { continue }
            let lines = action.value.lines
            actions[graph.agent.topics[node.topic].file, default: []].append((index, lines))
        }
        for finding in findings where finding.line > 0 {
            // The later an action begins, the deeper it lies.
            let holder = actions[finding.file]?.last { $0.lines.contains(finding.line) }
            if let holder { placed[holder.node, default: []].append(finding) }
        }
        return placed
    }

    func marks(of node: Int) -> TopicDrawing.Marks {
        var marks = TopicDrawing.Marks()
        marks.findings = findings[node] ?? []
        marks.isUnsupported = marks.findings.contains { ["unsupported", "unknown-kind"].contains($0.code) }
        marks.isUnreachable = !reached.contains(node)
        switch graph.nodes[node].role {
        case .hangUp: marks.isDeadEnd = true
        case .action(let action):
            let ends = ["EndConversation", "CancelAllDialogs", "EndDialog"]
            marks.isDeadEnd =
                !ends.contains(action.kind) && graph.outgoing[node].isEmpty
                || marks.findings.contains { $0.code == "loop-without-input" }
        default: break
        }
        return marks
    }

    // MARK: - Labels

    /// What an edge says of itself.
    func text(of edge: DialogGraph.Edge) -> String {
        switch edge.kind {
        case .next, .goto, .call, .replace, .returned: ""
        case .branch(let index): TextWidth.cut(condition(edge, index), size: NodeFace.Measure.small, width: 170)
        case .otherwise: "else"
        case .noInput: "no input"
        case .noMatch: "no match"
        case .failure: "failure"
        case .again: "each"
        }
    }

    /// A branch's condition; a comparison with a choice that has a key shows the key.
    private func condition(_ edge: DialogGraph.Edge, _ index: Int) -> String {
        guard let action = graph.nodes[edge.from].action,
            let block = action.blocks.first(where: { $0.role == .branch(index) }),
            let text = block.condition?.string
        else { return "" }
        let bare = String(text.drop { $0 == "=" || $0 == " " })
        if let comparison = Comparison.all(in: bare).first, bare.hasSuffix("= \"\(comparison.text)\""),
            comparison.variable.count + comparison.text.count + 12 > bare.count
        {
            let key = choiceKey(comparison, topic: graph.nodes[edge.from].topic)
            return (key.map { "\($0) " } ?? "") + comparison.text
        }
        return FaceMaker.short(bare)
    }

    private func choiceKey(_ comparison: Comparison, topic: Int) -> String? {
        for action in graph.agent.topics[topic].allActions where action.kind == "Question" {
            guard action.value["variable"]?.string?.hasSuffix(comparison.variable) == true else { continue }
            let item = QuestionEntity(action, in: graph.agent)?.list?.items.first {
                $0["id"]?.string == comparison.text
            }
            if let key = item?["dtmfKey"]?.string { return FaceMaker.key(key) }
        }
        return nil
    }

    /// An arrow's label, with its share of calls where that is known.
    func label(of arrow: TopicDrawing.Arrow) -> String {
        guard shares != nil else { return arrow.label }
        let percent = self.percent(share(of: arrow.edges))
        return arrow.label.isEmpty ? percent : "\(arrow.label) · \(percent)"
    }

    /// The share of calls that took one of some edges, from 0 to 1.
    func share(of edges: [Int]) -> Double {
        guard let shares else { return 0 }
        return min(1, edges.reduce(0) { $0 + shares.share(shares.edges[$1]) })
    }

    func percent(_ share: Double) -> String {
        let value = (share * 100).rounded()
        return value == 0 && share > 0 ? "<1 %" : "\(Int(value)) %"
    }

    // MARK: - The document

    /// The SVG document.
    package func svg() -> String { DialogPage(self).svg() }

    /// Topics in the order in which a call comes to them: breadth first from the start of the call.
    func topicOrder() -> [Int] {
        let topics = graph.agent.topics
        var order: [Int] = []
        var seen: Set<Int> = []
        let first = topics.indices.filter { topics[$0].triggerKind == "OnConversationStart" }
        for root in first + topics.indices.filter({ !topics[$0].isRedirect }) + Array(topics.indices) {
            guard seen.insert(root).inserted else { continue }
            var queue = [root]
            while !queue.isEmpty {
                let topic = queue.removeFirst()
                order.append(topic)
                for link in links(from: topic) where seen.insert(link.to).inserted { queue.append(link.to) }
            }
        }
        return order
    }

    /// The topics that a topic leads to, with the edges that do.
    func links(from topic: Int) -> [(to: Int, edges: [Int])] {
        var links: [(to: Int, edges: [Int])] = []
        for (index, edge) in graph.edges.enumerated() where graph.nodes[edge.from].topic == topic {
            let target = graph.nodes[edge.to].topic
            guard target != topic else { continue }
            if let known = links.firstIndex(where: { $0.to == target }) {
                links[known].edges.append(index)
            } else {
                links.append((target, [index]))
            }
        }
        return links
    }
}
