/// The header of an RTP packet and where its payload lies (RFC 3550 section 5.1).
package struct RTPHeader: Sendable, Equatable {
    package var marker: Bool
    /// 0 to 127.
    package var payloadType: UInt8
    package var sequenceNumber: UInt16
    package var timestamp: UInt32
    package var ssrc: UInt32
    /// The payload's place in the datagram, without padding; empty ranges are legal.
    package var payload: Range<Int>

    /// The length of a header without contributing sources and extension.
    package static let fixedLength = 12

    package init(
        marker: Bool, payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32,
        payload: Range<Int> = 0..<0
    ) {
        self.marker = marker
        self.payloadType = payloadType
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
    }

    /// Why a datagram is no RTP packet.
    package enum ParseError: Error, Sendable, CaseIterable {
        case truncated
        /// Not version 2.
        case version
        /// The contributing sources, the extension or the padding reach beyond the datagram.
        case length
    }

    /// Reads a header; contributing sources and the extension are skipped.
    package static func parse(_ datagram: Span<UInt8>) throws(ParseError) -> RTPHeader {
        let count = datagram.count
        guard count >= fixedLength else { throw .truncated }
        let first = datagram[0]
        guard first >> 6 == 2 else { throw .version }
        var start = fixedLength + 4 * Int(first & 0x0F)
        guard start <= count else { throw .length }
        if first & 0x10 != 0 {
            guard start + 4 <= count else { throw .length }
            start += 4 + 4 * Int(datagram.uint16(at: start + 2))
            guard start <= count else { throw .length }
        }
        var end = count
        if first & 0x20 != 0 {
            let padding = Int(datagram[count - 1])
            guard padding > 0, start + padding <= count else { throw .length }
            end -= padding
        }
        let second = datagram[1]
        return RTPHeader(
            marker: second & 0x80 != 0, payloadType: second & 0x7F, sequenceNumber: datagram.uint16(at: 2),
            timestamp: datagram.uint32(at: 4), ssrc: datagram.uint32(at: 8), payload: start..<end)
    }

    /// Writes the twelve octets of a header without contributing sources and extension.
    package func write(into target: inout MutableSpan<UInt8>) {
        precondition(target.count >= RTPHeader.fixedLength, "an RTP header has twelve octets")
        target[0] = 0x80
        target[1] = (marker ? 0x80 : 0) | (payloadType & 0x7F)
        target.write(sequenceNumber, at: 2)
        target.write(timestamp, at: 4)
        target.write(ssrc, at: 8)
    }

    /// Whether a datagram that came to a shared port is RTCP: its second octet is a packet type from 192 to 223
    /// (RFC 5761 section 4).
    package static func isRTCP(_ datagram: Span<UInt8>) -> Bool {
        datagram.count >= 2 && (192...223).contains(datagram[1])
    }
}

// MARK: - Octets in network order

extension Span<UInt8> {
    /// Two octets at an offset that is known to be inside.
    func uint16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
    func uint24(at offset: Int) -> UInt32 { UInt32(self[offset]) << 16 | UInt32(uint16(at: offset + 1)) }
    func uint32(at offset: Int) -> UInt32 { UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2)) }
}

extension MutableSpan<UInt8> {
    mutating func write(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
    mutating func write(_ value: UInt32, at offset: Int) {
        write(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        write(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }
}
