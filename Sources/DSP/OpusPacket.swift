/// What the first octets of an Opus packet say (RFC 6716 section 3.1 and 3.2.5), without decoding it.
struct OpusPacket {
    private let toc: UInt8
    /// Frames in the packet, 1 to 48.
    let frames: Int

    /// - Returns: `nil` for what no packet can begin with, or for more than 120 ms.
    init?(_ payload: Span<UInt8>) {
        guard payload.count > 0 else { return nil }
        toc = payload[0]
        switch toc & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard payload.count > 1 else { return nil }
            frames = Int(payload[1] & 0x3F)
        }
        guard frames > 0, samples <= 5_760 else { return nil }
    }

    /// The upper 5 bits: 0 to 11 SILK, 12 to 15 hybrid, 16 to 31 CELT.
    private var configuration: Int { Int(toc >> 3) }
    var isCELTOnly: Bool { configuration >= 16 }
    private var isStereo: Bool { toc & 4 != 0 }

    /// Samples of one frame at 48 kHz.
    var samplesPerFrame: Int {
        switch configuration {
        case 0..<12: configuration & 3 == 0 ? 480 : 960 * (configuration & 3)
        case 12..<16: configuration & 1 == 0 ? 480 : 960
        default: 120 << (configuration & 3)
        }
    }

    /// Samples of the packet at 48 kHz.
    var samples: Int { frames * samplesPerFrame }

    /// Whether the first frame carries a redundant copy of the audio before it, given the frame's first octet.
    ///
    /// The SILK header begins with a voice activity flag for each 20 ms and then the LBRR flag, each of one even bit,
    /// for one channel after the other (RFC 6716 section 4.2.3).
    func hasRedundancy(firstOctet: UInt8) -> Bool {
        guard !isCELTOnly else { return false }
        let flags = max(1, samplesPerFrame / 960)
        let mid = firstOctet >> UInt8(7 - flags) & 1 != 0
        let side = isStereo && firstOctet >> UInt8(6 - 2 * flags) & 1 != 0
        return mid || side
    }
}
