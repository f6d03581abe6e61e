import Foundation
import Telephony

/// White noise from a seed.
package struct NoiseSource: Sendable {
    private var generator: SeededGenerator

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// A number of the standard normal distribution (Box and Muller 1958).
    package mutating func nextNormal() -> Double {
        let radius = (-2 * log(max(generator.nextUnit(), 0x1p-53))).squareRoot()
        return radius * cos(2 * .pi * generator.nextUnit())
    }
}
