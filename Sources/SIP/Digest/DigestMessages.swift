/// A `Digest` challenge of a WWW-Authenticate or Proxy-Authenticate field (RFC 7616 section 3.3).
package struct DigestChallenge: Sendable, Equatable, CustomStringConvertible {
    package var realm: String
    package var nonce: String
    package var opaque: String?
    package var algorithm: DigestAlgorithm
    package var isStale: Bool
    /// `auth`, `auth-int`; empty for the oldest form (RFC 2069).
    package var qualities: [String]

    package init(
        realm: String, nonce: String, opaque: String? = nil, algorithm: DigestAlgorithm, isStale: Bool = false,
        qualities: [String] = ["auth"]
    ) {
        self.realm = realm
        self.nonce = nonce
        self.opaque = opaque
        self.algorithm = algorithm
        self.isStale = isStale
        self.qualities = qualities
    }

    /// `nil` for other schemes and algorithms, and what is malformed.
    package init?(_ text: String) {
        guard let fields = DigestFields(text), let realm = fields["realm"], let nonce = fields["nonce"],
            let algorithm = DigestAlgorithm(named: fields["algorithm"])
        else { return nil }
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        opaque = fields["opaque"]
        isStale = fields["stale"]?.equalsIgnoringCase("true") ?? false
        qualities = (fields["qop"] ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " && $0 != "\t" }).asciiLowercased
        }
    }

    package var description: String {
        var text = "Digest realm=\(realm.quoted), nonce=\(nonce.quoted)"
        if let opaque { text += ", opaque=\(opaque.quoted)" }
        if isStale { text += ", stale=true" }
        text += ", algorithm=\(algorithm.rawValue)"
        if !qualities.isEmpty { text += ", qop=\(qualities.joined(separator: ",").quoted)" }
        return text
    }
}

/// The `Digest` credentials of an Authorization or Proxy-Authorization field (RFC 7616 section 3.4).
package struct DigestResponse: Sendable, Equatable, CustomStringConvertible {
    package var username: String
    package var realm: String
    package var nonce: String
    package var uri: String
    package var response: String
    package var algorithm: DigestAlgorithm
    package var opaque: String?
    package var quality: String?
    package var clientNonce: String?
    /// As it stood: eight hexadecimal digits.
    package var nonceCount: String?

    package init(
        username: String, realm: String, nonce: String, uri: String, response: String, algorithm: DigestAlgorithm,
        opaque: String? = nil, quality: String? = nil, clientNonce: String? = nil, nonceCount: String? = nil
    ) {
        self.username = username
        self.realm = realm
        self.nonce = nonce
        self.uri = uri
        self.response = response
        self.algorithm = algorithm
        self.opaque = opaque
        self.quality = quality
        self.clientNonce = clientNonce
        self.nonceCount = nonceCount
    }

    /// `nil` for other schemes and algorithms, and what is malformed.
    package init?(_ text: String) {
        guard let fields = DigestFields(text), let username = fields["username"], let realm = fields["realm"],
            let nonce = fields["nonce"], let uri = fields["uri"], let response = fields["response"],
            let algorithm = DigestAlgorithm(named: fields["algorithm"])
        else { return nil }
        self.init(
            username: username, realm: realm, nonce: nonce, uri: uri, response: response.asciiLowercased,
            algorithm: algorithm, opaque: fields["opaque"], quality: fields["qop"]?.asciiLowercased,
            clientNonce: fields["cnonce"], nonceCount: fields["nc"])
        if quality != nil {
            guard clientNonce != nil, let nonceCount, nonceCount.utf8.count == 8, UInt32(nonceCount, radix: 16) != nil
            else { return nil }
        }
    }

    package var description: String {
        var text = "Digest username=\(username.quoted), realm=\(realm.quoted), nonce=\(nonce.quoted), uri=\(uri.quoted)"
        text += ", response=\"\(response)\", algorithm=\(algorithm.rawValue)"
        if let opaque { text += ", opaque=\(opaque.quoted)" }
        if let quality, let clientNonce, let nonceCount {
            text += ", qop=\(quality), cnonce=\(clientNonce.quoted), nc=\(nonceCount)"
        }
        return text
    }

    /// What the response is when the secret is right (RFC 7616 section 3.4.1).
    /// - Parameters:
    ///   - secret: hash of user, realm and password.
    ///   - body: for `auth-int`.
    func expected(
        secret: String, method: SIPMethod, body: [UInt8], hash: DigestHash = { $0.hash($1) }
    ) -> String {
        var first = secret
        if algorithm.isSession { first = hash(algorithm, "\(secret):\(nonce):\(clientNonce ?? "")") }
        var second = "\(method):\(uri)"
        if quality == "auth-int" { second += ":" + algorithm.hash(body) }
        let hashed = hash(algorithm, second)
        guard let quality, let nonceCount, let clientNonce else {
            return hash(algorithm, "\(first):\(nonce):\(hashed)")
        }
        return hash(algorithm, "\(first):\(nonce):\(nonceCount):\(clientNonce):\(quality):\(hashed)")
    }
}

/// The comma-separated fields behind the scheme `Digest`; names in lower case, none twice.
private struct DigestFields {
    private var fields: [String: String] = [:]

    init?(_ text: String) {
        var scanner = ByteScanner(text)
        scanner.skipSpace()
        guard scanner.take(word: "Digest"), scanner.next == 0x20 || scanner.next == 0x09 else { return nil }
        scanner.skipSpace()
        repeat {
            guard fields.count < SIPLimits.parameters, let name = scanner.token()?.asciiLowercased,
                scanner.takeSeparator(UInt8(ascii: "=")), fields[name] == nil
            else { return nil }
            let value = scanner.next == UInt8(ascii: "\"") ? scanner.quotedString() : scanner.token()
            guard let value else { return nil }
            fields[name] = value
        } while scanner.takeSeparator(UInt8(ascii: ","))
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
    }

    subscript(name: String) -> String? { fields[name] }
}
