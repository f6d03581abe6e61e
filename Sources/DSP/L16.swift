/// Linear PCM in network byte order (RFC 3551 section 4.5.11).
enum L16 {
    /// Decodes as many samples as both sides have.
    static func decode(_ payload: Span<UInt8>, into frame: inout MutableSpan<Int16>, at offset: Int = 0) {
        for index in 0..<min(payload.count / 2, frame.count &- offset) {
            let bits = UInt16(payload[2 &* index]) << 8 | UInt16(payload[2 &* index &+ 1])
            frame[offset &+ index] = Int16(bitPattern: bits)
        }
    }

    /// Encodes as many samples as both sides have.
    static func encode(_ frame: Span<Int16>, into payload: inout MutableSpan<UInt8>, at offset: Int = 0) {
        for index in 0..<min((payload.count &- offset) / 2, frame.count) {
            let bits = UInt16(bitPattern: frame[index])
            payload[offset &+ 2 &* index] = UInt8(truncatingIfNeeded: bits >> 8)
            payload[offset &+ 2 &* index &+ 1] = UInt8(truncatingIfNeeded: bits)
        }
    }
}
