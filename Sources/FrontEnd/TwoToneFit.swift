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
        for _ in 0..<rounds {
            low = TwoToneFit.fit(low, samples, from: first, to: last)
            high = TwoToneFit.fit(high, samples, from: first, to: last)
        }
        origin = Float(first + last - 1) / 2
    }

    /// The same for the low sine alone.
    mutating func fitLow(_ samples: Span<Float>, from first: Int, to last: Int, rounds: Int) {
        for _ in 0..<rounds { low = TwoToneFit.fit(low, samples, from: first, to: last) }
        origin = Float(first + last - 1) / 2
    }

    /// One step of a sine's fit, over a window `(1 - u²)²`.
    private static func fit(_ sine: Sine, _ samples: Span<Float>, from first: Int, to last: Int) -> Sine {
        let count = last - first
        guard first >= 0, last <= samples.count, count > 1 else { return sine }
        let middle = Float(count - 1) / 2
        let scale = 2 / Float(count + 1)
        var (c, s) = cosineAndSine(-sine.frequency * middle)
        let (stepC, stepS) = cosineAndSine(sine.frequency)
        var real: Float = 0
        var imaginary: Float = 0
        var momentReal: Float = 0
        var momentImaginary: Float = 0
        var weights: Float = 0
        var moment: Float = 0
        for index in 0..<count {
            let offset = Float(index) - middle
            let u = offset * scale
            let square = 1 - u * u
            let weight = square * square
            let a = weight * samples[first &+ index] * c
            let b = weight * samples[first &+ index] * s
            real += a
            imaginary += b
            momentReal += a * offset
            momentImaginary += b * offset
            weights += weight
            moment += weight * offset * offset
            (c, s) = (c * stepC - s * stepS, c * stepS + s * stepC)
        }
        var result = sine
        result.real = 2 * real / weights
        result.imaginary = 2 * imaginary / weights
        let power = real * real + imaginary * imaginary
        guard power > 0 else { return result }
        // The imaginary part of moment over correlation, the correlation being `real - i·imaginary`.
        let turning = (real * -momentImaginary + imaginary * momentReal) / power
        let correction = turning * weights / moment
        let most = 0.05 * sine.frequency
        result.frequency = sine.frequency + max(-most, min(most, correction))
        return result
    }

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
        let offset = Float(first) - origin
        var (lowC, lowS) = TwoToneFit.cosineAndSine(low.frequency * offset)
        var (highC, highS) = TwoToneFit.cosineAndSine(high.frequency * offset)
        let direction = Float(step)
        let (lowStepC, lowStepS) = TwoToneFit.cosineAndSine(low.frequency * direction)
        let (highStepC, highStepS) = TwoToneFit.cosineAndSine(high.frequency * direction)
        var sum: Float = 0
        var best: Float = 0
        var extent = 0
        var index = first
        for taken in 1...max(1, count) {
            let tones = low.real * lowC + low.imaginary * lowS + high.real * highC + high.imaginary * highS
            sum += tones * (2 * samples[index] - tones)
            if sum > best {
                best = sum
                extent = taken
            } else if best - sum > bridge {
                break
            }
            (lowC, lowS) = (lowC * lowStepC - lowS * lowStepS, lowC * lowStepS + lowS * lowStepC)
            (highC, highS) = (highC * highStepC - highS * highStepS, highC * highStepS + highS * highStepC)
            index &+= step
        }
        return extent
    }

    /// The cosine and sine of an angle of any size.
    private static func cosineAndSine(_ angle: Float) -> (Float, Float) {
        (Float(cosine(Double(angle))), Float(sine(Double(angle))))
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
        /// From 700 to 3,240 Hz, the tones taken out.
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
        let lowest = ProbeBank.low.energies(residual.span, count: count)
        let within = ProbeBank.band.reduce(Float(0)) { $0 + $1.energies(residual.span, count: count).sum() }
        let second = ProbeBank.dial.energies(residual.span, count: count)
        let pitch = lowest.lowHalf.sum() + lowest[4] + lowest[5]
        return Surroundings(
            below: (lowest.sum() + second.sum()) * scale, pitch: pitch * scale, within: within * scale)
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
        return ProbeBank.low.energies(residual.span, count: count).sum()
            + ProbeBank.dial.energies(residual.span, count: count).lowHalf.sum()
    }

    private static let longestProbe = 320

    /// The samples without the tones, tapered; gives the sum of the squared weights.
    private func subtract(
        _ samples: Span<Float>, from first: Int, count: Int, into residual: inout MutableSpan<Float>
    ) -> Float {
        let offset = Float(first) - origin
        var (lowC, lowS) = TwoToneFit.cosineAndSine(low.frequency * offset)
        var (highC, highS) = TwoToneFit.cosineAndSine(high.frequency * offset)
        let (lowStepC, lowStepS) = TwoToneFit.cosineAndSine(low.frequency)
        let (highStepC, highStepS) = TwoToneFit.cosineAndSine(high.frequency)
        let middle = Float(count - 1) / 2
        let scale = 2 / Float(count + 1)
        var sum: Float = 0
        for index in 0..<count {
            let tones = low.real * lowC + low.imaginary * lowS + high.real * highC + high.imaginary * highS
            let u = (Float(index) - middle) * scale
            let weight = (1 - u * u) * (1 - u * u)
            residual[index] = weight * (samples[first &+ index] - tones)
            sum += weight * weight
            (lowC, lowS) = (lowC * lowStepC - lowS * lowStepS, lowC * lowStepS + lowS * lowStepC)
            (highC, highS) = (highC * highStepC - highS * highStepS, highC * highStepS + highS * highStepC)
        }
        return sum
    }

    /// The largest change of either tone's power over thirds of the length, as a ratio of at least one.
    func unsteadiness(_ samples: Span<Float>) -> Float {
        var largest: Float = 1
        let third = (end - start) / 3
        for part in 0..<3 {
            let first = start + part * third
            let lowRatio = TwoToneFit.fit(low, samples, from: first, to: first + third).power / max(low.power, 1)
            let highRatio = TwoToneFit.fit(high, samples, from: first, to: first + third).power / max(high.power, 1)
            largest = max(largest, max(lowRatio, 1 / max(lowRatio, 1e-6)), max(highRatio, 1 / max(highRatio, 1e-6)))
        }
        return largest
    }
}
