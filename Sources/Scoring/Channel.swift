package import DSP
import Telephony

/// What audio goes through before it is heard.
package enum Channel: Sendable, Hashable {
    /// 16-bit samples as they are.
    case linear
    case pcmu
    case pcma
    case g722
    /// Opus at bits a second.
    case opus(Int)

    package var name: String {
        switch self {
        case .linear: "linear"
        case .pcmu: "mu-law"
        case .pcma: "A-law"
        case .g722: "G.722"
        case .opus(let bitrate): "Opus \(bitrate / 1_000) kbit/s"
        }
    }

    /// The rate that the channel takes and gives, where it has one of its own.
    package var sampleRate: Int? {
        switch self {
        case .linear: nil
        case .pcmu, .pcma: 8_000
        case .g722: 16_000
        case .opus: 48_000
        }
    }

    private var codec: Codec? {
        switch self {
        case .linear: nil
        case .pcmu: .pcmu
        case .pcma: .pcma
        case .g722: .g722
        case .opus: .opus
        }
    }

    /// Encodes and decodes frames of 20 ms, and takes the codec's delay off; a rest shorter than a frame is dropped.
    ///
    /// - Throws: ``CodecError`` when the codec refuses.
    package func pass(_ samples: [Int16]) throws(CodecError) -> [Int16] {
        guard let codec else { return samples }
        var settings = OpusSettings()
        if case .opus(let bitrate) = self { settings.bitrate = bitrate }
        settings.hasRedundancy = false
        settings.expectedLossInPercent = 0
        var encoder = try AudioEncoder(codec, opus: settings)
        var decoder = try AudioDecoder(codec)
        let frame = codec.samplesPerTick
        var payload = [UInt8](repeating: 0, count: codec.longestPayload)
        var result = [Int16](repeating: 0, count: samples.count + decoder.longestOutput)
        var target = result.mutableSpan
        var written = 0
        let source = samples.span
        for start in stride(from: 0, through: samples.count - frame, by: frame) {
            var octets = payload.mutableSpan
            let length = encoder.encode(source.extracting(start..<(start + frame)), into: &octets)
            written += decoder.decode(octets.span.extracting(0..<length), into: &target, at: written) ?? 0
        }
        return Array(result[min(codec.delayInSamples, written)..<written])
    }
}
