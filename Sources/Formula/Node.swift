/// A formula whose names, types and functions are known: what is evaluated.
indirect enum Node: Sendable {
    case constant(Value)
    case variable([String])
    /// The record of an enclosing scope, by its level from outside.
    case row(Int)
    case field(Int, String)
    /// A column of the row at a level where it has one of that name, a variable otherwise.
    case fieldOrVariable(Int, [String])
    case member(Node, String)
    /// One column of a table, as a table.
    case column(Node, String)
    case arithmetic(Arithmetic, Node, Node)
    case comparison(Comparison, Node, Node)
    case negation(Node)
    case not(Node)
    case all([Node])
    case any([Node])
    case join([Node])
    case contains(Node, Node, ignoresCase: Bool)
    case record([(name: String, value: Node)])
    case table([Node])
    case conversion(Node, FormulaType)
    case call(Call)
    case sequence([Node])
    case failure(FormulaError)
}

/// A call of a function, with what is known of it before evaluation.
final class Call: Sendable {
    let function: Function
    let arguments: [Node]
    let types: [FormulaType]
    /// Names that arguments give: columns, in the order of the function's own.
    let names: [String]
    /// The type of the result, of the values to compute with, or of the rows, as the function needs it.
    let type: FormulaType
    let pattern: Pattern?

    init(
        _ function: Function, _ arguments: [Node], _ types: [FormulaType], names: [String] = [],
        type: FormulaType = .unknown, pattern: Pattern? = nil
    ) {
        self.function = function
        self.arguments = arguments
        self.types = types
        self.names = names
        self.type = type
        self.pattern = pattern
    }
}

/// How two values are compared.
enum Comparison: Sendable { case equal, unequal, less, lessOrEqual, greater, greaterOrEqual }

/// What an arithmetic operator does with operands of known types.
enum Arithmetic: Sendable {
    case add, subtract, multiply, divide, power
    /// A date or time and a number of days, in the order given; the result has the type.
    case addDays(FormulaType, isSwapped: Bool)
    case subtractDays(FormulaType)
    /// Two moments or times that become a third.
    case addTimes(FormulaType)
    case subtractTimes(FormulaType)
    /// Days between two moments.
    case difference
    /// A number less a date.
    case unsupported
    /// Decided by the values.
    case dynamic(Operator)

    /// What an operator does with two types; `nil` when they do not go together.
    static func plan(_ symbol: Operator, _ left: FormulaType, _ right: FormulaType) -> Arithmetic? {
        switch symbol {
        case .multiply: return .multiply
        case .divide: return .divide
        case .power: return .power
        default: break
        }
        let isSum = symbol == .add
        switch (left.isTemporal, right.isTemporal) {
        case (false, false): return isSum ? .add : .subtract
        case (true, false): return isSum ? .addDays(left, isSwapped: false) : .subtractDays(left)
        case (false, true): return isSum ? .addDays(right, isSwapped: true) : .unsupported
        case (true, true): break
        }
        if left == .time, right == .time { return isSum ? .addTimes(.time) : .difference }
        if right == .time { return isSum ? .addTimes(.dateTime) : .subtractTimes(.dateTime) }
        if left == .time { return isSum ? .addTimes(.dateTime) : nil }
        return isSum ? nil : .difference
    }
}
