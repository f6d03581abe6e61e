/// The level of audio, and the line between full scale and the telephone network's 0 dBm0.
///
/// Everything here takes ``fullScaleSineInDBm0`` for both laws of G.711 and for linear PCM.
package enum Level {
    /// The level of a sine that just reaches full scale: ITU-T G.711 has 3.14 dBm0 for the A-law and 3.17 for the
    /// mu-law; the A-law's is taken everywhere.
    package static let fullScaleSineInDBm0 = 3.14
    /// What silence is said to have (RFC 6464 section 3 goes no lower).
    package static let silenceInDBOV = -127.0

    /// The mean of the squares, 0 to 2^30, rounded down; 0 for no samples.
    package static func meanSquare(of samples: Span<Int16>) -> Int64 {
        samples.count == 0 ? 0 : energy(of: samples) / Int64(samples.count)
    }

    /// The sum of the squares.
    package static func energy(of samples: Span<Int16>) -> Int64 {
        var sum: Int64 = 0
        for index in 0..<samples.count {
            let sample = Int32(samples[index])
            sum &+= Int64(sample &* sample)
        }
        return sum
    }

    /// RMS in dB over a square wave of full scale, at least ``silenceInDBOV``.
    package static func dBOV(of samples: Span<Int16>) -> Double {
        let sum = energy(of: samples)
        guard sum > 0 else { return silenceInDBOV }
        return max(silenceInDBOV, 10 * Elementary.log10(Double(sum) / Double(samples.count) / 0x1p30))
    }

    /// RMS in dBm0.
    package static func dBm0(of samples: Span<Int16>) -> Double { dBm0(dBOV: dBOV(of: samples)) }

    /// A full-scale sine has -3.01 dBov.
    package static func dBm0(dBOV level: Double) -> Double {
        level + fullScaleSineInDBm0 - 10 * Elementary.log10(0.5)
    }

    /// The peak of a sine of a level.
    package static func peak(dBm0 level: Double) -> Double {
        32_768 * Elementary.exp10((level - fullScaleSineInDBm0) / 20)
    }

    /// The level of the component at one frequency, by the Goertzel algorithm over all of the samples.
    ///
    /// For tests and tools: exact for a sine with a whole number of periods, and wider the fewer samples there are.
    package static func dBm0(of samples: Span<Int16>, atFrequency frequency: Double, sampleRate: Int) -> Double {
        guard samples.count > 0, sampleRate > 0 else { return dBm0(dBOV: silenceInDBOV) }
        let cosine = Elementary.cosine(turns: frequency / Double(sampleRate))
        var last = 0.0
        var second = 0.0
        for index in 0..<samples.count {
            let next = Double(samples[index]) + 2 * cosine * last - second
            second = last
            last = next
        }
        let power = last * last + second * second - 2 * cosine * last * second
        let amplitude = 2 * max(0, power).squareRoot() / Double(samples.count)
        let floor = dBm0(dBOV: silenceInDBOV)
        guard amplitude > 0 else { return floor }
        return max(floor, 20 * Elementary.log10(amplitude / 32_768) + fullScaleSineInDBm0)
    }
}
