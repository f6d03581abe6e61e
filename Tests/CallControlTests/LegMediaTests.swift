import CallControl
import CallFlow
import DSP
import RTP
import Telephony
import Testing

@Suite("Media of a leg")
struct LegMediaTests {
    @Test("audio in packets of 10 to 60 ms is heard whole", arguments: [10, 20, 30, 40, 50, 60])
    func packetTimeIn(milliseconds: Int) {
        var line = Line()
        for begin in stride(from: 0, to: 3_000, by: 20) {
            // A packet leaves when its last sample has been said.
            for end in stride(from: begin + 10, through: begin + 20, by: 10) where end % milliseconds == 0 {
                let packet = line.loud(milliseconds: milliseconds)
                line.receive(packet, after: .milliseconds(Int64(end - begin)))
            }
            line.tick()
        }
        for _ in 0..<20 { line.tick() }
        let quality = line.end()
        #expect(quality?.lost == 0)
        #expect(quality?.late == 0)
        #expect(abs(line.loudFrames - 150) <= 6)
    }

    @Test("audio goes out in the packets that the far end asked for", arguments: [10, 20, 30, 40, 50, 60])
    func packetTimeOut(milliseconds: Int) throws {
        var line = Line { $0.ptime = milliseconds }
        for _ in 0..<60 { line.tick() }
        #expect(line.sent.count == 1_200 / milliseconds)
        let headers = try line.sent.map { try RTPHeader.parse($0.octets.span) }
        for (index, header) in headers.enumerated() {
            #expect(header.payload.count == 8 * milliseconds)
            #expect(header.sequenceNumber == headers[0].sequenceNumber &+ UInt16(index))
            #expect(header.timestamp == headers[0].timestamp &+ UInt32(index * 8 * milliseconds))
        }
    }

    @Test("media from elsewhere is neither heard nor answered", arguments: [SourceLatch.Rule.negotiated, .latching])
    func injection(rule: SourceLatch.Rule) {
        var line = Line { $0.sourceRule = rule }
        let attacker = TransportAddress(ipv4: 0x0A00_0001, port: 9_999)
        line.tick([line.packet([UInt8](repeating: 0xFF, count: 160))])
        for index in 0..<100 {
            var forged = line.loud(milliseconds: 20)
            forged[8] = 0x55
            line.tick([forged], from: attacker)
            if index % 2 == 0 { line.tick([line.packet([UInt8](repeating: 0xFF, count: 160))]) }
        }
        for _ in 0..<20 { line.tick() }
        _ = line.end()
        #expect(line.loudFrames == 0)
        #expect(line.sent.allSatisfy { $0.to == Line.remote })
        #expect(line.switchboard.refusals.foreignAddress == 100)
    }

    @Test("behind NAT media goes to where it comes from, once")
    func latching() {
        var line = Line { $0.sourceRule = .latching }
        let outside = TransportAddress(ipv4: 0xC000_0201, port: 30_000)
        for _ in 0..<50 { line.tick([line.loud(milliseconds: 20)], from: outside) }
        for _ in 0..<20 { line.tick() }
        _ = line.end()
        #expect(line.loudFrames > 35)
        #expect(line.sent.prefix(10).allSatisfy { $0.to == Line.remote })
        #expect(line.sent.dropFirst(12).allSatisfy { $0.to == outside })
    }

    @Test("SRTP is understood and spoken, and nothing else is heard", arguments: SRTPSuite.allCases)
    func encrypted(suite: SRTPSuite) throws {
        var generator = SeededGenerator(seed: 9)
        let keys = SRTPKeys(
            inbound: SRTPMasterKey(suite, from: &generator), outbound: SRTPMasterKey(suite, from: &generator))
        var line = Line { $0.keys = keys }
        var sender = try SRTPContext(keys.inbound, .outbound)
        var receiver = try SRTPContext(keys.outbound, .inbound)
        for _ in 0..<50 {
            let plain = line.loud(milliseconds: 20)
            var sealed = plain + [UInt8](repeating: 0, count: SRTPContext.longestTrailer)
            var span = sealed.mutableSpan
            let count = try #require(sender.protect(&span, count: plain.count, isRTCP: false))
            sealed = Array(sealed[..<count])
            // In the clear and once again: both are refused.
            line.tick([plain, sealed, sealed])
        }
        for _ in 0..<20 { line.tick() }
        let quality = line.end()
        #expect(quality?.received == 50 && quality?.duplicates == 0)
        #expect(line.loudFrames > 44)
        #expect(line.switchboard.refusals.replayed == 50)
        #expect(line.switchboard.refusals.unauthenticated + line.switchboard.refusals.malformed == 50)
        for packet in line.sent {
            var octets = packet.octets
            var span = octets.mutableSpan
            let count = try receiver.unprotect(&span, count: packet.octets.count, isRTCP: false)
            #expect(count == 172)
        }
    }

    @Test("silence that the far end describes is filled with noise and not with concealment")
    func comfortNoise() {
        var line = Line { $0.comfortNoisePayloadType = 13 }
        for _ in 0..<25 { line.tick([line.loud(milliseconds: 20)]) }
        line.tick([line.packet([50], type: 13, ticks: 160)])
        for _ in 0..<74 {
            line.forget(160)
            line.tick()
        }
        for _ in 0..<25 { line.tick([line.loud(milliseconds: 20)]) }
        let quality = line.end()
        #expect((quality?.concealed ?? 1) < 0.05)
        let silence = line.heard[(60 * 160)..<(90 * 160)]
        let power = silence.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(silence.count)
        // -50 dBov is an RMS of 104.
        #expect(power > 50 * 50 && power < 200 * 200)
    }

    @Test("a call in which nothing is said and nothing asked ends, when there is a limit")
    func deadAir() {
        var limits = SwitchboardConfiguration()
        limits.deadAirLimit = .seconds(5)
        var line = Line(limits: limits)
        for _ in 0..<300 { line.tick([line.packet([UInt8](repeating: 0xFF, count: 160))]) }
        let isEnded = line.facts.contains {
            if case .callEnded(let end) = $0 { end.cause == .limitReached } else { false }
        }
        #expect(isEnded)
    }

    @Test("reports tell the far end of its stream, and how it is heard")
    func reports() {
        var line = Line()
        for _ in 0..<600 { line.tick([line.loud(milliseconds: 20)]) }
        var packets: [RTCPPacket] = []
        for report in line.reports {
            var reader = RTCPReader()
            while let packet = reader.next(in: report.span) { packets.append(packet) }
            #expect(!reader.isMalformed)
        }
        let blocks = packets.compactMap { if case .reportBlock(let block) = $0 { block } else { nil } }
        let metrics = packets.compactMap { if case .voipMetrics(let metrics) = $0 { metrics } else { nil } }
        #expect(line.reports.count >= 2 && blocks.count == line.reports.count && metrics.count == blocks.count)
        #expect(blocks.allSatisfy { $0.ssrc == 7 && $0.cumulativeLost == 0 })
        #expect(metrics.allSatisfy { $0.ssrc == 7 && $0.rFactor > 80 && $0.lossRate == 0 })
    }
}
