/// What a steady tone is made of, as far as a plan of the network uses it.
enum ToneClass: Sendable, Equatable {
    /// 350 and 440 Hz: dial tone of North America and the UK.
    case dial
    /// 440 and 480 Hz: ring-back of North America.
    case ring
    /// 480 and 620 Hz: busy and reorder of North America.
    case busy
    /// 425 Hz: every tone of most of Europe.
    case european
    /// 400 and 450 Hz: ring-back of the UK.
    case britishRing
    /// 400 Hz: busy and congestion of the UK.
    case british
    /// The first of the special information tones, the lower or the higher one; 950 Hz is neither.
    case first(SpecialTone)
    case second(SpecialTone)
    case third
    case calling
    case answer
    /// One other frequency.
    case other

    /// Which of its two frequencies a special information tone has.
    enum SpecialTone: Sendable, Equatable {
        case low
        case middle
        case high
    }

    /// The class of a tone of one or two frequencies in Hz; `nil` for two that belong to no plan.
    static func of(_ first: Float, _ second: Float?) -> ToneClass? {
        guard let second else { return single(first) }
        let low = min(first, second)
        let high = max(first, second)
        let pairs: [(Float, Float, ToneClass)] = [
            (350, 440, .dial), (440, 480, .ring), (480, 620, .busy), (400, 450, .britishRing),
        ]
        for pair in pairs where isNear(low, pair.0) && isNear(high, pair.1) { return pair.2 }
        return nil
    }

    private static func single(_ frequency: Float) -> ToneClass? {
        switch frequency {
        case 394..<409: .british
        case 416..<434: .european
        case 900..<931: .first(.low)
        case 931..<968: .first(.middle)
        case 968..<1_003: .first(.high)
        case 1_350..<1_385: .second(.low)
        case 1_385..<1_414: .second(.middle)
        case 1_414..<1_448: .second(.high)
        case 1_745..<1_830: .third
        case 1_062..<1_138: .calling
        case 2_079..<2_121: .answer
        case 300..<2_300: .other
        default: nil
        }
    }

    private static func isNear(_ frequency: Float, _ nominal: Float) -> Bool {
        abs(frequency - nominal) <= 0.016 * nominal
    }
}

/// Finds what a steady stretch of audio is made of.
enum ToneClassifier {
    /// Samples of 8 kHz that are looked at: 100 ms, in which 440 and 480 Hz are apart.
    static let window = 800
    /// The share of all power that a tone has.
    private static let leastShare: Float = 0.85
    /// The same of a tone whose frequency says nothing.
    private static let purity: Float = 0.93
    /// The weaker of two tones over both, in power.
    private static let leastPart: Float = 0.06
    private static let pairs: [(low: Float, high: Float)] = [(350, 440), (440, 480), (480, 620), (400, 450)]

    /// The class of the last 100 ms before an index; `nil` when they are no tone of a plan.
    ///
    /// - Parameter mean: the mean frequency in Hz, weighted by power.
    static func classify(_ samples: Span<Int16>, to last: Int, mean: Float) -> ToneClass? {
        let first = last - window
        guard first >= 0, last <= samples.count else { return nil }
        let total = power(samples, from: first)
        guard total > 0 else { return nil }
        var single = TwoToneFit(lowFrequency: mean, highFrequency: mean)
        single.fit(samples, from: first, to: last, rounds: 4)
        if single.low.power / 2 >= leastShare * total {
            let found = ToneClass.of(single.low.frequency / TwoToneFit.radiansPerHertz, nil)
            return found == .other && single.low.power / 2 < purity * total ? nil : found
        }
        for pair in pairs where mean > pair.low && mean < pair.high {
            var fit = TwoToneFit(lowFrequency: pair.low, highFrequency: pair.high)
            fit.fit(samples, from: first, to: last, rounds: 3)
            let low = fit.low.power / 2
            let high = fit.high.power / 2
            guard low + high >= leastShare * total, min(low, high) >= leastPart * (low + high) else { continue }
            let found = ToneClass.of(
                fit.low.frequency / TwoToneFit.radiansPerHertz, fit.high.frequency / TwoToneFit.radiansPerHertz)
            if let found { return found }
        }
        return nil
    }

    /// The mean square under the window of a fit.
    private static func power(_ samples: Span<Int16>, from first: Int) -> Float {
        var sum: Float = 0
        var weights: Float = 0
        for index in 0..<window {
            let u = 2 * (Float(index) + 0.5) / Float(window) - 1
            let weight = (1 - u * u) * (1 - u * u)
            let sample = Float(samples[first + index])
            sum += weight * sample * sample
            weights += weight
        }
        return sum / weights
    }
}
