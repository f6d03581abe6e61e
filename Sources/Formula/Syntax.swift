/// A formula as it is written, before names and types are known.
struct Syntax: Sendable {
    indirect enum Kind: Sendable {
        case number(String)
        case text(String)
        case boolean(Bool)
        /// Texts and formulas in turn, of `$"…{formula}…"`.
        case interpolation([Syntax])
        case name(String)
        /// `[@Name]`: a variable, past the columns of that name.
        case global(String)
        case member(Syntax, String, Range<Int>)
        case call(String, [Syntax])
        case negation(Syntax)
        case not(Syntax)
        case percent(Syntax)
        case binary(Operator, Syntax, Syntax, Range<Int>)
        /// Operands that `&`, `&&` or `||` join, with the operator.
        case chain(Operator, [Syntax])
        case record([(name: String, span: Range<Int>, value: Syntax)])
        case table([Syntax])
        /// `expression As Name`.
        case alias(Syntax, String)
        /// `first; second`: all are evaluated, the last gives the value.
        case sequence([Syntax])
        /// A formula of white space and comments only.
        case empty
    }

    var kind: Kind
    /// Unicode scalars from the beginning of the source.
    var span: Range<Int>
    /// The longest way down to a leaf.
    var height: Int
}

/// The operators between two operands.
enum Operator: String, Sendable {
    case or = "||"
    case and = "&&"
    case isIn = "in"
    case isExactlyIn = "exactin"
    case equal = "="
    case unequal = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case join = "&"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case alias = "As"

    /// How tightly it binds; the loosest is 1.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .isIn, .isExactlyIn: 3
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: 4
        case .join: 5
        case .add, .subtract: 6
        case .multiply, .divide: 7
        case .alias: 8
        case .power: 10
        }
    }

    /// Between `As` and `^`: a minus or a not in front of its operand.
    static let prefixPrecedence = 9

    /// Its operands stand side by side, however many there are.
    var isChain: Bool { self == .or || self == .and || self == .join }
}
