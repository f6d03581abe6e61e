package import CallFlow
import Formula
import Foundation
package import Telephony

/// How callers are looked up: whom to ask, by what, and how long an answer is of use.
package struct CallerSearch: Sendable {
    /// What a caller is looked up by.
    package enum Key: Sendable, Equatable {
        /// The caller's number.
        case number
        /// The number that was called, where each of a pool stands for one caller.
        case called
        /// A header that came with the call, by its lower-case name: `user-to-user` or `x-…`.
        case header(String)

        /// Reads `number`, `called`, `user-to-user` or a name that begins with `x-`.
        package init?(_ text: String) {
            let name = text.lowercased()
            switch name {
            case "number": self = .number
            case "called": self = .called
            case "user-to-user": self = .header(name)
            default:
                guard name.hasPrefix("x-"), name.count > 2 else { return nil }
                self = .header(name)
            }
        }
    }

    /// How long an answer is of use, where the document does not say.
    package static let standardLimit = Interval.seconds(2)

    private let directory: any CallerDirectory
    /// In order: the first that came with the call is taken.
    private let keys: [Key]
    package let limit: Interval

    package init(_ directory: any CallerDirectory, by keys: [Key] = [.number], limit: Interval = standardLimit) {
        self.directory = directory
        self.keys = keys
        self.limit = limit
    }

    /// Asks who somebody is. Ends within the limit.
    package func answer(to inquiry: CallerInquiry) async -> CallerReply {
        guard let key = keys.lazy.compactMap({ inquiry.value(of: $0) }).first else { return .unknown }
        switch await directory.caller(for: key, within: limit) {
        case .found(let value): return .found(value)
        case .unknown: return .unknown
        case .failed, .late: return .failed
        }
    }
}

extension CallerInquiry {
    /// What a caller can be looked up by; `nil` when it did not come with the call.
    func value(of key: CallerSearch.Key) -> String? {
        let text =
            switch key {
            case .number: from
            case .called: to
            case .header(let name): headers.first { $0.name == name }.flatMap { CallerInquiry.content($0.value, name) }
            }
        guard let text, !text.isEmpty, text.utf8.count <= 256, text != "anonymous" else { return nil }
        return text
    }

    /// The content of a header; of User-to-User what stands before its parameters, decoded when it is in hexadecimal
    /// (RFC 7433 section 4.1, where `hex` is the encoding that is meant when none is named).
    private static func content(_ value: String, _ name: String) -> String? {
        guard name == "user-to-user" else { return value.trimmingCharacters(in: .whitespaces) }
        let parts = value.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let data = parts.first else { return nil }
        let encoding = parts.dropFirst().first { $0.lowercased().hasPrefix("encoding=") }?.dropFirst(9).lowercased()
        guard encoding ?? "hex" == "hex", let octets = octets(data) else {
            return encoding == "hex" ? nil : data.trimmingCharacters(in: ["\""])
        }
        return String(validating: octets, as: UTF8.self) ?? data
    }

    private static func octets(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count >= 2, digits.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            octets.append(octet)
        }
        return octets
    }
}
