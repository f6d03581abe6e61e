import COpus

/// Owns a libopus decoder: 48 kHz, mono.
struct OpusDecoding: ~Copyable {
    private let state: OpaquePointer
    private var lastWasCELTOnly = false

    /// The library conceals multiples of 2.5 ms.
    private static let unit = 120
    private static let longest = 5_760

    init() throws(CodecError) {
        var error: Int32 = 0
        guard let state = opus_decoder_create(48_000, 1, &error), error == OPUS_OK else {
            throw CodecError(description: "libopus could not create its state")
        }
        self.state = state
    }

    deinit { opus_decoder_destroy(state) }

    /// - Returns: samples written, `nil` when it is no packet or there is no room.
    mutating func decode(_ payload: Span<UInt8>, into frame: inout MutableSpan<Int16>, at offset: Int) -> Int? {
        guard payload.count <= 0xFFFF, let packet = OpusPacket(payload) else { return nil }
        let samples = OpusDecoding.call(
            state, payload, into: &frame, offset: offset, count: packet.samples, redundancy: false)
        guard samples > 0 else { return nil }
        lastWasCELTOnly = packet.isCELTOnly
        return samples
    }

    /// The stream began anew.
    mutating func reset() {
        _ = parley_opus_decoder_reset(state)
        lastWasCELTOnly = false
    }

    /// Fills `count` samples by the library's own concealment.
    mutating func conceal(into frame: inout MutableSpan<Int16>, at offset: Int, count: Int) {
        var done = 0
        while done < count {
            let wanted = min(count &- done, OpusDecoding.longest)
            if wanted >= OpusDecoding.unit {
                let whole = wanted / OpusDecoding.unit * OpusDecoding.unit
                OpusDecoding.concealWhole(state, into: &frame, offset: offset &+ done, count: whole)
                done &+= whole
            } else {
                // The gap ends within a unit.
                var unit = InlineArray<120, Int16>(repeating: 0)
                var samples = unit.mutableSpan
                OpusDecoding.concealWhole(state, into: &samples, offset: 0, count: OpusDecoding.unit)
                for index in 0..<wanted { frame[offset &+ done &+ index] = samples[index] }
                done &+= wanted
            }
        }
    }

    /// Fills `count` samples that come before `next`: the last of them from its redundancy, what is more by concealment.
    ///
    /// - Returns: whether there was redundancy; when not, nothing was done.
    mutating func recover(
        from next: Span<UInt8>, into frame: inout MutableSpan<Int16>, at offset: Int, count: Int
    ) -> Bool {
        guard !lastWasCELTOnly, let packet = OpusPacket(next), OpusDecoding.hasRedundancy(next, packet),
            packet.samplesPerFrame <= count, count % OpusDecoding.unit == 0, count <= OpusDecoding.longest
        else { return false }
        return OpusDecoding.call(state, next, into: &frame, offset: offset, count: count, redundancy: true) == count
    }

    private static func hasRedundancy(_ payload: Span<UInt8>, _ packet: OpusPacket) -> Bool {
        guard payload.count <= 0xFFFF else { return false }
        var sizes = InlineArray<48, Int16>(repeating: 0)
        var offset: Int32 = 0
        let frames = payload.withUnsafeBufferPointer { octets in
            var target = sizes.mutableSpan
            return target.withUnsafeMutableBufferPointer { lengths -> Int32 in
                guard let start = octets.baseAddress, let length = lengths.baseAddress else { return 0 }
                return opus_packet_parse(start, Int32(octets.count), nil, nil, length, &offset)
            }
        }
        guard frames > 0, sizes[0] > 0, payload.indices.contains(Int(offset)) else { return false }
        return packet.hasRedundancy(firstOctet: payload[Int(offset)])
    }

    private static func concealWhole(
        _ state: OpaquePointer, into frame: inout MutableSpan<Int16>, offset: Int, count: Int
    ) {
        let made = call(state, Span(), into: &frame, offset: offset, count: count, redundancy: false)
        for index in max(0, made)..<max(0, made, count) { frame[offset &+ index] = 0 }
    }

    private static func call(
        _ state: OpaquePointer, _ payload: Span<UInt8>, into frame: inout MutableSpan<Int16>, offset: Int, count: Int,
        redundancy: Bool
    ) -> Int {
        payload.withUnsafeBufferPointer { octets in
            frame.withUnsafeMutableBufferPointer { samples in
                guard let base = samples.baseAddress, offset >= 0, count >= 0, offset &+ count <= samples.count else {
                    return -1
                }
                return Int(
                    opus_decode(
                        state, octets.isEmpty ? nil : octets.baseAddress, Int32(octets.count), base + offset,
                        Int32(count), redundancy ? 1 : 0))
            }
        }
    }
}

/// Owns a libopus encoder: 48 kHz, mono, for speech, with redundancy for lost packets.
struct OpusEncoding: ~Copyable {
    private let state: OpaquePointer

    init(_ settings: OpusSettings) throws(CodecError) {
        var error: Int32 = 0
        guard let state = opus_encoder_create(48_000, 1, OPUS_APPLICATION_VOIP, &error), error == OPUS_OK else {
            throw CodecError(description: "libopus could not create its state")
        }
        let results = (
            parley_opus_set_bitrate(state, Int32(min(max(settings.bitrate, 6_000), 510_000))),
            parley_opus_set_complexity(state, Int32(min(max(settings.complexity, 0), 10))),
            parley_opus_set_inband_fec(state, settings.hasRedundancy ? 1 : 0),
            parley_opus_set_packet_loss_percent(state, Int32(min(max(settings.expectedLossInPercent, 0), 100))),
            parley_opus_set_signal_voice(state)
        )
        guard results == (0, 0, 0, 0, 0) else {
            opus_encoder_destroy(state)
            throw CodecError(description: "libopus refuses its settings")
        }
        self.state = state
    }

    deinit { opus_encoder_destroy(state) }

    /// - Returns: octets written; 0 when the frame's length is none of Opus's or the payload does not fit.
    mutating func encode(_ frame: Span<Int16>, into payload: inout MutableSpan<UInt8>, at offset: Int) -> Int {
        let octets = frame.withUnsafeBufferPointer { samples in
            payload.withUnsafeMutableBufferPointer { target -> Int32 in
                guard samples.count <= 5_760, let base = samples.baseAddress, let octets = target.baseAddress else {
                    return 0
                }
                return opus_encode(
                    state, base, Int32(samples.count), octets + offset, Int32(min(target.count &- offset, 1_275)))
            }
        }
        return Int(max(0, octets))
    }
}
