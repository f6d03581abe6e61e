public import Telephony

/// A value of Power Fx, with its sensitivity.
///
/// Whatever is computed from a sensitive value is sensitive. A sensitive value shows nowhere: its description, its
/// reflection and its Power Fx form are ``Telephony/redactionPlaceholder``.
public struct Value: Sendable, Hashable {
    /// What a value can be.
    public indirect enum Kind: Sendable, Hashable {
        case blank
        case boolean(Bool)
        case number(Double)
        case text(String)
        /// A moment, in wall time.
        case dateTime(WallTime)
        case record([Field])
        case table([Value])
        /// An item of a closed list: its identifier and the name it is shown by.
        case choice(id: String, displayName: String)
        case error(FormulaError)
    }

    /// A named member of a record.
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: Value
        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    public var kind: Kind
    public var isSensitive: Bool

    public init(_ kind: Kind, isSensitive: Bool = false) {
        self.kind = kind
        self.isSensitive = isSensitive
    }

    public static let blank = Value(.blank)
    public static func boolean(_ value: Bool) -> Value { Value(.boolean(value)) }
    public static func number(_ value: Double) -> Value { Value(.number(value)) }
    public static func text(_ value: String) -> Value { Value(.text(value)) }
    public static func record(_ fields: [Field]) -> Value { Value(.record(fields)) }
    public static func table(_ rows: [Value]) -> Value { Value(.table(rows)) }
    public static func error(_ kind: FormulaError.Kind, _ message: String) -> Value {
        Value(.error(FormulaError(kind, message)))
    }

    /// The same value, sensitive if it or `other` is.
    public func marked(sensitive: Bool) -> Value {
        sensitive && !isSensitive ? Value(kind, isSensitive: true) : self
    }

    public var isBlank: Bool { kind == .blank }
    public var error: FormulaError? { if case .error(let error) = kind { error } else { nil } }

    /// A member of a record, by its name in any case; `nil` when there is none.
    public func member(_ name: String) -> Value? {
        switch kind {
        case .record(let fields):
            fields.first { $0.name == name }?.value.marked(sensitive: isSensitive)
        case .choice(let id, let displayName):
            switch name {
            case "Value", "id": Value.text(id).marked(sensitive: isSensitive)
            case "DisplayName", "displayName": Value.text(displayName).marked(sensitive: isSensitive)
            default: nil
            }
        default: nil
        }
    }

    /// The text that the value has in a message, whatever its sensitivity; for those who may know it.
    public func text(for purpose: DisclosurePurpose) -> String { Coercion.text(kind) ?? "" }

    /// The value as Power Fx writes it, ``Telephony/redactionPlaceholder`` when it is sensitive.
    public var powerFx: String { isSensitive ? redactionPlaceholder : kind.powerFx }

    /// The value's Power Fx form with its sensitivity, for events.
    public var disclosable: DisclosableText { DisclosableText(kind.powerFx, isSensitive: isSensitive) }
}

extension Value: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { powerFx }
    public var debugDescription: String { powerFx }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Value.Kind {
    var powerFx: String {
        switch self {
        case .blank: "Blank()"
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): Coercion.text(value)
        case .text(let text):
            "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        case .dateTime(let time): "DateTimeValue(\"\(time)\")"
        case .record(let fields):
            "{" + fields.map { "\($0.name):\($0.value.powerFx)" }.joined(separator: ",") + "}"
        case .table(let rows): "Table(" + rows.map(\.powerFx).joined(separator: ",") + ")"
        case .choice(let id, _): id
        case .error(let error): "Error({Kind:\(error.kind.rawValue)})"
        }
    }
}

/// Why a formula has no value.
public struct FormulaError: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of Power Fx, as far as they occur.
    public enum Kind: String, Sendable, Hashable {
        case div0 = "ErrorKind.Div0"
        case invalidArgument = "ErrorKind.InvalidArgument"
        case numeric = "ErrorKind.Numeric"
        case name = "ErrorKind.InvalidFunctionUsage"
        case budgetExceeded = "ErrorKind.Unknown"
    }

    public var kind: Kind
    /// A sentence for people.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
