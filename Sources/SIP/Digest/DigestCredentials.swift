/// A name and a password, or what stands for them (RFC 7616). Never printed.
package struct DigestCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let username: String
    /// The realm for which they are given out; `nil` answers any realm of the configured peer.
    package let realm: String?
    /// Whether MD5 is answered: where the peer is known to speak SHA-256, a challenge with MD5 alone is an attack.
    package let allowsMD5: Bool
    private let password: String

    package init(username: String, password: String, realm: String? = nil, allowsMD5: Bool = true) {
        self.username = username
        self.password = password
        self.realm = realm
        self.allowsMD5 = allowsMD5
    }

    package var description: String { "[redacted]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    func secret(realm: String, algorithm: DigestAlgorithm) -> String {
        algorithm.hash("\(username):\(realm):\(password)")
    }
}

/// The client side of digest authentication: answers challenges and counts nonces.
package struct DigestClient: Sendable {
    /// What is made of a response with challenges.
    package enum Action: Sendable, Equatable {
        /// The request is to be sent again with this field.
        case retry(HeaderName, String)
        case giveUp
    }

    private let credentials: DigestCredentials
    private var counts: [String: UInt32] = [:]
    private var challenges = 0
    private var lastNonce: String?

    package init(_ credentials: DigestCredentials) { self.credentials = credentials }

    /// Answers a 401 or 407 to a request.
    ///
    /// The best algorithm is taken (RFC 8760 section 2.4). The same challenge twice, unless it says that the nonce was stale,
    /// means that the password is wrong.
    package mutating func answer(_ response: SIPMessage, to request: SIPMessage, entropy: inout Entropy) -> Action {
        let isProxy = response.status == 407
        challenges += 1
        guard challenges <= SIPLimits.challengesAnswered else { return .giveUp }
        let candidates = response.headers.values(isProxy ? .proxyAuthenticate : .wwwAuthenticate)
            .compactMap { DigestChallenge($0) }
            .filter { credentials.realm == nil || credentials.realm == $0.realm }
            .filter { credentials.allowsMD5 || $0.algorithm.strength > 1 }
        guard let best = candidates.max(by: { $0.algorithm.strength < $1.algorithm.strength }) else { return .giveUp }
        let name = isProxy ? HeaderName.proxyAuthorization : .authorization
        if request.headers.contains(name), lastNonce != nil, !best.isStale { return .giveUp }
        lastNonce = best.nonce
        guard let value = authorization(for: best, request, &entropy) else { return .giveUp }
        return .retry(name, value)
    }

    private mutating func authorization(
        for challenge: DigestChallenge, _ request: SIPMessage, _ entropy: inout Entropy
    ) -> String? {
        guard case .request(let method, let uri) = request.startLine else { return nil }
        var response = DigestResponse(
            username: credentials.username, realm: challenge.realm, nonce: challenge.nonce, uri: uri, response: "",
            algorithm: challenge.algorithm, opaque: challenge.opaque)
        if challenge.qualities.contains("auth") {
            response.quality = "auth"
        } else if challenge.qualities.contains("auth-int") {
            response.quality = "auth-int"
        } else if !challenge.qualities.isEmpty {
            return nil
        }
        if response.quality != nil || challenge.algorithm.isSession {
            let count = (counts[challenge.nonce] ?? 0) &+ 1
            counts = [challenge.nonce: count]
            response.clientNonce = entropy.token()
            let digits = String(count, radix: 16)
            response.nonceCount = String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        }
        let secret = credentials.secret(realm: challenge.realm, algorithm: challenge.algorithm)
        response.response = response.expected(secret: secret, method: method, body: request.body)
        return response.description
    }
}
