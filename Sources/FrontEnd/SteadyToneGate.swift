/// Says of each frame whether it may belong to a steady tone of one or two frequencies.
///
/// Two sines obey `x[n] + x[n-4k] = a (x[n-k] + x[n-3k]) + b x[n-2k]`, noise and speech do not; with `k` of 3 samples the
/// low frequencies of the network are told from noise too. Every third sample is looked at.
struct SteadyToneGate: Sendable {
    /// What a frame is like.
    struct Frame: Sendable {
        /// Mean square.
        var power: Float = 0
        /// Twice the cosine of the mean frequency, in radians a sample.
        var turning: Float = 0
        /// How much of the recurrence's power two sines explain, 0 to 1.
        var tonality: Float = 0
    }

    /// The mean frequency in Hz of a frame's turning.
    static func meanFrequency(turning: Float) -> Float {
        let cosine = Double(max(-1, min(1, turning / 2)))
        return Float(arcTangent((1 - cosine * cosine).squareRoot(), cosine)) / TwoToneFit.radiansPerHertz
    }

    /// Looks at the 160 samples before an index, with 12 before them.
    static func measure(_ samples: Span<Int16>, to last: Int) -> Frame {
        let first = last - 160
        guard first >= 12, last <= samples.count else { return Frame() }
        var sums = Sums()
        for index in stride(from: first, to: last, by: 3) {
            func sum(_ age: Int, _ other: Int) -> Float {
                Float(Int32(samples[index &- age]) &+ Int32(samples[index &- other]))
            }
            let middle = Float(samples[index &- 6])
            sums.add(ends: sum(0, 12), inner: sum(3, 9), middle: middle)
            sums.turning += middle * sum(5, 7)
        }
        return sums.frame
    }

    private struct Sums {
        var ee: Float = 0
        var ei: Float = 0
        var em: Float = 0
        var ii: Float = 0
        var im: Float = 0
        var mm: Float = 0
        var turning: Float = 0

        @inline(__always) mutating func add(ends: Float, inner: Float, middle: Float) {
            ee += ends * ends
            ei += ends * inner
            em += ends * middle
            ii += inner * inner
            im += inner * middle
            mm += middle * middle
        }

        var frame: Frame {
            guard mm > 0 else { return Frame() }
            // The normal equations, made soluble for one sine, of which the two sides are the same.
            let damping = 1e-4 * (ii + mm)
            let a11 = ii + damping
            let a22 = mm + damping
            let determinant = a11 * a22 - im * im
            let a = (ei * a22 - em * im) / determinant
            let b = (em * a11 - ei * im) / determinant
            let explained = a * ei + b * em
            // A sine for which the ends cancel leaves nothing to explain: then the middle is what counts.
            let whole = max(ee, 0.05 * mm)
            let error = max(0, ee - explained)
            return Frame(power: mm / 54, turning: turning / mm, tonality: 1 - min(1, error / whole))
        }
    }
}
