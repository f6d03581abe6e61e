package import Telephony

/// ITU-T G.711: one octet a sample, in either of its two laws.
///
/// Linear samples are 16 bits: the 14 bits of the mu-law and the 13 bits of the A-law at the upper end. Negative
/// samples are coded by the magnitude of their complement, as ITU-T G.191 does.
enum G711 {
    enum Law: Sendable {
        case mu
        case a
    }

    private static let muTable = (0...255).map { expandMu(UInt8($0)) }
    private static let aTable = (0...255).map { expandA(UInt8($0)) }

    /// Decodes as many octets as both sides have.
    static func decode(_ payload: Span<UInt8>, law: Law, into frame: inout MutableSpan<Int16>, at offset: Int = 0) {
        precondition(offset >= 0 && offset <= frame.count, "audio begins in its frame")
        let count = min(payload.count, frame.count &- offset)
        let table = law == .mu ? muTable : aTable
        precondition(table.count == 256, "a law has 256 levels")
        // Without a check for each sample: there are as many levels as octets.
        table.withUnsafeBufferPointer { levels in
            payload.withUnsafeBufferPointer { octets in
                frame.withUnsafeMutableBufferPointer { samples in
                    for index in 0..<count { samples[offset &+ index] = levels[Int(octets[index])] }
                }
            }
        }
    }

    /// Encodes as many samples as both sides have.
    static func encode(_ frame: Span<Int16>, law: Law, into payload: inout MutableSpan<UInt8>, at offset: Int = 0) {
        let count = min(payload.count &- offset, frame.count)
        switch law {
        case .mu: for index in 0..<count { payload[offset &+ index] = compressMu(frame[index]) }
        case .a: for index in 0..<count { payload[offset &+ index] = compressA(frame[index]) }
        }
    }

    /// Segment and step of the biased magnitude, all bits inverted (G.711 table 2).
    @inline(__always)
    static func compressMu(_ sample: Int16) -> UInt8 {
        let magnitude = Int32(sample < 0 ? ~sample : sample) >> 2
        let biased = UInt32(truncatingIfNeeded: min(magnitude &+ 33, 8_191))
        let segment = 26 &- UInt32(truncatingIfNeeded: biased.leadingZeroBitCount)
        let code = segment << 4 | (biased &>> (segment &+ 1)) & 15
        return ~(UInt8(truncatingIfNeeded: code) | (sample < 0 ? 0x80 : 0))
    }

    /// Segment and step of the magnitude, even bits inverted (G.711 table 1).
    @inline(__always)
    static func compressA(_ sample: Int16) -> UInt8 {
        let magnitude = UInt32(truncatingIfNeeded: Int32(sample < 0 ? ~sample : sample) >> 4)
        // The first two segments have the same step.
        let segment = magnitude < 32 ? magnitude >> 4 : 28 &- UInt32(truncatingIfNeeded: magnitude.leadingZeroBitCount)
        let shift = segment > 1 ? segment &- 1 : 0
        let code = segment << 4 | (magnitude &>> shift) & 15
        return (UInt8(truncatingIfNeeded: code) | (sample < 0 ? 0 : 0x80)) ^ 0x55
    }

    /// As many octets as there are samples.
    static func encoded(_ samples: [Int16], law: Law) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count) { room, count in
            for index in samples.indices {
                room.initializeElement(
                    at: index, to: law == .mu ? compressMu(samples[index]) : compressA(samples[index]))
            }
            count = samples.count
        }
    }

    static func expandMu(_ octet: UInt8) -> Int16 {
        let code = ~octet
        let magnitude = (Int16(code & 15) * 2 + 33) << Int16(code >> 4 & 7) - 33
        return (code & 0x80 != 0 ? -magnitude : magnitude) * 4
    }

    static func expandA(_ octet: UInt8) -> Int16 {
        let code = octet ^ 0x55
        let segment = Int16(code >> 4 & 7)
        let step = Int16(code & 15) * 2 + 1
        let magnitude = segment == 0 ? step : (step + 32) << (segment - 1)
        return (code & 0x80 != 0 ? magnitude : -magnitude) * 8
    }
}

extension PCMAudio {
    /// The same audio encoded in both laws of ITU-T G.711, so that not every call that plays it does so anew; audio that is
    /// not at 8 kHz as it is.
    package func encodedInBothLaws() -> PCMAudio {
        guard sampleRate == 8_000, muLaw.isEmpty else { return self }
        return PCMAudio(
            self, muLaw: G711.encoded(samples, law: .mu), aLaw: G711.encoded(samples, law: .a))
    }
}
