/// The elementary functions that levels and tones need.
///
/// Of our own, because the last bit of the C library's differs between its versions and machines, and a replay promises
/// the same octets everywhere. Good to 14 digits.
enum Elementary {
    private static let naturalLogOf2 = 0.693_147_180_559_945_309_4
    private static let naturalLogOf10 = 2.302_585_092_994_045_684_0

    /// The sine of an angle in turns: 0.25 is a right angle.
    static func sine(turns: Double) -> Double {
        guard turns.isFinite else { return 0 }
        var rest = turns - turns.rounded()
        if rest > 0.25 { rest = 0.5 - rest }
        if rest < -0.25 { rest = -0.5 - rest }
        let x = rest * (2 * Double.pi)
        let square = x * x
        var sum = 0.0
        var order = 21
        while order >= 3 {
            sum = (1 + sum) * -square / Double(order * (order - 1))
            order -= 2
        }
        return x * (1 + sum)
    }

    static func cosine(turns: Double) -> Double { sine(turns: turns + 0.25) }

    /// The logarithm to the base 10; minus infinity for what is not positive.
    static func log10(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return x > 0 ? .infinity : -.infinity }
        var significand = x.significand
        var exponent = Double(x.exponent)
        if significand > 1.414_213_562_373_095 {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var sum = 0.0
        var order = 23
        while order >= 1 {
            sum = sum * square + 1 / Double(order)
            order -= 2
        }
        return (exponent * naturalLogOf2 + 2 * ratio * sum) / naturalLogOf10
    }

    /// Ten to the power of `x`, which counts as at most 300 either way.
    static func exp10(_ x: Double) -> Double {
        guard !x.isNaN else { return .nan }
        let binary = min(max(x, -300), 300) * (naturalLogOf10 / naturalLogOf2)
        let whole = binary.rounded()
        let rest = (binary - whole) * naturalLogOf2
        var sum = 1.0
        var order = 18
        while order >= 1 {
            sum = 1 + sum * rest / Double(order)
            order -= 1
        }
        return Double(sign: .plus, exponent: Int(whole), significand: sum)
    }
}
