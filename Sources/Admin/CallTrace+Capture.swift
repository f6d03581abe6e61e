package import Foundation
import Telephony

// A trace as a capture file that Wireshark opens: every message in a UDP datagram of its own, whatever carried it.

extension CallTrace {
    /// A file in the format of libpcap, version 2.4, link type 101 (raw IP).
    package var pcap: Data {
        var file = Capture.header
        for step in steps {
            guard case .message(let message) = step.what else { continue }
            let local = message.local ?? TransportAddress(ipv4: 0x7F00_0001, port: 5_060)
            let source = message.isIncoming ? message.peer : local
            let target = message.isIncoming ? local : message.peer
            file += Capture.record(Capture.packet(message.octets, from: source, to: target), at: step.at)
        }
        return file
    }
}

/// The pieces of a capture file.
private enum Capture {
    static let header: Data = {
        var data = Data()
        data.appendLittle(UInt32(0xA1B2_C3D4))
        data.appendLittle(UInt16(2))
        data.appendLittle(UInt16(4))
        data.appendLittle(UInt64(0))
        data.appendLittle(UInt32(65_535))
        data.appendLittle(UInt32(101))
        return data
    }()

    static func record(_ packet: Data, at microseconds: Int64) -> Data {
        var data = Data()
        data.appendLittle(UInt32(truncatingIfNeeded: microseconds / 1_000_000))
        data.appendLittle(UInt32(truncatingIfNeeded: microseconds % 1_000_000))
        data.appendLittle(UInt32(packet.count))
        data.appendLittle(UInt32(packet.count))
        return data + packet
    }

    static func packet(_ payload: [UInt8], from source: TransportAddress, to target: TransportAddress) -> Data {
        let isIPv4 = source.isIPv4 && target.isIPv4
        let length = UInt16(8 + payload.count)
        var addresses = Data()
        for address in [source, target] {
            if isIPv4 {
                addresses.appendBig(UInt32(truncatingIfNeeded: address.low))
            } else {
                addresses.appendBig(address.high)
                addresses.appendBig(address.low)
            }
        }
        var datagram = Data()
        datagram.appendBig(source.port)
        datagram.appendBig(target.port)
        datagram.appendBig(length)
        datagram.appendBig(UInt16(0))
        datagram += payload
        // The pseudo-header has the same sum for both versions (RFC 768, RFC 8200 section 8.1).
        var pseudo = addresses
        pseudo.appendBig(UInt16(17))
        pseudo.appendBig(length)
        let sum = checksum(pseudo + datagram)
        datagram.replaceSubrange(6..<8, with: [UInt8(sum >> 8), UInt8(sum & 0xFF)])
        return ipHeader(isIPv4: isIPv4, length: length, addresses) + datagram
    }

    private static func ipHeader(isIPv4: Bool, length: UInt16, _ addresses: Data) -> Data {
        var header = Data()
        guard isIPv4 else {
            header.appendBig(UInt32(0x6000_0000))
            header.appendBig(length)
            header += [17, 64]
            return header + addresses
        }
        header += [0x45, 0]
        header.appendBig(length + 20)
        header.appendBig(UInt32(0))
        header += [64, 17, 0, 0]
        header += addresses
        let sum = checksum(header)
        header.replaceSubrange(10..<12, with: [UInt8(sum >> 8), UInt8(sum & 0xFF)])
        return header
    }

    /// The sum of the Internet (RFC 1071); never 0, which would say that there is none.
    private static func checksum(_ octets: Data) -> UInt16 {
        var sum: UInt32 = 0
        for (index, octet) in octets.enumerated() {
            sum += index.isMultiple(of: 2) ? UInt32(octet) << 8 : UInt32(octet)
        }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        let result = ~UInt16(truncatingIfNeeded: sum)
        return result == 0 ? 0xFFFF : result
    }
}

extension Data {
    fileprivate mutating func appendBig(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func appendLittle(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
