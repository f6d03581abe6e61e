import Telephony

/// Two sines fitted to a stretch of samples: their frequencies, amplitudes and phases, where they begin and end, and
/// what of the band they leave unexplained.
///
/// The frequency is found by the turning of the phase across a tapered window, the edges as the most likely ones in white
/// noise: the sample at which the sum of `2xs - s²`, with `x` the signal and `s` the tones, is largest.
struct TwoToneFit: Sendable {
    /// One of the two sines.
    struct Sine: Sendable {
        /// Radians a sample.
        var frequency: Float
        /// The amplitudes of the cosine and of the sine, at the middle of the fit.
        var real: Float = 0
        var imaginary: Float = 0

        /// Squared peak amplitude.
        var power: Float { real * real + imaginary * imaginary }

        /// Takes the correlations with its cosine and sine, and the moments of them about the middle.
        fileprivate mutating func take(
            _ a: Float, _ b: Float, _ momentA: Float, _ momentB: Float, _ weights: Float, _ spread: Float
        ) {
            real = 2 * a / weights
            imaginary = 2 * b / weights
            let power = a * a + b * b
            guard power > 0 else { return }
            // The imaginary part of moment over correlation, the correlation being `a - ib`.
            let correction = (b * momentA - a * momentB) / power * weights / spread
            let most = 0.05 * frequency
            frequency += max(-most, min(most, correction))
        }

        mutating func silence() {
            real = 0
            imaginary = 0
        }
    }

    var low: Sine
    var high: Sine
    /// The sample at which both phases are counted from.
    private var origin: Float = 0
    /// The first sample of the tones and the first after them.
    private(set) var start = 0
    private(set) var end = 0

    /// - Parameters:
    ///   - lowFrequency: the nominal frequency in Hz; so the high one.
    init(lowFrequency: Float, highFrequency: Float) {
        low = Sine(frequency: lowFrequency * TwoToneFit.radiansPerHertz)
        high = Sine(frequency: highFrequency * TwoToneFit.radiansPerHertz)
    }

    static let radiansPerHertz = Float(2 * Double.pi / 8_000)

    /// Samples by which the likelihood may fall before an edge is an edge: a break of up to 12 ms is bridged.
    private static let bridge: Float = 96

    /// Fits frequencies, amplitudes and phases to samples from one index to another.
    mutating func fit(_ samples: Span<Float>, from first: Int, to last: Int, rounds: Int) {
        for _ in 0..<rounds { step(samples, from: first, to: last) }
        origin = Float(first + last - 1) / 2
    }

    /// The same for the low sine alone, of which the high one is a copy.
    mutating func fitLow(_ samples: Span<Float>, from first: Int, to last: Int, rounds: Int) {
        fit(samples, from: first, to: last, rounds: rounds)
    }

    /// Sums over a window `(1 - u²)²`: in each vector the correlation of the low sine with cosine and sine, then the high
    /// one's; and of the same with the offset from the middle.
    private struct Sums {
        var correlation = SIMD4<Float>()
        var moment = SIMD4<Float>()
        var weights: Float = 0
        var spread: Float = 0

        @inline(__always)
        mutating func add(_ phase: SIMD4<Float>, _ sample: Float, _ offset: Float, _ scale: Float) {
            let u = offset * scale
            let square = 1 - u * u
            let weight = square * square
            let product = phase * (weight * sample)
            correlation += product
            moment += product * offset
            weights += weight
            spread += weight * offset * offset
        }
    }

    private func sums(_ samples: Span<Float>, from first: Int, count: Int) -> Sums {
        let middle = Float(count - 1) / 2
        let scale = 2 / Float(count + 1)
        // Four samples at a time, so that no turn waits for the one before.
        let single = turns(by: 1)
        let second = single.turned(waves(at: -middle))
        let third = single.turned(second)
        var phases = (waves(at: -middle), second, third, single.turned(third))
        let turn = single.doubled.doubled
        var sums = Sums()
        var index = 0
        while index &+ 4 <= count {
            let offset = Float(index) - middle
            sums.add(phases.0, samples[first &+ index], offset, scale)
            sums.add(phases.1, samples[first &+ index &+ 1], offset + 1, scale)
            sums.add(phases.2, samples[first &+ index &+ 2], offset + 2, scale)
            sums.add(phases.3, samples[first &+ index &+ 3], offset + 3, scale)
            phases = (
                turn.turned(phases.0), turn.turned(phases.1), turn.turned(phases.2), turn.turned(phases.3)
            )
            index &+= 4
        }
        // What is left over lies at the edge of the window, where it weighs nothing.
        return sums
    }

    /// One step of the fit of both sines.
    private mutating func step(_ samples: Span<Float>, from first: Int, to last: Int) {
        let count = last - first
        guard first >= 0, last <= samples.count, count > 1 else { return }
        let sums = sums(samples, from: first, count: count)
        low.take(sums.correlation[0], sums.correlation[1], sums.moment[0], sums.moment[1], sums.weights, sums.spread)
        high.take(sums.correlation[2], sums.correlation[3], sums.moment[2], sums.moment[3], sums.weights, sums.spread)
    }

    /// Cosine and sine of the low sine, then of the high one, at an offset from the origin of phases.
    private func waves(at offset: Float) -> SIMD4<Float> {
        let (a, b) = TwoToneFit.cosineAndSine(low.frequency * offset)
        let (c, d) = TwoToneFit.cosineAndSine(high.frequency * offset)
        return SIMD4(a, b, c, d)
    }

