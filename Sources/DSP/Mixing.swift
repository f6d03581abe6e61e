// Frames are mixed in place; sums saturate at full scale.

extension MutableSpan where Element == Int16 {
    /// Adds another frame, as far as both go.
    package mutating func mix(adding other: Span<Int16>) {
        for index in 0..<Swift.min(count, other.count) {
            self[index] = Int16(clamping: Int32(self[index]) &+ Int32(other[index]))
        }
    }

    /// Adds another frame from `offset` on, as far as there is room.
    package mutating func mix(adding other: Span<Int16>, at offset: Int) {
        guard (0...count).contains(offset) else { return }
        for index in 0..<Swift.min(count &- offset, other.count) {
            self[offset &+ index] = Int16(clamping: Int32(self[offset &+ index]) &+ Int32(other[index]))
        }
    }

    /// Fills with silence.
    package mutating func silence() {
        for index in 0..<count { self[index] = 0 }
    }

    /// Copies a frame to `offset` and behind it, as far as both go.
    package mutating func copy(_ other: Span<Int16>, at offset: Int = 0) {
        guard (0...count).contains(offset) else { return }
        let both = Swift.min(count &- offset, other.count)
        withUnsafeMutableBytes { target in
            other.withUnsafeBytes { source in
                let room = UnsafeMutableRawBufferPointer(rebasing: target[(offset * 2)...])
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<(both * 2)]))
            }
        }
    }

    /// Multiplies by a gain that runs evenly from one value to another, so that a change does not click.
    package mutating func scale(from first: Gain, to last: Gain) {
        let count = Int32(clamping: self.count)
        guard count > 0, first != .unity || last != .unity else { return }
        let step = Int64(last.q16) &- Int64(first.q16)
        for index in 0..<self.count {
            let gain = Int64(first.q16) &+ step &* Int64(index &+ 1) / Int64(count)
            self[index] = Int16(clamping: (Int64(self[index]) &* gain &+ 0x8000) >> 16)
        }
    }
}

/// A factor for samples, 0 to 64, in steps of 2^-16.
package struct Gain: Hashable, Sendable {
    package let q16: Int32

    package init(_ factor: Double) {
        q16 = factor.isNaN ? 0 : Int32((min(max(factor, 0), 64) * 65_536).rounded())
    }

    package init(inDB level: Double) { self.init(Elementary.exp10(level / 20)) }

    package static let unity = Gain(1)
    package static let zero = Gain(0)
}
