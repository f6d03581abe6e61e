import AgentFiles
import Documents

/// One topic's flow, laid out: its actions, and a signpost for every way out of it.
struct TopicDrawing {
    /// A box of the drawing.
    struct Box {
        /// The node of the graph; `nil` for a signpost.
        var node: Int?
        var face: NodeFace
        var marks = Marks()
    }

    /// What is noted at a box.
    struct Marks {
        var isUnsupported = false
        var isDeadEnd = false
        var isUnreachable = false
        /// What `parley check` says about it.
        var findings: [Diagnostic] = []
    }

    struct Arrow {
        var from: Int
        var to: Int
        var label: String
        /// Edges of the graph that it stands for.
        var edges: [Int]
        var isExit: Bool
    }

    let topic: Int
    private(set) var boxes: [Box] = []
    private(set) var arrows: [Arrow] = []
    let layout: LayeredLayout

    init(_ topic: Int, _ drawing: DialogDrawing) {
        self.topic = topic
        var builder = Builder(topic, drawing)
        builder.build()
        boxes = builder.boxes
        arrows = builder.arrows
        layout = LayeredLayout(
            sizes: boxes.map(\.face.size),
            edges: arrows.map { arrow in
                let text = drawing.label(of: arrow)
                let width = text.isEmpty ? 0 : TextWidth.of(text, size: NodeFace.Measure.small) + 12
                return LayeredLayout.Edge(
                    from: arrow.from, to: arrow.to, label: LayeredLayout.Size(width: width, height: 16),
                    pull: arrow.isExit ? 0.15 : 1)
            }, roots: [0])
    }
}

/// Collects the boxes and arrows of a topic.
private struct Builder {
    let topic: Int
    let drawing: DialogDrawing
    var boxes: [TopicDrawing.Box] = []
    var arrows: [TopicDrawing.Arrow] = []
    private var boxOfNode: [Int: Int] = [:]
    private var graph: DialogGraph { drawing.graph }

    init(_ topic: Int, _ drawing: DialogDrawing) {
        self.topic = topic
        self.drawing = drawing
    }

    mutating func build() {
        let targets = Set(graph.edges.filter { graph.nodes[$0.from].topic == topic }.map(\.to))
        for (node, entry) in graph.nodes.enumerated() where entry.topic == topic {
            if case .end = entry.role, !targets.contains(node) { continue }
            boxOfNode[node] = boxes.count
            boxes.append(TopicDrawing.Box(node: node, face: drawing.faces.face(node), marks: drawing.marks(of: node)))
        }
        for (index, edge) in graph.edges.enumerated() where graph.nodes[edge.from].topic == topic && edge.kind != .call
        {
            add(index, edge)
        }
    }

    private mutating func add(_ index: Int, _ edge: DialogGraph.Edge) {
        guard let from = boxOfNode[edge.from] else { return }
        let isExit = graph.nodes[edge.to].topic != topic
        if isExit, edge.kind == .replace { return }
        let to = isExit ? signpost(from, to: graph.nodes[edge.to].topic) : boxOfNode[edge.to]
        guard let to else { return }
        let label = drawing.text(of: edge)
        if let known = arrows.firstIndex(where: { $0.from == from && $0.to == to }) {
            arrows[known].edges.append(index)
            let joined = [arrows[known].label, label].filter { !$0.isEmpty }.joined(separator: ", ")
            arrows[known].label = TextWidth.cut(joined, size: NodeFace.Measure.small, width: 190)
        } else {
            arrows.append(
                TopicDrawing.Arrow(
                    from: from, to: to, label: label, edges: [index],
                    isExit: isExit || [.noInput, .noMatch, .failure].contains(edge.kind)))
        }
    }

    /// The box that points to another topic; one for each box that leads there.
    private mutating func signpost(_ from: Int, to topic: Int) -> Int {
        let known = arrows.first { $0.from == from && boxes[$0.to].node == nil && boxes[$0.to].face.link == topic }
        if let known { return known.to }
        var face = NodeFace(style: .end, caption: "→ \(graph.agent.topics[topic].name)")
        face.link = topic
        boxes.append(TopicDrawing.Box(node: nil, face: face))
        return boxes.count - 1
    }
}
