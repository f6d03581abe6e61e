/// Decodes G.722 at 64 kbit/s to 16 kHz speech.
struct G722Decoder: Sendable {
    private var lower = G722.Band.lower
    private var upper = G722.Band.upper
    private var filter = G722.MirrorFilter()

    /// Decodes octets, two samples each, as many as both sides have.
    mutating func decode(_ payload: Span<UInt8>, into frame: inout MutableSpan<Int16>, at offset: Int = 0) {
        let octets = min(payload.count, (frame.count &- offset) / 2)
        var done = 0
        while done < octets {
            let block = min(octets &- done, G722.MirrorFilter.blockLength)
            for pair in 0..<block {
                let code = Int32(payload[done &+ pair])
                let low = decodeLower(code & 0x3F)
                let high = decodeUpper(code >> 6)
                filter.set(low &+ high, low &- high, at: pair)
            }
            for pair in 0..<block {
                let sums = filter.sums(at: pair)
                let index = offset &+ 2 &* (done &+ pair)
                frame[index] = Int16(truncatingIfNeeded: G722.saturated(sums.odd >> 11))
                frame[index &+ 1] = Int16(truncatingIfNeeded: G722.saturated(sums.even >> 11))
            }
            filter.advance(block)
            done &+= block
        }
    }

    /// The stream began anew.
    mutating func reset() {
        lower = .lower
        upper = .upper
        filter.reset()
    }

    @inline(__always)
    private mutating func decodeLower(_ code: Int32) -> Int32 {
        let fine = (lower.scale &* G722.lowerLevels6[Int(code & 63)]) >> 15
        let sample = min(max(lower.prediction &+ fine, -16_384), 16_383)
        let difference = lower.lowerDifference(code >> 2)
        lower.adaptLower(to: code >> 2)
        lower.predict(after: difference)
        return sample
    }

    @inline(__always)
    private mutating func decodeUpper(_ code: Int32) -> Int32 {
        let difference = upper.upperDifference(code)
        let sample = min(max(upper.prediction &+ difference, -16_384), 16_383)
        upper.adaptUpper(to: code)
        upper.predict(after: difference)
        return sample
    }
}
