import SIP
import Telephony
import Transport

/// One who asks for users with credentials that are wrong, one request after the other.
struct UserAsker: ~Copyable {
    struct Answer {
        var microseconds: Double
        /// Without what is new in every answer, or was said in the request.
        var text: String
    }

    private let socket: DatagramSocket
    private let target: TransportAddress
    private let room: UnsafeMutableRawBufferPointer
    private var count = 0

    init(from host: UInt32, at port: UInt16) throws {
        socket = try DatagramSocket(TransportAddress(ipv4: host, port: 0))
        target = TransportAddress(ipv4: FarEnd.loopback, port: port)
        room = .allocate(byteCount: 65_536, alignment: 16)
    }

    deinit { room.deallocate() }

    mutating func waitForService(seconds: Int) -> Bool {
        for _ in 0..<seconds * 2 {
            if ask("OPTIONS", "nobody00", nonce: nil, milliseconds: 500) != nil { return true }
        }
        return false
    }

    /// A nonce that the service has just made.
    mutating func nonce() -> String? {
        guard let (message, _) = exchange("REGISTER", "nobody00", nil, 5_000) else { return nil }
        return message.headers.values(.wwwAuthenticate).lazy.compactMap { DigestChallenge($0)?.nonce }.first
    }

    /// Asks, and waits for the final response.
    ///
    /// - Parameter nonce: of the credentials; `nil` sends none.
    mutating func ask(_ method: String, _ user: String, nonce: String?, milliseconds: Int64) -> Answer? {
        guard let (message, microseconds) = exchange(method, user, nonce, milliseconds) else { return nil }
        var copy = message
        for name in [HeaderName.via, .callID, .cseq, .from, .to, .wwwAuthenticate] { copy.headers.remove(name) }
        let challenges = message.headers.values(.wwwAuthenticate).map { text in
            DigestChallenge(text).map { text.replacing($0.nonce, with: "") } ?? text
        }
        // The tag is new, and always as long.
        let length = message.octets.count
        return Answer(
            microseconds: microseconds,
            text: String(decoding: copy.octets, as: UTF8.self) + challenges.joined(separator: "\n") + "\(length)")
    }

    private mutating func exchange(_ method: String, _ user: String, _ nonce: String?, _ milliseconds: Int64) -> (
        SIPMessage, microseconds: Double
    )? {
        count += 1
        let name = "strangers-\(1_000_000 + count)"
        let octets = request(method, user, name, nonce)
        let began = MonotonicClock.now
        _ = octets.withUnsafeBytes { socket.send($0, to: target) }
        let end = began + .milliseconds(milliseconds)
        while MonotonicClock.now < end {
            guard let arrival = socket.receive(into: room) else { continue }
            let now = MonotonicClock.now
            let octets = Array(UnsafeRawBufferPointer(rebasing: room[0..<arrival.count]))
            guard let message = try? SIPMessage(parsing: octets), message.callID == name, let status = message.status,
                status >= 200
            else { continue }
            if method == "INVITE" { acknowledge(user, name, message) }
            return (message, Double((now - began).nanoseconds) / 1_000)
        }
        return nil
    }

    private func acknowledge(_ user: String, _ name: String, _ response: SIPMessage) {
        let octets = request("ACK", user, name, nil, to: response.headers[.to])
        _ = octets.withUnsafeBytes { socket.send($0, to: target) }
    }

    private func request(_ method: String, _ user: String, _ name: String, _ nonce: String?, to: String? = nil)
        -> [UInt8]
    {
        var lines = [
            "\(method) sip:127.0.0.1 SIP/2.0",
            "Via: SIP/2.0/UDP \(Host(socket.local)):\(socket.local.port);branch=z9hG4bK\(name)", "Max-Forwards: 70",
            "From: <sip:\(user)@proof>;tag=1", "To: \(to ?? "<sip:\(user)@proof>")", "Call-ID: \(name)",
            "CSeq: 1 \(method)", "Contact: <sip:\(user)@127.0.0.1:\(socket.local.port)>",
        ]
        if let nonce {
            lines.append(
                "Authorization: Digest username=\"\(user)\", realm=\"proof\", nonce=\"\(nonce)\", uri=\"sip:127.0.0.1\", "
                    + "response=\"\(String(repeating: "0", count: 64))\", algorithm=SHA-256, qop=auth, cnonce=\"c\", nc=00000001"
            )
        }
        lines += ["Content-Length: 0", "", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }
}
