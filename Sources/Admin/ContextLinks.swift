import Crypto
import Foundation
package import Telephony

/// Addresses from which one context can be read for a while without a token: signed with a key that lives as long as
/// the process.
package struct ContextLinks: Sendable {
    private let key = SymmetricKey(size: .bits256)

    package init() {}

    /// The path and query of an address.
    package func path(of call: CallID, until expiry: WallTime) -> String {
        let milliseconds = "\(expiry.millisecondsSince1970)"
        let id = call.rawValue.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "/v1/contexts/\(id)?expires=\(milliseconds)&signature=\(signature(call, milliseconds).hexadecimal)"
    }

    /// Whether an address is as it was made, and its time not over.
    package func admits(_ call: CallID, _ expires: String?, _ signature: String, at now: WallTime) -> Bool {
        guard let expires, let milliseconds = Int64(expires), milliseconds > now.millisecondsSince1970,
            let octets = Data(hexadecimal: signature)
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(octets, authenticating: text(call, expires), using: key)
    }

    /// Whether addresses that begin so are short enough for a header field of 256 characters.
    package static func fits(_ base: String) -> Bool { base.utf8.count <= 100 }

    private func signature(_ call: CallID, _ expires: String) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: text(call, expires), using: key))
    }

    private func text(_ call: CallID, _ expires: String) -> Data { Data("\(expires)\n\(call.rawValue)".utf8) }
}

extension Data {
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self.init(capacity: digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            append(octet)
        }
    }
}
