import Foundation
import Records
import Telephony

/// A report as one file of HTML with its plots in SVG, without anything from elsewhere.
struct ReportPage {
    private let report: ServiceReport
    private let actionLimit: Int

    init(_ report: ServiceReport, actionLimit: Int) {
        self.report = report
        self.actionLimit = actionLimit
    }

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Calls \(escaped(ReportText.period(report)))</title>
        <style>
        :root { color-scheme: light dark; --ink: light-dark(#1d2433, #e6e9f0); --faint: light-dark(#67708a, #98a1b8);
          --line: light-dark(#dfe3ec, #343b4d); --paper: light-dark(#ffffff, #171b25); --card: light-dark(#f5f7fb, #1f2431);
          --contained: #2f9e6e; --escalated: #3b7dd8; --abandoned: #d98a2b; --failed: #c8453c; }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
          max-width: 64rem; padding: 0 1rem; }
        h1 { font-size: 1.5rem; margin: 0 0 .2rem } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem }
        p { color: var(--faint); margin: 0 0 1rem }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem }
        .card { background: var(--card); border-radius: .5rem; padding: .8rem 1rem }
        .card b { display: block; font-size: 1.6rem; font-weight: 600 } .card span { color: var(--faint) }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.2rem }
        table { border-collapse: collapse; width: 100% } th, td { text-align: right; padding: .3rem .6rem;
          border-bottom: 1px solid var(--line) } th:first-child, td:first-child { text-align: left }
        th { font-weight: 500; color: var(--faint) } svg { width: 100%; height: auto; display: block }
        svg text { font: 11px system-ui, sans-serif; fill: var(--faint) }
        .legend span::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 2px;
          margin: 0 .35em 0 .9em; background: var(--c) }
        </style></head><body>
        <h1>Calls</h1><p>\(escaped(ReportText.period(report)))</p>
        <div class="cards">\(cards)</div>
        <h2>Calls a day</h2>\(legend)\(days)
        \(distributions)
        <h2>Figures</h2>\(figures)
        \(actions)
        </body></html>
        """
    }

    private var cards: String {
        func card(_ name: String, _ value: String) -> String {
            "<div class=\"card\"><b>\(value)</b><span>\(name)</span></div>"
        }
        func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
        return card("calls", "\(report.calls)") + card("contained", percent(report.containment))
            + card("escalated", percent(report.escalation)) + card("abandoned", percent(report.abandonment))
            + card("failed", percent(report.share(report.failed)))
            + card("median handle time", report.handleTime.quantile(0.5).map { String(format: "%.0f s", $0) } ?? "–")
    }

    private static let outcomes = ["contained", "escalated", "abandoned", "failed"]

    private var legend: String {
        "<p class=\"legend\">"
            + ReportPage.outcomes.map { "<span style=\"--c:var(--\($0))\">\($0)</span>" }.joined() + "</p>"
    }

    /// Stacked bars, one a day.
    private var days: String {
        let width = 960.0
        let height = 180.0
        let most = Double(max(1, report.days.map(\.calls).max() ?? 1))
        let step = (width - 40) / Double(max(1, report.days.count))
        let bar = min(48, max(2, step * 0.7))
        var marks = axis(width, height, most)
        for (index, day) in report.days.enumerated() {
            let x = 40 + step * (Double(index) + 0.5) - bar / 2
            var y = height
            for (name, count) in zip(
                ReportPage.outcomes, [day.contained, day.escalated, day.abandoned, day.failed]) where count > 0
            {
                let length = Double(count) / most * (height - 14)
                y -= length
                marks +=
                    "<rect x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(bar))\" height=\"\(short(length))\""
                    + " fill=\"var(--\(name))\"><title>\(day.day): \(count) \(name)</title></rect>"
            }
            let every = max(1, report.days.count / 10)
            if index % every == 0 {
                marks +=
                    "<text x=\"\(short(x + bar / 2))\" y=\"\(short(height + 16))\" text-anchor=\"middle\">\(day.day.dropFirst(5))</text>"
            }
        }
        return
            "<svg viewBox=\"0 0 \(short(width)) \(short(height + 22))\" role=\"img\" aria-label=\"Calls a day\">\(marks)</svg>"
    }

    private func axis(_ width: Double, _ height: Double, _ most: Double) -> String {
        [0, 0.5, 1].map { share in
            let y = short(height - share * (height - 14))
            return "<line x1=\"36\" x2=\"\(short(width))\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"var(--line)\"/>"
                + "<text x=\"30\" y=\"\(short((Double(y) ?? 0) + 4))\" text-anchor=\"end\">\(short(most * share))</text>"
        }.joined()
    }

    private var distributions: String {
        let plots = [
            ("Handle time", "s", report.handleTime), ("Response latency", "s", report.responseLatency),
            ("Wait for hand-over", "s", report.wait), ("Requests", "s", report.requestLatency), ("MOS", "", report.mos),
            ("Jitter", "ms", report.jitter),
        ].filter { $0.2.count > 0 }
        guard !plots.isEmpty else { return "" }
        return "<h2>Distributions</h2><div class=\"plots\">"
            + plots.map { "<div>\($0.0)\(histogram($0.2, $0.1, label: $0.0))</div>" }.joined() + "</div>"
    }

    private func histogram(_ distribution: Distribution, _ unit: String, label: String) -> String {
        let width = 320.0
        let height = 90.0
        let values = distribution.all
        // What lies beyond the 99th percentile is in the last bar, or a single straggler flattens the plot.
        let low = min(values.first ?? 0, 0 < (values.first ?? 0) && label != "MOS" ? 0 : values.first ?? 0)
        let high = max(low + 1e-6, distribution.quantile(0.99) ?? 1)
        var bins = [Int](repeating: 0, count: 24)
        for value in values {
            let position = (value - low) / (high - low) * 24
            bins[min(23, max(0, Int(position)))] += 1
        }
        let most = Double(max(1, bins.max() ?? 1))
        let bar = width / 24
        var marks =
            "<line x1=\"0\" x2=\"\(short(width))\" y1=\"\(short(height))\" y2=\"\(short(height))\" stroke=\"var(--line)\"/>"
        for (index, count) in bins.enumerated() where count > 0 {
            let length = Double(count) / most * (height - 4)
            marks +=
                "<rect x=\"\(short(Double(index) * bar + 0.5))\" y=\"\(short(height - length))\" width=\"\(short(bar - 1))\" height=\"\(short(length))\" fill=\"var(--escalated)\"><title>\(count)</title></rect>"
        }
        let median = distribution.quantile(0.5) ?? low
        marks += "<text x=\"0\" y=\"\(short(height + 15))\">\(figure(low)) \(unit)</text>"
        marks +=
            "<text x=\"\(short(width / 2))\" y=\"\(short(height + 15))\" text-anchor=\"middle\">median \(figure(median)) \(unit)</text>"
        marks +=
            "<text x=\"\(short(width))\" y=\"\(short(height + 15))\" text-anchor=\"end\">\(figure(high)) \(unit)</text>"
        return
            "<svg viewBox=\"0 0 \(short(width)) \(short(height + 20))\" role=\"img\" aria-label=\"\(label)\">\(marks)</svg>"
    }

    private var figures: String {
        var rows = ""
        for row in ReportTable.rows(report) {
            rows += "<tr><td>\(escaped(row.section)): \(escaped(row.name))</td><td>\(escaped(row.shown))</td></tr>"
        }
        return "<table>\(rows)</table>"
    }

    private var actions: String {
        let actions = ReportText.worthShowing(report, actionLimit)
        guard !actions.isEmpty else { return "" }
        var rows =
            "<tr><th>action</th><th>reached</th><th>dropped off</th><th></th><th>no input</th><th>no match</th></tr>"
        for action in actions {
            let length = short(action.dropOff * 100)
            rows +=
                "<tr><td>\(escaped(action.topic))/\(escaped(action.action))</td><td>\(action.reached)</td>"
                + "<td>\(action.droppedOff) (\(Int((action.dropOff * 100).rounded())) %)</td>"
                + "<td><svg viewBox=\"0 0 100 10\" style=\"width:6rem\"><rect width=\"100\" height=\"10\" fill=\"var(--line)\"/>"
                + "<rect width=\"\(length)\" height=\"10\" fill=\"var(--abandoned)\"/></svg></td>"
                + "<td>\(action.noInput)</td><td>\(action.noMatch)</td></tr>"
        }
        return "<h2>Actions</h2><p>Where callers hung up, were silent or were not understood.</p><table>\(rows)</table>"
    }

    /// A number for SVG: short, and the same on every machine.
    private func short(_ value: Double) -> String {
        let text = String(format: "%.1f", value)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func figure(_ value: Double) -> String { String(format: abs(value) < 10 ? "%.2f" : "%.0f", value) }

    private func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
            .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
