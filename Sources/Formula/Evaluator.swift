import Telephony

/// Walks a formula's tree within a budget of steps.
struct Evaluator<Scope: FormulaScope> {
    let scope: Scope
    private var steps = 0
    private static var budget: Int { 100_000 }

    init(scope: Scope) { self.scope = scope }

    mutating func value(of node: Node) -> Value {
        steps += 1
        guard steps < Evaluator.budget else { return .error(.budgetExceeded, "the formula takes too many steps") }
        switch node {
        case .literal(let value): return value
        case .name(let path, _): return lookUp(path)
        case .member(let inner, let name, _): return member(name, of: value(of: inner))
        case .unary(let symbol, let inner): return Operators.unary(symbol, value(of: inner))
        case .binary("&&", let left, let right, _), .binary("and", let left, let right, _):
            return shortcut(left, right, decides: false)
        case .binary("||", let left, let right, _), .binary("or", let left, let right, _):
            return shortcut(left, right, decides: true)
        case .binary(let symbol, let left, let right, _):
            return Operators.binary(symbol, value(of: left), value(of: right))
        case .call(let name, let arguments, _): return Functions.call(name, arguments, &self)
        case .record(let fields): return .record(fields.map { Value.Field($0.name, value(of: $0.value)) })
        case .table(let rows):
            return .table(
                rows.map { row in
                    let value = value(of: row)
                    if case .record = value.kind { return value }
                    return .record([Value.Field("Value", value)])
                })
        }
    }

    private func lookUp(_ path: [String]) -> Value {
        scope.value(of: path) ?? .error(.name, "there is no variable \(path.joined(separator: "."))")
    }

    private func member(_ name: String, of value: Value) -> Value {
        if value.error != nil || value.isBlank { return value }
        return value.member(name) ?? .error(.name, "there is no member \(name)")
    }

    /// `&&` and `||`: the right side is evaluated only when the left does not decide.
    private mutating func shortcut(_ left: Node, _ right: Node, decides: Bool) -> Value {
        let first = Operators.boolean(value(of: left))
        guard case .boolean(let value) = first.kind else { return first }
        if value == decides { return first }
        return Operators.boolean(self.value(of: right)).marked(sensitive: first.isSensitive)
    }
}

/// The operators on values.
enum Operators {
    static func boolean(_ value: Value) -> Value {
        if value.error != nil { return value }
        guard let boolean = Coercion.boolean(value.kind) else {
            return .error(.invalidArgument, "a condition is true or false, not \(value.powerFx)")
        }
        return Value(.boolean(boolean), isSensitive: value.isSensitive)
    }

    static func unary(_ symbol: String, _ value: Value) -> Value {
        if value.error != nil { return value }
        if symbol == "!" {
            let operand = boolean(value)
            guard case .boolean(let inner) = operand.kind else { return operand }
            return Value(.boolean(!inner), isSensitive: value.isSensitive)
        }
        guard let number = Coercion.number(value.kind) else {
            return .error(.invalidArgument, "'-' takes a number, not \(value.powerFx)")
        }
        return Value(.number(-number), isSensitive: value.isSensitive)
    }

    static func binary(_ symbol: String, _ left: Value, _ right: Value) -> Value {
        if left.error != nil { return left }
        if right.error != nil { return right }
        let sensitive = left.isSensitive || right.isSensitive
        return compute(symbol, left, right).marked(sensitive: sensitive)
    }

    private static func compute(_ symbol: String, _ left: Value, _ right: Value) -> Value {
        switch symbol {
        case "=": return .boolean(equal(left, right))
        case "<>": return .boolean(!equal(left, right))
        case "&":
            guard let a = Coercion.text(left.kind), let b = Coercion.text(right.kind) else {
                return .error(.invalidArgument, "'&' joins texts")
            }
            return .text(a + b)
        case "in", "exactin":
            guard let part = Coercion.text(left.kind) else { return .error(.invalidArgument, "'in' looks for a text") }
            if case .table(let rows) = right.kind {
                return .boolean(rows.contains { equal($0.member("Value") ?? $0, left) })
            }
            guard let whole = Coercion.text(right.kind) else { return .error(.invalidArgument, "'in' looks in a text") }
            return .boolean(symbol == "in" ? whole.lowercased().contains(part.lowercased()) : whole.contains(part))
        default: break
        }
        guard let a = Coercion.number(left.kind), let b = Coercion.number(right.kind) else {
            return .error(.invalidArgument, "'\(symbol)' takes numbers, not \(left.powerFx) and \(right.powerFx)")
        }
        return arithmetic(symbol, a, b)
    }

    private static func arithmetic(_ symbol: String, _ a: Double, _ b: Double) -> Value {
        let result: Double
        switch symbol {
        case "<": return .boolean(a < b)
        case "<=": return .boolean(a <= b)
        case ">": return .boolean(a > b)
        case ">=": return .boolean(a >= b)
        case "+": result = a + b
        case "-": result = a - b
        case "*": result = a * b
        case "/":
            guard b != 0 else { return .error(.div0, "a division by zero") }
            result = a / b
        default: result = power(a, b)
        }
        return result.isFinite ? .number(result) : .error(.numeric, "the result is too large")
    }

    static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left.kind, right.kind) {
        case (.blank, .blank): return true
        case (.text(let a), .text(let b)): return a == b
        case (.boolean(let a), .boolean(let b)): return a == b
        case (.choice(let a, _), .choice(let b, _)): return a == b
        case (.choice(let id, let name), .text(let text)), (.text(let text), .choice(let id, let name)):
            return id == text || name == text
        case (.number, _), (_, .number), (.dateTime, .dateTime):
            if left.isBlank || right.isBlank { return false }
            guard let a = Coercion.number(left.kind), let b = Coercion.number(right.kind) else { return false }
            return a == b
        default: return left.kind == right.kind
        }
    }
}
