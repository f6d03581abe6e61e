package import Telephony

/// Levels of tones and speech.
///
/// 0 dBm0 is the level of a sine whose peak is 3.14 dB below full scale (ITU-T G.711 clause 4, A-law; mu-law differs by
/// 0.03 dB).
package enum Level {
    /// The peak of a sine of 0 dBm0 on the scale of 16 bits: 32,768 less 3.14 dB.
    package static let peakOfZeroDBm0 = 22_827.5

    /// The peak of a sine of a level in dBm0.
    package static func peak(dBm0: Double) -> Double { peakOfZeroDBm0 * power(10, dBm0 / 20) }

    /// The level in dBm0 of some samples; -96 for silence.
    package static func dBm0(of samples: Span<Int16>) -> Double {
        var sum: Int64 = 0
        for index in 0..<samples.count { sum &+= Int64(samples[index]) &* Int64(samples[index]) }
        guard samples.count > 0, sum > 0 else { return -96 }
        let meanSquare = Double(sum) / Double(samples.count)
        return max(-96, 10 * logarithm10(meanSquare / (peakOfZeroDBm0 * peakOfZeroDBm0 / 2)))
    }
}

/// Two sines at a time, as keys and tones of the network are made: the phase runs on between calls.
package struct ToneGenerator: Sendable {
    private var first: Oscillator
    private var second: Oscillator

    /// A DTMF key (ITU-T Q.23): both of its frequencies at a level in dBm0, the higher one louder by the twist in dB.
    package init(_ digit: Digit, sampleRate: Int, levelInDBm0: Double = -8, twistInDB: Double = 0) {
        let (low, high) = DTMF.frequencies(of: digit)
        self.init(
            low, levelInDBm0 - twistInDB / 2, high, levelInDBm0 + twistInDB / 2, sampleRate: sampleRate)
    }

    /// Two frequencies in Hz with a level in dBm0 each.
    package init(
        _ frequency: Double, _ levelInDBm0: Double, _ secondFrequency: Double = 0, _ secondLevelInDBm0: Double = -200,
        sampleRate: Int
    ) {
        first = Oscillator(frequency, peak: Level.peak(dBm0: levelInDBm0), sampleRate: sampleRate)
        second = Oscillator(secondFrequency, peak: Level.peak(dBm0: secondLevelInDBm0), sampleRate: sampleRate)
    }

    /// Adds the tones to a frame.
    package mutating func add(to frame: inout MutableSpan<Int16>) {
        for index in 0..<frame.count {
            let sample = Int32((first.next() + second.next()).rounded())
            frame[index] = Int16(clamping: Int32(frame[index]) &+ sample)
        }
    }
}

/// The frequencies of the keys.
package enum DTMF {
    package static let low: [Double] = [697, 770, 852, 941]
    package static let high: [Double] = [1_209, 1_336, 1_477, 1_633]
    /// The keys by row and column.
    package static let keys: [[Character]] = [
        ["1", "2", "3", "A"], ["4", "5", "6", "B"], ["7", "8", "9", "C"], ["*", "0", "#", "D"],
    ]

    package static func frequencies(of digit: Digit) -> (low: Double, high: Double) {
        for (row, keys) in keys.enumerated() {
            if let column = keys.firstIndex(of: digit.character) { return (low[row], high[column]) }
        }
        return (low[3], high[1])
    }
}

/// A sine by rotation of a complex number, renormalised so that its size never drifts.
private struct Oscillator: Sendable {
    private var real: Double
    private var imaginary = 0.0
    private let stepReal: Double
    private let stepImaginary: Double
    private let peak: Double

    init(_ frequency: Double, peak: Double, sampleRate: Int) {
        let angle = 2 * Double.pi * frequency / Double(sampleRate)
        real = 1
        stepReal = cosine(angle)
        stepImaginary = sine(angle)
        self.peak = peak
    }

    mutating func next() -> Double {
        let sample = imaginary * peak
        let turned = real * stepReal - imaginary * stepImaginary
        imaginary = real * stepImaginary + imaginary * stepReal
        let correction = (3 - (turned * turned + imaginary * imaginary)) / 2
        real = turned * correction
        imaginary *= correction
        return sample
    }
}
