import NIOCore
import NIOSSL
package import Records
import Synchronization
import Telephony

/// What the HTTP interface shows and asks for: its certificate, and the tokens of those who may read. Both can be
/// exchanged while it serves; connections that there are stay with what they began with.
package final class APICredentials: Sendable {
    fileprivate struct State: Sendable {
        var tokens: AccessTokens
        /// `nil` where nothing is served with TLS.
        var certificate: Certificate?
    }

    fileprivate struct Certificate: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource

        var tls: TLSConfiguration {
            var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
            tls.minimumTLSVersion = .tlsv12
            return tls
        }
    }

    /// What was read and is not in force yet.
    package struct Reading: Sendable {
        fileprivate let state: State
    }

    private let state: Mutex<State>

    /// - Throws: `RecordsError` when a file or a token is missing, in a sentence.
    package init(_ configuration: AdminServer.Configuration) throws(RecordsError) {
        state = Mutex(try APICredentials.read(configuration).state)
    }

    /// Reads certificate and tokens.
    ///
    /// - Throws: `RecordsError` when a file or a token is missing, in a sentence.
    package static func read(_ configuration: AdminServer.Configuration) throws(RecordsError) -> Reading {
        let places = configuration.tokens.map { (name: $0.name, place: $0.place) }
        let tokens = try AccessTokens(places)
        guard configuration.api != nil else { return Reading(state: State(tokens: tokens, certificate: nil)) }
        guard let file = configuration.certificate, let keyFile = configuration.privateKey else {
            throw RecordsError("the HTTP interface wants a certificate and its key; it is not served in the clear")
        }
        guard !configuration.tokens.isEmpty else {
            throw RecordsError("the HTTP interface wants a token; name one by env:NAME or file:PATH")
        }
        do {
            let certificate = Certificate(
                chain: try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) },
                key: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
            // A key that is another certificate's is noticed here and not by the first who connects.
            _ = try NIOSSLContext(configuration: certificate.tls)
            return Reading(state: State(tokens: tokens, certificate: certificate))
        } catch {
            throw RecordsError(
                "\(file), \(keyFile): the certificate or its key cannot be read, or they do not go together")
        }
    }

    /// Takes what was read into force.
    package func apply(_ reading: Reading) { state.withLock { $0 = reading.state } }

    /// The name of a token's holder; `nil` for no token and for one that nobody holds.
    package func holder(of token: String?) -> String? { state.withLock { $0.tokens }.holder(of: token) }

    /// TLS with the certificate that is in force when somebody connects; `nil` where nothing is served with it.
    var tls: TLSConfiguration? {
        guard var tls = state.withLock({ $0.certificate })?.tls else { return nil }
        tls.sslContextCallback = { [self] _, promise in
            var change = NIOSSLContextConfigurationOverride()
            let now = state.withLock { $0.certificate }
            change.certificateChain = now?.chain
            change.privateKey = now?.key
            promise.succeed(change)
        }
        return tls
    }
}
