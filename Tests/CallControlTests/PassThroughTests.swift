import CallControl
import CallFlow
import RTP
import Telephony
import Testing

/// Two parties who are alone with each other hear each other's packets octet for octet; whoever else is heard has them
/// mixed.
@Suite("Pass-through of a bridge")
struct PassThroughTests {
    @Test(
        "what one side sends comes out on the other octet for octet, both ways, and in a recorded call too",
        arguments: Bridge.medias, [false, true])
    func forwarded(media: BridgedMedia, isRecorded: Bool) throws {
        var bridge = try Bridge(media, recordsAudio: isRecorded)
        for number in 0..<100 { bridge.tick(number) }
        for (side, other) in [(0, 1), (1, 0)] {
            let sent = bridge.ends[side].payloads.suffix(90).prefix(60)
            let received = try bridge.received(other).map(\.payload)
            let first = try #require(sent.first)
            let begin = try #require(received.firstIndex(of: first))
            #expect(received.count - begin >= sent.count)
            #expect(Array(received[begin..<begin + sent.count]) == Array(sent))
        }
    }

    @Test("numbers go on without a gap when the parties are bridged and when somebody joins them")
    func numbers() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<60 { bridge.tick(number) }
        try bridge.join()
        for number in 60..<120 { bridge.tick(number) }
        let packets = try bridge.received(0)
        #expect(packets.count > 100)
        for (before, after) in zip(packets, packets.dropFirst()) {
            #expect(after.sequence == before.sequence &+ 1)
            #expect(after.timestamp &- before.timestamp <= 480)
            #expect(after.timestamp &- before.timestamp >= 160)
        }
    }

    @Test("a packet that is lost on the way in is missing in the numbers on the way out")
    func loss() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<100 { bridge.tick(number, withoutCaller: number == 60) }
        let packets = try bridge.received(1)
        let gaps = zip(packets, packets.dropFirst()).filter { $1.sequence != $0.sequence &+ 1 }
        #expect(gaps.count == 1)
        let gap = try #require(gaps.first)
        #expect(gap.1.sequence == gap.0.sequence &+ 2)
        #expect(gap.1.timestamp == gap.0.timestamp &+ 320)
    }

    @Test(
        "somebody who joins, a mute, a hold: the frames are mixed and encoded again",
        arguments: BridgeChange.allCases)
    func fallsBack(change: BridgeChange) throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<60 { bridge.tick(number) }
        try bridge.make(change)
        let before = bridge.ends[1].packets.count
        for number in 60..<120 { bridge.tick(number) }
        let later = try bridge.received(1).dropFirst(before + 3)
        #expect(later.count >= 50)
        // Negative zero is what the callers send now and then and no encoder makes.
        #expect(!later.contains { $0.payload.contains(0x7F) })
    }

    @Test(
        "once the two are alone again packets are passed on again, octet for octet",
        arguments: BridgeChange.allCases)
    func andBack(change: BridgeChange) throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<40 { bridge.tick(number) }
        try bridge.make(change)
        for number in 40..<80 { bridge.tick(number) }
        bridge.undo(change)
        for number in 80..<140 { bridge.tick(number) }
        for (side, other) in [(0, 1), (1, 0)] {
            let sent = Set(bridge.ends[side].payloads.suffix(30).prefix(20))
            let received = Set(try bridge.received(other).map(\.payload))
            #expect(sent.isSubset(of: received))
        }
    }

    @Test(
        "a key by RFC 4733 reaches the other side as a key, once, and audio is passed on before and after",
        arguments: [0, 1])
    func keys(side: Int) throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<60 { bridge.tick(number) }
        let digits = ["5", "#"].compactMap { Digit($0) }
        bridge.press(digits[0], on: side, at: 60)
        for number in 67..<100 { bridge.tick(number) }
        bridge.press(digits[1], on: side, at: 100)
        for number in 107..<180 { bridge.tick(number) }
        #expect(try bridge.keys(1 - side) == digits)
        #expect(try bridge.keys(side).isEmpty)
        let sent = Set(bridge.ends[side].payloads.suffix(30).prefix(20))
        let received = Set(try bridge.received(1 - side).map(\.payload))
        #expect(sent.isSubset(of: received))
    }

    @Test("a key is for those alone who hear who presses it", arguments: [BridgeChange.mute, .hold])
    func keysOfTheMuted(change: BridgeChange) throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<60 { bridge.tick(number) }
        try bridge.make(change)
        bridge.press(try #require(Digit("5")), on: 0, at: 60)
        for number in 67..<120 { bridge.tick(number) }
        #expect(try bridge.keys(1).isEmpty)
    }

    @Test("a side that falls silent is waited for a fifth of a second, then what is heard of it is sent")
    func pause() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<60 { bridge.tick(number) }
        let before = bridge.ends[1].packets.count
        for number in 60..<120 { bridge.tick(number, withoutCaller: true) }
        let during = bridge.ends[1].packets.count - before
        #expect(during >= 40)
        for number in 120..<160 { bridge.tick(number) }
        let sent = Set(bridge.ends[0].payloads.suffix(10).prefix(5))
        #expect(sent.isSubset(of: Set(try bridge.received(1).map(\.payload))))
    }

    @Test("for how long each spoke is known while media is passed on")
    func spoken() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<600 { bridge.tick(number) }
        bridge.isLoud = true
        for number in 600..<650 { bridge.tick(number) }
        bridge.isLoud = false
        for number in 650..<750 { bridge.tick(number) }
        var spans: [Double] = []
        for fact in bridge.facts {
            switch fact {
            case .speechEnded(let body): spans.append(body.end - body.start)
            case .legSpoke(let body): spans.append(body.end - body.start)
            default: break
            }
        }
        // The second of each, and at most a fifth more.
        #expect(spans.count == 2 && spans.allSatisfy { 0.9...1.3 ~= $0 }, "\(spans)")
    }

    @Test("a leg whose media comes from where it was settled to come from is heard from nowhere else")
    func settled() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<50 { bridge.tick(number) }
        #expect(bridge.settledDatagrams > 90)
    }

    @Test("both are still heard and recorded while media is passed on")
    func recorded() throws {
        var bridge = try Bridge(.pcmu, recordsAudio: true)
        for number in 0..<200 { bridge.tick(number) }
        let caller = bridge.recorded.flatMap(\.channels[0])
        let parley = bridge.recorded.flatMap(\.channels[1])
        #expect(caller.count == parley.count && caller.count > 100 * 160)
        for side in [caller, parley] {
            // The octets that are sent stand for up to 120; what fades out in their absence is softer.
            let audible = side.dropFirst(40 * 160).filter { abs(Int($0)) > 20 }
            #expect(audible.count > 10_000)
        }
    }

    @Test("passing on adds no more than a tick to what the jitter buffer holds")
    func delay() throws {
        var bridge = try Bridge(.pcmu)
        for number in 0..<200 { bridge.tick(number) }
        let delays = bridge.delays(from: 0, to: 1).suffix(100)
        #expect(delays.count == 100)
        // The jitter buffer holds 60 ms at first.
        #expect(delays.allSatisfy { $0 <= .milliseconds(80) })
    }
}
