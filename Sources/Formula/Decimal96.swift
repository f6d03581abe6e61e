/// A decimal number as Power Fx has it: up to 28 digits behind the point and 96 bits of digits, sign apart.
///
/// Kept without trailing zeros, so two equal numbers are the same bits. Results that do not fit are rounded half to even
/// behind the point; those too large in front of it are `nil`.
public struct Decimal96: Sendable, Hashable {
    /// The digits: at most 96 bits.
    private let low: UInt64
    private let high: UInt32
    /// Digits behind the point, 0 to 28.
    let scale: UInt8
    /// Below zero; never for zero itself.
    public let isNegative: Bool

    static let maximumScale = 28
    static let maximumDigits: UInt128 = (1 << 96) - 1

    /// 0.
    public static let zero = Decimal96(0)
    /// 1.
    public static let one = Decimal96(1)

    var digits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// `digits` must fit 96 bits and `scale` 28; trailing zeros go.
    init(digits: UInt128, scale: Int, isNegative: Bool) {
        var digits = digits
        var scale = scale
        while scale > 0, digits % 10 == 0 {
            if digits == 0 { scale = 0 } else { (digits, scale) = (digits / 10, scale - 1) }
        }
        low = UInt64(truncatingIfNeeded: digits)
        high = UInt32(truncatingIfNeeded: digits >> 64)
        self.scale = UInt8(truncatingIfNeeded: scale)
        self.isNegative = isNegative && digits != 0
    }

    /// A whole number.
    public init(_ value: Int) {
        low = UInt64(value.magnitude)
        high = 0
        scale = 0
        isNegative = value < 0
    }

    /// It is 0.
    public var isZero: Bool { low == 0 && high == 0 }
    /// It has no digits behind the point.
    public var isWhole: Bool { scale == 0 }
    /// The number without its sign.
    public var magnitude: Decimal96 { Decimal96(digits: digits, scale: Int(scale), isNegative: false) }
    /// The number with the other sign.
    public static prefix func - (a: Decimal96) -> Decimal96 {
        Decimal96(digits: a.digits, scale: Int(a.scale), isNegative: !a.isNegative)
    }

    /// The nearest binary floating-point number.
    public var double: Double {
        if scale == 0, high == 0, low < 1 << 53 { return isNegative ? -Double(low) : Double(low) }
        return Double(description) ?? 0
    }

    /// The number without its fraction; `nil` when it does not fit an `Int`.
    public var int: Int? {
        guard let whole = Int(exactly: digits / Decimal96.power(Int(scale))) else { return nil }
        return isNegative ? -whole : whole
    }
}

// MARK: - From and to text

extension Decimal96: CustomStringConvertible {
    /// The shortest decimal number near a binary one, to 15 significant digits as Power Fx converts; `nil` when it is
    /// not finite or too large.
    public init?(_ value: Double) {
        guard value.isFinite, abs(value) < 7.9228162514264338e28 else { return nil }
        if value == value.rounded(), abs(value) < 1e15 {
            self.init(Int(value))
            return
        }
        guard let exact = Decimal96("\(value)") else { return nil }
        self = exact
    }

    /// Reads digits with an optional sign, point and exponent; `nil` for anything else or when it does not fit.
    public init?(_ text: some StringProtocol) {
        var digits: UInt128 = 0
        var scale = 0
        var isNegative = false
        var hasDigit = false
        var dropped: UInt8?
        var pointSeen = false
        var rest = text.utf8[...]
        if let sign = rest.first, sign == 45 || sign == 43 {
            isNegative = sign == 45
            rest.removeFirst()
        }
        while let octet = rest.first {
            if octet == 46, !pointSeen {
                pointSeen = true
            } else if (48...57).contains(octet) {
                hasDigit = true
                if dropped != nil {
                    if !pointSeen { scale -= 1 }
                } else if digits > (Decimal96.maximumDigits - 9) / 10 || (pointSeen && scale >= 38) {
                    dropped = octet - 48
                    if !pointSeen { scale -= 1 }
                } else {
                    digits = digits * 10 + UInt128(octet - 48)
                    if pointSeen { scale += 1 }
                }
            } else {
                break
            }
            rest.removeFirst()
        }
        guard hasDigit else { return nil }
        if let mark = rest.first, mark == 69 || mark == 101 {
            guard let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(exponent) < 10_000 else {
                return nil
            }
            scale -= exponent
        } else if !rest.isEmpty {
            return nil
        }
        if let dropped, dropped >= 5, digits < Decimal96.maximumDigits { digits += 1 }
        guard let value = Decimal96.fitted(Wide(high: 0, low: digits), scale: scale, isNegative: isNegative) else {
            return nil
        }
        self = value
    }

