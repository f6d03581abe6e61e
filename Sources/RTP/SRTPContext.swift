import CSRTP
import Telephony

/// One direction of a leg's secure media: a libsrtp2 session, which it owns (RFC 3711, RFC 7714).
///
/// A context that receives takes any source that authenticates, keeps the rollover counter and a replay window of 128
/// packets for each, and moves neither before a packet has authenticated. Packets are changed in place. The library
/// allocates a little with every packet.
package struct SRTPContext: ~Copyable {
    /// Which way the packets go.
    package enum Direction: Sendable {
        case inbound
        case outbound
    }

    /// Why a packet was not taken.
    package enum Refusal: Error, Sendable, CaseIterable {
        /// Too short, or its header contradicts itself.
        case malformed
        /// Not encrypted with the key, or changed on the way.
        case unauthenticated
        /// It had come before, or is older than the window.
        case replayed
    }

    /// The library has no such cipher, or no memory.
    package struct SetupError: Error, Sendable {}

    /// Octets that a packet may grow by when it is protected, a whole number of words.
    package static let longestTrailer = Int(SRTP_MAX_TAG_LEN) + 4

    private let session: srtp_t

    /// - Throws: ``SetupError``.
    package init(_ key: SRTPMasterKey, _ direction: Direction) throws(SetupError) {
        guard SRTPContext.isLibraryReady else { throw SetupError() }
        var policy = srtp_policy_t()
        switch key.suite {
        case .aesCM128HMACSHA1Tag80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aesCM128HMACSHA1Tag32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp)
            // RTCP keeps the long tag (RFC 4568 section 6.2.2).
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aeadAES128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        policy.ssrc.type = direction == .inbound ? ssrc_any_inbound : ssrc_any_outbound
        policy.window_size = 128
        policy.allow_repeat_tx = 0
        var material = key.octets(for: .mediaEncryption)
        var session: srtp_t?
        let status = material.withUnsafeMutableBufferPointer { octets in
            policy.key = octets.baseAddress
            return srtp_create(&session, &policy)
        }
        for index in material.indices { material[index] = 0 }
        guard status == srtp_err_status_ok, let session else { throw SetupError() }
        self.session = session
    }

    deinit { srtp_dealloc(session) }

    /// The library is initialised once for the process.
    private static let isLibraryReady = srtp_init() == srtp_err_status_ok

    /// Encrypts and authenticates the first `count` octets.
    ///
    /// - Parameter packet: a whole packet, with room for ``longestTrailer`` octets behind it.
    /// - Returns: the octets of the protected packet; `nil` when the library refuses, as it does when a key has been
    ///   used for all the packets that it may be used for.
    package mutating func protect(_ packet: inout MutableSpan<UInt8>, count: Int, isRTCP: Bool) -> Int? {
        guard count >= (isRTCP ? 8 : 12), count <= packet.count - SRTPContext.longestTrailer else { return nil }
        var length = Int32(truncatingIfNeeded: count)
        let status = packet.withUnsafeMutableBytes { octets in
            isRTCP
                ? srtp_protect_rtcp(session, octets.baseAddress, &length)
                : srtp_protect(session, octets.baseAddress, &length)
        }
        return status == srtp_err_status_ok ? Int(length) : nil
    }

    /// Authenticates and decrypts the first `count` octets.
    ///
    /// - Returns: the octets of the plain packet.
    /// - Throws: ``Refusal``; the octets are void then.
    package mutating func unprotect(
        _ packet: inout MutableSpan<UInt8>, count: Int, isRTCP: Bool
    ) throws(Refusal) -> Int {
        guard count >= RTPHeader.fixedLength, count <= packet.count else { throw .malformed }
        var length = Int32(truncatingIfNeeded: count)
        let status = packet.withUnsafeMutableBytes { octets in
            isRTCP
                ? srtp_unprotect_rtcp(session, octets.baseAddress, &length)
                : srtp_unprotect(session, octets.baseAddress, &length)
        }
        switch status {
        case srtp_err_status_ok where length >= 0 && length <= count: return Int(length)
        case srtp_err_status_replay_fail, srtp_err_status_replay_old: throw .replayed
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail, srtp_err_status_no_ctx: throw .unauthenticated
        default: throw .malformed
        }
    }
}
