import AgentFiles

/// The page with the map of the topics and their flows.
struct DialogPage {
    private let drawing: DialogDrawing
    private var graph: DialogGraph { drawing.graph }

    /// Pixels.
    enum Frame {
        static let margin = 28.0
        static let title = 58.0
        static let panel = 16.0
        static let head = 34.0
        static let between = 20.0
    }

    private struct Panel {
        let title: String
        let identifier: String
        let width: Double
        let height: Double
        let draw: (inout SVGWriter) -> Void
        var x = 0.0
        var y = 0.0
    }

    init(_ drawing: DialogDrawing) { self.drawing = drawing }

    func svg() -> String {
        var panels = [overview()] + drawing.topicOrder().map(panel)
        let legend = 34.0
        let size = pack(&panels)
        let width = max(760, size.width + 2 * Frame.margin)
        let height = Frame.title + size.height + 2 * Frame.margin + legend
        var writer = SVGWriter()
        writer.open(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("role", "img"), ("aria-labelledby", "title desc"),
                ("viewBox", "0 0 \(SVGWriter.number(width)) \(SVGWriter.number(height))"),
                ("width", SVGWriter.number(width)), ("height", SVGWriter.number(height)),
            ])
        writer.element("title", [("id", "title")], "The dialog of \(drawing.name)")
        writer.element("desc", [("id", "desc")], summary)
        writer.raw("<style>\(DrawingStyle.sheet)</style>")
        writer.box(0, 0, width, height, radius: 0, "page")
        writer.words(Frame.margin, 40, "title", drawing.name)
        writer.words(Frame.margin, 62, "subtitle", summary)
        for panel in panels { draw(panel, &writer) }
        LegendDrawing.draw(at: Frame.margin, height - legend, hasShares: drawing.shares != nil, &writer)
        writer.close("svg")
        return writer.text
    }

    private var summary: String {
        let actions = graph.nodes.filter { $0.action != nil }.count
        var text = "\(graph.agent.topics.count) topics, \(actions) actions"
        let marks = graph.nodes.indices.map { drawing.marks(of: $0) }
        func add(_ count: Int, _ one: String, _ many: String) {
            if count > 0 { text += ", \(count) \(count == 1 ? one : many)" }
        }
        add(marks.filter(\.isUnsupported).count, "part not supported", "parts not supported")
        add(marks.filter(\.isDeadEnd).count, "dead end", "dead ends")
        let unreachable = zip(graph.nodes, marks).filter { $0.action != nil && $1.isUnreachable }.count
        add(unreachable, "action unreachable", "actions unreachable")
        if let shares = drawing.shares { text += "; shares of \(shares.calls) calls" }
        return text
    }

    // MARK: - Panels

    private func panel(_ topic: Int) -> Panel {
        let flow = TopicDrawing(topic, drawing)
        let name = graph.agent.topics[topic].name
        let width = max(flow.layout.size.width, TextWidth.of(name, size: 15) + 20)
        return Panel(
            title: name, identifier: DialogPage.anchor(name), width: width + 2 * Frame.panel,
            height: flow.layout.size.height + Frame.head + 2 * Frame.panel
        ) { writer in FlowDrawing(flow, drawing).draw(&writer) }
    }

    private func overview() -> Panel {
        let map = MapDrawing(drawing)
        return Panel(
            title: "Topics", identifier: "topics", width: map.layout.size.width + 2 * Frame.panel,
            height: map.layout.size.height + Frame.head + 2 * Frame.panel
        ) { writer in map.draw(&writer) }
    }

    static func anchor(_ name: String) -> String {
        "topic-" + String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" })
    }

    private func draw(_ panel: Panel, _ writer: inout SVGWriter) {
        writer.open(
            "g",
            [
                ("id", panel.identifier),
                ("transform", "translate(\(SVGWriter.number(panel.x)) \(SVGWriter.number(panel.y)))"),
            ])
        writer.box(0, 0, panel.width, panel.height, radius: 12, "panel")
        writer.words(Frame.panel, 26, "panel-title", panel.title)
        writer.open(
            "g",
            [("transform", "translate(\(SVGWriter.number(Frame.panel)) \(SVGWriter.number(Frame.head + Frame.panel)))")]
        )
        panel.draw(&writer)
        writer.close("g")
        writer.close("g")
    }

    /// Puts each panel as high as it fits, the leftmost place first, within a width that makes the page about as wide
    /// as a screen.
    private func pack(_ panels: inout [Panel]) -> LayeredLayout.Size {
        let area = panels.reduce(0) { $0 + ($1.width + Frame.between) * ($1.height + Frame.between) }
        let width = max(panels.map(\.width).max() ?? 0, (area * 1.9).squareRoot())
        var right = 0.0
        var bottom = 0.0
        for index in panels.indices {
            let placed = panels[..<index]
            let columns = [0.0] + placed.map { $0.x + $0.width + Frame.between }
            var best = (x: 0.0, y: Double.infinity)
            for x in columns.sorted() where x + panels[index].width <= width || x == 0 {
                let beside = placed.filter {
                    $0.x < x + panels[index].width + Frame.between && x < $0.x + $0.width + Frame.between
                }
                let y = beside.map { $0.y + $0.height + Frame.between }.max() ?? 0
                if y < best.y { best = (x, y) }
            }
            panels[index].x = best.x
            panels[index].y = best.y
            right = max(right, best.x + panels[index].width)
            bottom = max(bottom, best.y + panels[index].height)
        }
        for index in panels.indices {
            panels[index].x += Frame.margin
            panels[index].y += Frame.margin + Frame.title
        }
        return LayeredLayout.Size(width: right, height: bottom)
    }
}
