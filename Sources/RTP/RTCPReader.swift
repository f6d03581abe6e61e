/// One packet of an RTCP compound (RFC 3550 section 6.1).
package enum RTCPPacket: Sendable, Equatable {
    case senderReport(SenderReport)
    /// A receiver report's sender; its report blocks come as ``reportBlock(_:)``.
    case receiverReport(ssrc: UInt32)
    /// A block of the sender or receiver report before it.
    case reportBlock(ReportBlock)
    /// The canonical name of a source: its octets' place in the datagram.
    case canonicalName(ssrc: UInt32, Range<Int>)
    case goodbye(ssrc: UInt32)
    /// VoIP metrics of an extended report (RFC 3611 section 4.7).
    case voipMetrics(VoIPMetrics)

    package struct SenderReport: Sendable, Equatable {
        package var ssrc: UInt32
        /// Seconds since 1900 in the upper, fractions in the lower half.
        package var ntpTimestamp: UInt64
        package var rtpTimestamp: UInt32
        package var packetCount: UInt32
        package var octetCount: UInt32

        package init(
            ssrc: UInt32, ntpTimestamp: UInt64, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32
        ) {
            self.ssrc = ssrc
            self.ntpTimestamp = ntpTimestamp
            self.rtpTimestamp = rtpTimestamp
            self.packetCount = packetCount
            self.octetCount = octetCount
        }
    }

    package struct ReportBlock: Sendable, Equatable {
        package var ssrc: UInt32
        /// In 256ths.
        package var fractionLost: UInt8
        /// 24 bits with sign.
        package var cumulativeLost: Int32
        package var highestSequence: UInt32
        /// In RTP ticks.
        package var jitter: UInt32
        /// The middle 32 bits of the last sender report's NTP timestamp.
        package var lastSenderReport: UInt32
        /// In 65,536ths of a second.
        package var delaySinceLastSenderReport: UInt32

        package init(
            ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, highestSequence: UInt32, jitter: UInt32,
            lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
        ) {
            self.ssrc = ssrc
            self.fractionLost = fractionLost
            self.cumulativeLost = cumulativeLost
            self.highestSequence = highestSequence
            self.jitter = jitter
            self.lastSenderReport = lastSenderReport
            self.delaySinceLastSenderReport = delaySinceLastSenderReport
        }
    }

    package struct VoIPMetrics: Sendable, Equatable {
        /// The source that is reported on.
        package var ssrc: UInt32
        /// Shares in 256ths.
        package var lossRate: UInt8 = 0
        package var discardRate: UInt8 = 0
        package var burstDensity: UInt8 = 0
        package var gapDensity: UInt8 = 0
        /// In milliseconds.
        package var burstDuration: UInt16 = 0
        package var gapDuration: UInt16 = 0
        package var roundTripDelay: UInt16 = 0
        package var endSystemDelay: UInt16 = 0
        /// 0 to 100; 127 when unknown.
        package var rFactor: UInt8 = 127
        /// Listening and conversational quality, times ten; 127 when unknown.
        package var mosLQ: UInt8 = 127
        package var mosCQ: UInt8 = 127
        /// The jitter buffer's delay, the most it has been and the most it can be, in milliseconds.
        package var playoutDelay: UInt16 = 0
        package var longestPlayoutDelay: UInt16 = 0
        package var playoutDelayLimit: UInt16 = 0

        /// Words of the block behind its head (RFC 3611 section 4.7).
        static let words = 8

        package init(ssrc: UInt32) { self.ssrc = ssrc }

        /// Reads a block whose length has been checked.
        init(_ datagram: Span<UInt8>, at block: Int) {
            ssrc = datagram.uint32(at: block + 4)
            lossRate = datagram[block + 8]
            discardRate = datagram[block + 9]
            burstDensity = datagram[block + 10]
            gapDensity = datagram[block + 11]
            burstDuration = datagram.uint16(at: block + 12)
            gapDuration = datagram.uint16(at: block + 14)
            roundTripDelay = datagram.uint16(at: block + 16)
            endSystemDelay = datagram.uint16(at: block + 18)
            rFactor = datagram[block + 24]
            mosLQ = datagram[block + 26]
            mosCQ = datagram[block + 27]
            playoutDelay = datagram.uint16(at: block + 30)
            longestPlayoutDelay = datagram.uint16(at: block + 32)
            playoutDelayLimit = datagram.uint16(at: block + 34)
        }

        /// Writes the block; it takes 36 octets.
        func write(into target: inout MutableSpan<UInt8>, at block: Int) {
            target[block] = 7
            target[block + 1] = 0
            target.write(UInt16(VoIPMetrics.words), at: block + 2)
            target.write(ssrc, at: block + 4)
            target[block + 8] = lossRate
            target[block + 9] = discardRate
            target[block + 10] = burstDensity
            target[block + 11] = gapDensity
            target.write(burstDuration, at: block + 12)
            target.write(gapDuration, at: block + 14)
            target.write(roundTripDelay, at: block + 16)
            target.write(endSystemDelay, at: block + 18)
            // Signal and noise level and echo return loss are not measured: 127.
            target[block + 20] = 127
            target[block + 21] = 127
            target[block + 22] = 127
            target[block + 23] = UInt8(BurstMetrics.minimumGap)
            target[block + 24] = rFactor
            target[block + 25] = 127
            target[block + 26] = mosLQ
            target[block + 27] = mosCQ
            // Enhanced concealment and an adaptive jitter buffer.
            target[block + 28] = 0b1111_0000
            target[block + 29] = 0
            target.write(playoutDelay, at: block + 30)
            target.write(longestPlayoutDelay, at: block + 32)
            target.write(playoutDelayLimit, at: block + 34)
        }
    }
}

