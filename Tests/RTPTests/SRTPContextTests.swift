import RTP
import Telephony
import Testing

@Suite("SRTPContext")
struct SRTPContextTests {
    /// An RTP packet of 160 octets, each the sequence number's low octet.
    private static func packet(_ sequence: UInt16, ssrc: UInt32 = 0x1234_5678) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: 172)
        var span = bytes.mutableSpan
        RTPHeader(
            marker: false, payloadType: 0, sequenceNumber: sequence, timestamp: UInt32(sequence) * 160, ssrc: ssrc
        ).write(into: &span)
        return bytes
    }

    private static func key(_ suite: SRTPSuite, seed: UInt64) -> SRTPMasterKey {
        var generator = SeededGenerator(seed: seed)
        return SRTPMasterKey(suite, from: &generator)
    }

    private static func sealed(_ packet: [UInt8], by context: inout SRTPContext, isRTCP: Bool = false) -> [UInt8] {
        var bytes = packet + [UInt8](repeating: 0, count: SRTPContext.longestTrailer)
        var span = bytes.mutableSpan
        guard let count = context.protect(&span, count: packet.count, isRTCP: isRTCP) else { return [] }
        return Array(bytes[..<count])
    }

    private static func opened(
        _ packet: [UInt8], by context: inout SRTPContext, isRTCP: Bool = false
    ) throws(SRTPContext.Refusal) -> [UInt8] {
        var bytes = packet
        var span = bytes.mutableSpan
        let count = try context.unprotect(&span, count: packet.count, isRTCP: isRTCP)
        return Array(bytes[..<count])
    }

    @Test("what is protected comes out as it went in, RTP and RTCP", arguments: SRTPSuite.allCases)
    func roundTrip(suite: SRTPSuite) throws {
        let key = SRTPContextTests.key(suite, seed: 1)
        var sender = try SRTPContext(key, .outbound)
        var receiver = try SRTPContext(key, .inbound)
        for sequence in [65_533, 65_534, 65_535, 0, 1] as [UInt16] {
            let plain = SRTPContextTests.packet(sequence)
            let sealed = SRTPContextTests.sealed(plain, by: &sender)
            #expect(sealed.count == plain.count + suite.tagLength)
            #expect(sealed[12..<172] != plain[12..<172])
            #expect(try SRTPContextTests.opened(sealed, by: &receiver) == plain)
        }
        let report: [UInt8] = [0x80, 201, 0, 1, 1, 2, 3, 4]
        let sealed = SRTPContextTests.sealed(report, by: &sender, isRTCP: true)
        #expect(sealed.count > report.count)
        #expect(try SRTPContextTests.opened(sealed, by: &receiver, isRTCP: true) == report)
    }

    @Test("AES-CM gives the octets of RFC 3711 appendix B.3's key derivation", arguments: [1])
    func knownAnswer(_: Int) throws {
        // The packet that libsrtp's own validation uses, checked with an independent implementation.
        let key = SRTPMasterKey(
            .aesCM128HMACSHA1Tag80,
            material: [
                0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39,
                0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6,
            ])
        var context = try SRTPContext(try #require(key), .outbound)
        let plain: [UInt8] =
            [0x80, 0x0F, 0x12, 0x34, 0xDE, 0xCA, 0xFB, 0xAD, 0xCA, 0xFE, 0xBA, 0xBE]
            + [UInt8](repeating: 0xAB, count: 16)
        let sealed = SRTPContextTests.sealed(plain, by: &context)
        #expect(
            sealed[12...].map { $0 } == [
                0x4E, 0x55, 0xDC, 0x4C, 0xE7, 0x99, 0x78, 0xD8, 0x8C, 0xA4, 0xD2, 0x15, 0x94, 0x9D, 0x24, 0x02,
                0xB7, 0x8D, 0x6A, 0xCC, 0x99, 0xEA, 0x17, 0x9B, 0x8D, 0xBB,
            ])
    }

    @Test("a packet that came before is refused, once, a hundred times and after many others")
    func replay() throws {
        let key = SRTPContextTests.key(.aesCM128HMACSHA1Tag80, seed: 2)
        var sender = try SRTPContext(key, .outbound)
        var receiver = try SRTPContext(key, .inbound)
        let packets = (0..<400).map { SRTPContextTests.sealed(SRTPContextTests.packet($0), by: &sender) }
        for packet in packets { _ = try SRTPContextTests.opened(packet, by: &receiver) }
        for packet in packets + Array(repeating: packets[399], count: 100) {
            #expect(throws: SRTPContext.Refusal.replayed) { try SRTPContextTests.opened(packet, by: &receiver) }
        }
    }

    @Test("packets out of order within the window are taken once each")
    func reordered() throws {
        let key = SRTPContextTests.key(.aeadAES128GCM, seed: 3)
        var sender = try SRTPContext(key, .outbound)
        var receiver = try SRTPContext(key, .inbound)
        let packets = (0..<60).map { SRTPContextTests.sealed(SRTPContextTests.packet($0), by: &sender) }
        for index in (0..<60).map({ $0 ^ 7 }) where index < 60 {
            #expect(try SRTPContextTests.opened(packets[index], by: &receiver).count == 172)
        }
    }

    @Test("random and changed packets are refused and change nothing", arguments: SRTPSuite.allCases)
    func forged(suite: SRTPSuite) throws {
        let key = SRTPContextTests.key(suite, seed: 4)
        var sender = try SRTPContext(key, .outbound)
        var receiver = try SRTPContext(key, .inbound)
        var generator = SeededGenerator(seed: 5)
        for sequence in 0..<300 as Range<UInt16> {
            let sealed = SRTPContextTests.sealed(SRTPContextTests.packet(sequence), by: &sender)
            var changed = sealed
            changed[Int(generator.next() % UInt64(changed.count))] ^= UInt8(1 << (generator.next() % 8))
            let noise = (0..<Int(generator.next() % 200)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            for forged in [changed, noise, noise.isEmpty ? [] : [0x80] + noise.dropFirst()] {
                #expect(throws: SRTPContext.Refusal.self) { try SRTPContextTests.opened(forged, by: &receiver) }
                #expect(throws: SRTPContext.Refusal.self) {
                    try SRTPContextTests.opened(forged, by: &receiver, isRTCP: true)
                }
            }
            #expect(try SRTPContextTests.opened(sealed, by: &receiver).count == 172)
        }
    }

    @Test("a key is not printed, and takes no other length")
    func keys() {
        for suite in SRTPSuite.allCases {
            let key = SRTPContextTests.key(suite, seed: 6)
            let text = "\(key) \(String(reflecting: key))"
            let octets = key.octets(for: .mediaEncryption).prefix(3).map(String.init).joined(separator: ", ")
            #expect(text.contains(redactionPlaceholder) && !text.contains(octets))
            #expect(SRTPMasterKey(suite, material: [UInt8](repeating: 0, count: suite.keyLength - 1)) == nil)
        }
    }
}
