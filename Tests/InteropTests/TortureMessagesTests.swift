import Foundation
import SIP
import Telephony
import Testing
import Transport

/// The messages of RFC 4475 over a socket, at a service that answers any number.
@Suite("Torture messages, live", .serialized)
struct TortureMessagesTests {
    /// Addresses of loopback that no other test uses, so that SIP's own port is free: answers go to the port that Via names.
    private static let peer: UInt32 = 0x7F2C_0001
    private static let configuration = """
        agents:
            main: \(Bench.agent)
        admin: {socket: parley.sock}
        media:
            address: 127.44.0.2
            ports: 24000-24199
        trunks:
            torture:
                listen: ["udp:127.44.0.2:5060"]
                allow: [127.44.0.1]
                media: {networks: [192.0.2.255]}
                otherwise: main

        """
    private static let service = TransportAddress(ipv4: 0x7F2C_0002, port: 5_060)

    private struct Expectation: Decodable {
        var file: String
        var expected: [String]
        enum CodingKeys: String, CodingKey {
            case file
            case expected = "uas_expected"
        }

        /// Whether the RFC lets a message have this final status, or none.
        func allows(_ status: Int?) -> Bool {
            expected.contains { text in
                if text.hasPrefix("TCP:") { return false }
                guard let status else { return text.contains("discard") || text.contains("dropped") }
                if text.contains("processed") {
                    // In a dialog that there is not, or to be answered.
                    return status == 200 || (text.contains("final is not 400") && status == 481)
                }
                return text.split { !$0.isNumber }.contains { $0.count == 3 && Int($0) == status }
            }
        }
    }

    /// The sockets that answers come to: the ports that the messages name.
    private struct Peer: ~Copyable {
        private let usual: DatagramSocket
        private let other: DatagramSocket
        private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        /// Call-IDs of messages whose turn is over, which are still answered.
        private var over: Set<String> = []

        init(_ usual: consuming DatagramSocket, _ other: consuming DatagramSocket) {
            self.usual = usual
            self.other = other
        }

        deinit { room.deallocate() }

        private func send(_ octets: [UInt8]) {
            octets.withUnsafeBytes { _ = usual.send($0, to: TortureMessagesTests.service) }
        }

        private func next() -> SIPMessage? {
            // The answer to what is always answered comes to the usual one, and is to be read last.
            guard let arrival = other.receive(into: room) ?? usual.receive(into: room) else { return nil }
            return try? SIPMessage(parsing: Array(UnsafeRawBufferPointer(rebasing: room[0..<arrival.count])))
        }

        /// Sends a message, and behind it a request that is always answered: what is to come has come before that answer.
        ///
        /// - Returns: the final status; `nil` for silence.
        mutating func outcome(of octets: [UInt8], _ number: Int) -> Int?? {
            send(octets)
            let probe = "probe-\(number)"
            let end = ContinuousClock.now + .seconds(30)
            var status: Int?
            send(TortureMessagesTests.options(probe))
            while ContinuousClock.now < end {
                guard let message = next() else {
                    usleep(1_000)
                    continue
                }
                if message.callID == probe {
                    if let name = (try? SIPMessage(parsing: octets))?.callID { over.insert(name) }
                    return .some(status)
                }
                guard let answer = message.status, answer > 100, !over.contains(message.callID ?? "") else { continue }
                status = answer
            }
            return nil
        }
    }

    private static func options(_ name: String) -> [UInt8] {
        Array(
            """
            OPTIONS sip:127.44.0.2 SIP/2.0\r
            Via: SIP/2.0/UDP 127.44.0.1;branch=z9hG4bK\(name)\r
            From: <sip:probe@127.44.0.1>;tag=\(name)\r
            To: <sip:127.44.0.2>\r
            Call-ID: \(name)\r
            CSeq: 1 OPTIONS\r
            Max-Forwards: 70\r
            Content-Length: 0\r
            \r

            """.utf8)
    }

    private static let folder = repository.deletingLastPathComponent().appending(path: "shared/cases/sip-torture")

    @Test("each message of RFC 4475 is accepted, refused or ignored as the RFC says, and the service goes on")
    func messages() async throws {
        let list = TortureMessagesTests.folder.appending(path: "expected.json")
        guard FileManager.default.fileExists(atPath: list.path) else {
            print("note: ../shared/cases/sip-torture is absent; no torture message is sent")
            return
        }
        let expectations = try JSONDecoder().decode([Expectation].self, from: try Data(contentsOf: list))
        let bench = try Bench()
        try bench.write("parley.yaml", TortureMessagesTests.configuration)
        let service = try bench.start(Bench.parley, ["serve", "--config", "parley.yaml"], output: "log")
        let isUp = try await bench.wait(seconds: 60) {
            bench.read("log").contains("listens on") || service.status != nil
        }
        guard isUp, service.status == nil else {
            Issue.record("the service did not begin: \(bench.read("log"))")
            return
        }
        var peer = Peer(
            try DatagramSocket(TransportAddress(ipv4: TortureMessagesTests.peer, port: 5_060)),
            try DatagramSocket(TransportAddress(ipv4: TortureMessagesTests.peer, port: 5_050)))
        for (number, expectation) in expectations.enumerated() {
            let octets = [UInt8](
                try Data(contentsOf: TortureMessagesTests.folder.appending(path: expectation.file)))
            guard let status = peer.outcome(of: octets, number) else {
                Issue.record("after \(expectation.file) nothing is answered")
                return
            }
            let said = status.map { "\($0)" } ?? "silence"
            #expect(expectation.allows(status), "\(expectation.file): \(said) is none of \(expectation.expected)")
        }
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
    }
}
