import Crypto
import Foundation
package import Records
import Synchronization
package import Telephony

/// Addresses from which one context can be read for a while without a token: signed with a key of the configuration, which
/// every node has and a restart does not change, or else with one that lives as long as the process.
package final class ContextLinks: Sendable {
    /// A key that was read and is not in force yet; `nil` where the configuration names none.
    package struct Reading: Sendable {
        fileprivate let key: SymmetricKey?
    }

    private struct Keys: Sendable {
        var current: SymmetricKey
        /// What was signed with it holds for as long as it was made for.
        var former: SymmetricKey?
        var isOwn = true
    }

    private let keys: Mutex<Keys>

    /// With a key of its own.
    package init() { keys = Mutex(Keys(current: SymmetricKey(size: .bits256))) }

    package init(_ reading: Reading) {
        keys = Mutex(Keys(current: reading.key ?? SymmetricKey(size: .bits256), isOwn: reading.key == nil))
    }

    /// Reads the secret that keys are made of.
    ///
    /// - Parameter place: `env:NAME` or `file:PATH`.
    /// - Throws: `RecordsError` when it is not there or too short to be a secret, in a sentence.
    package static func read(_ place: String?) throws(RecordsError) -> Reading {
        guard let place else { return Reading(key: nil) }
        let secret = try Secret.read(place, for: "the key of links")
        guard secret.utf8.count >= 16 else {
            throw RecordsError("the key of links has less than 16 characters; 'openssl rand -hex 32' makes one")
        }
        return Reading(key: SymmetricKey(data: SHA256.hash(data: Data("parley links\n\(secret)".utf8))))
    }

    /// Signs with another key from now on. Links that were made before hold as long as they were made for.
    package func use(_ reading: Reading) {
        keys.withLock { keys in
            // A key of the process's own stays as it is.
            guard reading.key != nil || !keys.isOwn else { return }
            let new = reading.key ?? SymmetricKey(size: .bits256)
            guard new != keys.current else { return }
            keys = Keys(current: new, former: keys.current, isOwn: reading.key == nil)
        }
    }

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
        let text = text(call, expires)
        let keys = keys.withLock { [$0.current, $0.former].compactMap { $0 } }
        return keys.contains { HMAC<SHA256>.isValidAuthenticationCode(octets, authenticating: text, using: $0) }
    }

    /// Whether addresses that begin so are short enough for a header field of 256 characters.
    package static func fits(_ base: String) -> Bool { base.utf8.count <= 100 }

    private func signature(_ call: CallID, _ expires: String) -> Data {
        let key = keys.withLock { $0.current }
        return Data(HMAC<SHA256>.authenticationCode(for: text(call, expires), using: key))
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
