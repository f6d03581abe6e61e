import ArgumentParser
import Foundation
import Records
import Telephony

/// What became of the calls of a period.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report on the calls of a period: containment, drop-off, waits, latency, media quality.",
        discussion: """
            Shares are of answered calls. Contained: ended in the dialog with the concern settled. Drop-off: the caller hung \
            up at that action. Latency: from the caller's last key or word to the first sample of the answer.

            EXAMPLES:
              parley report --store parley.sqlite --since 2026-03-01 --until 2026-04-01
              parley report --store parley.sqlite --format html --output march.html
              parley report --store parley.sqlite --format csv | column -s, -t
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json, html }

    @Option(
        help: ArgumentHelp("The SQLite file with the contexts, or postgresql://USER@HOST/NAME.", valueName: "store"))
    var store: String

    @OptionGroup var filters: ContextsCommand.FilterOptions

    @Option(help: "The form: text, csv, json or html.")
    var format = Format.text

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String?

    @Option(help: "In text and HTML, so many actions at most, those with the most drop-off first.")
    var actions = 20

    func run() throws {
        let store = try StoreAddress.open(store, creates: false)
        let filter = try filters.filter(limit: nil)
        var builder = ServiceReport.Builder(since: filter.since, until: filter.until)
        let contexts = try store.contexts(filter)
        for context in contexts {
            builder.add(CallRecord(context: context, events: try store.events(of: context.call)))
        }
        let report = builder.finish()
        try store.note(.report, [], "\(report.calls) calls: \(filters.summary)")
        let text =
            switch format {
            case .text: ReportText(report, actionLimit: actions).text
            case .csv: ReportTable.csv(report)
            case .json: try JSONLines().line(report)
            case .html: ReportPage(report, actionLimit: actions).html
            }
        guard let output else {
            Terminal.print(text)
            return
        }
        do {
            try Data((text + "\n").utf8).write(to: URL(filePath: output), options: .atomic)
        } catch {
            throw CommandError(description: "\(output): cannot be written: \(error.localizedDescription)")
        }
    }
}

/// The figures of a report that have a name and a value, in their order: the same in every form.
enum ReportTable {
    struct Row {
        var section: String
        var name: String
        /// For machines.
        var value: String
        /// For people.
        var shown: String
    }

    static func rows(_ report: ServiceReport) -> [Row] {
        var rows = [
            count("calls", "calls", report.calls), count("calls", "answered", report.answered),
            share("outcome", "contained", report.contained, report),
            share("outcome", "escalated", report.escalated, report),
            share("outcome", "abandoned", report.abandoned, report),
            share("outcome", "failed", report.failed, report),
        ]
        rows += distribution("handle time", "s", report.handleTime, "%.1f")
        rows += distribution("wait for hand-over", "s", report.wait, "%.1f")
        rows += distribution("response latency", "s", report.responseLatency, "%.2f")
        rows += distribution("request latency", "s", report.requestLatency, "%.2f")
        rows.append(count("request latency", "failed requests", report.failedRequests))
        rows += report.transfers.map { count("transfers", $0.name, $0.count) }
        rows += distribution("MOS", "", report.mos, "%.2f", lowIsBad: true)
        rows += distribution("packet loss", "", report.loss, "%.4f")
        rows += distribution("jitter", "ms", report.jitter, "%.1f")
        return rows
    }

    private static func count(_ section: String, _ name: String, _ value: Int) -> Row {
        Row(section: section, name: name, value: "\(value)", shown: "\(value)")
    }

    private static func share(_ section: String, _ name: String, _ value: Int, _ report: ServiceReport) -> Row {
        Row(
            section: section, name: name, value: "\(value)",
            shown: "\(value)  " + String(format: "(%.1f %%)", report.share(value) * 100))
    }

    private static func distribution(
        _ section: String, _ unit: String, _ distribution: Distribution, _ format: String, lowIsBad: Bool = false
    ) -> [Row] {
        guard let mean = distribution.mean else { return [] }
        let tail = lowIsBad ? ("p05", 0.05) : ("p95", 0.95)
        let values = [("mean", mean), ("median", distribution.quantile(0.5)), (tail.0, distribution.quantile(tail.1))]
        return values.compactMap { name, value in
            guard let value else { return nil }
            let text = String(format: format, value)
            return Row(section: section, name: name, value: text, shown: unit.isEmpty ? text : "\(text) \(unit)")
        }
    }

    /// The figures, and after them every action, as one table of CSV.
    static func csv(_ report: ServiceReport) -> String {
        var lines = ["section,name,value"]
        lines += rows(report).map { "\(field($0.section)),\(field($0.name)),\($0.value)" }
        for action in report.actions {
            let name = field("\(action.topic)/\(action.action)")
            for (what, value) in [
                ("reached", action.reached), ("dropped off", action.droppedOff), ("no input", action.noInput),
                ("no match", action.noMatch),
            ] {
                lines.append("action: \(what),\(name),\(value)")
            }
        }
        for day in report.days { lines.append("day: calls,\(day.day),\(day.calls)") }
        return lines.joined(separator: "\n")
    }

    private static func field(_ text: String) -> String { ContextTable.field(text) }
}

/// A report for a terminal.
struct ReportText {
    let text: String

    init(_ report: ServiceReport, actionLimit: Int) {
        var lines = ["Calls \(ReportText.period(report))"]
        var section = ""
        for row in ReportTable.rows(report) {
            if row.section != section {
                lines += ["", row.section]
                section = row.section
            }
            lines.append("  \(row.name.padding(toLength: 16, withPad: " ", startingAt: 0))  \(row.shown)")
        }
        let actions = ReportText.worthShowing(report, actionLimit)
        if !actions.isEmpty {
            lines += ["", "actions                                   reached  dropped off  no input  no match"]
            for action in actions {
                let name = "\(action.topic)/\(action.action)".padding(toLength: 40, withPad: " ", startingAt: 0)
                lines.append(
                    "  \(name)"
                        + String(
                            format: "%7d  %5d %4.0f %%  %8d  %8d", action.reached, action.droppedOff,
                            action.dropOff * 100, action.noInput, action.noMatch))
            }
        }
        text = lines.joined(separator: "\n")
    }

    static func period(_ report: ServiceReport) -> String {
        let since = report.since?.description ?? report.days.first?.day
        let until = report.until?.description ?? report.days.last?.day
        return [since.map { "from \($0)" }, until.map { "to \($0)" }].compactMap { $0 }.joined(separator: " ")
    }

    /// Questions, and whatever else callers hang up at.
    static func worthShowing(_ report: ServiceReport, _ limit: Int) -> [ServiceReport.Action] {
        Array(report.actions.filter { $0.inputs > 0 || $0.droppedOff > 0 }.prefix(limit))
    }
}
