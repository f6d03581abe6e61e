import CallControl
import SIP
import Telephony
import Testing

@testable import Transport

@Suite("What waits for a media loop")
struct InboxTests {
    private static let hop = Hop(.udp, TransportAddress(ipv4: 0x7F00_0001, port: 5_060))

    private static func message(_ method: SIPMethod, toTag: String? = nil) -> SwitchboardInput {
        var message = SIPMessage(.request(method, uri: "sip:100@127.0.0.1"))
        message.headers.append(.to, "<sip:100@127.0.0.1>" + (toTag.map { ";tag=\($0)" } ?? ""))
        return .signalling(.message(message, hop))
    }

    private static func taken(from inbox: Inbox) -> Int {
        var inputs: [SwitchboardInput] = []
        inbox.take(into: &inputs)
        return inputs.count
    }

    @Test("in a flood nothing new is taken on beyond a limit, and what running calls say still has room")
    func flood() throws {
        let inbox = try Inbox()
        for _ in 0..<10_000 { inbox.post(InboxTests.message(.invite)) }
        #expect(inbox.dropped == 10_000 - Int64(Inbox.mostMessages / 2))
        for _ in 0..<Inbox.mostMessages / 2 { inbox.post(InboxTests.message(.bye, toTag: "a")) }
        #expect(inbox.dropped == 10_000 - Int64(Inbox.mostMessages / 2))
        inbox.post(InboxTests.message(.bye, toTag: "a"))
        #expect(inbox.dropped == 10_001 - Int64(Inbox.mostMessages / 2))
        #expect(InboxTests.taken(from: inbox) == Inbox.mostMessages)
        inbox.post(InboxTests.message(.invite))
        #expect(InboxTests.taken(from: inbox) == 1, "once it is taken there is room again")
    }

    @Test("what Parley itself has to say always has room")
    func others() throws {
        let inbox = try Inbox()
        for _ in 0..<2 * Inbox.mostMessages { inbox.post(.signalling(.drain)) }
        #expect(inbox.dropped == 0 && InboxTests.taken(from: inbox) == 2 * Inbox.mostMessages)
    }

    @Test("what a socket has no room for is counted")
    func lostDatagrams() throws {
        let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)
        let receiver = try DatagramSocket(loopback)
        let sender = try DatagramSocket(loopback)
        let octets = [UInt8](repeating: 0, count: 8_000)
        let sent = 2_000
        for _ in 0..<sent { octets.withUnsafeBytes { _ = sender.send($0, to: receiver.local) } }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 8_192, alignment: 16)
        defer { room.deallocate() }
        var received = 0
        while receiver.receive(into: room) != nil { received += 1 }
        #expect(received < sent && receiver.lost == sent - received)
    }
}
