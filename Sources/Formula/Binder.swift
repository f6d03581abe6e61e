/// A part of a formula that has its names, types and functions.
struct Bound: Sendable {
    var node: Node
    var type: FormulaType

    init(_ node: Node, _ type: FormulaType) {
        self.node = node
        self.type = type
    }
}

/// A call as it is written.
struct CallSite: Sendable {
    let function: Function
    let arguments: [Syntax]
    let span: Range<Int>

    /// Where the name stands.
    var nameSpan: Range<Int> {
        span.lowerBound..<min(span.upperBound, span.lowerBound + function.name.unicodeScalars.count)
    }
}

/// Finds names, types and functions in a formula, and collects its mistakes.
struct Binder {
    /// What a path of names is.
    enum Resolution {
        case type(FormulaType)
        /// There is none; what to say of it.
        case problem(String)
    }

    /// A part of a formula within which the columns of a row are names.
    struct Scope {
        var rowType: FormulaType
        /// The row's name, when `As` gives it one; its columns are no names then.
        var alias: String?
        var hasThisRecord = true
    }

    let options: Expression.Options
    let resolve: ([String]) -> Resolution
    var scopes: [Scope] = []
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var references: [(path: [String], offset: Int)] = []
    /// Functions that there are in Power Fx but not here.
    private(set) var unsupportedFunctions: [String] = []

    init(options: Expression.Options, resolve: @escaping ([String]) -> Resolution) {
        self.options = options
        self.resolve = resolve
    }

    /// The type of numbers as they are written.
    var numberType: FormulaType { options.numberIsFloat ? .number : .decimal }

    /// Notes a mistake.
    mutating func complain(_ message: String, at span: Range<Int>) {
        guard diagnostics.count < 100 else { return }
        diagnostics.append(Diagnostic(offset: span.lowerBound, length: span.count, message: message))
    }

    /// Notes a mistake; what stands there has no value.
    mutating func fail(_ message: String, at span: Range<Int>, _ kind: FormulaError.Kind = .analysis) -> Bound {
        complain(message, at: span)
        return Bound(.failure(FormulaError(kind, message)), .unknown)
    }

    mutating func bind(_ syntax: Syntax) -> Bound {
        switch syntax.kind {
        case .number(let text): return number(text, syntax.span)
        case .text(let text): return Bound(.constant(.text(text)), .text)
        case .boolean(let value): return Bound(.constant(.boolean(value)), .boolean)
        case .empty: return Bound(.constant(.blank), .blank)
        case .interpolation(let parts): return interpolation(parts, syntax.span)
        case .name(let name): return path([(name, syntax.span)])
        case .global(let name): return variable([name], syntax.span)
        case .member(let inner, let name, let span): return member(inner, name, span)
        case .call(let name, let arguments): return call(name, arguments, syntax.span)
        case .negation(let inner): return negation(inner)
        case .not(let inner):
            let operand = bind(inner)
            require(operand.type, .boolean, "after Not", at: inner.span)
            return Bound(.not(operand.node), .boolean)
        case .percent(let inner): return percent(inner)
        case .binary(let symbol, let left, let right, let span): return binary(symbol, left, right, span)
        case .chain(let symbol, let items): return chain(symbol, items)
        case .record(let fields): return record(fields)
        case .table(let items): return table(items)
        case .alias(_, let name):
            return fail(
                "'As \(name)' names the rows of a table, in a function such as Filter; it has no meaning here",
                at: syntax.span)
        case .sequence(let items):
            let bound = items.map { bind($0) }
            return Bound(.sequence(bound.map(\.node)), bound.last?.type ?? .blank)
        }
    }

    // MARK: - Literals

    private mutating func number(_ text: String, _ span: Range<Int>) -> Bound {
        if !options.numberIsFloat, let decimal = Decimal96(text) {
            return Bound(.constant(.decimal(decimal)), .decimal)
        }
        guard options.numberIsFloat, let value = Double(text), value.isFinite else {
            return fail("the number \(text) is too large", at: span, .numeric)
        }
        return Bound(.constant(.number(value)), .number)
    }

    private mutating func interpolation(_ parts: [Syntax], _ span: Range<Int>) -> Bound {
        let bound = parts.map { part -> Node in
            let inner = bind(part)
            require(inner.type, .text, "in a text", at: part.span)
            return inner.node
        }
        return Bound(.join(bound), .text)
    }

