/// Decodes the payloads of one incoming stream, and stands in for those that are lost.
package struct AudioDecoder: ~Copyable {
    package let codec: Codec
    private let tables: G711Tables
    private var g722 = G722Decoder()
    private var opus: OpusDecoderState?
    private var concealment: Concealment

    /// The most samples that one payload gives: 120 ms.
    package var longestOutput: Int { codec.sampleRate * 120 / 1_000 }

    /// - Throws: ``CodecError`` when a codec library refuses.
    package init(_ codec: Codec) throws(CodecError) {
        self.codec = codec
        tables = G711Tables.shared(codec == .pcma ? .a : .mu)
        opus = codec == .opus ? try OpusDecoderState() : nil
        concealment = Concealment(sampleRate: codec.sampleRate)
    }

    /// Decodes a payload.
    ///
    /// - Parameter samples: room for ``longestOutput``.
    /// - Returns: the samples written; `nil` when the payload is none of this codec's.
    package mutating func decode(_ payload: Span<UInt8>, into samples: inout MutableSpan<Int16>) -> Int? {
        guard let ticks = codec.duration(of: payload) else { return nil }
        let count = Int(ticks) * (codec == .g722 ? 2 : 1)
        guard count <= samples.count else { return nil }
        switch codec {
        case .pcmu, .pcma: tables.expand(payload, into: &samples, count: count)
        case .g722: g722.decode(payload, into: &samples)
        case .opus: return opus?.decode(payload, into: &samples, count: count)
        case .l16:
            for index in 0..<count {
                let sample = UInt16(payload[2 * index]) << 8 | UInt16(payload[2 * index + 1])
                samples[index] = Int16(bitPattern: sample)
            }
        }
        concealment.heard(&samples, count: count)
        return count
    }

    /// Recovers the last `count` samples before a payload from what it carries for a lost packet in front of it (Opus
    /// in-band FEC, RFC 6716 section 2.1.7).
    ///
    /// - Returns: the samples written; `nil` when the codec has no such thing.
    package mutating func recover(
        _ count: Int, before next: Span<UInt8>, into samples: inout MutableSpan<Int16>
    ) -> Int? {
        guard codec == .opus, count > 0 else { return nil }
        return opus?.decode(next, into: &samples, redundancy: true, count: count)
    }

    /// Stands in for `count` samples that were lost.
    package mutating func conceal(_ count: Int, into samples: inout MutableSpan<Int16>) {
        if codec == .opus {
            if opus?.conceal(into: &samples, count: count) == count { return }
            for index in 0..<count { samples[index] = 0 }
            return
        }
        concealment.conceal(&samples, count: count)
    }

    /// The stream began anew.
    package mutating func reset() {
        g722 = G722Decoder()
        opus?.reset()
        concealment = Concealment(sampleRate: codec.sampleRate)
    }
}
