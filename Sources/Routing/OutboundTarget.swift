/// Somebody who could be called, in one form, so that what is compared with the rules is what is dialled.
///
/// A number, with or without `tel:`, or a SIP URI. A URI has a user of letters, digits and `-_.!~*'+` (after `%`
/// escapes are undone), a host, perhaps a port, and of parameters only `user=phone` and `transport`: headers,
/// passwords and other parameters could carry the call elsewhere and are refused.
package struct OutboundTarget: Hashable, Sendable, CustomStringConvertible {
    package enum Form: Hashable, Sendable {
        case number(PhoneNumber)
        case uri(SIPTarget)
    }

    /// The parts of a SIP URI.
    package struct SIPTarget: Hashable, Sendable {
        package var isSecure: Bool
        package var user: String?
        /// Lower case; an IPv6 address in brackets.
        package var host: String
        package var port: Int?
        package var transport: String?
        package var isPhone: Bool
        /// The user as a number, where a far end could take it for one: it begins as a number does, and what is not a
        /// digit is passed over.
        package var number: PhoneNumber?
    }

    package let form: Form

    /// What to dial: `+` and digits, or the URI.
    package var description: String {
        switch form {
        case .number(let number): return number.description
        case .uri(let uri):
            var text = uri.isSecure ? "sips:" : "sip:"
            if let user = uri.user { text += user + "@" }
            text += uri.host
            if let port = uri.port { text += ":\(port)" }
            if let transport = uri.transport { text += ";transport=" + transport }
            if uri.isPhone { text += ";user=phone" }
            return text
        }
    }

    /// - Returns: `nil` for what is neither a number nor such a URI.
    package init?(_ text: String, plan: NumberingPlan = NumberingPlan()) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count + 1)
        switch scheme {
        case "tel":
            guard let number = PhoneNumber(String(rest), plan: plan) else { return nil }
            form = .number(number)
        case "sip", "sips":
            guard let uri = SIPTarget(rest, isSecure: scheme == "sips", plan: plan) else { return nil }
            form = .uri(uri)
        default:
            guard let number = PhoneNumber(text, plan: plan) else { return nil }
            form = .number(number)
        }
    }

    /// The number that is called, by itself or at a host.
    package var number: PhoneNumber? {
        switch form {
        case .number(let number): number
        case .uri(let uri): uri.number
        }
    }
}

extension OutboundTarget.SIPTarget {
    fileprivate init?(_ text: Substring, isSecure: Bool, plan: NumberingPlan) {
        let pieces = text.split(separator: ";", omittingEmptySubsequences: false)
        let halves = pieces[0].split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count <= 2, let address = halves.last, let (host, port) = Self.hostAndPort(address)
        else { return nil }
        self.init(isSecure: isSecure, user: nil, host: host, port: port, transport: nil, isPhone: false, number: nil)
        if halves.count == 2 {
            guard let user = Self.user(halves[0]) else { return nil }
            self.user = user
            number = PhoneNumber(user, plan: plan) ?? Self.likelyNumber(user, plan)
        }
        for parameter in pieces.dropFirst() {
            switch parameter.lowercased() {
            case "user=phone" where !isPhone && user != nil: isPhone = true
            case "transport=udp" where transport == nil: transport = "udp"
            case "transport=tcp" where transport == nil: transport = "tcp"
            case "transport=tls" where transport == nil: transport = "tls"
            default: return nil
            }
        }
    }

    private static func likelyNumber(_ user: String, _ plan: NumberingPlan) -> PhoneNumber? {
        guard let first = user.utf8.first, (48...57).contains(first) || "+*(".utf8.contains(first) else { return nil }
        let digits = user.filter { $0.isASCII && $0.isNumber }.prefix(15)
        return PhoneNumber((user.contains("+") ? "+" : "") + digits, plan: plan)
    }

    private static func user(_ text: Substring) -> String? {
        guard let user = unescaped(text), !user.isEmpty else { return nil }
        let isPlain = user.utf8.allSatisfy { octet in
            isAlphanumeric(octet) || "-_.!~*'+".utf8.contains(octet)
        }
        return isPlain ? user : nil
    }

    private static func unescaped(_ text: Substring) -> String? {
        var result = ""
        var rest = text.utf8[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                result.unicodeScalars.append(Unicode.Scalar(octet))
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal),
                high < 8
            else { return nil }
            result.unicodeScalars.append(Unicode.Scalar(high << 4 | low))
        }
        return result
    }

    private static func hexadecimal(_ octet: UInt8) -> UInt8? {
        Character(Unicode.Scalar(octet)).hexDigitValue.map { UInt8($0) }
    }

    private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var port: Int?
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            host = text[..<colon]
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let value = Int(digits), (1...65_535).contains(value)
            else { return nil }
            port = value
        }
        let name = host.lowercased()
        return isHost(name) ? (name, port) : nil
    }

    private static func isHost(_ name: String) -> Bool {
        if name.hasPrefix("[") {
            let inside = name.dropFirst().dropLast()
            return name.hasSuffix("]") && inside.contains(":")
                && inside.utf8.allSatisfy {
                    hexadecimal($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return (1...253).contains(name.utf8.count)
            && labels.allSatisfy { label in
                !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