    /// Digits with a point where there is a fraction, never with an exponent.
    public var description: String {
        var text = String(digits)
        if scale > 0 {
            if text.utf8.count <= Int(scale) {
                text = String(repeating: "0", count: Int(scale) - text.utf8.count + 1) + text
            }
            text.insert(".", at: text.index(text.endIndex, offsetBy: -Int(scale)))
        }
        return isNegative ? "-" + text : text
    }
}

// MARK: - Arithmetic

extension Decimal96 {
    /// 10 to a power of 0 to 38.
    static func power(_ exponent: Int) -> UInt128 {
        var result: UInt128 = 1
        for _ in 0..<max(0, min(exponent, 38)) { result *= 10 }
        return result
    }

    /// Rounds what is too wide half to even; `nil` when the whole part is.
    private static func fitted(_ wide: Wide, scale: Int, isNegative: Bool) -> Decimal96? {
        var scale = scale
        var wide = wide
        if wide.isZero { return .zero }
        while scale < 0 {
            guard let product = wide.multiplied(by: 10), product.high == 0, product.low <= maximumDigits else {
                return nil
            }
            wide = product
            scale += 1
        }
        var drop = max(0, scale - maximumScale)
        while true {
            guard drop <= scale, drop < 76 else { return drop <= scale ? .zero : nil }
            let rounded = wide.dividedByPowerOfTen(drop)
            if rounded.high == 0, rounded.low <= maximumDigits {
                return Decimal96(digits: rounded.low, scale: scale - drop, isNegative: isNegative)
            }
            drop += 1
        }
    }

    private static func sum(_ a: Decimal96, _ b: Decimal96, negatesB: Bool) -> Decimal96? {
        if a.scale == b.scale, a.high == 0, b.high == 0, a.low < 1 << 62, b.low < 1 << 62 {
            let x = a.isNegative ? -Int64(a.low) : Int64(a.low)
            let y = b.isNegative != negatesB ? -Int64(b.low) : Int64(b.low)
            let total = x + y
            return Decimal96(digits: UInt128(total.magnitude), scale: Int(a.scale), isNegative: total < 0)
        }
        let scale = max(a.scale, b.scale)
        let x = Wide(product: a.digits, power(Int(scale - a.scale)))
        let y = Wide(product: b.digits, power(Int(scale - b.scale)))
        let bIsNegative = b.isNegative != negatesB
        if a.isNegative == bIsNegative {
            return fitted(x.adding(y), scale: Int(scale), isNegative: a.isNegative)
        }
        if x.isLess(than: y) { return fitted(y.subtracting(x), scale: Int(scale), isNegative: bIsNegative) }
        return fitted(x.subtracting(y), scale: Int(scale), isNegative: a.isNegative)
    }

    /// The sum; `nil` when it is too large.
    public func adding(_ other: Decimal96) -> Decimal96? { Decimal96.sum(self, other, negatesB: false) }
    /// The difference; `nil` when it is too large.
    public func subtracting(_ other: Decimal96) -> Decimal96? { Decimal96.sum(self, other, negatesB: true) }

    /// The product, rounded behind the 28th digit; `nil` when it is too large.
    public func multiplied(by other: Decimal96) -> Decimal96? {
        Decimal96.fitted(
            Wide(product: digits, other.digits), scale: Int(scale) + Int(other.scale),
            isNegative: isNegative != other.isNegative)
    }

    /// `nil` when the divisor is zero or the result is too large.
    public func divided(by other: Decimal96) -> Decimal96? {
        guard !other.isZero else { return nil }
        // As many digits as make a quotient of 28 significant digits behind the point.
        let lift = min(38, Decimal96.maximumScale + Int(other.scale) - Int(scale) + 1)
        let numerator = Wide(product: digits, Decimal96.power(max(0, lift)))
        let divisor = other.digits
        let (quotient, remainder) = numerator.divided(by: divisor)
        // A last digit that is never zero keeps a tie from looking exact.
        var wide = quotient
        var newScale = Int(scale) + max(0, lift) - Int(other.scale)
        if remainder != 0 {
            guard let longer = wide.multiplied(by: 10) else { return nil }
            wide = longer.adding(Wide(high: 0, low: remainder > divisor / 2 ? 6 : 1))
            newScale += 1
        }
        return Decimal96.fitted(wide, scale: newScale, isNegative: isNegative != other.isNegative)
    }

