package import Telephony

/// A short rise from or fall to silence, so that what begins or ends does not click.
package struct Fade: Sendable {
    package enum Shape: Sendable {
        case linear
        case raisedCosine
    }

    /// The rise in units of 2^-15; the fall is its mirror image.
    private let gains: [Int32]
    /// Samples.
    package var length: Int { gains.count }

    package init(
        sampleRate: Int, duration: Interval = .milliseconds(5), shape: Shape = .raisedCosine
    ) {
        let length = Int(clamping: ClockRate(Int64(sampleRate)).ticks(duration))
        gains = (0..<max(0, length)).map { index in
            let place = (Double(index) + 0.5) / Double(length)
            let gain = shape == .linear ? place : 0.5 - 0.5 * Elementary.cosine(turns: place / 2)
            return Int32((gain * 32_768).rounded())
        }
    }

    /// Fades in, with `position` samples of the fade behind.
    package func fadeIn(_ frame: inout MutableSpan<Int16>, position: Int = 0) {
        let first = max(0, position)
        guard first < gains.count else { return }
        for index in 0..<min(frame.count, gains.count - first) {
            frame[index] = Fade.scaled(frame[index], gains[first + index])
        }
    }

    /// Fades out, with `position` samples of the fade behind; after its end there is silence.
    package func fadeOut(_ frame: inout MutableSpan<Int16>, position: Int = 0) {
        let first = max(0, position)
        for index in 0..<frame.count {
            let rest = gains.count - 1 - index - min(first, gains.count)
            frame[index] = rest >= 0 ? Fade.scaled(frame[index], gains[rest]) : 0
        }
    }

    /// Fades the edges of something of `length` samples, of which the frame holds what begins at `position`.
    package func fadeEdges(_ frame: inout MutableSpan<Int16>, position: Int, of length: Int) {
        let edge = min(gains.count, length / 2)
        for index in 0..<frame.count {
            let place = position + index
            let fromEdge = min(place, length - 1 - place)
            guard fromEdge >= 0 else { continue }
            // A shorter edge runs through the same shape faster.
            if fromEdge < edge { frame[index] = Fade.scaled(frame[index], gains[fromEdge * gains.count / edge]) }
        }
    }

    private static func scaled(_ sample: Int16, _ gain: Int32) -> Int16 {
        Int16(truncatingIfNeeded: (Int32(sample) &* gain &+ 0x4000) >> 15)
    }
}
