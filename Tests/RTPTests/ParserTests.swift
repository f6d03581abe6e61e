import RTP
import Telephony
import Testing

@Suite("Packets")
struct ParserTests {
    @Test("a header is read as it was written")
    func header() throws {
        let header = RTPHeader(
            marker: true, payloadType: 101, sequenceNumber: 65_535, timestamp: 0xDEAD_BEEF, ssrc: 7, payload: 12..<16)
        var bytes = [UInt8](repeating: 0, count: 16)
        var span = bytes.mutableSpan
        header.write(into: &span)
        #expect(try RTPHeader.parse(bytes.span) == header)
    }

    @Test(
        "contributing sources, extension and padding are skipped",
        arguments: [
            ([0x82, 0] + [UInt8](repeating: 0, count: 10) + [UInt8](repeating: 9, count: 8) + [1, 2, 3], 20..<23),
            ([0x90, 0] + [UInt8](repeating: 0, count: 10) + [0, 0, 0, 1, 9, 9, 9, 9, 1], 20..<21),
            ([0xA0, 0] + [UInt8](repeating: 0, count: 10) + [1, 2, 0, 2], 12..<14),
        ] as [([UInt8], Range<Int>)])
    func parts(bytes: [UInt8], payload: Range<Int>) throws {
        #expect(try RTPHeader.parse(bytes.span).payload == payload)
    }

    @Test("what reaches beyond the datagram is refused")
    func refused() {
        let zeros = [UInt8](repeating: 0, count: 10)
        for bytes in [
            [], [0x80], [0x40, 0] + zeros, [0x8F, 0] + zeros, [0x90, 0] + zeros + [0, 0, 0xFF, 0xFF],
            [0xA0, 0] + zeros, [0xA0, 0] + zeros + [200],
        ] as [[UInt8]] {
            #expect(throws: RTPHeader.ParseError.self) { try RTPHeader.parse(bytes.span) }
        }
    }

    @Test("a compound is read as it was written")
    func compound() {
        var bytes = [UInt8](repeating: 0, count: RTCPWriter.longestCompound)
        var span = bytes.mutableSpan
        let sender = RTCPPacket.SenderReport(
            ssrc: 1, ntpTimestamp: 2 << 32 | 3, rtpTimestamp: 4, packetCount: 5, octetCount: 6)
        let block = RTCPPacket.ReportBlock(
            ssrc: 9, fractionLost: 12, cumulativeLost: -3, highestSequence: 70_000, jitter: 80, lastSenderReport: 1,
            delaySinceLastSenderReport: 2)
        var metrics = RTCPPacket.VoIPMetrics(ssrc: 9)
        metrics.lossRate = 3
        metrics.roundTripDelay = 1_234
        metrics.rFactor = 88
        metrics.playoutDelayLimit = 250
        var parts = RTCPWriter.Parts(ssrc: 1, canonicalName: Array("me".utf8))
        parts.sender = sender
        parts.block = block
        parts.metrics = metrics
        parts.isGoodbye = true
        let length = RTCPWriter.write(parts, into: &span)
        bytes.removeSubrange(length...)
        var reader = RTCPReader()
        var packets: [RTCPPacket] = []
        while let packet = reader.next(in: bytes.span) { packets.append(packet) }
        #expect(!reader.isMalformed)
        #expect(packets.count == 5)
        #expect(packets.first == .senderReport(sender))
        #expect(packets[1] == .reportBlock(block))
        #expect(packets[3] == .voipMetrics(metrics))
        #expect(packets.last == .goodbye(ssrc: 1))
        if case .canonicalName(1, let range) = packets[2] {
            #expect(String(decoding: bytes[range], as: UTF8.self) == "me")
        } else {
            Issue.record("the third is the name")
        }
    }

    @Test("random octets are read or refused, never more", arguments: [1, 2, 3] as [UInt64])
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var receiver = TelephoneEventReceiver(clockRate: ClockRate(8_000))
        for _ in 0..<20_000 {
            var bytes = (0..<Int(generator.next() % 80)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if bytes.count > 4 {
                bytes[0] = 0x80 | bytes[0] & 0x3F
                bytes[1] = 200 + bytes[1] % 8
                bytes[2] = 0
                bytes[3] %= 12
            }
            if let header = try? RTPHeader.parse(bytes.span) {
                #expect(header.payload.upperBound <= bytes.count)
                receiver.receive(
                    bytes.span.extracting(header.payload), marker: header.marker,
                    timestamp: SampleTime(ticks: Int64(header.timestamp)), sequence: Int64(header.sequenceNumber))
            }
            var reader = RTCPReader()
            var packets = 0
            while reader.next(in: bytes.span) != nil { packets += 1 }
            #expect(packets <= bytes.count)
        }
    }

    @Test("numbers are unwrapped over their wrap, both ways")
    func unwrap() {
        var sequence = SequenceUnwrapper()
        #expect(
            [65_534, 65_535, 0, 65_535, 1].map { sequence.unwrap($0) } == [65_534, 65_535, 65_536, 65_535, 65_537])
        var timestamp = TimestampUnwrapper()
        #expect(
            [UInt32.max - 79, 80, 0xFFFF_FFFF].map { timestamp.unwrap($0).ticks } == [
                4_294_967_216, 4_294_967_376, 4_294_967_295,
            ])
    }

    @Test("the E-model gives what G.107 gives for the default line, and less for loss and delay")
    func eModel() {
        let clean = EModel.rating(delay: 0, loss: 0, burstRatio: 1, codec: .g711)
        #expect(abs(clean - 93.2) < 0.01)
        #expect(abs(EModel.meanOpinionScore(rating: clean) - 4.41) < 0.01)
        #expect(EModel.rating(delay: 0, loss: 0.05, burstRatio: 1, codec: .g711) < clean - 10)
        #expect(
            EModel.rating(delay: 0, loss: 0.05, burstRatio: 3, codec: .g711)
                < EModel.rating(delay: 0, loss: 0.05, burstRatio: 1, codec: .g711))
        #expect(EModel.rating(delay: 300, loss: 0, burstRatio: 1, codec: .g711) < clean - 15)
    }
}
