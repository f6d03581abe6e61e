/// Reads the elements of RFC 3261's grammar (section 25.1) from octets, front to back, never past the end.
struct ByteScanner {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    var isAtEnd: Bool { position >= end }
    var next: UInt8? { position < end ? bytes[position] : nil }
    /// The octets that were not read yet.
    var rest: [UInt8] { Array(bytes[position..<end]) }

    /// The octet at a distance from the next one.
    func peek(_ offset: Int) -> UInt8? {
        let index = position + offset
        return index >= 0 && index < end ? bytes[index] : nil
    }

    mutating func skip() { if position < end { position += 1 } }

    mutating func take(_ octet: UInt8) -> Bool {
        guard next == octet else { return false }
        position += 1
        return true
    }

    /// Takes ASCII letters without regard to case.
    mutating func take(word: StaticString) -> Bool {
        let start = position
        let matches = word.withUTF8Buffer { expected in
            for octet in expected {
                guard let next, next.asciiLowercased == octet.asciiLowercased else { return false }
                position += 1
            }
            return true
        }
        if !matches { position = start }
        return matches
    }

    mutating func skipSpace() {
        while let next, next == 0x20 || next == 0x09 { position += 1 }
    }

    /// An octet with white space around it, such as the grammar's SEMI, COMMA and EQUAL.
    mutating func takeSeparator(_ octet: UInt8) -> Bool {
        let start = position
        skipSpace()
        guard take(octet) else {
            position = start
            return false
        }
        skipSpace()
        return true
    }

    /// One or more octets of a class.
    mutating func octets(where belongs: (UInt8) -> Bool) -> [UInt8]? {
        let start = position
        while let next, belongs(next) { position += 1 }
        return position > start ? Array(bytes[start..<position]) : nil
    }

    mutating func text(where belongs: (UInt8) -> Bool) -> String? {
        octets(where: belongs).map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func token() -> String? { text(where: { $0.isTokenOctet }) }

    /// `quoted-string`, without its quotes and backslashes; `nil` when there is none or it does not end.
    mutating func quotedString() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var content: [UInt8] = []
        while let octet = next {
            position += 1
            switch octet {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next, escaped != 0x0A, escaped != 0x0D, escaped < 0x80 else { return nil }
                position += 1
                content.append(escaped)
            default:
                guard octet >= 0x20 || octet == 0x09, octet != 0x7F else { return nil }
                content.append(octet)
            }
        }
        return nil
    }

    /// A decimal number no greater than `limit`; leading zeros are allowed, overflow is not.
    mutating func number(upTo limit: UInt64) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while let octet = next, octet.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(octet - 0x30))
            guard !overflow, !carry, sum <= limit else {
                position = start
                return nil
            }
            value = sum
            position += 1
        }
        return position > start ? value : nil
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
    var isAlphanumeric: Bool { isDigit || isLetter }
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
    var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
    /// RFC 3261 section 25.1, `token`.
    var isTokenOctet: Bool { isAlphanumeric || isOne(of: "-.!%*_+`'~") }
    /// RFC 3261 section 25.1, `word`, of which a Call-ID is made.
    var isWordOctet: Bool { isTokenOctet || isOne(of: "()<>:\\\"/[]?{}") }
    /// RFC 3261 section 25.1, `unreserved`.
    var isUnreserved: Bool { isAlphanumeric || isOne(of: "-_.!~*'()") }

    func isOne(of set: StaticString) -> Bool { set.withUTF8Buffer { $0.contains(self) } }
}

extension String {
    /// Lower case of the ASCII letters only: names in SIP are ASCII, and nothing else has a case there.
    var asciiLowercased: String { String(decoding: utf8.map(\.asciiLowercased), as: UTF8.self) }
    var isToken: Bool { !isEmpty && utf8.allSatisfy(\.isTokenOctet) }

    func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Whether it may stand in a header value: no control character, so that no line can be added.
    var isHeaderSafe: Bool { utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 } }

    /// As the content of a quoted-string: quotes and backslashes escaped, line ends and other control characters left out.
    var quoted: String {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for octet in utf8 where (octet >= 0x20 && octet != 0x7F) || octet == 0x09 {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
            result.append(octet)
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}
