import Crypto
import Foundation
package import Records
import Telephony

/// Who may read over HTTP: holders of tokens, by name. A token itself is not kept, only what it hashes to.
package struct AccessTokens: Sendable {
    private let digests: [(name: String, digest: SHA256.Digest)]

    package init() { digests = [] }

    /// Reads tokens.
    ///
    /// - Parameter places: names of holders, each with `env:NAME` or `file:PATH` where their token is.
    /// - Throws: `RecordsError` when one is not there or too short to be a secret.
    package init(_ places: [(name: String, place: String)]) throws(RecordsError) {
        var digests: [(name: String, digest: SHA256.Digest)] = []
        for (name, place) in places {
            let token = try Secret.read(place, for: "the token of \(name)")
            guard token.utf8.count >= 16 else {
                throw RecordsError("the token of \(name) has less than 16 characters; 'openssl rand -hex 32' makes one")
            }
            digests.append((name, SHA256.hash(data: Data(token.utf8))))
        }
        self.digests = digests
    }

    /// The name of a token's holder; `nil` for no token and for one that nobody holds. Takes the same time for both.
    package func holder(of token: String?) -> String? {
        guard let token else { return nil }
        let digest = SHA256.hash(data: Data(token.utf8))
        var holder: String?
        for known in digests where known.digest == digest { holder = known.name }
        return holder
    }
}
