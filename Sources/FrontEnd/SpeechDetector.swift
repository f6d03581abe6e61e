/// Tells speech from silence and noise, a frame of 20 ms at 8 kHz at a time.
///
/// A frame's level is compared with the noise floor, which follows falling levels at once and rising ones slowly. Tones
/// of the network are no speech.
struct SpeechDetector: Sendable {
    /// In dBm0.
    private var noiseFloor = -60.0
    private var lastProbability = 0.0
    private var isFirst = true

    private static let lowestFloor = -66.0
    private static let highestFloor = -30.0
    /// How fast the floor rises, in dB a frame: 3 dB a second.
    private static let rise = 0.06
    /// A frame is as likely speech as not when it is so far above the floor, in dB.
    private static let evenOdds = 9.0
    private static let steepness = 1.6
    /// Nothing below is speech.
    private static let softestSpeech = -46.0

    init() {}

    /// The probability that a frame is speech, 0 to 1. A concealed frame keeps the last one.
    mutating func probability(of frame: Span<Int16>, isTone: Bool, isConcealed: Bool) -> Double {
        if isConcealed { return lastProbability }
        let level = SpeechDetector.levelInDBm0(frame)
        if isTone {
            lastProbability = 0
            return 0
        }
        follow(level)
        let excess = level - noiseFloor - SpeechDetector.evenOdds
        var probability = 1 / (1 + exponential(-excess / SpeechDetector.steepness))
        if level < SpeechDetector.softestSpeech { probability = min(probability, 0.2) }
        lastProbability = probability
        return probability
    }

    private mutating func follow(_ level: Double) {
        if isFirst {
            noiseFloor = min(level, -45)
            isFirst = false
        } else if level < noiseFloor {
            noiseFloor += 0.3 * (level - noiseFloor)
        } else {
            noiseFloor += min(SpeechDetector.rise, level - noiseFloor)
        }
        noiseFloor = max(SpeechDetector.lowestFloor, min(SpeechDetector.highestFloor, noiseFloor))
    }

    static func levelInDBm0(_ frame: Span<Int16>) -> Double {
        var sum: Int64 = 0
        var mean: Int64 = 0
        for index in 0..<frame.count {
            let sample = Int64(frame[index])
            sum &+= sample &* sample
            mean &+= sample
        }
        let count = Int64(max(1, frame.count))
        let power = Double(sum / count) - Double(mean / count) * Double(mean / count)
        // 0 dBm0 is a sine whose peak is 3.14 dB below full scale: a mean square of 22,827²/2.
        return power <= 1 ? -84 : 10 * logarithm10(power / 260_500_000)
    }
}

/// Tells steady tones of the network (dial tone, ring-back, busy, keys) from speech.
///
/// One or two sines are predicted almost exactly from four earlier samples, speech is not: a prediction gain that stays
/// above 24 dB is a tone.
struct ToneJudge: Sendable {
    private var tonalFrames = 0
    private static let leastGain = 250.0

    init() {}

    /// Whether the frame belongs to a tone.
    mutating func judge(_ frame: Span<Int16>) -> Bool {
        tonalFrames = ToneJudge.predictionGain(frame) > ToneJudge.leastGain ? tonalFrames + 1 : 0
        return tonalFrames >= 1
    }

    /// Energy over prediction error of the fourth order, by Levinson's and Durbin's recursion on
    /// a windowed frame.
    private static func predictionGain(_ frame: Span<Int16>) -> Double {
        var correlation = InlineArray<5, Double>(repeating: 0)
        let count = frame.count
        for lag in 0...4 {
            var sum = 0.0
            for index in lag..<count {
                sum +=
                    weight(index, count) * Double(frame[index]) * weight(index - lag, count)
                    * Double(frame[index - lag])
            }
            correlation[lag] = sum
        }
        guard correlation[0] > 1_000_000 else { return 1 }
        var error = correlation[0] * 1.000_01
        var coefficients = InlineArray<5, Double>(repeating: 0)
        for order in 1...4 {
            var sum = correlation[order]
            for index in 1..<order { sum -= coefficients[index] * correlation[order - index] }
            let reflection = sum / error
            var updated = coefficients
            updated[order] = reflection
            for index in 1..<order { updated[index] = coefficients[index] - reflection * coefficients[order - index] }
            coefficients = updated
            error *= 1 - reflection * reflection
            if error <= 0 { return 1e9 }
        }
        return correlation[0] / error
    }

    /// A parabola in place of the cosine of a window.
    @inline(__always) private static func weight(_ index: Int, _ count: Int) -> Double {
        let x = (2 * Double(index) + 1) / Double(count) - 1
        return 1 - x * x
    }
}
