import Formula
import Telephony

/// Values as JSON text, for the bodies of requests.
enum JSON {
    static func text(_ value: Value) -> String { json(value).description }

    /// Rows of a single column `Value` are plain values: that is how Power Fx holds a list of them.
    private static func json(_ value: Value) -> JSONValue {
        switch value.kind {
        case .record(let fields): .object(fields.map { JSONValue.Member($0.name, json($0.value)) })
        case .table(let rows): .array(rows.map { json(item($0)) })
        default: value.json(for: .declaredRequest)
        }
    }

    private static func item(_ row: Value) -> Value {
        guard case .record(let fields) = row.kind, fields.count == 1, fields[0].name == "Value" else { return row }
        return fields[0].value
    }
}
