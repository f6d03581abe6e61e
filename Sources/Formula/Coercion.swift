/// The conversions that Power Fx makes by itself.
enum Coercion {
    /// The text of a value; `nil` for records, tables and errors.
    static func text(_ kind: Value.Kind, _ language: Language = .english) -> String? {
        switch kind {
        case .blank: ""
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): language.localized(number: NumberText.text(value))
        case .decimal(let value): language.localized(number: value.description)
        case .text(let value): value
        case .date(let day): DateText.short(day, .date, language)
        case .time(let milliseconds):
            DateText.short(
                LocalTime(milliseconds: milliseconds.flooredRemainder(LocalTime.millisecondsPerDay)), .time, language)
        case .dateTime(let time): DateText.short(time, .dateTime, language)
        case .guid(let value): value
        case .color(let value): Color.text(value)
        case .choice(_, let displayName): displayName
        case .untyped(.null): ""
        case .untyped(.boolean(let value)): value ? "true" : "false"
        case .untyped(.number(let digits)): Decimal96(digits)?.description ?? Double(digits).map(NumberText.text)
        case .untyped(.text(let value)): value
        case .untyped, .record, .table, .error: nil
        }
    }

    /// A number from text as people of a language write it; blank for empty text, `nil` for what is no number.
    static func number(_ text: String, _ language: Language = .english, float: Bool = false) -> Value? {
        guard !text.isEmpty else { return .blank }
        guard let plain = language.plainNumber(text) else { return nil }
        var value: Value?
        if !float, let decimal = Decimal96(plain.digits) {
            value = .decimal(decimal)
        } else if let number = Double(plain.digits), number.isFinite {
            value = .number(number)
        }
        guard plain.isPercent, let whole = value else { return value }
        if case .decimal(let decimal) = whole.kind, let hundredth = Decimal96("0.01") {
            return decimal.multiplied(by: hundredth).map { .decimal($0) }
        }
        if case .number(let number) = whole.kind { return .number(number / 100) }
        return nil
    }

    /// A number, decimal unless it is one already; blank stays blank; `nil` when there is none.
    static func number(_ kind: Value.Kind, _ language: Language = .english, float: Bool = false) -> Value? {
        switch kind {
        case .blank, .untyped(.null): return .blank
        case .number, .decimal: return Value(kind)
        case .boolean(let value): return whole(value ? 1 : 0, float)
        case .text(let text): return number(text, language, float: float)
        case .date(let time), .dateTime(let time): return days(time.milliseconds, float)
        case .time(let milliseconds): return days(milliseconds, float)
        case .untyped(.number(let digits)): return number(digits, .english, float: float)
        case .untyped(.boolean(let value)): return whole(value ? 1 : 0, float)
        case .untyped(.text(let text)): return number(text, .english, float: float)
        case .choice(let id, _): return number(id, .english, float: float)
        case .guid, .color, .untyped, .record, .table, .error: return nil
        }
    }

    private static func whole(_ value: Int, _ float: Bool) -> Value { float ? .number(Double(value)) : .whole(value) }

    /// Milliseconds as days.
    static func days(_ milliseconds: Int64, _ float: Bool) -> Value {
        let day = LocalTime.millisecondsPerDay
        if !float, milliseconds % day == 0 { return .whole(Int(milliseconds / day)) }
        let days = Double(milliseconds) / Double(day)
        if !float, let decimal = Decimal96(days) { return .decimal(decimal) }
        return .number(days)
    }

    /// True or false; blank stays blank; `nil` when it is neither.
    static func boolean(_ kind: Value.Kind) -> Value? {
        switch kind {
        case .blank, .untyped(.null): return .blank
        case .boolean: return Value(kind)
        case .number(let value): return .boolean(value != 0)
        case .decimal(let value): return .boolean(!value.isZero)
        case .text(let text), .untyped(.text(let text)):
            switch text.lowercased() {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            case "": return .blank
            default: return nil
            }
        case .untyped(.boolean(let value)): return .boolean(value)
        case .untyped(.number(let digits)): return .boolean(Double(digits) != 0)
        default: return nil
        }
    }

    /// What a value is as a date or time.
    enum Reading {
        case blank
        case moment(LocalTime)
        case invalid

        init(_ time: LocalTime?) { self = time.map { $0.isInRange ? .moment($0) : .invalid } ?? .invalid }
        var moment: LocalTime? { if case .moment(let time) = self { time } else { nil } }
    }

    /// A moment from a value.
    static func moment(_ kind: Value.Kind, _ language: Language = .english, zone: Zone) -> Reading {
        switch kind {
        case .blank, .untyped(.null): return .blank
        case .date(let time), .dateTime(let time): return .moment(time)
        case .time(let milliseconds): return .moment(LocalTime(milliseconds: milliseconds))
        case .number(let days): return Reading(LocalTime(days: days))
        case .decimal(let days): return Reading(LocalTime(days: days.double))
        case .text(let text):
            return text.isEmpty ? .blank : Reading(DateReader.moment(text, language, zone: zone))
        case .untyped(.text(let text)): return Reading(DateReader.iso(text, zone: zone))
        case .untyped(.number(let digits)): return Reading(Double(digits).flatMap { LocalTime(days: $0) })
        default: return .invalid
        }
    }
}

