/// Encodes 16 kHz speech as G.722 at 64 kbit/s.
struct G722Encoder: Sendable {
    private var lower = G722.Band.lower
    private var upper = G722.Band.upper
    private var filter = G722.MirrorFilter()

    /// Encodes pairs of samples, an octet each, as many as both sides have.
    mutating func encode(_ frame: Span<Int16>, into payload: inout MutableSpan<UInt8>, at offset: Int = 0) {
        let pairs = min(frame.count / 2, payload.count &- offset)
        var done = 0
        while done < pairs {
            let block = min(pairs &- done, G722.MirrorFilter.blockLength)
            for pair in 0..<block {
                let index = 2 &* (done &+ pair)
                filter.set(Int32(frame[index]), Int32(frame[index &+ 1]), at: pair)
            }
            for pair in 0..<block {
                let sums = filter.sums(at: pair)
                let low = encodeLower((sums.odd &+ sums.even) >> 14)
                let high = encodeUpper((sums.odd &- sums.even) >> 14)
                payload[offset &+ done &+ pair] = UInt8(truncatingIfNeeded: high << 6 | low)
            }
            filter.advance(block)
            done &+= block
        }
    }

    /// `QUANTL`: 4 to 30 by magnitude with the sign in the code's upper half, 31 and 63, 62 for the smallest negative.
    @inline(__always)
    private mutating func encodeLower(_ sample: Int32) -> Int32 {
        let error = G722.saturated(sample &- lower.prediction)
        let magnitude = error < 0 ? ~error : error
        let scale = lower.scale
        // The levels rise: a binary search for the first one above the magnitude.
        var below = 0
        var above = 30
        while above &- below > 1 {
            let middle = (below &+ above) / 2
            if magnitude < (G722.decisionLevels[middle] &* scale) >> 12 { above = middle } else { below = middle }
        }
        let level = Int32(truncatingIfNeeded: above)
        let code = error >= 0 ? 62 &- level : (level < 3 ? 64 &- level : 34 &- level)
        let difference = lower.lowerDifference(code >> 2)
        lower.adaptLower(to: code >> 2)
        lower.predict(after: difference)
        return code
    }

    /// `QUANTH`.
    @inline(__always)
    private mutating func encodeUpper(_ sample: Int32) -> Int32 {
        let error = G722.saturated(sample &- upper.prediction)
        let magnitude = error < 0 ? ~error : error
        let isLarge = magnitude >= (564 &* upper.scale) >> 12
        let code: Int32 = (error < 0 ? 0 : 2) | (isLarge ? 0 : 1)
        let difference = upper.upperDifference(code)
        upper.adaptUpper(to: code)
        upper.predict(after: difference)
        return code
    }
}
