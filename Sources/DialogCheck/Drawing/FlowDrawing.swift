import AgentFiles
import Documents

/// Writes the flow of a topic.
struct FlowDrawing {
    private let flow: TopicDrawing
    private let drawing: DialogDrawing
    private typealias Measure = NodeFace.Measure

    init(_ flow: TopicDrawing, _ drawing: DialogDrawing) {
        self.flow = flow
        self.drawing = drawing
    }

    func draw(_ writer: inout SVGWriter) {
        for index in flow.arrows.indices { drawArrow(index, &writer) }
        for index in flow.boxes.indices { drawBox(index, &writer) }
        for index in flow.arrows.indices { drawLabel(index, &writer) }
    }

    // MARK: - Arrows

    private func drawArrow(_ index: Int, _ writer: inout SVGWriter) {
        let (arrow, route) = (flow.arrows[index], flow.layout.routes[index])
        var style = arrow.isExit ? "edge exit" : "edge"
        if route.isBack { style += " back" }
        var width: Double?
        if drawing.shares != nil {
            let share = drawing.share(of: arrow.edges)
            width = share > 0 ? 1.2 + 7 * share : 1
            style += share > 0 ? " taken" : " unused"
        }
        ArrowPath.draw(route, style, width: width, &writer)
    }

    private func drawLabel(_ index: Int, _ writer: inout SVGWriter) {
        let text = drawing.label(of: flow.arrows[index])
        guard !text.isEmpty, let place = flow.layout.routes[index].label else { return }
        ArrowPath.label(text, at: place, &writer)
    }

    // MARK: - Boxes

    private func drawBox(_ index: Int, _ writer: inout SVGWriter) {
        let (box, centre) = (flow.boxes[index], flow.layout.centres[index])
        let size = box.face.size
        let x = centre.x - size.width / 2
        let y = centre.y - size.height / 2
        let link = box.face.link.map { DialogPage.anchor(drawing.graph.agent.topics[$0].name) }
        if let link { writer.open("a", [("href", "#" + link)]) }
        writer.open("g", [("class", "node \(box.face.style.rawValue)" + marks(box))])
        writer.element("title", [], tip(box))
        writer.box(x, y, size.width, size.height, radius: box.face.isPill ? 13 : 7, "box")
        if box.face.isPill {
            writer.words(centre.x, y + 17.5, "pill", box.face.caption)
        } else {
            drawCard(box, x, y, &writer)
        }
        drawBadges(box, x + size.width, y, &writer)
        writer.close("g")
        if link != nil { writer.close("a") }
    }

    private func marks(_ box: TopicDrawing.Box) -> String {
        (box.marks.isUnsupported ? " unsupported" : "") + (box.marks.isDeadEnd ? " dead" : "")
            + (box.marks.isUnreachable && box.node != nil ? " unreachable" : "")
    }

    private func tip(_ box: TopicDrawing.Box) -> String {
        var lines = [box.face.tip.isEmpty ? box.face.caption : box.face.tip]
        if let shares = drawing.shares, let node = box.node {
            lines.append("\(shares.visits[node]) of \(shares.calls) calls")
            if shares.abandoned[node] > 0 { lines.append("\(shares.abandoned[node]) callers hung up here") }
        }
        lines += box.marks.findings.map { "\($0.severity.rawValue): \($0.message) [\($0.code)]" }
        return lines.joined(separator: "\n")
    }

    private func drawCard(_ box: TopicDrawing.Box, _ x: Double, _ y: Double, _ writer: inout SVGWriter) {
        writer.box(x, y + 6, 3, box.face.size.height - 12, radius: 1.5, "stripe")
        writer.words(x + Measure.padding, y + 18, "caption", box.face.caption)
        var line = y + 8 + Measure.caption + 11
        for text in box.face.lines {
            writer.words(x + Measure.padding, line, "body", text)
            line += Measure.line
        }
        var top = line - 9
        for row in box.face.chipRows {
            var left = x + Measure.padding
            for chip in row {
                let width = NodeFace.width(of: chip)
                writer.box(left, top, width, 16, radius: 8, "chip")
                if !chip.key.isEmpty {
                    writer.element(
                        "circle",
                        [
                            ("cx", SVGWriter.number(left + 8)), ("cy", SVGWriter.number(top + 8)), ("r", "8"),
                            ("class", "key"),
                        ])
                    writer.words(left + 8, top + 11.8, "key-text", chip.key)
                }
                let text = TextWidth.cut(chip.text, size: Measure.small, width: width - (chip.key.isEmpty ? 10 : 26))
                writer.words(left + (chip.key.isEmpty ? 6 : 20), top + 11.8, "chip-text", text)
                left += width + 4
            }
            top += Measure.chip
        }
    }

