/// ITU-T G.711: each sample in eight bits, by the logarithmic laws mu and A.
enum G711 {
    enum Law: Sendable {
        case mu
        case a
    }

    /// The sample, on the scale of 16 bits, that an octet stands for.
    static func expand(_ octet: UInt8, _ law: Law) -> Int16 {
        switch law {
        case .mu:
            let inverted = ~octet
            let exponent = Int32(inverted >> 4 & 7)
            let mantissa = Int32(inverted & 0x0F)
            let magnitude = ((mantissa << 3 + 0x84) << exponent) - 0x84
            return Int16(truncatingIfNeeded: inverted & 0x80 != 0 ? -magnitude : magnitude)
        case .a:
            let toggled = octet ^ 0x55
            let exponent = Int32(toggled >> 4 & 7)
            let mantissa = Int32(toggled & 0x0F) << 4 + 8
            let magnitude = exponent == 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
            return Int16(truncatingIfNeeded: toggled & 0x80 != 0 ? magnitude : -magnitude)
        }
    }

    /// The octet for a sample: the nearest value below its decision level (G.711 tables 1 and 2).
    static func compress(_ sample: Int16, _ law: Law) -> UInt8 {
        switch law {
        case .mu:
            let sign: UInt8 = sample < 0 ? 0x80 : 0
            let magnitude = min(abs(Int32(sample)), 32_635) + 0x84
            let exponent = 31 - magnitude.leadingZeroBitCount - 7
            let mantissa = UInt8(truncatingIfNeeded: magnitude >> (Int32(exponent) + 3) & 0x0F)
            return ~(sign | UInt8(exponent) << 4 | mantissa)
        case .a:
            let sign: UInt8 = sample < 0 ? 0 : 0x80
            let magnitude = sample < 0 ? -(Int32(sample) + 1) : Int32(sample)
            let exponent = max(0, 31 - (magnitude | 1).leadingZeroBitCount - 7)
            let shift = exponent == 0 ? 4 : Int32(exponent) + 3
            let mantissa = UInt8(truncatingIfNeeded: magnitude >> shift & 0x0F)
            return (sign | UInt8(exponent) << 4 | mantissa) ^ 0x55
        }
    }
}

/// The tables of one law, built once: 512 octets to expand, 64 KiB to compress.
struct G711Tables: Sendable {
    private let expanded: [Int16]
    /// By the sample, from the lowest.
    private let compressed: [UInt8]
    private static let muTables = G711Tables(.mu)
    private static let aTables = G711Tables(.a)

    /// The tables of a law; all users of a law share one copy.
    static func shared(_ law: G711.Law) -> G711Tables { law == .mu ? muTables : aTables }

    private init(_ law: G711.Law) {
        expanded = (0..<256).map { G711.expand(UInt8($0), law) }
        compressed = (0..<65_536).map { G711.compress(Int16(truncatingIfNeeded: $0 - 32_768), law) }
    }

    func expand(_ payload: Span<UInt8>, into samples: inout MutableSpan<Int16>, count: Int) {
        let table = expanded.span
        for index in 0..<count { samples[index] = table[Int(payload[index])] }
    }

    func compress(_ samples: Span<Int16>, into payload: inout MutableSpan<UInt8>) {
        let table = compressed.span
        for index in 0..<samples.count { payload[index] = table[Int(samples[index]) &+ 32_768] }
    }
}
