/// Encodes frames of 20 ms for one outgoing stream.
package struct AudioEncoder: ~Copyable {
    package let codec: Codec
    private let tables: G711Tables
    private var g722 = G722Encoder()
    private var opus: OpusEncoderState?

    /// - Throws: ``CodecError`` when a codec library refuses.
    package init(_ codec: Codec) throws(CodecError) {
        self.codec = codec
        tables = G711Tables.shared(codec == .pcma ? .a : .mu)
        opus = codec == .opus ? try OpusEncoderState() : nil
    }

    /// Encodes one frame.
    ///
    /// - Parameters:
    ///   - frame: ``Codec/samplesPerTick`` samples.
    ///   - payload: room for ``Codec/longestPayload`` octets.
    /// - Returns: the octets written.
    package mutating func encode(_ frame: Span<Int16>, into payload: inout MutableSpan<UInt8>) -> Int {
        precondition(frame.count == codec.samplesPerTick, "an encoder takes frames of 20 ms")
        switch codec {
        case .pcmu, .pcma:
            tables.compress(frame, into: &payload)
            return frame.count
        case .g722:
            g722.encode(frame, into: &payload)
            return frame.count / 2
        case .opus: return opus?.encode(frame, into: &payload) ?? 0
        case .l16:
            for index in 0..<frame.count {
                let sample = UInt16(bitPattern: frame[index])
                payload[2 * index] = UInt8(sample >> 8)
                payload[2 * index + 1] = UInt8(truncatingIfNeeded: sample)
            }
            return 2 * frame.count
        }
    }
}
