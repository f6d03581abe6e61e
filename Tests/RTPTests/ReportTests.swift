import RTP
import Telephony
import Testing

@Suite("Reports")
struct ReportTests {
    private static func compound(_ parts: RTCPWriter.Parts) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RTCPWriter.longestCompound)
        var span = bytes.mutableSpan
        let count = RTCPWriter.write(parts, into: &span)
        return Array(bytes[..<count])
    }

    @Test("the round trip is the time since a report less the time for which it was kept")
    func roundTrip() throws {
        var parley = ReportExchange(at: .zero)
        var far = ReportExchange(at: .zero - .seconds(77))
        let sent = Instant.zero + .seconds(5)
        var parts = RTCPWriter.Parts(ssrc: 1, canonicalName: [])
        parts.sender = RTCPPacket.SenderReport(
            ssrc: 1, ntpTimestamp: parley.ntpTimestamp(at: sent), rtpTimestamp: 0, packetCount: 1, octetCount: 1)
        let outward = ReportTests.compound(parts)
        let isTaken = far.take(outward.span, ssrc: 2, at: sent + .milliseconds(40))
        #expect(isTaken)
        var block = RTCPPacket.ReportBlock(
            ssrc: 1, fractionLost: 5, cumulativeLost: 3, highestSequence: 9, jitter: 4, lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
        far.complete(&block, at: sent + .milliseconds(2_040))
        var reply = RTCPWriter.Parts(ssrc: 2, canonicalName: [])
        reply.block = block
        let inward = ReportTests.compound(reply)
        let isReplyTaken = parley.take(inward.span, ssrc: 1, at: sent + .milliseconds(2_100))
        #expect(isReplyTaken)
        let measured = try #require(parley.roundTrip)
        #expect(abs(measured.nanoseconds - 100_000_000) < 100_000)
        #expect(parley.farEnd?.cumulativeLost == 3)
    }

    @Test("reports about others, and round trips that cannot be, are passed over")
    func foreign() {
        var exchange = ReportExchange(at: .zero)
        for (ssrc, lastReport) in [(7, 1), (1, 0), (1, 0xFFFF_0000)] as [(UInt32, UInt32)] {
            var parts = RTCPWriter.Parts(ssrc: 2, canonicalName: [])
            parts.block = RTCPPacket.ReportBlock(
                ssrc: ssrc, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0,
                lastSenderReport: lastReport, delaySinceLastSenderReport: 0)
            let compound = ReportTests.compound(parts)
            let isTaken = exchange.take(compound.span, ssrc: 1, at: .zero + .seconds(60))
            #expect(isTaken && exchange.roundTrip == nil)
        }
    }

    @Test("bursts and gaps are told apart by sixteen good packets")
    func bursts() {
        var metrics = BurstMetrics()
        for _ in 0..<10 {
            for _ in 0..<90 { metrics.received() }
            for index in 0..<10 where index % 2 == 0 {
                metrics.missed()
                metrics.received()
            }
        }
        let summary = metrics.summary
        #expect(summary.gapDensity == 0)
        #expect(abs(summary.burstDensity - 0.5) < 0.1)
        #expect(summary.burstLength > 5 && summary.burstLength < 15)
        #expect(summary.gapLength > 80 && summary.gapLength < 110)
        #expect(BurstMetrics().summary.burstDensity == 0)
    }
}