    private mutating func record(_ fields: [(name: String, span: Range<Int>, value: Syntax)]) -> Bound {
        var columns: [FormulaType.Column] = []
        var nodes: [(name: String, value: Node)] = []
        for field in fields {
            let value = bind(field.value)
            if columns.contains(where: { $0.name == field.name }) {
                complain("the record has the field '\(field.name)' twice", at: field.span)
                continue
            }
            columns.append(FormulaType.Column(field.name, value.type))
            nodes.append((field.name, value.node))
        }
        return Bound(.record(nodes), .record(of: columns))
    }

    private mutating func table(_ items: [Syntax]) -> Bound {
        let rows = items.map { item in (bound: bind(item), span: item.span) }
        var type = FormulaType.blank
        for row in rows {
            guard let joined = type.joined(with: row.bound.type) else {
                complain(
                    "this row is \(row.bound.type.phrase), which does not go with the rows before it, \(type.phrase)",
                    at: row.span)
                return Bound(.failure(FormulaError(.analysis, "the rows of a table have different types")), .unknown)
            }
            type = joined
        }
        let isRecord = type.isRecord
        let nodes = rows.map { row -> Node in
            let node = converted(row.bound, to: type)
            return isRecord || type == .unknown ? node : .record([("Value", node)])
        }
        if type == .unknown { return Bound(.call(Call(Function.rows, nodes, [])), .unknown) }
        if isRecord { return Bound(.table(nodes), .table(type.columns ?? [])) }
        return Bound(.table(nodes), .table(items.isEmpty ? [] : [FormulaType.Column("Value", type)]))
    }

    /// The node, converted when its type is another.
    func converted(_ bound: Bound, to type: FormulaType) -> Node {
        guard bound.type != type, type != .unknown, type != .blank, bound.type != .blank else { return bound.node }
        return .conversion(bound.node, type)
    }

    // MARK: - Operators

    /// Notes when a type cannot become another.
    mutating func require(_ type: FormulaType, _ other: FormulaType, _ place: String, at span: Range<Int>) {
        guard !type.converts(to: other) else { return }
        complain("\(other.phrase) is needed \(place), not \(type.phrase)", at: span)
    }

    private mutating func negation(_ inner: Syntax) -> Bound {
        if case .number(let text) = inner.kind, let value = Decimal96(text), !options.numberIsFloat {
            return Bound(.constant(.decimal(-value)), .decimal)
        }
        let operand = bind(inner)
        require(operand.type, .decimal, "after '-'", at: inner.span)
        let type =
            operand.type.isTemporal || operand.type == .number || operand.type == .unknown
            ? operand.type : numberType
        return Bound(.negation(operand.node), type)
    }

    private mutating func percent(_ inner: Syntax) -> Bound {
        let operand = bind(inner)
        require(operand.type, .decimal, "before '%'", at: inner.span)
        let hundredth: Value = options.numberIsFloat ? .number(0.01) : Decimal96("0.01").map { .decimal($0) } ?? .blank
        return Bound(
            .arithmetic(.multiply, operand.node, .constant(hundredth)), operand.type == .number ? .number : numberType)
    }

    private mutating func binary(_ symbol: Operator, _ left: Syntax, _ right: Syntax, _ span: Range<Int>) -> Bound {
        let (a, b) = (bind(left), bind(right))
        switch symbol {
        case .isIn, .isExactlyIn: return membership(symbol, a, b, right.span)
        case .equal, .unequal:
            if !canEqual(a.type, b.type) {
                return fail(
                    "\(a.type.phrase) and \(b.type.phrase) are never equal; convert one of them first", at: span)
            }
            return Bound(.comparison(symbol == .equal ? .equal : .unequal, a.node, b.node), .boolean)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return order(symbol, a, b, span)
        default: return arithmetic(symbol, a, b, span)
        }
    }

