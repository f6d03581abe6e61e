/// Decodes the payloads of one incoming stream, and stands in for those that are lost.
///
/// Owns the codec's state. After `init`, which allocates it, nothing does.
package struct AudioDecoder: ~Copyable {
    package let codec: Codec
    private var g722: G722Decoder
    private var opus: OpusDecoding?
    /// For the waveform codecs; Opus has its own.
    private var concealment: Concealment

    /// The most samples that one payload gives: 120 ms.
    package var longestOutput: Int { codec.sampleRate * 120 / 1_000 }

    /// - Throws: ``CodecError`` when the codec is not supported at its rate, or its library refuses.
    package init(_ codec: Codec) throws(CodecError) {
        let opus = try AudioDecoder.opus(for: codec)
        self.codec = codec
        self.opus = opus
        g722 = G722Decoder()
        concealment = Concealment(sampleRate: codec.sampleRate)
    }

    private static func opus(for codec: Codec) throws(CodecError) -> OpusDecoding? {
        try codec.requireSupport()
        return codec == .opus ? try OpusDecoding() : nil
    }

    /// Decodes a payload of any length up to 120 ms.
    ///
    /// - Parameters:
    ///   - samples: room for ``longestOutput`` from `offset` on.
    ///   - offset: where to begin.
    /// - Returns: the samples written; `nil` when the payload is none of this codec's or there is no room, and the
    ///   stream has not gone on then.
    package mutating func decode(
        _ payload: Span<UInt8>, into samples: inout MutableSpan<Int16>, at offset: Int = 0
    ) -> Int? {
        guard let ticks = codec.duration(of: payload) else { return nil }
        let count = Int(ticks) * (codec == .g722 ? 2 : 1)
        guard offset >= 0, count <= samples.count - offset else { return nil }
        switch codec {
        case .pcmu: G711.decode(payload, law: .mu, into: &samples, at: offset)
        case .pcma: G711.decode(payload, law: .a, into: &samples, at: offset)
        case .g722: g722.decode(payload, into: &samples, at: offset)
        case .l16: L16.decode(payload, into: &samples, at: offset)
        case .opus: return opus?.decode(payload, into: &samples, at: offset)
        }
        concealment.heard(&samples, at: offset, count: count)
        return count
    }

    /// Tells where that lies which a frame touches and this does not contain: pointers, which are not to be read, and octets.
    package mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) { concealment.forEachPart(body) }

    /// Recovers the last `count` samples before a payload from what it carries for a lost packet in front of it (Opus
    /// in-band FEC, RFC 6716 section 2.1.7). The payload itself has still to be decoded.
    ///
    /// - Returns: the samples written, which is `count`; `nil` when the payload carries nothing of the kind, and the
    ///   samples are still to be concealed.
    package mutating func recover(
        _ count: Int, before next: Span<UInt8>, into samples: inout MutableSpan<Int16>, at offset: Int = 0
    ) -> Int? {
        guard codec == .opus, count > 0, offset >= 0, count <= samples.count - offset else { return nil }
        return opus?.recover(from: next, into: &samples, at: offset, count: count) == true ? count : nil
    }

    /// Stands in for `count` samples that were lost, at most as many as there is room for.
    package mutating func conceal(_ count: Int, into samples: inout MutableSpan<Int16>, at offset: Int = 0) {
        let first = min(max(0, offset), samples.count)
        let room = min(max(0, count), samples.count - first)
        if codec == .opus {
            opus?.conceal(into: &samples, at: first, count: room)
        } else {
            concealment.conceal(&samples, at: first, count: room)
        }
    }

    /// The stream began anew.
    package mutating func reset() {
        g722.reset()
        opus?.reset()
        concealment.reset()
    }
}
