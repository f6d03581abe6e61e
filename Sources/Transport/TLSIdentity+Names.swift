import NIOSSL
import SwiftASN1
import X509

extension TLSIdentity {
    /// The DNS names that a certificate file's first certificate proves: its alternative names, or its common name where it
    /// has none (RFC 6125 section 6.4).
    ///
    /// - Parameter file: PEM.
    /// - Returns: in lower case; empty when the file cannot be read.
    package static func names(inCertificate file: String) -> [String] {
        guard let first = try? NIOSSLCertificate.fromPEMFile(file).first, let octets = try? first.toDERBytes(),
            let certificate = try? Certificate(derEncoded: octets)
        else { return [] }
        let alternatives =
            (try? certificate.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames([])
        let names = alternatives.compactMap { name -> String? in
            if case .dnsName(let name) = name { name.lowercased() } else { nil }
        }
        if !names.isEmpty { return names }
        for part in certificate.subject {
            for attribute in part where attribute.type == ASN1ObjectIdentifier.RDNAttributeType.commonName {
                return [attribute.value.description.lowercased()]
            }
        }
        return []
    }

    /// Whether a name of a certificate stands for a host: itself, or a wildcard for one level.
    package static func isProved(_ host: String, by names: [String]) -> Bool {
        let host = host.lowercased()
        return names.contains { name in
            guard name.hasPrefix("*.") else { return name == host }
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }
}
