package import Telephony

/// The key in the body of a SIP INFO request, in either of the two forms that phones and gateways send; neither is a
/// standard.
///
/// `application/dtmf-relay` has lines of `Signal=5` and `Duration=160` (milliseconds), `application/dtmf` the key alone.
/// The key is written as itself or as its telephone-event code (10 for `*`, 11 for `#`, 12 to 15 for A to D).
package struct InfoDigit: Sendable, Equatable {
    package var digit: Digit
    /// For how long the key was down, 0 to 60,000 ms; `nil` when the body does not say.
    package var durationInMilliseconds: Int?

    /// Octets of a body, beyond which it is none of these.
    private static let longestBody = 256
    /// A duration beyond a minute is a mistake.
    private static let longestDurationInMilliseconds = 60_000

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - contentType: the value of the Content-Type header, with or without parameters, in any case.
    ///   - body: as it came.
    /// - Returns: `nil` for another content type, for a body without a key, and for a hook flash.
    package init?(contentType: String, body: Span<UInt8>) {
        guard body.count > 0, body.count <= InfoDigit.longestBody else { return nil }
        let type = contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        let octets = (0..<body.count).map { body[$0] }
        switch type {
        case "application/dtmf-relay": self.init(relay: octets)
        case "application/dtmf": self.init(bare: octets)
        default: return nil
        }
    }

    private init?(relay octets: [UInt8]) {
        var digit: Digit?
        var duration: Int?
        for line in octets.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            guard let equals = line.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
                continue
            }
            let name = String(decoding: InfoDigit.trimmed(line[..<equals]), as: UTF8.self).lowercased()
            let value = InfoDigit.trimmed(line[line.index(after: equals)...])
            if name == "signal" {
                digit = InfoDigit.digit(value)
            } else if name == "duration", let number = InfoDigit.number(value) {
                duration = min(number, InfoDigit.longestDurationInMilliseconds)
            }
        }
        guard let digit else { return nil }
        self.digit = digit
        durationInMilliseconds = duration
    }

    private init?(bare octets: [UInt8]) {
        guard let digit = InfoDigit.digit(InfoDigit.trimmed(octets[...])) else { return nil }
        self.digit = digit
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ octet: UInt8) -> Bool { octet == 32 || (9...13).contains(octet) || octet == UInt8(ascii: "\"") }
        var rest = octets
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }

    private static func digit(_ octets: ArraySlice<UInt8>) -> Digit? {
        if octets.count == 1, let octet = octets.first { return Digit(Character(UnicodeScalar(octet))) }
        guard octets.count == 2, let code = number(octets), code >= 10, code <= 15 else { return nil }
        return Digit(code: UInt8(code))
    }

    /// A number of at most seven decimal figures.
    private static func number(_ octets: ArraySlice<UInt8>) -> Int? {
        guard !octets.isEmpty, octets.count <= 7 else { return nil }
        var number = 0
        for octet in octets {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { return nil }
            number = number * 10 + Int(octet - UInt8(ascii: "0"))
        }
        return number
    }
}
