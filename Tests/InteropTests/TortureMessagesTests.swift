import Foundation
import SIP
import Telephony
import Testing
import Transport

/// The messages of RFC 4475, of RFC 5118 and more over a socket, at a service that answers any number.
@Suite("Torture messages, live", .serialized)
struct TortureMessagesTests {
    /// Addresses of loopback that no other test uses, so that SIP's own port is free: answers go to the port that Via names.
    private static let peer: UInt32 = 0x7F2C_0001
    /// IPv6 has one address of loopback: the far end has SIP's own port, and the service another.
    private static let loopback6 = TransportAddress(high: 0, low: 1, port: 5_060)
    private static let configuration = """
        agents:
            main: \(Bench.agent)
        admin: {socket: parley.sock}
        media:
            ports: 24000-24199
        trunks:
            torture:
                listen: ["udp:127.44.0.2:5060"]
                allow: [127.44.0.1]
                media: {networks: [192.0.2.255]}
                otherwise: main
            ipv6:
                listen: ["udp:[::1]:5068", "udp:127.44.0.2:5068"]
                allow: ["::1"]
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

    private static let folder = repository.deletingLastPathComponent().appending(path: "shared/cases/sip-torture")

    @Test("each message is accepted, refused or ignored as the standards say, and the service goes on")
    func messages() async throws {
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
        var peer = try TorturePeer(
            [5_060, 5_050].map { TransportAddress(ipv4: TortureMessagesTests.peer, port: $0) },
            service: TortureMessagesTests.service)
        try TortureMessagesTests.sendRFC4475(by: &peer)
        TortureMessagesTests.send(TortureMessage.odd, by: &peer)
        var six = try TorturePeer(
            [UInt16(5_060), 6_050, 19_823].map { port in
                var address = TortureMessagesTests.loopback6
                address.port = port
                return address
            }, service: TransportAddress(high: 0, low: 1, port: 5_068))
        TortureMessagesTests.send(TortureMessage.ofRFC5118, by: &six)
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
    }

    private static func sendRFC4475(by peer: inout TorturePeer) throws {
        let list = folder.appending(path: "expected.json")
        guard FileManager.default.fileExists(atPath: list.path) else {
            print("note: ../shared/cases/sip-torture is absent; no message of RFC 4475 is sent")
            return
        }
        for expectation in try JSONDecoder().decode([Expectation].self, from: try Data(contentsOf: list)) {
            let octets = [UInt8](try Data(contentsOf: folder.appending(path: expectation.file)))
            guard let status = peer.outcome(of: octets) else {
                Issue.record("after \(expectation.file) nothing is answered")
                return
            }
            let said = status.map { "\($0)" } ?? "silence"
            #expect(expectation.allows(status), "\(expectation.file): \(said) is none of \(expectation.expected)")
        }
    }

    private static func send(_ messages: [TortureMessage], by peer: inout TorturePeer) {
        for message in messages {
            guard let status = peer.outcome(of: message.octets) else {
                Issue.record("after \(message.name) nothing is answered")
                return
            }
            let said = status.map { "\($0)" } ?? "silence"
            let allowed = message.allowed.map { $0.map { "\($0)" } ?? "silence" }
            #expect(message.allowed.contains(status), "\(message.name): \(said) is none of \(allowed)")
        }
    }
}