    /// What is left of a division towards zero, with the sign of the dividend; `nil` for a divisor of zero.
    public func remainder(dividingBy other: Decimal96) -> Decimal96? {
        guard !other.isZero else { return nil }
        let common = max(scale, other.scale)
        let x = Wide(product: digits, Decimal96.power(Int(common - scale)))
        let y = Wide(product: other.digits, Decimal96.power(Int(common - other.scale)))
        guard y.high == 0 else { return x.isLess(than: y) ? self : nil }
        let rest = x.divided(by: y.low).remainder
        return Decimal96.fitted(Wide(high: 0, low: rest), scale: Int(common), isNegative: isNegative)
    }

    /// How rounding treats what is cut off.
    enum Rounding { case halfAwayFromZero, towardsZero, awayFromZero, down }

    /// Rounded to so many digits behind the point, in front of it when negative; `nil` when too large.
    func rounded(_ rounding: Rounding, digits places: Int) -> Decimal96? {
        let drop = Int(scale) - places
        guard drop > 0 else { return self }
        guard drop <= 38 else {
            let leaves = rounding == .awayFromZero || (rounding == .down && isNegative)
            return leaves && !isZero ? nil : .zero
        }
        let unit = Decimal96.power(drop)
        var whole = digits / unit
        let rest = digits % unit
        switch rounding {
        case .halfAwayFromZero: if rest >= unit - rest { whole += 1 }
        case .towardsZero: break
        case .awayFromZero: if rest > 0 { whole += 1 }
        case .down: if rest > 0, isNegative { whole += 1 }
        }
        return Decimal96.fitted(Wide(high: 0, low: whole), scale: places, isNegative: isNegative)
    }
}

extension Decimal96: Comparable {
    /// Whether one number is the smaller.
    public static func < (a: Decimal96, b: Decimal96) -> Bool {
        if a.isNegative != b.isNegative { return a.isNegative }
        let scale = max(a.scale, b.scale)
        let x = Wide(product: a.digits, power(Int(scale - a.scale)))
        let y = Wide(product: b.digits, power(Int(scale - b.scale)))
        return a.isNegative ? y.isLess(than: x) : x.isLess(than: y)
    }
}

/// 256 bits, for what lies between two decimal numbers and their result.
private struct Wide {
    var high: UInt128
    var low: UInt128

    init(high: UInt128, low: UInt128) {
        self.high = high
        self.low = low
    }

    init(product a: UInt128, _ b: UInt128) { (high, low) = a.multipliedFullWidth(by: b) }

    var isZero: Bool { high == 0 && low == 0 }

    func adding(_ other: Wide) -> Wide {
        let (sum, carries) = low.addingReportingOverflow(other.low)
        return Wide(high: high &+ other.high &+ (carries ? 1 : 0), low: sum)
    }

    func subtracting(_ other: Wide) -> Wide {
        let (difference, borrows) = low.subtractingReportingOverflow(other.low)
        return Wide(high: high &- other.high &- (borrows ? 1 : 0), low: difference)
    }

    func isLess(than other: Wide) -> Bool { high == other.high ? low < other.low : high < other.high }

    func multiplied(by factor: UInt128) -> Wide? {
        let (top, overflows) = high.multipliedReportingOverflow(by: factor)
        let (carry, bottom) = low.multipliedFullWidth(by: factor)
        let (sum, carries) = top.addingReportingOverflow(carry)
        return overflows || carries ? nil : Wide(high: sum, low: bottom)
    }

    func divided(by divisor: UInt128) -> (quotient: Wide, remainder: UInt128) {
        let (top, rest) = high.quotientAndRemainder(dividingBy: divisor)
        let (bottom, remainder) = divisor.dividingFullWidth((rest, low))
        return (Wide(high: top, low: bottom), remainder)
    }

    /// Rounded half to even.
    func dividedByPowerOfTen(_ exponent: Int) -> Wide {
        guard exponent > 0 else { return self }
        var value = self
        var rest = exponent
        var isInexact = false
        while rest > 30 {
            let (quotient, remainder) = value.divided(by: Decimal96.power(30))
            isInexact = isInexact || remainder != 0
            value = quotient
            rest -= 30
        }
        let unit = Decimal96.power(rest)
        let (quotient, remainder) = value.divided(by: unit)
        let half = unit / 2
        let isUp = remainder > half || remainder == half && (isInexact || quotient.low & 1 == 1)
        return isUp ? quotient.adding(Wide(high: 0, low: 1)) : quotient
    }
}
