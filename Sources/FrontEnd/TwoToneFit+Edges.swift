// MARK: - Where the tones begin and end

extension TwoToneFit {
    /// Samples by which the likelihood may fall before an edge is an edge: a break of up to 12 ms is bridged.
    private static let bridge: Float = 96

    /// Finds the edges of the tones, to half a millisecond.
    ///
    /// - Parameters:
    ///   - inner: from where to where tones are for sure.
    ///   - outer: how early they may begin, and the first sample behind those in which they may end.
    mutating func findEdges(_ samples: Span<Int16>, outwardFrom inner: Range<Int>, within outer: Range<Int>) {
        let power = (low.power + high.power) / 2
        guard power > 0, outer.lowerBound >= 0, outer.upperBound <= samples.count,
            outer.lowerBound <= inner.lowerBound, inner.upperBound <= outer.upperBound
        else { return }
        let bridge = TwoToneFit.bridge * power
        let after = outer.upperBound - inner.upperBound
        end = inner.upperBound + extent(samples, after: inner.upperBound, count: after, bridge: bridge)
        let before = inner.lowerBound - outer.lowerBound
        start = inner.lowerBound - extent(samples, before: inner.lowerBound, count: before, bridge: bridge)
    }

    /// How many samples from one on belong to the tones.
    private func extent(_ samples: Span<Int16>, after first: Int, count: Int, bridge: Float) -> Int {
        var tones = Tones(self, at: Float(first) - origin, direction: 1)
        var edge = Edge()
        for group in 0..<(count / 8) {
            let gain = tones.likelihood(of: eight(samples, first &+ 8 &* group))
            edge.take(gain.lowHalf.sum())
            edge.take(gain.highHalf.sum())
            if edge.best - edge.sum > bridge { return edge.extent }
            tones.turn()
        }
        return last(edge, count)
    }

    /// How many samples before one belong to the tones.
    private func extent(_ samples: Span<Int16>, before last: Int, count: Int, bridge: Float) -> Int {
        var tones = Tones(self, at: Float(last - 8) - origin, direction: -1)
        var edge = Edge()
        for group in 0..<(count / 8) {
            let gain = tones.likelihood(of: eight(samples, last &- 8 &- 8 &* group))
            edge.take(gain.highHalf.sum())
            edge.take(gain.lowHalf.sum())
            if edge.best - edge.sum > bridge { return edge.extent }
            tones.turn()
        }
        return self.last(edge, count)
    }

    /// Tones that reach the last whole group reach the end of the samples.
    private func last(_ edge: Edge, _ count: Int) -> Int { edge.extent == count / 8 * 8 ? count : edge.extent }

    /// The most likely place of an edge so far.
    private struct Edge {
        var sum: Float = 0
        var best: Float = 0
        var extent = 0
        private var taken = 0

        /// Takes the likelihood of four samples.
        @inline(__always) mutating func take(_ gain: Float) {
            taken &+= 4
            sum += gain
            if sum > best {
                best = sum
                extent = taken
            }
        }
    }
}

/// The two tones of a fit at eight samples in a row.
struct Tones {
    private var low: Wave
    private var high: Wave
    private let fit: TwoToneFit

    @inline(__always) init(_ fit: TwoToneFit, at offset: Float, direction: Float) {
        low = Wave(fit.low.frequency, at: offset, direction: direction)
        high = Wave(fit.high.frequency, at: offset, direction: direction)
        self.fit = fit
    }

    @inline(__always) mutating func turn() {
        low.turn()
        high.turn()
    }

    @inline(__always) var values: Lanes {
        low.cosine * fit.low.real + low.sine * fit.low.imaginary
            + (high.cosine * fit.high.real + high.sine * fit.high.imaginary)
    }

    /// By how much the tones explain samples better than silence does.
    @inline(__always) func likelihood(of samples: Lanes) -> Lanes {
        let tones = values
        return tones * (samples + samples - tones)
    }
}
