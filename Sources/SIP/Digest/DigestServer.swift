package import Telephony

/// The server side of digest authentication. It keeps no state for challenges: a nonce is its time and a code that only the
/// key's owner can make; what it remembers are the counts of nonces in use, within a bound.
package struct DigestServer: Sendable {
    /// What a request's credentials are worth.
    package enum Verdict: Sendable, Equatable {
        case authenticated(username: String)
        /// A 401 with these WWW-Authenticate fields, the best algorithm first (RFC 8760 section 2.3).
        case challenge([String])
    }

    package let realm: String
    private let key: [UInt8]
    private let algorithms: [DigestAlgorithm]
    private let qualities: [String]
    private let lifetime: Interval
    /// The hash of user, realm and password for an algorithm; `nil` for an unknown user.
    private let secret: @Sendable (_ username: String, DigestAlgorithm) -> String?
    private var counts: [String: UInt32] = [:]
    private var order: [String] = []

    /// - Parameters:
    ///   - lifetime: of a nonce.
    ///   - key: at least 16 random octets, of the process.
    package init(
        realm: String, key: [UInt8], algorithms: [DigestAlgorithm] = [.sha256, .md5], qualities: [String] = ["auth"],
        lifetime: Interval = .seconds(30), secret: @escaping @Sendable (_ username: String, DigestAlgorithm) -> String?
    ) {
        self.realm = realm
        self.key = key
        self.algorithms = algorithms
        self.qualities = qualities
        self.lifetime = lifetime
        self.secret = secret
    }

    /// A server that knows users by their passwords.
    package init(
        realm: String, key: [UInt8], algorithms: [DigestAlgorithm] = [.sha256, .md5], passwords: [String: String]
    ) {
        self.init(realm: realm, key: key, algorithms: algorithms) { username, algorithm in
            passwords[username].map {
                DigestCredentials(username: username, password: $0).secret(realm: realm, algorithm: algorithm)
            }
        }
    }

    /// Judges a request. Unknown users and wrong passwords get the same answer after the same work.
    /// - Parameter source: binds the nonce to who asked for it.
    package mutating func verdict(on request: SIPMessage, from source: TransportAddress, at now: Instant) -> Verdict {
        let given = request.headers.values(.authorization).compactMap { DigestResponse($0) }.first { $0.realm == realm }
        guard let given, let method = request.method, case .request(_, let uri) = request.startLine else {
            return challenge(source, now, isStale: false)
        }
        let isOurs = isOurNonce(given.nonce, source)
        let known = secret(given.username, given.algorithm)
        let fallback = given.algorithm.hash("nobody:\(realm):nothing")
        let expected = given.expected(secret: known ?? fallback, method: method, body: request.body)
        let isRight = Hexadecimal.isEqual(expected, given.response)
        guard isRight, known != nil, isOurs, algorithms.contains(given.algorithm), isServed(given.quality),
            namesSame(given.uri, uri)
        else { return challenge(source, now, isStale: false) }
        guard isFresh(given.nonce, now), countIsNew(given) else { return challenge(source, now, isStale: true) }
        return .authenticated(username: given.username)
    }

    private func isServed(_ quality: String?) -> Bool { quality.map { qualities.contains($0) } ?? false }

    /// Proxies may rewrite the Request-URI's parameters; user and host must agree.
    private func namesSame(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        guard let a = SIPURI(a), let b = SIPURI(b) else { return false }
        return a.user == b.user && a.host == b.host
    }

    private func challenge(_ source: TransportAddress, _ now: Instant, isStale: Bool) -> Verdict {
        let nonce = makeNonce(source, now)
        return .challenge(
            algorithms.map {
                DigestChallenge(realm: realm, nonce: nonce, algorithm: $0, isStale: isStale, qualities: qualities)
                    .description
            })
    }

    private func code(_ time: String, _ source: TransportAddress) -> String {
        String(Hexadecimal.authenticationCode("\(time)|\(Host(source).bare)|\(realm)", key: key).prefix(32))
    }

    private func makeNonce(_ source: TransportAddress, _ now: Instant) -> String {
        let time = String(UInt64(bitPattern: now.nanoseconds), radix: 16)
        return time + "." + code(time, source)
    }

    private func isOurNonce(_ nonce: String, _ source: TransportAddress) -> Bool {
        let parts = nonce.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, nonce.utf8.count < 64 else { return false }
        return Hexadecimal.isEqual(code(String(parts[0]), source), String(parts[1]))
    }

    private func isFresh(_ nonce: String, _ now: Instant) -> Bool {
        guard let bits = nonce.split(separator: ".").first.flatMap({ UInt64($0, radix: 16) }) else { return false }
        let age = now - Instant(nanoseconds: Int64(bitPattern: bits))
        return age >= .zero && age <= lifetime
    }

    /// Each nonce count is taken once, in order (RFC 7616 section 3.4, `nc`).
    private mutating func countIsNew(_ given: DigestResponse) -> Bool {
        guard let text = given.nonceCount, let count = UInt32(text, radix: 16) else { return true }
        if let last = counts[given.nonce] {
            guard count > last else { return false }
        } else {
            order.append(given.nonce)
            if order.count > SIPLimits.rememberedNonces {
                for old in order.prefix(SIPLimits.rememberedNonces / 2) { counts[old] = nil }
                order.removeFirst(SIPLimits.rememberedNonces / 2)
            }
        }
        counts[given.nonce] = count
        return true
    }
}