    /// Marks at the upper right corner: what is wrong, and how many calls came here.
    private func drawBadges(_ box: TopicDrawing.Box, _ right: Double, _ y: Double, _ writer: inout SVGWriter) {
        var edge = right - 4
        func badge(_ text: String, _ style: String, _ writer: inout SVGWriter) {
            let width = TextWidth.of(text, size: 9.5) + 10
            edge -= width
            writer.box(edge, y - 7, width, 14, radius: 7, "badge \(style)")
            writer.words(edge + width / 2, y + 3.4, "badge-text", text)
            edge -= 3
        }
        let isPlain = box.marks.findings.contains {
            !["unsupported", "unknown-kind", "unreachable-action"].contains($0.code)
        }
        if box.marks.isUnsupported { badge("not supported", "bad", &writer) }
        if box.marks.isUnreachable, box.node != nil, !box.face.isPill { badge("unreachable", "dim", &writer) }
        if box.marks.isDeadEnd, !box.face.isPill { badge("dead end", "bad", &writer) }
        if isPlain, !box.marks.isDeadEnd {
            let count = box.marks.findings.count
            badge(count == 1 ? "1 finding" : "\(count) findings", "warn", &writer)
        }
        guard let shares = drawing.shares, let node = box.node else { return }
        if shares.abandoned[node] > 0 {
            badge("\(drawing.percent(shares.share(shares.abandoned[node]))) hang up", "bad", &writer)
        }
        if !box.face.isPill { badge(drawing.percent(shares.share(shares.visits[node])), "share", &writer) }
    }
}

/// Writes the line and the head of an arrow.
enum ArrowPath {
    static func draw(
        _ route: LayeredLayout.Route, _ style: String, width: Double?, _ writer: inout SVGWriter
    ) {
        guard let first = route.points.first, let last = route.points.last, route.points.count > 1 else { return }
        let isUp = route.isBack
        let head = 5 + (width ?? 1.4) * 0.8
        let tip = LayeredLayout.Point(x: last.x, y: last.y + (isUp ? head : -head))
        let path = curve([first] + route.points.dropFirst().dropLast() + [tip])
        var attributes = [("d", path), ("class", style)]
        if let width { attributes.append(("style", "stroke-width:\(SVGWriter.number(width))")) }
        writer.element("path", attributes)
        let half = head * 0.55
        let corners = [
            last, LayeredLayout.Point(x: last.x - half, y: tip.y + (isUp ? 1 : -1)),
            LayeredLayout.Point(x: last.x + half, y: tip.y + (isUp ? 1 : -1)),
        ]
        writer.element(
            "path", [("d", "M" + corners.map(pair).joined(separator: "L") + "Z"), ("class", style + " head")])
    }

    /// A curve through points whose y only rises or only falls, upright at both ends, without overshooting: a monotone
    /// cubic (Fritsch and Carlson, 1980) of x over y.
    private static func curve(_ points: [LayeredLayout.Point]) -> String {
        let steps = zip(points, points.dropFirst()).map { a, b in
            abs(b.y - a.y) < 0.01 ? 0 : (b.x - a.x) / (b.y - a.y)
        }
        var slopes = Array(repeating: 0.0, count: points.count)
        for index in points.indices.dropFirst().dropLast() where steps[index - 1] * steps[index] > 0 {
            let harmonic = 2 * steps[index - 1] * steps[index] / (steps[index - 1] + steps[index])
            slopes[index] = max(-4, min(4, harmonic))
        }
        var path = "M\(pair(points[0]))"
        for index in points.indices.dropFirst() {
            let (a, b) = (points[index - 1], points[index])
            let third = (b.y - a.y) / 3
            if abs(a.x - b.x) < 0.05 {
                path += "L\(pair(b))"
            } else {
                let first = LayeredLayout.Point(x: a.x + slopes[index - 1] * third, y: a.y + third)
                let second = LayeredLayout.Point(x: b.x - slopes[index] * third, y: b.y - third)
                path += "C\(pair(first)) \(pair(second)) \(pair(b))"
            }
        }
        return path
    }

    static func label(_ text: String, at place: LayeredLayout.Point, _ writer: inout SVGWriter) {
        let width = TextWidth.of(text, size: NodeFace.Measure.small) + 8
        writer.box(place.x - width / 2, place.y - 8, width, 15, radius: 4, "label-box")
        writer.words(place.x, place.y + 3.4, "label", text)
    }

    private static func pair(_ point: LayeredLayout.Point) -> String {
        "\(SVGWriter.number(point.x)) \(SVGWriter.number(point.y))"
    }
}
