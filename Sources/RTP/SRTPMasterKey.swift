package import Telephony

/// A set of algorithms of SRTP; the raw value is its name in SDP (RFC 4568 section 6.2, RFC 7714 section 14.2).
package enum SRTPSuite: String, Sendable, CaseIterable {
    case aesCM128HMACSHA1Tag80 = "AES_CM_128_HMAC_SHA1_80"
    case aesCM128HMACSHA1Tag32 = "AES_CM_128_HMAC_SHA1_32"
    case aeadAES128GCM = "AEAD_AES_128_GCM"

    /// Octets of master key and salt together.
    package var keyLength: Int {
        switch self {
        case .aesCM128HMACSHA1Tag80, .aesCM128HMACSHA1Tag32: 16 + 14
        case .aeadAES128GCM: 16 + 12
        }
    }

    /// Octets that a protected RTP packet is longer.
    package var tagLength: Int {
        switch self {
        case .aesCM128HMACSHA1Tag80: 10
        case .aesCM128HMACSHA1Tag32: 4
        case .aeadAES128GCM: 16
        }
    }
}

/// A master key with its salt: what one direction of a leg is encrypted with. Cannot be printed.
package struct SRTPMasterKey: Sendable, Equatable {
    package let suite: SRTPSuite
    let material: Redacted<[UInt8]>

    /// - Parameter material: key, then salt.
    /// - Returns: `nil` unless there are exactly ``SRTPSuite/keyLength`` octets.
    package init?(_ suite: SRTPSuite, material: [UInt8]) {
        guard material.count == suite.keyLength else { return nil }
        self.suite = suite
        self.material = Redacted(material)
    }

    /// Draws a key; live from the system's generator alone.
    package init(_ suite: SRTPSuite, from generator: inout some RandomNumberGenerator) {
        self.suite = suite
        material = Redacted((0..<suite.keyLength).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }

    /// The octets, for the one line of SDP that carries them.
    package func octets(for purpose: DisclosurePurpose) -> [UInt8] { material.reveal(for: purpose) }
}

/// The keys of a leg's two directions.
package struct SRTPKeys: Sendable, Equatable {
    /// What the far end encrypts with.
    package var inbound: SRTPMasterKey
    /// What Parley encrypts with.
    package var outbound: SRTPMasterKey

    package init(inbound: SRTPMasterKey, outbound: SRTPMasterKey) {
        self.inbound = inbound
        self.outbound = outbound
    }
}
