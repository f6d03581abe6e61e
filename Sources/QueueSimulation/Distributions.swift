import Glibc
import Telephony

extension SeededGenerator {
    /// Exponentially distributed with this mean.
    mutating func exponential(mean: Double) -> Double { -log(1 - nextUnit()) * mean }

    /// Log-normally distributed with this mean; `variation` is the standard deviation over the mean.
    mutating func logNormal(mean: Double, variation: Double) -> Double {
        let variance = log(1 + variation * variation)
        return exp(log(mean) - variance / 2 + variance.squareRoot() * normal())
    }

    /// Normally distributed with mean 0 and deviation 1 (Box and Muller 1958).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - nextUnit())).squareRoot()
        return radius * cos(2 * .pi * nextUnit())
    }

    mutating func happens(_ probability: Double) -> Bool { nextUnit() < probability }

    /// From 0 up to, without, `count`; 0 when that is 0.
    mutating func index(below count: Int) -> Int { min(max(0, count - 1), Int(nextUnit() * Double(count))) }
}