    private mutating func arithmetic(_ symbol: Operator, _ a: Bound, _ b: Bound, _ span: Range<Int>) -> Bound {
        guard a.type.converts(to: .decimal), b.type.converts(to: .decimal),
            let plan = Arithmetic.plan(symbol, a.type, b.type)
        else { return fail("'\(symbol.rawValue)' does not go with \(a.type.phrase) and \(b.type.phrase)", at: span) }
        let number: FormulaType = a.type == .number || b.type == .number ? .number : numberType
        if a.type == .unknown || b.type == .unknown {
            guard symbol == .add || symbol == .subtract else { return Bound(.arithmetic(plan, a.node, b.node), number) }
            return Bound(.arithmetic(.dynamic(symbol), a.node, b.node), .unknown)
        }
        switch plan {
        case .addDays(let type, let isSwapped):
            return isSwapped
                ? Bound(.arithmetic(plan, a.node, typedBlank(b, type)), type)
                : Bound(.arithmetic(plan, typedBlank(a, type), b.node), type)
        case .subtractDays(let type), .addTimes(let type), .subtractTimes(let type):
            return Bound(.arithmetic(plan, a.node, b.node), type)
        case .power: return Bound(.arithmetic(plan, a.node, b.node), .number)
        default: return Bound(.arithmetic(plan, a.node, b.node), number)
        }
    }

    private func typedBlank(_ bound: Bound, _ type: FormulaType) -> Node { bound.node }

    private mutating func order(_ symbol: Operator, _ a: Bound, _ b: Bound, _ span: Range<Int>) -> Bound {
        guard a.type.converts(to: .decimal), b.type.converts(to: .decimal),
            !(a.type == .untyped && b.type == .untyped)
        else { return fail("'\(symbol.rawValue)' does not go with \(a.type.phrase) and \(b.type.phrase)", at: span) }
        let comparison: Comparison =
            switch symbol {
            case .less: .less
            case .lessOrEqual: .lessOrEqual
            case .greater: .greater
            default: .greaterOrEqual
            }
        return Bound(.comparison(comparison, a.node, b.node), .boolean)
    }

    /// Whether values of two types can be the same.
    func canEqual(_ a: FormulaType, _ b: FormulaType) -> Bool {
        if a.isOpen || b.isOpen { return true }
        if a.isAggregate || b.isAggregate { return a.isRecord && b.isRecord }
        if a == .untyped || b == .untyped { return a != b }
        if a == b { return true }
        if a.isNumeric || a.isTemporal, b.isNumeric || b.isTemporal { return true }
        let texts: [FormulaType] = [.text, .choice, .guid]
        return texts.contains(a) && texts.contains(b)
    }

    private mutating func membership(_ symbol: Operator, _ a: Bound, _ b: Bound, _ span: Range<Int>) -> Bound {
        switch b.type {
        case .table(let columns):
            if !a.type.isRecord, columns.count > 1 {
                return fail("'\(symbol.rawValue)' needs a table of one column, and this has \(columns.count)", at: span)
            }
        default: require(b.type, .text, "after '\(symbol.rawValue)', or a table", at: span)
        }
        if a.type.isTable { return fail("'\(symbol.rawValue)' looks for a single value, not a table", at: span) }
        return Bound(.contains(a.node, b.node, ignoresCase: symbol == .isIn), .boolean)
    }

    private mutating func chain(_ symbol: Operator, _ items: [Syntax]) -> Bound {
        let type: FormulaType = symbol == .join ? .text : .boolean
        let nodes = items.map { item -> Node in
            let bound = bind(item)
            require(bound.type, type, "beside '\(symbol.rawValue)'", at: item.span)
            return bound.node
        }
        switch symbol {
        case .join: return Bound(.join(nodes), .text)
        case .and: return Bound(.all(nodes), .boolean)
        default: return Bound(.any(nodes), .boolean)
        }
    }

    // MARK: - For functions

    /// Notes a variable that is read.
    mutating func note(reference path: [String], at offset: Int) { references.append((path, offset)) }
    mutating func note(unsupported name: String) { unsupportedFunctions.append(name) }
}

extension FormulaType {
    /// The type with its article, for a sentence.
    var phrase: String {
        switch self {
        case .unknown: "a value"
        case .blank: "a blank"
        case .boolean: "true or false"
        case .number, .decimal: "a number"
        case .text: "a text"
        case .date: "a date"
        case .time: "a time"
        case .dateTime: "a date and time"
        case .guid: "a GUID"
        case .color: "a colour"
        case .untyped: "JSON that is not converted"
        case .choice: "a choice"
        case .record: "a record"
        case .table: "a table"
        }
    }
}
