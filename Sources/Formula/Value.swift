public import Telephony

/// A value of Power Fx, with its sensitivity.
///
/// Whatever is computed from a sensitive value is sensitive. A sensitive value shows nowhere: its description, its
/// reflection and its Power Fx form are ``Telephony/redactionPlaceholder``.
public struct Value: Sendable, Hashable {
    /// What a value can be.
    public enum Kind: Sendable, Hashable {
        /// Nothing.
        case blank
        /// True or false.
        case boolean(Bool)
        /// A binary floating-point number: Power Fx's Float. Never infinite, never not a number.
        case number(Double)
        /// A decimal number: what a literal such as `1.5` is.
        case decimal(Decimal96)
        /// Text; positions in it count UTF-16 code units.
        case text(String)
        /// A day. A time of day that it carries from arithmetic is not shown.
        case date(LocalTime)
        /// A time of day, or a span of time: milliseconds. Shown within 24 hours.
        case time(milliseconds: Int64)
        /// A day and a time on the caller's calendar and clock.
        case dateTime(LocalTime)
        /// 32 hexadecimal digits in five groups, in lower case.
        case guid(String)
        /// A colour: red, green, blue, opacity, a byte each from the highest.
        case color(UInt32)
        /// A value of JSON whose type is not known until it is converted.
        case untyped(JSONValue)
        /// Named values.
        case record([Field])
        /// Rows: records, blanks and errors.
        case table([Value])
        /// An item of a closed list: its identifier and the name it is shown by.
        case choice(id: String, displayName: String)
        /// Why there is no value.
        case error(FormulaError)
    }

    /// A named member of a record.
    public struct Field: Sendable, Hashable {
        /// The field's name.
        public var name: String
        /// The field's value.
        public var value: Value
        /// A field of a name and a value.
        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// What it is.
    public var kind: Kind
    /// It is a secret, or was computed from one.
    public var isSensitive: Bool

    /// A value of a kind.
    public init(_ kind: Kind, isSensitive: Bool = false) {
        self.kind = kind
        self.isSensitive = isSensitive
    }

    /// Nothing.
    public static let blank = Value(.blank)
    /// True or false.
    public static func boolean(_ value: Bool) -> Value { Value(.boolean(value)) }
    /// A binary floating-point number.
    public static func number(_ value: Double) -> Value { Value(.number(value)) }
    /// A decimal number.
    public static func decimal(_ value: Decimal96) -> Value { Value(.decimal(value)) }
    /// A whole number, as a decimal.
    public static func whole(_ value: Int) -> Value { Value(.decimal(Decimal96(value))) }
    /// A text.
    public static func text(_ value: String) -> Value { Value(.text(value)) }
    /// A record of fields.
    public static func record(_ fields: [Field]) -> Value { Value(.record(fields)) }
    /// A table of rows.
    public static func table(_ rows: [Value]) -> Value { Value(.table(rows)) }
    /// An error of a kind, with a sentence.
    public static func error(_ kind: FormulaError.Kind, _ message: String) -> Value {
        Value(.error(FormulaError(kind, message)))
    }
    static func error(_ error: FormulaError) -> Value { Value(.error(error)) }

    /// The same value, sensitive if it or `other` is.
    public func marked(sensitive: Bool) -> Value {
        sensitive && !isSensitive ? Value(kind, isSensitive: true) : self
    }

    /// It is nothing, or the null of JSON.
    public var isBlank: Bool {
        switch kind {
        case .blank, .untyped(.null): true
        default: false
        }
    }
    /// The error that it is, if it is one.
    public var error: FormulaError? { if case .error(let error) = kind { error } else { nil } }

    /// It, or something within it, is sensitive.
    public var hasSensitivePart: Bool {
        if isSensitive { return true }
        switch kind {
        case .record(let fields): return fields.contains { $0.value.hasSensitivePart }
        case .table(let rows): return rows.contains { $0.hasSensitivePart }
        default: return false
        }
    }

    /// A member of a record, by its name; `nil` when there is none.
    public func member(_ name: String) -> Value? {
        switch kind {
        case .record(let fields):
            for field in fields where field.name == name { return field.value.marked(sensitive: isSensitive) }
            return nil
        case .untyped(.object(let members)):
            guard let member = members.last(where: { $0.name == name }) else { return .blank }
            return Value(.untyped(member.value), isSensitive: isSensitive)
        case .choice(let id, let displayName):
            switch name {
            case "Value", "id": return Value.text(id).marked(sensitive: isSensitive)
            case "DisplayName", "displayName": return Value.text(displayName).marked(sensitive: isSensitive)
            default: return nil
            }
        default: return nil
        }
    }

    /// The text that the value has in a message, whatever its sensitivity; for those who may know it.
    public func text(for purpose: DisclosurePurpose) -> String { Coercion.text(kind) ?? "" }

    /// The value as Power Fx writes it, ``Telephony/redactionPlaceholder`` when it is sensitive.
    public var powerFx: String { isSensitive ? redactionPlaceholder : kind.powerFx }

    /// The value's Power Fx form with its sensitivity, for events.
    public var disclosable: DisclosableText { DisclosableText(kind.powerFx, isSensitive: hasSensitivePart) }
}

extension Value: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { powerFx }
    /// The Power Fx form, which keeps secrets.
    public var debugDescription: String { powerFx }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Value {
    /// The value as a row of a table: records, blanks and errors as they are, anything else in a column `Value`.
    var asRow: Value {
        switch kind {
        case .record: self
        default: .record([Field("Value", self)])
        }
    }

    /// The moment that a date or a date and time is; `nil` for anything else.
    public var localTime: LocalTime? {
        switch kind {
        case .date(let time), .dateTime(let time): time
        default: nil
        }
    }
}
