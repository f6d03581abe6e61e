/// Any URI that stands in a SIP message: `sip:` and `sips:` taken apart (RFC 3261 section 19.1), `tel:` (RFC 3966) as
/// number and parameters, others as text.
package enum AnyURI: Sendable, Hashable {
    case sip(SIPURI)
    case tel(TelURI)
    /// Scheme in lower case, and the whole URI as it stood.
    case other(scheme: String, text: String)

    /// `nil` unless the whole text is one URI.
    package init?(_ text: String) {
        guard text.utf8.count <= SIPLimits.uriBytes else { return nil }
        var scanner = ByteScanner(text)
        guard let first = scanner.next, first.isLetter,
            let scheme = scanner.text(where: { $0.isAlphanumeric || $0.isOne(of: "+-.") }),
            scanner.take(UInt8(ascii: ":"))
        else { return nil }
        switch scheme.asciiLowercased {
        case "sip", "sips":
            guard let uri = SIPURI(isSecure: scheme.utf8.count == 4, from: &scanner), scanner.isAtEnd else {
                return nil
            }
            self = .sip(uri)
        case "tel":
            guard let uri = TelURI(from: &scanner), scanner.isAtEnd else { return nil }
            self = .tel(uri)
        default:
            guard scanner.octets(where: { $0 > 0x20 && $0 < 0x7F && !$0.isOne(of: "<>\"") }) != nil, scanner.isAtEnd
            else { return nil }
            self = .other(scheme: scheme.asciiLowercased, text: text)
        }
    }

    package var sip: SIPURI? { if case .sip(let uri) = self { uri } else { nil } }

    /// The number or user that it names, unescaped; `nil` for other schemes.
    package var user: String? {
        switch self {
        case .sip(let uri): uri.user
        case .tel(let uri): uri.number
        case .other: nil
        }
    }
}

extension AnyURI: CustomStringConvertible {
    package var description: String {
        switch self {
        case .sip(let uri): uri.description
        case .tel(let uri): uri.description
        case .other(_, let text): text
        }
    }
}

/// A `sip:` or `sips:` URI. Escapes stay as they stood, so that it goes out as it came in.
package struct SIPURI: Sendable, Hashable {
    /// Whether the scheme is `sips`.
    package var isSecure: Bool
    package var escapedUser: String?
    package var escapedPassword: String?
    package var host: Host
    package var port: UInt16?
    package var parameters: Parameters
    /// What follows the `?`, still escaped; never turned into header fields of a request.
    package var headers: String?

    package init(
        user: String? = nil, host: Host, port: UInt16? = nil, isSecure: Bool = false,
        parameters: Parameters = Parameters()
    ) {
        self.isSecure = isSecure
        escapedUser = user.map { EscapedText.escaped($0, allowing: "&=+$,;?/") }
        self.host = host
        self.port = port
        self.parameters = parameters
    }

    /// `nil` unless the whole text is a `sip:` or `sips:` URI.
    package init?(_ text: String) {
        guard let uri = AnyURI(text)?.sip else { return nil }
        self = uri
    }

    init?(isSecure: Bool, from scanner: inout ByteScanner) {
        self.isSecure = isSecure
        if scanner.rest.contains(UInt8(ascii: "@")) {
            guard let user = EscapedText.read(from: &scanner, allowing: "&=+$,;?/") else { return nil }
            escapedUser = user
            if scanner.take(UInt8(ascii: ":")) {
                escapedPassword = EscapedText.read(from: &scanner, allowing: "&=+$,") ?? ""
            }
            guard scanner.take(UInt8(ascii: "@")) else { return nil }
        }
        guard let host = Host(from: &scanner) else { return nil }
        self.host = host
        if scanner.take(UInt8(ascii: ":")) {
            guard let port = scanner.number(upTo: 65_535) else { return nil }
            self.port = UInt16(port)
        }
        guard let parameters = Parameters(uriParametersFrom: &scanner) else { return nil }
        self.parameters = parameters
        if scanner.take(UInt8(ascii: "?")) {
            guard let headers = EscapedText.read(from: &scanner, allowing: "[]/?:+$=&") else { return nil }
            self.headers = headers
        }
    }

    /// The user part with its escapes undone, once.
    package var user: String? { escapedUser.map(EscapedText.unescaped) }

    /// Header fields that a URI in a Refer-To carries, unescaped.
    package var headerPairs: [(name: String, value: String)] {
        (headers ?? "").split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            return (EscapedText.unescaped(String(parts[0])), EscapedText.unescaped(String(parts[1])))
        }
    }

    package var transport: SIPTransport? {
        parameters.value("transport").flatMap { SIPTransport(rawValue: $0.asciiLowercased) }
    }
    /// Whether it names a loose router (RFC 3261 section 16.12.1.1).
    package var isLooseRouter: Bool { parameters.contains("lr") }

    /// Whether both name the same resource (RFC 3261 section 19.1.4).
    package func isEquivalent(to other: SIPURI) -> Bool {
        guard isSecure == other.isSecure, host == other.host, port == other.port, user == other.user,
            escapedPassword.map(EscapedText.unescaped) == other.escapedPassword.map(EscapedText.unescaped)
        else { return false }
        for name in ["user", "ttl", "method", "maddr", "transport"]
        where parameters.contains(name) != other.parameters.contains(name) {
            return false
        }
        for parameter in parameters.all {
            guard let value = other.parameters[parameter.name] else { continue }
            let (mine, theirs) = (EscapedText.unescaped(parameter.value ?? ""), EscapedText.unescaped(value ?? ""))
            if !mine.equalsIgnoringCase(theirs) { return false }
        }
        let sorted = { (uri: SIPURI) in uri.headerPairs.map { $0.name.asciiLowercased + "=" + $0.value }.sorted() }
        return sorted(self) == sorted(other)
    }
}

