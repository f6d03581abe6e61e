/// Scorecards as one HTML page that needs nothing else.
package struct HTMLReport {
    private let scorecards: [Scorecard]

    package init(_ scorecards: [Scorecard]) { self.scorecards = scorecards }

    /// The page.
    package var text: String {
        let title = scorecards.map { "\($0.suite): \($0.detector)" }.joined(separator: ", ")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Parley: \(escaped(title))</title>
            <style>
            \(HTMLReport.style)
            </style>
            </head>
            <body>
            <main>
            <h1>Scorecard</h1>
            \(scorecards.map { section($0) }.joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    private func section(_ card: Scorecard) -> String {
        let source = card.folder.map { "folder \($0)" } ?? card.seed.map { "synthetic suite, seed \($0)" } ?? ""
        var body = "<section>\n<h2>\(escaped(card.suite)): \(escaped(card.detector))</h2>\n"
        if !source.isEmpty { body += "<p class=\"source\">\(escaped(source))</p>\n" }
        body += "<dl>\n" + card.figures.map { figure($0) }.joined() + "</dl>\n"
        if !card.plots.isEmpty {
            body += "<div class=\"plots\">\n" + card.plots.map { SVGPlot($0).text }.joined() + "</div>\n"
        }
        body += card.tables.map { table($0) }.joined()
        body += card.notes.map { "<p class=\"note\">\(escaped($0))</p>\n" }.joined()
        return body + "</section>"
    }

    private func figure(_ figure: Scorecard.Figure) -> String {
        let wish =
            switch figure.better {
            case .higher: "<small>higher is better</small>"
            case .lower: "<small>lower is better</small>"
            case .neither: ""
            }
        return "<div><dt>\(escaped(figure.title))</dt><dd>\(escaped(figure.shown))\(wish)</dd></div>\n"
    }

    private func table(_ table: Scorecard.Table) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<h3>\(escaped(table.title))</h3>\n<div class=\"scroll\"><table>\n<thead>" + row(table.columns, "th")
            + "</thead>\n<tbody>" + table.rows.map { row($0, "td") }.joined() + "</tbody></table></div>\n"
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --line: #d8dee6; --page: #f6f7f9; --card: #fff }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6ebf2; --soft: #9aa8ba; --line: #364152; --page: #12161c; --card: #1a2029 }
        }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
        main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
        h1 { font-size: 1.7rem; margin: 0 0 1.5rem } h2 { font-size: 1.25rem; margin: 0 } h3 { font-size: 1rem; margin: 2rem 0 .5rem }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem; margin-bottom: 2rem }
        .source, .note { color: var(--soft); margin: .25rem 0 }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; margin: 1.25rem 0 }
        dl div { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem }
        dt { color: var(--soft); font-size: .85rem; line-height: 1.3; min-height: 2.2em }
        dd { margin: .2rem 0 0; font-size: 1.35rem; font-variant-numeric: tabular-nums }
        dd small { display: block; font-size: .75rem; color: var(--soft) }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1.5rem }
        figure { margin: 0 } figcaption { font-weight: 600; margin-bottom: .4rem }
        svg { width: 100%; height: auto; display: block } svg text { fill: var(--soft); font: 12px system-ui, sans-serif }
        .grid { stroke: var(--line); stroke-width: 1 } .axis { stroke: var(--soft); stroke-width: 1.2 }
        .scroll { overflow-x: auto }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem }
        th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
        th:first-child, td:first-child { text-align: left } th { color: var(--soft); font-weight: 600 }
        """
}

/// Text as it may stand in HTML.
func escaped(_ text: String) -> String {
    var safe = ""
    for character in text {
        switch character {
        case "&": safe += "&amp;"
        case "<": safe += "&lt;"
        case ">": safe += "&gt;"
        case "\"": safe += "&quot;"
        default: safe.append(character)
        }
    }
    return safe
}