/// A number of one of the two kinds, for computing.
enum Number {
    case float(Double)
    case decimal(Decimal96)

    init?(_ kind: Value.Kind) {
        switch kind {
        case .number(let value): self = .float(value)
        case .decimal(let value): self = .decimal(value)
        case .blank: self = .decimal(.zero)
        default: return nil
        }
    }

    var double: Double {
        switch self {
        case .float(let value): value
        case .decimal(let value): value.double
        }
    }

    var value: Value {
        switch self {
        case .float(let value): value.isFinite ? .number(value) : .error(.numeric, "the number is too large")
        case .decimal(let value): .decimal(value)
        }
    }

    /// Without its fraction; `nil` when it is too large for any use.
    var int: Int? {
        switch self {
        case .float(let value):
            value.isFinite && abs(value) < 9e15 ? Int(value) : nil
        case .decimal(let value): value.int
        }
    }

    var isZero: Bool {
        switch self {
        case .float(let value): value == 0
        case .decimal(let value): value.isZero
        }
    }

    static func isLess(_ a: Number, _ b: Number) -> Bool {
        if case .decimal(let x) = a, case .decimal(let y) = b { return x < y }
        return a.double < b.double
    }

    static func isEqual(_ a: Number, _ b: Number) -> Bool {
        if case .decimal(let x) = a, case .decimal(let y) = b { return x == y }
        return a.double == b.double
    }

    /// Both of the kind that keeps more: a decimal with a float is a float.
    private static func compute(
        _ a: Number, _ b: Number, _ decimal: (Decimal96, Decimal96) -> Decimal96?, _ float: (Double, Double) -> Double
    ) -> Value {
        if case .decimal(let x) = a, case .decimal(let y) = b {
            guard let result = decimal(x, y) else { return .error(.numeric, "the result is too large") }
            return .decimal(result)
        }
        let result = float(a.double, b.double)
        return result.isFinite ? .number(result) : .error(.numeric, "the result is too large")
    }

    static func add(_ a: Number, _ b: Number) -> Value { compute(a, b, { $0.adding($1) }, +) }
    static func subtract(_ a: Number, _ b: Number) -> Value { compute(a, b, { $0.subtracting($1) }, -) }
    static func multiply(_ a: Number, _ b: Number) -> Value { compute(a, b, { $0.multiplied(by: $1) }, *) }
    static func divide(_ a: Number, _ b: Number) -> Value {
        guard !b.isZero else { return .error(.div0, "a division by zero") }
        return compute(a, b, { $0.divided(by: $1) }, /)
    }
}
