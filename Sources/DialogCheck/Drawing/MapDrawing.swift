import AgentFiles

/// The map: every topic as a box, with arrows to the topics that it leads to.
struct MapDrawing {
    private let drawing: DialogDrawing
    private let links: [(from: Int, to: Int, edges: [Int])]
    private let boxes: [(name: String, trigger: String, size: LayeredLayout.Size)]
    let layout: LayeredLayout

    init(_ drawing: DialogDrawing) {
        self.drawing = drawing
        let topics = drawing.graph.agent.topics
        links = topics.indices.flatMap { topic in drawing.links(from: topic).map { (topic, $0.to, $0.edges) } }
        boxes = topics.indices.map { topic in
            let trigger = drawing.faces.face(drawing.graph.starts[topic]).caption
            let width = max(TextWidth.of(topics[topic].name, size: 13), TextWidth.of(trigger, size: 10.5)) + 28
            return (topics[topic].name, trigger, LayeredLayout.Size(width: width, height: 40))
        }
        layout = LayeredLayout(
            sizes: boxes.map(\.size),
            edges: links.map { link in
                let width = drawing.shares == nil ? 0 : TextWidth.of("100 %", size: 10.5) + 8
                return LayeredLayout.Edge(
                    from: link.from, to: link.to, label: LayeredLayout.Size(width: width, height: 16))
            }, roots: drawing.topicOrder())
    }

    func draw(_ writer: inout SVGWriter) {
        for (link, route) in zip(links, layout.routes) {
            let share = drawing.share(of: link.edges)
            let hasShares = drawing.shares != nil
            let style = "edge" + (route.isBack ? " back" : "") + (hasShares ? share > 0 ? " taken" : " unused" : "")
            ArrowPath.draw(route, style, width: hasShares ? share > 0 ? 1.2 + 7 * share : 1 : nil, &writer)
        }
        for (topic, box) in boxes.enumerated() { drawBox(topic, box.name, box.trigger, box.size, &writer) }
        guard drawing.shares != nil else { return }
        for (link, route) in zip(links, layout.routes) {
            if let place = route.label {
                ArrowPath.label(drawing.percent(drawing.share(of: link.edges)), at: place, &writer)
            }
        }
    }

    private func drawBox(
        _ topic: Int, _ name: String, _ trigger: String, _ size: LayeredLayout.Size, _ writer: inout SVGWriter
    ) {
        let centre = layout.centres[topic]
        let isUnreachable = drawing.marks(of: drawing.graph.starts[topic]).isUnreachable
        writer.open("a", [("href", "#" + DialogPage.anchor(name))])
        writer.open("g", [("class", "node topic" + (isUnreachable ? " unreachable" : ""))])
        writer.element("title", [], "\(name): \(trigger)")
        writer.box(centre.x - size.width / 2, centre.y - 20, size.width, 40, radius: 9, "box")
        writer.words(centre.x, centre.y - 2, "topic-name", name)
        writer.words(centre.x, centre.y + 13, "topic-trigger", trigger)
        writer.close("g")
        writer.close("a")
    }
}
