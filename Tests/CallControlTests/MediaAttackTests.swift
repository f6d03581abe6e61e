import CallControl
import RTP
import Telephony
import Testing

/// What strangers send to a call's ports: nothing of it is heard, and nothing goes to them.
@Suite("Attacks on media")
struct MediaAttackTests {
    private static let attacker = TransportAddress(ipv4: 0xC633_6401, port: 6_000)

    /// Who speaks first, what the attacker knows and what the trunk allows.
    struct Attack: Sendable, CustomTestStringConvertible {
        var speaksFirst: Bool
        var knowsStream: Bool
        var rule: SourceLatch.Rule

        var testDescription: String {
            "\(speaksFirst ? "first" : "later"), \(knowsStream ? "SSRC known" : "SSRC unknown"), \(rule)"
        }

        static let all = [true, false].flatMap { first in
            [true, false].flatMap { knows in
                [SourceLatch.Rule.negotiated, .latching].map {
                    Attack(speaksFirst: first, knowsStream: knows, rule: $0)
                }
            }
        }
    }

    /// A loud packet as an attacker makes it.
    private static func forged(_ number: Int, ssrc: UInt32, timestamp: UInt32, sequence: UInt16) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 12) + (0..<160).map { $0 / 8 % 2 == 0 ? 0x90 : 0x10 }
        var span = bytes.mutableSpan
        RTPHeader(marker: false, payloadType: 0, sequenceNumber: sequence, timestamp: timestamp, ssrc: ssrc)
            .write(into: &span)
        return bytes
    }

    private static func quiet(_ line: inout Line) -> [UInt8] {
        line.packet([UInt8](repeating: 0xFF, count: 160))
    }

    @Test("RTP Bleed: no packet goes to a stranger and none of theirs is heard", arguments: Attack.all)
    func bleed(attack: Attack) {
        var line = Line { $0.sourceRule = attack.rule }
        for index in 0..<250 {
            if attack.speaksFirst || index > 20 {
                let packet = MediaAttackTests.forged(
                    index, ssrc: attack.knowsStream ? 7 : 0x55, timestamp: line.timestamp, sequence: line.sequence)
                line.give(packet, from: MediaAttackTests.attacker)
            }
            // The caller's own media begins 100 ms after the answer.
            line.tick(index < 5 ? [] : [MediaAttackTests.quiet(&line)])
        }
        for _ in 0..<20 { line.tick() }
        let quality = line.end()
        #expect(line.loudFrames == 0)
        #expect(line.sent.allSatisfy { $0.to == Line.remote })
        #expect(line.reportDestinations.allSatisfy { $0 == Line.remoteRTCP })
        #expect(quality?.received == 245 && quality?.lost == 0 && quality?.late == 0)
    }

    @Test("an attack that stops and starts does not silence the caller")
    func gap() {
        var line = Line { $0.sourceRule = .latching }
        for index in 0..<250 {
            if index / 25 % 2 == 1 {
                for offset in 0..<10 {
                    let packet = MediaAttackTests.forged(
                        index, ssrc: 7, timestamp: line.timestamp &+ UInt32(offset * 160),
                        sequence: line.sequence &+ UInt16(offset))
                    line.give(packet, from: MediaAttackTests.attacker)
                }
            }
            line.tick([line.loud(milliseconds: 20)])
        }
        for _ in 0..<20 { line.tick() }
        _ = line.end()
        #expect(line.longestGap < .milliseconds(60))
    }

    @Test("packets of another SSRC in bursts, from the caller's own address, are not heard while the caller speaks")
    func spoofed() {
        var line = Line()
        for index in 0..<250 {
            if index % 10 == 5 {
                for offset in 0..<4 {
                    let packet = MediaAttackTests.forged(
                        index, ssrc: 0x55, timestamp: UInt32(offset * 160), sequence: UInt16(offset))
                    line.give(packet, from: Line.remote)
                }
            }
            line.tick([MediaAttackTests.quiet(&line)])
        }
        for _ in 0..<20 { line.tick() }
        let quality = line.end()
        #expect(line.loudFrames == 0 && quality?.received == 250)
        #expect(line.switchboard.refusals.foreignSource == 100)
    }

    @Test("keys that a stranger signals are not heard", arguments: Attack.all)
    func injectedKeys(attack: Attack) {
        var line = Line { $0.sourceRule = attack.rule }
        for index in 0..<100 {
            if attack.speaksFirst || index > 20 {
                var packet = [UInt8](repeating: 0, count: 16)
                var span = packet.mutableSpan
                RTPHeader(
                    marker: true, payloadType: 101, sequenceNumber: line.sequence, timestamp: line.timestamp,
                    ssrc: attack.knowsStream ? 7 : 0x55
                ).write(into: &span)
                TelephoneEvent(code: UInt8(index % 10), isEnd: true, volume: 10, duration: 800)
                    .write(into: &span, at: 12)
                line.give(packet, from: MediaAttackTests.attacker)
            }
            line.tick(index < 5 ? [] : [MediaAttackTests.quiet(&line)])
        }
        _ = line.end()
        #expect(line.digits.isEmpty)
    }

    @Test("a report that ends the stream means nothing from a stranger, and in the clear nothing at all with SRTP")
    func goodbye() throws {
        var writer = [UInt8](repeating: 0, count: 400)
        var span = writer.mutableSpan
        var parts = RTCPWriter.Parts(ssrc: 7, canonicalName: Array("stranger".utf8))
        parts.isGoodbye = true
        let count = RTCPWriter.write(parts, into: &span)
        let bye = Array(writer[..<count])
        var line = Line()
        for _ in 0..<10 { line.tick([MediaAttackTests.quiet(&line)]) }
        line.tick([bye], from: MediaAttackTests.attacker, on: 1)
        #expect(line.switchboard.refusals.foreignAddress == 1)
        var generator = SeededGenerator(seed: 9)
        let keys = SRTPKeys(
            inbound: SRTPMasterKey(.aesCM128HMACSHA1Tag80, from: &generator),
            outbound: SRTPMasterKey(.aesCM128HMACSHA1Tag80, from: &generator))
        var secure = Line { $0.keys = keys }
        secure.tick([bye], from: Line.remoteRTCP, on: 1)
        let refusals = secure.switchboard.refusals
        #expect(refusals.unauthenticated + refusals.malformed == 1)
        #expect(secure.switchboard.callCount == 1 && line.switchboard.callCount == 1)
    }

    @Test("SRTP that comes again, at once, a hundred times or much later, is not heard again", arguments: [1, 2])
    func replay(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let keys = SRTPKeys(
            inbound: SRTPMasterKey(.aeadAES128GCM, from: &generator),
            outbound: SRTPMasterKey(.aeadAES128GCM, from: &generator))
        var line = Line { $0.keys = keys }
        var sealer = try SRTPContext(keys.inbound, .outbound)
        var kept: [[UInt8]] = []
        for index in 0..<40 {
            var plain = MediaAttackTests.quiet(&line)
            if index == 10 {
                var key = [UInt8](repeating: 0, count: 4)
                var span = key.mutableSpan
                TelephoneEvent(code: 5, isEnd: true, volume: 10, duration: 800).write(into: &span, at: 0)
                plain = line.packet(key, type: 101, ticks: 160)
            }
            let sealed = try MediaAttackTests.sealed(plain, by: &sealer)
            kept.append(sealed)
            line.tick([sealed] + [[UInt8]](repeating: sealed, count: index == 10 ? 100 : 1))
        }
        line.wait(.seconds(20))
        for packet in kept { line.tick([packet]) }
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            line.give((0..<182).map { _ in UInt8(truncatingIfNeeded: random.next()) }, from: Line.remote)
        }
        let fresh = try MediaAttackTests.sealed(MediaAttackTests.quiet(&line), by: &sealer)
        line.tick([fresh])
        let quality = line.end()
        #expect(line.digits == "5")
        #expect(quality?.received == 41)
        #expect(line.switchboard.refusals.replayed == 139 + 40)
    }

    private static func sealed(_ plain: [UInt8], by context: inout SRTPContext) throws -> [UInt8] {
        var octets = plain + [UInt8](repeating: 0, count: SRTPContext.longestTrailer)
        var span = octets.mutableSpan
        let count = try #require(context.protect(&span, count: plain.count, isRTCP: false))
        return Array(octets[..<count])
    }
}
