/// One of the sixteen DTMF keys (ITU-T Q.23), numbered as in RFC 4733 section 3.2: 0 to 9, `*` 10, `#` 11, A to D 12 to 15.
@frozen
public struct Digit: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// The telephone-event code, 0 to 15.
    public let code: UInt8

    /// - Parameter code: a telephone-event code; `nil` unless it is one of the sixteen keys.
    @inlinable public init?(code: UInt8) {
        guard code < 16 else { return nil }
        self.code = code
    }

    /// Reads `0`–`9`, `*`, `#`, `A`–`D` (either case).
    public init?(_ character: Character) {
        switch character {
        case "0"..."9": self.code = UInt8(character.wholeNumberValue ?? 0)
        case "*": self.code = 10
        case "#": self.code = 11
        case "A", "a": self.code = 12
        case "B", "b": self.code = 13
        case "C", "c": self.code = 14
        case "D", "d": self.code = 15
        default: return nil
        }
    }

    public init?(_ description: String) {
        guard description.count == 1, let digit = description.first.flatMap({ Digit($0) }) else { return nil }
        self = digit
    }

    public static let star: Digit = Digit(unchecked: 10)
    public static let pound: Digit = Digit(unchecked: 11)

    private init(unchecked code: UInt8) { self.code = code }

    public var character: Character { Digit.characters[Int(code)] }
    public var description: String { String(character) }
    /// The number on the key, `nil` for `*`, `#` and A to D.
    public var number: Int? { code < 10 ? Int(code) : nil }

    public static func < (a: Digit, b: Digit) -> Bool { a.code < b.code }

    private static let characters: [Character] = Array("0123456789*#ABCD")
}

/// Where a key press was heard.
public enum DigitSource: String, Hashable, Sendable, Codable, CaseIterable {
    /// RFC 4733 telephone-event.
    case telephoneEvent
    /// Tones in the audio.
    case inBand
    /// A SIP INFO request.
    case sipInfo
}