extension SIPURI: CustomStringConvertible {
    package var description: String {
        var text = isSecure ? "sips:" : "sip:"
        if let escapedUser {
            text += escapedUser + (escapedPassword.map { ":" + $0 } ?? "") + "@"
        }
        text += host.description
        if let port { text += ":\(port)" }
        for parameter in parameters.all {
            text += ";" + parameter.name + (parameter.value.map { "=" + $0 } ?? "")
        }
        if let headers { text += "?" + headers }
        return text
    }
}

/// A telephone number (RFC 3966).
package struct TelURI: Sendable, Hashable {
    /// Digits, `*`, `#`, A to D, with a leading `+` when it is global; visual separators are taken out.
    package var number: String
    private var spelled: String
    package var parameters: Parameters

    init?(from scanner: inout ByteScanner) {
        guard let text = scanner.text(where: { $0.isDigit || $0.hexValue != nil || $0.isOne(of: "+*#-.()") }) else {
            return nil
        }
        number = String(decoding: text.utf8.filter { !$0.isOne(of: "-.()") }, as: UTF8.self)
        spelled = text
        guard !number.isEmpty, number.utf8.dropFirst().allSatisfy({ $0 != UInt8(ascii: "+") }),
            let parameters = Parameters(uriParametersFrom: &scanner)
        else { return nil }
        self.parameters = parameters
    }
}

extension TelURI: CustomStringConvertible {
    package var description: String {
        "tel:" + spelled + parameters.all.map { ";" + $0.name + ($0.value.map { "=" + $0 } ?? "") }.joined()
    }
}

/// The transports over which Parley speaks SIP.
package enum SIPTransport: String, Sendable, Hashable, CaseIterable {
    case udp
    case tcp
    case tls

    /// Whether it delivers or breaks, so that nothing is sent again on it.
    package var isReliable: Bool { self != .udp }
    package var defaultPort: UInt16 { self == .tls ? 5_061 : 5_060 }
    /// As it stands in a Via.
    package var viaName: String {
        switch self {
        case .udp: "UDP"
        case .tcp: "TCP"
        case .tls: "TLS"
        }
    }
}
