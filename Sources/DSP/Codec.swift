package import Telephony

/// A speech codec as it travels in RTP.
package enum Codec: Sendable, Hashable {
    /// ITU-T G.711 mu-law.
    case pcmu
    /// ITU-T G.711 A-law.
    case pcma
    /// ITU-T G.722 at 64 kbit/s.
    case g722
    /// RFC 6716 in RTP as RFC 7587 has it; decoded and encoded mono at 48 kHz.
    case opus
    /// Linear PCM of 16 bits in network order, mono (RFC 3551 section 4.5.11), at a sample rate in Hz.
    case l16(sampleRate: Int)

    /// Samples a second of the decoded audio.
    package var sampleRate: Int {
        switch self {
        case .pcmu, .pcma: 8_000
        case .g722: 16_000
        case .opus: 48_000
        case .l16(let sampleRate): sampleRate
        }
    }

    /// The rate of the RTP timestamps. G.722 counts 8,000 a second although it samples 16,000 (RFC 3551 section 4.5.2).
    package var clockRate: ClockRate {
        switch self {
        case .pcmu, .pcma, .g722: ClockRate(8_000)
        case .opus: ClockRate(48_000)
        case .l16(let sampleRate): ClockRate(Int64(sampleRate))
        }
    }

    /// The payload type that RFC 3551 section 6 assigns, if any.
    package var staticPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        case .opus, .l16: nil
        }
    }

    /// The encoding name in SDP.
    package var name: String {
        switch self {
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .g722: "G722"
        case .opus: "opus"
        case .l16: "L16"
        }
    }

    /// Samples of decoded audio in a tick of 20 ms.
    package var samplesPerTick: Int { sampleRate / 50 }

    /// The most octets that a payload of up to 60 ms takes.
    package var longestPayload: Int {
        switch self {
        case .pcmu, .pcma, .g722: 480
        case .opus: 1_500
        case .l16(let sampleRate): min(sampleRate * 2 * 60 / 1_000, 5_760)
        }
    }

    /// The RTP ticks of audio that a payload holds; `nil` when it is no payload of this codec, or longer than 120 ms.
    package func duration(of payload: Span<UInt8>) -> Int64? {
        let count = Int64(payload.count)
        guard count > 0 else { return nil }
        switch self {
        case .pcmu, .pcma, .g722: return count <= 960 ? count : nil
        case .l16(let sampleRate):
            return count % 2 == 0 && count / 2 * 1_000 <= Int64(sampleRate) * 120 ? count / 2 : nil
        case .opus: return Codec.opusDuration(payload)
        }
    }

    /// Reads an Opus packet's table of contents (RFC 6716 section 3.1): frame length by configuration, times the number
    /// of frames.
    private static func opusDuration(_ payload: Span<UInt8>) -> Int64? {
        let contents = payload[0]
        let configuration = Int(contents >> 3)
        let frame: Int64 =
            switch configuration {
            case 0..<12: [480, 960, 1_920, 2_880][configuration & 3]
            case 12..<16: configuration & 1 == 0 ? 480 : 960
            default: 120 << Int64(configuration & 3)
            }
        let frames: Int64
        switch contents & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard payload.count > 1 else { return nil }
            frames = Int64(payload[1] & 0x3F)
        }
        let total = frame * frames
        return (1...5_760).contains(total) ? total : nil
    }
}
