import CryptoExtras
import Foundation
import Records
import Telephony

/// The access token of one connector: fetched when it is first needed, again when its time is nearly over or when the
/// other side refuses it; by one request however many wait.
actor AccessTokens {
    /// A token, and where it is good.
    struct Token: Sendable {
        var secret: Redacted<String>
        /// The base of the other side's addresses, where it says so.
        var instance: String?
        var expiresAt: WallTime

        /// The header that carries it.
        var header: (name: String, value: String) {
            ("Authorization", "Bearer \(secret.reveal(for: .declaredRequest))")
        }
    }

    enum Failure: Error {
        case outcome(DeliveryOutcome)
    }

    private let fetch: @Sendable (WallTime) async -> Result<Token, Failure>
    private var token: Token?
    private var fetching: Task<Result<Token, Failure>, Never>?

    init(fetch: @escaping @Sendable (WallTime) async -> Result<Token, Failure>) { self.fetch = fetch }

    /// A token that is good for a minute at least.
    func current(at now: WallTime) async throws(Failure) -> Token {
        if let token, now + .seconds(60) < token.expiresAt { return token }
        let task = fetching ?? Task { [fetch] in await fetch(now) }
        fetching = task
        let result = await task.value
        fetching = nil
        let fresh = try result.get()
        token = fresh
        return fresh
    }

    /// The other side refused a token: it is not used again.
    func discard(_ refused: Token) {
        if token?.secret == refused.secret { token = nil }
    }
}

extension ConnectorTransport {
    /// Sends a request with a token; once more with a new one when the other side says that it is not good any more.
    func send(
        _ request: ConnectorRequest, with tokens: AccessTokens, at now: WallTime
    ) async throws(AccessTokens.Failure) -> ConnectorReply {
        for isSecond in [false, true] {
            let token = try await tokens.current(at: now)
            var authorized = request
            authorized.headers.append(token.header)
            if let instance = token.instance { authorized.url = instance + request.url }
            let reply = await send(authorized)
            guard case .answered(let answer) = reply, answer.status == 401, !isSecond else { return reply }
            await tokens.discard(token)
        }
        return .failed(reason: "no token is accepted")
    }
}

/// Client credentials and assertions of OAuth 2.
enum OAuth {
    /// A token by client credentials (RFC 6749 section 4.4).
    static func clientCredentials(
        url: String, clientID: String, clientSecret: Redacted<String>, scope: String,
        _ transport: any ConnectorTransport, at now: WallTime
    ) async -> Result<AccessTokens.Token, AccessTokens.Failure> {
        await token(
            .form(
                url,
                [
                    ("grant_type", "client_credentials"), ("client_id", clientID),
                    ("client_secret", clientSecret.reveal(for: .declaredRequest)), ("scope", scope),
                ]), transport, at: now)
    }

    /// A token for a signed assertion (RFC 7523 section 2.1).
    static func assertion(
        url: String, _ assertion: String, _ transport: any ConnectorTransport, at now: WallTime
    ) async -> Result<AccessTokens.Token, AccessTokens.Failure> {
        await token(
            .form(
                url, [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)]),
            transport, at: now)
    }

    private static func token(
        _ request: ConnectorRequest, _ transport: any ConnectorTransport, at now: WallTime
    ) async -> Result<AccessTokens.Token, AccessTokens.Failure> {
        switch await transport.send(request) {
        case .failed(let reason):
            return .failure(.outcome(.unavailable(reason: "the token service: \(reason)", retryAfter: nil)))
        case .answered(let answer):
            guard answer.status == 200, let secret = answer.json["access_token"]?.string else {
                let why = answer.json["error"]?.string ?? "answered \(answer.status)"
                return .failure(
                    .outcome(
                        .unavailable(
                            reason: "the token service refuses: \(why.prefix(100)); check the credentials",
                            retryAfter: answer.retryAfter(at: now))))
            }
            // Where the answer does not say how long, the token is used until it is refused.
            let seconds = answer.json["expires_in"]?.number ?? 3_600
            return .success(
                AccessTokens.Token(
                    secret: Redacted(secret), instance: answer.json["instance_url"]?.string,
                    expiresAt: now + .seconds(Int64(min(max(0, seconds), 86_400)))))
        }
    }
}

/// JSON Web Tokens with RS256 (RFC 7519, RFC 7518 section 3.3).
struct JSONWebTokenSigner: Sendable {
    private let key: _RSA.Signing.PrivateKey

    /// - Throws: ``RecordsError`` when the text is no private key of RSA in PEM.
    init(pem: String) throws(RecordsError) {
        do {
            key = try _RSA.Signing.PrivateKey(pemRepresentation: pem)
        } catch {
            throw RecordsError("the private key is no RSA key of at least 2048 bits in PEM")
        }
    }

    func sign(_ claims: JSONDocument) throws -> String {
        let header: JSONDocument = ["alg": "RS256", "typ": "JWT"]
        let content = header.data.base64URL + "." + claims.data.base64URL
        let signature = try key.signature(for: Data(content.utf8), padding: .insecurePKCS1v1_5)
        return content + "." + signature.rawRepresentation.base64URL
    }
}