/// Walks the packets of an RTCP compound; whatever contradicts itself ends the walk.
package struct RTCPReader: Sendable {
    private enum Inside: Sendable {
        case none
        /// Report blocks of a sender or receiver report: how many, and where the next one is.
        case reports(left: Int, at: Int)
        /// Chunks of a source description.
        case chunks(left: Int, at: Int)
        /// Sources of a goodbye.
        case sources(left: Int, at: Int)
        /// Blocks of an extended report.
        case blocks(at: Int)
    }

    private var offset = 0
    private var end = 0
    private var inside = Inside.none
    /// The compound broke off: a version, a length or a count was wrong.
    package private(set) var isMalformed = false

    package init() {}

    /// The next packet of a datagram; always pass the same datagram.
    package mutating func next(in datagram: Span<UInt8>) -> RTCPPacket? {
        while true {
            if let packet = nextInside(datagram) { return packet }
            inside = .none
            guard !isMalformed, enter(datagram) else { return nil }
            if let head = head(datagram) { return head }
        }
    }

    /// Steps to the next packet of the compound.
    private mutating func enter(_ datagram: Span<UInt8>) -> Bool {
        offset = end
        guard offset < datagram.count else { return false }
        guard offset + 4 <= datagram.count, datagram[offset] >> 6 == 2 else {
            isMalformed = true
            return false
        }
        end = offset + 4 + 4 * Int(datagram.uint16(at: offset + 2))
        guard end <= datagram.count else {
            isMalformed = true
            return false
        }
        return true
    }

    /// What the packet's own header says, and what is inside it.
    private mutating func head(_ datagram: Span<UInt8>) -> RTCPPacket? {
        let count = Int(datagram[offset] & 0x1F)
        switch datagram[offset + 1] {
        case 200:
            guard offset + 28 + 24 * count <= end else { return fail() }
            inside = .reports(left: count, at: offset + 28)
            return .senderReport(
                RTCPPacket.SenderReport(
                    ssrc: datagram.uint32(at: offset + 4),
                    ntpTimestamp: UInt64(datagram.uint32(at: offset + 8)) << 32
                        | UInt64(datagram.uint32(at: offset + 12)),
                    rtpTimestamp: datagram.uint32(at: offset + 16), packetCount: datagram.uint32(at: offset + 20),
                    octetCount: datagram.uint32(at: offset + 24)))
        case 201:
            guard offset + 8 + 24 * count <= end else { return fail() }
            inside = .reports(left: count, at: offset + 8)
            return .receiverReport(ssrc: datagram.uint32(at: offset + 4))
        case 202: inside = .chunks(left: count, at: offset + 4)
        case 203:
            guard offset + 4 + 4 * count <= end else { return fail() }
            inside = .sources(left: count, at: offset + 4)
        case 207:
            guard offset + 8 <= end else { return fail() }
            inside = .blocks(at: offset + 8)
        default: break
        }
        return nil
    }

    private mutating func fail() -> RTCPPacket? {
        isMalformed = true
        return nil
    }

    private mutating func nextInside(_ datagram: Span<UInt8>) -> RTCPPacket? {
        switch inside {
        case .none: return nil
        case .reports(let left, let at):
            guard left > 0 else { return nil }
            inside = .reports(left: left - 1, at: at + 24)
            return .reportBlock(reportBlock(datagram, at: at))
        case .chunks(let left, let at): return chunk(datagram, left: left, at: at)
        case .sources(let left, let at):
            guard left > 0 else { return nil }
            inside = .sources(left: left - 1, at: at + 4)
            return .goodbye(ssrc: datagram.uint32(at: at))
        case .blocks(let at): return block(datagram, at: at)
        }
    }

    private func reportBlock(_ datagram: Span<UInt8>, at offset: Int) -> RTCPPacket.ReportBlock {
        let lost = Int32(bitPattern: datagram.uint24(at: offset + 5) << 8) >> 8
        return RTCPPacket.ReportBlock(
            ssrc: datagram.uint32(at: offset), fractionLost: datagram[offset + 4], cumulativeLost: lost,
            highestSequence: datagram.uint32(at: offset + 8), jitter: datagram.uint32(at: offset + 12),
            lastSenderReport: datagram.uint32(at: offset + 16),
            delaySinceLastSenderReport: datagram.uint32(at: offset + 20))
    }

    /// One chunk of a source description: the first canonical name in it (RFC 3550 section 6.5).
    private mutating func chunk(_ datagram: Span<UInt8>, left: Int, at start: Int) -> RTCPPacket? {
        var left = left
        var at = start
        while left > 0, at + 4 < end {
            let ssrc = datagram.uint32(at: at)
            var name: Range<Int>?
            var item = at + 4
            while item < end, datagram[item] != 0 {
                guard item + 2 <= end, item + 2 + Int(datagram[item + 1]) <= end else { return fail() }
                let length = Int(datagram[item + 1])
                if datagram[item] == 1, name == nil { name = item + 2..<item + 2 + length }
                item += 2 + length
            }
            at = (item / 4 + 1) * 4
            left -= 1
            inside = .chunks(left: left, at: at)
            if let name { return .canonicalName(ssrc: ssrc, name) }
        }
        return nil
    }

    /// The next VoIP metrics among the blocks of an extended report (RFC 3611 section 3).
    private mutating func block(_ datagram: Span<UInt8>, at start: Int) -> RTCPPacket? {
        var at = start
        while at + 4 <= end {
            let length = 4 + 4 * Int(datagram.uint16(at: at + 2))
            guard at + length <= end else { return fail() }
            let block = at
            at += length
            inside = .blocks(at: at)
            if datagram[block] == 7, length == 36 {
                return .voipMetrics(RTCPPacket.VoIPMetrics(datagram, at: block))
            }
        }
        return nil
    }
}
