/// The suites of SRTP that Parley speaks (RFC 4568 section 6.2, RFC 7714 section 14).
package enum CryptoSuite: String, Sendable, Hashable, CaseIterable {
    case aesCM128HMACSHA1Tag80 = "AES_CM_128_HMAC_SHA1_80"
    case aesCM128HMACSHA1Tag32 = "AES_CM_128_HMAC_SHA1_32"
    case aeadAES128GCM = "AEAD_AES_128_GCM"

    /// Octets of master key and master salt together.
    package var keyLength: Int {
        switch self {
        case .aesCM128HMACSHA1Tag80, .aesCM128HMACSHA1Tag32: 30
        case .aeadAES128GCM: 28
        }
    }
}

/// Master key and salt of one direction. Never printed.
package struct SRTPKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let octets: [UInt8]
    package init(_ octets: [UInt8]) { self.octets = octets }
    package var description: String { "[redacted]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The value of an `a=crypto` line (RFC 4568 section 9.1): one key, without master key identifier.
struct CryptoAttribute: Sendable {
    var tag: UInt32
    var suite: CryptoSuite
    var key: SRTPKey

    /// `nil` for suites, key identifiers and session parameters that are not spoken here: such a line is passed over
    /// (RFC 4568 section 5.1.2). A window size is a hint (section 6.3.7), and a parameter with a minus before it may be passed
    /// over itself (section 6.3.8).
    init?(_ value: String) {
        let words = value.split(separator: " ")
        guard words.count >= 3, words.dropFirst(3).allSatisfy({ $0.hasPrefix("-") || $0.hasPrefix("WSH=") }),
            words[0].utf8.count <= 9, words[0].utf8.allSatisfy(\.isDigit), words[0] == "0" || !words[0].hasPrefix("0"),
            let tag = UInt32(words[0]),
            let suite = CryptoSuite(rawValue: String(words[1])), words[2].hasPrefix("inline:")
        else { return nil }
        let parts = words[2].dropFirst("inline:".count).split(separator: "|", omittingEmptySubsequences: false)
        // A lifetime may follow; with a colon it is a key identifier, of which none is kept.
        guard let encoded = parts.first, parts.count <= 2, !parts.dropFirst().contains(where: { $0.contains(":") }),
            !encoded.contains(";"), let octets = Base64.decoded(String(encoded)), octets.count == suite.keyLength
        else { return nil }
        self.tag = tag
        self.suite = suite
        key = SRTPKey(octets)
    }

    init(tag: UInt32, suite: CryptoSuite, key: SRTPKey) {
        self.tag = tag
        self.suite = suite
        self.key = key
    }

    var attribute: SessionDescription.Attribute {
        SessionDescription.Attribute("crypto", "\(tag) \(suite.rawValue) inline:\(Base64.encoded(key.octets))")
    }
}

/// RFC 4648 section 4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ octets: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < octets.count {
            let group = octets[index..<min(index + 3, octets.count)]
            var word: UInt32 = 0
            for position in 0..<3 {
                word = word << 8 | (position < group.count ? UInt32(group[group.startIndex + position]) : 0)
            }
            for position in 0..<4 {
                let isPadding = position > group.count
                result.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(word >> UInt32(18 - 6 * position) & 63)])
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `nil` for anything but whole, padded or unpadded groups.
    static func decoded(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        let content = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        guard text.utf8.count - content.count <= 2,
            text.utf8.dropFirst(content.count).allSatisfy({ $0 == UInt8(ascii: "=") }), content.count % 4 != 1
        else { return nil }
        for octet in content {
            guard let value = alphabet.firstIndex(of: octet) else { return nil }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return result
    }
}
