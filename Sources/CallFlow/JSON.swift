import Formula
import Telephony

/// Values as JSON text, for the bodies of requests.
enum JSON {
    static func text(_ value: Value) -> String {
        switch value.kind {
        case .blank, .error: "null"
        case .boolean(let boolean): boolean ? "true" : "false"
        case .number, .decimal: value.text(for: .declaredRequest)
        case .record(let fields):
            "{" + fields.map { "\(quoted($0.name)):\(text($0.value))" }.joined(separator: ",") + "}"
        case .table(let rows): "[" + rows.map { text(item($0)) }.joined(separator: ",") + "]"
        default: quoted(value.text(for: .declaredRequest))
        }
    }

    /// A row of a single column `Value` is the value: that is how Power Fx holds a list of plain values.
    private static func item(_ row: Value) -> Value {
        guard case .record(let fields) = row.kind, fields.count == 1, fields[0].name == "Value" else { return row }
        return fields[0].value
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
