/// A value that cannot be printed, logged, reflected on or encoded.
///
/// Whatever asks for a description or an encoding gets ``placeholder``. The value itself comes out only through
/// ``reveal(for:)``, whose argument names the one purpose that the place is allowed, so that a search for `reveal`
/// lists every place where a secret can go.
public struct Redacted<Value: Sendable>: Sendable {
    private let value: Value

    public init(_ value: Value) { self.value = value }

    /// The secret itself, for one of the few purposes there are.
    public func reveal(for purpose: DisclosurePurpose) -> Value { value }
}

/// The only reasons for which a secret leaves its wrapper.
public enum DisclosurePurpose: Sendable {
    /// The dialog computes with it.
    case dialog
    /// The one request to the outside that declares that it takes a sensitive value.
    case declaredRequest
    /// Speech to the caller who said it.
    case speechToCaller
    /// The cipher that a media key is for, and the line of SDP that carries it to the far end.
    case mediaEncryption
}

/// What stands in the place of a secret wherever text is produced.
public let redactionPlaceholder = "[redacted]"

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redactionPlaceholder }
    public var debugDescription: String { redactionPlaceholder }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(redactionPlaceholder)
    }
}

extension Redacted: Equatable where Value: Equatable {
    public static func == (a: Redacted, b: Redacted) -> Bool { a.value == b.value }
}

/// Text that is either open or a secret, as it is carried in facts and contexts.
public enum DisclosableText: Sendable, Equatable {
    case open(String)
    case sensitive(Redacted<String>)

    public init(_ text: String, isSensitive: Bool) {
        self = isSensitive ? .sensitive(Redacted(text)) : .open(text)
    }

    public var isSensitive: Bool {
        if case .sensitive = self { true } else { false }
    }

    /// The text itself when it is open, ``redactionPlaceholder`` when it is not.
    public var redacted: String {
        switch self {
        case .open(let text): text
        case .sensitive: redactionPlaceholder
        }
    }
}

extension DisclosableText: CustomStringConvertible, Codable {
    public var description: String { redacted }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(redacted)
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = text == redactionPlaceholder ? .sensitive(Redacted(text)) : .open(text)
    }
}
