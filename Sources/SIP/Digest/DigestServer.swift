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
    /// Of a user; behind a function, so that no text about this has one in it.
    private let password: @Sendable (_ username: String) -> String?
    private let hash: DigestHash
    private var counts: [String: UInt32] = [:]
    private var order: [String] = []

    /// - Parameters:
    ///   - key: at least 16 random octets, of the process.
    ///   - lifetime: of a nonce.
    ///   - passwords: by the name of the user.
    ///   - hash: of every text that is hashed for a verdict.
    package init(
        realm: String, key: [UInt8], algorithms: [DigestAlgorithm] = [.sha256, .md5], qualities: [String] = ["auth"],
        lifetime: Interval = .seconds(30), passwords: [String: String],
        hash: @escaping DigestHash = { $0.hash($1) }
    ) {
        self.realm = realm
        self.key = key
        self.algorithms = algorithms
        self.qualities = qualities
        self.lifetime = lifetime
        password = { passwords[$0] }
        self.hash = hash
    }

    /// Judges a request. Unknown users and wrong passwords get the same answer after the same work.
    /// - Parameter source: binds the nonce to who asked for it.
    package mutating func verdict(on request: SIPMessage, from source: TransportAddress, at now: Instant) -> Verdict {
        let given = request.headers.values(.authorization).compactMap { DigestResponse($0) }.first { $0.realm == realm }
        guard let given, let method = request.method, case .request(_, let uri) = request.startLine else {
            return challenge(source, now, isStale: false)
        }
        let isOurs = isOurNonce(given.nonce, source)
        let known = password(given.username)
        // A user that is not there has a password too, which is the work of one that is, and never the right one.
        let secret = hash(given.algorithm, "\(given.username):\(realm):\(known ?? DigestServer.nobody)")
        let expected = given.expected(secret: secret, method: method, body: request.body, hash: hash)
        let isRight = Hexadecimal.isEqual(expected, given.response)
        guard isRight, known != nil, isOurs, algorithms.contains(given.algorithm), isServed(given.quality),
            namesSame(given.uri, uri)
        else { return challenge(source, now, isStale: false) }
        guard isFresh(given.nonce, now), countIsNew(given) else { return challenge(source, now, isStale: true) }
        return .authenticated(username: given.username)
    }

    /// Takes over which nonces were used and how often, so that no request counts twice.
    mutating func remember(noncesOf earlier: consuming DigestServer) {
        counts = earlier.counts
        order = earlier.order
    }

    /// As long as passwords are.
    private static let nobody = "0123456789abcdef"

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
