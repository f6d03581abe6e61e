import Crypto

/// The hash of a digest (RFC 7616 section 3.2, RFC 8760).
package enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// The best first.
    case sha256Session = "SHA-256-sess"
    case sha256 = "SHA-256"
    case md5Session = "MD5-sess"
    case md5 = "MD5"

    /// - Parameter name: `nil` means MD5.
    package init?(named name: String?) {
        guard let name else {
            self = .md5
            return
        }
        guard let algorithm = DigestAlgorithm.allCases.first(where: { $0.rawValue.equalsIgnoringCase(name) }) else {
            return nil
        }
        self = algorithm
    }

    package var isSession: Bool { self == .md5Session || self == .sha256Session }
    /// Whether it is as strong as another or stronger.
    var strength: Int { self == .sha256 || self == .sha256Session ? 2 : 1 }

    /// In lower-case hexadecimal.
    package func hash(_ text: String) -> String {
        let octets = Array(text.utf8)
        switch self {
        case .md5, .md5Session: return Hexadecimal.text(Insecure.MD5.hash(data: octets))
        case .sha256, .sha256Session: return Hexadecimal.text(SHA256.hash(data: octets))
        }
    }

    func hash(_ octets: [UInt8]) -> String {
        switch self {
        case .md5, .md5Session: Hexadecimal.text(Insecure.MD5.hash(data: octets))
        case .sha256, .sha256Session: Hexadecimal.text(SHA256.hash(data: octets))
        }
    }
}

/// The hash of a text, in lower-case hexadecimal.
package typealias DigestHash = @Sendable (DigestAlgorithm, _ text: String) -> String

enum Hexadecimal {
    static func text(_ octets: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        for octet in octets { result += [digits[Int(octet >> 4)], digits[Int(octet & 15)]] }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether two texts are equal, in a time that depends on their lengths only.
    static func isEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return difference == 0
    }

    /// HMAC with SHA-256, in hexadecimal.
    static func authenticationCode(_ text: String, key: [UInt8]) -> String {
        self.text(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
}
