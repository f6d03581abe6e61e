/// Writes an RTCP compound: a report first, then the canonical name (RFC 3550 section 6.1).
package struct RTCPWriter {
    /// Room for what a leg sends.
    package static let longestCompound = 256

    /// What a compound is made of.
    package struct Parts: Sendable {
        package var ssrc: UInt32
        /// A receiver report is written when there is none.
        package var sender: RTCPPacket.SenderReport?
        package var block: RTCPPacket.ReportBlock?
        /// At most 64 octets.
        package var canonicalName: [UInt8]
        package var metrics: RTCPPacket.VoIPMetrics?
        /// The stream ends.
        package var isGoodbye = false

        package init(ssrc: UInt32, canonicalName: [UInt8]) {
            self.ssrc = ssrc
            self.canonicalName = canonicalName
        }
    }

    /// Writes a report with at most one block, a source description, VoIP metrics where there are any and, at the end
    /// of a stream, a goodbye.
    ///
    /// - Returns: the octets written.
    package static func write(_ parts: Parts, into target: inout MutableSpan<UInt8>) -> Int {
        precondition(
            target.count >= longestCompound && parts.canonicalName.count <= 64, "a compound has room for its parts")
        let ssrc = parts.ssrc
        var at = writeReport(ssrc: ssrc, sender: parts.sender, block: parts.block, into: &target)
        at = writeName(ssrc: ssrc, parts.canonicalName, at: at, into: &target)
        if let metrics = parts.metrics {
            writeHead(count: 0, type: 207, words: 2 + RTCPPacket.VoIPMetrics.words, at: at, into: &target)
            target.write(ssrc, at: at + 4)
            metrics.write(into: &target, at: at + 8)
            at += 44
        }
        if parts.isGoodbye {
            writeHead(count: 1, type: 203, words: 1, at: at, into: &target)
            target.write(ssrc, at: at + 4)
            at += 8
        }
        return at
    }

    private static func writeHead(
        count: Int, type: UInt8, words: Int, at offset: Int, into target: inout MutableSpan<UInt8>
    ) {
        target[offset] = 0x80 | UInt8(count)
        target[offset + 1] = type
        target.write(UInt16(words), at: offset + 2)
    }

    private static func writeReport(
        ssrc: UInt32, sender: RTCPPacket.SenderReport?, block: RTCPPacket.ReportBlock?,
        into target: inout MutableSpan<UInt8>
    ) -> Int {
        var at = 8
        if let sender {
            target.write(UInt32(sender.ntpTimestamp >> 32), at: 8)
            target.write(UInt32(truncatingIfNeeded: sender.ntpTimestamp), at: 12)
            target.write(sender.rtpTimestamp, at: 16)
            target.write(sender.packetCount, at: 20)
            target.write(sender.octetCount, at: 24)
            at = 28
        }
        if let block {
            target.write(block.ssrc, at: at)
            let lost = UInt32(bitPattern: max(-0x80_0000, min(0x7F_FFFF, block.cumulativeLost))) & 0xFF_FFFF
            target.write(UInt32(block.fractionLost) << 24 | lost, at: at + 4)
            target.write(block.highestSequence, at: at + 8)
            target.write(block.jitter, at: at + 12)
            target.write(block.lastSenderReport, at: at + 16)
            target.write(block.delaySinceLastSenderReport, at: at + 20)
            at += 24
        }
        writeHead(count: block == nil ? 0 : 1, type: sender == nil ? 201 : 200, words: at / 4 - 1, at: 0, into: &target)
        target.write(ssrc, at: 4)
        return at
    }

    private static func writeName(ssrc: UInt32, _ name: [UInt8], at start: Int, into target: inout MutableSpan<UInt8>)
        -> Int
    {
        let words = (4 + 2 + name.count) / 4 + 1
        writeHead(count: 1, type: 202, words: words, at: start, into: &target)
        target.write(ssrc, at: start + 4)
        target[start + 8] = 1
        target[start + 9] = UInt8(name.count)
        for index in 0..<name.count { target[start + 10 + index] = name[index] }
        for index in start + 10 + name.count..<start + 4 + 4 * words { target[index] = 0 }
        return start + 4 + 4 * words
    }
}
