/// The payload of a comfort noise packet (RFC 3389 section 3): how loud the silence at the far end is, and its colour.
package struct ComfortNoise: Sendable, Equatable {
    /// In dBov with the sign dropped, 0 to 127.
    package var level: UInt8
    /// Reflection coefficients of the noise's spectral envelope, each above -1 and below 1; the first ``order`` count.
    package var reflections: InlineArray<10, Float>
    /// Reflection coefficients that are there, 0 to 10.
    package var order: Int

    /// The static payload type at 8 kHz (RFC 3389 section 4).
    package static let staticPayloadType: UInt8 = 13

    /// Reads a payload; coefficients beyond the tenth are ignored, as a receiver may (section 3.2).
    ///
    /// - Returns: `nil` for an empty payload.
    package init?(_ payload: Span<UInt8>) {
        guard payload.count > 0 else { return nil }
        level = payload[0] & 0x7F
        order = min(payload.count - 1, 10)
        reflections = InlineArray(repeating: 0)
        for index in 0..<order {
            // An octet of 127 stands for zero, one step is 1/128.
            let value = (Float(payload[1 + index]) - 127) / 128
            reflections[index] = max(-0.99, min(0.99, value))
        }
    }

    package static func == (a: ComfortNoise, b: ComfortNoise) -> Bool {
        guard a.level == b.level, a.order == b.order else { return false }
        for index in 0..<a.order where a.reflections[index] != b.reflections[index] { return false }
        return true
    }
}
