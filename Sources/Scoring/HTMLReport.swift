/// Scorecards as one HTML page that needs nothing else.
package struct HTMLReport {
    private let scorecards: [Scorecard]

    package init(_ scorecards: [Scorecard]) { self.scorecards = scorecards }

    /// The page.
    package var text: String {
        var body = ""
        for card in scorecards {
            body += "<h2>\(escaped(card.suite)): \(escaped(card.detector))</h2>\n<table>\n"
            for figure in card.figures {
                body += "<tr><td>\(escaped(figure.title))</td><td>\(escaped(figure.shown))</td></tr>\n"
            }
            body += "</table>\n"
            for table in card.tables { body += html(table) }
            for note in card.notes { body += "<p>\(escaped(note))</p>\n" }
        }
        return """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Parley: scorecard</title></head>
            <body>
            \(body)</body>
            </html>

            """
    }

    private func html(_ table: Scorecard.Table) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<h3>\(escaped(table.title))</h3>\n<table>\n" + row(table.columns, "th")
            + table.rows.map { row($0, "td") }.joined() + "</table>\n"
    }

    private func escaped(_ text: String) -> String {
        text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"][$0] ?? String($0) }.joined()
    }
}
