public import Telephony

extension Value {
    /// A value from JSON text: objects are records with their members in alphabetical order, arrays are tables of
    /// records with `Value` where their items are no objects. Text that is no JSON stays text; empty text is blank.
    public static func parsed(json text: String) -> Value {
        guard !text.isEmpty else { return .blank }
        guard text.utf8.count <= 1 << 20, let json = try? JSONValue(text) else { return .text(text) }
        return Value(json: json)
    }

    /// A typed value from JSON: numbers are binary floating-point.
    public init(json: JSONValue) {
        switch json {
        case .null: self = .blank
        case .boolean(let value): self = .boolean(value)
        case .number(let digits):
            let number = Double(digits) ?? 0
            self = number.isFinite ? .number(number) : .error(.numeric, "the number \(digits) is too large")
        case .text(let text): self = .text(text)
        case .array(let items): self = .table(items.map { Value(json: $0).asRow })
        case .object(let members):
            var fields: [Field] = []
            for member in members.sorted(by: { $0.name < $1.name }) {
                let value = Value(json: member.value)
                if fields.last?.name == member.name { fields.removeLast() }
                fields.append(Field(member.name, value))
            }
            self = .record(fields)
        }
    }
}

extension Value {
    /// The value as JSON, whatever its sensitivity: records as objects in the order of their fields, dates as
    /// `2026-03-02`, dates and times as `2026-03-02T09:30:00.000` on the caller's clock, errors and blanks as null.
    public func json(for purpose: DisclosurePurpose) -> JSONValue {
        switch kind {
        case .blank, .error: return .null
        case .boolean(let value): return .boolean(value)
        case .number(let value): return .number(NumberText.text(value))
        case .decimal(let value): return .number(value.description)
        case .date(let day): return .text(DateText.iso(day))
        case .dateTime(let time): return .text(DateText.iso(time) + "T" + DateText.isoClock(time))
        case .time(let milliseconds):
            return .text(
                DateText.isoClock(
                    LocalTime(milliseconds: milliseconds.flooredRemainder(LocalTime.millisecondsPerDay))))
        case .text, .guid, .color, .choice: return .text(text(for: purpose))
        case .untyped(let value): return value
        case .record(let fields):
            return .object(fields.map { JSONValue.Member($0.name, $0.value.json(for: purpose)) })
        case .table(let rows): return .array(rows.map { $0.json(for: purpose) })
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// The JSON text, without white space.
    public var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .text(let text): JSONWriter.quoted(text)
        case .array(let items): "[" + items.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(JSONWriter.quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
        }
    }
}
