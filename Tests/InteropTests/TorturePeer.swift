import Foundation
import SIP
import Telephony
import Transport

/// The far end of a service that is sent whole messages, right and wrong: sockets at the ports to which answers come.
struct TorturePeer {
    /// One of its sockets.
    private final class Port {
        let socket: DatagramSocket

        init(_ address: TransportAddress) throws { socket = try DatagramSocket(address) }
    }

    private let ports: [Port]
    private let service: TransportAddress
    private var probes = 0
    /// Call-IDs of messages whose turn is over, which are still answered.
    private var over: Set<String> = []

    /// - Parameters:
    ///   - addresses: the first is that from which messages are sent.
    ///   - service: where it listens.
    init(_ addresses: [TransportAddress], service: TransportAddress) throws {
        ports = try addresses.map { try Port($0) }
        self.service = service
    }

    func send(_ octets: [UInt8]) { octets.withUnsafeBytes { _ = ports[0].socket.send($0, to: service) } }

    /// The next message that came, those at the first port last.
    func next() -> SIPMessage? {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { room in
            for port in ports.reversed() {
                guard let arrival = port.socket.receive(into: room) else { continue }
                return try? SIPMessage(parsing: Array(UnsafeRawBufferPointer(rebasing: room[0..<arrival.count])))
            }
            return nil
        }
    }

    /// The next message that fits, within half a minute.
    func next(where fits: (SIPMessage) -> Bool) -> SIPMessage? {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            guard let message = next() else {
                usleep(500)
                continue
            }
            if fits(message) { return message }
        }
        return nil
    }

    /// Sends a message, and behind it a request that is always answered: what is to come has come before that answer.
    ///
    /// - Returns: the final status; `.some(nil)` for silence, `nil` when the service answers nothing any more.
    mutating func outcome(of octets: [UInt8]) -> Int?? {
        probes += 1
        let probe = "probe-\(probes)"
        send(octets)
        send(options(probe))
        var status: Int?
        let end = next { message in
            if message.callID == probe { return true }
            if let answer = message.status, answer > 100, !over.contains(message.callID ?? "") { status = answer }
            return false
        }
        guard end != nil else { return nil }
        if let name = (try? SIPMessage(parsing: octets))?.callID { over.insert(name) }
        return .some(status)
    }

    private func options(_ name: String) -> [UInt8] {
        let own = ports[0].socket.local.hostAndPort
        return Array(
            """
            OPTIONS sip:\(service.hostAndPort) SIP/2.0\r
            Via: SIP/2.0/UDP \(own);branch=z9hG4bK\(name)\r
            From: <sip:probe@\(own)>;tag=\(name)\r
            To: <sip:\(service.hostAndPort)>\r
            Call-ID: \(name)\r
            CSeq: 1 OPTIONS\r
            Max-Forwards: 70\r
            Content-Length: 0\r
            \r

            """.utf8)
    }
}
