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

    private static let longestProbe = 240

    /// Measures the surroundings of the tones over their length, or the first 30 ms of it.
    func surroundings(_ samples: Span<Int16>) -> Surroundings {
        let count = min(end - start, TwoToneFit.longestProbe) / 8 * 8
        let tones = (low.power + high.power) / 2
        guard start >= 0, count > 8, start + count <= samples.count, tones > 0 else {
            return Surroundings(below: .infinity, pitch: .infinity, within: .infinity)
        }
        var residual = InlineArray<30, Lanes>(repeating: Lanes())
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
        _ samples: Span<Int16>, from first: Int, count: Int, into residual: inout InlineArray<30, Lanes>
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

    /// The largest change of either tone's power in the first or the last third of the length, as a ratio of at least one.
    func unsteadiness(_ samples: Span<Int16>) -> Float {
        var largest: Float = 1
        let third = (end - start) / 3
        let whole = SIMD2(max(low.power, 1), max(high.power, 1))
        for part in 0..<2 {
            let first = part == 0 ? start : end - third
            let ratio = powers(samples, from: first, count: third) / whole
            largest = max(largest, max(ratio[0], 1 / max(ratio[0], 1e-6)), max(ratio[1], 1 / max(ratio[1], 1e-6)))
        }
        return largest
    }

    /// The squared peak amplitudes of both tones in samples from an index on, under the window of a fit.
    private func powers(_ samples: Span<Int16>, from first: Int, count: Int) -> SIMD2<Float> {
        let groups = count / 16
        guard first >= 0, first + count <= samples.count, groups > 0 else { return SIMD2() }
        let half = Float(16 * groups + 1) / 2
        let scale = 1 / half
        var lowWave = Wave(low.frequency, at: 0.5)
        var highWave = Wave(high.frequency, at: 0.5)
        var offset = Wave.steps + 0.5
        var sums = (Lanes(), Lanes(), Lanes(), Lanes())
        for group in 0..<groups {
            let u = offset * scale
            let weight = 1 - u * u
            let after = eight(samples, first &+ 8 &* (groups &+ group))
            let before = reversed(eight(samples, first &+ 8 &* (groups &- 1 &- group)))
            let even = (after + before) * (weight * weight)
            let odd = (after - before) * (weight * weight)
            sums.0 += lowWave.cosine * even
            sums.1 += lowWave.sine * odd
            sums.2 += highWave.cosine * even
            sums.3 += highWave.sine * odd
            lowWave.turn()
            highWave.turn()
            offset += 8
        }
        let weights = half * (16.0 / 15) / 2
        let real = SIMD2(sums.0.sum(), sums.2.sum()) / weights
        let imaginary = SIMD2(sums.1.sum(), sums.3.sum()) / weights
        return real * real + imaginary * imaginary
    }
}
