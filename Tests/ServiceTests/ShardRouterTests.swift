import CallControl
import SIP
import Synchronization
import Telephony
import Testing
import Transport

@testable import Service

@Suite("ShardRouter")
struct ShardRouterTests {
    private static func message(
        _ method: String, callID: String = "c", toTag: String = "", branch: String = "z9hG4bKx"
    ) throws -> SIPMessage {
        try SIPMessage(
            parsing: Array(
                """
                \(method) sip:100@192.0.2.1 SIP/2.0\r
                Via: SIP/2.0/UDP 192.0.2.9;branch=\(branch)\r
                From: <sip:a@192.0.2.9>;tag=f\r
                To: <sip:100@192.0.2.1>\(toTag.isEmpty ? "" : ";tag=" + toTag)\r
                Call-ID: \(callID)\r
                CSeq: 1 \(method)\r
                Content-Length: 0\r
                \r

                """.utf8))
    }

    private static func token(of shard: UInt8) -> String {
        var entropy = Entropy(SeededGenerator(seed: 5), shard: shard)
        return entropy.token()
    }

    @Test(
        "what comes from where no trunk is any more goes on to the shards for as long as there are calls",
        arguments: [0, 1])
    func formerTrunks(calls: Int) {
        let router = ShardRouter(load: { _ in calls })
        let there = Hop(.udp, TransportAddress(ipv4: 0xC000_0201, port: 5_060))
        router.set([Trunk(name: "t", signalling: [AddressRange(ipv4: 0xC000_0200, bits: 24)], media: [])])
        #expect(router.knows(there))
        router.set([Trunk(name: "t", signalling: [AddressRange(ipv4: 0x0A00_0000, bits: 8)], media: [])])
        #expect(router.knows(there) == (calls > 0))
        #expect(!router.knows(Hop(.udp, TransportAddress(ipv4: 0xC633_6401, port: 5_060))))
    }

    @Test("a request within a dialog goes to the shard that its tag names")
    func dialog() throws {
        let router = ShardRouter(load: { _ in 0 })
        for shard in 0..<4 {
            let message = try ShardRouterTests.message("BYE", toTag: ShardRouterTests.token(of: UInt8(shard)))
            #expect(router.shard(of: message, among: 4, at: .zero) == shard)
        }
    }

    @Test("a response goes to the shard that made its branch")
    func response() throws {
        let router = ShardRouter(load: { _ in 0 })
        let text = """
            SIP/2.0 200 OK\r
            Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\(ShardRouterTests.token(of: 3))\r
            From: <sip:a@192.0.2.9>;tag=f\r
            To: <sip:100@192.0.2.1>;tag=t\r
            Call-ID: c\r
            CSeq: 1 OPTIONS\r
            Content-Length: 0\r
            \r

            """
        let message = try SIPMessage(parsing: Array(text.utf8))
        #expect(router.shard(of: message, among: 4, at: .zero) == 3)
    }

    @Test("an INVITE goes to the shard with the fewest calls; what belongs to it follows")
    func leastLoaded() throws {
        let calls = Mutex([5, 3, 9])
        let router = ShardRouter(load: { shard in calls.withLock { $0[shard] } })
        #expect(router.shard(of: try ShardRouterTests.message("INVITE"), among: 3, at: .zero) == 1)
        calls.withLock { $0 = [0, 10, 10] }
        for method in ["INVITE", "CANCEL", "ACK"] {
            let message = try ShardRouterTests.message(method)
            #expect(router.shard(of: message, among: 3, at: .zero + .seconds(30)) == 1, "\(method)")
        }
        #expect(router.shard(of: try ShardRouterTests.message("INVITE", callID: "d"), among: 3, at: .zero) == 0)
    }

    @Test("shards with equally many calls are taken in turn")
    func turns() throws {
        let router = ShardRouter(load: { _ in 0 })
        let chosen = try (0..<6).map {
            router.shard(of: try ShardRouterTests.message("INVITE", callID: "\($0)"), among: 3, at: .zero)
        }
        #expect(Set(chosen.prefix(3)) == [0, 1, 2] && chosen.prefix(3) == chosen.suffix(3))
    }

    @Test("a tag that names a shard which is not there leads nowhere else")
    func forged() throws {
        let router = ShardRouter(load: { _ in 0 })
        let message = try ShardRouterTests.message("BYE", toTag: ShardRouterTests.token(of: 200))
        #expect(router.shard(of: message, among: 4, at: .zero) == 0)
    }

    @Test("who is dropped, and whose TLS does not come about, is said to who runs the service and to nobody else")
    func losses() throws {
        let router = ShardRouter(load: { _ in 0 })
        let hop = Hop(.tls, TransportAddress(ipv4: 0xC000_0209, port: 5_061))
        let before = router.drops
        #expect(!router.knows(hop))
        router.pass(.unsecured(hop, "the far end showed no certificate"), at: .zero)
        let sentences = SignallingLosses.sentences(router.drops, since: before)
        #expect(sentences.count == 2)
        #expect(
            sentences[0].hasPrefix("1 SIP messages or connections came from where nobody may call, last from 192.0.2.9")
        )
        #expect(sentences[1].hasSuffix("last that of 192.0.2.9: the far end showed no certificate"))
        #expect(SignallingLosses.sentences(router.drops, since: router.drops).isEmpty)
    }
}
