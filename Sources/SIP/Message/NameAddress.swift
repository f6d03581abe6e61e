/// A party: an optional display name, a URI and header parameters (RFC 3261 section 20.10), as in From, To, Contact,
/// Route, Refer-To, Diversion, P-Asserted-Identity.
package struct NameAddress: Sendable, Hashable {
    /// Without quotes and backslashes.
    package var displayName: String?
    package var uri: AnyURI
    package var parameters: Parameters

    package init(displayName: String? = nil, uri: AnyURI, parameters: Parameters = Parameters()) {
        self.displayName = displayName
        self.uri = uri
        self.parameters = parameters
    }

    /// `nil` unless the whole text is one party.
    package init?(_ text: String) {
        var scanner = ByteScanner(text)
        scanner.skipSpace()
        guard let value = NameAddress(from: &scanner) else { return nil }
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
        self = value
    }

    /// All parties of a comma-separated value; `nil` when one is malformed or there are too many.
    package static func list(_ text: String) -> [NameAddress]? {
        var scanner = ByteScanner(text)
        var result: [NameAddress] = []
        scanner.skipSpace()
        repeat {
            guard result.count < SIPLimits.listValues, let value = NameAddress(from: &scanner) else { return nil }
            result.append(value)
        } while scanner.takeSeparator(UInt8(ascii: ","))
        scanner.skipSpace()
        return scanner.isAtEnd ? result : nil
    }

    init?(from scanner: inout ByteScanner) {
        if scanner.next == UInt8(ascii: "\"") {
            guard let name = scanner.quotedString() else { return nil }
            displayName = name
            scanner.skipSpace()
            guard let uri = NameAddress.bracketed(&scanner) else { return nil }
            self.uri = uri
        } else if scanner.next == UInt8(ascii: "<") {
            guard let uri = NameAddress.bracketed(&scanner) else { return nil }
            self.uri = uri
        } else if let uri = NameAddress.bare(&scanner) {
            self.uri = uri
        } else {
            guard let (name, uri) = NameAddress.named(&scanner) else { return nil }
            displayName = name
            self.uri = uri
        }
        guard let parameters = Parameters(headerParametersFrom: &scanner) else { return nil }
        self.parameters = parameters
    }

    private static func bracketed(_ scanner: inout ByteScanner) -> AnyURI? {
        guard scanner.take(UInt8(ascii: "<")),
            let text = scanner.text(where: { $0 > 0x20 && $0 < 0x7F && !$0.isOne(of: "<>\"") }),
            scanner.take(UInt8(ascii: ">"))
        else { return nil }
        return AnyURI(text)
    }

    /// An addr-spec without brackets: it ends before `,`, `;` and white space, and may have neither parameters nor headers
    /// (RFC 3261 section 20: a URI with a comma, question mark or semicolon stands in brackets).
    private static func bare(_ scanner: inout ByteScanner) -> AnyURI? {
        let start = scanner
        guard let text = scanner.text(where: { $0 > 0x20 && $0 < 0x7F && !$0.isOne(of: "<>\",;?") }),
            scanner.next != UInt8(ascii: "?"), scanner.next != UInt8(ascii: "<"), scanner.next != UInt8(ascii: "\""),
            text.utf8.contains(UInt8(ascii: ":")), let uri = AnyURI(text)
        else {
            scanner = start
            return nil
        }
        return uri
    }

    private static func named(_ scanner: inout ByteScanner) -> (String, AnyURI)? {
        var words: [String] = []
        while let word = scanner.text(where: { $0.isTokenOctet || $0 >= 0x80 }) {
            words.append(word)
            scanner.skipSpace()
        }
        guard !words.isEmpty, let uri = bracketed(&scanner) else { return nil }
        return (words.joined(separator: " "), uri)
    }

    /// The `tag` parameter of From and To.
    package var tag: String? {
        get { parameters.value("tag") }
        set { parameters["tag"] = newValue.map { .some($0) } }
    }
}

extension NameAddress: CustomStringConvertible {
    package var description: String {
        (displayName.map { $0.quoted + " " } ?? "") + "<\(uri)>" + parameters.description
    }
}

/// One hop of a message's way (RFC 3261 section 20.42).
package struct Via: Sendable, Hashable {
    /// As it stood, in upper case; transports that Parley does not speak are kept.
    package var transport: String
    package var host: Host
    package var port: UInt16?
    package var parameters: Parameters

    package init(transport: SIPTransport, host: Host, port: UInt16?, branch: String) {
        self.transport = transport.viaName
        self.host = host
        self.port = port
        parameters = Parameters([("branch", branch)])
    }

    /// All hops of a comma-separated value, topmost first; `nil` when one is malformed or there are too many.
    package static func list(_ text: String) -> [Via]? {
        var scanner = ByteScanner(text)
        var result: [Via] = []
        scanner.skipSpace()
        repeat {
            guard result.count < SIPLimits.listValues, let value = Via(from: &scanner) else { return nil }
            result.append(value)
        } while scanner.takeSeparator(UInt8(ascii: ","))
        scanner.skipSpace()
        return scanner.isAtEnd ? result : nil
    }

    init?(from scanner: inout ByteScanner) {
        guard scanner.take(word: "SIP"), scanner.takeSeparator(UInt8(ascii: "/")), scanner.take(word: "2.0"),
            scanner.takeSeparator(UInt8(ascii: "/")), let transport = scanner.token(),
            scanner.next == 0x20 || scanner.next == 0x09
        else { return nil }
        self.transport = String(decoding: transport.utf8.map { $0.isLetter ? $0 & 0xDF : $0 }, as: UTF8.self)
        scanner.skipSpace()
        guard let host = Host(from: &scanner) else { return nil }
        self.host = host
        if scanner.takeSeparator(UInt8(ascii: ":")) {
            guard let port = scanner.number(upTo: 65_535), port > 0 else { return nil }
            self.port = UInt16(port)
        }
        guard let parameters = Via.parameters(&scanner) else { return nil }
        self.parameters = parameters
        // An address that does not read as one would decide where an answer goes.
        if let received = parameters.value("received"), Host(received, allowsBareIPv6: true) == nil { return nil }
        if let rport = parameters.value("rport"), UInt16(rport) == nil { return nil }
    }

    private static func parameters(_ scanner: inout ByteScanner) -> Parameters? {
        Parameters(headerParametersFrom: &scanner)
    }

    package static let magicCookie = "z9hG4bK"

    package var branch: String? { parameters.value("branch") }

    /// Whether the branch identifies a transaction by itself (RFC 3261 section 8.1.1.7): the cookie and something after it.
    package var hasUniqueBranch: Bool {
        guard let branch else { return false }
        return branch.hasPrefix(Via.magicCookie) && branch.utf8.count > Via.magicCookie.utf8.count
    }

    /// Host and port as the transaction is matched by them (RFC 3261 section 17.2.3).
    package var sentBy: String { "\(host):\(port ?? (transport == "TLS" ? 5_061 : 5_060))" }
}

extension Via: CustomStringConvertible {
    package var description: String {
        "SIP/2.0/\(transport) \(host)" + (port.map { ":\($0)" } ?? "") + parameters.description
    }
}
