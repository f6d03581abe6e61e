import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// Who Parley is on TLS, and whom it trusts: the certificates of one listener, read once.
package final class TLSIdentity: Sendable {
    /// Where the certificates are, and what is asked of the far end's.
    package struct Files: Sendable, Equatable {
        /// The certificate and those that vouch for it, PEM.
        package var certificate: String
        package var key: String
        /// Certificate authorities, PEM; `nil` trusts the system's.
        package var trust: String?
        /// Who calls in must show a certificate.
        package var requiresClientCertificate: Bool
        /// It is good although its usages have no clientAuth.
        package var acceptsServerCertificates: Bool

        package init(
            certificate: String, key: String, trust: String? = nil, requiresClientCertificate: Bool = false,
            acceptsServerCertificates: Bool = false
        ) {
            self.certificate = certificate
            self.key = key
            self.trust = trust
            self.requiresClientCertificate = requiresClientCertificate
            self.acceptsServerCertificates = acceptsServerCertificates
        }
    }

    /// `nil` for one that only calls.
    private let server: NIOSSLContext?
    private let client: NIOSSLContext
    /// Judges the certificates of those who call in, where the library's own rules are too narrow.
    private let judge: CertificateJudge?

    /// Reads the files.
    ///
    /// - Throws: ``TransportError`` with the file that cannot be used.
    package init(_ files: Files) throws(TransportError) {
        let chain = try TLSIdentity.certificates(files.certificate)
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            throw TransportError("\(files.key): no private key can be read from it (PEM); check the file")
        }
        let authorities = try files.trust.map { file throws(TransportError) in try TLSIdentity.certificates(file) }
        let roots: NIOSSLTrustRoots = authorities.map { .certificates($0) } ?? .default
        var server = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        server.minimumTLSVersion = .tlsv12
        if files.requiresClientCertificate {
            server.certificateVerification = .noHostnameVerification
            server.trustRoots = roots
        }
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv12
        client.trustRoots = roots
        client.certificateChain = chain.map { .certificate($0) }
        client.privateKey = .privateKey(key)
        do {
            self.server = try NIOSSLContext(configuration: server)
            self.client = try NIOSSLContext(configuration: client)
        } catch {
            throw TransportError(
                "\(files.certificate) and \(files.key) do not go together: \(SocketProblem.sentence(error))")
        }
        judge =
            files.requiresClientCertificate && files.acceptsServerCertificates
            ? CertificateJudge(authorities ?? []) : nil
    }

    /// Who calls others and takes no calls.
    ///
    /// - Parameters:
    ///   - trust: certificate authorities, PEM; `nil` trusts the system's.
    ///   - certificate: is shown to servers that ask for one, with its key; PEM.
    /// - Throws: ``TransportError`` with the file that cannot be used.
    package init(clientTrusting trust: String?, certificate: (chain: String, key: String)?) throws(TransportError) {
        let authorities = try trust.map { file throws(TransportError) in try TLSIdentity.certificates(file) }
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv12
        client.trustRoots = authorities.map { .certificates($0) } ?? .default
        if let certificate {
            client.certificateChain = try TLSIdentity.certificates(certificate.chain).map { .certificate($0) }
            do {
                client.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
            } catch {
                throw TransportError("\(certificate.key): no private key can be read from it (PEM); check the file")
            }
        }
        do {
            self.client = try NIOSSLContext(configuration: client)
        } catch {
            throw TransportError("TLS cannot be set up with these certificates: \(SocketProblem.sentence(error))")
        }
        server = nil
        judge = nil
    }

    private static func certificates(_ file: String) throws(TransportError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {}
        throw TransportError("\(file): no certificate can be read from it (PEM); check the file")
    }

    func serverHandler() throws -> NIOSSLServerHandler {
        guard let server else { throw ChannelError.ioOnClosedChannel }
        guard let judge else { return NIOSSLServerHandler(context: server) }
        return NIOSSLServerHandler(context: server) { presented, promise in
            promise.completeWithTask { await judge.accepts(presented) ? .certificateVerified : .failed }
        }
    }

    /// - Parameter name: that the server must prove; without one it is its address.
    func clientHandler(_ name: String?) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: client, serverHostname: name)
    }
}

/// Judges chains of certificates by RFC 5280, whatever usages the first of them is meant for.
private final class CertificateJudge: Sendable {
    private let roots: CertificateStore

    /// - Parameter authorities: none stands for the system's.
    init(_ authorities: [NIOSSLCertificate]) {
        let roots = authorities.compactMap { try? Certificate($0) }
        self.roots = authorities.isEmpty ? .systemTrustRoots : CertificateStore(roots)
    }

    func accepts(_ presented: [NIOSSLCertificate]) async -> Bool {
        let chain = presented.compactMap { try? Certificate($0) }
        guard let leaf = chain.first, chain.count == presented.count else { return false }
        var verifier = Verifier(rootCertificates: roots) { RFC5280Policy() }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        if case .validCertificate = result { return true }
        return false
    }
}

extension Certificate {
    fileprivate init(_ certificate: NIOSSLCertificate) throws {
        try self.init(derEncoded: try certificate.toDERBytes())
    }
}
