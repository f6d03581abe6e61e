import ArgumentParser
import CAllocationCounter
import Foundation
import Formula
import Telephony

/// What a formula of a dialog costs: parsed once, evaluated for each call.
struct FormulaBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formula", abstract: "Measure the evaluation of formulas: time and heap allocations each.")

    @Option(help: "Evaluations of each formula.") var rounds = 200_000

    private static let formulas = [
        "Topic.Count > 2", "Topic.Service = \"outage\"", "Topic.LookUpStatus <> 200", "Topic.Count + 1",
        "If(Topic.Count > 2 && Not(IsBlank(Topic.Name)), \"many\", \"few\")", "Global.Score >= 1 && Global.Score <= 5",
        "\"Hello \" & Topic.Name & \", you have \" & Topic.Count & \" messages\"", "Left(Topic.Name, 2)",
        "Weekday(Now()) > 1 && Weekday(Now()) < 7 && Hour(Now()) >= 8 && Hour(Now()) < 18", "Topic.Outage.known",
        "Text(Topic.Amount, \"$#,##0.00\")", "IsMatch(Topic.Zip, \"^\\d{5}$\")",
        "Switch(Topic.Service, \"a\", 1, \"outage\", 2, 3)",
        "CountIf(Topic.Rows, price > 10)",
    ]

    /// Variables behind a look-up as cheap as a session's.
    private struct Variables: FormulaScope {
        let topic: [String: Value]
        let now = WallTime(millisecondsSince1970: 1_772_443_800_000)
        let timeZone = "America/Chicago"
        func value(of path: [String]) -> Value? {
            guard path.count > 1, let value = topic[path[1]] else { return nil }
            return path.dropFirst(2).reduce(value) { $0?.member($1) }
        }
    }

    func run() throws {
        let rows = (0..<10).map { Value.record([Value.Field("price", .number(Double($0) * 3))]) }
        let scope = Variables(topic: [
            "Count": .number(3), "Service": .text("outage"), "LookUpStatus": .number(200), "Name": .text("Ann"),
            "Score": .number(4), "Outage": .record([Value.Field("known", .boolean(true))]), "Amount": .number(1234.5),
            "Zip": .text("60601"), "Rows": .table(rows),
        ])
        var total = 0.0
        for source in FormulaBenchmark.formulas {
            let expression = try Formula.Expression(source)
            let count = rounds
            var errors = 0
            for _ in 0..<1_000 where expression.evaluate(in: scope).error != nil { errors += 1 }
            let allocations = parley_allocation_count()
            let begin = ContinuousClock.now
            for _ in 0..<count where expression.evaluate(in: scope).error != nil { errors += 1 }
            let nanoseconds = Double((ContinuousClock.now - begin) / .nanoseconds(1)) / Double(count)
            let each = Double(parley_allocation_count() - allocations) / Double(count)
            total += nanoseconds
            print(
                String(format: "%8.0f ns %6.1f allocations  ", nanoseconds, each) + source
                    + (errors > 0 ? "  (an error)" : ""))
        }
        print(String(format: "%8.0f ns on average", total / Double(FormulaBenchmark.formulas.count)))
    }
}
