import COpus

/// Owner of a libopus decoder: mono, 48 kHz.
struct OpusDecoderState: ~Copyable {
    private let state: OpaquePointer

    /// - Throws: ``CodecError`` when libopus has no memory.
    init() throws(CodecError) {
        var status: Int32 = 0
        guard let state = opus_decoder_create(48_000, 1, &status), status == OPUS_OK else {
            throw CodecError(description: "libopus cannot make a decoder (status \(status))")
        }
        self.state = state
    }

    deinit { opus_decoder_destroy(state) }

    /// Decodes a packet; returns the samples written, `nil` when it is no Opus packet.
    mutating func decode(
        _ payload: Span<UInt8>, into samples: inout MutableSpan<Int16>, redundancy: Bool = false, count: Int
    )
        -> Int?
    {
        let written = payload.withUnsafeBufferPointer { bytes in
            samples.withUnsafeMutableBufferPointer { target -> Int32 in
                guard let start = target.baseAddress else { return OPUS_BAD_ARG }
                return opus_decode(
                    state, bytes.baseAddress, opus_int32(bytes.count), start, Int32(min(count, target.count)),
                    redundancy ? 1 : 0)
            }
        }
        return written >= 0 ? Int(written) : nil
    }

    /// Conceals so many samples that were lost; a multiple of 2.5 ms.
    mutating func conceal(into samples: inout MutableSpan<Int16>, count: Int) -> Int? {
        let written = samples.withUnsafeMutableBufferPointer { target -> Int32 in
            guard let start = target.baseAddress else { return OPUS_BAD_ARG }
            return opus_decode(state, nil, 0, start, Int32(min(count, target.count)), 0)
        }
        return written >= 0 ? Int(written) : nil
    }

    mutating func reset() { _ = parley_opus_decoder_reset(state) }
}

/// Owner of a libopus encoder: mono, 48 kHz, speech at 24 kbit/s with in-band redundancy for one lost packet.
struct OpusEncoderState: ~Copyable {
    private let state: OpaquePointer

    /// - Throws: ``CodecError`` when libopus has no memory.
    init() throws(CodecError) {
        var status: Int32 = 0
        guard let state = opus_encoder_create(48_000, 1, OPUS_APPLICATION_VOIP, &status), status == OPUS_OK else {
            throw CodecError(description: "libopus cannot make an encoder (status \(status))")
        }
        self.state = state
        _ = parley_opus_set_bitrate(state, 24_000)
        _ = parley_opus_set_inband_fec(state, 1)
        _ = parley_opus_set_packet_loss_percent(state, 10)
        _ = parley_opus_set_complexity(state, 5)
        _ = parley_opus_set_signal_voice(state)
    }

    deinit { opus_encoder_destroy(state) }

    /// Encodes a frame of 20 ms; returns the octets written.
    mutating func encode(_ samples: Span<Int16>, into payload: inout MutableSpan<UInt8>) -> Int {
        let written = samples.withUnsafeBufferPointer { source in
            payload.withUnsafeMutableBufferPointer { target -> Int32 in
                guard let from = source.baseAddress, let to = target.baseAddress else { return OPUS_BAD_ARG }
                return opus_encode(state, from, Int32(source.count), to, opus_int32(target.count))
            }
        }
        return max(0, Int(written))
    }
}

/// Why a codec cannot be opened.
package struct CodecError: Error, CustomStringConvertible {
    package let description: String
}
