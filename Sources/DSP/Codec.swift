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

    /// The value of SDP's `rtpmap` behind the payload type. Opus always says two channels (RFC 7587 section 7).
    package var rtpmap: String { "\(name)/\(clockRate.ticksPerSecond)\(self == .opus ? "/2" : "")" }

    /// Every codec, L16 at the rates that are spoken here.
    package static let all: [Codec] =
        [.pcmu, .pcma, .g722, .opus] + [8_000, 16_000, 48_000].map { .l16(sampleRate: $0) }

    /// Whether it can be encoded and decoded here: L16 at 8, 16, 24, 32 or 48 kHz only.
    package var isSupported: Bool {
        guard case .l16(let sampleRate) = self else { return true }
        return [8_000, 16_000, 24_000, 32_000, 48_000].contains(sampleRate)
    }

    func requireSupport() throws(CodecError) {
        if !isSupported { throw CodecError(description: "\(name) at \(sampleRate) Hz is not supported") }
    }

    /// Samples of decoded audio in a tick of 20 ms.
    package var samplesPerTick: Int { sampleRate / 50 }

    /// By how many samples what is decoded lags behind what was encoded.
    package var delayInSamples: Int {
        switch self {
        case .pcmu, .pcma, .l16: 0
        case .g722: 22
        case .opus: 312
        }
    }

    /// The most octets that a payload of 20 ms takes (RFC 6716 section 3.2.1 for Opus).
    package var longestTickPayload: Int {
        switch self {
        case .pcmu, .pcma, .g722: 160
        case .opus: 1_275
        case .l16: samplesPerTick * 2
        }
    }

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
        case .opus: return OpusPacket(payload).map { Int64($0.samples) }
        }
    }
}
