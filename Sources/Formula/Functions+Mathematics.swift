import Foundation

/// Computing with binary floating-point numbers, with Power Fx's errors.
enum Mathematics {
    static func power(_ base: Double, _ exponent: Double) -> Value {
        if base == 0, exponent < 0 { return .error(.div0, "zero to a power below zero") }
        return checked(pow(base, exponent))
    }

    /// A result, or an error when it is no number.
    static func checked(_ value: Double) -> Value {
        value.isFinite ? .number(value) : .error(.numeric, "the result is no number that can be shown")
    }

    static func logarithm(_ value: Double, base: Double) -> Value {
        guard value > 0, base > 0 else { return .error(.numeric, "a logarithm needs numbers above zero") }
        if base == 1 { return .error(.div0, "1 is no base of a logarithm") }
        return checked(base == 10 ? log10(value) : base == 2 ? log2(value) : log(value) / log(base))
    }

    /// Rounds a number to so many digits behind the point.
    static func rounded(_ value: Value, _ rounding: Decimal96.Rounding, digits: Value) -> Value {
        guard let number = Number(value.kind), let digits = Number(digits.kind) else { return value }
        let places = digits.int.map { max(-400, min($0, 400)) } ?? (digits.double > 0 ? 400 : -400)
        switch number {
        case .decimal(let decimal):
            guard let result = decimal.rounded(rounding, digits: places) else {
                return .error(.numeric, "the result is too large")
            }
            return .decimal(result)
        case .float(let double):
            if let decimal = Decimal96(double), let result = decimal.rounded(rounding, digits: places) {
                return .number(result.double)
            }
            if places >= 0 { return value }
            let unit = pow(10, Double(-places))
            let scaled = double / unit
            switch rounding {
            case .halfAwayFromZero: return checked(scaled.rounded(.toNearestOrAwayFromZero) * unit)
            case .towardsZero: return checked(scaled.rounded(.towardZero) * unit)
            case .awayFromZero: return checked(scaled.rounded(.awayFromZero) * unit)
            case .down: return checked(scaled.rounded(.down) * unit)
            }
        }
    }

    static func modulo(_ value: Value, _ divisor: Value) -> Value {
        guard let a = Number(value.kind), let b = Number(divisor.kind) else { return .blank }
        if b.isZero { return .error(.div0, "a division by zero") }
        if case .decimal(let x) = a, case .decimal(let y) = b {
            guard let rest = x.remainder(dividingBy: y) else {
                return .error(.numeric, "the numbers are too far apart")
            }
            let differs = !rest.isZero && rest.isNegative != y.isNegative
            return (differs ? rest.adding(y) : rest).map { .decimal($0) } ?? .error(.numeric, "the result is too large")
        }
        let rest = a.double.truncatingRemainder(dividingBy: b.double)
        return checked(rest != 0 && (rest < 0) != (b.double < 0) ? rest + b.double : rest)
    }
}

extension Function {
    private static func real(_ name: String, _ compute: @escaping @Sendable (Double) -> Value) -> Function {
        Function(name, [.number], .fixed(.number), mapsTables: true) { a, _ in
            compute(Number(a[0].kind)?.double ?? 0)
        }
    }

    private static func rounding(_ name: String, optional: Int = 0, _ rounding: Decimal96.Rounding) -> Function {
        Function(name, [.number, .number], optional: optional, .numeric, mapsTables: true) { a, _ in
            Mathematics.rounded(a[0], rounding, digits: a.count > 1 ? a[1] : .whole(0))
        }
    }

    static let mathematics: [Function] = [
        Function("Abs", [.number], .numeric, mapsTables: true) { a, _ in
            switch a[0].kind {
            case .decimal(let value): .decimal(value.magnitude)
            case .number(let value): .number(abs(value))
            default: a[0]
            }
        },
        rounding("Round", .halfAwayFromZero), rounding("RoundUp", .awayFromZero), rounding("RoundDown", .towardsZero),
        rounding("Trunc", optional: 1, .towardsZero),
        Function("Int", [.number], .numeric, mapsTables: true) { a, _ in
            Mathematics.rounded(a[0], .down, digits: .whole(0))
        },
        Function("Mod", [.number, .number], .numeric, mapsTables: true) { a, _ in Mathematics.modulo(a[0], a[1]) },
        Function("Power", [.number, .number], .fixed(.number), mapsTables: true) { a, _ in
            Mathematics.power(Number(a[0].kind)?.double ?? 0, Number(a[1].kind)?.double ?? 0)
        },
        Function("Log", [.number, .number], optional: 1, .fixed(.number), mapsTables: true) { a, _ in
            Mathematics.logarithm(
                Number(a[0].kind)?.double ?? 0, base: a.count > 1 ? Number(a[1].kind)?.double ?? 0 : 10)
        },
        real("Ln") { $0 > 0 ? Mathematics.checked(log($0)) : .error(.numeric, "Ln needs a number above zero") },
        real("Exp") { Mathematics.checked(exp($0)) },
        real("Sqrt") {
            $0 >= 0 ? .number($0.squareRoot()) : .error(.numeric, "a number below zero has no square root")
        },
        Function("Pi", [], .fixed(.number)) { _, _ in .number(.pi) },
        Function("Rand", [], .fixed(.decimal)) { _, evaluator in
            let value = Double(evaluator.random() >> 11) / Double(1 << 53)
            return evaluator.options.numberIsFloat
                ? .number(value) : Decimal96(value).map { .decimal($0) } ?? .number(value)
        },
        Function("RandBetween", [.number, .number], .numeric) { a, evaluator in
            guard let low = Number(a[0].kind), let high = Number(a[1].kind) else { return .blank }
            if Number.isLess(high, low) {
                return .error(.invalidArgument, "RandBetween takes the smaller number first")
            }
            let (from, to) = (low.double.rounded(.up), high.double.rounded(.down))
            guard abs(from) < 1e15, abs(to) < 1e15 else { return .error(.invalidArgument, "the numbers are too large") }
            guard from <= to else { return .whole(Int(from)) }
            return .whole(Int(from) + Int(evaluator.random() % UInt64(to - from + 1)))
        },
    ]

    static let trigonometry: [Function] = [
        real("Sin") { Mathematics.checked(sin($0)) }, real("Cos") { Mathematics.checked(cos($0)) },
        real("Tan") { Mathematics.checked(tan($0)) },
        real("Cot") { $0 == 0 ? .error(.div0, "zero has no cotangent") : Mathematics.checked(1 / tan($0)) },
        real("Asin") { Mathematics.checked(asin($0)) }, real("Acos") { Mathematics.checked(acos($0)) },
        real("Atan") { Mathematics.checked(atan($0)) }, real("Acot") { Mathematics.checked(.pi / 2 - atan($0)) },
        real("Degrees") { Mathematics.checked($0 * 180 / .pi) },
        real("Radians") { Mathematics.checked($0 * .pi / 180) },
        Function("Atan2", [.number, .number], .fixed(.number)) { a, _ in
            let (x, y) = (Number(a[0].kind)?.double ?? 0, Number(a[1].kind)?.double ?? 0)
            return x == 0 && y == 0 ? .error(.div0, "the origin has no angle") : .number(atan2(y, x))
        },
    ]
}
