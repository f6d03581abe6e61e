import Telephony
import Testing

@testable import DSP

@Suite("G.711")
struct G711Tests {
    /// The lowest magnitude, in the law's own unit, that a segment and step stand for (G.711 tables 1 and 2).
    private static func muEdge(_ segment: Int, _ step: Int) -> Int { ((2 * step + 32) << segment) - 33 }
    private static func aEdge(_ segment: Int, _ step: Int) -> Int {
        segment == 0 ? step * 2 : (step + 16) << segment
    }

    @Test("every linear sample is coded to the mu-law's interval that it lies in")
    func muLaw() {
        for value in Int(Int16.min)...Int(Int16.max) {
            let magnitude = (value < 0 ? -value - 1 : value) / 4
            var code = 0
            for candidate in 1..<128 where G711Tests.muEdge(candidate / 16, candidate % 16) <= magnitude {
                code = candidate
            }
            let expected = UInt8(255 - code - (value < 0 ? 128 : 0))
            let heard = G711.compressMu(Int16(value))
            if heard != expected { Issue.record("\(value) gave \(heard), not \(expected)") }
        }
    }

    @Test("every linear sample is coded to the A-law's interval that it lies in")
    func aLaw() {
        for value in Int(Int16.min)...Int(Int16.max) {
            let magnitude = (value < 0 ? -value - 1 : value) / 16 * 2
            var code = 0
            for candidate in 1..<128 where G711Tests.aEdge(candidate / 16, candidate % 16) <= magnitude {
                code = candidate
            }
            let expected = UInt8(code + (value < 0 ? 0 : 128)) ^ 0x55
            let heard = G711.compressA(Int16(value))
            if heard != expected { Issue.record("\(value) gave \(heard), not \(expected)") }
        }
    }

    @Test("every code is decoded to the middle of its interval")
    func levels() {
        for code in 0..<256 {
            let mu = 255 - code
            let muSize = ((2 * (mu % 16) + 33) << (mu / 16 % 8) - 33) * 4
            #expect(Int(G711.expandMu(UInt8(code))) == (mu >= 128 ? -muSize : muSize))

            let a = code ^ 0x55
            let low = G711Tests.aEdge(a / 16 % 8, a % 16)
            let high = a % 128 == 127 ? 4_096 : G711Tests.aEdge((a % 128 + 1) / 16, (a % 128 + 1) % 16)
            let aSize = (low + high) / 2 * 8
            #expect(Int(G711.expandA(UInt8(code))) == (a >= 128 ? aSize : -aSize))
        }
    }

    @Test("a code survives being decoded and encoded again, the negative zero of the mu-law apart")
    func codesSurvive() {
        for code in UInt8.min...UInt8.max {
            #expect(G711.compressA(G711.expandA(code)) == code)
            #expect(G711.compressMu(G711.expandMu(code)) == (code == 0x7F ? 0xFF : code))
        }
    }

    @Test("known samples: the digital milliwatt of the mu-law, silence and full scale")
    func knownSamples() {
        let milliwatt: [UInt8] = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E]
        let samples = milliwatt.map { G711.expandMu($0) }
        let level = Level.dBm0(of: samples.span)
        // The sequence is 0 dBm0 by definition where full scale is 3.17 dBm0, and full scale is 8,159 of 8,192 there.
        let expected = Level.fullScaleSineInDBm0 - 3.17 + 20 * Elementary.log10(8_159.0 / 8_192)
        #expect(abs(level - expected) < 0.01, "\(level) dBm0")
        #expect(G711.compressMu(0) == 0xFF)
        #expect(G711.compressA(0) == 0xD5)
        #expect(G711.compressMu(.max) == 0x80)
        #expect(G711.compressMu(.min) == 0x00)
        #expect(G711.compressA(.max) == 0xAA)
        #expect(G711.compressA(.min) == 0x2A)
    }

    @Test("audio that was encoded beforehand is what its frames are encoded to", arguments: [Codec.pcmu, .pcma])
    func beforehand(codec: Codec) throws {
        var generator = SeededGenerator(seed: 5)
        let samples = (0..<1_600).map { _ in Int16(truncatingIfNeeded: generator.next()) }
        let audio = PCMAudio(sampleRate: 8_000, samples: samples).encodedInBothLaws()
        let octets = codec == .pcmu ? audio.muLaw : audio.aLaw
        var encoder = try AudioEncoder(codec)
        for first in stride(from: 0, to: samples.count, by: 160) {
            var payload = [UInt8](repeating: 0, count: 160)
            var room = payload.mutableSpan
            let count = encoder.encode(samples.span.extracting(first..<first + 160), into: &room)
            #expect(count == 160 && payload == Array(octets[first..<first + 160]))
        }
        let wide = PCMAudio(sampleRate: 16_000, samples: samples).encodedInBothLaws()
        #expect(octets.count == samples.count && wide.muLaw.isEmpty && wide.aLaw.isEmpty)
    }
}
