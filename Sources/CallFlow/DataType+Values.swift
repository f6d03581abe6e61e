package import Formula
import Telephony

// Values made to fit a declared type.

extension DataType {
    /// The value as one of this type; `nil` when it cannot be one. Blank fits every type.
    ///
    /// Text that is meant to be a record or table is read as JSON.
    package func value(of value: Value, in scope: some FormulaScope, depth: Int = 0) -> Value? {
        if value.isBlank || self == .any { return value }
        guard value.error == nil, depth < 32 else { return nil }
        switch self {
        case .any, .blank: return self == .any ? value : .blank
        case .boolean, .number, .string, .time, .date, .dateTime, .dateTimeNoTimeZone:
            return converted(value, in: scope)
        case .record(let properties):
            let parsed = DataType.parsed(value)
            guard let fields = DataType.fields(parsed) else { return nil }
            return DataType.record(fields, properties, isSensitive: value.isSensitive, in: scope, depth: depth)
        case .table(let properties):
            guard let rows = DataType.rows(DataType.parsed(value)) else { return nil }
            var result: [Value] = []
            for row in rows {
                guard let fields = DataType.fields(row),
                    let record = DataType.record(fields, properties, isSensitive: false, in: scope, depth: depth)
                else { return nil }
                result.append(record)
            }
            return Value(.table(result), isSensitive: value.isSensitive)
        }
    }

    /// A single value, by the conversion of Power Fx.
    private func converted(_ value: Value, in scope: some FormulaScope) -> Value? {
        let formula: String
        switch self {
        case .boolean: formula = "Boolean(Input.Value)"
        case .number: formula = "Value(Input.Value)"
        case .string: formula = "Text(Input.Value)"
        case .time: formula = "TimeValue(Input.Value)"
        case .date: formula = "DateValue(Input.Value)"
        default: formula = "DateTimeValue(Input.Value)"
        }
        switch (self, value.kind) {
        case (.boolean, .boolean), (.number, .number), (.string, .text), (.date, .date), (.time, .time),
            (.dateTime, .dateTime), (.number, .decimal),
            (.dateTimeNoTimeZone, .dateTime):
            return value
        case (.string, .boolean(let boolean)):
            return Value(.text(boolean ? "true" : "false"), isSensitive: value.isSensitive)
        default: break
        }
        guard let expression = try? Expression(formula) else { return nil }
        let result = expression.evaluate(in: InputScope(input: value, outer: scope))
        return result.error == nil ? result.marked(sensitive: value.isSensitive) : nil
    }

    private static func parsed(_ value: Value) -> Value {
        guard case .text(let text) = value.kind else { return value }
        return Value.parsed(json: text).marked(sensitive: value.isSensitive)
    }

    private static func fields(_ value: Value) -> [Value.Field]? {
        guard case .record(let fields) = value.kind else { return nil }
        return fields
    }

    private static func rows(_ value: Value) -> [Value]? {
        switch value.kind {
        case .table(let rows): rows
        case .record: [value]
        default: nil
        }
    }

    /// A record with the declared members in their order; members that are not declared stay behind them.
    private static func record(
        _ fields: [Value.Field], _ properties: [Property], isSensitive: Bool, in scope: some FormulaScope, depth: Int
    ) -> Value? {
        var result: [Value.Field] = []
        for property in properties {
            let field = fields.first { $0.name == property.name }
            guard let value = property.type.value(of: field?.value ?? .blank, in: scope, depth: depth + 1) else {
                return nil
            }
            result.append(Value.Field(property.name, value.marked(sensitive: property.isSensitive)))
        }
        for field in fields where !properties.contains(where: { $0.name == field.name }) { result.append(field) }
        return Value(.record(result), isSensitive: isSensitive)
    }
}

/// The scope of a conversion: `Input.Value` and nothing else.
private struct InputScope<Outer: FormulaScope>: FormulaScope {
    let input: Value
    let outer: Outer
    var now: WallTime { outer.now }
    var timeZone: String { outer.timeZone }
    func value(of path: [String]) -> Value? { path == ["Input", "Value"] ? input : nil }
}