    /// What turns the waves on by so many samples.
    private func turns(by samples: Float) -> Turn {
        let step = waves(at: samples)
        return Turn(
            cosines: SIMD4(step[0], step[0], step[2], step[2]), sines: SIMD4(-step[1], step[1], -step[3], step[3]))
    }

    private struct Turn {
        var cosines: SIMD4<Float>
        var sines: SIMD4<Float>

        /// Twice the turn.
        var doubled: Turn { Turn(cosines: cosines * cosines - sines * sines, sines: 2 * cosines * sines) }

        @inline(__always) func turned(_ phase: SIMD4<Float>) -> SIMD4<Float> {
            phase * cosines + SIMD4(phase[1], phase[0], phase[3], phase[2]) * sines
        }
    }

    /// The amplitudes of both sines, in the order of the waves.
    private var amplitudes: SIMD4<Float> { SIMD4(low.real, low.imaginary, high.real, high.imaginary) }

    /// Finds the edges of the tones around a sample within samples of which the first `count` are there.
    mutating func findEdges(_ samples: Span<Float>, around middle: Int, from first: Int, to last: Int) {
        let power = (low.power + high.power) / 2
        guard power > 0, first >= 0, last <= samples.count, first < middle, middle < last else { return }
        let bridge = TwoToneFit.bridge * power
        end = middle + extent(samples, from: middle, count: last - middle, step: 1, bridge: bridge)
        start = middle - extent(samples, from: middle - 1, count: middle - first, step: -1, bridge: bridge)
    }

    /// How many samples from one on, in a direction, belong to the tones.
    private func extent(_ samples: Span<Float>, from first: Int, count: Int, step: Int, bridge: Float) -> Int {
        var phase = waves(at: Float(first) - origin)
        let turn = turns(by: Float(step))
        let amplitudes = amplitudes
        var sum: Float = 0
        var best: Float = 0
        var extent = 0
        var index = first
        for taken in 1...max(1, count) {
            let tones = (phase * amplitudes).sum()
            sum += tones * (2 * samples[index] - tones)
            if sum > best {
                best = sum
                extent = taken
            } else if best - sum > bridge {
                break
            }
            phase = turn.turned(phase)
            index &+= step
        }
        return extent
    }

    /// The cosine and sine of an angle of any size.
    private static func cosineAndSine(_ angle: Float) -> (Float, Float) {
        (cosine(angle), sine(angle))
    }
}

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

    /// Measures the surroundings of the tones over their length, or the first 40 ms of it.
    func surroundings(_ samples: Span<Float>) -> Surroundings {
        let count = min(end - start, TwoToneFit.longestProbe)
        let tones = (low.power + high.power) / 2
        guard start >= 0, count > 1, start + count <= samples.count, tones > 0 else {
            return Surroundings(below: .infinity, pitch: .infinity, within: .infinity)
        }
        var residual = InlineArray<320, Float>(repeating: 0)
        var target = residual.mutableSpan
        let scale = 1 / (subtract(samples, from: start, count: count, into: &target) * tones)
        let (lowest, dial) = ProbeBank.lowEnergies(residual.span, count: count)
        let below = lowest.sum() + dial.sum()
        let pitch = lowest.lowHalf.sum() + lowest[4] + lowest[5]
        var whole: Float = 0
        for index in 0..<count { whole += residual[index] * residual[index] }
        return Surroundings(below: below * scale, pitch: pitch * scale, within: max(0, whole - below) * scale)
    }

    /// What is left of the power between 80 and 520 Hz when the two tones are taken out of the last 40 ms, 0 to 1.
    func remainder(_ samples: Span<Float>, to last: Int) -> Float {
        let count = TwoToneFit.longestProbe
        guard last - count >= 0, last <= samples.count else { return 1 }
        var silent = self
        silent.low.silence()
        silent.high.silence()
        let before = silent.lowEnergy(samples, from: last - count, count: count)
        return before > 0 ? lowEnergy(samples, from: last - count, count: count) / before : 1
    }

    private func lowEnergy(_ samples: Span<Float>, from first: Int, count: Int) -> Float {
        var residual = InlineArray<320, Float>(repeating: 0)
        var target = residual.mutableSpan
        _ = subtract(samples, from: first, count: count, into: &target)
        let (lowest, dial) = ProbeBank.lowEnergies(residual.span, count: count)
        return lowest.sum() + dial.lowHalf.sum()
    }

    private static let longestProbe = 320

    /// The samples without the tones, tapered; gives the sum of the squared weights.
    private func subtract(
        _ samples: Span<Float>, from first: Int, count: Int, into residual: inout MutableSpan<Float>
    ) -> Float {
        var phase = waves(at: Float(first) - origin)
        let turn = turns(by: 1)
        let amplitudes = amplitudes
        let middle = Float(count - 1) / 2
        let scale = 2 / Float(count + 1)
        var sum: Float = 0
        for index in 0..<count {
            let u = (Float(index) - middle) * scale
            let weight = (1 - u * u) * (1 - u * u)
            residual[index] = weight * (samples[first &+ index] - (phase * amplitudes).sum())
            sum += weight * weight
            phase = turn.turned(phase)
        }
        return sum
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
