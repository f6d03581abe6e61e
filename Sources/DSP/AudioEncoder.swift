/// How Opus is encoded.
package struct OpusSettings: Sendable, Hashable {
    /// Bits a second, 6,000 to 510,000.
    package var bitrate = 24_000
    /// From 0, cheapest, to 10.
    package var complexity = 5
    /// Whether a packet carries a coarse copy of the one before it (RFC 6716 section 2.1.7).
    package var hasRedundancy = true
    /// The loss that redundancy is weighed for, 0 to 100.
    package var expectedLossInPercent = 10

    package init() {}
}

/// Encodes the frames of one outgoing stream.
///
/// Owns the codec's state. After `init`, which allocates it, nothing does.
package struct AudioEncoder: ~Copyable {
    package let codec: Codec
    private var g722: G722Encoder
    private var opus: OpusEncoding?

    /// - Throws: ``CodecError`` when the codec is not supported at its rate, or its library refuses.
    package init(_ codec: Codec, opus settings: OpusSettings = OpusSettings()) throws(CodecError) {
        let opus = try AudioEncoder.opus(for: codec, settings)
        self.codec = codec
        self.opus = opus
        g722 = G722Encoder()
    }

    private static func opus(for codec: Codec, _ settings: OpusSettings) throws(CodecError) -> OpusEncoding? {
        try codec.requireSupport()
        return codec == .opus ? try OpusEncoding(settings) : nil
    }

    /// Encodes a frame.
    ///
    /// - Parameters:
    ///   - frame: for Opus 2.5, 5, 10, 20, 40 or 60 ms; for G.722 an even number of samples; else any number.
    ///   - payload: room for ``Codec/longestPayload`` octets from `offset` on.
    /// - Returns: the octets written; 0 when the frame's length does not suit the codec or there is no room.
    package mutating func encode(
        _ frame: Span<Int16>, into payload: inout MutableSpan<UInt8>, at offset: Int = 0
    ) -> Int {
        guard offset >= 0, offset < payload.count else { return 0 }
        let room = payload.count - offset
        switch codec {
        case .opus: return opus?.encode(frame, into: &payload, at: offset) ?? 0
        case .pcmu, .pcma:
            guard frame.count <= room else { return 0 }
            G711.encode(frame, law: codec == .pcmu ? .mu : .a, into: &payload, at: offset)
            return frame.count
        case .g722:
            guard frame.count % 2 == 0, frame.count / 2 <= room else { return 0 }
            g722.encode(frame, into: &payload, at: offset)
            return frame.count / 2
        case .l16:
            guard frame.count <= room / 2 else { return 0 }
            L16.encode(frame, into: &payload, at: offset)
            return frame.count * 2
        }
    }
}
