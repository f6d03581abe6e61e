import Formula
import Telephony

extension FuzzCases {
    /// A formula: read, checked, evaluated within a budget, its value written; then the same octets as a template, as
    /// text with formulas, and as JSON.
    static func formula(_ bytes: Span<UInt8>) {
        guard bytes.count > 1 else { return }
        let source = bytes.withUnsafeBufferPointer { String(decoding: $0.dropFirst(), as: UTF8.self) }
        var options = Expression.Options()
        options.numberIsFloat = bytes[0] & 1 == 1
        options.isTextFirst = bytes[0] & 2 == 2
        let scope = FuzzVariables()
        if let expression = try? Expression(source, options: options) {
            _ = expression.check(types: scope)
            let value = expression.evaluate(
                in: scope, budget: EvaluationBudget(steps: 20_000, depth: 200, octets: 4 << 20))
            _ = value.powerFx
            _ = value.json(for: .dialog).description.utf8.count
        }
        if let template = try? Template(source) {
            _ = template.check(types: scope)
            _ = template.evaluate(in: scope, budget: EvaluationBudget(steps: 5_000, depth: 200, octets: 1 << 20))
        }
        if let json = try? JSONValue(source) { _ = Value(json: json).powerFx }
    }
}

/// A few variables of every type.
private struct FuzzVariables: FormulaScope, FormulaTypes {
    let now = WallTime(millisecondsSince1970: 1_772_443_800_000)
    let timeZone = "America/New_York"

    func value(of path: [String]) -> Value? {
        switch path.last {
        case "n": .number(-2.5)
        case "t": .text("Ann 4711")
        case "b": .blank
        case "d": Value(.date(LocalTime(milliseconds: 4_000_000_000_000)))
        case "r": .record([Value.Field("x", .number(1)), Value.Field("y", Value(.text("s"), isSensitive: true))])
        case "s": .table([.record([Value.Field("x", .number(1))]), .blank, .record([Value.Field("x", .number(3))])])
        case "j": .text("[1,{\"a\":null}]")
        default: nil
        }
    }

    func type(of path: [String]) -> FormulaType? {
        switch path.last {
        case "n": .number
        case "t": .text
        case "d": .date
        case "s": .table(of: [FormulaType.Column("x", .number)])
        case "b", "r", "j": .unknown
        default: nil
        }
    }
}
