/// A value of JSON as it was written: numbers keep their digits, objects the order of their members.
public indirect enum JSONValue: Sendable, Hashable {
    /// Nothing.
    case null
    /// True or false.
    case boolean(Bool)
    /// The number's own digits.
    case number(String)
    /// A string.
    case text(String)
    /// Values in order.
    case array([JSONValue])
    /// Named values in order.
    case object([Member])

    /// A named member of an object.
    public struct Member: Sendable, Hashable {
        /// The member's name.
        public var name: String
        /// The member's value.
        public var value: JSONValue
        /// A member of a name and a value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Why text is no JSON, and where.
    public struct Mistake: Error, Sendable, Hashable {
        /// Octets from the beginning.
        public var offset: Int
        /// What is wrong, as the end of a sentence.
        public var message: String
    }

    /// Reads JSON (RFC 8259), nested at most 64 deep.
    public init(_ text: String) throws(Mistake) {
        var reader = JSONReader(Array(text.utf8))
        self = try reader.document()
    }
}

/// Reads JSON from octets.
private struct JSONReader {
    private let octets: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    private var current: UInt8? { position < octets.count ? octets[position] : nil }

    private func mistake(_ message: String) -> JSONValue.Mistake {
        JSONValue.Mistake(offset: position, message: message)
    }

    private mutating func skipSpace() {
        while let octet = current, octet == 32 || octet == 9 || octet == 10 || octet == 13 { position += 1 }
    }

    mutating func document() throws(JSONValue.Mistake) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard current == nil else { throw mistake("the JSON goes on after its end") }
        return value
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= octets.count else { return false }
        let matches = word.withUTF8Buffer { $0.elementsEqual(octets[position..<position + count]) }
        if matches { position += count }
        return matches
    }

    private mutating func value() throws(JSONValue.Mistake) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t") where take("true"): return .boolean(true)
        case UInt8(ascii: "f") where take("false"): return .boolean(false)
        case UInt8(ascii: "n") where take("null"): return .null
        case .some(let octet) where octet == UInt8(ascii: "-") || (48...57).contains(octet): return try number()
        default: throw mistake("a JSON value is missing")
        }
    }

    private mutating func nested<Result>(
        _ body: (inout JSONReader) throws(JSONValue.Mistake) -> Result
    ) throws(JSONValue.Mistake) -> Result {
        guard depth < 64 else { throw mistake("the JSON is nested deeper than 64") }
        depth += 1
        position += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private mutating func array() throws(JSONValue.Mistake) -> JSONValue {
        try nested { (reader) throws(JSONValue.Mistake) -> JSONValue in
            var items: [JSONValue] = []
            reader.skipSpace()
            if reader.takeOctet("]") { return .array([]) }
            while true {
                reader.skipSpace()
                items.append(try reader.value())
                reader.skipSpace()
                if reader.takeOctet("]") { return .array(items) }
                guard reader.takeOctet(",") else { throw reader.mistake("a comma or ] is missing") }
            }
        }
    }

    private mutating func object() throws(JSONValue.Mistake) -> JSONValue {
        try nested { (reader) throws(JSONValue.Mistake) -> JSONValue in
            var members: [JSONValue.Member] = []
            reader.skipSpace()
            if reader.takeOctet("}") { return .object([]) }
            while true {
                reader.skipSpace()
                guard reader.current == UInt8(ascii: "\"") else { throw reader.mistake("a member's name is missing") }
                let name = try reader.text()
                reader.skipSpace()
                guard reader.takeOctet(":") else { throw reader.mistake("a colon is missing") }
                reader.skipSpace()
                members.append(JSONValue.Member(name, try reader.value()))
                reader.skipSpace()
                if reader.takeOctet("}") { return .object(members) }
                guard reader.takeOctet(",") else { throw reader.mistake("a comma or } is missing") }
            }
        }
    }

    private mutating func takeOctet(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(truncatingIfNeeded: character.value) else { return false }
        position += 1
        return true
    }

    private mutating func digits() -> Int {
        let start = position
        while let octet = current, (48...57).contains(octet) { position += 1 }
        return position - start
    }

    private mutating func number() throws(JSONValue.Mistake) -> JSONValue {
        let start = position
        _ = takeOctet("-")
        let isZero = current == 48
        let count = digits()
        guard count > 0, !isZero || count == 1 else { throw mistake("this is no JSON number") }
        if takeOctet("."), digits() == 0 { throw mistake("a digit is missing behind the point") }
        if current == 69 || current == 101 {
            position += 1
            if !takeOctet("+") { _ = takeOctet("-") }
            if digits() == 0 { throw mistake("a digit is missing in the exponent") }
        }
        return .number(String(decoding: octets[start..<position], as: UTF8.self))
    }

    private mutating func text() throws(JSONValue.Mistake) -> String {
        position += 1
        var result: [UInt8] = []
        while let octet = current {
            position += 1
            switch octet {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &result)
            case 0..<32: throw mistake("a control character stands in a text")
            default: result.append(octet)
            }
        }
        throw mistake("a text has no end")
    }

    private mutating func escape(into result: inout [UInt8]) throws(JSONValue.Mistake) {
        guard let octet = current else { throw mistake("a text has no end") }
        position += 1
        switch octet {
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(octet)
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xD800..<0xDC00).contains(unit), take("\\u") {
                let second = try hexadecimal()
                unit = (0xDC00..<0xE000).contains(second) ? 0x10000 + (unit - 0xD800) << 10 + second - 0xDC00 : 0xFFFD
            }
            let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
            result.append(contentsOf: String(Character(scalar)).utf8)
        default: throw mistake("this escape has no meaning in JSON")
        }
    }

    private mutating func hexadecimal() throws(JSONValue.Mistake) -> UInt32 {
        guard position + 4 <= octets.count,
            let value = UInt32(String(decoding: octets[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw mistake("four hexadecimal digits are missing") }
        position += 4
        return value
    }
}
