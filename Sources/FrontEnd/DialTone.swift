/// Tells dial tone from a voice under a key.
///
/// A dial tone goes on while keys are pressed: the kind that was found last is tried first, from its frequencies, and for a
/// second what is as loud as it was is taken for it.
struct DialTone: Sendable {
    /// The dial tones of North America and the UK (350 and 440 Hz), of most of Europe (425 Hz) and of older British
    /// exchanges (400 and 450 Hz); 0 for no second tone.
    private static func kind(_ index: Int) -> (first: Float, second: Float) {
        switch index {
        case 0: (350, 440)
        case 1: (425, 0)
        default: (400, 450)
        }
    }
    private static let kinds = 3
    /// How far a tone may be from its frequency, as a share.
    private static let tolerance: Float = 0.015
    /// What may be left of the power between 80 and 560 Hz.
    private static let mostLeft: Float = 0.06

    /// Frames for which a dial tone is taken to go on, and by how much its power may change meanwhile.
    private static let longestTrust = 50
    private static let mostChange: Float = 1.25

    private var known: (kind: Int, fit: TwoToneFit)?
    /// The power that was found to be a dial tone's, and the frames since then.
    private var power: Float = 0
    private var age = DialTone.longestTrust

    /// A frame has passed.
    mutating func pass() { age = min(age + 1, DialTone.longestTrust) }

    /// Whether all but a small part of the power between 80 and 560 Hz is a dial tone.
    ///
    /// - Parameters:
    ///   - first: where 60 to 80 ms of samples of 8 kHz begin.
    ///   - last: the first sample behind them.
    ///   - power: all the power between 80 and 680 Hz in what is of interest of them.
    mutating func explains(_ samples: Span<Int16>, from first: Int, to last: Int, power: Float) -> Bool {
        guard first >= 0, last <= samples.count, first < last else { return false }
        if age < DialTone.longestTrust, power <= self.power * DialTone.mostChange,
            power * DialTone.mostChange >= self.power
        {
            return true
        }
        guard explains(samples, from: first, to: last) else { return false }
        self.power = power
        age = 0
        return true
    }

    private mutating func explains(_ samples: Span<Int16>, from first: Int, to last: Int) -> Bool {
        var band = LowBand()
        for index in 0..<((last - first) / 8) { band.take(eight(samples, first &+ 8 &* index)) }
        let low = band.samples.span.extracting(0..<band.count)
        if let known, explains(low, known.kind, from: known.fit, rounds: 1) { return true }
        for index in 0..<DialTone.kinds {
            let kind = DialTone.kind(index)
            // One frequency alone gets a second sine that is then silent.
            let scale = Float(LowBand.factor)
            let fit = TwoToneFit(
                lowFrequency: scale * kind.first, highFrequency: scale * (kind.second == 0 ? 600 : kind.second))
            if explains(low, index, from: fit, rounds: 3) { return true }
        }
        known = nil
        return false
    }

    private mutating func explains(_ low: Span<Float>, _ index: Int, from begin: TwoToneFit, rounds: Int) -> Bool {
        let kind = DialTone.kind(index)
        var fit = begin
        fit.fit(low, from: 0, to: low.count, rounds: rounds)
        let fitted = fit
        if kind.second == 0 { fit.high.silence() }
        guard DialTone.isNear(fit.low, kind.first), kind.second == 0 || DialTone.isNear(fit.high, kind.second),
            fit.remainder(inLowBand: low) <= DialTone.mostLeft
        else { return false }
        known = (index, fitted)
        return true
    }

    private static func isNear(_ sine: TwoToneFit.Sine, _ frequency: Float) -> Bool {
        let hertz = sine.frequency / TwoToneFit.radiansPerHertz / Float(LowBand.factor)
        return abs(hertz - frequency) <= tolerance * frequency
    }
}

extension TwoToneFit {
    /// What the two tones, which were fitted to audio of 2 kHz, leave of the power between 80 and 560 Hz in its last 40 ms;
    /// 0 to 1.
    fileprivate func remainder(inLowBand samples: Span<Float>) -> Float {
        let count = 80
        let first = samples.count - count
        guard first >= 0 else { return 1 }
        var left = InlineArray<80, Float>(repeating: 0)
        var tones = Tones(self, at: Float(first) - origin, direction: 1)
        for group in 0..<(count / 8) {
            let u = (Wave.steps + (Float(8 * group) - Float(count - 1) / 2)) * (2 / Float(count + 1))
            let weight = (1 - u * u) * (1 - u * u)
            store((eight(samples, first &+ 8 &* group) - tones.values) * weight, in: &left, at: 8 * group)
            tones.turn()
        }
        let energy = LowBand.energies(left.span, from: 0, count: count).aroundDialTone
        // The sum of the squared weights at 8 kHz, and what the filter leaves of 400 Hz.
        let own = (low.power + high.power) / 2 / 0.687 * Float(LowBand.factor) * Float(count + 1) / 2 * (256.0 / 315)
        return own > 0 ? energy / (energy + own) : 1
    }

    @inline(__always) private func store(_ lanes: Lanes, in array: inout InlineArray<80, Float>, at index: Int) {
        var target = array.mutableSpan
        for lane in 0..<8 { target[index + lane] = lanes[lane] }
    }
}
