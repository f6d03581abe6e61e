/// The drawing's colours and letters, for light and for dark screens.
enum DrawingStyle {
    fileprivate struct Palette {
        var page, panel, line, ink, faint, card, edge, accent, taken: String
        var bad, badFill, warn, warnFill, dim: String
        /// Stripes by the style of a node.
        var stripes: [(style: String, colour: String)]
    }

    private static let light = Palette(
        page: "#f6f7f9", panel: "#ffffff", line: "#d9dee5", ink: "#1d2733", faint: "#66727f", card: "#fbfcfd",
        edge: "#8a97a5", accent: "#1f5fae", taken: "#2f74c8", bad: "#c0392b", badFill: "#fdecea", warn: "#9a6400",
        warnFill: "#fff4d9", dim: "#9aa5b1",
        stripes: [
            ("say", "#3f8f5f"), ("ask", "#1f5fae"), ("decide", "#b7791f"), ("set", "#8693a1"), ("outside", "#7a4fb5"),
            ("transfer", "#c2562d"), ("jump", "#2a8c93"), ("other", "#c0392b"),
        ])
    private static let dark = Palette(
        page: "#12161b", panel: "#1a2027", line: "#313b46", ink: "#e4e9ef", faint: "#9aa7b4", card: "#212932",
        edge: "#71808f", accent: "#6ea8ec", taken: "#6ea8ec", bad: "#ff8a7a", badFill: "#3d2321", warn: "#f0c05a",
        warnFill: "#3b3018", dim: "#66727f",
        stripes: [
            ("say", "#62c08a"), ("ask", "#6ea8ec"), ("decide", "#e0ad53"), ("set", "#8d9aa8"), ("outside", "#b18be8"),
            ("transfer", "#f08a5d"), ("jump", "#58c3ca"), ("other", "#ff8a7a"),
        ])

    static var sheet: String {
        letters + colours(light) + "@media (prefers-color-scheme: dark) {" + colours(dark) + "}"
    }

    private static let letters = """

        text { font-family: "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; font-size: 12px; }
        .title { font-size: 22px; font-weight: 650; } .subtitle { font-size: 12.5px; }
        .panel-title { font-size: 15px; font-weight: 650; }
        .caption { font-size: 10.5px; letter-spacing: .02em; } .body { font-size: 12px; }
        .pill, .label, .badge-text, .key-text, .topic-name, .topic-trigger { text-anchor: middle; }
        .label, .chip-text, .key-text, .topic-trigger { font-size: 10.5px; } .badge-text { font-size: 9.5px; }
        .key-text { font-weight: 700; } .topic-name { font-size: 13px; font-weight: 650; }
        .edge { fill: none; stroke-width: 1.4; } .edge.back { stroke-dasharray: 5 3; } .edge.head { stroke: none; }
        .edge.unused { stroke-dasharray: 1.5 3; stroke-linecap: round; } a { text-decoration: none; }
        .unreachable .box { stroke-dasharray: 4 3; } .unsupported .box { stroke-width: 2; stroke-dasharray: 6 3; }
        .unreachable text, .unreachable .stripe { opacity: .6; }

        """

    private static func colours(_ p: Palette) -> String {
        var sheet = """

            text { fill: \(p.ink); } .page { fill: \(p.page); } .panel { fill: \(p.panel); stroke: \(p.line); }
            .subtitle, .caption, .topic-trigger { fill: \(p.faint); } .label { fill: \(p.faint); }
            .box { fill: \(p.card); stroke: \(p.line); stroke-width: 1.2; } .label-box { fill: \(p.panel); }
            .start .box { fill: \(p.accent); stroke: none; } .start .pill { fill: \(p.panel); }
            .topic .box { stroke: \(p.accent); } .hang .box { fill: \(p.badFill); stroke: \(p.bad); }
            .hang .pill { fill: \(p.bad); } .chip { fill: \(p.page); stroke: \(p.line); } .key { fill: \(p.accent); }
            .key-text { fill: \(p.panel); } .edge { stroke: \(p.edge); } .edge.head { fill: \(p.edge); }
            .edge.exit { stroke: \(p.transferLine); } .edge.exit.head { fill: \(p.transferLine); }
            .edge.taken { stroke: \(p.taken); } .edge.taken.head { fill: \(p.taken); }
            .edge.unused { stroke: \(p.dim); } .edge.unused.head { fill: \(p.dim); }
            .badge.bad { fill: \(p.badFill); stroke: \(p.bad); } .badge.warn { fill: \(p.warnFill); stroke: \(p.warn); }
            .badge.dim { fill: \(p.page); stroke: \(p.dim); } .badge.share { fill: \(p.panel); stroke: \(p.taken); }
            .unsupported .box, .dead .box { stroke: \(p.bad); } .unsupported .box { fill: \(p.badFill); }

            """
        for stripe in p.stripes { sheet += ".\(stripe.style) .stripe { fill: \(stripe.colour); }\n" }
        return sheet
    }
}

extension DrawingStyle.Palette {
    fileprivate var transferLine: String { stripes.first { $0.style == "transfer" }?.colour ?? edge }
}

/// What the colours and lines mean.
enum LegendDrawing {
    static func draw(at x: Double, _ y: Double, hasShares: Bool, _ writer: inout SVGWriter) {
        var left = x
        let entries = [
            ("say", "say"), ("ask", "ask"), ("decide", "decide"), ("set", "set or log"), ("outside", "ask the outside"),
            ("transfer", "transfer"), ("jump", "go elsewhere"),
        ]
        for (style, text) in entries {
            writer.open("g", [("class", style)])
            writer.box(left, y - 9, 4, 12, radius: 2, "stripe")
            writer.close("g")
            writer.words(left + 9, y + 1, "caption", text)
            left += TextWidth.of(text, size: 10.5) + 30
        }
        for (style, text) in [("edge exit", "no input, no match, failure"), ("edge back", "back to an earlier action")]
        {
            writer.element(
                "path",
                [
                    ("d", "M\(SVGWriter.number(left)) \(SVGWriter.number(y - 3))h24"), ("class", style),
                ])
            writer.words(left + 30, y + 1, "caption", text)
            left += TextWidth.of(text, size: 10.5) + 52
        }
        if hasShares {
            writer.words(left, y + 1, "caption", "width and percent: calls that went this way at least once")
        }
    }
}
