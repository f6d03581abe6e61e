import Telephony

/// The conversions that Power Fx makes by itself.
enum Coercion {
    /// A number as Power Fx shows it: without a fraction when it has none.
    static func text(_ number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return String(number)
    }

    static func text(_ kind: Value.Kind) -> String? {
        switch kind {
        case .blank: ""
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): text(value)
        case .text(let value): value
        case .dateTime(let time): time.description
        case .choice(_, let displayName): displayName
        case .record, .table, .error: nil
        }
    }

    static func number(_ kind: Value.Kind) -> Double? {
        switch kind {
        case .blank: return 0
        case .boolean(let value): return value ? 1 : 0
        case .number(let value): return value
        case .text(let value):
            let trimmed = value.filter { $0 != " " && $0 != "," }
            guard let number = Double(trimmed), number.isFinite else { return nil }
            return number
        case .dateTime(let time): return Double(time.millisecondsSince1970) / 86_400_000
        case .record, .table, .choice, .error: return nil
        }
    }

    static func boolean(_ kind: Value.Kind) -> Bool? {
        switch kind {
        case .blank: false
        case .boolean(let value): value
        case .number(let value): value != 0
        case .text(let value):
            switch value.lowercased() {
            case "true": true
            case "false": false
            default: nil
            }
        default: nil
        }
    }
}
