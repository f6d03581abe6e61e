import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// What an error of a socket, or of TLS on it, says to whoever has to put it right.
package enum SocketProblem {
    /// A part of a sentence, without a full stop.
    package static func sentence(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            return error.connectionErrors.first.map { sentence($0.error) } ?? "nobody is there"
        }
        if let error = error as? IOError {
            return ofSystem[error.errnoCode] ?? String(cString: strerror(error.errnoCode)).lowercased()
        }
        switch error {
        case ChannelError.connectTimeout(let time):
            return "there was no answer within \(time.nanoseconds / 1_000_000_000) s"
        case is ChannelError: return "the connection was closed"
        default: break
        }
        let text = "\(error)"
        return ofTLS.first { text.contains($0.word) }?.sentence ?? text
    }

    private static let ofSystem: [CInt: String] = [
        EADDRINUSE: "another program listens there already",
        EADDRNOTAVAIL: "this machine has no such address",
        EACCES: "this user may not; ports below 1024 are for root, or for CAP_NET_BIND_SERVICE",
        ECONNREFUSED: "nobody listens there",
        EHOSTUNREACH: "the host is not reached from this machine",
        ENETUNREACH: "the network is not reached from this machine",
        ETIMEDOUT: "there was no answer",
        ECONNRESET: "the far end broke the connection off",
        EPIPE: "the far end broke the connection off",
    ]

    /// Words in errors of TLS; those of alerts come first, which the far end sends.
    private static let ofTLS: [(word: String, sentence: String)] = [
        ("ALERT_UNKNOWN_CA", "the far end does not know who vouches for the certificate that it was shown"),
        ("CERTIFICATE_REQUIRED", "the far end wants to be shown a certificate"),
        ("ALERT_CERTIFICATE_EXPIRED", "the certificate that the far end was shown is out of date"),
        ("ALERT_CERTIFICATE_UNKNOWN", "the far end does not take the certificate that it was shown"),
        ("ALERT_UNSUPPORTED_CERTIFICATE", "the far end does not take the certificate that it was shown for this use"),
        ("ALERT_BAD_CERTIFICATE", "the far end does not take the certificate that it was shown"),
        ("ALERT_HANDSHAKE_FAILURE", "the far end broke the handshake of TLS off"),
        ("PROTOCOL_VERSION", "there is no version of TLS that both sides speak"),
        ("UNSUPPORTED_PROTOCOL", "there is no version of TLS that both sides speak"),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the far end showed no certificate"),
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the far end's certificate is not good: nobody who is trusted vouches for it, it is out of date, or it is for another use"
        ),
        ("failedToValidateHostname", "the far end's certificate is for another name"),
        ("unableToValidateCertificate", "the far end's certificate is not good"),
        ("WRONG_VERSION_NUMBER", "the far end does not speak TLS there"),
        ("HTTP_REQUEST", "the far end speaks HTTP there"),
        ("uncleanShutdown", "the far end broke the connection off"),
        ("eofDuringHandshake", "the far end broke the handshake of TLS off"),
        ("KEY_VALUES_MISMATCH", "the key is another certificate's"),
        ("failedToLoadPrivateKey", "the key is another certificate's, or cannot be read"),
    ]
}
