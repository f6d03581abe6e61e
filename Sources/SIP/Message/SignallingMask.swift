/// Takes out of a SIP message what nobody may read in a trace: numbers and names of people, credentials, keys of media,
/// and whatever stands in a header or body that Parley does not know. Structure and length stay, so that the message
/// parses as before.
///
/// A header is shown only when it is known to say nothing about people; all others are masked letter by letter.
package enum SignallingMask {
    /// Headers that say how a message is carried, and nothing about people (lower case, compact forms included).
    private static let open: Set<String> = [
        "via", "v", "call-id", "i", "cseq", "max-forwards", "content-type", "c", "content-length", "l", "expires",
        "min-expires", "min-se", "session-expires", "x", "supported", "k", "require", "proxy-require", "unsupported",
        "allow", "accept", "accept-encoding", "accept-language", "user-agent", "server", "date", "timestamp", "rseq",
        "rack", "event", "o", "subscription-state", "retry-after", "warning", "reason", "allow-events", "u",
        "mime-version", "content-disposition", "content-encoding", "e", "content-language", "replaces",
    ]
    /// Headers with addresses of people.
    private static let addresses: Set<String> = [
        "from", "f", "to", "t", "contact", "m", "route", "record-route", "p-asserted-identity",
        "p-preferred-identity", "remote-party-id", "diversion", "history-info", "refer-to", "r", "referred-by", "b",
        "p-called-party-id", "reply-to",
    ]

    /// The message with what is nobody's business replaced by `x`.
    package static func masked(_ message: [UInt8]) -> [UInt8] {
        var result = message
        var lineStart = 0
        var isBody = false
        var isDescription = false
        var rule = Rule.open
        while lineStart < result.count {
            let newline = result[lineStart...].firstIndex(of: 0x0A) ?? result.count
            var end = newline
            if end > lineStart, result[end - 1] == 0x0D { end -= 1 }
            let line = lineStart..<end
            if isBody {
                if isDescription { maskDescription(&result, line) } else { maskAll(&result, line) }
            } else if line.isEmpty {
                isBody = lineStart > 0
            } else if lineStart == 0 {
                maskAddresses(&result, line)
            } else {
                let isFolded = result[lineStart] == 0x20 || result[lineStart] == 0x09
                let value = isFolded ? line : self.value(in: result, line, &rule, &isDescription)
                apply(rule, &result, value)
            }
            lineStart = newline + 1
        }
        return result
    }

    private enum Rule {
        case open, address, masked
    }

    private static func apply(_ rule: Rule, _ message: inout [UInt8], _ value: Range<Int>) {
        switch rule {
        case .open: break
        case .address: maskAddresses(&message, value)
        case .masked: maskAll(&message, value)
        }
    }

    /// Where the value of a header field stands; sets the rule for it.
    private static func value(
        in message: [UInt8], _ line: Range<Int>, _ rule: inout Rule, _ isDescription: inout Bool
    ) -> Range<Int> {
        guard let colon = message[line].firstIndex(of: 0x3A) else {
            rule = .masked
            return line
        }
        let name = word(in: message[line.lowerBound..<colon])
        rule = open.contains(name) ? .open : addresses.contains(name) ? .address : .masked
        if name == "content-type" || name == "c" {
            let type = message[(colon + 1)..<line.upperBound].prefix { $0 != 0x3B }
            isDescription = word(in: type) == "application/sdp"
        }
        return colon + 1..<line.upperBound
    }

    /// Octets without blanks, in lower case. Every message of every call comes through here: characters would take many
    /// times as long as octets.
    private static func word(in octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets.lazy.filter { $0 != 0x20 && $0 != 0x09 }.map(\.asciiLowercased), as: UTF8.self)
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
            || octet >= 0x80
    }

    private static func maskAll(_ message: inout [UInt8], _ range: Range<Int>) {
        for index in range where isLetterOrDigit(message[index]) { message[index] = 0x78 }
    }

    /// Display names, and the user part of every URI but its last two characters.
    private static func maskAddresses(_ message: inout [UInt8], _ range: Range<Int>) {
        maskQuoted(&message, range)
        if let bracket = message[range].firstIndex(of: 0x3C) {
            let name = range.lowerBound..<bracket
            if scheme(in: message, name) == nil { maskAll(&message, name) }
        }
        var index = range.lowerBound
        while let (start, isTelephone) = scheme(in: message, index..<range.upperBound) {
            let stop = message[start..<range.upperBound].firstIndex { $0 == 0x3E || $0 == 0x20 || $0 == 0x09 }
            let uri = start..<(stop ?? range.upperBound)
            if isTelephone {
                maskUser(&message, start..<(message[uri].firstIndex(of: 0x3B) ?? uri.upperBound))
            } else if let at = message[uri].firstIndex(of: 0x40) {
                maskUser(&message, start..<at)
            }
            index = max(start, uri.upperBound)
        }
    }

    private static func maskUser(_ message: inout [UInt8], _ user: Range<Int>) {
        let end = user.count > 4 ? user.upperBound - 2 : user.upperBound
        maskAll(&message, user.lowerBound..<end)
    }

    private static func maskQuoted(_ message: inout [UInt8], _ range: Range<Int>) {
        var isQuoted = false
        var isEscaped = false
        for index in range {
            let octet = message[index]
            if isEscaped {
                isEscaped = false
                if isLetterOrDigit(octet) { message[index] = 0x78 }
            } else if isQuoted, octet == 0x5C {
                isEscaped = true
            } else if octet == 0x22 {
                isQuoted.toggle()
            } else if isQuoted, isLetterOrDigit(octet) {
                message[index] = 0x78
            }
        }
    }

    /// Where the first URI in a range begins, behind its scheme.
    private static func scheme(in message: [UInt8], _ range: Range<Int>) -> (start: Int, isTelephone: Bool)? {
        for index in range {
            switch message[index] | 0x20 {
            case UInt8(ascii: "s"):
                if let end = end(of: "sip:", in: message, index..<range.upperBound) { return (end, false) }
                if let end = end(of: "sips:", in: message, index..<range.upperBound) { return (end, false) }
            case UInt8(ascii: "t"):
                if let end = end(of: "tel:", in: message, index..<range.upperBound) { return (end, true) }
            default: break
            }
        }
        return nil
    }

    /// Where a word ends with which a range begins, upper and lower case alike; `nil` when it begins with something else.
    private static func end(of word: StaticString, in message: [UInt8], _ range: Range<Int>) -> Int? {
        guard word.utf8CodeUnitCount <= range.count else { return nil }
        for offset in 0..<word.utf8CodeUnitCount
        where message[range.lowerBound + offset].asciiLowercased != word.utf8Start[offset] { return nil }
        return range.lowerBound + word.utf8CodeUnitCount
    }

    /// Attributes of SDP of which nothing is shown.
    private static let secrets: [StaticString] = ["a=key-mgmt:", "a=ice-pwd:", "a=ice-ufrag:", "a=fingerprint:"]

    /// A line of SDP: keys of media and what describes people are masked (RFC 8866, RFC 4568).
    private static func maskDescription(_ message: inout [UInt8], _ line: Range<Int>) {
        guard line.count > 2, message[line.lowerBound + 1] == 0x3D else { return maskAll(&message, line) }
        switch message[line.lowerBound] {
        case UInt8(ascii: "k"), UInt8(ascii: "s"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "e"),
            UInt8(ascii: "p"):
            maskAll(&message, line.lowerBound + 2..<line.upperBound)
        case UInt8(ascii: "a"):
            if end(of: "a=crypto:", in: message, line) != nil {
                return maskAll(&message, keyStart(in: message, line)..<line.upperBound)
            }
            for secret in secrets {
                guard let start = end(of: secret, in: message, line) else { continue }
                return maskAll(&message, start..<line.upperBound)
            }
        default: break
        }
    }

    /// Behind the tag and the suite of a crypto attribute.
    private static func keyStart(in message: [UInt8], _ line: Range<Int>) -> Int {
        var spaces = 0
        for index in line where message[index] == 0x20 {
            spaces += 1
            if spaces == 2 { return index }
        }
        return line.lowerBound + 9
    }
}
