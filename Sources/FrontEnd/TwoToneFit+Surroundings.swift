// MARK: - What is left

extension TwoToneFit {
    /// What the band has beside the two tones, as powers relative to theirs.
    struct Surroundings: Sendable {
        /// From 80 to 680 Hz: where a voice has its pitch and most of its power, and dial tone is.
        var below: Float
        /// Of that, from 80 to 320 Hz: below dial tone.
        var pitch: Float
        /// From 700 Hz on, the tones taken out.
        var within: Float

        /// The share that the tones have of the band from 700 Hz on, 0 to 1.
        var share: Float { 1 / (1 + within) }
    }

    private static let longestProbe = 320

    /// Measures the surroundings of the tones over their length, or the first 40 ms of it.
    func surroundings(_ samples: Span<Float>) -> Surroundings {
        let count = min(end - start, TwoToneFit.longestProbe) / 8 * 8
        let tones = (low.power + high.power) / 2
        guard start >= 0, count > 8, start + count <= samples.count, tones > 0 else {
            return Surroundings(below: .infinity, pitch: .infinity, within: .infinity)
        }
        var residual = InlineArray<40, Lanes>(repeating: Lanes())
        let (weights, whole) = subtract(samples, from: start, count: count, into: &residual)
        let scale = 1 / (weights * tones)
        // So little that it does not matter where it is.
        guard whole * scale > TwoToneFit.negligible else {
            return Surroundings(below: whole * scale, pitch: whole * scale, within: whole * scale)
        }
        var band = LowBand()
        let left = residual.span
        for group in 0..<(count / 8) { band.take(left[group]) }
        let energies = band.energies
        let below = energies.below
        return Surroundings(
            below: below * scale, pitch: energies.pitch * scale, within: max(0, whole - below) * scale)
    }

    private static let negligible: Float = 0.03

    /// Takes the tones out of samples, tapered; gives the sums of the squared weights and of what is left, squared.
    private func subtract(
        _ samples: Span<Float>, from first: Int, count: Int, into residual: inout InlineArray<40, Lanes>
    ) -> (weights: Float, whole: Float) {
        var tones = Tones(self, at: Float(first) - origin, direction: 1)
        var target = residual.mutableSpan
        let half = Float(count + 1) / 2
        let scale = 1 / half
        var offset = Wave.steps - Float(count - 1) / 2
        var whole = Lanes()
        for group in 0..<(count / 8) {
            let u = offset * scale
            let weight = 1 - u * u
            let left = (eight(samples, first &+ 8 &* group) - tones.values) * (weight * weight)
            whole += left * left
            target[group] = left
            tones.turn()
            offset += 8
        }
        // The integral of `(1 - u²)⁴`.
        return (half * (256.0 / 315), whole.sum())
    }

    /// The largest change of either tone's power over thirds of the length, as a ratio of at least one.
    func unsteadiness(_ samples: Span<Float>) -> Float {
        var largest: Float = 1
        let third = (end - start) / 3
        for part in 0..<3 {
            var piece = self
            piece.step(samples, from: start + part * third, to: start + (part + 1) * third)
            let lowRatio = piece.low.power / max(low.power, 1)
            let highRatio = piece.high.power / max(high.power, 1)
            largest = max(
                largest, max(lowRatio, 1 / max(lowRatio, 1e-6)), max(highRatio, 1 / max(highRatio, 1e-6)))
        }
        return largest
    }
}
